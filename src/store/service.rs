//! Services: writing and locking them.

use super::{Ids, Json, Result, Texts, Tx};
use crate::domain::Timestamp;
use crate::domain::release::rollout::RolloutOverrides;
use crate::domain::version::VersionScheme;
use std::collections::HashMap;

/// A service as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Service {
    pub id: i64,
    pub name: String,
    pub language: String,
    pub description: String,
    pub executor: String,
    pub version_scheme: VersionScheme,
    /// What its releases have where a request says nothing.
    pub rollout_defaults: Option<Json<RolloutOverrides>>,
    /// `None` while it is not removed (R3).
    pub removed_at: Option<Timestamp>,
}

/// A service to be registered.
#[derive(Clone, Debug)]
pub struct NewService<'a> {
    pub name: &'a str,
    pub language: &'a str,
    pub description: &'a str,
    pub executor: &'a str,
    pub version_scheme: VersionScheme,
}

/// Registers a service, and returns its id, or `None` if the name is taken.
pub async fn insert(tx: &mut Tx, new: &NewService<'_>, by: &str, at: Timestamp) -> Result<Option<i64>> {
    tx.query(sql!(
        "INSERT INTO service (name, language, description, executor, created_at, created_by, updated_at, updated_by,
            version_scheme)
         VALUES ($1, $2, $3, $4, $5, $6, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id"
    ))
    .bind(new.name)
    .bind(new.language)
    .bind(new.description)
    .bind(new.executor)
    .bind(at)
    .bind(by)
    .bind(new.version_scheme)
    .optional_scalar()
    .await
}

/// Returns id and name of the services that have these names and are not removed.
pub async fn by_name(tx: &mut Tx, names: &[String]) -> Result<Vec<(i64, String)>> {
    tx.query(sql!("SELECT id, name FROM service WHERE name {any $1} AND removed_at IS NULL"))
        .bind(Texts(names))
        .all()
        .await
}

/// Returns those of these services that exist and are not removed.
pub async fn present(tx: &mut Tx, ids: &[i64]) -> Result<Vec<i64>> {
    tx.query(sql!("SELECT id FROM service WHERE id {any $1} AND removed_at IS NULL ORDER BY id"))
        .bind(Ids(ids))
        .scalars()
        .await
}

/// Locks and returns a service, removed or not: until the transaction ends, nothing else is accepted for it.
pub async fn lock(tx: &mut Tx, id: i64) -> Result<Option<Service>> {
    tx.query(sql!(
        "SELECT id, name, language, description, executor, version_scheme, rollout_defaults, removed_at FROM service WHERE id = $1
            AND {key_lock 'service ' || CAST($1 AS text)} IS NOT NULL {lock}"
    ))
    .bind(id)
    .optional()
    .await
}

/// As [`lock`], but shared: until the transaction ends, the service does not change. The freezes of the fleet are shared
/// first, which those who set or end them lock.
pub async fn share(tx: &mut Tx, id: i64) -> Result<Option<Service>> {
    tx.query(sql!(
        "SELECT id, name, language, description, executor, version_scheme, rollout_defaults, removed_at FROM service WHERE id = $1
            AND {key_share 'fleet'} IS NOT NULL AND {key_share 'service ' || CAST($1 AS text)} IS NOT NULL {share}"
    ))
    .bind(id)
    .optional()
    .await
}

/// Locks services as [`share`] does, in the order of their ids.
pub async fn share_all(tx: &mut Tx, ids: &[i64]) -> Result<()> {
    tx.query(sql!(
        "SELECT s.id FROM (SELECT id FROM service WHERE id {any $1} ORDER BY id) AS s
         WHERE {key_share 'service ' || CAST(s.id AS text)} IS NOT NULL {share}"
    ))
    .bind(Ids(ids))
    .execute()
    .await?;
    Ok(())
}

/// Locks services in the order of their ids: as [`lock`] does if `alone`, otherwise as [`share`] does.
pub async fn share_or_lock(tx: &mut Tx, ids: &[i64], alone: bool) -> Result<()> {
    if alone { lock_all(tx, ids).await } else { share_all(tx, ids).await }
}

async fn lock_all(tx: &mut Tx, ids: &[i64]) -> Result<()> {
    tx.query(sql!(
        "SELECT s.id FROM (SELECT id FROM service WHERE id {any $1} ORDER BY id) AS s
         WHERE {key_lock 'service ' || CAST(s.id AS text)} IS NOT NULL {lock}"
    ))
    .bind(Ids(ids))
    .execute()
    .await?;
    Ok(())
}

/// Saves a service's settings.
pub async fn update(tx: &mut Tx, service: &Service, by: &str, at: Timestamp) -> Result<()> {
    tx.query(sql!(
        "UPDATE service SET language = $2, description = $3, executor = $4, updated_at = $5, updated_by = $6,
            version_scheme = $7, rollout_defaults = $8
         WHERE id = $1"
    ))
    .bind(service.id)
    .bind(&service.language)
    .bind(&service.description)
    .bind(&service.executor)
    .bind(at)
    .bind(by)
    .bind(service.version_scheme)
    .bind(service.rollout_defaults.clone())
    .execute()
    .await?;
    Ok(())
}

/// Removes a service: its name is free again (R3).
pub async fn remove(tx: &mut Tx, id: i64, by: &str, at: Timestamp) -> Result<()> {
    tx.query(sql!("UPDATE service SET removed_at = $2, updated_at = $2, updated_by = $3 WHERE id = $1"))
        .bind(id)
        .bind(at)
        .bind(by)
        .execute()
        .await?;
    Ok(())
}

/// Returns the open releases of a service, oldest first, at most `limit`.
pub async fn open_releases(tx: &mut Tx, id: i64, limit: usize) -> Result<Vec<i64>> {
    tx.query(sql!("SELECT id FROM release WHERE service_id = $1 AND finished_at IS NULL ORDER BY id LIMIT $2"))
        .bind(id)
        .bind(limit as i64)
        .scalars()
        .await
}

/// Returns the names of the executors of services, by service.
pub async fn executors(tx: &mut Tx, ids: &[i64]) -> Result<HashMap<i64, String>> {
    let rows: Vec<(i64, String)> =
        tx.query(sql!("SELECT id, executor FROM service WHERE id {any $1}")).bind(Ids(ids)).all().await?;
    Ok(rows.into_iter().collect())
}
