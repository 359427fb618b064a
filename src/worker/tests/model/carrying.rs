//! Carrying out (R12 to R16, R18), and what becomes of workers that die.

use super::reference::{Answer, Model, Start};
use super::rows::{Event, Instance, Target, Worker};
use super::steps::{CALLERS, Left};
use crate::domain::instance::InstanceStatus;
use crate::domain::release::{ReleaseAction, ReleaseOrigin, ReleaseStatus};
use crate::domain::target::ReleaseTargetStatus::{self, Canceled, Failed, Queued, Running, Succeeded, Unknown};
use crate::domain::target::TargetFailure;
use crate::domain::{Kind, ProblemCode};
use std::collections::BTreeSet;

/// The service whose commands share their host, and the one whose commands may be repeated, so many times in all.
const SHARES_HOST: i64 = 3;
const REPEATS: i64 = 2;
const STARTS: i64 = 3;
/// The service with a budget, and how many of its instances may be unavailable.
pub const BUDGETED: i64 = 2;
pub const BUDGET: usize = 1;

impl Model {
    pub fn register(&mut self) -> Answer {
        self.rows.workers.push(Worker { beat: 0, ended: false });
        Answer::Did(vec![self.rows.workers.len() as i64])
    }

    pub fn beat(&mut self, worker: i64) -> Answer {
        let worker = self.worker(worker);
        worker.beat += i64::from(!worker.ended);
        Answer::Alive(!worker.ended)
    }

    /// Each release offers the first targets of its waves whose hosts are free, as many as its rollout (R16, R19) and the
    /// budget of its service (R20) leave, undos before all others; of these, the first on each host begin (R18), as many as
    /// the worker has room for.
    pub fn claim(&mut self, worker: i64, room: i64) -> Answer {
        self.claims += 1;
        let mut releases: Vec<i64> = (1..=self.rows.releases.len() as i64).filter(|id| self.left(*id) > 0).collect();
        releases.sort_by_key(|id| (!self.is_undo(*id), *id));
        let (limited, free): (Vec<i64>, Vec<i64>) =
            releases.iter().partition(|id| self.rows.releases[**id as usize - 1].service == BUDGETED);
        let (mut offered, taking) = self.within_budget(&limited);
        for release in free {
            offered.extend(self.free(release, true).into_iter().take(self.left(release).min(room) as usize));
        }
        let release_of = |target: &i64| self.rows.targets[*target as usize - 1].release;
        offered.sort_by_key(|target| (!self.is_undo(release_of(target)), *target));
        let mut chosen: Vec<i64> = Vec::new();
        for target in offered {
            let taken =
                self.keeps_off(target, |other| chosen.iter().any(|id| &self.rows.targets[*id as usize - 1] == other));
            if !taken {
                chosen.push(target);
            }
        }
        chosen.truncate(room as usize);
        // I3: who was declared dead claims nothing.
        if self.worker(worker).ended {
            return Answer::Started(Vec::new());
        }
        chosen.sort_unstable();
        let started = chosen.into_iter().map(|target| {
            self.target(target).took_room = taking.contains(&target);
            self.start(worker, target)
        });
        Answer::Started(started.collect())
    }

    fn is_undo(&self, release: i64) -> bool {
        self.rows.releases[release as usize - 1].origin == ReleaseOrigin::Undo
    }

    /// How many more targets of a release may run.
    fn left(&self, release: i64) -> i64 {
        let row = &self.rows.releases[release as usize - 1];
        if row.pause.is_some() { 0 } else { row.max_parallel - self.targets(release, Running).len() as i64 }
    }

    /// The queued targets of a release whose hosts are free: of its waves up to the one that is carried out, or of later ones.
    fn free(&self, release: i64, open: bool) -> Vec<i64> {
        let wave = self.rows.releases[release as usize - 1].wave;
        let of_waves = |id: &i64| (self.rows.targets[*id as usize - 1].wave <= wave) == open;
        let queued = self.targets(release, Queued).into_iter().filter(of_waves);
        queued.filter(|id| !self.keeps_off(*id, |other| other.status == Running)).collect()
    }

