//! The command line: one file for each command.

mod demo;
mod doctor;
mod logging;
mod migrate;
mod process;
mod restored;
mod serve;
mod terminal;
mod token;
mod upkeep;
mod worker;

use crate::config::{CommonArgs, ServeArgs, WorkArgs};
use crate::executor::command::{probe, runner};
use crate::failpoint;
use crate::limits::open_files;
use crate::store::Db;
use clap::{Parser, Subcommand};
use rustix::process::Signal;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Connections to the database that a short command needs.
const FEW: u32 = 2;

/// Raises and lowers the versions of services on fleets of hosts.
#[derive(Debug, Parser)]
#[command(name = "lockkeeper", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API, and carry out releases
    Serve {
        #[command(flatten)]
        common: CommonArgs,
        #[command(flatten)]
        serve: ServeArgs,
    },
    /// Carry out releases only, beside servers on the same PostgreSQL
    Worker {
        #[command(flatten)]
        common: CommonArgs,
        #[command(flatten)]
        work: WorkArgs,
    },
    /// Serve a throw-away database with a small fleet on simulated hosts, and tell what to try
    Demo {
        #[command(flatten)]
        options: demo::Options,
    },
    /// Bring the tables of the database up to date; `serve` does so, too
    Migrate {
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Say that the database was restored to an earlier state, once, before it is used again
    Restored {
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Check that every invariant holds; exit with 1, and the rows, if one is broken
    Doctor {
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Print the schema of the API
    Schema,
    /// Make, list and revoke tokens
    Token {
        #[command(subcommand)]
        command: token::Command,
    },
    /// Runs one command for a worker, beside it
    #[command(name = runner::SUBCOMMAND, hide = true)]
    Runner { job: String },
    /// Becomes a probe, with the limit of open files that lockkeeper was started with
    #[command(name = probe::SUBCOMMAND, hide = true)]
    Probe {
        #[arg(long)]
        open_files: Option<u64>,
        program: PathBuf,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

/// Does what the arguments say.
pub fn main() -> ExitCode {
    use_ring();
    failpoint::arm();
    survive_limits();
    match Cli::parse().command {
        // Without a runtime: they fork nothing but their child, and wait for little.
        Command::Runner { job } => runner::main(&job),
        Command::Probe { open_files, program, args } => probe::main(open_files, &program, &args),
        command => {
            if let Err(error) = open_files::raise() {
                eprintln!("lockkeeper: the limit of open files cannot be raised: {error}");
            }
            match run(command) {
                Ok(status) => status,
                Err(error) => {
                    eprintln!("lockkeeper: {}", terminal::lines(&format!("{error:#}")));
                    ExitCode::FAILURE
                }
            }
        }
    }
}

/// One provider of cryptography for everything that speaks TLS.
fn use_ring() {
    // It fails only if there is one, which then is this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A write beyond the largest size of a file that the process may have is an error like a full disk; unless it has a
/// handler, the signal that comes with it would end the process. What it starts does not inherit that.
fn survive_limits() {
    // Where this signal cannot be handled, there is no such limit.
    let _ = signal_hook::flag::register(Signal::XFSZ.as_raw(), Arc::default());
}

#[tokio::main]
async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve { common, serve } => serve::run(&common, &serve).await?,
        Command::Worker { common, work } => worker::run(&common, work).await?,
        Command::Demo { options } => demo::run(&options).await?,
        Command::Migrate { common } => migrate::run(&common).await?,
        Command::Restored { common } => restored::run(&common).await?,
        Command::Doctor { common } => return doctor::run(&common).await,
        Command::Schema => print!("{}", crate::graphql::sdl()),
        Command::Token { command } => token::run(command).await?,
        Command::Runner { job } => return Ok(runner::main(&job)),
        Command::Probe { open_files, program, args } => return Ok(probe::main(open_files, &program, &args)),
    }
    Ok(ExitCode::SUCCESS)
}

/// The database of a short command.
async fn open(common: &CommonArgs) -> anyhow::Result<Db> {
    Ok(Db::open(&database_url(common)?, FEW).await?)
}

/// Where the database of a short command is; its log is started.
fn database_url(common: &CommonArgs) -> anyhow::Result<String> {
    let settings = crate::config::Settings::load(common, &ServeArgs::default())?;
    logging::start(settings.log_format);
    Ok(settings.database_url)
}
