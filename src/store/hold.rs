//! Holds and freezes: setting, reading and ending them.

use super::{Db, Ids, Json, Result, Tx};
use crate::domain::Timestamp;
use crate::domain::calendar::{Days, WeeklyWindow};
use crate::domain::hold::{Freeze, Hold};
use serde_json::{Value, json};

/// What new holds have in common.
#[derive(Clone, Debug)]
pub struct NewHold<'a> {
    pub reason: &'a str,
    pub until: Option<Timestamp>,
}

/// Sets a hold on each of these instances, which come with their services. Returns the id and the instance of each.
pub async fn insert(
    tx: &mut Tx,
    instances: &[(i64, i64)],
    new: &NewHold<'_>,
    by: &str,
    at: Timestamp,
) -> Result<Vec<(i64, i64)>> {
    let rows: Vec<Value> =
        instances.iter().map(|(instance, service)| json!({ "instance_id": instance, "service_id": service })).collect();
    tx.query(sql!(
        "INSERT INTO hold (instance_id, service_id, reason, until, created_at, created_by)
         SELECT CAST(value ->> 'instance_id' AS bigint), CAST(value ->> 'service_id' AS bigint), $2, $3, $4, $5
         FROM {items $1} RETURNING id, instance_id"
    ))
    .bind(Json(rows))
    .bind(new.reason)
    .bind(new.until)
    .bind(at)
    .bind(by)
    .all()
    .await
}

/// Sets a hold on each of these hosts. Returns the id and the host of each.
pub async fn insert_on_hosts(
    tx: &mut Tx,
    hosts: &[i64],
    new: &NewHold<'_>,
    by: &str,
    at: Timestamp,
) -> Result<Vec<(i64, i64)>> {
    tx.query(sql!(
        "INSERT INTO hold (host_id, reason, until, created_at, created_by)
         SELECT CAST(value AS bigint), $2, $3, $4, $5 FROM {items $1} RETURNING id, host_id"
    ))
    .bind(Json(hosts))
    .bind(new.reason)
    .bind(new.until)
    .bind(at)
    .bind(by)
    .all()
    .await
}

/// Freezes a service, or the fleet if there is none, and returns the id of the freeze.
pub async fn freeze(
    tx: &mut Tx,
    service_id: Option<i64>,
    new: &NewHold<'_>,
    includes_reverts: bool,
    by: &str,
    at: Timestamp,
) -> Result<i64> {
    tx.query(sql!(
        "INSERT INTO hold (service_id, reason, until, includes_reverts, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id"
    ))
    .bind(service_id)
    .bind(new.reason)
    .bind(new.until)
    .bind(includes_reverts)
    .bind(at)
    .bind(by)
    .scalar()
    .await
}

macro_rules! holds {
    ($condition:literal) => {
        sql!(concat!(
            "SELECT id, service_id, instance_id, host_id, is_window, includes_reverts, reason, created_by, until, ended_at
             FROM hold ",
            $condition
        ))
    };
}

/// Returns the holds and freezes with these ids, in the order of ids.
pub async fn by_ids(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Hold>> {
    tx.query(holds!("WHERE id {any $1} ORDER BY id")).bind(Ids(ids)).all().await
}

/// Returns the holds on these instances that have not been ended, oldest first, including those past their `until`.
pub async fn on_instances(tx: &mut Tx, instance_ids: &[i64]) -> Result<Vec<Hold>> {
    tx.query(holds!("WHERE instance_id {any $1} AND ended_at IS NULL ORDER BY id")).bind(Ids(instance_ids)).all().await
}

/// Returns the holds on these hosts that have not been ended, oldest first, including those past their `until`.
pub async fn on_hosts(tx: &mut Tx, host_ids: &[i64]) -> Result<Vec<Hold>> {
    tx.query(holds!("WHERE host_id {any $1} AND ended_at IS NULL ORDER BY id")).bind(Ids(host_ids)).all().await
}

/// An instance, and a hold on it or on its host.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct HeldInstance {
    pub held_id: i64,
    #[sqlx(flatten)]
    pub hold: Hold,
}

/// Returns these instances with each hold on them, and each on their hosts, that has not been ended, oldest first, including
/// those past their `until`.
pub async fn over_instances(tx: &mut Tx, instance_ids: &[i64]) -> Result<Vec<HeldInstance>> {
    tx.query(sql!(
        "SELECT instance_id AS held_id, id, service_id, instance_id, host_id, is_window, includes_reverts, reason, created_by,
            until, ended_at
         FROM hold WHERE instance_id {any $1} AND ended_at IS NULL
         UNION ALL
         SELECT i.id, h.id, h.service_id, h.instance_id, h.host_id, h.is_window, h.includes_reverts, h.reason, h.created_by,
            h.until, h.ended_at
         FROM instance i JOIN hold h ON h.host_id = i.host_id AND h.ended_at IS NULL
         WHERE i.id {any $1} AND i.status <> 'REMOVED'
         ORDER BY 2"
    ))
    .bind(Ids(instance_ids))
    .all()
    .await
}

