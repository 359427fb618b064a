//! A PostgreSQL server for the comparison, with the default settings of its package. It is stopped when it is dropped.

use crate::process::{free_port, run};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Postgres {
    data: PathBuf,
    /// Its URL, without a database.
    url: String,
}

impl Postgres {
    /// Starts it in a directory that an ordinary user can reach.
    pub fn start(directory: &Path) -> anyhow::Result<Postgres> {
        let data = directory.join("postgres");
        fs::create_dir(&data)?;
        if is_root()? {
            run(Command::new("chmod").arg("a+rx").arg(directory))?;
            run(Command::new("chown").arg("postgres").arg(&data))?;
        }
        let port = free_port()?;
        let settings = ["-U", "lockkeeper", "-A", "trust", "-E", "UTF8", "--locale=C"];
        run(program("initdb")?.arg("-D").arg(&data).args(settings))?;
        let options =
            format!("-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200");
        let start = ["-w", "-o", &options, "start"];
        run(program("pg_ctl")?.arg("-D").arg(&data).arg("-l").arg(data.join("log")).args(start))?;
        Ok(Postgres { data, url: format!("postgres://lockkeeper@127.0.0.1:{port}") })
    }

    /// Creates an empty database, whose user is a superuser, and returns its URL.
    pub async fn create(&self, name: &str) -> anyhow::Result<String> {
        let mut connection = PgConnection::connect(&format!("{}/postgres", self.url)).await?;
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
        connection.close().await?;
        // The server has no TLS, so clients need not ask for it.
        Ok(format!("{}/{name}?sslmode=disable", self.url))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let stopped = program("pg_ctl")
            .and_then(|mut program| run(program.arg("-D").arg(&self.data).args(["-m", "immediate", "stop"])));
        if let Err(error) = stopped {
            eprintln!("PostgreSQL could not be stopped: {error}");
        }
    }
}

fn is_root() -> anyhow::Result<bool> {
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}

/// A program of PostgreSQL, in the newest version that Debian's packages have installed. It runs as an ordinary user,
/// since the server refuses to run as root.
fn program(name: &str) -> anyhow::Result<Command> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let found = versions.map(|version| version.path().join("bin").join(name)).filter(|path| path.exists()).max();
    let path = found.unwrap_or_else(|| name.into());
    if !is_root()? {
        return Ok(Command::new(path));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(path);
    Ok(command)
}
