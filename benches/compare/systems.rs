//! The systems that are compared, and how each is started.

use crate::peers;
use crate::process::{Process, free_port, run};
use crate::work::{DJANGO, LOCKKEEPER, POSTGRAPHILE, Speaks};
use std::path::Path;
use std::process::Command;

/// Connections to the database that each system may open: as many as lockkeeper does.
pub const CONNECTIONS: u32 = 16;

const BINARY: &str = env!("CARGO_BIN_EXE_lockkeeper");

/// One system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    Floor,
    Lockkeeper,
    LockkeeperSqlite,
    Postgraphile,
    Yoga,
    Mercurius,
    Django,
}

impl Kind {
    pub const ALL: [Kind; 7] = [
        Kind::Floor,
        Kind::Lockkeeper,
        Kind::LockkeeperSqlite,
        Kind::Postgraphile,
        Kind::Yoga,
        Kind::Mercurius,
        Kind::Django,
    ];

    /// How the report calls it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Floor => "by hand: axum, sqlx",
            Kind::Lockkeeper => "**lockkeeper**, PostgreSQL",
            Kind::LockkeeperSqlite => "**lockkeeper**, SQLite",
            Kind::Postgraphile => "PostGraphile 5",
            Kind::Yoga => "GraphQL Yoga, JIT, DataLoader",
            Kind::Mercurius => "Mercurius, JIT, DataLoader",
            Kind::Django => "Django, strawberry-graphql-django",
        }
    }
}

/// The databases, filled with the same fleet.
#[derive(Clone)]
pub struct Databases {
    pub postgres: String,
    pub sqlite: String,
}

/// A system that answers.
pub struct System {
    pub kind: Kind,
    pub port: u16,
    pub speaks: Speaks,
    _process: Process,
}

impl System {
    /// Starts it. Its files are in the directory.
    pub async fn start(kind: Kind, databases: &Databases, directory: &Path) -> anyhow::Result<System> {
        let port = free_port()?;
        let Databases { postgres, sqlite } = databases;
        let graphql = |documents| Speaks::Graphql { documents, path: "/graphql", headers: String::new() };
        let (command, speaks) = match kind {
            Kind::Floor => (floor(port, postgres)?, Speaks::Paths { database: postgres.clone() }),
            Kind::Lockkeeper => lockkeeper(port, postgres, directory)?,
            Kind::LockkeeperSqlite => lockkeeper(port, sqlite, directory)?,
            Kind::Postgraphile => (peers::postgraphile(port, postgres).await?, graphql(&POSTGRAPHILE)),
            Kind::Yoga => (peers::node("yoga.js", port, postgres)?, graphql(&LOCKKEEPER)),
            Kind::Mercurius => (peers::node("mercurius.js", port, postgres)?, graphql(&LOCKKEEPER)),
            Kind::Django => (peers::django(port, postgres)?, graphql(&DJANGO)),
        };
        let process = Process::start(command, port, &directory.join(format!("{kind:?}.log")))?;
        Ok(System { kind, port, speaks, _process: process })
    }
}

fn floor(port: u16, database: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["floor", database, &port.to_string()]);
    Ok(command)
}

/// As it is shipped: with a token, its limits, its log and its own number of connections.
fn lockkeeper(port: u16, database: &str, directory: &Path) -> anyhow::Result<(Command, Speaks)> {
    let directory = directory.join(port.to_string());
    std::fs::create_dir(&directory)?;
    let program = |arguments: &[&str]| {
        let mut command = Command::new(BINARY);
        command.args(arguments).current_dir(&directory).env("LOCKKEEPER_DATABASE_URL", database);
        command
    };
    let token = run(&mut program(&["token", "create", "--name", "compare", "--role", "operator"]))?;
    let headers = format!("Authorization: Bearer {}\r\n", token.trim());
    let speaks = Speaks::Graphql { documents: &LOCKKEEPER, path: "/graphql", headers };
    Ok((program(&["serve", "--listen", &format!("127.0.0.1:{port}")]), speaks))
}
