//! The Debian package, made of the program of this build and installed below a folder.

use super::{ROOT, succeed};
use crate::PROGRAM;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes the package in this folder, without the work of compressing it well.
fn make(folder: &Path) -> PathBuf {
    let mut command = Command::new(format!("{ROOT}/scripts/package-debian"));
    command.args(["--binary", PROGRAM, "--output"]).arg(folder).env("DPKG_DEB_COMPRESSOR_TYPE", "none");
    succeed(&mut command).lines().last().unwrap().into()
}

/// A machine that has nothing but dpkg's records.
fn machine(folder: &Path) -> PathBuf {
    let root = folder.join("machine");
    for path in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "etc"] {
        fs::create_dir_all(root.join(path)).unwrap();
    }
    fs::write(root.join("var/lib/dpkg/status"), "").unwrap();
    root
}

/// Runs dpkg on this machine. It has no packages of Debian, and the scripts run outside of it.
fn dpkg(root: &Path, action: &str, what: &Path) -> String {
    let force = "--force-depends,script-chrootless,not-root,bad-path";
    succeed(Command::new("dpkg").arg("--root").arg(root).args([force, action]).arg(what))
}

#[test]
fn the_package_installs_updates_and_goes_and_keeps_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let package = make(folder.path());
    let field = |name: &str| succeed(Command::new("dpkg-deb").arg("--field").arg(&package).arg(name));
    assert_eq!(field("Version").trim(), env!("CARGO_PKG_VERSION"));
    assert!(field("Depends").starts_with("libc6 (>= "), "{}", field("Depends"));

    let root = machine(folder.path());
    dpkg(&root, "--install", &package);
    let file = |path: &str| root.join(path);
    assert_eq!(
        succeed(Command::new(file("usr/bin/lockkeeper")).arg("--version")),
        succeed(Command::new(PROGRAM).arg("--version"))
    );
    for (path, mode) in [
        ("usr/bin/lockkeeper", 0o755),
        ("usr/lib/systemd/system/lockkeeper.service", 0o644),
        ("usr/lib/systemd/system/lockkeeper-worker.service", 0o644),
        ("usr/lib/sysusers.d/lockkeeper.conf", 0o644),
        ("etc/lockkeeper/lockkeeper.toml", 0o644),
        ("usr/share/doc/lockkeeper/copyright", 0o644),
        ("usr/share/doc/lockkeeper/configuration.md", 0o644),
        ("usr/share/man/man1/lockkeeper.1.gz", 0o644),
        ("usr/share/man/man1/lockkeeper-serve.1.gz", 0o644),
        ("usr/share/bash-completion/completions/lockkeeper", 0o644),
        ("usr/share/zsh/vendor-completions/_lockkeeper", 0o644),
        ("usr/share/fish/vendor_completions.d/lockkeeper.fish", 0o644),
    ] {
        let found = fs::metadata(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(found.permissions().mode() & 0o7777, mode, "{path}");
    }
    let completions = fs::read_to_string(file("usr/share/bash-completion/completions/lockkeeper")).unwrap();
    assert!(!completions.contains(PROGRAM), "completions ask the installed program");
    let user = fs::read_to_string(file("etc/passwd")).unwrap();
    assert!(
        user.lines().any(|line| line.starts_with("lockkeeper:") && line.contains(":/var/lib/lockkeeper:")),
        "{user}"
    );
    assert_eq!(succeed(Command::new("dpkg").arg("--root").arg(&root).args(["--verify", "lockkeeper"])), "");

    // A changed setting and the data survive an update, and the data also what comes after.
    fs::write(file("etc/lockkeeper/lockkeeper.toml"), "listen = \"127.0.0.1:9000\"\n").unwrap();
    fs::create_dir_all(file("var/lib/lockkeeper")).unwrap();
    fs::write(file("var/lib/lockkeeper/lockkeeper.db"), "").unwrap();
    dpkg(&root, "--install", &package);
    assert!(fs::read_to_string(file("etc/lockkeeper/lockkeeper.toml")).unwrap().contains("9000"));
    dpkg(&root, "--remove", Path::new("lockkeeper"));
    assert!(!file("usr/bin/lockkeeper").exists() && file("etc/lockkeeper/lockkeeper.toml").exists());
    dpkg(&root, "--purge", Path::new("lockkeeper"));
    assert!(!file("etc/lockkeeper").exists() && file("var/lib/lockkeeper/lockkeeper.db").exists());
}

#[test]
fn the_configuration_of_the_package_is_valid_and_keeps_everything_in_the_state_directory() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(format!("{ROOT}/packaging/lockkeeper.toml")).unwrap();
    assert_eq!(text.matches("/var/lib/lockkeeper/").count(), 2);
    let here = folder.path().join("lockkeeper.toml");
    fs::write(&here, text.replace("/var/lib/lockkeeper", folder.path().to_str().unwrap())).unwrap();
    succeed(Command::new(PROGRAM).args(["migrate", "--config"]).arg(&here).current_dir("/"));
    assert!(folder.path().join("lockkeeper.db").exists());
    // So is what it only suggests.
    let suggested = text.replace("# [executors.web]", "[executors.web]");
    let suggested = suggested.replace("# kind", "kind").replace("# program", "program").replace("# timeout", "timeout");
    lockkeeper::config::check(&suggested).unwrap();
    assert!(suggested.contains("\nprogram = "));
}
