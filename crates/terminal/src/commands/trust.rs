//! `lockkeeper hosts trust`.

use crate::args::GlobalArgs;
use crate::confirm;
use crate::failure::{ExitStatus, Failure, Problem};
use crate::fleet::{Fleet, FleetHost};
use crate::output::Output;
use crate::ssh_executor::{ReadSshExecutors, SshExecutor};
use crate::table::Table;
use crate::trust::{Key, KnownHosts, Scanned, State, scan_all};
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Learn the keys of hosts that are reached by ssh
///
/// Scans the keys of hosts, shows their fingerprints beside the known ones, asks, and adds them to the file `known_hosts` of an
/// executor of kind ssh. Run it where the worker runs. Compare the fingerprints with those that the hosts show on their
/// consoles: this is the moment in which a wrong machine would be trusted.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper hosts trust
  lockkeeper hosts trust --hosts web-1,web-2 --config /etc/lockkeeper/lockkeeper.toml
  lockkeeper hosts trust --executor web --hosts web-3 --replace")]
pub struct TrustArgs {
    /// Hosts, or addresses of hosts that the server does not have [default: all hosts of the server]
    #[arg(long, value_name = "HOST,…", value_delimiter = ',')]
    hosts: Vec<String>,
    /// Executor of kind ssh whose known_hosts is written [default: the only one]
    #[arg(long, value_name = "NAME")]
    executor: Option<String>,
    /// The server's file with settings [default: lockkeeper.toml]
    #[arg(long, value_name = "FILE", env = "LOCKKEEPER_CONFIG")]
    config: Option<PathBuf>,
    /// Replace keys that have changed; without it, they are only shown
    #[arg(long)]
    replace: bool,
    /// Only show the fingerprints
    #[arg(long)]
    dry_run: bool,
}

/// What is printed with `--json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trusted<'s> {
    file: &'s Path,
    items: &'s [Scanned],
    /// How many hosts were added or replaced.
    written: usize,
    dry_run: bool,
    /// Hosts whose keys are not known now.
    errors: &'s [Problem],
    request_id: Option<String>,
    idempotency_key: Option<String>,
}

pub async fn run(
    args: TrustArgs,
    globals: &GlobalArgs,
    output: &Output,
    read: ReadSshExecutors,
) -> Result<ExitStatus, Failure> {
    let executor = choose(read(args.config).map_err(Failure::usage)?, args.executor.as_deref())?;
    let problem = |what: String| Failure::usage(format!("{what}.")).help("lockkeeper hosts trust --help");
    let known = KnownHosts::read(&executor.known_hosts).map_err(problem)?;
    let hosts = Fleet::of(&args.hosts, globals, output).await?.hosts;
    output.note(&format!("Scanning {} for {} …", count(hosts.len(), "host"), executor.known_hosts.display()));
    let scanned = scan(hosts, &executor, &known).await?;
    let meant = |host: &&Scanned| host.state == State::New || (host.state == State::Changed && args.replace);
    let chosen: Vec<&Scanned> = scanned.iter().filter(meant).collect();
    if !output.json {
        show(output, &scanned)?;
    }
    let mut written = 0;
    if !chosen.is_empty() && !args.dry_run {
        let question =
            format!("Add the keys of {} to {}?", count(chosen.len(), "host"), executor.known_hosts.display());
        if !confirm::ask(output, globals.yes, &question)? {
            return Err(confirm::declined());
        }
        let mut lines: Vec<String> = chosen.iter().flat_map(|host| host.lines.clone()).collect();
        // A jump host is met on the way to each host behind it.
        lines.sort();
        lines.dedup();
        let replaced: Vec<String> = chosen.iter().flat_map(|host| host.replaced.clone()).collect();
        known.add(&lines, &replaced).map_err(problem)?;
        written = chosen.len();
    }
    let failure = conclude(&scanned, args.replace);
    if output.json {
        output.json_line(&Trusted {
            file: &executor.known_hosts,
            items: &scanned,
            written,
            dry_run: args.dry_run,
            errors: failure.as_ref().map_or(&[], |failure| &failure.problems),
            request_id: None,
            idempotency_key: None,
        })?;
        return Ok(failure.map_or(ExitStatus::Success, |failure| failure.status));
    }
    if written > 0 {
        output.note(&format!("The keys of {} are in {} now.", count(written, "host"), executor.known_hosts.display()));
    }
    failure.map_or(Ok(ExitStatus::Success), Err)
}

