//! A release accepted by hand: lockkeeper's statements, in a transaction of the same shape, and a small answer. What is
//! not as expected is an error.

use super::accepting::{self as sql, Instance, NewRelease};
use super::{Answered, answer};
use crate::way::Way;
use anyhow::{Context, ensure};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::time::Duration;
use tokio::sync::watch;

/// The shortest time from one word to the worker to the next: lockkeeper's own.
const REST: Duration = Duration::from_millis(20);
/// Who asks.
const BY: &str = "by hand";

#[derive(Clone)]
pub struct Releases {
    pool: PgPool,
    /// The newest position that is committed.
    committed: watch::Sender<i64>,
}

#[derive(Deserialize, Serialize)]
pub struct Asked {
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
        tokio::spawn(tell(pool.clone(), committed.subscribe()));
        Releases { pool, committed }
    }
}

/// Tells the worker of what is committed, as lockkeeper's processes tell each other.
async fn tell(pool: PgPool, mut committed: watch::Receiver<i64>) {
    while committed.changed().await.is_ok() {
        let position = committed.borrow_and_update().to_string();
        let told = sqlx::query("SELECT pg_notify('lockkeeper_events', $1)").bind(position).execute(&pool).await;
        if let Err(error) = told {
            eprintln!("{error}");
        }
        tokio::time::sleep(REST).await;
    }
}

pub async fn accept(
    State(releases): State<Releases>,
    Path(way): Path<Way>,
    Json(asked): Json<Asked>,
) -> Answered<Accepted> {
    accepted(&releases, way, &asked).await.map(answer).map_err(|error| {
        eprintln!("{error}");
        StatusCode::INTERNAL_SERVER_ERROR
    })
}

async fn accepted(releases: &Releases, way: Way, asked: &Asked) -> anyhow::Result<Accepted> {
    let Asked { service: service_id, version: version_id, ref hosts } = *asked;
    let mut tx = releases.pool.begin().await?;
    sql::now(&mut tx).await?;
    let service = sql::service(&mut tx, service_id).await?.context("no such service")?;
    sql::now(&mut tx).await?;
    let version = sql::version(&mut tx, version_id).await?.context("no such version")?;
    ensure!(version.service_id == service_id, "a version of another service");
    ensure!(version.build_status == "SUCCEEDED" && version.withdrawn_at.is_none(), "no version to be released");
    ensure!(sql::freezes(&mut tx, service_id).await?.is_empty(), "the service is frozen");
    ensure!(sql::hosts(&mut tx, hosts).await?.len() == hosts.len(), "no such host");
    let seen = sql::instances_on(&mut tx, service_id, hosts).await?;
    ensure!(seen.len() == hosts.len(), "a host without the service");
    let ids = numbers(&seen);
    ensure!(sql::holds(&mut tx, &ids).await?.is_empty() && fit(&seen, way, version_id), "it cannot take part");
    sql::lock(&mut tx, &ids).await?;
    let at = sql::now(&mut tx).await?;
    let mut taken = sql::instances(&mut tx, service_id, &ids).await?;
    ensure!(sql::holds(&mut tx, &ids).await?.is_empty() && fit(&taken, way, version_id), "it was taken meanwhile");
    taken.sort_by(|a, b| a.hostname.cmp(&b.hostname));

    let (executor, total) = (service.executor.as_str(), taken.len() as i64);
    let new = NewRelease { service_id, action: way.action(), version_id, executor, by: BY, at, total };
    let id = sql::insert_release(&mut tx, &new).await?;
    sql::take(&mut tx, &numbers(&taken), way.status(), at, BY).await?;
    let targets: Vec<Value> = taken.iter().zip(1..).map(|(taken, place)| target(taken, place, version_id)).collect();
    let mut made = sql::insert_targets(&mut tx, id, executor, &targets).await?;
    made.sort_unstable();
    sql::audit(&mut tx, at, BY, &serde_json::to_value(asked)?, id).await?;
    let last = sql::positions(&mut tx, total + 1).await?;
    let mut events = vec![json!({
        "subject": "RELEASE", "kind": "ACCEPTED", "release_id": id, "action": way.action(), "target_id": null,
        "revision": 1, "status": "PENDING", "total": total, "queued": total, "running": 0, "succeeded": 0, "failed": 0,
        "canceled": 0, "unknown": 0, "skipped": 0,
    })];
    events.extend(taken.iter().zip(&made).map(|(taken, (_, target))| event(taken, way, id, *target)));
    for (event, position) in events.iter_mut().zip(last - total..) {
        event["position"] = position.into();
        event["caused_by"] = BY.into();
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

/// Whether all of them may be moved to this version.
fn fit(instances: &[Instance], way: Way, version: i64) -> bool {
    let fits = |instance: &Instance| {
        let settled = matches!(instance.status.as_str(), "RUNNING" | "UPGRADE_FAILED" | "REVERT_FAILED");
        let from = instance.version_id.unwrap_or_default();
        let direction = if way == Way::Upgrade { from < version } else { version < from };
        instance.release_id.is_none() && settled && direction
    };
    instances.iter().all(fits)
}

fn target(taken: &Instance, place: i64, version: i64) -> Value {
    json!({
        "ordinal": place, "instance_id": taken.id, "host_id": taken.host_id, "from_version_id": taken.version_id,
        "to_version_id": version, "from_status": taken.status,
    })
}

fn event(taken: &Instance, way: Way, release: i64, target: i64) -> Value {
    json!({
        "subject": "INSTANCE", "kind": "RELEASE", "instance_id": taken.id, "host_id": taken.host_id,
        "hostname": taken.hostname, "revision": taken.revision + 1, "previous_status": taken.status,
        "status": way.status(), "previous_version_id": taken.version_id, "version_id": taken.version_id, "locked": true,
        "release_id": release, "target_id": target, "hold_id": null,
    })
}
