//! Versions: writing and reading them.

use super::{Result, Tx};
use crate::domain::version::{Build, BuildStatus};
use crate::domain::{self, Timestamp};

/// A version as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Version {
    pub id: i64,
    pub service_id: i64,
    pub name: String,
    pub build_status: BuildStatus,
    pub artifact: Option<String>,
    pub build_message: Option<String>,
    pub withdrawn_at: Option<Timestamp>,
    /// `None` while it is not removed (R3).
    pub removed_at: Option<Timestamp>,
}

impl Version {
    /// The version as the rules of the domain see it.
    pub fn rule(&self) -> domain::version::Version {
        domain::version::Version {
            id: self.id,
            service_id: self.service_id,
            build_status: self.build_status,
            withdrawn: self.withdrawn_at.is_some(),
            removed: self.removed_at.is_some(),
        }
    }

    /// The state of its build.
    pub fn build(&self) -> Build {
        Build { status: self.build_status, artifact: self.artifact.clone(), message: self.build_message.clone() }
    }
}

/// A version to be registered.
#[derive(Clone, Debug)]
pub struct NewVersion<'a> {
    pub service_id: i64,
    pub name: &'a str,
    /// The source that it is built from; `ref` in SQL and the schema.
    pub reference: &'a str,
    pub description: &'a str,
    pub build: &'a Build,
}

/// Registers a version, and returns its id. The service must be locked: ids are in the order of versions, and the name is
/// known to be free.
pub async fn insert(tx: &mut Tx, new: &NewVersion<'_>, by: &str, at: Timestamp) -> Result<i64> {
    tx.query(sql!(
        "INSERT INTO version (service_id, name, ref, description, build_status, artifact, build_message, built_at,
            created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id"
    ))
    .bind(new.service_id)
    .bind(new.name)
    .bind(new.reference)
    .bind(new.description)
    .bind(new.build.status)
    .bind(&new.build.artifact)
    .bind(&new.build.message)
    .bind(Some(at).filter(|_| new.build.status.is_final()))
    .bind(at)
    .bind(by)
    .scalar()
    .await
}

/// Returns the version of a service that has this name and is not removed, or `None`.
pub async fn by_name(tx: &mut Tx, service_id: i64, name: &str) -> Result<Option<i64>> {
    tx.query(sql!("SELECT id FROM version WHERE service_id = $1 AND name = $2 AND removed_at IS NULL"))
        .bind(service_id)
        .bind(name)
        .optional_scalar()
        .await
}

/// Returns a version, removed or not. It may change meanwhile unless its service is locked.
pub async fn by_id(tx: &mut Tx, id: i64) -> Result<Option<Version>> {
    tx.query(sql!(
        "SELECT id, service_id, name, build_status, artifact, build_message, withdrawn_at, removed_at
         FROM version WHERE id = $1"
    ))
    .bind(id)
    .optional()
    .await
}

/// Saves the state of a version's build.
pub async fn report(tx: &mut Tx, id: i64, build: &Build, at: Timestamp) -> Result<()> {
    tx.query(sql!(
        "UPDATE version SET build_status = $2, artifact = $3, build_message = $4, built_at = $5 WHERE id = $1"
    ))
    .bind(id)
    .bind(build.status)
    .bind(&build.artifact)
    .bind(&build.message)
    .bind(Some(at).filter(|_| build.status.is_final()))
    .execute()
    .await?;
    Ok(())
}

/// Withdraws a version.
pub async fn withdraw(tx: &mut Tx, id: i64, reason: &str, by: &str, at: Timestamp) -> Result<()> {
    tx.query(sql!("UPDATE version SET withdrawn_at = $2, withdrawn_by = $3, withdrawn_reason = $4 WHERE id = $1"))
        .bind(id)
        .bind(at)
        .bind(by)
        .bind(reason)
        .execute()
        .await?;
    Ok(())
}

/// Reinstates a withdrawn version.
pub async fn reinstate(tx: &mut Tx, id: i64) -> Result<()> {
    tx.query(sql!(
        "UPDATE version SET withdrawn_at = NULL, withdrawn_by = NULL, withdrawn_reason = NULL WHERE id = $1"
    ))
    .bind(id)
    .execute()
    .await?;
    Ok(())
}

/// Removes a version: its name is free again (R3).
pub async fn remove(tx: &mut Tx, id: i64, at: Timestamp) -> Result<()> {
    tx.query(sql!("UPDATE version SET removed_at = $2 WHERE id = $1")).bind(id).bind(at).execute().await?;
    Ok(())
}

/// Returns the open releases that move instances to a version, oldest first, at most `limit`.
pub async fn open_releases(tx: &mut Tx, version: &Version, limit: usize) -> Result<Vec<i64>> {
    tx.query(sql!(
        "SELECT r.id FROM release r WHERE r.service_id = $1 AND r.finished_at IS NULL
            AND (r.target_version_id = $2 OR EXISTS (SELECT 1 FROM release_target t
                WHERE t.release_id = r.id AND t.to_version_id = $2 AND {open t}))
         ORDER BY r.id LIMIT $3"
    ))
    .bind(version.service_id)
    .bind(version.id)
    .bind(limit as i64)
    .scalars()
    .await
}
