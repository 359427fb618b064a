//! Finds out which commit is built, for `lockkeeper --version`: the variable `LOCKKEEPER_COMMIT` says so, or the file that
//! `cargo package` adds, or git. Without any of them, the version has no commit.

use std::path::Path;
use std::process::Command;

/// A commit is shown with so many digits.
const COMMIT_DIGITS: usize = 12;
/// Where `cargo package` notes the commit.
const PACKAGED: &str = ".cargo_vcs_info.json";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LOCKKEEPER_COMMIT");
    let number = variable("CARGO_PKG_VERSION").unwrap_or_default();
    let is_debug = variable("PROFILE").as_deref() == Some("debug");
    // Everything is compiled again when the commit changes. While one works on lockkeeper that costs more than an exact
    // commit is worth, so only optimized builds follow it, and the others say that they do not.
    let (commit, suffix) = match is_debug {
        true => (commit(false), " or later, debug build"),
        false => (commit(true), ""),
    };
    let text = match commit {
        Some(commit) => format!("{number} ({commit}{suffix})"),
        None => number,
    };
    println!("cargo::rustc-env=LOCKKEEPER_VERSION={text}");
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the commit, or `None` if nothing names it. With `follow`, the build runs again when git has another one.
fn commit(follow: bool) -> Option<String> {
    let commit = variable("LOCKKEEPER_COMMIT").or_else(packaged).or_else(|| checked_out(follow))?;
    let digits: String = commit.chars().take_while(char::is_ascii_hexdigit).take(COMMIT_DIGITS).collect();
    (!digits.is_empty()).then_some(digits)
}

/// The commit of a package from a registry.
fn packaged() -> Option<String> {
    let text = std::fs::read_to_string(PACKAGED).ok()?;
    let (_, rest) = text.split_once("\"sha1\"")?;
    rest.split('"').nth(1).map(str::to_owned)
}

/// The commit of a working copy. A folder inside of another repository is none.
fn checked_out(follow: bool) -> Option<String> {
    if !Path::new(".git").exists() {
        return None;
    }
    let commit = git(&["rev-parse", "HEAD"])?;
    // The first is written whenever HEAD moves, but need not exist. A path that does not exist would always look new.
    let watched = ["logs/HEAD", "HEAD"].map(|path| git(&["rev-parse", "--git-path", path]));
    let watched = watched.into_iter().flatten().find(|path| Path::new(path).exists());
    if let Some(path) = watched.filter(|_| follow) {
        println!("cargo::rerun-if-changed={path}");
    }
    Some(commit)
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
