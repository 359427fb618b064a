//! `lockkeeper man`.

use crate::failure::{ExitStatus, Failure};
use crate::output::Output;
use clap::Args;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Write manual pages
///
/// Writes a manual page for every command into a directory: lockkeeper.1, lockkeeper-status.1 and so on.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  lockkeeper man ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Directory, which is created if it does not exist
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

pub fn run(args: ManArgs, output: &Output, program: &clap::Command) -> Result<ExitStatus, Failure> {
    let directory = &args.directory;
    write(directory, program).map_err(|error| {
        Failure::usage(format!("The manual pages cannot be written to {}: {error}.", directory.display()))
    })?;
    match output.json {
        true => output.json_line(&serde_json::json!({ "directory": directory }))?,
        false => output.note(&format!("The manual pages are in {}.", directory.display())),
    }
    Ok(ExitStatus::Success)
}

fn write(directory: &Path, program: &clap::Command) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    clap_mangen::generate_to(without_help(program.clone()), directory)
}

/// The program without its commands `help`, which have nothing of their own to describe. Hidden commands have no page.
fn without_help(program: clap::Command) -> clap::Command {
    program.mut_subcommands(|command| match command.get_name() {
        "help" => command.hide(true),
        _ => without_help(command),
    })
}
