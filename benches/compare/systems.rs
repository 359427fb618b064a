//! The systems that are compared, and how each is started.

use crate::fleet::{Size, load};
use crate::peers;
use crate::postgres::Postgres;
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
    Usual,
    Postgraphile,
    Yoga,
    Mercurius,
    Django,
}

impl Kind {
    pub const ALL: [Kind; 8] = [
        Kind::Floor,
        Kind::Lockkeeper,
        Kind::LockkeeperSqlite,
        Kind::Usual,
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
            Kind::Usual => "async-graphql, async-graphql-axum, DataLoader, sqlx",
            Kind::Postgraphile => "PostGraphile 5",
            Kind::Yoga => "GraphQL Yoga, JIT, DataLoader",
            Kind::Mercurius => "Mercurius, JIT, DataLoader",
            Kind::Django => "Django, strawberry-graphql-django",
        }
    }
}

/// The databases, filled with the same fleet.
pub struct Databases {
    pub postgres: String,
    pub sqlite: String,
}

impl Databases {
    /// Makes both, under one name.
    pub async fn fill(postgres: &Postgres, directory: &Path, name: &str, size: Size) -> anyhow::Result<Databases> {
        let sqlite = format!("sqlite:{}", directory.join(name).with_extension("db").display());
        let databases = Databases { postgres: postgres.create(name).await?, sqlite };
        for url in [&databases.postgres, &databases.sqlite] {
            eprintln!("filling {url}");
            load(url, size).await?;
        }
        Ok(databases)
    }

    /// The one that a system works on.
    pub fn of(&self, kind: Kind) -> &str {
        if kind == Kind::LockkeeperSqlite { &self.sqlite } else { &self.postgres }
    }
}

/// A system that answers.
pub struct System {
    pub kind: Kind,
    pub port: u16,
    pub speaks: Speaks,
    _process: Process,
}

impl System {
    /// Starts it. Its files are in the directory. lockkeeper may be told to carry out no releases.
    pub async fn start(kind: Kind, databases: &Databases, directory: &Path, working: bool) -> anyhow::Result<System> {
        let port = free_port()?;
        let Databases { postgres, .. } = databases;
        let graphql = |documents| Speaks::Graphql { documents, path: "/graphql", headers: String::new() };
        let (command, speaks) = match kind {
            Kind::Floor => (floor(port, postgres)?, Speaks::Paths { database: postgres.clone() }),
            Kind::Lockkeeper | Kind::LockkeeperSqlite => lockkeeper(port, databases.of(kind), directory, working)?,
            Kind::Usual => (peers::usual(port, postgres)?, graphql(&LOCKKEEPER)),
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
fn lockkeeper(port: u16, database: &str, directory: &Path, working: bool) -> anyhow::Result<(Command, Speaks)> {
    let directory = directory.join(port.to_string());
    let token =
        run(&mut program(&["token", "create", "--name", "compare", "--role", "operator"], database, &directory)?)?;
    let headers = format!("Authorization: Bearer {}\r\n", token.trim());
    let speaks = Speaks::Graphql { documents: &LOCKKEEPER, path: "/graphql", headers };
    let mut serve = program(&["serve", "--listen", &format!("127.0.0.1:{port}")], database, &directory)?;
    if !working {
        serve.arg("--no-worker");
    }
    Ok((serve, speaks))
}

/// A worker of its own, which carries out releases until it is dropped.
pub fn worker(database: &str, directory: &Path) -> anyhow::Result<Process> {
    let directory = directory.join("worker");
    Process::spawn(program(&["worker"], database, &directory)?, &directory.join("worker.log"))
}

/// The program, in a directory of its own, with an executor that does nothing.
fn program(arguments: &[&str], database: &str, directory: &Path) -> anyhow::Result<Command> {
    std::fs::create_dir_all(directory)?;
    std::fs::write(directory.join("lockkeeper.toml"), "[executors.simulated]\nkind = \"simulate\"\n")?;
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(directory).env("LOCKKEEPER_DATABASE_URL", database);
    Ok(command)
}
