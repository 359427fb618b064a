//! The transition of a release to another state: its counts, its revision and its events go together (R14, I5).

use crate::domain::Timestamp;
use crate::domain::event::ReleaseEventKind;
use crate::domain::event::{Changed, InstanceChange, NewEvent, ReleaseChange};
use crate::domain::release::{Progress, ReleaseStatus};
use crate::domain::target::ReleaseTargetStatus;
use crate::store::release::{self, Moved, ReleaseRow};
use crate::store::{Result, Tx};

/// A transition under way. The row of the release is locked.
pub(crate) struct Transition {
    pub row: ReleaseRow,
    pub progress: Progress,
    revision: i64,
    stopped: bool,
    /// Name of the caller or worker that causes it.
    by: String,
    events: Vec<NewEvent>,
}

impl Transition {
    pub fn new(row: ReleaseRow, by: &str) -> Transition {
        let (progress, revision) = (row.under_way.progress, row.revision);
        Transition { row, progress, revision, stopped: false, by: by.to_owned(), events: Vec::new() }
    }

    /// Moves a target from one state to another.
    pub fn move_target(&mut self, target_id: i64, from: ReleaseTargetStatus, to: ReleaseTargetStatus) {
        self.progress = self.progress.moved(from, to, 1);
        let kind = match to.is_open() {
            true => ReleaseEventKind::TargetStarted,
            false => ReleaseEventKind::TargetFinished,
        };
        self.record(kind, Some(target_id));
    }

    /// Stops the release: no more targets start, since too many failed.
    pub fn stop(&mut self) {
        self.stopped = true;
        self.record(ReleaseEventKind::Stopped, None);
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
            progress: self.progress,
        };
        self.push(Changed::Release(change));
    }

    /// Records an event of one of its instances.
    pub fn record_instance(&mut self, change: InstanceChange) {
        self.push(Changed::Instance(change));
    }

    fn push(&mut self, changed: Changed) {
        self.events.push(NewEvent {
            service_id: self.row.service_id,
            service_name: self.row.service_name.clone(),
            caused_by: self.by.clone(),
            changed,
        });
    }

    fn status(&self) -> ReleaseStatus {
        self.progress.status(self.row.under_way.status == ReleaseStatus::Paused)
    }
}

/// Saves the releases and returns their events, to be appended last.
pub(crate) async fn save(
    tx: &mut Tx,
    at: Timestamp,
    releases: impl IntoIterator<Item = Transition>,
) -> Result<Vec<NewEvent>> {
    let (mut rows, mut events) = (Vec::new(), Vec::new());
    for mut transition in releases {
        if transition.revision == transition.row.revision {
            continue;
        }
        if transition.status().is_over() {
            transition.record(ReleaseEventKind::Finished, None);
        }
        let Progress { queued, canceled, total, .. } = transition.progress;
        rows.push(Moved {
            id: transition.row.id,
            status: transition.status(),
            progress: transition.progress,
            revision: transition.revision,
            started: queued + canceled < total,
            stopped: transition.stopped,
        });
        events.append(&mut transition.events);
    }
    release::save(tx, at, &rows).await?;
    Ok(events)
}
