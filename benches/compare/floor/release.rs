//! A release accepted by hand: lockkeeper's statements, in a transaction of the same shape, and a small response.
//! Whatever is not as expected is an error.

use super::release_statements::{self as sql, Instance, NewRelease};
use super::{FloorResult, response};
use crate::direction::Direction;
use anyhow::{Context, ensure};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::time::Duration;
use tokio::sync::watch;

/// The shortest time between two notifications of the worker, which is lockkeeper's own.
const NOTIFY_INTERVAL: Duration = Duration::from_millis(20);
/// The name of the caller in the records.
const CALLER: &str = "by hand";

#[derive(Clone)]
pub struct Releases {
    pool: PgPool,
    /// The newest position of the event log that is committed.
    committed: watch::Sender<i64>,
}

#[derive(Deserialize, Serialize)]
pub struct ReleaseRequest {
    pub service: i64,
    pub version: i64,
    pub hosts: Vec<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    release: Release,
    accepted_count: i64,
}

#[derive(Serialize)]
struct Release {
    id: i64,
    status: String,
}

impl Releases {
    pub fn new(pool: PgPool) -> Releases {
        let committed = watch::Sender::new(0);
        tokio::spawn(notify_worker(pool.clone(), committed.subscribe()));
        Releases { pool, committed }
    }
}

/// Notifies the worker of commits, as lockkeeper's processes notify each other.
async fn notify_worker(pool: PgPool, mut committed: watch::Receiver<i64>) {
    while committed.changed().await.is_ok() {
        let position = committed.borrow_and_update().to_string();
        let sent = sqlx::query("SELECT pg_notify('lockkeeper_events', $1)").bind(position).execute(&pool).await;
        if let Err(error) = sent {
            eprintln!("{error}");
        }
        tokio::time::sleep(NOTIFY_INTERVAL).await;
    }
}

pub async fn accept(
    State(releases): State<Releases>,
    Path(direction): Path<Direction>,
    Json(request): Json<ReleaseRequest>,
) -> FloorResult<Accepted> {
    accept_release(&releases, direction, &request).await.map(response).map_err(|error| {
        eprintln!("{error}");
        StatusCode::INTERNAL_SERVER_ERROR
    })
}

async fn accept_release(
    releases: &Releases,
    direction: Direction,
    request: &ReleaseRequest,
) -> anyhow::Result<Accepted> {
    let ReleaseRequest { service: service_id, version: version_id, ref hosts } = *request;
    let mut tx = releases.pool.begin().await?;
    sql::now(&mut tx).await?;
    let service = sql::service(&mut tx, service_id).await?.context("the service does not exist")?;
    sql::now(&mut tx).await?;
    let version = sql::version(&mut tx, version_id).await?.context("the version does not exist")?;
    ensure!(version.service_id == service_id, "the version belongs to another service");
    ensure!(version.build_status == "SUCCEEDED" && version.withdrawn_at.is_none(), "the version cannot be released");
    ensure!(sql::freezes(&mut tx, service_id).await?.is_empty(), "the service is frozen");
    ensure!(sql::hosts(&mut tx, hosts).await?.len() == hosts.len(), "a host does not exist");
    let seen = sql::instances_on(&mut tx, service_id, hosts).await?;
    ensure!(seen.len() == hosts.len(), "a host does not have the service");
    let ids = numbers(&seen);
    ensure!(
        sql::holds(&mut tx, &ids).await?.is_empty() && can_move(&seen, direction, version_id),
        "an instance cannot be moved"
    );
    sql::lock(&mut tx, &ids).await?;
    let at = sql::now(&mut tx).await?;
    let mut locked = sql::instances(&mut tx, service_id, &ids).await?;
    ensure!(
        sql::holds(&mut tx, &ids).await?.is_empty() && can_move(&locked, direction, version_id),
        "an instance has changed"
    );
    locked.sort_by(|a, b| a.hostname.cmp(&b.hostname));

    let (executor, total) = (service.executor.as_str(), locked.len() as i64);
    let new = NewRelease { service_id, action: direction.action(), version_id, executor, by: CALLER, at, total };
    let id = sql::insert_release(&mut tx, &new).await?;
    sql::set_status(&mut tx, &numbers(&locked), direction.status(), at, CALLER).await?;
    let targets = locked.iter().zip(1..).map(|(instance, ordinal)| target(instance, ordinal, version_id));
    let targets: Vec<Value> = targets.collect();
    let mut inserted = sql::insert_targets(&mut tx, id, executor, &targets).await?;
    inserted.sort_unstable();
    sql::audit(&mut tx, at, CALLER, &serde_json::to_value(request)?, id).await?;
    let last = sql::reserve_positions(&mut tx, total + 1).await?;
    let mut events = vec![json!({
        "subject": "RELEASE", "kind": "ACCEPTED", "release_id": id, "action": direction.action(), "target_id": null,
        "revision": 1, "status": "PENDING", "total": total, "queued": total, "running": 0, "succeeded": 0, "failed": 0,
        "canceled": 0, "unknown": 0, "skipped": 0,
    })];
    events.extend(locked.iter().zip(&inserted).map(|(instance, (_, target))| event(instance, direction, id, *target)));
    for (event, position) in events.iter_mut().zip(last - total..) {
        event["position"] = position.into();
        event["caused_by"] = CALLER.into();
        event["service_id"] = service_id.into();
        event["service_name"] = service.name.as_str().into();
    }
    sql::insert_events(&mut tx, &events, at).await?;
    tx.commit().await?;
    releases.committed.send_replace(last);
    let (id, status) = sql::release(&releases.pool, id).await?;
    Ok(Accepted { release: Release { id, status }, accepted_count: total })
}

fn numbers(instances: &[Instance]) -> Vec<i64> {
    instances.iter().map(|instance| instance.id).collect()
}

/// Whether all instances may be moved to this version.
fn can_move(instances: &[Instance], direction: Direction, version: i64) -> bool {
    let can_move = |instance: &Instance| {
        let settled = matches!(instance.status.as_str(), "RUNNING" | "UPGRADE_FAILED" | "REVERT_FAILED");
        let from = instance.version_id.unwrap_or_default();
        let is_ahead = if direction == Direction::Upgrade { from < version } else { version < from };
        instance.release_id.is_none() && settled && is_ahead
    };
    instances.iter().all(can_move)
}

fn target(instance: &Instance, ordinal: i64, version: i64) -> Value {
    json!({
        "ordinal": ordinal, "instance_id": instance.id, "host_id": instance.host_id, "from_version_id": instance.version_id,
        "to_version_id": version, "from_status": instance.status,
    })
}

fn event(instance: &Instance, direction: Direction, release: i64, target: i64) -> Value {
    json!({
        "subject": "INSTANCE", "kind": "RELEASE", "instance_id": instance.id, "host_id": instance.host_id,
        "hostname": instance.hostname, "revision": instance.revision + 1, "previous_status": instance.status,
        "status": direction.status(), "previous_version_id": instance.version_id, "version_id": instance.version_id, "locked": true,
        "release_id": release, "target_id": target, "hold_id": null,
    })
}
