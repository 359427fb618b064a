//! `lockkeeper whoami`.

use crate::failure::{ExitStatus, Failure};
use crate::session::Session;
use clap::Args;
use lockkeeper_client::NoVariables;
use lockkeeper_client::operations::viewer::{Viewer, ViewerData};
use serde::Serialize;

/// Show who you are at the server
///
/// Asks the server who the token belongs to and what it may do.
///
/// A VIEWER reads everything, a BUILDER also registers versions, an OPERATOR also releases, and an ADMIN does everything.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  lockkeeper whoami")]
pub struct WhoamiArgs {}

/// A caller of a server.
#[derive(Debug, Serialize)]
pub struct Identity<'a> {
    pub name: &'a str,
    pub role: &'a str,
    pub server: &'a str,
    pub context: Option<&'a str>,
}

impl Identity<'_> {
    /// The caller in a sentence.
    pub fn sentence(&self) -> String {
        let Identity { name, role, server, context } = self;
        match context {
            Some(context) => format!("{name} ({role}) at {server}, context {context}"),
            None => format!("{name} ({role}) at {server}"),
        }
    }
}

pub async fn run(_: WhoamiArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let ViewerData { name, role } = session.call::<Viewer>(&NoVariables {}).await?.payload;
    let identity =
        Identity { name: &name, role: &role, server: session.client.server(), context: session.context.as_deref() };
    match session.output.json {
        true => session.output.json_line(&identity)?,
        false => session.output.line(&identity.sentence())?,
    }
    Ok(ExitStatus::Success)
}
