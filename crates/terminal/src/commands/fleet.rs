//! `lockkeeper suspend-fleet` and `resume-fleet`.

use crate::failure::{ExitStatus, Failure};
use crate::list;
use crate::session::Session;
use clap::Args;
use lockkeeper_client::NoVariables;
use lockkeeper_client::operations::fleet::{ResumeFleet, SuspendFleet, SuspendInput, Suspension};
use lockkeeper_client::operations::list::Input;
use serde::Serialize;

/// Start nothing anywhere
///
/// Starts nothing on any host until `lockkeeper resume-fleet`, undos included: for the moment when something is wrong and nobody
/// knows yet what. What runs on hosts goes on, and releases are still accepted. It takes an `ADMIN`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  lockkeeper suspend-fleet --reason 'the network is being repaired'")]
pub struct SuspendFleetArgs {
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Let releases go on that a suspension stopped
///
/// Ends the suspension of the fleet. Where it is not suspended, this changes nothing. It takes an `ADMIN`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  lockkeeper resume-fleet")]
pub struct ResumeFleetArgs {}

/// What stands afterwards.
#[derive(Serialize)]
struct SuspensionJson {
    suspension: Option<Suspension>,
}

pub async fn suspend(args: SuspendFleetArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let input = Input { input: SuspendInput { reason: args.reason } };
    let suspension = super::changed(session.call::<SuspendFleet>(&input).await?.payload.suspension)?;
    let Suspension { reason, by, .. } = &suspension;
    let message = format!("The fleet is suspended by {by}: {reason}. \"lockkeeper resume-fleet\" ends it.");
    list::print_changed(&session.output, &SuspensionJson { suspension: Some(suspension) }, &message)?;
    Ok(ExitStatus::Success)
}

pub async fn resume(_: ResumeFleetArgs, session: &Session) -> Result<ExitStatus, Failure> {
    session.call::<ResumeFleet>(&NoVariables {}).await?;
    let sentence = "The fleet is not suspended. Releases go on.";
    list::print_changed(&session.output, &SuspensionJson { suspension: None }, sentence)?;
    Ok(ExitStatus::Success)
}
