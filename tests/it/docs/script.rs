//! The command blocks of the documentation.

use crate::PROGRAM;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A block of commands: its page, the name behind `sh`, and its lines.
pub struct Block {
    pub page: String,
    pub name: String,
    pub text: String,
}

/// All pages of the documentation for users, by their paths.
pub fn pages() -> Vec<String> {
    let docs = fs::read_dir(Path::new(ROOT).join("docs")).unwrap();
    let docs = docs.map(|entry| format!("docs/{}", entry.unwrap().file_name().to_str().unwrap()));
    let mut pages: Vec<String> =
        docs.filter(|path| Path::new(path).extension().is_some_and(|extension| extension == "md")).collect();
    pages.sort();
    pages.insert(0, "README.md".to_owned());
    pages
}

/// All command blocks, in the order of their pages.
pub fn blocks() -> Vec<Block> {
    pages().into_iter().flat_map(|page| blocks_of(&page)).collect()
}

fn blocks_of(page: &str) -> Vec<Block> {
    let text = fs::read_to_string(Path::new(ROOT).join(page)).unwrap();
    let fences = text.split("\n```sh").skip(1);
    let block = |rest: &str| {
        let (name, rest) = rest.split_once('\n').unwrap();
        let (text, _) = rest.split_once("\n```").unwrap_or_else(|| panic!("{page}: a block does not end"));
        Block { page: page.to_owned(), name: name.trim().to_owned(), text: format!("{text}\n") }
    };
    fences.map(block).collect()
}

/// The blocks of this name on a page, in order, as one script.
pub fn script(page: &str, name: &str) -> String {
    let text: String = blocks_of(page).into_iter().filter(|block| block.name == name).map(|block| block.text).collect();
    assert!(!text.is_empty(), "{page} has no block {name}");
    text
}

/// As [`script`], with the program of this build in place of a build of the working copy.
pub fn built(page: &str, name: &str) -> String {
    let (script, build) = (script(page, name), "cargo run --release --");
    assert!(script.contains(build), "{page}: {name} does not build lockkeeper");
    script.replace(build, PROGRAM)
}

/// Runs a script in this directory, in which a step that fails ends it; what still runs then is ended, too. It finds
/// `lockkeeper` on its path. Returns what it printed.
#[track_caller]
pub fn run(script: &str, directory: &Path, environment: &[(&str, &str)]) -> Result<String, String> {
    let binary = Path::new(PROGRAM).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let script = format!("set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}");
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(directory)
        .env("PATH", path)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.success() {
        true => Ok(printed),
        false => Err(format!("{printed}\n{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
