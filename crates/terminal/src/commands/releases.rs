//! `lockkeeper releases`.

use crate::completion;
use crate::failure::{ExitStatus, Failure};
use crate::filter::{Filter, Keys};
use crate::list::{self, Item, ListArgs};
use crate::names::Typed;
use crate::output::Output;
use crate::session::Session;
use clap::Args;
use lockkeeper_client::operations::list::ListVariables;
use lockkeeper_client::operations::release::{ReleaseAction, ReleaseStatus};
use lockkeeper_client::operations::releases::{ListedRelease, ReleaseFilter, Releases};

/// List releases
///
/// Lists releases, newest first. A release moves some instances of one service to a version.
#[derive(Args, Debug)]
#[command(after_help = list::help::<ListedRelease>("Examples:
  lockkeeper releases
  lockkeeper releases web --filter state=failed --limit 5"))]
pub struct ReleasesArgs {
    /// Name of a service [default: all services]
    #[arg(add = completion::services())]
    service: Option<String>,
    #[command(flatten)]
    list: ListArgs,
}

impl Item for ListedRelease {
    const KEYS: Keys = Keys {
        fields: &["id", "service", "action", "targetVersion", "origin", "executor", "status", "reason", "createdBy"],
        status: Some("status"),
        words: &[("status", ReleaseStatus::WORDS), ("action", ReleaseAction::WORDS)],
        has_labels: false,
    };
    const HEADINGS: &[&str] = &["RELEASE", "SERVICE", "ACTION", "VERSION", "STATUS", "DONE", "BEGAN", "BY", "REASON"];
    const PLURAL: &str = "releases";
    const WHEN_NONE: &str = "Start one: lockkeeper upgrade --help";

    fn row(&self, output: &Output) -> Vec<String> {
        vec![
            self.id.clone(),
            self.service.clone(),
            self.action.to_string(),
            self.target_version.clone().unwrap_or_default(),
            self.status.to_string(),
            format!("{}/{}", self.progress.done(), self.progress.total),
            output.time(&self.created_at),
            self.created_by.clone(),
            match &self.cancel_reason {
                Some(why) if !why.is_empty() => format!("{} (canceled: {why})", self.reason).trim_start().to_owned(),
                _ => self.reason.clone(),
            },
        ]
    }
}

pub async fn run(args: ReleasesArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let mut filter = Filter::parse(&args.list.filter, ListedRelease::KEYS)?;
    let narrowed = ReleaseFilter {
        services: args.service.clone().map_or_else(|| filter.apply("service"), |service| Some(vec![service])),
        statuses: filter.apply("status"),
        actions: filter.apply("action"),
        target_versions: filter.apply("targetVersion"),
        created_by: filter.apply("createdBy"),
    };
    let first_of = |names: &Option<Vec<String>>| names.as_ref().and_then(|names| names.first().cloned());
    let service = first_of(&narrowed.services);
    let typed = Typed { service: service.as_deref(), ..Typed::default() };
    let fetch = async |first, after| {
        let variables = ListVariables { first, after, filter: narrowed.clone() };
        Ok(session.call_by_names::<Releases>(&variables, &typed).await?.payload)
    };
    let part = args.service.as_ref().map_or_else(String::new, |service| format!(" of {service}"));
    args.list.show_of(&part, &session.output, &filter, fetch).await
}
