//! The floor: what the work takes when nothing is general. One handler for each query, with its statements and its
//! types written for it, over the same number of connections.

mod accepting;
mod answers;
pub mod paths;
pub mod release;
mod statements;

use answers::{Answer, Counted, Fleet, Found, Nodes, Pages, Services};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use release::Releases;
use serde::Deserialize;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use statements as sql;
use std::collections::HashMap;

/// A failed statement is a failed request.
type Answered<T> = Result<Json<Answer<T>>, StatusCode>;

fn failed(error: sqlx::Error) -> StatusCode {
    eprintln!("{error}");
    StatusCode::INTERNAL_SERVER_ERROR
}

fn answer<T>(data: T) -> Json<Answer<T>> {
    Json(Answer { data })
}

/// Serves until it is killed.
pub async fn serve(database: &str, port: u16, connections: u32) -> anyhow::Result<()> {
    let options = PgPoolOptions::new().max_connections(connections).min_connections(connections);
    let pool = options.test_before_acquire(false).connect(database).await?;
    let router = Router::new()
        .route("/q1", get(q1))
        .route("/q2", get(q2))
        .route("/q3", get(q3))
        .route("/q4", get(q4))
        .with_state(pool.clone())
        .merge(Router::new().route("/release/{way}", post(release::accept)).with_state(Releases::new(pool)));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("ready");
    Ok(axum::serve(listener, router).await?)
}

#[derive(Deserialize)]
struct OneService {
    name: String,
    current: i64,
}

async fn q1(State(pool): State<PgPool>, Query(asked): Query<OneService>) -> Answered<Found> {
    let Some(mut service) = sql::service(&pool, &asked.name).await.map_err(failed)? else {
        return Ok(answer(Found { service: None }));
    };
    service.versions.nodes = sql::choices(&pool, service.id, asked.current).await.map_err(failed)?;
    Ok(answer(Found { service: Some(service) }))
}

async fn q2(State(pool): State<PgPool>) -> Answered<Services> {
    let mut services = sql::services(&pool).await.map_err(failed)?;
    let ids: Vec<i64> = services.iter().map(|service| service.id).collect();
    let places: HashMap<i64, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    for (service, version) in sql::versions(&pool, &ids).await.map_err(failed)? {
        services[places[&service]].versions.nodes.push(version);
    }
    for (service, instance) in sql::instances_of(&pool, &ids).await.map_err(failed)? {
        services[places[&service]].instances.nodes.push(instance);
    }
    Ok(answer(Services { services: Nodes { nodes: services } }))
}

/// The host and the instance that a page begins behind.
fn place(cursor: Option<&String>) -> Result<(&str, i64), StatusCode> {
    let place = || {
        let (hostname, id) = cursor?.split_once(':')?;
        Some((hostname, id.parse().ok()?))
    };
    place().ok_or(StatusCode::BAD_REQUEST)
}

async fn q3(State(pool): State<PgPool>, Query(asked): Query<HashMap<String, String>>) -> Answered<Pages> {
    let mut pages = Vec::with_capacity(5);
    for page in 1..=5 {
        let (hostname, id) = place(asked.get(&format!("c{page}")))?;
        pages.push(Nodes { nodes: sql::instances(&pool, hostname, id).await.map_err(failed)? });
    }
    let pages: [Nodes<Fleet>; 5] = pages.try_into().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let [p1, p2, p3, p4, p5] = pages;
    Ok(answer(Pages { p1, p2, p3, p4, p5 }))
}

async fn q4(State(pool): State<PgPool>, Query(asked): Query<HashMap<String, String>>) -> Answered<Counted> {
    let (hostname, id) = place(asked.get("after"))?;
    let nodes = sql::prefixed(&pool, hostname, id).await.map_err(failed)?;
    let total = sql::count_prefixed(&pool).await.map_err(failed)?;
    Ok(answer(Counted::new(total, nodes)))
}
