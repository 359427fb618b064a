//! `lockkeeper hold` and `unhold`.

use crate::args::UntilArgs;
use crate::completion;
use crate::failure::{ExitStatus, Failure};
use crate::key::KeyArgs;
use crate::list::{self, Item, List};
use crate::names::{self, Typed};
use crate::output::Output;
use crate::quote::quote;
use crate::session::Session;
use clap::Args;
use jiff::Timestamp;
use lockkeeper_client::operations::host::{HoldHosts, HoldHostsInput, Host, UnheldHost, UnholdHosts, UnholdHostsInput};
use lockkeeper_client::operations::instance::{
    EndHolds, EndHoldsInput, HoldInput, HoldInstances, HoldRef, IdRef, Instance, Lock,
};
use lockkeeper_client::operations::list::Input;
use std::collections::BTreeSet;

/// Commands that are named in a line of help.
const MAX_COMMANDS: usize = 10;

/// Keep releases off instances
///
/// Keeps new releases off instances, or off every instance on a host, for example while somebody works on it. A release that
/// is under way goes on. Several holds may be in force at the same time; `lockkeeper unhold` ends them.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper hold web/host-31 --reason 'kernel work' --until 18:00
  lockkeeper hold web/host-1 web/host-2 --reason 'disk is full' --for 2h
  lockkeeper hold --host host-31 --reason 'new disk'")]
pub struct HoldArgs {
    /// Instances: a service and a host each, for example web/host-31
    #[arg(value_name = "SERVICE/HOST", required_unless_present = "hosts", value_parser = names::instance, add = completion::instances())]
    instances: Vec<String>,
    /// Host with every instance on it, in place of single instances; may be repeated
    #[arg(long = "host", id = "hosts", value_name = "HOST", conflicts_with = "instances", add = completion::hosts())]
    hosts: Vec<String>,
    /// Why releases are kept off, for everybody who meets the hold
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    until: UntilArgs,
    #[command(flatten)]
    key: KeyArgs,
}

/// End holds on instances
///
/// Ends all holds on instances, or on hosts, so that releases move them again. The holds on a host and the holds on its
/// instances end separately: an instance stays held while its host is.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  lockkeeper unhold web/host-31\n  lockkeeper unhold --host host-31")]
pub struct UnholdArgs {
    /// Instances: a service and a host each, for example web/host-31
    #[arg(value_name = "SERVICE/HOST", required_unless_present = "hosts", value_parser = names::instance, add = completion::instances())]
    instances: Vec<String>,
    /// Host with every instance on it, in place of single instances; may be repeated
    #[arg(long = "host", id = "hosts", value_name = "HOST", conflicts_with = "instances", add = completion::hosts())]
    hosts: Vec<String>,
}

pub async fn hold(args: HoldArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let until = args.until.resolve(&session.output)?;
    let key = args.key.key();
    if !args.hosts.is_empty() {
        return hold_hosts(&args, until, key, session).await;
    }
    let input = HoldInput {
        instances: args.instances.clone(),
        reason: args.reason.clone(),
        until: until.map(|until| until.to_string()),
        idempotency_key: key.clone(),
    };
    let typed = Typed::instances(&args.instances);
    let payload = session.call_by_names::<HoldInstances>(&Input { input }, &typed).await;
    let held =
        payload.map_err(|failure| failure.with_key(&key, || again(&args, &args.instances.join(" "), until, &key)))?;
    let (instances, holds) = (held.payload.instances, held.payload.holds);
    print(session, &instances, || {
        instances.iter().map(|instance| held_instance(instance, &holds, &session.output)).collect()
    })
}

