//! The commands of `lockkeeper` that talk to a server, for people and for scripts. They use the public API only.
//!
//! The program flattens [`Command`] into its own subcommands and [`GlobalArgs`] into its arguments, and hands both to
//! [`run`]. A mistake in the arguments is described by [`usage::report`].
//!
//! A command is a file in `commands/`: its arguments, with the help that a newcomer reads, and one function that returns
//! how it ended ([`ExitStatus`]) or why it did not succeed ([`Failure`]).

#![forbid(unsafe_code)]

mod amount;
mod args;
mod cells;
mod commands;
mod completion;
mod confirm;
mod context;
pub mod escape;
mod failure;
mod filter;
mod fleet;
mod inventory;
mod key;
mod list;
mod names;
mod nearest;
mod options;
mod output;
mod quote;
mod related;
mod session;
mod ssh_executor;
mod table;
mod times;
mod trust;
mod typed;
pub mod usage;
mod watching;

pub use args::{Command, GlobalArgs};
pub use completion::answer_shell;
pub use failure::{ExitStatus, Failure};
pub use fleet::{Fleet, FleetHost, FleetInstance};
pub use output::Output;
pub use ssh_executor::{ReadSshExecutors, SshExecutor};
pub use table::Table;

use std::process::ExitCode;

/// Says why a command that opens the database itself did not succeed, as the commands of the client do: `error:`, `help:`, and
/// JSON if it is wanted. Returns the exit status.
pub fn fail(json: bool, status: ExitStatus, code: &str, message: &str, help: &str) -> ExitCode {
    let failure = Failure::new(status, code, message).help(help);
    Output::new(&GlobalArgs { json, ..GlobalArgs::default() }).failure(&failure);
    status.into()
}

/// Carries out a command to its end and returns its exit status. `program` is the definition of the whole program, from
/// which completions and manual pages are made.
pub fn run(
    command: Command,
    globals: GlobalArgs,
    program: &clap::Command,
    read_ssh_executors: ReadSshExecutors,
) -> ExitCode {
    carry_out(&globals, program, async |output| {
        commands::run(command, &globals, output, program, read_ssh_executors).await
    })
}

/// Carries out what a command does, and reports why it did not succeed as all commands of the client do. `program` is the
/// definition of the whole program, whose help a failure without a better command names.
pub fn carry_out(
    globals: &GlobalArgs,
    program: &clap::Command,
    command: impl AsyncFnOnce(&Output) -> Result<ExitStatus, Failure>,
) -> ExitCode {
    let output = Output::new(globals);
    let ended = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(ExitStatus::Usage, "USAGE", format!("The program cannot start: {error}.")))
        .and_then(|runtime| runtime.block_on(command(&output)));
    match ended {
        Ok(status) => status.into(),
        Err(failure) => {
            let arguments: Vec<_> = std::env::args_os().collect();
            let failure = failure.or_help(|| usage::help(program, &arguments));
            output.failure(&failure);
            failure.status.into()
        }
    }
}
