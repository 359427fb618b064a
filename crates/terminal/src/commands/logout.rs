//! `lockkeeper logout`.

use super::context::Row;
use crate::args::GlobalArgs;
use crate::context::{Contexts, TokenSource};
use crate::failure::{ExitStatus, Failure};
use crate::list;
use crate::output::Output;
use clap::Args;

/// Forget the token of a context
///
/// Forgets the token of a context on this machine. The context and its server stay, so that `lockkeeper login NAME` is enough
/// to come back. The token itself stays valid: revoke it on the server's machine with `lockkeeper token revoke`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  lockkeeper logout prod")]
pub struct LogoutArgs {
    /// Name of the context [default: the current one]
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub fn run(args: LogoutArgs, globals: &GlobalArgs, output: &Output) -> Result<ExitStatus, Failure> {
    let mut contexts = Contexts::load(output)?;
    let name = args.name.as_deref().or(globals.context.as_deref());
    let Some((name, context)) = contexts.chosen(name)? else {
        return Err(
            Failure::usage("There is no current context, so nobody is logged in.").help("lockkeeper context list")
        );
    };
    let (name, mut context) = (name.to_owned(), context.clone());
    let was_logged_in = context.token != TokenSource::None;
    if was_logged_in {
        contexts.forget_token(&name);
        contexts.save()?;
        context.token = TokenSource::None;
    }
    let sentence = match was_logged_in {
        true => format!("Logged out of {name} ({}).", context.server),
        false => format!("The context {name} had no token."),
    };
    list::print_changed(output, &Row::new(&name, &context, contexts.current()), &sentence)?;
    Ok(ExitStatus::Success)
}
