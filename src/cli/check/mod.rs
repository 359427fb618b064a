//! `lockkeeper check`: whether hosts can be worked on, before the first release.

mod look;
mod report;

use crate::config::{CommonArgs, ServeArgs, Settings};
use crate::executor::Executor;
use clap::Args;
use lockkeeper_terminal::{ExitStatus, Failure, Fleet, GlobalArgs, Output};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Check that hosts can be worked on, without starting anything there
///
/// Looks at hosts as the executors of the server's configuration reach them: name, port, host key, login, shell, state
/// directory, program, clock, and for instances probe and health. Says for every failure what to do about it. Run it where the
/// worker runs, as its user. The exit status is 1 if anything failed.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper check
  lockkeeper check --executor web --hosts web-1,web-2
  lockkeeper check --config /etc/lockkeeper/lockkeeper.toml --hosts 192.0.2.1 --json")]
pub struct CheckArgs {
    /// Executor to look through [default: each of the configuration]
    #[arg(long, value_name = "NAME")]
    executor: Option<String>,
    /// Hosts, or addresses of hosts that the server does not have [default: with one executor all hosts of the server; with
    /// several, those with instances of its services]
    #[arg(long, value_name = "HOST,…", value_delimiter = ',')]
    hosts: Vec<String>,
    /// The server's file with settings [default: lockkeeper.toml]
    #[arg(long, value_name = "FILE", env = "LOCKKEEPER_CONFIG")]
    config: Option<PathBuf>,
}

/// Looks at the hosts and prints what was found.
pub async fn run(args: CheckArgs, globals: &GlobalArgs, output: &Output) -> Result<ExitStatus, Failure> {
    let help = "lockkeeper check --help";
    let common = CommonArgs { config: args.config, ..CommonArgs::default() };
    let settings = Settings::load(&common, &ServeArgs::default())
        .map_err(|error| Failure::usage(format!("{error}")).help(help))?;
    let executors = choose(&settings, args.executor.as_deref())?;
    let fleet = Fleet::of(&args.hosts, globals, output).await?;
    let run = look::Place::open().map_err(|error| Failure::usage(format!("{error:#}.")).help(help))?;
    let mut report = report::Report::default();
    for executor in &executors {
        let hosts = hosts_of(executor, &fleet, executors.len() == 1 || !args.hosts.is_empty());
        let problems = settings.executors.problems();
        let own = problems.into_iter().filter(|(name, _)| *name == executor.name).map(|(_, problem)| problem);
        report.add_executor(executor, own);
        report.add(look::look(executor, &fleet.instances, hosts, &run).await);
    }
    report.print(output)?;
    Ok(if report.is_good() { ExitStatus::Success } else { ExitStatus::Failed })
}

/// The executor that was named, or all.
fn choose(settings: &Settings, name: Option<&str>) -> Result<Vec<Arc<Executor>>, Failure> {
    let names = settings.executors.iter().map(|executor| executor.name.as_str()).collect::<Vec<_>>().join(", ");
    let chosen: Vec<Arc<Executor>> = match name {
        Some(name) => settings.executors.get(name).into_iter().cloned().collect(),
        None => settings.executors.iter().cloned().collect(),
    };
    if chosen.is_empty() {
        let message = match (name, names.is_empty()) {
            (Some(name), false) => format!("The configuration has no executor {name:?}. It has {names}."),
            _ => "The configuration has no such executor. Name its file with --config.".to_owned(),
        };
        return Err(Failure::usage(message).help("lockkeeper check --help"));
    }
    Ok(chosen)
}

/// The hosts to look at through an executor: those with instances of its services, and all where there are none yet, or where
/// all are meant.
fn hosts_of(executor: &Executor, fleet: &Fleet, all: bool) -> Vec<look::LookedAt> {
    let of_executor = fleet.instances.iter().filter(|instance| instance.executor == executor.name);
    let with_instances: HashSet<&str> = of_executor.map(|instance| instance.hostname.as_str()).collect();
    let is_meant = |hostname: &str| all || with_instances.is_empty() || with_instances.contains(hostname);
    let hosts = fleet.hosts.iter().filter(|host| is_meant(&host.hostname));
    hosts.map(|host| look::LookedAt { hostname: host.hostname.clone(), address: host.address.clone() }).collect()
}
