//! The Dockerfile. An image cannot be built without a registry, so the linter of Dockerfiles reads it, and what it cannot
//! know is checked here.

use super::ROOT;
use std::fs;

/// The instructions, without comments, each on one line.
fn instructions() -> Vec<String> {
    let text = fs::read_to_string(format!("{ROOT}/Dockerfile")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    lines.join("\n").replace("\\\n", " ").lines().map(str::to_owned).collect()
}

#[test]
fn the_image_runs_the_program_itself_as_an_ordinary_user_with_the_files_of_the_sources() {
    let instructions = instructions();
    let last = |name: &str| {
        let mut found = instructions.iter().rev().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found.next().unwrap_or_else(|| panic!("no {name}")).to_owned()
    };
    assert_eq!(last("USER"), "10001:10001", "a number, so that a cluster can see that it is not root");
    // Not under a shell: lockkeeper is process 1, gets the signals, and collects what its commands leave.
    assert_eq!(last("ENTRYPOINT"), "[\"/usr/bin/lockkeeper\"]");
    assert_eq!(last("WORKDIR"), last("VOLUME"));
    let copied =
        instructions.iter().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.contains("--from"));
    for source in copied.map(|line| line.split(' ').next().unwrap()) {
        assert!(fs::exists(format!("{ROOT}/{source}")).unwrap(), "{source} is not there to copy");
    }
}
