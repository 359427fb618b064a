//! The event log: appending, reading behind a position, and deleting old events.

use super::db::types::IfKnown;
use super::{Db, Json, Result, Tx};
use crate::domain::event::{
    Changed, FleetEventKind, InstanceEventKind, NewEvent, ReleaseEventKind, ServiceEventKind, Subject,
};
use crate::domain::{Timestamp, Word};
use serde_json::json;

/// Appends events in this order, and returns the position of the last. It must be the last statement of the transaction
/// before its commit: from here on, every other writer of events waits (I5).
pub async fn append(tx: &mut Tx, at: Timestamp, events: &[NewEvent]) -> Result<i64> {
    let last: i64 = tx
        .query(sql!("UPDATE event_log SET position = position + $1 RETURNING position"))
        .bind(events.len() as i64)
        .scalar()
        .await?;
    if events.is_empty() {
        return Ok(last);
    }
    let first = last - events.len() as i64 + 1;
    let rows: Vec<_> = events.iter().zip(first..).map(|(event, position)| row(event, position)).collect();
    tx.query(sql!(
        "INSERT INTO event (position, at, subject, kind, caused_by, service_id, service_name, instance_id, host_id,
            hostname, release_id, target_id, version_id, previous_version_id, hold_id, revision, previous_status,
            status, locked, action, total, queued, running, succeeded, failed, canceled, unknown, skipped,
            unreachable, unhealthy)
         SELECT CAST(value ->> 'position' AS bigint), $2, value ->> 'subject', value ->> 'kind', value ->> 'caused_by',
            CAST(value ->> 'service_id' AS bigint), value ->> 'service_name', CAST(value ->> 'instance_id' AS bigint),
            CAST(value ->> 'host_id' AS bigint), value ->> 'hostname', CAST(value ->> 'release_id' AS bigint),
            CAST(value ->> 'target_id' AS bigint), CAST(value ->> 'version_id' AS bigint),
            CAST(value ->> 'previous_version_id' AS bigint), CAST(value ->> 'hold_id' AS bigint),
            CAST(value ->> 'revision' AS bigint), value ->> 'previous_status', value ->> 'status',
            {bool value ->> 'locked'}, value ->> 'action', CAST(value ->> 'total' AS bigint),
            CAST(value ->> 'queued' AS bigint), CAST(value ->> 'running' AS bigint),
            CAST(value ->> 'succeeded' AS bigint), CAST(value ->> 'failed' AS bigint),
            CAST(value ->> 'canceled' AS bigint), CAST(value ->> 'unknown' AS bigint),
            CAST(value ->> 'skipped' AS bigint), CAST(value ->> 'unreachable' AS bigint),
            CAST(value ->> 'unhealthy' AS bigint)
         FROM {items $1} ORDER BY 1"
    ))
    .bind(Json(rows))
    .bind(at)
    .execute()
    .await?;
    tx.appended(last);
    Ok(last)
}

fn row(event: &NewEvent, position: i64) -> serde_json::Value {
    let mut row = match &event.changed {
        Changed::Instance(change) => json!({
            "subject": Subject::Instance.word(), "kind": change.kind.word(), "instance_id": change.instance_id,
            "host_id": change.host_id, "hostname": change.hostname, "revision": change.revision,
            "previous_status": change.previous_status.map(Word::word), "status": change.status.word(),
            "previous_version_id": change.previous_version_id, "version_id": change.version_id,
            "locked": change.locked, "release_id": change.release_id, "target_id": change.target_id,
            "hold_id": change.hold_id,
        }),
        Changed::Release(change) => json!({
            "subject": Subject::Release.word(), "kind": change.kind.word(), "release_id": change.release_id,
            "action": change.action.word(), "target_id": change.target_id, "revision": change.revision,
            "status": change.status.word(), "total": change.progress.total, "queued": change.progress.queued,
            "running": change.progress.running, "succeeded": change.progress.succeeded,
            "failed": change.progress.failed, "canceled": change.progress.canceled,
            "unknown": change.progress.unknown, "skipped": change.progress.skipped,
            "unreachable": change.progress.unreachable, "unhealthy": change.progress.unhealthy,
        }),
        Changed::Service(change) => json!({
            "subject": Subject::Service.word(), "kind": change.kind.word(), "version_id": change.version_id,
            "hold_id": change.hold_id,
        }),
        Changed::Fleet(change) => json!({
            "subject": Subject::Fleet.word(), "kind": change.kind.word(), "hold_id": change.hold_id,
        }),
    };
    row["position"] = position.into();
    row["caused_by"] = event.caused_by.clone().into();
    row["service_id"] = event.service_id.into();
    row["service_name"] = event.service_name.as_deref().into();
    row
}

