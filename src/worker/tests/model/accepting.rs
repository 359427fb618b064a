//! Accepting a release (R1, R4 to R11, R15 to R17).

use super::reference::{Answer, Model};
use super::rows::{Event, Instance, Release, Skip, Target, Through};
use super::steps::{Ask, CALLERS, HOSTS, Hosts, VERSIONS, ZONE, version};
use crate::domain::instance::InstanceStatus;
use crate::domain::release::selection::Holder;
use crate::domain::release::selection::Skipped;
use crate::domain::release::{OnFailure, OnLocked, ReleaseAction, ReleaseStatus, SkipReason};
use crate::domain::target::ReleaseTargetStatus;
use crate::domain::{Kind, ProblemCode, Role};
use crate::release::request::Accepted;

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
        // R10: a key is looked up before anything else. R11: a dry run knows none.
        let key = ask.key.filter(|_| !ask.dry_run).map(|key| (ask.by, key));
        if let Some((first, accepted)) = key.and_then(|key| self.keys.get(&key)) {
            let made = Kind::Release.id(accepted.release_id.unwrap()).to_string();
            return match first.to_string() == ask.to_string() {
                true => Answer::Accepted(Accepted { replayed: true, ..accepted.clone() }),
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
        let accepted_hosts = choice.taken.iter().map(|(host, _)| *host).collect();
        let there = choice.taken.iter().filter_map(|(_, instance)| *instance).collect();
        let (release_id, accepted) = match ask.dry_run {
            true => (None, there),
            false => self.record_release(ask, &choice),
        };
        let accepted = Accepted { release_id, accepted, accepted_hosts, skipped: choice.skipped, replayed: false };
        if let Some(key) = key {
            self.keys.insert(key, (ask.clone(), accepted.clone()));
        }
        Answer::Accepted(accepted)
    }

    /// What refuses it, whatever was chosen: the version (R1), and holds (R17).
    fn forbid(&self, ask: &Ask, choice: &mut Choice) {
        if ask.action != ReleaseAction::Uninstall && ask.version == VERSIONS {
            choice.refuse(ProblemCode::VersionNotBuilt, Kind::Version, &[version(ask.service, ask.version)]);
        }
        let (name, role) = CALLERS[ask.by];
        let holds = || self.rows.holds.iter().zip(1_i64..);
        let named = || holds().filter(|(_, id)| ask.through.contains(id));
        let foreign: Vec<i64> = named().filter(|(hold, _)| hold.service != ask.service).map(|(_, id)| id).collect();
        choice.refuse(ProblemCode::OtherService, Kind::Hold, &foreign);
        let own = named().filter(|(hold, _)| hold.service == ask.service);
        let closed: Vec<i64> =
            own.filter(|(hold, _)| hold.caller != name && role != Role::Admin).map(|(_, id)| id).collect();
        choice.refuse(ProblemCode::Invalid, Kind::Hold, &closed);
        let frozen: Vec<i64> = self.freezes(ask).into_iter().filter(|id| !ask.through.contains(id)).collect();
        choice.refuse(ProblemCode::Frozen, Kind::Hold, &frozen);
    }

    /// The freezes in force that refuse a release like this (R17).
    fn freezes(&self, ask: &Ask) -> Vec<i64> {
        let standing = self.rows.holds.iter().zip(1..).filter(|(hold, _)| !hold.ended && !hold.expired);
        let freezes = standing.filter(|(hold, _)| hold.instance.is_none() && hold.service == ask.service);
        freezes.filter(|(hold, _)| ask.action != ReleaseAction::Revert || hold.reverts).map(|(_, id)| id).collect()
    }

    /// The instance of a service on a host.
    fn on(&self, service: i64, host: i64) -> Option<i64> {
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
            (_, Some(at)) if at == to => (!half_done).then_some(SkipReason::AlreadyAtVersion),
            (ReleaseAction::Upgrade, Some(at)) => (at > to).then_some(SkipReason::NotNewer),
            (_, Some(at)) => (at < to).then_some(SkipReason::NotOlder),
        }
    }

    /// All of it is there at once (R8), with its rollout (R16) and what was left out (R9).
    fn record_release(&mut self, ask: &Ask, choice: &Choice) -> (Option<i64>, Vec<i64>) {
        let by = CALLERS[ask.by].0;
        let id = self.rows.releases.len() as i64 + 1;
        let to = (ask.action != ReleaseAction::Uninstall).then(|| version(ask.service, ask.version));
        self.rows.releases.push(Release {
            service: ask.service,
            action: ask.action,
            version: to,
            max_parallel: ask.max_parallel.unwrap_or(1),
            max_failures: ask.max_failures.unwrap_or(0),
            on_failure: ask.on_failure.unwrap_or(OnFailure::Stop),
            canceled: false,
            stop_running: false,
            stopped: false,
            status: ReleaseStatus::Pending,
            revision: 0,
            counts: String::new(),
        });
        for Skipped { instance_id: instance, reason, locks } in &choice.skipped {
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
        let there = choice.taken.iter().filter_map(|(_, instance)| *instance);
        let on_them = there.flat_map(|instance| self.standing(instance));
        let mut through: Vec<i64> = on_them.chain(self.freezes(ask)).collect();
        through.sort_unstable();
        self.rows.through.extend(through.into_iter().map(|hold| Through { release: id, hold }));
        let accepted = choice.taken.iter().map(|(host, instance)| self.enlist(id, to, *host, *instance)).collect();
        self.tell_release(id, "ACCEPTED", None, by);
        for target in self.targets(id, ReleaseTargetStatus::Queued) {
            let instance = self.target(target).instance;
            let before = self.instance(instance).clone();
            self.instance(instance).status = match ask.action {
                ReleaseAction::Install => InstanceStatus::Installing,
                ReleaseAction::Upgrade => InstanceStatus::Upgrading,
                ReleaseAction::Revert => InstanceStatus::Reverting,
                ReleaseAction::Uninstall => InstanceStatus::Uninstalling,
            };
            let about = Event { release: Some(id), target: Some(target), ..Event::default() };
            self.tell_instance(instance, &before, Event { kind: "RELEASE".into(), caused_by: by.into(), ..about });
        }
        (Some(id), accepted)
    }

    /// Queues a target on a host, whose instance is created if it has none.
    fn enlist(&mut self, release: i64, to_version: Option<i64>, host: i64, there: Option<i64>) -> i64 {
        let service = self.release(release).service;
        let instance = there.unwrap_or_else(|| {
            let status = InstanceStatus::Removed;
            self.rows.instances.push(Instance { service, host, status, version: None, revision: 0, fence: 0 });
            self.rows.instances.len() as i64
        });
        let Instance { status: from_status, version: from_version, .. } = *self.instance(instance);
        self.rows.targets.push(Target {
            release,
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
        });
        instance
    }
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
