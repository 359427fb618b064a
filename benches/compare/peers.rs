//! The peers: small applications in `peers/`, each written as its guides show, over lockkeeper's own tables. What they
//! need is installed beside them when they are started for the first time.

use crate::process::run;
use crate::systems::CONNECTIONS;
use anyhow::Context;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/compare/peers").join(name)
}

/// A Node.js application, with Node.js and its packages in the locked versions.
fn application(name: &str, script: &str, port: u16, database: &str) -> anyhow::Result<Command> {
    let folder = folder(name);
    if !folder.join("node_modules/.package-lock.json").exists() {
        run(Command::new("npm").args(["ci", "--no-progress", "--loglevel=error"]).current_dir(&folder))?;
    }
    let mut command = Command::new(folder.join("node_modules/.bin/node"));
    command
        .arg(script)
        .current_dir(folder)
        .env("NODE_ENV", "production")
        .env("PORT", port.to_string())
        .env("CONNECTIONS", CONNECTIONS.to_string())
        .env("DATABASE_URL", database);
    Ok(command)
}

/// The usual server in Rust: a package with a lock of its own, built in a folder of its own, so that nothing that it
/// depends on becomes a dependency of lockkeeper or changes how lockkeeper is built.
pub fn usual(port: u16, database: &str) -> anyhow::Result<Command> {
    let folder = folder("usual");
    let target = folder.join("target");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // Does nothing where it is built already.
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--locked", "--quiet", "--target-dir"]).arg(&target).current_dir(&folder);
    run(&mut build)?;
    let mut command = Command::new(target.join("release/usual"));
    command.env("PORT", port.to_string()).env("CONNECTIONS", CONNECTIONS.to_string()).env("DATABASE_URL", database);
    Ok(command)
}

/// Yoga or Mercurius.
pub fn node(script: &str, port: u16, database: &str) -> anyhow::Result<Command> {
    application("node", script, port, database)
}

/// PostGraphile, which makes its schema of the database's tables and functions.
pub async fn postgraphile(port: u16, database: &str) -> anyhow::Result<Command> {
    let mut connection = PgConnection::connect(database).await?;
    sqlx::raw_sql(include_str!("peers/postgraphile/functions.sql")).execute(&mut connection).await?;
    connection.close().await?;
    application("postgraphile", "server.js", port, database)
}

/// Django under gunicorn, with a worker for each processor. Its threads keep their connections open.
pub fn django(port: u16, database: &str) -> anyhow::Result<Command> {
    let folder = folder("django");
    let python = folder.join("venv");
    if !python.join("bin/gunicorn").exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&python))?;
        let mut install = Command::new(python.join("bin/pip"));
        run(install.args(["install", "--quiet", "-r", "requirements.txt"]).current_dir(&folder))?;
    }
    let options: PgConnectOptions = database.parse()?;
    let workers = u32::try_from(std::thread::available_parallelism()?.get())?;
    let threads = (CONNECTIONS / workers).max(1);
    let mut command = Command::new(python.join("bin/gunicorn"));
    command
        .args(["--workers", &workers.to_string(), "--worker-class", "gthread", "--threads", &threads.to_string()])
        .args(["--no-control-socket", "--bind", &format!("127.0.0.1:{port}"), "wsgi"])
        .current_dir(&folder)
        .env("PGPORT", options.get_port().to_string())
        .env("PGUSER", options.get_username())
        .env("PGDATABASE", options.get_database().context("the URL has the name of a database")?);
    Ok(command)
}
