//! Each damage that `scripts/test-sabotage` does still can be done, and the test that is to notice it is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::databases;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn patches() -> Vec<PathBuf> {
    let files = fs::read_dir(Path::new(ROOT).join("tests/sabotage")).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

/// What is compiled into the test binary of this name.
fn sources(binary: &str) -> String {
    let folder = match binary {
        "lib" => Path::new(ROOT).join("src"),
        name => Path::new(ROOT).join("tests").join(name),
    };
    let (mut text, mut folders) = (String::new(), vec![folder]);
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => folders.push(path),
                false => text += &fs::read_to_string(path).unwrap(),
            }
        }
    }
    text
}

#[test]
fn each_damage_can_be_done_and_names_the_test_that_notices() {
    let patches = patches();
    assert!(patches.len() > 10, "these are not all: {patches:?}");
    for patch in patches {
        let applied = Command::new("git").args(["apply", "--check"]).arg(&patch).current_dir(ROOT).output().unwrap();
        let said = String::from_utf8_lossy(&applied.stderr);
        assert!(applied.status.success(), "make {} anew for what the code is now: {said}", patch.display());
        let text = fs::read_to_string(&patch).unwrap();
        let named = text.lines().find_map(|line| line.strip_prefix("Test: ")).and_then(|named| named.split_once(' '));
        let (binary, test) = named.unwrap_or_else(|| panic!("{} names no test", patch.display()));
        // The tests that `on_both!` makes are called as their function, and the database.
        let function = test.rsplit("::").find(|name| !databases::BOTH.contains(name)).unwrap();
        assert!(
            sources(binary).contains(&format!("fn {function}(")),
            "{} names a test that is not there: {test}",
            patch.display()
        );
    }
}