/// Returns the freezes of a service that have not been ended, oldest first, including those past their `until`.
pub async fn on_service(tx: &mut Tx, service_id: i64) -> Result<Vec<Hold>> {
    tx.query(holds!("WHERE service_id = $1 AND instance_id IS NULL AND ended_at IS NULL ORDER BY id"))
        .bind(service_id)
        .all()
        .await
}

/// Returns the freezes of the fleet that have not been ended, oldest first, including those past their `until`.
pub async fn on_fleet(tx: &mut Tx) -> Result<Vec<Hold>> {
    tx.query(holds!(
        "WHERE ended_at IS NULL AND service_id IS NULL AND instance_id IS NULL AND host_id IS NULL AND NOT is_window
         ORDER BY id"
    ))
    .all()
    .await
}

/// A freeze, and the calendar of its window.
#[derive(sqlx::FromRow)]
struct FreezeRow {
    #[sqlx(flatten)]
    hold: Hold,
    time_zone: Option<String>,
    days: Option<i64>,
    from_minute: Option<i64>,
    to_minute: Option<i64>,
}

impl FreezeRow {
    fn into_freeze(self) -> Freeze {
        let FreezeRow { hold, time_zone, days, from_minute, to_minute } = self;
        let window = || {
            let days = Days::from_bits(days?);
            Some(WeeklyWindow { time_zone: time_zone?, days, from_minute: from_minute?, to_minute: to_minute? })
        };
        Freeze { window: window(), hold }
    }
}

/// Returns the freezes that can refuse releases of a service, oldest first: its own, those of the fleet, and freeze windows,
/// open or not. None has been ended; some may be past their `until`.
pub async fn freezes_of(tx: &mut Tx, service_id: i64) -> Result<Vec<Freeze>> {
    let freezes = tx.query(sql!(
        "SELECT f.id, f.service_id, f.instance_id, f.host_id, f.is_window, f.includes_reverts, f.reason, f.created_by,
            f.until, f.ended_at, w.time_zone, w.days, w.from_minute, w.to_minute
         FROM service_freeze f LEFT JOIN freeze_window w ON w.id = f.id
         WHERE f.frozen_service_id = $1 ORDER BY f.id"
    ));
    let freezes: Vec<FreezeRow> = freezes.bind(service_id).all().await?;
    Ok(freezes.into_iter().map(FreezeRow::into_freeze).collect())
}

/// Whether a hold is past its `until` and has not been ended.
pub async fn any_due(db: &Db) -> Result<bool> {
    let found = db
        .query(sql!("SELECT id FROM hold WHERE ended_at IS NULL AND until <= {now} LIMIT 1"))
        .optional_scalar::<i64>()
        .await?;
    Ok(found.is_some())
}

/// Returns holds that are past their `until` and have not been ended, the earliest `until` first, at most `limit`.
pub async fn due(tx: &mut Tx, now: Timestamp, limit: usize) -> Result<Vec<Hold>> {
    tx.query(holds!("WHERE ended_at IS NULL AND until <= $1 ORDER BY until, id LIMIT $2"))
        .bind(now)
        .bind(limit as i64)
        .all()
        .await
}

/// Ends these holds, except for those that have ended before. Returns the ids of those that it ended, in order.
pub async fn end(tx: &mut Tx, ids: &[i64], by: &str, at: Timestamp) -> Result<Vec<i64>> {
    let mut ended: Vec<i64> = tx
        .query(sql!("UPDATE hold SET ended_at = $2, ended_by = $3 WHERE id {any $1} AND ended_at IS NULL RETURNING id"))
        .bind(Ids(ids))
        .bind(at)
        .bind(by)
        .scalars()
        .await?;
    ended.sort_unstable();
    Ok(ended)
}

/// Ends these holds at their `until`, except for those that have ended before. Returns the ids of those that it ended, in
/// order.
pub async fn expire(tx: &mut Tx, ids: &[i64]) -> Result<Vec<i64>> {
    let mut ended: Vec<i64> = tx
        .query(sql!("UPDATE hold SET ended_at = until WHERE id {any $1} AND ended_at IS NULL RETURNING id"))
        .bind(Ids(ids))
        .scalars()
        .await?;
    ended.sort_unstable();
    Ok(ended)
}
