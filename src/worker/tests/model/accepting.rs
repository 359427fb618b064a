//! Accepting a release (R1, R4 to R11, R15 to R17).

use super::reference::{Answer, Model};
use super::rolling::{Course, count, in_waves};
use super::rows::{Event, Instance, Release, Skip, Target, Through};
use super::steps::{Ask, CALLERS, HOSTS, Hosts, VERSIONS, ZONE, version};
use crate::domain::instance::InstanceStatus;
use crate::domain::release::plan::{Plan, PlanTarget};
use crate::domain::release::rollout::{DEFAULT_DEADLINE_SECONDS, Rollout, RolloutOrder, RolloutOverrides};
use crate::domain::release::selection::Holder;
use crate::domain::release::selection::Skipped;
use crate::domain::release::waves::ResolvedWave;
use crate::domain::release::{OnFailure, OnLocked, ReleaseAction, ReleaseOrigin, ReleaseStatus, SkipReason};
use crate::domain::target::ReleaseTargetStatus;
use crate::domain::{Kind, ProblemCode, Role};
use crate::release::request::Accepted;

/// The default of executors.
const EXECUTOR_TIMEOUT_SECONDS: i64 = 600;

/// A release that nothing speaks against.
pub struct NewRelease {
    pub by: String,
    pub service: i64,
    pub action: ReleaseAction,
    pub version: Option<i64>,
    pub origin: ReleaseOrigin,
    pub parent: Option<i64>,
    pub requested: RolloutOverrides,
    pub taken: Vec<Taken>,
    pub skipped: Vec<Skipped>,
    /// Those that it goes through.
    pub freezes: Vec<i64>,
}

/// A host with the instance that is there, and the version to which it moves.
pub struct Taken {
    pub host: i64,
    pub instance: Option<i64>,
    pub to: Option<i64>,
}

/// What a choice comes to.
#[derive(Default)]
struct Choice {
    /// By host, with the instance that is there.
    taken: Vec<(i64, Option<i64>)>,
    skipped: Vec<Skipped>,
    problems: Vec<(ProblemCode, Vec<String>)>,
}

impl Choice {
    fn refuse(&mut self, code: ProblemCode, kind: Kind, about: &[i64]) {
        if !about.is_empty() {
            self.problems.push((code, about.iter().map(|number| kind.id(*number).to_string()).collect()));
        }
    }
}

impl Model {
    pub fn ask(&mut self, ask: &Ask) -> Answer {
        // R10: a key is looked up before anything else. R11: also by a dry run, which keeps none.
        let key = ask.key.map(|key| (ask.by, key));
        if let Some((first, accepted)) = key.and_then(|key| self.keys.get(&key)) {
            let made = Kind::Release.id(accepted.release_id.unwrap()).to_string();
            return match first.to_string() == (Ask { dry_run: false, ..ask.clone() }).to_string() {
                true => Answer::Accepted(Box::new(Accepted { replayed: true, ..Accepted::clone(accepted) })),
                false => Answer::Refused(vec![(ProblemCode::IdempotencyKeyReused, vec![made])], Vec::new()),
            };
        }
        let mut choice = match ask.action {
            ReleaseAction::Install => self.choose_hosts(ask),
            _ => self.choose_instances(ask),
        };
        self.forbid(ask, &mut choice);
        if choice.problems.is_empty() && choice.taken.is_empty() {
            return Answer::Refused(vec![(ProblemCode::NothingToRelease, Vec::new())], choice.skipped);
        }
        if !choice.problems.is_empty() {
            return Answer::Refused(choice.problems, Vec::new());
        }
        // R19: nothing comes after the last target.
        let last = ask.waves.as_ref().and_then(|waves| waves.last()).filter(|wave| wave.pause_after);
        if last.is_some_and(|wave| count(wave.up_to) >= choice.taken.len() as i64) {
            return Answer::Refused(vec![(ProblemCode::Invalid, Vec::new())], Vec::new());
        }
        let to = (ask.action != ReleaseAction::Uninstall).then(|| version(ask.service, ask.version));
        let new = NewRelease {
            by: CALLERS[ask.by].0.to_owned(),
            service: ask.service,
            action: ask.action,
            version: to,
            origin: ReleaseOrigin::Request,
            parent: None,
            requested: ask.rollout(),
            taken: choice.taken.into_iter().map(|(host, instance)| Taken { host, instance, to }).collect(),
            skipped: choice.skipped,
            freezes: self.freezes(ask.service, ask.action),
        };
        let accepted = self.accept(new, ask.dry_run);
        if let Some(key) = key.filter(|_| !ask.dry_run) {
            self.keys.insert(key, (ask.clone(), accepted.clone()));
        }
        Answer::Accepted(Box::new(accepted))
    }

