//! `lockkeeper freeze` and `unfreeze`.

use super::status::unfreeze as unfreeze_command;
use crate::args::UntilArgs;
use crate::completion;
use crate::failure::{ExitStatus, Failure};
use crate::key::KeyArgs;
use crate::list;
use crate::names::Typed;
use crate::quote::quote;
use crate::session::Session;
use clap::Args;
use lockkeeper_client::NoVariables;
use lockkeeper_client::operations::fleet::{FreezeFleet, FreezeFleetInput, UnfreezeFleet};
use lockkeeper_client::operations::list::{Freeze, Input};
use lockkeeper_client::operations::service::{FreezeInput, FreezeService, Service, ServiceName, UnfreezeService};
use serde::Serialize;

/// Refuse new releases of a service
///
/// Refuses new releases of a service, or of every service, for example over a holiday. Releases that are under way go on, and
/// reverts stay allowed unless you forbid them, too.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper freeze web --reason 'quarter end' --until '2026-12-31 18:00'
  lockkeeper freeze --all --reason 'quarter end' --for 12h
  lockkeeper freeze web --reason incident --reverts-too")]
pub struct FreezeArgs {
    /// Name of the service
    #[arg(required_unless_present = "all", add = completion::services())]
    service: Option<String>,
    /// Every service
    #[arg(long, conflicts_with_all = ["service", "key"])]
    all: bool,
    /// Why releases are refused, for everybody who asks for one
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Refuse reverts, too
    #[arg(long)]
    reverts_too: bool,
    #[command(flatten)]
    until: UntilArgs,
    #[command(flatten)]
    key: KeyArgs,
}

/// Allow releases of a service again
///
/// Ends all freezes that were set for a service, or with `--all` those that were set for every service. The others stay, and so do
/// freeze windows, which `lockkeeper freeze-window remove` ends.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  lockkeeper unfreeze web\n  lockkeeper unfreeze --all")]
pub struct UnfreezeArgs {
    /// Name of the service
    #[arg(required_unless_present = "all", add = completion::services())]
    service: Option<String>,
    /// End what was set with `lockkeeper freeze --all`
    #[arg(long, conflicts_with = "service")]
    all: bool,
}

/// The freeze of every service that was set; `None` after they were ended.
#[derive(Serialize)]
struct FreezeJson {
    freeze: Option<Freeze>,
}

pub async fn freeze(args: FreezeArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let until = args.until.resolve(&session.output)?;
    let Some(service) = args.service else {
        let FreezeArgs { reason, reverts_too: include_reverts, .. } = args;
        let input = FreezeFleetInput { reason, until: until.map(|until| until.to_string()), include_reverts };
        let frozen = session.call::<FreezeFleet>(&Input { input }).await?.payload;
        let freeze = super::changed(frozen.freeze)?;
        let until = session.output.until(freeze.until.as_deref());
        let sentence = format!("Every service is frozen{until} ({}). Releases that are under way go on.", freeze.id);
        list::print_changed(&session.output, &FreezeJson { freeze: Some(freeze) }, &sentence)?;
        return Ok(ExitStatus::Success);
    };
    let key = args.key.key();
    let input = FreezeInput {
        service: service.clone(),
        reason: args.reason.clone(),
        until: until.map(|until| until.to_string()),
        include_reverts: args.reverts_too,
        idempotency_key: key.clone(),
    };
    let typed = Typed::service(&service);
    let payload = session.call_by_names::<FreezeService>(&Input { input }, &typed).await;
    let frozen = payload.map_err(|failure| {
        let until = until.map_or_else(String::new, |until| format!(" --until {until}"));
        let reverts = if args.reverts_too { " --reverts-too" } else { "" };
        let reason = quote(&args.reason);
        failure.with_key(&key, || format!("lockkeeper freeze {service} --reason {reason}{until}{reverts} --key {key}"))
    })?;
    let service: Service = super::changed(frozen.payload.service)?;
    let hold = frozen
        .payload
        .hold
        .map_or_else(String::new, |hold| format!("{} ({})", session.output.until(hold.until.as_deref()), hold.id));
    let sentence = format!("Service {} is frozen{hold}. Releases that are under way go on.", service.name);
    list::print_changed(&session.output, &service, &sentence)?;
    Ok(ExitStatus::Success)
}

pub async fn unfreeze(args: UnfreezeArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let Some(service) = args.service else {
        session.call::<UnfreezeFleet>(&NoVariables {}).await?;
        let sentence =
            "No freeze of every service is in force any more. Freezes of single services and freeze windows stay.";
        list::print_changed(&session.output, &FreezeJson { freeze: None }, sentence)?;
        return Ok(ExitStatus::Success);
    };
    let input = ServiceName { service: service.clone() };
    let typed = Typed::service(&service);
    let ended = session.call_by_names::<UnfreezeService>(&Input { input }, &typed).await?;
    let service: Service = super::changed(ended.payload.service)?;
    list::print_changed(&session.output, &service, &unfrozen(&service, !ended.payload.holds.is_empty(), session))?;
    if let (Some(freeze), false) = (service.freezes.first(), session.output.json) {
        session.output.help(&unfreeze_command(freeze));
    }
    Ok(ExitStatus::Success)
}

/// What is true of a service now. `had` says whether it had freezes of its own, which have ended.
fn unfrozen(service: &Service, had: bool, session: &Session) -> String {
    let Some(Freeze { created_by, reason, until, .. }) = service.freezes.first() else {
        let now = if had { "is no longer frozen" } else { "was not frozen" };
        return format!("Service {} {now}.", service.name);
    };
    let own = if had { "has no freeze of its own any more" } else { "had no freeze of its own" };
    let until = session.output.until(until.as_deref());
    format!("Service {} {own}, but is still frozen by {created_by}{until}: {reason}.", service.name)
}
