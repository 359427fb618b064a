//! Choosing the participants of a release: the instances or hosts are weighed as they are read first; then those that
//! would take part are locked, read again and weighed again (R8).

use super::request::ReleaseRequest;
use super::resolve::Resolved;
use crate::change::Change;
use crate::domain::release::selection::{CandidateState, Holder, Skipped, installed_again, left_out};
use crate::domain::release::{OnLocked, ReleaseAction, SkipReason};
use crate::domain::version::VersionPlace;
use crate::domain::{Kind, Problem, ProblemCode, Problems};
use crate::store::candidates::{self, CandidateHost, CandidateInstance, InstanceSelection};
use crate::store::{Result, hold, instance};
use std::collections::{HashMap, HashSet};

/// What takes part and what is left out, each sorted by hostname.
#[derive(Debug, Default)]
pub struct Chosen {
    pub participants: Vec<Participant>,
    pub skipped: Vec<Skipped>,
    /// Holds in force on the participants and their hosts, which the release goes through.
    pub through: Vec<i64>,
}

/// A host, or its instance, that takes part.
#[derive(Clone, Debug)]
pub struct Participant {
    pub host: CandidateHost,
    /// `None` if the installation creates it.
    pub instance: Option<CandidateInstance>,
    /// The removed instance whose place and settings a new one gets.
    pub in_place_of: Option<i64>,
    /// The version to move it to; `None` to remove it.
    pub to: Option<i64>,
}

/// An instance that may be chosen, with the holds in force on it and on its host.
struct Candidate {
    instance: CandidateInstance,
    holds: Vec<i64>,
}

/// One weighing: the chosen, and what refuses it.
#[derive(Default)]
struct Weighed {
    chosen: Chosen,
    /// Hosts that were named and have no instance to be chosen.
    missing: Vec<i64>,
    /// Hosts that were named and have an instance already.
    deployed: Vec<i64>,
    /// Instances that could be installed again, but are locked.
    held: Vec<i64>,
    /// Hosts that were named, have no instance and are held.
    held_hosts: Vec<i64>,
}

/// Chooses the participants and adds every problem. If there is none, the participants are locked.
pub async fn choose(
    change: &mut Change<'_>,
    request: &ReleaseRequest,
    resolved: &Resolved,
    problems: &mut Problems,
) -> Result<Chosen> {
    let Some(service) = &resolved.service else { return Ok(Chosen::default()) };
    let host_ids: Option<Vec<i64>> = resolved.hosts.as_ref().map(|hosts| hosts.iter().map(|host| host.id).collect());
    let all = host_ids.as_deref().map_or(InstanceSelection::All, InstanceSelection::OnHosts);
    let mut candidates = read(change, service.id, all, resolved.current_version_id).await?;
    let mut weighed = weigh(request, resolved, &candidates);
    if problems.is_empty() && weighed.is_sound() && !request.dry_run {
        let ids = weighed.chosen.instance_ids();
        instance::lock_rows(&mut change.tx, &ids).await?;
        change.refresh_clock().await?;
        let taken: HashSet<i64> = ids.iter().copied().collect();
        candidates.retain(|candidate| !taken.contains(&candidate.instance.id));
        candidates.extend(read(change, service.id, InstanceSelection::Ids(&ids), resolved.current_version_id).await?);
        weighed = weigh(request, resolved, &candidates);
    }
    weighed.check(request, problems);
    Ok(weighed.chosen)
}

async fn read(
    change: &mut Change<'_>,
    service_id: i64,
    selection: InstanceSelection<'_>,
    version_id: Option<i64>,
) -> Result<Vec<Candidate>> {
    let Change { tx, now, .. } = change;
    let instances = candidates::instances(tx, service_id, selection, version_id).await?;
    let ids: Vec<i64> = instances.iter().map(|instance| instance.id).collect();
    let mut holds: HashMap<i64, Vec<i64>> = HashMap::new();
    for held in hold::over_instances(tx, &ids).await?.into_iter().filter(|held| held.hold.is_in_force(*now)) {
        holds.entry(held.held_id).or_default().push(held.hold.id);
    }
    let candidate =
        |instance: CandidateInstance| Candidate { holds: holds.remove(&instance.id).unwrap_or_default(), instance };
    Ok(instances.into_iter().map(candidate).collect())
}

