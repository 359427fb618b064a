//! Mistakes in the arguments, said as every other error is: one `error:` and one `help:` line, and JSON with `--json`.

use crate::args::GlobalArgs;
use crate::failure::Failure;
use crate::output::Output;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::process::ExitCode;

/// Reports what the argument parser found. What was asked for, such as `--help`, is printed as it is.
pub fn report(error: &clap::Error, program: &clap::Command, arguments: &[OsString]) -> ExitCode {
    let json = arguments.iter().any(|argument| argument == "--json");
    let is_asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    // Whoever types only half of a command reads the help of that half.
    let is_help = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if is_asked || (is_help && !json) {
        // Help that cannot be printed has no reader.
        let _ = error.print();
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    }
    let output = Output::new(&GlobalArgs { json, ..GlobalArgs::default() });
    let failure = Failure::usage(message(error)).help(help(program, arguments));
    output.failure(&failure);
    failure.status.into()
}

/// What is wrong, in one line, with what may have been meant.
fn message(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "A command is missing.".to_owned();
    }
    let text = error.render().to_string();
    // What follows is about the usage, which `help:` names.
    let text = text.split("\n\nUsage:").next().unwrap_or_default();
    let text = text.split("\n\nFor more information").next().unwrap_or_default();
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let mut paragraphs = text.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut line = paragraphs.next().unwrap_or_default();
    for hint in paragraphs.filter(|hint| !hint.is_empty()) {
        line.push_str("; ");
        line.push_str(hint.strip_prefix("tip: ").unwrap_or(&hint));
    }
    line
}

/// The command that shows the help of the command that was meant, as far as it is known.
pub(crate) fn help(program: &clap::Command, arguments: &[OsString]) -> String {
    let (mut command, mut path) = (program, program.get_name().to_owned());
    for word in arguments.iter().skip(1).filter_map(|word| word.to_str()) {
        if let Some(named) = command.find_subcommand(word) {
            command = named;
            path.push(' ');
            path.push_str(named.get_name());
        }
    }
    format!("{path} --help")
}
