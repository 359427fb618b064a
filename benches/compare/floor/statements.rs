//! The floor's statements, written for these queries alone.

use super::responses::{FleetInstance, Host, Instance, NameOnly, Service, ServiceWithLists, Version, VersionChoice};
use crate::queries::PREFIX;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Result, Row as _};

pub async fn service(pool: &PgPool, name: &str) -> Result<Option<Service>> {
    sqlx::query_as("SELECT id, name, language, description FROM service WHERE name = $1 AND removed_at IS NULL")
        .bind(name)
        .fetch_optional(pool)
        .await
}

/// The newest versions of a service, and whether an instance at `current` may be upgraded to them.
pub async fn choices(pool: &PgPool, service: i64, current: i64) -> Result<Vec<VersionChoice>> {
    sqlx::query_as(
        "SELECT name, build_status, id > $2 AND build_status = 'SUCCEEDED' AND withdrawn_at IS NULL AS enabled
         FROM version WHERE service_id = $1 AND removed_at IS NULL ORDER BY id DESC LIMIT 20",
    )
    .bind(service)
    .bind(current)
    .fetch_all(pool)
    .await
}

pub async fn services(pool: &PgPool) -> Result<Vec<ServiceWithLists>> {
    sqlx::query_as("SELECT id, name, language FROM service WHERE removed_at IS NULL ORDER BY name, id LIMIT 20")
        .fetch_all(pool)
        .await
}

/// The newest versions of these services, each with the id of its service.
pub async fn versions(pool: &PgPool, services: &[i64]) -> Result<Vec<(i64, Version)>> {
    let version = |row: PgRow| Ok((row.try_get(0)?, Version { name: row.try_get(1)?, build_status: row.try_get(2)? }));
    sqlx::query(
        "SELECT s.id, v.name, v.build_status FROM unnest($1::bigint[]) AS s(id) CROSS JOIN LATERAL
         (SELECT * FROM version WHERE service_id = s.id AND removed_at IS NULL ORDER BY id DESC LIMIT 20) AS v
         ORDER BY s.id, v.id DESC",
    )
    .bind(services)
    .try_map(version)
    .fetch_all(pool)
    .await
}

/// The first instances of these services by hostname, each with the id of its service.
pub async fn instances_of(pool: &PgPool, services: &[i64]) -> Result<Vec<(i64, Instance)>> {
    let instance = |row: PgRow| {
        let instance = Instance {
            port: row.try_get(1)?,
            tag: row.try_get(2)?,
            weight: row.try_get(3)?,
            status: row.try_get(4)?,
            host: Host { hostname: row.try_get(5)?, address: row.try_get(6)? },
            version: row.try_get::<Option<String>, _>(7)?.map(|name| NameOnly { name }),
        };
        Ok((row.try_get(0)?, instance))
    };
    sqlx::query(
        "SELECT s.id, i.port, i.tag, i.weight, i.status, h.hostname, h.address, v.name
         FROM unnest($1::bigint[]) AS s(id) CROSS JOIN LATERAL
         (SELECT * FROM instance WHERE service_id = s.id AND status <> 'REMOVED' ORDER BY folded_hostname, id LIMIT 50) AS i
         JOIN host h ON h.id = i.host_id LEFT JOIN version v ON v.id = i.version_id ORDER BY s.id, i.folded_hostname, i.id",
    )
    .bind(services)
    .try_map(instance)
    .fetch_all(pool)
    .await
}

fn fleet(row: PgRow) -> Result<FleetInstance> {
    Ok(FleetInstance {
        port: row.try_get(0)?,
        tag: row.try_get(1)?,
        weight: row.try_get(2)?,
        status: row.try_get(3)?,
        service: NameOnly { name: row.try_get(4)? },
        host: Host { hostname: row.try_get(5)?, address: row.try_get(6)? },
        version: row.try_get::<Option<String>, _>(7)?.map(|name| NameOnly { name }),
    })
}

/// The page of all instances after this one.
pub async fn instances(pool: &PgPool, hostname: &str, id: i64) -> Result<Vec<FleetInstance>> {
    sqlx::query(
        "SELECT i.port, i.tag, i.weight, i.status, s.name, h.hostname, h.address, v.name FROM instance i
         JOIN service s ON s.id = i.service_id JOIN host h ON h.id = i.host_id
         LEFT JOIN version v ON v.id = i.version_id
         WHERE (i.folded_hostname, i.id) > ($1, $2) AND i.status <> 'REMOVED' ORDER BY i.folded_hostname, i.id LIMIT 200",
    )
    .bind(hostname)
    .bind(id)
    .try_map(fleet)
    .fetch_all(pool)
    .await
}

/// The page after this instance, of the instances on hosts whose name has the prefix.
pub async fn prefixed(pool: &PgPool, hostname: &str, id: i64) -> Result<Vec<FleetInstance>> {
    sqlx::query(
        "SELECT i.port, i.tag, i.weight, i.status, s.name, h.hostname, h.address, v.name FROM instance i
         JOIN service s ON s.id = i.service_id JOIN host h ON h.id = i.host_id
         LEFT JOIN version v ON v.id = i.version_id
         WHERE i.folded_hostname >= $3 AND i.folded_hostname < $4 AND (i.folded_hostname, i.id) > ($1, $2) AND i.status <> 'REMOVED'
         ORDER BY i.folded_hostname, i.id LIMIT 200",
    )
    .bind(hostname)
    .bind(id)
    .bind(PREFIX)
    .bind(format!("{PREFIX}\u{10ffff}"))
    .try_map(fleet)
    .fetch_all(pool)
    .await
}

pub async fn count_prefixed(pool: &PgPool) -> Result<i64> {
    let statement =
        "SELECT count(*) FROM instance WHERE folded_hostname >= $1 AND folded_hostname < $2 AND status <> 'REMOVED'";
    sqlx::query_scalar(statement).bind(PREFIX).bind(format!("{PREFIX}\u{10ffff}")).fetch_one(pool).await
}