async fn hold_hosts(
    args: &HoldArgs,
    until: Option<Timestamp>,
    key: String,
    session: &Session,
) -> Result<ExitStatus, Failure> {
    let input = HoldHostsInput {
        hostnames: args.hosts.clone(),
        reason: args.reason.clone(),
        until: until.map(|until| until.to_string()),
        idempotency_key: key.clone(),
    };
    let payload = session.call_by_names::<HoldHosts>(&Input { input }, &named(&args.hosts)).await;
    let hosts = format!("--host {}", args.hosts.join(" --host "));
    let held = payload.map_err(|failure| failure.with_key(&key, || again(args, &hosts, until, &key)))?.payload;
    print(session, &held.hosts, || {
        held.hosts.iter().map(|host| held_host(host, &held.holds, &session.output)).collect()
    })
}

/// The command that asks for the same holds again.
fn again(args: &HoldArgs, what: &str, until: Option<Timestamp>, key: &str) -> String {
    let until = until.map_or_else(String::new, |until| format!(" --until {until}"));
    format!("lockkeeper hold {what} --reason {}{until} --key {key}", quote(&args.reason))
}

/// Hosts by their names.
fn named(hosts: &[String]) -> Typed<'_> {
    Typed { hosts: hosts.iter().map(String::as_str).collect(), ..Typed::default() }
}

pub async fn unhold(args: UnholdArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let (status, commands) = match args.hosts.is_empty() {
        true => unhold_instances(&args, session).await?,
        false => unhold_hosts(&args, session).await?,
    };
    if !commands.is_empty() && !session.output.json {
        let named: Vec<String> = commands.into_iter().take(MAX_COMMANDS).collect();
        session.output.help(&named.join("    "));
    }
    Ok(status)
}

/// Ends holds on instances. Returns also the commands that end those that still keep releases off them.
async fn unhold_instances(args: &UnholdArgs, session: &Session) -> Result<(ExitStatus, BTreeSet<String>), Failure> {
    let input = EndHoldsInput { instances: args.instances.clone() };
    let typed = Typed::instances(&args.instances);
    let ended = session.call_by_names::<EndHolds>(&Input { input }, &typed).await?.payload;
    let sentence = |instance: &Instance| {
        let had = ended.holds.iter().any(|hold| is_on(hold.instance.as_ref(), &instance.id));
        free_instance(&place(instance), had, &instance.locks)
    };
    let status = print(session, &ended.instances, || ended.instances.iter().map(sentence).collect())?;
    let locks = ended.instances.iter().flat_map(|instance| &instance.locks);
    let hosts =
        locks.filter_map(|lock| Some(format!("lockkeeper unhold --host {}", lock.holder.host.as_ref()?.hostname)));
    Ok((status, hosts.collect()))
}

/// As [`unhold_instances`], for holds on hosts.
async fn unhold_hosts(args: &UnholdArgs, session: &Session) -> Result<(ExitStatus, BTreeSet<String>), Failure> {
    let input = UnholdHostsInput { hostnames: args.hosts.clone() };
    let ended = session.call_by_names::<UnholdHosts>(&Input { input }, &named(&args.hosts)).await?.payload;
    let hosts: Vec<Host> = ended.hosts.iter().map(|unheld| unheld.host.clone()).collect();
    let sentence = |unheld: &UnheldHost| {
        let had = ended.holds.iter().any(|hold| is_on(hold.host.as_ref(), &unheld.host.id));
        free_host(unheld, had)
    };
    let status = print(session, &hosts, || ended.hosts.iter().map(sentence).collect())?;
    let held = ended.hosts.iter().flat_map(|unheld| {
        let hostname = &unheld.host.hostname;
        unheld.held.nodes.iter().map(move |held| format!("lockkeeper unhold {}/{hostname}", held.service))
    });
    Ok((status, held.collect()))
}

/// Prints what became of things: as a list for scripts, in sentences for people.
fn print<T: Item + Clone>(
    session: &Session,
    items: &[T],
    sentences: impl FnOnce() -> Vec<String>,
) -> Result<ExitStatus, Failure> {
    if session.output.json {
        list::print(&session.output, &List::complete(items.to_vec()), false)?;
        return Ok(ExitStatus::Success);
    }
    for sentence in sentences() {
        session.output.note(&sentence);
    }
    Ok(ExitStatus::Success)
}

fn place(instance: &Instance) -> String {
    format!("{}/{}", instance.service, instance.host.hostname)
}

