//! Services, as they are written.

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
    /// R3: none while it is there.
    pub removed_at: Option<Timestamp>,
}

/// What is said of a new service.
#[derive(Clone, Debug)]
pub struct NewService<'a> {
    pub name: &'a str,
    pub language: &'a str,
    pub description: &'a str,
    pub executor: &'a str,
}

/// Registers a service and gives its number; none when one of this name is there.
pub async fn insert(tx: &mut Tx, new: &NewService<'_>, by: &str, at: Timestamp) -> Result<Option<i64>> {
    let row: Option<(i64,)> = tx
        .query(sql!(
            "INSERT INTO service (name, language, description, executor, created_at, created_by, updated_at, updated_by)
             VALUES ($1, $2, $3, $4, $5, $6, $5, $6) ON CONFLICT DO NOTHING RETURNING id"
        ))
        .bind(new.name)
        .bind(new.language)
        .bind(new.description)
        .bind(new.executor)
        .bind(at)
        .bind(by)
        .optional()
        .await?;
    Ok(row.map(|(id,)| id))
}

/// The service that has this name now.
pub async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<i64>> {
    let row: Option<(i64,)> =
        tx.query(sql!("SELECT id FROM service WHERE name = $1 AND removed_at IS NULL")).bind(name).optional().await?;
    Ok(row.map(|(id,)| id))
}

/// The service with this number, removed or not, locked so that nothing is accepted against it meanwhile.
pub async fn lock(tx: &mut Tx, id: i64) -> Result<Option<Service>> {
    tx.query(sql!(
        "SELECT id, name, language, description, executor, removed_at FROM service WHERE id = $1
            AND {key_lock 'service ' || CAST($1 AS text)} IS NOT NULL {lock}"
    ))
    .bind(id)
    .optional()
    .await
}

/// The same, locked only against being changed.
pub async fn share(tx: &mut Tx, id: i64) -> Result<Option<Service>> {
    tx.query(sql!(
        "SELECT id, name, language, description, executor, removed_at FROM service WHERE id = $1
            AND {key_share 'service ' || CAST($1 AS text)} IS NOT NULL {share}"
    ))
    .bind(id)
    .optional()
    .await
}

/// Records what it is now.
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

/// Removes it: its name is free again (R3).
pub async fn remove(tx: &mut Tx, id: i64, by: &str, at: Timestamp) -> Result<()> {
    tx.query(sql!("UPDATE service SET removed_at = $2, updated_at = $2, updated_by = $3 WHERE id = $1"))
        .bind(id)
        .bind(at)
        .bind(by)
        .execute()
        .await?;
    Ok(())
}

/// Open releases of it, oldest first, at most so many.
pub async fn open_releases(tx: &mut Tx, id: i64, most: usize) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = tx
        .query(sql!("SELECT id FROM release WHERE service_id = $1 AND finished_at IS NULL ORDER BY id LIMIT $2"))
        .bind(id)
        .bind(most as i64)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
