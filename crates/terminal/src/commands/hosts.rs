//! `lockkeeper hosts`, and what is done to many of them: `hosts import`, `hosts trust`.

use super::{import, trust};
use crate::failure::{ExitStatus, Failure};
use crate::filter::{Filter, Keys};
use crate::list::{self, Item, ListArgs};
use crate::output::Output;
use crate::session::Session;
use clap::{Args, Subcommand};
use lockkeeper_client::operations::host::{Host, HostFilter, Hosts};
use lockkeeper_client::operations::list::{Label, ListVariables};

/// List hosts, import them from an inventory, and learn their keys
///
/// Lists the hosts, by name: the machines that services run on.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = list::help::<Host>("Examples:
  lockkeeper hosts
  lockkeeper hosts --filter label.rack=a --all
  lockkeeper hosts import --from ansible inventory.ini
  lockkeeper hosts trust"))]
pub struct HostsArgs {
    #[command(flatten)]
    list: ListArgs,
    #[command(subcommand)]
    pub command: Option<HostsCommand>,
}

/// What is done to many hosts.
#[derive(Debug, Subcommand)]
pub enum HostsCommand {
    Import(import::ImportArgs),
    Trust(trust::TrustArgs),
}

impl Item for Host {
    const KEYS: Keys = Keys { fields: &["id", "hostname", "address"], status: None, words: &[], has_labels: true };
    const HEADINGS: &[&str] = &["HOST", "ADDRESS", "HELD", "LABELS", "ADDED"];
    const PLURAL: &str = "hosts";
    const WHEN_NONE: &str = "Add one: lockkeeper host add --help";

    fn row(&self, output: &Output) -> Vec<String> {
        let labels: Vec<String> = self.labels.iter().map(|label| format!("{}={}", label.key, label.value)).collect();
        let held = self.holds.first().map_or_else(String::new, |hold| {
            let until = hold.until.as_ref().map_or_else(String::new, |until| format!(", until {}", output.time(until)));
            format!("by {}: {}{until}", hold.created_by, hold.reason)
        });
        vec![self.hostname.clone(), self.address.clone(), held, labels.join(" "), output.time(&self.created_at)]
    }
}

pub async fn run(args: HostsArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let mut filter = Filter::parse(&args.list.filter, Host::KEYS)?;
    let narrowed = HostFilter {
        hostnames: filter.apply("hostname"),
        labels: filter.apply_labels(|key, value| Label { key, value }),
    };
    let fetch = async |first, after| {
        let variables = ListVariables { first, after, filter: narrowed.clone() };
        Ok(session.call::<Hosts>(&variables).await?.payload)
    };
    args.list.show(&session.output, &filter, fetch).await
}
