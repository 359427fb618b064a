//! `lockkeeper instances`.

use crate::completion;
use crate::failure::{ExitStatus, Failure};
use crate::filter::{Filter, Keys};
use crate::list::{self, Item, ListArgs};
use crate::names::Typed;
use crate::output::Output;
use crate::session::Session;
use clap::Args;
use lockkeeper_client::operations::instance::{Health, Instance, InstanceFilter, InstanceStatus, Instances};
use lockkeeper_client::operations::list::{Label, ListVariables};

/// List instances: what runs where
///
/// Lists instances, by host: what runs where, at which version, in which state, and what locks it.
///
/// An instance is one service on one host. A locked one is left out by new releases, until the release or the hold that locks
/// it has ended.
#[derive(Args, Debug)]
#[command(after_help = list::help::<Instance>("Examples:
  lockkeeper instances web
  lockkeeper instances --filter state=failed,label.rack=a
  lockkeeper instances web --filter version=1.2.0,version=1.3.0 --all"))]
pub struct InstancesArgs {
    /// Name of a service [default: all services]
    #[arg(add = completion::services())]
    service: Option<String>,
    #[command(flatten)]
    list: ListArgs,
}

impl Item for Instance {
    const KEYS: Keys = Keys {
        fields: &[
            "id",
            "service",
            "hostname",
            "version",
            "port",
            "tag",
            "weight",
            "description",
            "maintenance",
            "status",
            "health",
            "locked",
            "updatedBy",
        ],
        status: Some("status"),
        words: &[("status", InstanceStatus::WORDS), ("health", Health::WORDS)],
        has_labels: true,
    };
    const HEADINGS: &[&str] = &["SERVICE", "HOST", "VERSION", "STATUS", "LOCKED", "UPDATED"];
    const PLURAL: &str = "instances";
    const WHEN_NONE: &str =
        "Install one: lockkeeper install --help, or record what runs already: lockkeeper adopt --help";

    fn row(&self, output: &Output) -> Vec<String> {
        let locked = self.locks.first().map_or_else(String::new, |lock| {
            let reason = if lock.reason.is_empty() { &lock.holder.id } else { &lock.reason };
            match &lock.until {
                Some(until) => format!("by {}: {reason}, until {}", lock.by, output.time(until)),
                None => format!("by {}: {reason}", lock.by),
            }
        });
        vec![
            self.service.clone(),
            self.host.hostname.clone(),
            self.version.clone().unwrap_or_default(),
            self.status.to_string(),
            locked,
            output.time(&self.updated_at),
        ]
    }
}

pub async fn run(args: InstancesArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let mut filter = Filter::parse(&args.list.filter, Instance::KEYS)?;
    let narrowed = InstanceFilter {
        services: args.service.clone().map_or_else(|| filter.apply("service"), |service| Some(vec![service])),
        versions: filter.apply("version"),
        hostnames: filter.apply("hostname"),
        statuses: filter.apply("status"),
        tags: filter.apply("tag"),
        health: filter.apply("health"),
        host_labels: filter.apply_labels(|key, value| Label { key, value }),
        locked: filter.apply_bool("locked"),
    };
    let first_of = |names: &Option<Vec<String>>| names.as_ref().and_then(|names| names.first().cloned());
    let service = first_of(&narrowed.services);
    let hosts = narrowed.hostnames.clone().unwrap_or_default();
    let typed = Typed { service: service.as_deref(), version: None, hosts: hosts.iter().map(String::as_str).collect() };
    let fetch = async |first, after| {
        let variables = ListVariables { first, after, filter: narrowed.clone() };
        Ok(session.call_by_names::<Instances>(&variables, &typed).await?.payload)
    };
    let part = args.service.as_ref().map_or_else(String::new, |service| format!(" of {service}"));
    args.list.show_of(&part, &session.output, &filter, fetch).await
}
