//! `lockkeeper host add | update | rename | remove`.

use crate::completion;
use crate::failure::{ExitStatus, Failure};
use crate::list;
use crate::names::{self, Typed};
use crate::session::Session;
use clap::{Args, Subcommand};
use lockkeeper_client::operations::host::{
    CreateHosts, CreateHostsInput, Host, HostInput, RemoveHost, RemoveHostInput, UpdateHost, UpdateHostInput,
};
use lockkeeper_client::operations::list::{Input, Label};

/// Add, update and remove hosts
///
/// A host is a machine that services run on.
#[derive(Debug, Subcommand)]
pub enum HostCommand {
    /// Register a host
    #[command(after_help = "Example:\n  lockkeeper host add host-1 --address 192.0.2.1 --label rack=a")]
    Add {
        /// Name of the host
        host: String,
        /// IP address or DNS name at which executors reach it
        #[arg(long)]
        address: String,
        /// Label, for example rack=a; may be repeated
        #[arg(long = "label", value_name = "KEY=VALUE", value_parser = names::label)]
        labels: Vec<Label>,
    },
    /// Change a host; what is left out stays as it is
    #[command(after_help = "Examples:
  lockkeeper host update host-1 --address 192.0.2.7
  lockkeeper host update host-1 --label rack=b --label zone=east")]
    Update {
        /// Name of the host
        #[arg(add = completion::hosts())]
        host: String,
        #[command(flatten)]
        changes: ChangesArgs,
    },
    /// Give a host another name; older events keep the one that it had
    #[command(after_help = "Example:\n  lockkeeper host rename host-1 host-1.example.com")]
    Rename {
        /// Name of the host
        #[arg(add = completion::hosts())]
        host: String,
        /// Its name from now on
        new_name: String,
    },
    /// Remove a host that has no instances; its history stays
    #[command(after_help = "Examples:
  lockkeeper host remove host-1
  lockkeeper host remove host-1 --with-instances --reason 'the machine burned'")]
    Remove {
        /// Name of the host
        #[arg(add = completion::hosts())]
        host: String,
        /// Remove its instances, too: the machine is gone
        #[arg(long)]
        with_instances: bool,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

/// At least one of them.
#[derive(Args, Debug)]
#[group(required = true, multiple = true)]
pub struct ChangesArgs {
    /// IP address or DNS name at which executors reach it
    #[arg(long)]
    address: Option<String>,
    /// One of its labels from now on, which replace those that it has; may be repeated
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = names::label)]
    labels: Option<Vec<Label>>,
    /// Remove all labels
    #[arg(long, conflicts_with = "labels")]
    no_labels: bool,
}

pub async fn run(command: HostCommand, session: &Session) -> Result<ExitStatus, Failure> {
    let (host, what) = match command {
        HostCommand::Add { host, address, labels } => {
            let hosts = vec![HostInput { hostname: host, address, labels }];
            let added = session.call::<CreateHosts>(&Input { input: CreateHostsInput { hosts } }).await?;
            (added.payload.hosts.into_iter().next(), "was added")
        }
        HostCommand::Update { host, changes } => {
            let ChangesArgs { address, labels, no_labels } = changes;
            let labels = if no_labels { Some(Vec::new()) } else { labels };
            let input = UpdateHostInput { host: host.clone(), hostname: None, address, labels };
            let typed = Typed { hosts: vec![&host], ..Typed::default() };
            let updated = session.call_by_names::<UpdateHost>(&Input { input }, &typed).await?;
            (updated.payload.host, "was updated")
        }
        HostCommand::Rename { host, new_name } => {
            let input = UpdateHostInput { host: host.clone(), hostname: Some(new_name), ..UpdateHostInput::default() };
            let typed = Typed { hosts: vec![&host], ..Typed::default() };
            let renamed = session.call_by_names::<UpdateHost>(&Input { input }, &typed).await?;
            (renamed.payload.host, "has this name now")
        }
        HostCommand::Remove { host, with_instances, reason } => {
            let input = RemoveHostInput { host: host.clone(), with_instances, reason };
            let typed = Typed { hosts: vec![&host], ..Typed::default() };
            let removed = session.call_by_names::<RemoveHost>(&Input { input }, &typed).await?;
            (removed.payload.host, "was removed")
        }
    };
    let host: Host = super::changed(host)?;
    list::print_changed(&session.output, &host, &format!("Host {} {what}.", host.hostname))?;
    Ok(ExitStatus::Success)
}