    /// Records a release that nothing speaks against, unless it is a dry run, and says what was accepted.
    pub fn accept(&mut self, new: NewRelease, dry_run: bool) -> Accepted {
        let targets = new.taken.len() as i64;
        // R16: what was not requested comes from the defaults, and the timeout from the executor.
        let requested = &new.requested;
        let max_failures = requested.max_failures.map_or(0, count).min(targets);
        let rollout = Rollout {
            max_parallel: requested.max_parallel.map_or(1, count),
            max_failures,
            max_unreachable: max_failures,
            on_failure: requested.on_failure.unwrap_or(OnFailure::Stop),
            withdraw_on_undo: false,
            timeout_seconds: EXECUTOR_TIMEOUT_SECONDS,
            deadline_seconds: DEFAULT_DEADLINE_SECONDS,
            order: RolloutOrder::ByHostname,
            first: Vec::new(),
            max_per_label: None,
        };
        let waves = in_waves(requested.waves.as_deref().unwrap_or_default(), targets);
        let from: Vec<Option<i64>> = new
            .taken
            .iter()
            .map(|taken| taken.instance.and_then(|id| self.rows.instances[id as usize - 1].version))
            .collect();
        // A dry run makes no instance.
        let (release_id, instances) = match dry_run {
            true => (None, new.taken.iter().map(|taken| taken.instance).collect()),
            false => self.record_release(&new, &rollout, &waves),
        };
        let numbers = numbers(&waves);
        let planned = new.taken.iter().zip(&instances).zip(from).zip(numbers);
        let planned = planned.map(|(((taken, instance_id), from_version_id), wave)| PlanTarget {
            host_id: taken.host,
            instance_id: *instance_id,
            wave,
            from_version_id,
            to_version_id: taken.to,
        });
        Accepted {
            release_id,
            accepted: instances.iter().copied().flatten().collect(),
            accepted_hosts: new.taken.iter().map(|taken| taken.host).collect(),
            plan: Some(Plan { rollout, targets: planned.collect(), waves, warnings: Vec::new() }),
            skipped: new.skipped,
            replayed: false,
        }
    }

    /// What refuses it, whatever was chosen: the version (R1), holds (R17), and what is not undone (R23).
    fn forbid(&self, ask: &Ask, choice: &mut Choice) {
        if ask.action != ReleaseAction::Uninstall && ask.version == VERSIONS {
            choice.refuse(ProblemCode::VersionNotBuilt, Kind::Version, &[version(ask.service, ask.version)]);
        }
        if ask.action == ReleaseAction::Uninstall && ask.on_failure == Some(OnFailure::Undo) {
            choice.problems.push((ProblemCode::Invalid, Vec::new()));
        }
        choice.problems.extend(self.forbidden(ask.by, ask.service, &ask.through, ask.action));
    }

    /// The holds that a release with this action may not go through, and those that it would have to (R17).
    pub fn forbidden(
        &self,
        by: usize,
        service: i64,
        through: &[i64],
        action: ReleaseAction,
    ) -> Vec<(ProblemCode, Vec<String>)> {
        let (name, role) = CALLERS[by];
        let mut choice = Choice::default();
        let holds = || self.rows.holds.iter().zip(1_i64..);
        let named = || holds().filter(|(_, id)| through.contains(id));
        let foreign: Vec<i64> = named().filter(|(hold, _)| hold.service != service).map(|(_, id)| id).collect();
        choice.refuse(ProblemCode::OtherService, Kind::Hold, &foreign);
        let own = named().filter(|(hold, _)| hold.service == service);
        let closed: Vec<i64> =
            own.filter(|(hold, _)| hold.caller != name && role != Role::Admin).map(|(_, id)| id).collect();
        choice.refuse(ProblemCode::Invalid, Kind::Hold, &closed);
        let frozen: Vec<i64> = self.freezes(service, action).into_iter().filter(|id| !through.contains(id)).collect();
        choice.refuse(ProblemCode::Frozen, Kind::Hold, &frozen);
        choice.problems
    }

    /// The freezes in force that refuse a release with this action (R17).
    pub fn freezes(&self, service: i64, action: ReleaseAction) -> Vec<i64> {
        let standing = self.rows.holds.iter().zip(1..).filter(|(hold, _)| !hold.ended && !hold.expired);
        let freezes = standing.filter(|(hold, _)| hold.instance.is_none() && hold.service == service);
        freezes.filter(|(hold, _)| action != ReleaseAction::Revert || hold.reverts).map(|(_, id)| id).collect()
    }

