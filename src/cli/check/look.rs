//! Looking at hosts, several at a time.

use super::report::{Check, HostReport, Outcome};
use crate::domain::order::{Observed, Site};
use crate::domain::{Id, name};
use crate::executor::{Executor, RunContext, StateDir};
use anyhow::Context;
use futures_util::{StreamExt, stream};
use lockkeeper_terminal::FleetInstance;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How many hosts are looked at at a time.
const AT_A_TIME: usize = 16;

/// A host to look at.
#[derive(Clone, Debug)]
pub struct LookedAt {
    pub hostname: String,
    pub address: String,
}

/// Where this process keeps its files meanwhile: not in the state directory of a worker.
pub struct Place {
    run: RunContext,
    _directory: tempfile::TempDir,
}

impl Place {
    /// Makes the files.
    pub fn open() -> anyhow::Result<Place> {
        let directory = tempfile::tempdir().context("No temporary directory can be made")?;
        let run = RunContext {
            state: StateDir::open(directory.path()).context("The temporary directory cannot be used")?,
            // Probes are no starts of a database.
            database_id: "check".to_owned(),
            runner: std::env::current_exe().context("The program cannot find itself")?,
            fence_after: Duration::from_mins(1),
            grace: Duration::ZERO,
            renewed: watch::channel(Instant::now()).1,
        };
        Ok(Place { run, _directory: directory })
    }
}

/// Looks at hosts through an executor. The result has their order.
pub async fn look(
    executor: &Executor,
    instances: &[FleetInstance],
    hosts: Vec<LookedAt>,
    place: &Place,
) -> Vec<HostReport> {
    let looks = hosts.into_iter().map(|host| one(executor, instances, host, &place.run));
    stream::iter(looks).buffered(AT_A_TIME).collect().await
}

async fn one(executor: &Executor, instances: &[FleetInstance], host: LookedAt, run: &RunContext) -> HostReport {
    let mut report = HostReport {
        executor: executor.name.clone(),
        hostname: host.hostname.clone(),
        address: host.address.clone(),
        outcomes: Vec::new(),
    };
    for finding in executor.diagnose(&host.address, run).await {
        let check = finding.stage.into();
        let problem = finding.problem.map(|problem| match check {
            Check::HostKey => format!("{problem} To see both keys: lockkeeper hosts trust --hosts {}", host.hostname),
            _ => problem,
        });
        report.outcomes.push(Outcome { check, problem });
    }
    // Without a way to the host, its instances would only repeat that.
    if report.outcomes.iter().any(|outcome| outcome.problem.is_some() && outcome.check.is_needed()) {
        return report;
    }
    let is_here = |instance: &&FleetInstance| {
        instance.executor == executor.name
            && name::folded_hostname(&instance.hostname) == name::folded_hostname(&host.hostname)
            && instance.version.is_some()
    };
    let (mut probes, mut health) = (Vec::new(), Vec::new());
    for instance in instances.iter().filter(is_here) {
        let site = site(instance, &host);
        if executor.probing().is_some() {
            probes.push(probe(executor, &site, run).await);
        }
        if let Some(answer) = executor.check_health(&site, run).await {
            health.push(
                answer.err().map(|why| format!("{}: {why} Mend the service, or the health check.", site.service)),
            );
        }
    }
    for (check, answers) in [(Check::Probe, probes), (Check::Health, health)] {
        if !answers.is_empty() {
            let problems: Vec<String> = answers.into_iter().flatten().collect();
            let problem = (!problems.is_empty()).then(|| problems.join(" "));
            report.outcomes.push(Outcome { check, problem });
        }
    }
    report
}

/// What is wrong with the probe of an instance. Another version than the one on record is not the probe's fault.
async fn probe(executor: &Executor, site: &Site, run: &RunContext) -> Option<String> {
    match executor.observe(site, run).await {
        Observed::Version(_) | Observed::Nothing => None,
        Observed::NoAnswer => Some(format!(
            "{}: the probe did not answer with a version and exit status 0. Run it by hand, with the variables of a command.",
            site.service
        )),
    }
}

fn site(instance: &FleetInstance, host: &LookedAt) -> Site {
    Site {
        service: instance.service.clone(),
        version: instance.version.clone(),
        hostname: host.hostname.clone(),
        host_address: host.address.clone(),
        port: instance.port.map(i64::from),
        tag: instance.tag.clone(),
        instance_id: Id::parse(&instance.id).map_or(0, |id| id.number),
    }
}
