//! `lockkeeper login`.

use super::whoami::Identity;
use crate::args::GlobalArgs;
use crate::confirm;
use crate::context::{Context, Contexts, TokenSource};
use crate::failure::{ExitStatus, Failure};
use crate::output::Output;
use crate::quote::quote;
use crate::session;
use clap::Args;
use lockkeeper_client::NoVariables;
use lockkeeper_client::operations::viewer::{Viewer, ViewerData};
use std::io::{self, IsTerminal as _, Read as _};

/// The name of a context that is not given one.
const DEFAULT_NAME: &str = "default";
/// The longest token that is read from a pipe, in bytes.
const MAX_TOKEN_BYTES: u64 = 4096;

/// Log in to a server: check a token and keep it in a context
///
/// Checks a token at the server and keeps both in a context, which becomes the current one.
///
/// The token is asked for without showing it, or read from a pipe. An administrator makes one on the server's machine with
/// `lockkeeper token create`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper login --server https://lockkeeper.example
  pass show lockkeeper/prod | lockkeeper login prod --server https://lockkeeper.example")]
pub struct LoginArgs {
    /// Name of the context, for example prod [default: default]
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub async fn run(args: LoginArgs, globals: &GlobalArgs, output: &Output) -> Result<ExitStatus, Failure> {
    let mut contexts = Contexts::load(output)?;
    let name = args.name.as_deref().or(globals.context.as_deref()).unwrap_or(DEFAULT_NAME);
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Failure::usage("The name of a context must not be empty or have control characters."));
    }
    let old = contexts.get(name).cloned();
    let server = match (globals.server.as_deref().map(str::trim).filter(|server| !server.is_empty()), &old) {
        (Some(server), _) => server.trim_end_matches('/').to_owned(),
        (None, Some(old)) => old.server.clone(),
        (None, None) => {
            return Err(Failure::usage(format!(
                "No server is named, and there is no context {name}: add --server with its address."
            )));
        }
    };
    // A mistake in the URL is found before anything is asked.
    session::connect(&server, "")?;
    if let Some(old) = &old {
        let question = format!("The context {name} exists, for {}. Replace it?", old.server);
        if !confirm::ask(output, globals.yes, &question)? {
            return Err(Failure::usage(format!("The context {name} is as it was.")));
        }
    }
    let again = || format!("lockkeeper login {} --server {}", quote(name), quote(&server));
    let token = token(globals, output, &server).map_err(|failure| failure.help(again()))?;
    let client = session::connect(&server, &token).map_err(|failure| failure.help(again()))?;
    let viewer = client.call::<Viewer>(&NoVariables {}).await.map_err(|error| Failure::from(error).help(again()))?;
    let ViewerData { name: caller, role } = viewer.payload;
    let protected = old.is_some_and(|old| old.protected);
    contexts.put(name, Context { server: server.clone(), token: TokenSource::Stored(token), protected });
    contexts.save()?;
    let identity = Identity { name: &caller, role: &role, server: &server, context: Some(name) };
    match output.json {
        true => output.json_line(&identity)?,
        false => output.note(&format!("Logged in: {}.", identity.sentence())),
    }
    Ok(ExitStatus::Success)
}

/// The token: as given, else from the terminal without showing it, else from a pipe.
fn token(globals: &GlobalArgs, output: &Output, server: &str) -> Result<String, Failure> {
    let unreadable = |error: io::Error| Failure::usage(format!("The token cannot be read: {error}."));
    let token = match &globals.token {
        Some(token) if !token.trim().is_empty() => token.clone(),
        _ if io::stdin().is_terminal() => {
            output.prompt(&format!("Token for {server}: "));
            rpassword::read_password().map_err(unreadable)?
        }
        _ => {
            let mut piped = String::new();
            io::stdin().take(MAX_TOKEN_BYTES).read_to_string(&mut piped).map_err(unreadable)?;
            piped
        }
    };
    match token.trim() {
        "" => Err(Failure::unauthenticated("There is no token: standard input was empty. Nothing was stored.")),
        token => Ok(token.to_owned()),
    }
}