fn weigh(request: &ReleaseRequest, resolved: &Resolved, candidates: &[Candidate]) -> Weighed {
    let mut weighed = match request.aim.action() {
        ReleaseAction::Install => weigh_hosts(request, resolved, candidates),
        action => weigh_instances(action, request, resolved, candidates),
    };
    weighed.chosen.participants.sort_by(|a, b| a.host.hostname.cmp(&b.host.hostname));
    weighed
}

/// For an installation: every chosen host takes part, unless it is held (R17), or has an instance that is not half-done
/// (R15).
fn weigh_hosts(request: &ReleaseRequest, resolved: &Resolved, candidates: &[Candidate]) -> Weighed {
    let mut weighed = Weighed::default();
    let on: HashMap<i64, &Candidate> =
        candidates.iter().map(|candidate| (candidate.instance.host_id, candidate)).collect();
    for host in resolved.hosts.iter().flatten() {
        let Some(candidate) = on.get(&host.id) else {
            let holds = resolved.held_hosts.get(&host.id).map_or(&[][..], Vec::as_slice);
            if holds.iter().any(|id| !resolved.passed.holds.contains(id)) {
                // What labels find and may not be installed on is not chosen (R6).
                weighed.held_hosts.extend(Some(host.id).filter(|_| request.hosts.names_hosts()));
                continue;
            }
            weighed.chosen.through.extend(holds);
            weighed.chosen.participants.push(Participant {
                host: host.clone(),
                instance: None,
                in_place_of: None,
                to: resolved.version_id,
            });
            continue;
        };
        match installed_again(&candidate.state(&resolved.passed.holds), request.included.unknown) {
            Ok(()) => weighed.add(candidate, resolved),
            Err(ProblemCode::Locked) => weighed.held.push(candidate.instance.id),
            Err(_) if request.hosts.names_hosts() => weighed.deployed.push(host.id),
            Err(_) => {}
        }
    }
    weighed
}

/// For all else: every chosen instance takes part, unless there is a reason to leave it out (R7, R9).
fn weigh_instances(
    action: ReleaseAction,
    request: &ReleaseRequest,
    resolved: &Resolved,
    candidates: &[Candidate],
) -> Weighed {
    let mut weighed = Weighed::default();
    let mut by_name: Vec<&Candidate> = candidates.iter().collect();
    by_name.sort_by(|a, b| a.instance.hostname.cmp(&b.instance.hostname));
    for candidate in by_name {
        match left_out(action, resolved.place.as_ref(), &candidate.state(&resolved.passed.holds), request.included) {
            None => weighed.add(candidate, resolved),
            Some(reason) => weighed.chosen.skipped.push(Skipped {
                instance_id: candidate.instance.id,
                reason,
                locks: if reason == SkipReason::Locked { candidate.locks(&resolved.passed.holds) } else { Vec::new() },
            }),
        }
    }
    if request.hosts.names_hosts() {
        let there: HashSet<i64> = candidates.iter().map(|candidate| candidate.instance.host_id).collect();
        let hosts = resolved.hosts.iter().flatten().map(|host| host.id);
        weighed.missing = hosts.filter(|id| !there.contains(id)).collect();
    }
    weighed
}

impl Candidate {
    /// What locks it for a release that may go through these holds: the other release first, then holds, oldest first.
    fn locks(&self, through: &HashSet<i64>) -> Vec<Holder> {
        let holds = self.holds.iter().filter(|id| !through.contains(id)).map(|id| Holder::Hold(*id));
        self.instance.release_id.map(Holder::Release).into_iter().chain(holds).collect()
    }

    fn state(&self, through: &HashSet<i64>) -> CandidateState {
        let CandidateInstance { status, version_id, precedence, .. } = &self.instance;
        let version = version_id.map(|id| VersionPlace { precedence: precedence.clone().unwrap_or_default(), id });
        CandidateState { status: *status, version, locked: !self.locks(through).is_empty() }
    }
}

