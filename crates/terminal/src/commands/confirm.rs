//! `lockkeeper confirm`.

use crate::completion;
use crate::failure::{ExitStatus, Failure};
use crate::list::{self, List};
use crate::names::{self, Typed};
use crate::session::Session;
use clap::Args;
use lockkeeper_client::operations::instance::{
    ConfirmInput, ConfirmInstance, ConfirmInstances, ConfirmInstancesInput, FoundInput, Instance,
};
use lockkeeper_client::operations::list::Input;

/// Record what you found running on a host
///
/// Records what you found on a host: where lockkeeper does not know, since the worker of the instance was lost or its release
/// failed, or where something was changed by hand.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper confirm web/db-07 --version 1.2.0
  lockkeeper confirm web/db-07 --nothing
  lockkeeper confirm web/db-07 web/db-08 web/db-09 --version 1.2.0")]
pub struct ConfirmInstanceArgs {
    /// Instances: a service and a host each, for example web/db-07; of several, all or none are recorded
    #[arg(value_name = "SERVICE/HOST", required = true, value_parser = names::instance, add = completion::instances())]
    instances: Vec<String>,
    #[command(flatten)]
    found: FoundArgs,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub struct FoundArgs {
    /// This version runs
    #[arg(long, value_name = "VERSION", add = completion::versions())]
    version: Option<String>,
    /// Nothing runs: the instance is removed
    #[arg(long)]
    nothing: bool,
}

pub async fn run(args: ConfirmInstanceArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let found = args.found.version.clone().map_or(FoundInput::Nothing(true), FoundInput::Version);
    let typed = Typed { version: args.found.version.as_deref(), ..Typed::instances(&args.instances) };
    if let [instance] = &args.instances[..] {
        let input = ConfirmInput { instance: instance.clone(), found };
        let confirmed = session.call_by_names::<ConfirmInstance>(&Input { input }, &typed).await?;
        let instance = super::changed(confirmed.payload.instance)?;
        list::print_changed(&session.output, &instance, &sentence(&args.found, &instance))?;
        return Ok(ExitStatus::Success);
    }
    let confirmation = |instance: &String| ConfirmInput { instance: instance.clone(), found: found.clone() };
    let input = ConfirmInstancesInput { instances: args.instances.iter().map(confirmation).collect() };
    let confirmed = session.call_by_names::<ConfirmInstances>(&Input { input }, &typed).await?.payload.instances;
    if session.output.json {
        list::print(&session.output, &List::complete(confirmed), false)?;
        return Ok(ExitStatus::Success);
    }
    for instance in &confirmed {
        session.output.note(&sentence(&args.found, instance));
    }
    Ok(ExitStatus::Success)
}

fn sentence(found: &FoundArgs, instance: &Instance) -> String {
    let place = format!("{}/{}", instance.service, instance.host.hostname);
    match (&found.version, &instance.version) {
        (Some(_), Some(version)) => format!("{place} runs {version}."),
        _ => format!("{place} is {}.", instance.status),
    }
}
