//! The commands of the README; the demo has its own test.

use super::built;
use crate::cli::program::{Place, Running, text};
use serde_json::json;
use std::path::Path;
use std::process::Command;
use testkit::Client;

/// A command of the README, in the place of a working copy.
fn command(place: &Place, script: &str) -> Command {
    let mut command = Command::new("bash");
    command.args(["-c", script]).current_dir(place.path()).env("LOCKKEEPER_LISTEN", "127.0.0.1:0");
    command.stdout(std::process::Stdio::piped());
    command
}

#[tokio::test]
async fn the_server_of_the_readme_answers_with_the_token_of_the_readme() {
    let place = Place::new("sqlite");
    let server = Running::start(command(&place, &format!("exec {}", built("README.md", "serve"))));
    let created = command(&place, &built("README.md", "token")).output().unwrap();
    let token = text(&created.stdout);
    let client = Client::new(&server.url, token.trim());
    let data = client.query("{ viewer { name role } }", json!({})).await;
    assert_eq!(data, json!({ "viewer": { "name": "me", "role": "ADMIN" } }));
    assert!(Path::new(&place.path().join("lockkeeper.db")).exists(), "the database is in the current folder");
}
