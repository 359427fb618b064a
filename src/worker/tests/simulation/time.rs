//! Virtual time: it passes by moving what the rows say about it into the past.

use super::world::{LEASE_SECONDS, World};
use crate::store::db::sql::Sql;
use crate::store::worker;

/// Moves every time by which the engine decides, and those with which it compares. What is over stays as it is. For SQLite
/// only.
static MOVE: Sql = Sql::new(
    "UPDATE release SET started_at = started_at - $1,
        cancel_requested_at = cancel_requested_at - $1, stopped_at = stopped_at - $1, paused_at = paused_at - $1,
        deadline_at = deadline_at - $1, deadline_event_at = deadline_event_at - $1, soaks_until = soaks_until - $1
     WHERE finished_at IS NULL;
     UPDATE release_wave SET ended_at = ended_at - $1, soak_until = soak_until - $1
     WHERE release_id IN (SELECT id FROM release WHERE finished_at IS NULL);
     UPDATE release_target SET started_at = started_at - $1 WHERE status IN ('QUEUED', 'RUNNING');
     UPDATE target_step SET started_at = started_at - $1, finished_at = finished_at - $1
     WHERE target_id IN (SELECT id FROM release_target WHERE status IN ('QUEUED', 'RUNNING'));
     UPDATE hold SET until = until - $1 WHERE ended_at IS NULL",
);

impl World {
    /// Lets time pass. Workers that are neither lost nor stalled renew their leases on the way.
    pub async fn pass(&mut self, seconds: i64) {
        self.move_clock(seconds).await;
        self.elapsed += seconds;
        for slot in 0..self.workers.len() {
            self.renew(slot).await;
        }
    }

    /// Moves the clock of the database, by which no lease is measured.
    pub async fn move_clock(&mut self, seconds: i64) {
        let mut tx = self.fleet.app.db.begin().await.unwrap();
        tx.query(&MOVE).bind(seconds * 1000).execute().await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A worker renews its lease. One that was declared dead stops, and so do its commands.
    pub async fn renew(&mut self, slot: usize) {
        let Some(process) = self.workers[slot].as_ref().filter(|process| !process.is_stalled) else { return };
        let id = process.me.id;
        if worker::beat(&self.fleet.app.db, id).await.unwrap() {
            self.renewed.insert(id, self.elapsed);
        } else {
            self.workers[slot] = None;
            self.commands.retain(|_, command| command.worker != id);
        }
    }

    /// Whether the lease of a worker has expired.
    pub fn has_expired(&self, worker: i64) -> bool {
        self.elapsed - self.renewed.get(&worker).copied().unwrap_or_default() >= LEASE_SECONDS
    }
}