impl Chosen {
    /// The instances that take part and exist already.
    pub fn instance_ids(&self) -> Vec<i64> {
        self.participants
            .iter()
            .filter_map(|participant| participant.instance.as_ref())
            .map(|instance| instance.id)
            .collect()
    }

    /// Adds a problem if another number was expected, or if nothing takes part. `field` is the input that chose.
    pub fn check(&self, expected_count: Option<i64>, field: &str, problems: &mut Problems) {
        // How many would take part is known only if everything that was named was found.
        let taken = self.participants.len() as i64;
        let known = problems.0.iter().all(|problem| !COUNTS.contains(&problem.code));
        if known && expected_count.is_some_and(|expected| expected != taken) {
            let message = format!(
                "{taken} hosts would take part now, not the expected number. Check the release with dryRun, then try again."
            );
            problems.add(Problem::new(ProblemCode::Stale, "expectedCount", message));
        }
        if problems.is_empty() && self.participants.is_empty() {
            let message = "None of the selected instances can take part. `skipped` says why for each.";
            problems.add(Problem::new(ProblemCode::NothingToRelease, field, message));
        }
    }
}

impl Weighed {
    fn add(&mut self, candidate: &Candidate, resolved: &Resolved) {
        let instance = candidate.instance.clone();
        let host = CandidateHost { id: instance.host_id, hostname: instance.hostname.clone() };
        self.chosen.through.extend(&candidate.holds);
        self.chosen.participants.push(Participant {
            host,
            instance: Some(instance),
            in_place_of: None,
            to: resolved.version_id,
        });
    }

    fn is_sound(&self) -> bool {
        self.missing.is_empty() && self.deployed.is_empty() && self.held.is_empty() && self.held_hosts.is_empty()
    }

    /// Adds a problem for everything that refuses the request.
    fn check(&self, request: &ReleaseRequest, problems: &mut Problems) {
        let field = request.hosts.field();
        let hosts = |ids: &[i64]| ids.iter().map(|id| Kind::Host.id(*id)).collect::<Vec<_>>();
        if !self.missing.is_empty() {
            let message = match request.aim.current_version() {
                Some(_) => {
                    "These hosts have no instance of the service at the current version that the input names. Leave them out, or correct that version."
                }
                None => "These hosts have no instance of the service. Leave them out, or install the service there.",
            };
            problems.add(Problem::new(ProblemCode::HostNotDeployed, field, message).about(hosts(&self.missing)));
        }
        if !self.deployed.is_empty() {
            let message = "These hosts have an instance of the service already. Leave them out, or upgrade or revert the instance.";
            problems.add(Problem::new(ProblemCode::HostAlreadyDeployed, field, message).about(hosts(&self.deployed)));
        }
        let locked = self.chosen.skipped.iter().filter(|skip| skip.reason == SkipReason::Locked);
        let mut held = self.held.clone();
        if request.on_locked == OnLocked::Reject {
            held.extend(locked.map(|skip| skip.instance_id));
        }
        if !held.is_empty() {
            let message =
                "These instances are locked by releases or holds. Wait until they are free, or leave them out.";
            let about = held.into_iter().map(|id| Kind::Instance.id(id));
            problems.add(Problem::new(ProblemCode::Locked, "hosts", message).about(about));
        }
        if !self.held_hosts.is_empty() {
            let message = "These hosts are held. Wait until their holds end, or leave them out.";
            problems.add(Problem::new(ProblemCode::Locked, "hosts", message).about(hosts(&self.held_hosts)));
        }
        self.chosen.check(request.expected_count, "hosts", problems);
    }
}

/// Problems with which it is unknown how many would take part.
const COUNTS: [ProblemCode; 7] = [
    ProblemCode::Invalid,
    ProblemCode::Required,
    ProblemCode::NotFound,
    ProblemCode::WrongType,
    ProblemCode::OtherService,
    ProblemCode::HostNotDeployed,
    ProblemCode::HostAlreadyDeployed,
];