/// A stored event. Fields that do not belong to its subject are `None`.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Event {
    pub position: i64,
    /// `None` if this program does not know the subject, or not this kind of event.
    pub subject: IfKnown<Subject>,
    /// A word of the vocabulary of its subject's kinds of events.
    pub kind: String,
    pub at: Timestamp,
    pub caused_by: String,
    /// `None`, as the name, for an event that is not about a service.
    pub service_id: Option<i64>,
    pub service_name: Option<String>,
    pub instance_id: Option<i64>,
    pub host_id: Option<i64>,
    pub hostname: Option<String>,
    pub release_id: Option<i64>,
    pub target_id: Option<i64>,
    pub version_id: Option<i64>,
    pub previous_version_id: Option<i64>,
    pub hold_id: Option<i64>,
    pub revision: Option<i64>,
    pub previous_status: Option<String>,
    pub status: Option<String>,
    pub locked: Option<bool>,
    pub action: Option<String>,
    pub total: Option<i64>,
    pub queued: Option<i64>,
    pub running: Option<i64>,
    pub succeeded: Option<i64>,
    pub failed: Option<i64>,
    pub canceled: Option<i64>,
    pub unknown: Option<i64>,
    pub skipped: Option<i64>,
    pub unreachable: Option<i64>,
    pub unhealthy: Option<i64>,
}

impl Event {
    /// Whether this program knows the subject and the kind.
    fn is_known(&self) -> bool {
        match self.subject.0 {
            Some(Subject::Instance) => InstanceEventKind::from_word(&self.kind).is_some(),
            Some(Subject::Release) => ReleaseEventKind::from_word(&self.kind).is_some(),
            Some(Subject::Service) => ServiceEventKind::from_word(&self.kind).is_some(),
            Some(Subject::Fleet) => FleetEventKind::from_word(&self.kind).is_some(),
            None => false,
        }
    }
}

/// Returns the first events behind a position, in order, at most `limit`.
pub async fn after(db: &Db, position: i64, limit: i64) -> Result<Vec<Event>> {
    let statement = db.query(sql!(
        "SELECT position, subject, kind, at, caused_by, service_id, service_name, instance_id, host_id, hostname,
            release_id, target_id, version_id, previous_version_id, hold_id, revision, previous_status, status, locked,
            action, total, queued, running, succeeded, failed, canceled, unknown, skipped, unreachable, unhealthy
         FROM event WHERE position > $1 ORDER BY position LIMIT $2"
    ));
    let mut events: Vec<Event> = statement.bind(position).bind(limit).all().await?;
    for event in &mut events {
        if !event.is_known() {
            event.subject = IfKnown(None);
        }
    }
    Ok(events)
}

/// Where the event log begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Bounds {
    /// The position of the newest event that has expired; 0 if none has.
    pub floor: i64,
    /// The position of the newest event; 0 if there are no events.
    pub head: i64,
}

/// Returns where the event log begins and ends now.
pub async fn bounds(db: &Db) -> Result<Bounds> {
    db.query(sql!("SELECT floor, position AS head FROM event_log")).one().await
}

/// Lets all events from before this instant expire, but never the newest one: a cursor before them is expired from now on.
/// [`delete_expired`] deletes their rows.
pub async fn expire(tx: &mut Tx, before: Timestamp) -> Result<()> {
    tx.query(sql!(
        "UPDATE event_log SET floor = (SELECT max(e.position) FROM event e WHERE e.at < $1 AND e.position < event_log.position)
         WHERE EXISTS (SELECT 1 FROM event e WHERE e.at < $1 AND e.position < event_log.position AND e.position > event_log.floor)"
    ))
    .bind(before)
    .execute()
    .await?;
    Ok(())
}

/// Deletes at most `limit` expired events, except for those that another process is deleting. Returns how many it deleted.
pub async fn delete_expired(tx: &mut Tx, limit: i64) -> Result<u64> {
    tx.query(sql!(
        "DELETE FROM event WHERE position IN
            (SELECT e.position FROM event e WHERE e.position <= (SELECT floor FROM event_log)
             ORDER BY e.position LIMIT $1 {skip_locked})"
    ))
    .bind(limit)
    .execute()
    .await
}
