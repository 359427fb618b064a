//! Services: writing and locking them.

use super::{Result, Tx};
use crate::domain::Timestamp;

/// A service as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Service {
    pub id: i64,
    pub name: String,
    pub language: String,
    pub description: String,
    pub executor: String,
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
}

/// Registers a service, and returns its id, or `None` if the name is taken.
pub async fn insert(tx: &mut Tx, new: &NewService<'_>, by: &str, at: Timestamp) -> Result<Option<i64>> {
    tx.query(sql!(
        "INSERT INTO service (name, language, description, executor, created_at, created_by, updated_at, updated_by)
         VALUES ($1, $2, $3, $4, $5, $6, $5, $6) ON CONFLICT DO NOTHING RETURNING id"
    ))
    .bind(new.name)
    .bind(new.language)
    .bind(new.description)
    .bind(new.executor)
    .bind(at)
    .bind(by)
    .optional_scalar()
    .await
}

/// Returns the service that has this name and is not removed, or `None`.
pub async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<i64>> {
    tx.query(sql!("SELECT id FROM service WHERE name = $1 AND removed_at IS NULL")).bind(name).optional_scalar().await
}

/// Locks and returns a service, removed or not: until the transaction ends, nothing else is accepted for it.
pub async fn lock(tx: &mut Tx, id: i64) -> Result<Option<Service>> {
    tx.query(sql!(
        "SELECT id, name, language, description, executor, removed_at FROM service WHERE id = $1
            AND {key_lock 'service ' || CAST($1 AS text)} IS NOT NULL {lock}"
    ))
    .bind(id)
    .optional()
    .await
}

/// As [`lock`], but shared: until the transaction ends, the service does not change.
pub async fn share(tx: &mut Tx, id: i64) -> Result<Option<Service>> {
    tx.query(sql!(
        "SELECT id, name, language, description, executor, removed_at FROM service WHERE id = $1
            AND {key_share 'service ' || CAST($1 AS text)} IS NOT NULL {share}"
    ))
    .bind(id)
    .optional()
    .await
}

/// Saves a service's settings.
pub async fn update(tx: &mut Tx, service: &Service, by: &str, at: Timestamp) -> Result<()> {
    tx.query(sql!(
        "UPDATE service SET language = $2, description = $3, executor = $4, updated_at = $5, updated_by = $6
         WHERE id = $1"
    ))
    .bind(service.id)
    .bind(&service.language)
    .bind(&service.description)
    .bind(&service.executor)
    .bind(at)
    .bind(by)
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
