//! Servers that are started wrongly: nothing starts, and what is said names the mistake.

use crate::PROGRAM;
use std::fs;
use testkit::Server;
use testkit::on_both;

#[tokio::test]
async fn a_second_server_on_one_sqlite_file_is_refused() {
    let server = Server::start(PROGRAM, "sqlite");
    let second = server.run(&["serve", "--listen", "127.0.0.1:0"]);
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success(), "{said}");
    assert!(said.contains("Another lockkeeper already serves"), "{said}");
    // The first serves on.
    server.client().service("shop").versions(1).hosts(1).install().await;
}

async fn a_mistake_in_the_configuration_is_reported_with_its_line_and_nothing_starts(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    for (text, line, message) in [
        ("[executors.web]\nkind = \"command\"\nprogarm = \"/x\"\n", 3, "progarm"),
        ("[executors.web]\nkind = \"command\"\nprogram = \"/x\"\ntimeout = \"long\"\n", 4, "is not a duration"),
        ("listen = \"127.0.0.1:0\"\n[executors.web\n", 2, ""),
        ("\nlisen = \"127.0.0.1:0\"\n", 2, "lisen"),
    ] {
        let file = server.path("mistake.toml");
        fs::write(&file, text).unwrap();
        let output = server.run(&["serve", "--listen", "127.0.0.1:0", "--config", file.to_str().unwrap()]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty(), "{text}\n{said}");
        assert!(said.contains("mistake.toml") && said.contains(&format!("line {line}")), "{text}\n{said}");
        assert!(said.contains(message), "{text}\n{said}");
    }
}
on_both!(a_mistake_in_the_configuration_is_reported_with_its_line_and_nothing_starts);
