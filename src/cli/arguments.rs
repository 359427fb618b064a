//! Parsing of the arguments: those of the terminal client apply to its own commands only.

use super::{Cli, ServerCommand};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args as _, CommandFactory as _, FromArgMatches as _, Subcommand as _};
use lockkeeper_terminal::{GlobalArgs, usage};
use std::ffi::OsString;
use std::process::ExitCode;

/// The command about tokens.
const TOKEN: &str = "token";

/// The definition of the program. Commands of the server do not show the arguments of the client.
pub fn program() -> clap::Command {
    let client: Vec<String> = client_arguments().map(|argument| argument.get_id().to_string()).collect();
    let mut program = Cli::command();
    program.build();
    for command in server_commands() {
        let others: Vec<String> = client.iter().filter(|id| !may_have(&command, id)).cloned().collect();
        program = program.mut_subcommand(command, |command| hidden(command, &others));
    }
    program
}

/// Parses the arguments, or reports what is wrong with them and returns the exit status.
pub fn parse(arguments: &[OsString]) -> Result<Cli, ExitCode> {
    // The whole program is built only where it is shown: a runner is started for every target.
    let shows_help = arguments.iter().any(|argument| ["-h", "--help", "help"].iter().any(|help| argument == help));
    let definition = if shows_help { program() } else { Cli::command() };
    let parsed = definition.try_get_matches_from(arguments).and_then(|matches| {
        refuse_client_arguments(&matches)?;
        Cli::from_arg_matches(&matches)
    });
    parsed.map_err(|error| match is_for_server(arguments) {
        true => error.exit(),
        false => usage::report(&error, &Cli::command(), arguments),
    })
}

/// The arguments of the client: `--server` and so on.
fn client_arguments() -> impl Iterator<Item = clap::Arg> {
    let globals = GlobalArgs::augment_args(clap::Command::new("client"));
    globals.get_arguments().cloned().collect::<Vec<_>>().into_iter()
}

/// The names of the commands that are not the client's.
fn server_commands() -> Vec<String> {
    let server = ServerCommand::augment_subcommands(clap::Command::new("server"));
    server.get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// The command without the arguments of the client in its help, and in that of its subcommands.
fn hidden(command: clap::Command, client: &[String]) -> clap::Command {
    let hide = |argument: clap::Arg| match client.iter().any(|id| argument.get_id() == id.as_str()) {
        true => argument.hide(true),
        false => argument,
    };
    command.mut_args(hide).mut_subcommands(|command| hidden(command, client))
}

/// Whether a command of the server has an argument of the client: what `token` prints is for programs, too.
fn may_have(command: &str, argument: &str) -> bool {
    (command, argument) == (TOKEN, "json")
}

/// Finds an argument of the client that was given to a command of the server.
fn refuse_client_arguments(matches: &ArgMatches) -> Result<(), clap::Error> {
    let Some((name, matches)) = matches.subcommand() else { return Ok(()) };
    if !server_commands().iter().any(|command| command == name) {
        return Ok(());
    }
    let given =
        |argument: &clap::Arg| matches.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine);
    match client_arguments().find(|argument| given(argument) && !may_have(name, argument.get_id().as_str())) {
        Some(argument) => {
            let message =
                format!("--{} is for commands that talk to a server", argument.get_long().unwrap_or_default());
            Err(program().error(ErrorKind::UnknownArgument, message))
        }
        None => Ok(()),
    }
}

/// Whether the arguments name a command of the server, as far as they can be parsed, other than `token`, which reports mistakes
/// as the client does.
fn is_for_server(arguments: &[OsString]) -> bool {
    let matches = Cli::command().ignore_errors(true).try_get_matches_from(arguments);
    let named = matches.ok().and_then(|matches| matches.subcommand_name().map(str::to_owned));
    named.is_some_and(|name| name != TOKEN && server_commands().contains(&name))
}
