//! A server with one of its callers.

use crate::PROGRAM;
use crate::cli::Cli;
use serde_json::Value;
use std::ops::Deref;
use testkit::{Client, Server};

/// A server, an admin named `ana` who calls it, and somebody at home who does not know of it yet.
pub struct World {
    pub server: Server,
    pub home: Cli,
    ana: Cli,
}

impl World {
    /// Serves on a fresh SQLite database.
    pub fn start() -> World {
        let server = Server::start(PROGRAM, "sqlite");
        let ana = Cli::new(&server, "admin");
        World { server, home: Cli::without_server(), ana }
    }

    pub fn client(&self) -> Client {
        self.server.client()
    }
}

/// Commands are ana's.
impl Deref for World {
    type Target = Cli;

    fn deref(&self) -> &Cli {
        &self.ana
    }
}

/// The members of a JSON object, sorted.
pub fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}