    /// The instances of the service with a budget that are unavailable.
    fn unavailable(&self) -> BTreeSet<i64> {
        let broken = |status| {
            use InstanceStatus::{RevertFailed, UninstallFailed, Unknown, UpgradeFailed};
            matches!(status, UpgradeFailed | RevertFailed | UninstallFailed | Unknown)
        };
        let of_service = self.rows.instances.iter().zip(1..).filter(|(instance, _)| instance.service == BUDGETED);
        let counts = |(instance, id): &(&Instance, i64)| {
            let mut open = self.rows.targets.iter().filter(|target| target.instance == *id && target.status.is_open());
            match open.next() {
                Some(target) if target.status == Queued => broken(target.from_status),
                Some(target) => self.rows.releases[target.release as usize - 1].action != ReleaseAction::Install,
                None => broken(instance.status),
            }
        };
        of_service.filter(counts).map(|(_, id)| id).collect()
    }

    /// The targets of these releases that the budget admits, and those of them that take room.
    fn within_budget(&self, releases: &[i64]) -> (Vec<i64>, BTreeSet<i64>) {
        let (mut spent, mut admitted, mut taking) = (self.unavailable(), Vec::new(), BTreeSet::new());
        let mut blocked = BTreeSet::new();
        let instance = |target: i64| self.rows.targets[target as usize - 1].instance;
        let looked_at: Vec<i64> = releases.iter().copied().filter(|id| !self.free(*id, true).is_empty()).collect();
        for release in &looked_at {
            let mut left = self.left(*release);
            let running = self.targets(*release, Running);
            let mut took = running.iter().any(|target| self.rows.targets[*target as usize - 1].took_room);
            let mut is_idle = running.is_empty();
            let counts = self.rows.releases[*release as usize - 1].action != ReleaseAction::Install;
            for target in self.free(*release, true) {
                if left == 0 {
                    break;
                }
                if counts && !spent.contains(&instance(target)) {
                    let exempt = self.is_undo(*release) && !took;
                    if !exempt && spent.len() >= BUDGET {
                        if is_idle {
                            blocked.insert(*release);
                        }
                        continue;
                    }
                    spent.insert(instance(target));
                    taking.insert(target);
                    took = true;
                }
                (left, is_idle) = (left - 1, false);
                blocked.remove(release);
                admitted.push(target);
            }
        }
        // What blocks a release may be mended before its wave.
        for release in looked_at {
            for target in self.free(release, false) {
                if spent.contains(&instance(target)) && blocked.remove(&release) {
                    admitted.push(target);
                }
            }
        }
        (admitted, taking)
    }

    /// Whether one of these targets keeps another off its host: both share it with none (R18).
    fn keeps_off(&self, target: i64, of_these: impl Fn(&Target) -> bool) -> bool {
        let shares = |target: &Target| self.rows.releases[target.release as usize - 1].service == SHARES_HOST;
        let target = &self.rows.targets[target as usize - 1];
        let mut others = self.rows.targets.iter().filter(|other| of_these(other));
        !shares(target) && others.any(|other| other.host == target.host && !shares(other))
    }

    /// A start has a new fence, which is the highest of its instance (I3).
    fn start(&mut self, worker: i64, id: i64) -> Start {
        let Target { release, instance, .. } = *self.target(id);
        self.instance(instance).fence += 1;
        let fence = self.instance(instance).fence;
        let target = self.target(id);
        (target.status, target.worker, target.fence) = (Running, Some(worker), fence);
        target.attempt += 1;
        let attempt = target.attempt;
        self.begun.insert(id, self.claims);
        let start = Start { target: id, fence, attempt };
        self.starts.push(start);
        self.tell_release(release, "TARGET_STARTED", Some(id), &name(worker));
        start
    }

