//! The systems that are compared, and how each is started.

use crate::process::{Process, free_port, run};
use crate::work::{LOCKKEEPER, Speaks};
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
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Floor, Kind::Lockkeeper, Kind::LockkeeperSqlite];

    /// How the report calls it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Floor => "by hand: axum, sqlx",
            Kind::Lockkeeper => "lockkeeper",
            Kind::LockkeeperSqlite => "lockkeeper, SQLite",
        }
    }
}

/// The databases, filled with the same fleet.
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
    pub fn start(kind: Kind, databases: &Databases, directory: &Path) -> anyhow::Result<System> {
        let port = free_port()?;
        let (command, speaks) = match kind {
            Kind::Floor => floor(port, &databases.postgres)?,
            Kind::Lockkeeper => lockkeeper(port, &databases.postgres, directory)?,
            Kind::LockkeeperSqlite => lockkeeper(port, &databases.sqlite, directory)?,
        };
        let process = Process::start(command, port, &directory.join(format!("{kind:?}.log")))?;
        Ok(System { kind, port, speaks, _process: process })
    }
}

fn floor(port: u16, database: &str) -> anyhow::Result<(Command, Speaks)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["floor", database, &port.to_string()]);
    Ok((command, Speaks::Paths { database: database.to_owned() }))
}

/// As it is shipped: with a token, its limits, its log and its own number of connections.
fn lockkeeper(port: u16, database: &str, directory: &Path) -> anyhow::Result<(Command, Speaks)> {
    let program = |arguments: &[&str]| {
        let mut command = Command::new(BINARY);
        command.args(arguments).current_dir(directory).env("LOCKKEEPER_DATABASE_URL", database);
        command
    };
    let token = run(&mut program(&["token", "create", "--name", "compare", "--role", "operator"]))?;
    let headers = format!("Authorization: Bearer {}\r\n", token.trim());
    let speaks = Speaks::Graphql { documents: &LOCKKEEPER, path: "/graphql", headers };
    Ok((program(&["serve", "--listen", &format!("127.0.0.1:{port}")]), speaks))
}
