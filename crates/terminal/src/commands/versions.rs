//! `lockkeeper versions`.

use crate::completion;
use crate::failure::{ExitStatus, Failure};
use crate::filter::{Filter, Keys};
use crate::list::{self, Item, ListArgs};
use crate::output::Output;
use crate::session::Session;
use clap::Args;
use lockkeeper_client::operations::list::{ListVariables, ServiceListVariables};
use lockkeeper_client::operations::version::{BuildStatus, Version, VersionFilter, Versions};

/// List the versions of a service
///
/// Lists the versions of a service, newest first. Only those whose build SUCCEEDED can be released.
#[derive(Args, Debug)]
#[command(after_help = list::help::<Version>("Examples:
  lockkeeper versions web
  lockkeeper versions web --filter state=succeeded --limit 5"))]
pub struct VersionsArgs {
    /// Name of the service
    #[arg(add = completion::services())]
    service: String,
    #[command(flatten)]
    list: ListArgs,
}

impl Item for Version {
    const KEYS: Keys = Keys {
        fields: &["id", "name", "description", "ref", "buildStatus", "artifact", "createdBy"],
        status: Some("buildStatus"),
        words: &[("buildStatus", BuildStatus::WORDS)],
        has_labels: false,
    };
    const HEADINGS: &[&str] = &["VERSION", "BUILD", "WITHDRAWN", "ADDED", "BY", "ARTIFACT"];
    const PLURAL: &str = "versions";
    const WHEN_NONE: &str = "Add one: lockkeeper version add --help";

    fn row(&self, output: &Output) -> Vec<String> {
        let withdrawn = self.withdrawal.as_ref().map_or_else(String::new, |withdrawal| withdrawal.reason.clone());
        vec![
            self.name.clone(),
            self.build_status.to_string(),
            withdrawn,
            output.time(&self.created_at),
            self.created_by.clone(),
            self.artifact.clone().unwrap_or_default(),
        ]
    }
}

pub async fn run(args: VersionsArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let mut filter = Filter::parse(&args.list.filter, Version::KEYS)?;
    let narrowed = VersionFilter { names: filter.apply("name"), build_statuses: filter.apply("buildStatus") };
    let fetch = async |first, after| {
        let list = ListVariables { first, after, filter: narrowed.clone() };
        let variables = ServiceListVariables { service: args.service.clone(), list };
        match session.call::<Versions>(&variables).await?.payload {
            Some(service) => Ok(service.versions),
            None => Err(session.no_service(&args.service).await),
        }
    };
    args.list.show_of(&format!(" of {}", args.service), &session.output, &filter, fetch).await
}
