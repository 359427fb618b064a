//! What can be seen after each step: rows, as the model says them and as a database has them.

use crate::domain::instance::InstanceStatus;
use crate::domain::release::{OnFailure, PauseReason, ReleaseAction, ReleaseOrigin, ReleaseStatus, SkipReason};
use crate::domain::target::{ReleaseTargetStatus, TargetFailure};
use crate::store::Db;
use crate::store::db::sql::sql;
use std::fmt::{Debug, Write};

/// Everything. The first of each has number 1.
#[derive(Clone, Default)]
pub struct Rows {
    pub instances: Vec<Instance>,
    pub releases: Vec<Release>,
    pub targets: Vec<Target>,
    pub skips: Vec<Skip>,
    pub through: Vec<Through>,
    pub holds: Vec<Hold>,
    pub workers: Vec<Worker>,
    pub events: Vec<Event>,
}

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Instance {
    pub service: i64,
    pub host: i64,
    pub status: InstanceStatus,
    pub version: Option<i64>,
    pub revision: i64,
    pub fence: i64,
}

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, none of which follows from another")]
pub struct Release {
    pub service: i64,
    pub action: ReleaseAction,
    pub version: Option<i64>,
    pub origin: ReleaseOrigin,
    /// The release that it undoes or retries.
    pub parent: Option<i64>,
    pub caller: String,
    pub max_parallel: i64,
    pub max_failures: i64,
    pub on_failure: OnFailure,
    pub canceled: bool,
    pub stop_running: bool,
    /// Whether it gave up what had not begun, since too many failed.
    pub stopped: bool,
    /// Whether it was to be undone, and nothing was left to be undone.
    pub not_undone: bool,
    /// The number of the wave that is carried out.
    pub wave: i64,
    pub pause: Option<PauseReason>,
    pub status: ReleaseStatus,
    pub revision: i64,
    pub counts: String,
}

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Target {
    pub release: i64,
    pub wave: i64,
    pub instance: i64,
    pub host: i64,
    pub from_status: InstanceStatus,
    pub from_version: Option<i64>,
    pub to_version: Option<i64>,
    pub status: ReleaseTargetStatus,
    pub failure: Option<TargetFailure>,
    pub attempt: i64,
    pub fence: i64,
    pub worker: Option<i64>,
    /// Whether its claim made one more instance unavailable (R20).
    pub took_room: bool,
}

/// An instance that was left out, and one of those who had it.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Skip {
    pub release: i64,
    pub instance: i64,
    pub reason: SkipReason,
    pub holder_release: Option<i64>,
    pub holder_hold: Option<i64>,
}

/// A hold that a release was let through.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Through {
    pub release: i64,
    pub hold: i64,
}

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Hold {
    pub service: i64,
    pub instance: Option<i64>,
    pub caller: String,
    pub reverts: bool,
    /// Whether its time is over; then it counts for nothing, ended or not.
    pub expired: bool,
    pub ended: bool,
}

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Worker {
    pub beat: i64,
    pub ended: bool,
}

#[derive(Clone, Debug, Default, PartialEq, sqlx::FromRow)]
pub struct Event {
    pub position: i64,
    pub kind: String,
    pub caused_by: String,
    pub service: i64,
    pub instance: Option<i64>,
    pub release: Option<i64>,
    pub target: Option<i64>,
    pub hold: Option<i64>,
    pub revision: Option<i64>,
    pub previous_status: Option<String>,
    pub status: Option<String>,
    pub previous_version: Option<i64>,
    pub version: Option<i64>,
    pub locked: Option<bool>,
    pub counts: Option<String>,
}

/// The counts of a release in one text.
macro_rules! counts {
    () => {
        "CAST(total AS text) || ' = ' || CAST(queued AS text) || ' queued + ' || CAST(running AS text) || ' running + '
            || CAST(succeeded AS text) || ' succeeded + ' || CAST(failed AS text) || ' failed + '
            || CAST(canceled AS text) || ' canceled + ' || CAST(unknown AS text) || ' unknown, '
            || CAST(skipped AS text) || ' skipped' AS counts"
    };
}

