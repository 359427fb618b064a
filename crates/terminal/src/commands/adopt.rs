//! `lockkeeper adopt`.

use crate::completion;
use crate::failure::{ExitStatus, Failure};
use crate::key::KeyArgs;
use crate::names::{self, Typed};
use crate::session::Session;
use clap::Args;
use lockkeeper_client::operations::instance::{AdoptInput, AdoptInstances, AdoptedHosts};
use lockkeeper_client::operations::list::{Input, Label};
use serde::Serialize;

/// Record what already runs on hosts
///
/// Records what already runs on hosts, without running anything: an instance on each, at this version. All hosts are recorded,
/// or none.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper adopt web 1.2.0 --hosts host-1,host-2 --reason 'was deployed by hand'
  lockkeeper adopt web 1.2.0 --label rack=a --dry-run")]
pub struct AdoptArgs {
    /// Name of the service
    #[arg(add = completion::services())]
    service: String,
    /// Version that runs there; it need not be built
    #[arg(add = completion::versions())]
    version: String,
    /// Hosts without an instance of the service
    #[arg(long, value_name = "HOST,…", value_delimiter = ',', required_unless_present = "labels", add = completion::hosts())]
    hosts: Vec<String>,
    /// Hosts with this label; several have to hold at once. Hosts that have an instance already are left out
    #[arg(long = "label", id = "labels", value_name = "KEY=VALUE", value_parser = names::label, conflicts_with = "hosts")]
    labels: Vec<Label>,
    /// Port that the instances listen on
    #[arg(long)]
    port: Option<u16>,
    /// Tag of the instances
    #[arg(long, value_name = "TEXT")]
    tag: Option<String>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only say what would happen
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    key: KeyArgs,
}

/// What is printed with `--json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Recorded {
    service: String,
    version: String,
    count: u64,
    dry_run: bool,
}

pub async fn run(args: AdoptArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let key = args.key.key();
    let hosts = match args.labels.is_empty() {
        true => AdoptedHosts::Hostnames(args.hosts.clone()),
        false => AdoptedHosts::Labels(args.labels.clone()),
    };
    let input = AdoptInput {
        service: args.service.clone(),
        version: args.version.clone(),
        hosts,
        port: args.port,
        tag: args.tag.clone(),
        reason: args.reason.clone(),
        idempotency_key: (!args.dry_run).then(|| key.clone()),
        dry_run: args.dry_run,
    };
    let typed = Typed {
        hosts: args.hosts.iter().map(String::as_str).collect(),
        ..Typed::version(&args.service, &args.version)
    };
    let payload = session.call_by_names::<AdoptInstances>(&Input { input }, &typed).await;
    let adopted = payload.map_err(|failure| failure.with_key(&key, || command(&args, &key)))?.payload;
    let AdoptArgs { service, version, dry_run, .. } = args;
    if session.output.json {
        session.output.json_line(&Recorded { service, version, count: adopted.count, dry_run })?;
        return Ok(ExitStatus::Success);
    }
    let (instances, verb) = match (adopted.count, dry_run) {
        (1, true) => ("1 instance".to_owned(), "would be"),
        (1, false) => ("1 instance".to_owned(), "was"),
        (count, true) => (format!("{count} instances"), "would be"),
        (count, false) => (format!("{count} instances"), "were"),
    };
    session.output.note(&format!("{instances} of {service} {verb} recorded at {version}."));
    Ok(ExitStatus::Success)
}

/// The command that asks for the same again.
fn command(args: &AdoptArgs, key: &str) -> String {
    let mut words = vec!["lockkeeper".to_owned(), "adopt".to_owned(), args.service.clone(), args.version.clone()];
    let mut option = |name: &str, value: Option<String>| {
        words.extend(value.into_iter().flat_map(|value| [format!("--{name}"), value]));
    };
    option("hosts", Some(args.hosts.join(",")).filter(|hosts| !hosts.is_empty()));
    for label in &args.labels {
        option("label", Some(format!("{}={}", label.key, label.value)));
    }
    option("port", args.port.map(|port| port.to_string()));
    option("tag", args.tag.clone());
    option("reason", args.reason.clone());
    option("key", Some(key.to_owned()));
    words.iter().map(|word| crate::quote::quote(word)).collect::<Vec<_>>().join(" ")
}
