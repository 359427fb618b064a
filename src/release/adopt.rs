//! Adopting: recording what already runs on a fleet, without running anything. The service, the hosts and their look-up are
//! those of an installation; what is recorded is a person's confirmation (I4).

use super::request::Selection;
use super::resolve;
use crate::app::App;
use crate::change::{self, Answer, Change, Done, Failure, Replay};
use crate::domain::event::{Changed, InstanceChange, InstanceEventKind, NewEvent};
use crate::domain::instance::{InstanceSettings, InstanceStatus};
use crate::domain::reference::Reference;
use crate::domain::{Kind, Problem, ProblemCode, Problems, name};
use crate::store::candidates::{self, CandidateHost, InstanceSelection};
use crate::store::instance;
use crate::store::service::Service;
use std::collections::{HashMap, HashSet};

/// A request to record instances. Ids and names are as they were sent, and not checked yet (R4).
#[derive(Clone, Debug)]
pub struct Adoption {
    pub change: change::Request,
    pub service: Reference,
    /// The version that runs there; it need not be built.
    pub version: Reference,
    pub hosts: Selection,
    pub settings: InstanceSettings,
    pub reason: Option<String>,
    /// Whether it is only checked what would happen.
    pub dry_run: bool,
}

/// Instances that were recorded, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    /// By hostname; empty on a dry run.
    pub instances: Vec<i64>,
    pub count: usize,
    /// Whether an earlier request with the same key was answered so.
    pub replayed: bool,
}

/// Records an instance of the service at the version on each of the hosts, or on none. A dry run gives the same answer and
/// changes nothing (R11); the same key gives the same instances (R10). Holds on the hosts and freezes do not matter: nothing
/// is run.
pub async fn adopt(app: &App, adoption: &Adoption) -> Answer<Adopted> {
    let mut change = match adoption.dry_run {
        true => Change::rehearse(&app.db, &adoption.change).await?,
        false => Change::begin(&app.db, &adoption.change).await?,
    };
    let outcome = adopting(&mut change, adoption).await;
    change.conclude(outcome).await
}

async fn adopting(change: &mut Change<'_>, adoption: &Adoption) -> Result<Done<Adopted>, Failure> {
    let mut problems = Problems::default();
    if let Replay::Made(made) = change.replay(&mut problems).await? {
        let instances: Vec<i64> = made.iter().map(|id| id.number).collect();
        return Ok(Done::replayed(Adopted { count: instances.len(), instances, replayed: true }));
    }
    adoption.hosts.check(true, &mut problems);
    adoption.settings.check(&mut problems);
    if let Some(reason) = &adoption.reason {
        problems.collect(name::text("reason", reason, name::MAX_REASON));
    }
    let service = change.shared_service(&adoption.service, &mut problems).await?;
    let of = service.as_ref().map(|service| (service.id, service.name.as_str()));
    let version = change.version(&adoption.version, of, &mut problems).await?;
    let hosts = resolve::lock_hosts(change, &adoption.hosts, &mut problems).await?;
    let hosts = free_hosts(change, adoption, service.as_ref(), hosts.unwrap_or_default(), &mut problems).await?;
    if problems.is_empty() && hosts.is_empty() {
        let message =
            "None of the selected hosts can be adopted: none has the labels, or each has an instance already.";
        problems.add(Problem::new(ProblemCode::NothingToRelease, "hosts", message));
    }
    let (service, version) = problems.ok_with(service.zip(version))?;
    if adoption.dry_run {
        return Ok(Done::changed(Adopted { count: hosts.len(), ..Adopted::default() }, Vec::new()));
    }
    let instances = record(change, adoption, &service, version.id, &hosts).await?;
    let made = instances.iter().map(|id| Kind::Instance.id(*id)).collect();
    Ok(Done::made(Adopted { count: instances.len(), instances, replayed: false }, made))
}

/// The hosts without an instance of the service, by name. Adds a problem for those that were named and have one; those that
/// labels found are not chosen (R6).
async fn free_hosts(
    change: &mut Change<'_>,
    adoption: &Adoption,
    service: Option<&Service>,
    mut hosts: Vec<CandidateHost>,
    problems: &mut Problems,
) -> Result<Vec<CandidateHost>, Failure> {
    let Some(service) = service else { return Ok(Vec::new()) };
    let ids: Vec<i64> = hosts.iter().map(|host| host.id).collect();
    let there = candidates::instances(&mut change.tx, service.id, InstanceSelection::OnHosts(&ids), None).await?;
    let there: HashSet<i64> = there.into_iter().map(|instance| instance.host_id).collect();
    if adoption.hosts.names_hosts() && !there.is_empty() {
        let deployed = ids.iter().filter(|id| there.contains(id)).map(|id| Kind::Host.id(*id));
        let message =
            "These hosts have an instance of the service already. Leave them out, or confirm what runs there.";
        let problem = Problem::new(ProblemCode::HostAlreadyDeployed, adoption.hosts.field(), message);
        problems.add(problem.about(deployed));
    }
    hosts.retain(|host| !there.contains(&host.id));
    hosts.sort_by_cached_key(|host| name::folded_hostname(&host.hostname));
    Ok(hosts)
}

/// Records the instances and their first events. Returns them in the order of the hosts.
async fn record(
    change: &mut Change<'_>,
    adoption: &Adoption,
    service: &Service,
    version_id: i64,
    hosts: &[CandidateHost],
) -> Result<Vec<i64>, Failure> {
    let ids: Vec<i64> = hosts.iter().map(|host| host.id).collect();
    let (settings, at, by) = (&adoption.settings, change.now, change.by);
    let made = instance::adopt(&mut change.tx, service.id, version_id, &ids, settings, at, by).await?;
    let made: HashMap<i64, i64> = made.into_iter().collect();
    let instances: Vec<i64> = ids.iter().map(|id| made[id]).collect();
    let locked = instance::locked(&mut change.tx, &instances).await?;
    for (host, instance_id) in hosts.iter().zip(&instances) {
        change.record(NewEvent {
            service_id: Some(service.id),
            service_name: Some(service.name.clone()),
            caused_by: by.to_owned(),
            changed: Changed::Instance(InstanceChange {
                kind: InstanceEventKind::Confirmation,
                instance_id: *instance_id,
                host_id: host.id,
                hostname: host.hostname.clone(),
                revision: 1,
                previous_status: None,
                status: InstanceStatus::Running,
                previous_version_id: None,
                version_id: Some(version_id),
                locked: locked.contains(instance_id),
                release_id: None,
                target_id: None,
                target_end: None,
                hold_id: None,
            }),
        });
    }
    Ok(instances)
}
