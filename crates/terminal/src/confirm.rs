//! Questions to the person at the terminal. What is not confirmed does not happen: without a terminal and without `--yes`,
//! a command that would ask ends instead.

use crate::failure::Failure;
use crate::output::Output;
use crate::session::Session;
use crate::typed;
use clap::Args;
use std::io::{self, BufRead as _, IsTerminal as _};

/// Where more instances than this move, a protected context asks for the service's name.
pub const PROTECTED_INSTANCES: u64 = 10;

/// The argument that confirms in a protected context.
#[derive(Args, Clone, Debug, Default)]
pub struct ConfirmArgs {
    /// Name of the service once more, where a protected context asks for it
    #[arg(long, value_name = "SERVICE")]
    pub confirm: Option<String>,
}

/// Asks a question that is answered with yes or no, and returns whether the answer is yes. `--yes` answers it.
pub fn ask(output: &Output, yes: bool, question: &str) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        let message = format!("{question} There is no terminal to ask at, so nothing was done. Add --yes to confirm.");
        return Err(Failure::usage(message).help(typed::command(&["--yes"])));
    }
    let answer = prompt(output, &format!("{question} [y/N] "))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Confirms that `moved` instances of a service move, which is asked for where more than one does. An error means that
/// nothing may be sent.
pub fn release(session: &Session, args: &ConfirmArgs, service: &str, moved: u64) -> Result<(), Failure> {
    if session.protected && moved > PROTECTED_INSTANCES {
        return protected(session, args, service, moved);
    }
    if moved <= 1 || session.globals.yes || args.confirm.as_deref() == Some(service) {
        return Ok(());
    }
    match ask(&session.output, false, "Go on?")? {
        true => Ok(()),
        false => Err(declined()),
    }
}

/// In a protected context, `--yes` does not suffice.
fn protected(session: &Session, args: &ConfirmArgs, service: &str, moved: u64) -> Result<(), Failure> {
    let context = session.context.as_deref().unwrap_or_default();
    let wrong = |given: &str| {
        Failure::usage(format!(
            "{given:?} is not the service {service:?} whose instances would move. Nothing was sent."
        ))
    };
    if let Some(given) = &args.confirm {
        return if given == service { Ok(()) } else { Err(wrong(given)) };
    }
    if !io::stdin().is_terminal() || session.globals.yes {
        return Err(Failure::usage(format!(
            "The context {context} is protected, and {moved} instances would move: --yes does not suffice. Add --confirm {service}."
        ))
        .help(typed::command(&["--confirm", service])));
    }
    let question = format!("The context {context} is protected. Type the name of the service to go on: ");
    let answer = prompt(&session.output, &question)?;
    match answer.trim() {
        "" => Err(declined()),
        given if given == service => Ok(()),
        given => Err(wrong(given)),
    }
}

/// The person said no, or nothing.
pub fn declined() -> Failure {
    Failure::usage("It was not confirmed, and nothing was sent.")
}

/// Shows a question and reads a line. The end of the input is an empty one.
fn prompt(output: &Output, question: &str) -> Result<String, Failure> {
    output.prompt(question);
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Failure::usage(format!("The answer cannot be read from the terminal: {error}.")))?;
    Ok(answer)
}