    /// The instance of a service on a host.
    pub fn on(&self, service: i64, host: i64) -> Option<i64> {
        let there = |instance: &Instance| instance.status != InstanceStatus::Removed;
        let mut instances = self.rows.instances.iter().zip(1..);
        let found =
            instances.find(|(instance, _)| there(instance) && (instance.service, instance.host) == (service, host));
        found.map(|(_, id)| id)
    }

    /// Who keeps this release off an instance: another release first, then holds (R9, R17).
    fn holders(&self, ask: &Ask, instance: i64) -> Vec<Holder> {
        let holds = self.standing(instance).into_iter().filter(|id| !ask.through.contains(id)).map(Holder::Hold);
        self.holder(instance).map(Holder::Release).into_iter().chain(holds).collect()
    }

    /// For an installation: a free host takes part, and one whose installation was not completed (R15).
    fn choose_hosts(&self, ask: &Ask) -> Choice {
        let (mut choice, mut deployed, mut held) = (Choice::default(), Vec::new(), Vec::new());
        for host in chosen(&ask.hosts) {
            let Some(id) = self.on(ask.service, host) else {
                choice.taken.push((host, None));
                continue;
            };
            let instance = &self.rows.instances[id as usize - 1];
            let again = match instance.status {
                InstanceStatus::InstallFailed => true,
                InstanceStatus::Unknown => ask.include_unknown && instance.version.is_none(),
                _ => false,
            };
            match again {
                true if self.holders(ask, id).is_empty() => choice.taken.push((host, Some(id))),
                true => held.push(id),
                false => deployed.push(host),
            }
        }
        // R6: what labels find and does not fit was not chosen.
        if ask.hosts != Hosts::Zone {
            choice.refuse(ProblemCode::HostAlreadyDeployed, Kind::Host, &deployed);
        }
        choice.refuse(ProblemCode::Locked, Kind::Instance, &held);
        choice
    }

    /// For all else: an instance takes part unless there is a reason to leave it out (R7, R9, R15).
    fn choose_instances(&self, ask: &Ask) -> Choice {
        let (mut choice, mut missing, mut locked) = (Choice::default(), Vec::new(), Vec::new());
        let current = ask.current_version.map(|current| version(ask.service, current));
        for host in chosen(&ask.hosts) {
            let instance = self.on(ask.service, host);
            let fits = |id: &i64| current.is_none() || self.rows.instances[*id as usize - 1].version == current;
            let Some(id) = instance.filter(fits) else {
                missing.push(host);
                continue;
            };
            let Some(reason) = self.left_out(ask, id) else {
                choice.taken.push((host, Some(id)));
                continue;
            };
            let mut locks = Vec::new();
            if reason == SkipReason::Locked {
                locked.push(id);
                locks = self.holders(ask, id);
            }
            choice.skipped.push(Skipped { instance_id: id, reason, locks });
        }
        // R6: hosts that are named are claims.
        if matches!(ask.hosts, Hosts::Named(_)) {
            choice.refuse(ProblemCode::HostNotDeployed, Kind::Host, &missing);
        }
        if ask.on_locked == OnLocked::Reject {
            choice.refuse(ProblemCode::Locked, Kind::Instance, &locked);
        }
        choice
    }

    fn left_out(&self, ask: &Ask, id: i64) -> Option<SkipReason> {
        use InstanceStatus::{InstallFailed, RevertFailed, UninstallFailed, Unknown, UpgradeFailed};
        let instance = &self.rows.instances[id as usize - 1];
        let to = version(ask.service, ask.version);
        let half_done =
            matches!(instance.status, InstallFailed | UpgradeFailed | RevertFailed | UninstallFailed | Unknown);
        if !self.holders(ask, id).is_empty() {
            return Some(SkipReason::Locked);
        }
        if instance.status == Unknown && !ask.include_unknown {
            return Some(SkipReason::UnknownState);
        }
        match (ask.action, instance.version) {
            (ReleaseAction::Uninstall, _) => None,
            (_, None) => Some(SkipReason::NotInstalled),
            (_, Some(at)) if at == to => (!half_done && !ask.reapply).then_some(SkipReason::AlreadyAtVersion),
            (ReleaseAction::Upgrade, Some(at)) => (at > to).then_some(SkipReason::NotNewer),
            (_, Some(at)) => (at < to).then_some(SkipReason::NotOlder),
        }
    }

