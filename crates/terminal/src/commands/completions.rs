//! `lockkeeper completions`.

use crate::completion;
use crate::failure::{ExitStatus, Failure};
use crate::output::Output;
use clap::Args;

/// Print the script with which a shell completes commands, options and names
///
/// Prints a script that makes a shell complete commands, options, and the names of services, versions and hosts. Names come
/// from the server of the current context; if it does not answer within 300 ms, there are none.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper completions bash > ~/.local/share/bash-completion/completions/lockkeeper
  lockkeeper completions zsh > ~/.zfunc/_lockkeeper
  lockkeeper completions fish > ~/.config/fish/completions/lockkeeper.fish")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_parser = completion::SHELLS)]
    shell: String,
}

pub fn run(args: CompletionsArgs, output: &Output) -> Result<ExitStatus, Failure> {
    let script = completion::script(&args.shell)?;
    match output.json {
        true => output.json_line(&serde_json::json!({ "shell": args.shell, "script": script }))?,
        false => output.print(script.trim_end())?,
    }
    Ok(ExitStatus::Success)
}
