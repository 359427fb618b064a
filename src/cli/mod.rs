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

/// Connections to the database of a command that ends soon.
const SHORT_COMMAND_CONNECTIONS: u32 = 2;

// The description is that of the package.
#[derive(Debug, Parser)]
#[command(name = "lockkeeper", version, about, max_term_width = 100)]
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
    /// Carry out releases only, beside servers on the same PostgreSQL database
    Worker {
        #[command(flatten)]
        common: CommonArgs,
        #[command(flatten)]
        work: WorkArgs,
    },
    /// Serve a temporary database with a small fleet on simulated hosts, and print what to try
    Demo {
        #[command(flatten)]
        options: demo::Options,
    },
    /// Bring the tables of the database up to date; `serve` and `worker` do so, too
    Migrate {
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Declare that the database was restored to an earlier state; run it once, before the database is used again
    Restored {
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Check that every invariant holds; if one is broken, print the rows and exit with status 1
    Doctor {
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Print the schema of the API
    Schema,
    /// Create, list and revoke tokens
    Token {
        #[command(subcommand)]
        command: token::Command,
    },
    /// Run one command for a worker
    #[command(name = runner::SUBCOMMAND, hide = true)]
    Runner { job: String },
    /// Become a probe, with the limit of open files that lockkeeper was started with
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
        // Without a runtime: they start one process, and wait for little.
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

/// Installs one provider of cryptography for everything that speaks TLS.
fn use_ring() {
    // It fails only if a provider is installed already, and then it is this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Makes a write beyond the limit of file sizes an error like a full disk: without a handler, the signal that comes with
/// it would end the process. Processes that it starts do not inherit the handler.
fn survive_limits() {
    // A system on which this signal cannot be handled has no such limit.
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

/// Opens the database of a command that ends soon.
async fn open(common: &CommonArgs) -> anyhow::Result<Db> {
    Ok(Db::open(&database_url(common)?, SHORT_COMMAND_CONNECTIONS).await?)
}

/// Returns where the database of a command that ends soon is, and starts the log.
fn database_url(common: &CommonArgs) -> anyhow::Result<String> {
    let settings = crate::config::Settings::load(common, &ServeArgs::default())?;
    logging::start(settings.log_format);
    Ok(settings.database_url)
}
