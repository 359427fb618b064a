//! What a command works with: a client of the server that the arguments and contexts name.

use crate::args::GlobalArgs;
use crate::context::{Context, Contexts};
use crate::failure::Failure;
use crate::names::{self, Typed};
use crate::output::Output;
use crate::quote::quote;
use crate::related;
use lockkeeper_client::{Client, Error, InvalidServer, Operation};

/// One caller of one server, and how to print.
pub struct Session {
    pub client: Client,
    pub output: Output,
    pub globals: GlobalArgs,
    /// The name of the context, unless the server and the token come from elsewhere and there is none.
    pub context: Option<String>,
    /// Whether the context asks for the service's name where many instances move.
    pub protected: bool,
}

impl Session {
    /// Finds out which server is meant and who calls it: by the arguments, then the environment, then the context.
    ///
    /// # Errors
    /// If no server is named (exit status 2) or no token is found (4), or if the file of contexts has a mistake (2).
    pub fn open(globals: &GlobalArgs, output: &Output) -> Result<Session, Failure> {
        let is_complete = given(globals.server.as_ref()).is_some() && given(globals.token.as_ref()).is_some();
        // A file that is not needed cannot be in the way.
        let contexts = match is_complete && globals.context.is_none() {
            true => None,
            false => Some(Contexts::load(output)?),
        };
        let chosen = match &contexts {
            Some(contexts) => contexts.chosen(globals.context.as_deref())?,
            None => None,
        };
        let server = match (given(globals.server.as_ref()), &chosen) {
            (Some(server), _) => server.to_owned(),
            (None, Some((_, context))) => context.server.clone(),
            (None, None) => {
                return Err(Failure::usage(
                    "No server is named: there is no current context, and neither --server nor LOCKKEEPER_SERVER is set.",
                )
                .help("lockkeeper login --help"));
            }
        };
        let token = match (given(globals.token.as_ref()), &chosen) {
            (Some(token), _) => token.to_owned(),
            (None, Some((name, context))) => token_of(name, context)?,
            (None, None) => {
                return Err(Failure::unauthenticated(format!("There is no token for {server}."))
                    .help(format!("lockkeeper login --server {server}")));
            }
        };
        let (context, protected) = match chosen {
            Some((name, context)) => (Some(name.to_owned()), context.protected),
            None => (None, false),
        };
        Ok(Session {
            client: connect(&server, &token)?,
            output: output.clone(),
            globals: globals.clone(),
            context,
            protected,
        })
    }

    /// Sends an operation and returns its data.
    pub async fn call<O: Operation>(&self, variables: &O::Variables) -> Result<O::Data, Failure> {
        let error = match self.client.call::<O>(variables).await {
            Ok(data) => return Ok(data),
            Err(error) => error,
        };
        let is_unknown = !O::REPEATABLE && matches!(error, Error::Unreachable { sent: true, .. });
        let mut failure = Failure::from(error);
        if is_unknown {
            failure.problems[0]
                .message
                .push_str(" It is unknown whether the server carried this out: look before you repeat it.");
        }
        Err(related::complete(self, self.with_login(failure)).await)
    }

    /// A failure for want of a token names the command that logs in to this very server.
    pub fn with_login(&self, failure: Failure) -> Failure {
        if !failure.has_code("UNAUTHENTICATED") {
            return failure;
        }
        match &self.context {
            Some(context) => failure.help(format!("lockkeeper login {}", quote(context))),
            None => failure.help(format!("lockkeeper login --server {}", quote(self.client.server()))),
        }
    }

    /// As [`Session::call`], and suggests other names where one of those that were typed does not exist.
    pub async fn call_by_names<O: Operation>(
        &self,
        variables: &O::Variables,
        typed: &Typed<'_>,
    ) -> Result<O::Data, Failure> {
        match self.call::<O>(variables).await {
            Ok(data) => Ok(data),
            Err(failure) => Err(names::suggest(self, failure, typed).await),
        }
    }

    /// A service that does not exist, with the names that may have been meant.
    pub async fn no_service(&self, name: &str) -> Failure {
        let failure = Failure::not_found("service", format!("There is no service {name:?}."), &[]);
        names::suggest(self, failure, &Typed::service(name)).await
    }
}

/// A client of the server with this base URL.
pub fn connect(server: &str, token: &str) -> Result<Client, Failure> {
    Client::new(server, token).map_err(|error| match error {
        InvalidServer::Token => {
            Failure::unauthenticated("The token is not one of lockkeeper: it has characters that no token has.")
                .help("lockkeeper login")
        }
        error => Failure::usage(format!("The server cannot be used: {error}.")).help("lockkeeper login --help"),
    })
}

/// A value that was given and is not empty: scripts set variables to nothing in place of unsetting them.
fn given(value: Option<&String>) -> Option<&str> {
    value.map(|value| value.trim()).filter(|value| !value.is_empty())
}

fn token_of(name: &str, context: &Context) -> Result<String, Failure> {
    match context.token.read()? {
        Some(token) => Ok(token),
        None => Err(Failure::unauthenticated(format!("The context {name} has no token: you are not logged in."))
            .help(format!("lockkeeper login {name}"))),
    }
}