/// Whether a hold is on the thing with this id.
fn is_on(thing: Option<&IdRef>, id: &str) -> bool {
    thing.is_some_and(|thing| thing.id == id)
}

/// ` until 18:00 (hld_5)`, of the hold that is on a thing.
fn end_and_id<'h>(mut holds: impl Iterator<Item = &'h HoldRef>, output: &Output) -> String {
    holds.next().map_or_else(String::new, |hold| format!("{} ({})", output.until(hold.until.as_deref()), hold.id))
}

fn held_instance(instance: &Instance, holds: &[HoldRef], output: &Output) -> String {
    let own = holds.iter().filter(|hold| is_on(hold.instance.as_ref(), &instance.id));
    let release = instance.locks.iter().find(|lock| lock.is_release());
    let release = release.map(|lock| format!(" The release {} has it and goes on.", lock.holder.id));
    format!("{} is held{}.{}", place(instance), end_and_id(own, output), release.unwrap_or_default())
}

fn held_host(host: &Host, holds: &[HoldRef], output: &Output) -> String {
    let own = holds.iter().filter(|hold| is_on(hold.host.as_ref(), &host.id));
    format!("Host {} is held, with every instance on it{}.", host.hostname, end_and_id(own, output))
}

/// What is true of an instance now. `had` says whether it had holds of its own, which have ended.
fn free_instance(place: &str, had: bool, locks: &[Lock]) -> String {
    let hold = locks.iter().find(|lock| !lock.is_release());
    if let Some(Lock { by, reason, holder, .. }) = hold {
        let own = if had { "no longer held itself" } else { "not held itself" };
        let what = holder.host.as_ref().map_or_else(
            || format!("another hold (by {by}: {reason})"),
            |host| format!("the hold on host {} (by {by}: {reason})", host.hostname),
        );
        return format!("{place} is {own}, but is still held by {what}.");
    }
    let release = locks.iter().find(|lock| lock.is_release());
    let release = release.map(|lock| format!(" The release {} still locks it.", lock.holder.id));
    let now = if had { "is no longer held" } else { "was not held" };
    format!("{place} {now}.{}", release.unwrap_or_default())
}

/// As [`free_instance`], of a host.
fn free_host(unheld: &UnheldHost, had: bool) -> String {
    let hostname = &unheld.host.hostname;
    let now = if had { "is no longer held" } else { "was not held" };
    let held: Vec<String> = unheld.held.nodes.iter().map(|held| format!("{}/{hostname}", held.service)).collect();
    let more = unheld.held.total_count.saturating_sub(held.len() as u64);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    match held.len() {
        0 => format!("Host {hostname} {now}."),
        1 => format!("Host {hostname} {now}. {} is still held by a hold of its own.", held[0]),
        _ => format!("Host {hostname} {now}. {}{more} are still held by holds of their own.", held.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(holder: serde_json::Value) -> Lock {
        let lock =
            serde_json::json!({ "reason": "new disk", "by": "me", "since": "", "until": null, "holder": holder });
        serde_json::from_value(lock).unwrap()
    }

    #[test]
    fn what_still_keeps_releases_off_is_named() {
        let host = lock(serde_json::json!({ "__typename": "Hold", "id": "hld_5", "host": { "hostname": "h4" } }));
        let release = lock(serde_json::json!({ "__typename": "Release", "id": "rel_15" }));
        let both = [release.clone(), host];
        for (had, locks, says) in [
            (true, &[][..], "web/h4 is no longer held."),
            (false, &[], "web/h4 was not held."),
            (true, &[release], "web/h4 is no longer held. The release rel_15 still locks it."),
            (false, &both, "web/h4 is not held itself, but is still held by the hold on host h4 (by me: new disk)."),
            (
                true,
                &both,
                "web/h4 is no longer held itself, but is still held by the hold on host h4 (by me: new disk).",
            ),
        ] {
            assert_eq!(free_instance("web/h4", had, locks), says);
        }
    }
}
