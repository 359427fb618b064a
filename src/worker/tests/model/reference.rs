//! The reference: what the rules of ARCHITECTURE.md say, in the plainest way, without transactions and without
//! anything that could fail. It shares words with the code, and no decision.

use super::rolling::Course;
use super::rows::{Event, Instance, Release, Rows, Target};
use super::steps::{Ask, Step};
use crate::domain::ProblemCode;
use crate::domain::release::ReleaseStatus as Status;
use crate::domain::release::selection::Skipped;
use crate::domain::target::ReleaseTargetStatus::{self, Canceled, Failed, Queued, Running, Succeeded, Unknown};
use crate::release::request::Accepted;
use std::collections::BTreeMap;
use std::fmt::{self, Debug, Formatter};

/// What should be there.
#[derive(Clone, Default)]
pub struct Model {
    pub rows: Rows,
    /// How each release moves, beside what its row shows.
    pub courses: Vec<Course>,
    /// When each target began last, in claims.
    pub begun: BTreeMap<i64, i64>,
    pub claims: i64,
    /// Each start of a target, as the worker knows it that began it.
    pub starts: Vec<Start>,
    /// What was accepted under a key of a caller.
    pub keys: BTreeMap<(usize, u8), (Ask, Accepted)>,
    /// What the last step was answered.
    pub answer: Answer,
}

/// One start of a target: it stays what it was when it was claimed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    pub target: i64,
    pub fence: i64,
    pub attempt: i64,
}

/// The answer to a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Answer {
    #[default]
    Nothing,
    Accepted(Box<Accepted>),
    /// The code of each problem, with what it is about, in any order.
    Refused(Vec<(ProblemCode, Vec<String>)>, Vec<Skipped>),
    /// Numbers of what was made, ended or taken over.
    Did(Vec<i64>),
    /// Whether a lease still is one.
    Alive(bool),
    Started(Vec<Start>),
}

impl Model {
    /// What is there after a step.
    pub fn after(mut self, step: &Step) -> Model {
        self.answer = match step {
            Step::Ask(ask) => self.ask(ask),
            Step::Cancel { by, release, stop_running, then_undo } => {
                self.cancel(*by, *release, *stop_running, *then_undo)
            }
            Step::Follow(follow) => self.follow(follow),
            Step::Pause { by, release } => self.pause(*by, *release),
            Step::Resume { by, release, to_end } => self.resume(*by, *release, *to_end),
            Step::Hold { by, instances } => self.hold(*by, instances),
            Step::Unhold { by, instances } => self.unhold(*by, instances),
            Step::Freeze { by, service, reverts } => self.freeze(*by, *service, *reverts),
            Step::Unfreeze { by, service } => self.unfreeze(*by, *service),
            Step::Expire { hold } => self.expire(*hold),
            Step::EndExpired => self.end_expired(),
            Step::Confirm { by, instance, version } => self.confirm(*by, *instance, *version),
            Step::Register => self.register(),
            Step::Beat { worker } => self.beat(*worker),
            Step::Claim { worker, room } => self.claim(*worker, *room),
            Step::Finish { worker, ends } => self.finish(*worker, ends),
            Step::TakeOver { worker, lost, stale } => self.take_over(*worker, *lost, *stale),
            Step::Recover { worker, start, left } => self.recover(*worker, *start, *left),
        };
        self
    }

    pub fn instance(&mut self, id: i64) -> &mut Instance {
        &mut self.rows.instances[id as usize - 1]
    }

    pub fn release(&mut self, id: i64) -> &mut Release {
        &mut self.rows.releases[id as usize - 1]
    }

    pub fn target(&mut self, id: i64) -> &mut Target {
        &mut self.rows.targets[id as usize - 1]
    }

    /// The targets of a release in this state, in the order in which they move.
    pub fn targets(&self, release: i64, status: ReleaseTargetStatus) -> Vec<i64> {
        let targets = self.rows.targets.iter().zip(1..);
        targets.filter(|(target, _)| (target.release, target.status) == (release, status)).map(|(_, id)| id).collect()
    }

    /// The release that has an instance: the one with an open target on it (I1).
    pub fn holder(&self, instance: i64) -> Option<i64> {
        let open = self.rows.targets.iter().find(|target| target.instance == instance && target.status.is_open());
        open.map(|target| target.release)
    }

    /// The holds that stand on an instance (R17).
    pub fn standing(&self, instance: i64) -> Vec<i64> {
        let holds = self.rows.holds.iter().zip(1..).filter(|(hold, _)| !hold.ended && !hold.expired);
        holds.filter(|(hold, _)| hold.instance == Some(instance)).map(|(_, id)| id).collect()
    }

    /// Appends an event: positions are consecutive (I5).
    pub fn record(&mut self, event: Event) {
        let position = self.rows.events.len() as i64 + 1;
        self.rows.events.push(Event { position, ..event });
    }

    /// Records a change of an instance, its next revision (I5). `event` says what it was about.
    pub fn tell_instance(&mut self, id: i64, before: &Instance, event: Event) {
        let locked = self.holder(id).is_some() || !self.standing(id).is_empty();
        self.instance(id).revision += 1;
        let now = self.instance(id).clone();
        let known = before.revision > 0;
        self.record(Event {
            service: now.service,
            instance: Some(id),
            revision: Some(now.revision),
            previous_status: known.then(|| before.status.to_string()),
            status: Some(now.status.to_string()),
            previous_version: before.version,
            version: now.version,
            locked: Some(locked),
            ..event
        });
    }

    /// Records a change of a release, its next revision: counts and status follow from its targets (R14).
    pub fn tell_release(&mut self, id: i64, kind: &str, target: Option<i64>, by: &str) {
        let count = |status| self.targets(id, status).len();
        let (queued, running, succeeded) = (count(Queued), count(Running), count(Succeeded));
        let (failed, canceled, unknown) = (count(Failed), count(Canceled), count(Unknown));
        let begun = running + succeeded + failed + unknown;
        let mut skipped: Vec<i64> =
            self.rows.skips.iter().filter(|skip| skip.release == id).map(|skip| skip.instance).collect();
        skipped.dedup();
        let release = self.release(id);
        // What has nothing queued is never paused.
        release.pause = release.pause.filter(|_| queued > 0);
        release.status = match () {
            () if release.pause.is_some() => Status::Paused,
            () if queued + running > 0 && begun == 0 => Status::Pending,
            () if queued + running > 0 => Status::Running,
            () if failed + unknown > 0 || release.stopped => Status::Failed,
            () if canceled > 0 => Status::Canceled,
            () => Status::Succeeded,
        };
        release.counts = format!(
            "{} = {queued} queued + {running} running + {succeeded} succeeded + {failed} failed + {canceled} canceled \
             + {unknown} unknown, {} skipped",
            queued + canceled + begun,
            skipped.len()
        );
        release.revision += 1;
        let now = release.clone();
        self.record(Event {
            kind: kind.into(),
            caused_by: by.into(),
            service: now.service,
            release: Some(id),
            target,
            revision: Some(now.revision),
            status: Some(now.status.to_string()),
            counts: Some(now.counts),
            ..Event::default()
        });
    }
}

/// Nothing: the steps say how it came to be.
impl Debug for Model {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("after these steps, it is not as it should be")
    }
}
