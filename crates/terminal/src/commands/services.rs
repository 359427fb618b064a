//! `lockkeeper services`.

use crate::failure::{ExitStatus, Failure};
use crate::filter::{Filter, Keys};
use crate::list::{self, Item, ListArgs};
use crate::output::Output;
use crate::session::Session;
use clap::Args;
use lockkeeper_client::operations::list::ListVariables;
use lockkeeper_client::operations::service::{Service, ServiceFilter, Services};

/// List services
///
/// Lists the services, by name: the programs that are released as a unit.
#[derive(Args, Debug)]
#[command(after_help = list::help::<Service>("Examples:
  lockkeeper services
  lockkeeper services --filter executor=web --json"))]
pub struct ServicesArgs {
    #[command(flatten)]
    list: ListArgs,
}

impl Item for Service {
    const KEYS: Keys = Keys {
        fields: &["id", "name", "language", "description", "executor", "createdBy", "updatedBy"],
        status: None,
        words: &[],
        has_labels: false,
    };
    const HEADINGS: &[&str] = &["SERVICE", "EXECUTOR", "LANGUAGE", "FROZEN", "DESCRIPTION"];
    const PLURAL: &str = "services";
    const WHEN_NONE: &str = "Register one: lockkeeper service create --help";

    fn row(&self, output: &Output) -> Vec<String> {
        let frozen = self.freezes.first().map_or_else(String::new, |freeze| match &freeze.until {
            Some(until) => format!("by {} until {}", freeze.created_by, output.time(until)),
            None => format!("by {}", freeze.created_by),
        });
        vec![self.name.clone(), self.executor.clone(), self.language.clone(), frozen, self.description.clone()]
    }
}

pub async fn run(args: ServicesArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let mut filter = Filter::parse(&args.list.filter, Service::KEYS)?;
    let narrowed = ServiceFilter { names: filter.apply("name") };
    let fetch = async |first, after| {
        let variables = ListVariables { first, after, filter: narrowed.clone() };
        Ok(session.call::<Services>(&variables).await?.payload)
    };
    args.list.show(&session.output, &filter, fetch).await
}
