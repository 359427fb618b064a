//! `lockkeeper audit`.

use crate::failure::{ExitStatus, Failure};
use crate::filter::{Filter, Keys};
use crate::list::{self, Item, ListArgs};
use crate::output::Output;
use crate::session::Session;
use clap::Args;
use jiff::Timestamp;
use lockkeeper_client::operations::audit::{Audit, AuditEntry, AuditFilter};
use lockkeeper_client::operations::list::ListVariables;

/// List who changed what
///
/// Lists who changed what, or tried to, newest first. Only for an ADMIN.
#[derive(Args, Debug)]
#[command(after_help = list::help::<AuditEntry>("Examples:
  lockkeeper audit --since 2h
  lockkeeper audit --since 08:00 --caller ana --filter outcome=refused"))]
pub struct AuditArgs {
    /// Only since then: a duration such as 2h, a time such as 08:00, or a date
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only by this caller
    #[arg(long, value_name = "NAME")]
    caller: Option<String>,
    #[command(flatten)]
    list: ListArgs,
}

impl Item for AuditEntry {
    const KEYS: Keys = Keys {
        fields: &["id", "caller", "credential", "operation", "outcome", "requestId", "address", "count"],
        status: None,
        words: &[("outcome", &["ACCEPTED", "REFUSED", "REPLAYED", "DENIED"])],
        has_labels: false,
    };
    const HEADINGS: &[&str] = &["AT", "CALLER", "OPERATION", "OUTCOME", "RESULT", "INPUT"];
    const PLURAL: &str = "audit entries";

    fn row(&self, output: &Output) -> Vec<String> {
        let outcome = match self.count {
            1 => self.outcome.clone(),
            count => format!("{} ×{count}", self.outcome),
        };
        vec![
            output.time(&self.at),
            self.caller.clone(),
            self.operation.clone(),
            outcome,
            self.result.join(" "),
            self.input.to_string(),
        ]
    }
}

pub async fn run(args: AuditArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let mut filter = Filter::parse(&args.list.filter, AuditEntry::KEYS)?;
    let since = args.since.as_deref().map(|since| session.output.clock.past(since, Timestamp::now()));
    let since = since.transpose().map_err(Failure::usage)?;
    let callers = args.caller.clone().map_or_else(|| filter.apply("caller"), |caller| Some(vec![caller]));
    let narrowed = AuditFilter { callers, from: since.map(|since| since.to_string()) };
    let fetch = async |first, after| {
        let variables = ListVariables { first, after, filter: narrowed.clone() };
        let page = session.call::<Audit>(&variables).await?.payload;
        page.ok_or_else(|| Failure::new(ExitStatus::Unauthorized, "FORBIDDEN", "Your role may not read the audit log."))
    };
    let part = if args.since.is_some() || args.caller.is_some() { " like these" } else { "" };
    args.list.show_of(part, &session.output, &filter, fetch).await
}
