//! `lockkeeper install`, `upgrade`, `revert`, `uninstall`, `undo` and `retry`: what is to be released, a plan to agree to, and one request
//! that takes effect once, whatever happens to the connection.

mod args;
mod nothing;
mod plan;
mod request;
mod rollout;
mod start;
mod waves;

pub use args::{InstallArgs, RetryArgs, RevertArgs, UndoArgs, UninstallArgs, UpgradeArgs};

use crate::failure::{ExitStatus, Failure};
use crate::session::Session;
use crate::watching;
use args::{CommonArgs, FromArgs, HostArgs, LockArgs, OnLocked};
use clap::Subcommand;
use lockkeeper_client::operations::release::ReleaseAction;
use request::{FollowUp, Request, Selected, What};

/// Show what a release would do, host by host, and start nothing
///
/// Shows what a release would do: its waves, in which order the hosts move, from which version to which, what is left out, and what
/// deserves attention. Nothing is started. Each command takes what the one of its name takes.
#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  lockkeeper plan upgrade web 1.3.0 --hosts all --waves 2p,25%,100%")]
pub enum PlanCommand {
    Install(InstallArgs),
    Upgrade(UpgradeArgs),
    Revert(RevertArgs),
    Uninstall(UninstallArgs),
    Undo(UndoArgs),
    Retry(RetryArgs),
}

pub async fn plan(command: PlanCommand, session: &Session) -> Result<ExitStatus, Failure> {
    let request = match command {
        PlanCommand::Install(args) => args.request()?,
        PlanCommand::Upgrade(args) => args.request()?,
        PlanCommand::Revert(args) => args.request()?,
        PlanCommand::Uninstall(args) => args.request()?,
        PlanCommand::Undo(args) => args.request(session).await?,
        PlanCommand::Retry(args) => args.request(session).await?,
    };
    start::show_plan(request, session).await
}

impl InstallArgs {
    fn request(self) -> Result<Request, Failure> {
        let InstallArgs { service, version, port, tag, hosts, common } = self;
        let selected = Selected::new(ReleaseAction::Install, &hosts)?;
        let what = What::Selected(Selected { version: Some(version), port, tag, ..selected });
        Ok(Request::new(service, what, None, common))
    }
}

impl UpgradeArgs {
    fn request(self) -> Result<Request, Failure> {
        let UpgradeArgs { service, version, from: FromArgs { from, reapply }, locks, hosts, common } = self;
        let selected = Selected::new(ReleaseAction::Upgrade, &hosts)?;
        let what = What::Selected(Selected { version: Some(version), from, reapply, ..selected });
        Ok(Request::new(service, what, locks.on_locked, common))
    }
}

impl RevertArgs {
    fn request(self) -> Result<Request, Failure> {
        let RevertArgs { service, version, from: FromArgs { from, reapply }, locks, hosts, common } = self;
        let selected = Selected::new(ReleaseAction::Revert, &hosts)?;
        let what = What::Selected(Selected { version: Some(version), from, reapply, ..selected });
        Ok(Request::new(service, what, locks.on_locked, common))
    }
}

impl UninstallArgs {
    fn request(self) -> Result<Request, Failure> {
        let UninstallArgs { service, locks, hosts, common } = self;
        let what = What::Selected(Selected::new(ReleaseAction::Uninstall, &hosts)?);
        Ok(Request::new(service, what, locks.on_locked, common))
    }
}

impl UndoArgs {
    async fn request(self, session: &Session) -> Result<Request, Failure> {
        follow_up(FollowUp::Undo, &self.release, self.locks, self.common, session).await
    }
}

impl RetryArgs {
    async fn request(self, session: &Session) -> Result<Request, Failure> {
        follow_up(FollowUp::Retry, &self.release, self.locks, self.common, session).await
    }
}

pub async fn install(args: InstallArgs, session: &Session) -> Result<ExitStatus, Failure> {
    start::run(args.request()?, session).await
}

pub async fn upgrade(args: UpgradeArgs, session: &Session) -> Result<ExitStatus, Failure> {
    start::run(args.request()?, session).await
}

pub async fn revert(args: RevertArgs, session: &Session) -> Result<ExitStatus, Failure> {
    start::run(args.request()?, session).await
}

pub async fn uninstall(args: UninstallArgs, session: &Session) -> Result<ExitStatus, Failure> {
    start::run(args.request()?, session).await
}

pub async fn undo(args: UndoArgs, session: &Session) -> Result<ExitStatus, Failure> {
    start::run(args.request(session).await?, session).await
}

pub async fn retry(args: RetryArgs, session: &Session) -> Result<ExitStatus, Failure> {
    start::run(args.request(session).await?, session).await
}

/// The request about an earlier release, which is looked up.
async fn follow_up(
    kind: FollowUp,
    release: &str,
    locks: LockArgs,
    common: CommonArgs,
    session: &Session,
) -> Result<Request, Failure> {
    let earlier = watching::find(&session.client, release).await?.release;
    let service = earlier.service.name.clone();
    let what = What::FollowUp { kind, earlier: Box::new(earlier) };
    Ok(Request::new(service, what, locks.on_locked, common))
}
