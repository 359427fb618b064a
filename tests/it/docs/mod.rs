//! The documentation: its command blocks, run as they are written, and its links.

mod backup;
mod ci;
mod day;
mod links;
mod pictures;
mod readme;
mod script;
mod ssh;
mod terminal;
mod walkthroughs;

pub use script::{built, script};

use script::{ROOT, blocks};
use std::fs;
use std::path::{Path, PathBuf};

/// Names of blocks that keep the machine busy for minutes. A test only checks that what they name exists.
const NOT_RUN: [&str; 2] = ["build", "measurement"];

/// The texts of the tests of this binary.
fn tests() -> String {
    let (mut text, mut folders) = (String::new(), vec![Path::new(ROOT).join("tests/it")]);
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => folders.push(path),
                false => text += &fs::read_to_string(path).unwrap_or_default(),
            }
        }
    }
    text
}

#[test]
fn every_command_block_is_run_by_a_test() {
    let (blocks, tests) = (blocks(), tests());
    assert!(blocks.len() > 20, "these are not all: {}", blocks.len());
    for block in blocks.iter().filter(|block| !NOT_RUN.contains(&block.name.as_str())) {
        let (page, name) = (&block.page, &block.name);
        assert!(!name.is_empty(), "{page}: a block needs a name behind `sh`, for its test:\n{}", block.text);
        assert!(tests.contains(&format!("(\"{page}\", \"{name}\")")), "{page}: no test runs the block {name}");
    }
}

/// The programs of this project that a line names, as they are to exist: scripts, and benches by their names.
fn named(line: &str) -> Vec<PathBuf> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let scripts = words.iter().filter_map(|word| word.strip_prefix("./")).map(PathBuf::from);
    let benches = words.windows(2).filter(|pair| pair[0] == "--bench").map(|pair| format!("benches/{}", pair[1]));
    let benches = benches.map(|bench| match Path::new(ROOT).join(&bench).is_dir() {
        true => PathBuf::from(bench).join("main.rs"),
        false => PathBuf::from(bench + ".rs"),
    });
    scripts.chain(benches).collect()
}

#[test]
fn what_the_blocks_name_that_are_not_run_exists() {
    for block in blocks().into_iter().filter(|block| NOT_RUN.contains(&block.name.as_str())) {
        for path in block.text.lines().flat_map(named) {
            assert!(Path::new(ROOT).join(&path).exists(), "{}: {} does not exist", block.page, path.display());
        }
    }
}
