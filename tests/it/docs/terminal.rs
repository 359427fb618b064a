//! The page about the terminal client.

use super::script::{run, script};
use crate::PROGRAM;
use testkit::Server;

#[test]
fn the_first_commands_work_as_written() {
    let server = Server::configured(PROGRAM, "sqlite", "[executors.web]\nkind = \"simulate\"\n");
    let home = tempfile::tempdir().unwrap();
    let token = server.token("ana", "admin");
    let environment = [
        ("SERVER", server.url.as_str()),
        ("TOKEN", &token),
        ("HOME", home.path().to_str().unwrap()),
        ("XDG_CONFIG_HOME", home.path().to_str().unwrap()),
    ];
    let printed = run(&script("docs/terminal.md", "terminal"), home.path(), &environment).unwrap();
    assert!(printed.contains("1.0.0") && printed.contains("web   executor web   0 instances"), "{printed}");
}