/// The executor that was named, or the only one.
fn choose(mut executors: Vec<SshExecutor>, name: Option<&str>) -> Result<SshExecutor, Failure> {
    let names = executors.iter().map(|executor| executor.name.as_str()).collect::<Vec<_>>().join(", ");
    if let Some(name) = name {
        let found = executors.into_iter().find(|executor| executor.name == name);
        let other = if names.is_empty() { "It has none.".to_owned() } else { format!("It has {names}.") };
        return found.ok_or_else(|| {
            Failure::usage(format!("The configuration has no executor {name:?} of kind ssh. {other}"))
                .help("lockkeeper hosts trust --help")
        });
    }
    match executors.len() {
        1 => Ok(executors.remove(0)),
        0 => Err(Failure::usage("The configuration has no executor of kind ssh. Name its file with --config.")
            .help("lockkeeper hosts trust --help")),
        _ => Err(Failure::usage(format!(
            "There are several executors of kind ssh: {names}. Choose one with --executor."
        ))
        .help("lockkeeper hosts trust --help")),
    }
}

/// Scans beside the runtime: `ssh` is waited for.
async fn scan(hosts: Vec<FleetHost>, executor: &SshExecutor, known: &KnownHosts) -> Result<Vec<Scanned>, Failure> {
    let (executor, known) = (executor.clone(), known.clone());
    let scanning = tokio::task::spawn_blocking(move || scan_all(&hosts, &executor, &known));
    scanning.await.map_err(|error| Failure::usage(format!("The scan was lost: {error}.")))
}

fn show(output: &Output, scanned: &[Scanned]) -> Result<(), Failure> {
    let mut table = Table::new(["HOST", "KEY", "SCANNED", "KNOWN"]);
    for host in scanned {
        let state = match host.state {
            State::Known => "known",
            State::New => "new",
            State::Changed => "CHANGED",
            State::Unreachable => "not reached",
        };
        let list = |keys: &[Key]| {
            let key = |key: &Key| match key.name.contains(&host.address) {
                true => format!("{} {}", key.kind, key.fingerprint),
                false => format!("{}: {} {}", key.name, key.kind, key.fingerprint),
            };
            keys.iter().map(key).collect::<Vec<_>>().join(", ")
        };
        let found = host.problem.clone().unwrap_or_else(|| list(&host.keys));
        table.row([host.hostname.clone(), state.to_owned(), found, list(&host.known)]);
    }
    // A fingerprint that is cut cannot be compared.
    table.print(output, true)
}

/// A failure that names the hosts whose keys are not known now; that of a changed key if there is one.
fn conclude(scanned: &[Scanned], replaces: bool) -> Option<Failure> {
    let names = |state: State| {
        let names = scanned.iter().filter(|host| host.state == state).map(|host| host.hostname.as_str());
        names.collect::<Vec<_>>().join(",")
    };
    let (changed, unreachable) = (names(State::Changed), names(State::Unreachable));
    if !changed.is_empty() && !replaces {
        let message = format!(
            "The keys of these hosts have changed: {changed}. If they were not installed anew, somebody may be between you \
             and them. Compare the fingerprints with those on their consoles."
        );
        let help = format!("lockkeeper hosts trust --hosts {changed} --replace");
        return Some(Failure::new(ExitStatus::Refused, "HOST_KEY", message).help(help));
    }
    let message = format!("These hosts did not show a key: {unreachable}.");
    (!unreachable.is_empty()).then(|| {
        let help = format!("lockkeeper check --hosts {unreachable}");
        Failure::new(ExitStatus::Unreachable, "UNREACHABLE", message).help(help)
    })
}

fn count(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}
