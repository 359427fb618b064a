//! The command line: one file for each command that serves or opens the database. Those that talk to a server are in
//! `lockkeeper-terminal`.

mod arguments;
mod check;
mod demo;
mod doctor;
mod init;
mod local;
mod logging;
mod migrate;
mod process;
mod restored;
mod serve;
mod ssh_executors;
mod token;
mod waits;
mod worker;

use crate::config::{CommonArgs, ServeArgs, WorkArgs};
use crate::executor::command::{probe, runner};
use crate::failpoint;
use crate::limits::open_files;
use crate::store::Db;
use clap::{Parser, Subcommand};
use lockkeeper_terminal::{GlobalArgs, escape};
use rustix::process::Signal;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Connections to the database of a command that ends soon.
const SHORT_COMMAND_CONNECTIONS: u32 = 2;

// The description is that of the package.
#[derive(Debug, Parser)]
#[command(name = "lockkeeper", version = crate::version::TEXT, about, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    globals: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Client(Box<lockkeeper_terminal::Command>),
    Check(check::CheckArgs),
    #[command(flatten)]
    Server(ServerCommand),
}

#[derive(Debug, Subcommand)]
enum ServerCommand {
    /// Serve the API, and carry out releases
    #[command(after_help = "Examples:
  lockkeeper serve
  lockkeeper serve --listen 127.0.0.1:9000 --database-url postgres://lockkeeper@db.example/lockkeeper
  lockkeeper serve --config /etc/lockkeeper/lockkeeper.toml")]
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
    /// Update the tables of the database, or create them; `serve` and `worker` also do this when they start
    Migrate {
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Declare that the database was restored to an earlier state; run it once, before the database is used again
    #[command(after_help = "Example:\n  lockkeeper restored --database-url sqlite:/var/lib/lockkeeper/lockkeeper.db")]
    Restored {
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Check that every invariant holds; if one is broken, print the rows and exit with status 1
    #[command(after_help = "Examples:
  lockkeeper doctor
  lockkeeper doctor --config /etc/lockkeeper/lockkeeper.toml")]
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

impl Command {
    /// Whether it serves or works until it is stopped. Others may ask at the terminal.
    fn runs_for_long(&self) -> bool {
        use ServerCommand::{Demo, Serve, Worker};
        matches!(self, Command::Server(Serve { .. } | Worker { .. } | Demo { .. }))
    }
}

/// Does what the arguments say.
pub fn main() -> ExitCode {
    use_ring();
    failpoint::arm();
    survive_limits();
    lockkeeper_terminal::answer_shell(arguments::program);
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let Cli { globals, command } = match arguments::parse(&arguments) {
        Ok(cli) => cli,
        Err(status) => return status,
    };
    if init::is_init() {
        return init::run(!command.runs_for_long()).unwrap_or_else(|error| {
            eprintln!("lockkeeper: process 1 cannot start lockkeeper as its child: {error}");
            ExitCode::FAILURE
        });
    }
    match command {
        Command::Client(command) => {
            lockkeeper_terminal::run(*command, globals, &arguments::program(), ssh_executors::read)
        }
        Command::Check(args) => lockkeeper_terminal::carry_out(&globals, &arguments::program(), async |output| {
            check::run(args, &globals, output).await
        }),
        // Without a runtime: they start one process, and wait for little.
        Command::Server(ServerCommand::Runner { job }) => runner::main(&job),
        Command::Server(ServerCommand::Probe { open_files, program, args }) => probe::main(open_files, &program, &args),
        Command::Server(command) => {
            if let Err(error) = open_files::raise() {
                eprintln!("lockkeeper: the limit of open files cannot be raised: {error}");
            }
            match run(command, globals.json) {
                Ok(status) => status,
                Err(error) => {
                    eprintln!("lockkeeper: {}", escape::lines(&format!("{error:#}")));
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
async fn run(command: ServerCommand, json: bool) -> anyhow::Result<ExitCode> {
    match command {
        ServerCommand::Serve { common, serve } => serve::run(&common, &serve).await?,
        ServerCommand::Worker { common, work } => worker::run(&common, work).await?,
        ServerCommand::Demo { options } => demo::run(&options).await?,
        ServerCommand::Migrate { common } => migrate::run(&common).await?,
        ServerCommand::Restored { common } => restored::run(&common).await?,
        ServerCommand::Doctor { common } => return doctor::run(&common).await,
        ServerCommand::Schema => print!("{}", crate::graphql::sdl()),
        ServerCommand::Token { command } => return Ok(token::run(command, json).await),
        ServerCommand::Runner { job } => return Ok(runner::main(&job)),
        ServerCommand::Probe { open_files, program, args } => return Ok(probe::main(open_files, &program, &args)),
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
