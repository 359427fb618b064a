//! Freeze windows: writing them, and listing when they are open.

use super::{Ids, Json, Result, Tx};
use crate::domain::Timestamp;
use crate::domain::calendar::{Days, Period, WeeklyWindow};
use serde_json::json;

/// A freeze window to be created.
#[derive(Clone, Debug)]
pub struct NewWindow<'a> {
    pub calendar: &'a WeeklyWindow,
    /// The services that it freezes; every service if there are none.
    pub services: &'a [i64],
    pub reason: &'a str,
    pub includes_reverts: bool,
}

/// Creates a freeze window, whose periods are not listed yet, and returns its id.
pub async fn insert(tx: &mut Tx, new: &NewWindow<'_>, by: &str, at: Timestamp) -> Result<i64> {
    let id: i64 = tx
        .query(sql!(
            "INSERT INTO hold (is_window, reason, includes_reverts, created_at, created_by)
             VALUES (true, $1, $2, $3, $4) RETURNING id"
        ))
        .bind(new.reason)
        .bind(new.includes_reverts)
        .bind(at)
        .bind(by)
        .scalar()
        .await?;
    tx.query(sql!(
        "INSERT INTO freeze_window (id, time_zone, days, from_minute, to_minute, listed_until)
         VALUES ($1, $2, $3, $4, $5, $6)"
    ))
    .bind(id)
    .bind(&new.calendar.time_zone)
    .bind(new.calendar.days.bits())
    .bind(new.calendar.from_minute)
    .bind(new.calendar.to_minute)
    .bind(at)
    .execute()
    .await?;
    if !new.services.is_empty() {
        let services = tx.query(sql!(
            "INSERT INTO freeze_window_service (window_id, service_id) SELECT CAST($1 AS bigint), id FROM service
             WHERE id {any $2}"
        ));
        services.bind(id).bind(Ids(new.services)).execute().await?;
    }
    Ok(id)
}

/// A freeze window, and up to when its periods are listed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Listed {
    pub id: i64,
    time_zone: String,
    days: i64,
    from_minute: i64,
    to_minute: i64,
    pub listed_until: Timestamp,
}

impl Listed {
    pub fn calendar(&self) -> WeeklyWindow {
        let Listed { time_zone, days, from_minute, to_minute, .. } = self.clone();
        WeeklyWindow { time_zone, days: Days::from_bits(days), from_minute, to_minute }
    }
}

/// Locks and returns freeze windows that are not removed and whose periods are listed up to a time before `until`, at most
/// `limit`, except for those that another process has locked.
pub async fn to_list(tx: &mut Tx, until: Timestamp, limit: i64) -> Result<Vec<Listed>> {
    tx.query(sql!(
        "SELECT w.id, w.time_zone, w.days, w.from_minute, w.to_minute, w.listed_until FROM freeze_window w
         WHERE w.listed_until < $1 AND EXISTS (SELECT 1 FROM hold h WHERE h.id = w.id AND h.ended_at IS NULL)
         ORDER BY w.listed_until, w.id LIMIT $2 {skip_locked}"
    ))
    .bind(until)
    .bind(limit)
    .all()
    .await
}

/// Adds periods of freeze windows, which have their ids beside them, and notes that they are listed up to `until`. A period
/// that is listed already stays.
pub async fn list_periods(tx: &mut Tx, periods: &[(i64, Period)], windows: &[i64], until: Timestamp) -> Result<()> {
    let rows: Vec<_> = periods
        .iter()
        .map(|(window, period)| {
            json!({ "window": window, "opens": period.opens_at.0, "closes": period.closes_at.map(|at| at.0) })
        })
        .collect();
    tx.query(sql!(
        "INSERT INTO freeze_period (window_id, opens_at, closes_at)
         SELECT CAST(value ->> 'window' AS bigint), {instant value ->> 'opens'}, {instant value ->> 'closes'}
         FROM {items $1} WHERE true ON CONFLICT DO NOTHING"
    ))
    .bind(Json(rows))
    .execute()
    .await?;
    tx.query(sql!("UPDATE freeze_window SET listed_until = $2 WHERE id {any $1}"))
        .bind(Ids(windows))
        .bind(until)
        .execute()
        .await?;
    Ok(())
}

/// Deletes periods that closed before this instant.
pub async fn delete_periods(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.query(sql!("DELETE FROM freeze_period WHERE closes_at < $1")).bind(before).execute().await
}