    /// Whether a start is still this worker's: it runs, in its name, with the same fence (I3).
    pub fn owns(&self, worker: i64, start: usize) -> bool {
        let Start { target, fence, .. } = self.starts[start];
        let target = &self.rows.targets[target as usize - 1];
        (target.status, target.worker, target.fence) == (Running, Some(worker), fence)
    }

    /// Whether this worker has ended this start: an answer to that may have been lost.
    fn has_ended(&self, worker: i64, start: usize) -> bool {
        let Start { target, fence, .. } = self.starts[start];
        let target = &self.rows.targets[target as usize - 1];
        !matches!(target.status, Queued | Running) && (target.worker, target.fence) == (Some(worker), fence)
    }

    pub fn finish(&mut self, worker: i64, ends: &[(usize, ReleaseTargetStatus)]) -> Answer {
        let failure = |end| (end == Failed).then_some(TargetFailure::Command);
        let ends: Vec<_> = ends.iter().map(|(start, end)| (*start, *end, failure(*end))).collect();
        self.end(worker, &ends)
    }

    /// What a worker ends of what is still its own; then too many failures give the rest up (R16). What it ended before is
    /// answered once more.
    fn end(&mut self, worker: i64, ends: &[(usize, ReleaseTargetStatus, Option<TargetFailure>)]) -> Answer {
        let before = ends.iter().filter(|(start, ..)| self.has_ended(worker, *start));
        let before: Vec<_> = before.map(|(start, ..)| self.starts[*start].target).collect();
        let own = ends.iter().filter(|(start, ..)| self.owns(worker, *start));
        let mut own: Vec<_> = own.map(|(start, end, failure)| (self.starts[*start].target, *end, *failure)).collect();
        own.sort_by_key(|(target, ..)| *target);
        let mut releases: Vec<i64> = own.iter().map(|(target, ..)| self.target(*target).release).collect();
        releases.dedup();
        for release in releases.iter().copied() {
            for (target, end, failure) in &own {
                if self.target(*target).release == release {
                    self.target(*target).failure = *failure;
                    self.end_target(*target, *end, &name(worker));
                }
            }
            self.go_on(release, &name(worker));
            self.tell_over(release, &name(worker));
        }
        for release in releases {
            self.undo_ended(release);
        }
        let mut answered: Vec<_> = own.into_iter().map(|(target, ..)| target).chain(before).collect();
        answered.sort_unstable();
        Answer::Did(answered)
    }

    /// The version changes by success only (R12); what never began goes back to what it was (R13).
    fn end_target(&mut self, id: i64, end: ReleaseTargetStatus, by: &str) {
        self.target(id).status = end;
        let Target { release, instance, from_status, to_version, failure, .. } = *self.target(id);
        let action = self.release(release).action;
        let before = self.instance(instance).clone();
        self.instance(instance).status = match (end, action) {
            (Canceled, _) => from_status,
            (Succeeded, ReleaseAction::Uninstall) => InstanceStatus::Removed,
            (Succeeded, _) => InstanceStatus::Running,
            // Nothing began on it.
            (Failed, _) if failure == Some(TargetFailure::NotStarted) => from_status,
            (Failed, ReleaseAction::Install) => InstanceStatus::InstallFailed,
            (Failed, ReleaseAction::Upgrade) => InstanceStatus::UpgradeFailed,
            (Failed, ReleaseAction::Revert) => InstanceStatus::RevertFailed,
            (Failed, ReleaseAction::Uninstall) => InstanceStatus::UninstallFailed,
            _ => InstanceStatus::Unknown,
        };
        if end == Succeeded {
            self.instance(instance).version = to_version;
        }
        let about = Event { release: Some(release), target: Some(id), ..Event::default() };
        self.tell_instance(instance, &before, Event { kind: "RELEASE".into(), caused_by: by.into(), ..about });
        self.tell_release(release, "TARGET_FINISHED", Some(id), by);
    }