    /// All of it is there at once (R8), with its rollout (R16) and what was left out (R9). Returns its instances.
    fn record_release(
        &mut self,
        new: &NewRelease,
        rollout: &Rollout,
        waves: &[ResolvedWave],
    ) -> (Option<i64>, Vec<Option<i64>>) {
        let id = self.rows.releases.len() as i64 + 1;
        self.rows.releases.push(Release {
            service: new.service,
            action: new.action,
            version: new.version,
            origin: new.origin,
            parent: new.parent,
            caller: new.by.clone(),
            max_parallel: rollout.max_parallel,
            max_failures: rollout.max_failures,
            on_failure: rollout.on_failure,
            canceled: false,
            stop_running: false,
            stopped: false,
            not_undone: false,
            wave: 1,
            pause: None,
            status: ReleaseStatus::Pending,
            revision: 0,
            counts: String::new(),
        });
        self.courses.push(Course {
            waves: waves.to_vec(),
            requested: new.requested.clone(),
            forgiven_in: vec![0; waves.len()],
            ..Course::default()
        });
        for Skipped { instance_id: instance, reason, locks } in &new.skipped {
            let skip =
                Skip { release: id, instance: *instance, reason: *reason, holder_release: None, holder_hold: None };
            self.rows.skips.extend(locks.iter().map(|holder| match *holder {
                Holder::Release(release) => Skip { holder_release: Some(release), ..skip.clone() },
                Holder::Hold(hold) => Skip { holder_hold: Some(hold), ..skip.clone() },
            }));
            if locks.is_empty() {
                self.rows.skips.push(skip);
            }
        }
        let there = new.taken.iter().filter_map(|taken| taken.instance);
        let on_them = there.flat_map(|instance| self.standing(instance));
        let mut through: Vec<i64> = on_them.chain(new.freezes.iter().copied()).collect();
        through.sort_unstable();
        self.rows.through.extend(through.into_iter().map(|hold| Through { release: id, hold }));
        let enlisted = new.taken.iter().zip(numbers(waves));
        let accepted = enlisted.map(|(taken, wave)| Some(self.enlist((id, wave), taken))).collect();
        self.tell_release(id, "ACCEPTED", None, &new.by);
        for target in self.targets(id, ReleaseTargetStatus::Queued) {
            let instance = self.target(target).instance;
            let before = self.instance(instance).clone();
            self.instance(instance).status = match new.action {
                ReleaseAction::Install => InstanceStatus::Installing,
                ReleaseAction::Upgrade => InstanceStatus::Upgrading,
                ReleaseAction::Revert => InstanceStatus::Reverting,
                ReleaseAction::Uninstall => InstanceStatus::Uninstalling,
            };
            let about = Event { release: Some(id), target: Some(target), ..Event::default() };
            let caused_by = new.by.clone();
            self.tell_instance(instance, &before, Event { kind: "RELEASE".into(), caused_by, ..about });
        }
        (Some(id), accepted)
    }

    /// Queues a target on a host, whose instance is created if it has none.
    fn enlist(&mut self, (release, wave): (i64, i64), taken: &Taken) -> i64 {
        let Taken { host, to: to_version, .. } = *taken;
        let service = self.release(release).service;
        let instance = taken.instance.unwrap_or_else(|| {
            let status = InstanceStatus::Removed;
            self.rows.instances.push(Instance { service, host, status, version: None, revision: 0, fence: 0 });
            self.rows.instances.len() as i64
        });
        let Instance { status: from_status, version: from_version, .. } = *self.instance(instance);
        self.rows.targets.push(Target {
            release,
            wave,
            instance,
            host,
            from_status,
            from_version,
            to_version,
            status: ReleaseTargetStatus::Queued,
            failure: None,
            attempt: 0,
            fence: 0,
            worker: None,
            took_room: false,
        });
        instance
    }
}

/// The number of the wave of each target.
fn numbers(waves: &[ResolvedWave]) -> impl Iterator<Item = i64> {
    waves.iter().zip(1..).flat_map(|(wave, number)| std::iter::repeat_n(number, wave.size as usize))
}

/// The hosts that are chosen, by name.
fn chosen(hosts: &Hosts) -> Vec<i64> {
    let mut chosen = match hosts {
        Hosts::All => HOSTS.to_vec(),
        Hosts::Zone => ZONE.to_vec(),
        Hosts::Named(hosts) => hosts.clone(),
    };
    chosen.sort_unstable();
    chosen
}
