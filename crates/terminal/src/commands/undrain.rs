//! `lockkeeper undrain` and `probe`: what workers do with instances outside of a release.

use crate::completion;
use crate::failure::{ExitStatus, Failure};
use crate::list::{self, List};
use crate::names::{self, Typed};
use crate::session::Session;
use clap::Args;
use lockkeeper_client::operations::instance::{Instance, NamedInstances, ProbeInstances, UndrainInstances};
use lockkeeper_client::operations::list::Input;

/// Put instances back into service
///
/// Asks a worker to put instances back into service, with the step `undrain` of their executors. They are in no open release;
/// a release that failed left them out of service. `lockkeeper status` shows those that still are.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  lockkeeper undrain web/host-31 web/host-32")]
pub struct UndrainArgs {
    /// Instances: a service and a host each, for example web/host-31
    #[arg(value_name = "SERVICE/HOST", required = true, value_parser = names::instance, add = completion::instances())]
    instances: Vec<String>,
}

/// Find out which version runs
///
/// Asks a worker to find out which version really runs, with the probe of the instances' executors. `lockkeeper status` shows where
/// that is another one than the version on record.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  lockkeeper probe web/host-31")]
pub struct ProbeArgs {
    /// Instances: a service and a host each, for example web/host-31
    #[arg(value_name = "SERVICE/HOST", required = true, value_parser = names::instance, add = completion::instances())]
    instances: Vec<String>,
}

pub async fn undrain(args: UndrainArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let typed = Typed::instances(&args.instances);
    let input = NamedInstances { instances: args.instances.clone() };
    let answer = session.call_by_names::<UndrainInstances>(&Input { input }, &typed).await?;
    print(session, answer.payload.instances, "will be put back into service by a worker")
}

pub async fn probe(args: ProbeArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let typed = Typed::instances(&args.instances);
    let input = NamedInstances { instances: args.instances.clone() };
    let answer = session.call_by_names::<ProbeInstances>(&Input { input }, &typed).await?;
    print(session, answer.payload.instances, "will be probed by a worker")
}

fn print(session: &Session, instances: Vec<Instance>, what: &str) -> Result<ExitStatus, Failure> {
    if session.output.json {
        list::print(&session.output, &List::complete(instances), false)?;
        return Ok(ExitStatus::Success);
    }
    for instance in instances {
        session.output.note(&format!("{}/{} {what}.", instance.service, instance.host.hostname));
    }
    Ok(ExitStatus::Success)
}
