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
    // Served in a container, an address of the loopback interface is reached by nobody, whatever the arguments are.
    let environment = last("ENV");
    assert!(environment.split(' ').any(|variable| variable == "LOCKKEEPER_LISTEN=0.0.0.0:8080"), "{environment}");
    assert_eq!(last("EXPOSE"), "8080");
    let copied =
        instructions.iter().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.contains("--from"));
    for source in copied.map(|line| line.split(' ').next().unwrap()) {
        assert!(fs::exists(format!("{ROOT}/{source}")).unwrap(), "{source} is not there to copy");
    }
    // A file that the settings name as their description is there, too.
    let settings = fs::read_to_string(format!("{ROOT}/packaging/lockkeeper.toml")).unwrap();
    let described = settings.split_whitespace().find(|word| word.starts_with("/usr/share/")).unwrap();
    let described = described.trim_end_matches('.');
    assert!(instructions.iter().any(|line| line.ends_with(&format!(" {described}"))), "{described} is not copied");
}

/// The base image has no authorities, without which the client and `https` steps reach no server.
#[test]
fn the_image_has_the_authorities_that_sign_certificates_of_servers() {
    let instructions = instructions();
    let begins = instructions.iter().rposition(|line| line.starts_with("FROM ")).unwrap();
    let installs = |line: &String| line.starts_with("RUN ") && line.split(' ').any(|word| word == "ca-certificates");
    assert!(instructions[begins..].iter().any(installs), "{instructions:?}");
}
