//! A release on its way to another state: its counts, its revision and its events go together (R14, I5).

use crate::domain::Timestamp;
use crate::domain::event::ReleaseEventKind;
use crate::domain::event::{Changed, InstanceChange, NewEvent, ReleaseChange};
use crate::domain::release::{Progress, ReleaseStatus};
use crate::domain::target::ReleaseTargetStatus;
use crate::store::release::{self, Moved, ReleaseRow};
use crate::store::{Result, Tx};

/// A release whose row is locked.
pub(crate) struct Moving {
    pub row: ReleaseRow,
    pub progress: Progress,
    revision: i64,
    stopped: bool,
    /// Who causes what happens to it now.
    by: String,
    events: Vec<NewEvent>,
}

impl Moving {
    pub fn new(row: ReleaseRow, by: &str) -> Moving {
        let (progress, revision) = (row.under_way.progress, row.revision);
        Moving { row, progress, revision, stopped: false, by: by.to_owned(), events: Vec::new() }
    }

    /// A target goes from one state to another.
    pub fn moved(&mut self, target_id: i64, from: ReleaseTargetStatus, to: ReleaseTargetStatus) {
        self.progress = self.progress.moved(from, to, 1);
        let kind = match to.is_open() {
            true => ReleaseEventKind::TargetStarted,
            false => ReleaseEventKind::TargetFinished,
        };
        self.tell(kind, Some(target_id));
    }

    /// No more targets begin, since too many failed.
    pub fn stop(&mut self) {
        self.stopped = true;
        self.tell(ReleaseEventKind::Stopped, None);
    }

    /// Notes an event of the release as it is now.
    pub fn tell(&mut self, kind: ReleaseEventKind, target_id: Option<i64>) {
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
        self.note(Changed::Release(change));
    }

    /// Notes what became of one of its instances.
    pub fn tell_instance(&mut self, change: InstanceChange) {
        self.note(Changed::Instance(change));
    }

    fn note(&mut self, changed: Changed) {
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

/// Saves what the releases became and gives their events, to be appended last.
pub(crate) async fn save(
    tx: &mut Tx,
    at: Timestamp,
    releases: impl IntoIterator<Item = Moving>,
) -> Result<Vec<NewEvent>> {
    let (mut rows, mut events) = (Vec::new(), Vec::new());
    for mut moving in releases {
        if moving.revision == moving.row.revision {
            continue;
        }
        if moving.status().is_over() {
            moving.tell(ReleaseEventKind::Finished, None);
        }
        let Progress { queued, canceled, total, .. } = moving.progress;
        rows.push(Moved {
            id: moving.row.id,
            status: moving.status(),
            progress: moving.progress,
            revision: moving.revision,
            started: queued + canceled < total,
            stopped: moving.stopped,
        });
        events.append(&mut moving.events);
    }
    release::save(tx, at, &rows).await?;
    Ok(events)
}