impl Rows {
    /// All that a database has now.
    pub async fn read(db: &Db) -> Rows {
        let instances = db.query(sql!(
            "SELECT service_id AS service, host_id AS host, status, version_id AS version, revision, fence
             FROM instance ORDER BY id"
        ));
        let releases = db.query(sql!(concat!(
            "SELECT service_id AS service, action, target_version_id AS version, origin, parent_id AS parent,
                created_by AS caller, max_parallel, max_failures, on_failure,
                cancel_requested_at IS NOT NULL AS canceled, stop_running, stopped_at IS NOT NULL AS stopped,
                undo_message IS NOT NULL AS not_undone, wave, pause_reason AS pause, status, revision, ",
            counts!(),
            " FROM release ORDER BY id"
        )));
        let targets = db.query(sql!(
            "SELECT release_id AS release, wave, instance_id AS instance, host_id AS host, from_status,
                from_version_id AS from_version, to_version_id AS to_version, status, failure, attempt, fence,
                worker_id AS worker, took_room
             FROM release_target ORDER BY id"
        ));
        let skips = db.query(sql!(
            "SELECT s.release_id AS release, s.instance_id AS instance, s.reason, l.holder_release_id AS holder_release,
                l.holder_hold_id AS holder_hold
             FROM release_skip s LEFT JOIN release_skip_lock l ON l.release_skip_id = s.id ORDER BY s.id, l.id"
        ));
        let through = db.query(sql!(
            "SELECT release_id AS release, hold_id AS hold FROM release_through ORDER BY release_id, hold_id"
        ));
        let holds = db.query(sql!(
            "SELECT service_id AS service, instance_id AS instance, created_by AS caller, includes_reverts AS reverts,
                until IS NOT NULL AS expired, ended_at IS NOT NULL AS ended
             FROM hold ORDER BY id"
        ));
        let workers = db.query(sql!("SELECT beat, ended_at IS NOT NULL AS ended FROM worker ORDER BY id"));
        let events = db.query(sql!(concat!(
            "SELECT position, kind, caused_by, service_id AS service, instance_id AS instance, release_id AS release,
                target_id AS target, hold_id AS hold, revision, previous_status, status,
                previous_version_id AS previous_version, version_id AS version, locked, ",
            counts!(),
            " FROM event ORDER BY position"
        )));
        Rows {
            instances: instances.all().await.unwrap(),
            releases: releases.all().await.unwrap(),
            targets: targets.all().await.unwrap(),
            skips: skips.all().await.unwrap(),
            through: through.all().await.unwrap(),
            holds: holds.all().await.unwrap(),
            workers: workers.all().await.unwrap(),
            events: events.all().await.unwrap(),
        }
    }

    /// Where these rows, which are there, are not those that should be; empty if they are.
    pub fn differences(&self, expected: &Rows) -> String {
        let mut report = String::new();
        differ("instance", &self.instances, &expected.instances, &mut report);
        differ("release", &self.releases, &expected.releases, &mut report);
        differ("target", &self.targets, &expected.targets, &mut report);
        differ("skipped", &self.skips, &expected.skips, &mut report);
        differ("through", &self.through, &expected.through, &mut report);
        differ("hold", &self.holds, &expected.holds, &mut report);
        differ("worker", &self.workers, &expected.workers, &mut report);
        differ("event", &self.events, &expected.events, &mut report);
        report
    }
}

fn differ<T: Debug + PartialEq>(noun: &str, there: &[T], expected: &[T], report: &mut String) {
    for place in 0..there.len().max(expected.len()) {
        let (there, expected) = (there.get(place), expected.get(place));
        if there != expected {
            writeln!(report, "{noun} {}\n  is        {there:?}\n  should be {expected:?}", place + 1).unwrap();
        }
    }
}
