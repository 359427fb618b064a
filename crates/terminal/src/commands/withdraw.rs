//! `lockkeeper withdraw` and `reinstate`.

use crate::completion;
use crate::failure::{ExitStatus, Failure};
use crate::list;
use crate::names::Typed;
use crate::session::Session;
use clap::Args;
use lockkeeper_client::operations::list::Input;
use lockkeeper_client::operations::version::{
    ReinstateVersion, VersionName, VersionPayload, WithdrawVersion, WithdrawVersionInput,
};

/// Forbid releasing a version
///
/// Forbids releasing a version from now on, for example because it is broken. Instances that run it stay as they are.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  lockkeeper withdraw web 1.3.0 --reason 'loses sessions'")]
pub struct WithdrawArgs {
    /// Name of the service
    #[arg(add = completion::services())]
    service: String,
    /// The version
    #[arg(add = completion::versions())]
    version: String,
    /// Why it must not be released, for everybody who tries
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Allow releasing a version again
///
/// Allows releasing a version again that was withdrawn.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  lockkeeper reinstate web 1.3.0")]
pub struct ReinstateArgs {
    /// Name of the service
    #[arg(add = completion::services())]
    service: String,
    /// The version
    #[arg(add = completion::versions())]
    version: String,
}

pub async fn withdraw(args: WithdrawArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let WithdrawArgs { service, version, reason } = args;
    let input = WithdrawVersionInput { service: service.clone(), version: version.clone(), reason };
    let typed = Typed::version(&service, &version);
    let withdrawn = session.call_by_names::<WithdrawVersion>(&Input { input }, &typed).await?;
    print(session, withdrawn.payload, "is withdrawn: it cannot be released")
}

pub async fn reinstate(args: ReinstateArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let ReinstateArgs { service, version } = args;
    let input = VersionName { service: service.clone(), version: version.clone() };
    let typed = Typed::version(&service, &version);
    let reinstated = session.call_by_names::<ReinstateVersion>(&Input { input }, &typed).await?;
    print(session, reinstated.payload, "can be released again")
}

fn print(session: &Session, payload: VersionPayload, what: &str) -> Result<ExitStatus, Failure> {
    let version = super::changed(payload.version)?;
    let sentence = format!("Version {} of {} {what}.", version.name, version.service);
    list::print_changed(&session.output, &version, &sentence)?;
    Ok(ExitStatus::Success)
}
