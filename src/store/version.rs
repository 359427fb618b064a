//! Versions: writing and reading them.

use super::{Ids, Json, Result, Texts, Tx};
use crate::domain::release::plan::PlanVersion;
use crate::domain::version::{Build, BuildStatus, VersionPlace};
use crate::domain::{self, Timestamp};
use serde_json::json;

/// A version as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Version {
    pub id: i64,
    pub service_id: i64,
    pub name: String,
    pub precedence: String,
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
            place: self.place(),
            service_id: self.service_id,
            build_status: self.build_status,
            withdrawn: self.withdrawn_at.is_some(),
            removed: self.removed_at.is_some(),
        }
    }

    /// Its place in the order of its service.
    pub fn place(&self) -> VersionPlace {
        VersionPlace { precedence: self.precedence.clone(), id: self.id }
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
    /// Its place in the order of the service, as text.
    pub precedence: &'a str,
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
            created_at, created_by, precedence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id"
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
    .bind(new.precedence)
    .scalar()
    .await
}

/// Returns id and name of the versions of a service that are not removed, by id.
pub async fn names_of(tx: &mut Tx, service_id: i64) -> Result<Vec<(i64, String)>> {
    tx.query(sql!("SELECT id, name FROM version WHERE service_id = $1 AND removed_at IS NULL ORDER BY id"))
        .bind(service_id)
        .all()
        .await
}

/// Saves the precedence of each version of a service that is not removed: these, by id.
pub async fn set_precedence(tx: &mut Tx, service_id: i64, precedence: &[(i64, String)]) -> Result<()> {
    let rows: Vec<_> = precedence.iter().map(|(id, text)| json!({ "id": id, "precedence": text })).collect();
    tx.query(sql!(
        "UPDATE version SET precedence = value ->> 'precedence'
         FROM {items $1} WHERE version.id = CAST(value ->> 'id' AS bigint) AND version.service_id = $2"
    ))
    .bind(Json(rows))
    .bind(service_id)
    .execute()
    .await?;
    Ok(())
}

/// Returns id and name of the versions of a service that have these names and are not removed.
pub async fn by_name(tx: &mut Tx, service_id: i64, names: &[String]) -> Result<Vec<(i64, String)>> {
    tx.query(sql!("SELECT id, name FROM version WHERE service_id = $1 AND name {any $2} AND removed_at IS NULL"))
        .bind(service_id)
        .bind(Texts(names))
        .all()
        .await
}

/// Returns what the plan of a release has to know of these versions, by id.
pub async fn planned(tx: &mut Tx, ids: &[i64]) -> Result<Vec<PlanVersion>> {
    tx.query(sql!(
        "SELECT id, name, withdrawn_at IS NOT NULL AS is_withdrawn FROM version WHERE id {any $1} ORDER BY id"
    ))
    .bind(Ids(ids))
    .all()
    .await
}

/// Returns a version, removed or not. It may change meanwhile unless its service is locked.
pub async fn by_id(tx: &mut Tx, id: i64) -> Result<Option<Version>> {
    tx.query(sql!(
        "SELECT id, service_id, name, precedence, build_status, artifact, build_message, withdrawn_at, removed_at
         FROM version WHERE id = $1"
    ))
    .bind(id)
    .optional()
    .await
}

/// Returns these versions, removed or not.
pub async fn by_ids(tx: &mut Tx, ids: &[i64]) -> Result<Vec<Version>> {
    tx.query(sql!(
        "SELECT id, service_id, name, precedence, build_status, artifact, build_message, withdrawn_at, removed_at
         FROM version WHERE id {any $1}"
    ))
    .bind(Ids(ids))
    .all()
    .await
}

/// Returns service, name and id of the versions with these services and names that are not removed.
pub async fn by_places(tx: &mut Tx, places: &[(i64, String)]) -> Result<Vec<(i64, String, i64)>> {
    let items: Vec<_> = places.iter().map(|(service, name)| json!({ "service": service, "name": name })).collect();
    tx.query(sql!(
        "SELECT DISTINCT v.service_id, v.name, v.id FROM {items $1}
         JOIN version v ON v.service_id = CAST(value ->> 'service' AS bigint) AND v.name = value ->> 'name'
            AND v.removed_at IS NULL"
    ))
    .bind(Json(items))
    .all()
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