    pub fn give_up(&mut self, release: i64, by: &str) {
        for target in self.targets(release, Queued) {
            self.end_target(target, Canceled, by);
        }
    }

    fn tell_over(&mut self, release: i64, by: &str) {
        if self.release(release).status.is_over() {
            self.tell_release(release, "FINISHED", None, by);
        }
    }

    pub fn cancel(&mut self, by: usize, id: i64, stop_running: bool, then_undo: bool) -> Answer {
        let by = CALLERS[by].0;
        let undoes = then_undo && self.course(id).undo_by.is_none();
        let release = self.release(id);
        let is_over = release.status.is_over();
        let refused = |code| Answer::Refused(vec![(code, vec![Kind::Release.id(id).to_string()])], Vec::new());
        if is_over && release.status != ReleaseStatus::Canceled && !release.canceled {
            return refused(ProblemCode::WrongState);
        }
        if undoes && release.action == ReleaseAction::Uninstall {
            return refused(ProblemCode::Invalid);
        }
        if undoes && is_over {
            return refused(ProblemCode::WrongState);
        }
        let news = !release.canceled || stop_running && !release.stop_running || undoes;
        if is_over || !news {
            return Answer::Did(vec![id]);
        }
        release.canceled = true;
        release.stop_running |= stop_running;
        if undoes {
            self.course(id).undo_by = Some(by.to_owned());
        }
        self.tell_release(id, "CANCEL_REQUESTED", None, by);
        self.give_up(id, by);
        self.tell_over(id, by);
        self.undo_ended(id);
        Answer::Did(vec![id])
    }

    /// A worker whose beat stood still is dead, and what it ran is another's.
    pub fn take_over(&mut self, worker: i64, lost: i64, stale: bool) -> Answer {
        if stale {
            return Answer::Did(Vec::new());
        }
        self.worker(lost).ended = true;
        let mut taken = Vec::new();
        for (target, id) in self.rows.targets.iter_mut().zip(1..) {
            if (target.status, target.worker) == (Running, Some(lost)) {
                target.worker = Some(worker);
                taken.push(id);
            }
        }
        Answer::Did(taken)
    }

    /// What a lost start did is found out: by its result, by what runs there, or it is started again where that may be.
    pub fn recover(&mut self, worker: i64, start: usize, left: Left) -> Answer {
        let Start { target, attempt, .. } = self.starts[start];
        let Target { release, from_version, to_version, .. } = *self.target(target);
        let row = self.release(release).clone();
        let same = from_version == to_version;
        let (end, failure) = match left {
            Left::Succeeded => (Succeeded, None),
            Left::Failed => (Failed, Some(TargetFailure::Command)),
            // R13: the command has surely ended.
            _ if row.stop_running => (Failed, Some(TargetFailure::Stopped)),
            Left::NewVersion => (Succeeded, None),
            Left::OldVersion if same => (Succeeded, None),
            Left::OldVersion => (Failed, Some(TargetFailure::Interrupted)),
            Left::NoAnswer => (Unknown, None),
            Left::NeverBegan => (Failed, Some(TargetFailure::NotStarted)),
        };
        let interrupted = failure == Some(TargetFailure::Interrupted) || end == Unknown;
        // What never began is not repeated by beginning.
        let repeatable = failure == Some(TargetFailure::NotStarted) || interrupted && row.service == REPEATS;
        let again = repeatable && attempt < STARTS && !row.canceled;
        match again && self.owns(worker, start) {
            true => {
                self.claims += 1;
                Answer::Started(vec![self.start(worker, target)])
            }
            false => self.end(worker, &[(start, end, failure)]),
        }
    }

    fn worker(&mut self, id: i64) -> &mut Worker {
        &mut self.rows.workers[id as usize - 1]
    }
}

/// The name of a worker by its number.
pub fn name(worker: i64) -> String {
    format!("w{worker}")
}
