//! The systems that are compared, and how each is started.

use crate::peers;
use crate::postgres::Postgres;
use crate::process::{Process, free_port, run};
use crate::queries::{DJANGO, LOCKKEEPER, POSTGRAPHILE, Protocol};
use lockkeeper::store::Db;
use std::path::Path;
use std::process::Command;
use testkit::large::{Size, load};

/// Connections to the database that each system may open, which is lockkeeper's number.
pub const CONNECTIONS: u32 = 16;

const BINARY: &str = env!("CARGO_BIN_EXE_lockkeeper");

/// One system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SystemKind {
    Floor,
    Lockkeeper,
    LockkeeperSqlite,
    Usual,
    Postgraphile,
    Yoga,
    Mercurius,
    Django,
}

impl SystemKind {
    pub const ALL: [SystemKind; 8] = [
        SystemKind::Floor,
        SystemKind::Lockkeeper,
        SystemKind::LockkeeperSqlite,
        SystemKind::Usual,
        SystemKind::Postgraphile,
        SystemKind::Yoga,
        SystemKind::Mercurius,
        SystemKind::Django,
    ];

    /// Its name in the report.
    pub fn name(self) -> &'static str {
        match self {
            SystemKind::Floor => "by hand: axum, sqlx",
            SystemKind::Lockkeeper => "**lockkeeper**, PostgreSQL",
            SystemKind::LockkeeperSqlite => "**lockkeeper**, SQLite",
            SystemKind::Usual => "async-graphql, async-graphql-axum, DataLoader, sqlx",
            SystemKind::Postgraphile => "PostGraphile 5",
            SystemKind::Yoga => "GraphQL Yoga, JIT, DataLoader",
            SystemKind::Mercurius => "Mercurius, JIT, DataLoader",
            SystemKind::Django => "Django, strawberry-graphql-django",
        }
    }
}

/// Two databases with the same fleet.
pub struct Databases {
    pub postgres: String,
    pub sqlite: String,
}

impl Databases {
    /// Creates both under one name and fills them.
    pub async fn fill(postgres: &Postgres, directory: &Path, name: &str, size: Size) -> anyhow::Result<Databases> {
        let sqlite = format!("sqlite:{}", directory.join(name).with_extension("db").display());
        let databases = Databases { postgres: postgres.create(name).await?, sqlite };
        for url in [&databases.postgres, &databases.sqlite] {
            eprintln!("filling {url}");
            Db::open(url, 1).await?.close().await;
            load(url, size).await?;
        }
        Ok(databases)
    }

    /// The database of a system.
    pub fn of(&self, kind: SystemKind) -> &str {
        if kind == SystemKind::LockkeeperSqlite { &self.sqlite } else { &self.postgres }
    }
}

/// A system that runs.
pub struct System {
    pub kind: SystemKind,
    pub port: u16,
    pub protocol: Protocol,
    _process: Process,
}

impl System {
    /// Starts it, with its files in the directory. lockkeeper carries out releases only with a worker.
    pub async fn start(
        kind: SystemKind,
        databases: &Databases,
        directory: &Path,
        worker: bool,
    ) -> anyhow::Result<System> {
        let port = free_port()?;
        let Databases { postgres, .. } = databases;
        let graphql = |documents| Protocol::Graphql { documents, path: "/graphql", headers: String::new() };
        let (command, protocol) = match kind {
            SystemKind::Floor => (floor(port, postgres)?, Protocol::Paths { database: postgres.clone() }),
            SystemKind::Lockkeeper | SystemKind::LockkeeperSqlite => {
                lockkeeper(port, databases.of(kind), directory, worker)?
            }
            SystemKind::Usual => (peers::usual(port, postgres)?, graphql(&LOCKKEEPER)),
            SystemKind::Postgraphile => (peers::postgraphile(port, postgres).await?, graphql(&POSTGRAPHILE)),
            SystemKind::Yoga => (peers::node("yoga.js", port, postgres)?, graphql(&LOCKKEEPER)),
            SystemKind::Mercurius => (peers::node("mercurius.js", port, postgres)?, graphql(&LOCKKEEPER)),
            SystemKind::Django => (peers::django(port, postgres)?, graphql(&DJANGO)),
        };
        let process = Process::start(command, port, &directory.join(format!("{kind:?}.log")))?;
        Ok(System { kind, port, protocol, _process: process })
    }
}

fn floor(port: u16, database: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["floor", database, &port.to_string()]);
    Ok(command)
}

/// As users run it: with a token, its limits, its log and its default number of connections.
fn lockkeeper(port: u16, database: &str, directory: &Path, worker: bool) -> anyhow::Result<(Command, Protocol)> {
    let directory = directory.join(port.to_string());
    let token =
        run(&mut program(&["token", "create", "--name", "compare", "--role", "operator"], database, &directory)?)?;
    let headers = format!("Authorization: Bearer {}\r\n", token.trim());
    let protocol = Protocol::Graphql { documents: &LOCKKEEPER, path: "/graphql", headers };
    let mut serve = program(&["serve", "--listen", &format!("127.0.0.1:{port}")], database, &directory)?;
    if !worker {
        serve.arg("--no-worker");
    }
    Ok((serve, protocol))
}

/// A worker process, which carries out releases until it is dropped.
pub fn start_worker(database: &str, directory: &Path) -> anyhow::Result<Process> {
    let directory = directory.join("worker");
    Process::spawn(program(&["worker"], database, &directory)?, &directory.join("worker.log"))
}

/// The program, in its own directory, with an executor that does nothing.
fn program(arguments: &[&str], database: &str, directory: &Path) -> anyhow::Result<Command> {
    std::fs::create_dir_all(directory)?;
    std::fs::write(directory.join("lockkeeper.toml"), "[executors.simulated]\nkind = \"simulate\"\n")?;
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(directory).env("LOCKKEEPER_DATABASE_URL", database);
    Ok(command)
}
