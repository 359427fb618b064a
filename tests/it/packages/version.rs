//! `lockkeeper --version`.

use super::{ROOT, succeed};
use crate::PROGRAM;
use std::path::Path;
use std::process::Command;

#[test]
fn the_version_is_that_of_the_package_and_names_a_commit_of_the_working_copy() {
    let printed = succeed(Command::new(PROGRAM).arg("--version"));
    let number = env!("CARGO_PKG_VERSION");
    let rest = printed.trim_end().strip_prefix(&format!("lockkeeper {number}")).unwrap_or_else(|| panic!("{printed}"));
    if Path::new(ROOT).join(".git").exists() {
        let (commit, _) = rest.trim_start_matches(" (").split_once([' ', ')']).unwrap_or_else(|| panic!("{printed}"));
        assert_eq!(commit.len(), 12, "{printed}");
        succeed(Command::new("git").args(["cat-file", "-e", &format!("{commit}^{{commit}}")]).current_dir(ROOT));
    }
}
