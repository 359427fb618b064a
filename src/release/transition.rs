//! The transition of a release to another state: its counts, its revision and its events go together (R14, I5).

use crate::domain::Timestamp;
use crate::domain::event::{BY_LOCKKEEPER, Changed, InstanceChange, NewEvent, ReleaseChange, ReleaseEventKind};
use crate::domain::release::deadline::Deadline;
use crate::domain::release::{Next, OnFailure, PauseReason, Progress, ReleaseState, ReleaseStatus, Resume};
use crate::domain::target::{ReleaseTargetStatus, TargetFailure};
use crate::store::release::{self, Moved, NewPause, ReleaseRow};
use crate::store::{Result, Tx};

/// A transition under way. The row of the release is locked.
pub(crate) struct Transition {
    pub row: ReleaseRow,
    pub state: ReleaseState,
    /// The time from the acceptance to the deadline.
    deadline_seconds: i64,
    new_pause: Option<NewPause>,
    revision: i64,
    /// Name of the caller or worker that causes it.
    by: String,
    events: Vec<NewEvent>,
}

impl Transition {
    pub fn new(row: ReleaseRow, by: &str) -> Transition {
        let state = ReleaseState { under_way: row.under_way, waves: row.waves.clone() };
        let (revision, deadline_seconds) = (row.revision, row.deadline_seconds);
        let (new_pause, by) = (None, by.to_owned());
        Transition { row, state, deadline_seconds, new_pause, revision, by, events: Vec::new() }
    }

    /// Moves a target of this wave from one state to another. `failure` says how it failed, if it did.
    pub fn move_target(
        &mut self,
        (target_id, wave): (i64, i64),
        (from, to): (ReleaseTargetStatus, ReleaseTargetStatus),
        failure: Option<TargetFailure>,
        at: Timestamp,
    ) {
        self.state.move_target(wave, (from, to), failure, at);
        let kind = match to.is_open() {
            true => ReleaseEventKind::TargetStarted,
            false => ReleaseEventKind::TargetFinished,
        };
        self.record(kind, Some(target_id));
    }

    /// Counts a target whose instance became unhealthy while the release soaks.
    pub fn add_unhealthy(&mut self, target_id: i64, wave: i64) {
        self.state.add_unhealthy(wave);
        self.record(ReleaseEventKind::TargetUnhealthy, Some(target_id));
    }

    /// Stops the release: no more targets start, since too many failed.
    pub fn stop(&mut self) {
        self.state.stop();
        self.record(ReleaseEventKind::Stopped, None);
    }

    /// Pauses the release for somebody, who may have said why.
    pub fn pause(&mut self, reason: PauseReason, by: &str, message: &str) {
        self.state.pause();
        self.new_pause = Some(NewPause { reason, by: by.to_owned(), message: message.to_owned() });
        self.record(ReleaseEventKind::Paused, None);
    }

    /// Resumes the release, or ends its soak.
    pub fn resume(&mut self, resume: Resume, at: Timestamp) {
        self.state.resume(resume, at);
        self.record(ReleaseEventKind::Resumed, None);
    }

    /// Sets another deadline, in seconds after the acceptance.
    pub fn set_deadline(&mut self, seconds: i64, at: Timestamp) {
        self.deadline_seconds = seconds;
        self.state.set_deadline(Deadline::set(self.row.created_at, seconds, at));
    }

    /// Does what the release does of its own accord, but for what cancels its queued targets.
    pub fn go_on(&mut self, at: Timestamp) {
        while let Some(next) = self.state.next(at).filter(|next| !next.gives_up()) {
            self.state.apply(next);
            if let Next::Pause(reason) = next {
                let message = message(reason, self.state.under_way.on_failure).to_owned();
                self.new_pause = Some(NewPause { reason, by: BY_LOCKKEEPER.to_owned(), message });
                self.record(ReleaseEventKind::Paused, None);
            }
        }
        let under_way = &mut self.state.under_way;
        if under_way.progress.queued > 0 && under_way.deadline_event_at.is_some_and(|due| due <= at) {
            under_way.deadline_event_at = None;
            self.record(ReleaseEventKind::Deadline, None);
        }
    }

    /// Records an event of the release as it is now.
    pub fn record(&mut self, kind: ReleaseEventKind, target_id: Option<i64>) {
        self.revision += 1;
        let change = ReleaseChange {
            kind,
            release_id: self.row.id,
            action: self.row.action,
            target_id,
            revision: self.revision,
            status: self.status(),
            progress: self.state.under_way.progress,
        };
        self.push(Changed::Release(change));
    }

    /// Records an event of one of its instances.
    pub fn record_instance(&mut self, change: InstanceChange) {
        self.push(Changed::Instance(change));
    }

    fn push(&mut self, changed: Changed) {
        self.events.push(NewEvent {
            service_id: Some(self.row.service_id),
            service_name: Some(self.row.service_name.clone()),
            caused_by: self.by.clone(),
            changed,
        });
    }

    /// Whether the release ends now and is to be undone.
    pub fn is_undone_now(&self) -> bool {
        let is_undone = self.row.undo_requested || self.state.under_way.is_undone_when_over();
        is_undone && self.revision != self.row.revision && self.status().is_over()
    }

    fn status(&self) -> ReleaseStatus {
        self.state.under_way.status
    }

    fn is_changed(&self) -> bool {
        let Transition { row, state, .. } = self;
        self.revision != row.revision || state.under_way != row.under_way || state.waves != row.waves
    }
}

/// Why a release pauses of its own accord, for people.
fn message(reason: PauseReason, on_failure: OnFailure) -> &'static str {
    match reason {
        PauseReason::Requested => "",
        PauseReason::Failures if on_failure == OnFailure::Undo => {
            "More targets failed than maxFailures allows, but the version was tried by none of them, so the release is not undone."
        }
        PauseReason::Wave => "The wave is done, and the release pauses after it.",
        PauseReason::Failures => "More targets failed than maxFailures allows.",
        PauseReason::Unreachable => "More hosts were not reached than maxUnreachable allows.",
    }
}

/// Saves the releases and their waves, and returns their events, to be appended last.
pub(crate) async fn save(
    tx: &mut Tx,
    at: Timestamp,
    releases: impl IntoIterator<Item = Transition>,
) -> Result<Vec<NewEvent>> {
    let (mut rows, mut waves, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for mut transition in releases.into_iter().filter(Transition::is_changed) {
        if transition.revision != transition.row.revision && transition.status().is_over() {
            transition.record(ReleaseEventKind::Finished, None);
        }
        let Transition { row, state, .. } = &transition;
        let Progress { queued, canceled, total, .. } = state.under_way.progress;
        let stopped = state.under_way.is_stopped && !row.under_way.is_stopped;
        let changed = state.waves.iter().zip(&row.waves).filter(|(now, before)| now != before);
        waves.extend(changed.map(|(now, _)| (row.id, *now)));
        rows.push(Moved {
            id: row.id,
            under_way: state.under_way,
            deadline_seconds: transition.deadline_seconds,
            new_pause: transition.new_pause.take(),
            revision: transition.revision,
            started: queued + canceled < total,
            stopped,
        });
        events.append(&mut transition.events);
    }
    if !waves.is_empty() {
        release::wave::save(tx, &waves).await?;
    }
    if !rows.is_empty() {
        release::save(tx, at, &rows).await?;
    }
    Ok(events)
}
