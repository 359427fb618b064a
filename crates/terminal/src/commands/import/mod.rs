//! `lockkeeper hosts import`.

mod apply;

use crate::confirm;
use crate::failure::{ExitStatus, Failure, Problem};
use crate::inventory::{self, Format, Inventory, MistakeAt, Pattern, Plan, PlannedChange, Selection};
use crate::session::Session;
use apply::Removal;
use clap::Args;
use lockkeeper_client::operations::host::{Host, HostFilter, Hosts};
use lockkeeper_client::operations::list::{Label, ListVariables};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;

/// The largest page of hosts.
const MAX_PAGE: u32 = 200;
/// How many hosts of each kind the plan shows.
const MAX_SHOWN: usize = 20;
/// How many mistakes are named.
const MAX_MISTAKES: usize = 20;

/// Record the hosts of an inventory
///
/// Reads an inventory that another tool keeps, shows which hosts are new, changed or gone, asks, and records them. Repeating it
/// changes nothing. Hosts that the inventory does not have stay, unless --remove-gone is given.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper hosts import --from ssh-config ~/.ssh/config --only 'web-*'
  lockkeeper hosts import --from ansible inventory.ini --variables rack,zone
  ansible-inventory --list | lockkeeper hosts import --from ansible - --yes
  lockkeeper hosts import --from csv hosts.csv --dry-run

An ssh alias becomes the address of the host. An Ansible group web becomes the label group.web=true.")]
pub struct ImportArgs {
    /// The inventory; - is standard input
    file: PathBuf,
    /// Its format
    #[arg(long, value_enum, value_name = "FORMAT")]
    from: Format,
    /// Only hosts with such names, where * stands for any characters; others are neither recorded nor gone
    #[arg(long, value_name = "PATTERN,…", value_delimiter = ',')]
    only: Vec<Pattern>,
    /// Ansible groups that become labels, instead of all
    #[arg(long, value_name = "GROUP,…", value_delimiter = ',')]
    groups: Vec<String>,
    /// Ansible variables that become labels, for example rack,zone
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    variables: Vec<String>,
    /// Remove hosts that the inventory does not have; refused for hosts with instances
    #[arg(long)]
    remove_gone: bool,
    /// Why hosts are removed, for the audit log
    #[arg(long, value_name = "TEXT", requires = "remove_gone")]
    reason: Option<String>,
    /// Only say what would happen
    #[arg(long)]
    dry_run: bool,
}

/// What is printed with `--json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Imported<'p> {
    #[serde(flatten)]
    plan: &'p Plan,
    /// Whether the hosts that are gone are removed.
    removes_gone: bool,
    notes: &'p [String],
    dry_run: bool,
}

pub async fn run(args: ImportArgs, session: &Session) -> Result<ExitStatus, Failure> {
    let selection = Selection { only: args.only, groups: args.groups, variables: args.variables };
    let inventory = inventory::read(args.from, &args.file, &selection).map_err(refuse)?;
    let recorded = recorded(session, &selection).await?;
    let plan = Plan::of(&inventory, &recorded);
    let output = &session.output;
    let does_nothing = plan.new.is_empty() && plan.changed.is_empty() && (plan.gone.is_empty() || !args.remove_gone);
    if !output.json {
        show(session, &inventory, &plan, args.remove_gone)?;
    }
    if !does_nothing && !args.dry_run {
        if !confirm::ask(output, session.globals.yes, "Go on?")? {
            return Err(confirm::declined());
        }
        apply::apply(session, &plan, args.remove_gone.then_some(Removal { reason: args.reason })).await?;
    }
    if output.json {
        let imported =
            Imported { plan: &plan, removes_gone: args.remove_gone, notes: &inventory.notes, dry_run: args.dry_run };
        output.json_line(&imported)?;
    } else if does_nothing {
        output.note("There is nothing to change.");
    } else if !args.dry_run {
        let removed = if args.remove_gone { plan.gone.len() } else { 0 };
        output.note(&format!("{} added, {} changed, {removed} removed.", plan.new.len(), plan.changed.len()));
    }
    Ok(ExitStatus::Success)
}

/// A failure that names what is wrong with a file; nothing was sent.
fn refuse(mistakes: Vec<MistakeAt>) -> Failure {
    let problem = |message: String| Problem { code: "USAGE".to_owned(), field: None, message, related_ids: Vec::new() };
    let more = mistakes.len().saturating_sub(MAX_MISTAKES);
    let mut problems: Vec<Problem> =
        mistakes.iter().take(MAX_MISTAKES).map(|mistake| problem(mistake.to_string())).collect();
    if more > 0 {
        problems.push(problem(format!("And {more} more mistakes.")));
    }
    Failure { problems, ..Failure::usage("") }.help("lockkeeper hosts import --help")
}

/// The hosts that the server has and that the inventory could describe.
async fn recorded(session: &Session, selection: &Selection) -> Result<Vec<Host>, Failure> {
    let (mut hosts, mut after) = (Vec::new(), None);
    loop {
        let variables = ListVariables { first: MAX_PAGE, after, filter: HostFilter::default() };
        let page = session.call::<Hosts>(&variables).await?.payload;
        let is_meant = |host: &Host| {
            selection.only.is_empty() || selection.only.iter().any(|pattern| pattern.matches(&host.hostname))
        };
        hosts.extend(page.nodes.into_iter().filter(is_meant));
        after = page.page_info.next();
        if after.is_none() {
            return Ok(hosts);
        }
    }
}

/// Prints the plan.
fn show(session: &Session, inventory: &Inventory, plan: &Plan, removes_gone: bool) -> Result<(), Failure> {
    let output = &session.output;
    for note in &inventory.notes {
        output.note(note);
    }
    let gone = if removes_gone { "will be removed" } else { "stay; --remove-gone removes them" };
    output.line(&format!(
        "{} new, {} changed, {} gone ({gone}), {} as they are",
        plan.new.len(),
        plan.changed.len(),
        plan.gone.len(),
        plan.unchanged
    ))?;
    let new = plan
        .new
        .iter()
        .map(|host| format!("  new      {} {}{}", host.hostname, host.address, labels(" ", &host.labels)));
    let changed = plan.changed.iter().map(|change| format!("  changed  {}", described(change)));
    let gone = plan.gone.iter().map(|hostname| format!("  gone     {hostname}"));
    some(session, "new", new)?;
    some(session, "changed", changed)?;
    some(session, "gone", gone)
}

fn some(session: &Session, what: &str, lines: impl ExactSizeIterator<Item = String>) -> Result<(), Failure> {
    let more = lines.len().saturating_sub(MAX_SHOWN);
    for line in lines.take(MAX_SHOWN) {
        session.output.line(&line)?;
    }
    if more > 0 {
        session.output.line(&format!("  … {more} more {what}; --dry-run --json shows all of them"))?;
    }
    Ok(())
}

/// What changes of a host.
fn described(change: &PlannedChange) -> String {
    let mut text = change.hostname.clone();
    if let Some(address) = &change.address {
        // Writing to a text cannot fail.
        let _ = write!(text, " {} → {address}", change.previous_address);
    }
    if let Some(now) = &change.labels {
        let without = |these: &[Label], others: &[Label]| {
            these.iter().filter(|label| !others.contains(label)).cloned().collect::<Vec<_>>()
        };
        text.push_str(&labels(" +", &without(now, &change.previous_labels)));
        text.push_str(&labels(" -", &without(&change.previous_labels, now)));
    }
    text
}

fn labels(before: &str, labels: &[Label]) -> String {
    labels.iter().map(|label| format!("{before}{}={}", label.key, label.value)).collect()
}
