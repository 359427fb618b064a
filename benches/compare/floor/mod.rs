//! The floor: the cost of the queries when nothing is general. One handler for each query, with statements and types
//! that are written for it, over the same number of connections.

pub mod paths;
pub mod release;
mod release_statements;
mod responses;
mod statements;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use release::Releases;
use responses::{FleetInstance, InstancesData, Nodes, PagesData, Response, ServiceData, ServicesData};
use serde::Deserialize;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use statements as sql;
use std::collections::HashMap;

/// A failed statement is a failed request.
type FloorResult<T> = Result<Json<Response<T>>, StatusCode>;

fn failed(error: sqlx::Error) -> StatusCode {
    eprintln!("{error}");
    StatusCode::INTERNAL_SERVER_ERROR
}

fn response<T>(data: T) -> Json<Response<T>> {
    Json(Response { data })
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
        .merge(Router::new().route("/release/{direction}", post(release::accept)).with_state(Releases::new(pool)));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("ready");
    Ok(axum::serve(listener, router).await?)
}

#[derive(Deserialize)]
struct Q1Parameters {
    name: String,
    current: i64,
}

async fn q1(State(pool): State<PgPool>, Query(parameters): Query<Q1Parameters>) -> FloorResult<ServiceData> {
    let Some(mut service) = sql::service(&pool, &parameters.name).await.map_err(failed)? else {
        return Ok(response(ServiceData { service: None }));
    };
    service.versions.nodes = sql::choices(&pool, service.id, parameters.current).await.map_err(failed)?;
    Ok(response(ServiceData { service: Some(service) }))
}

async fn q2(State(pool): State<PgPool>) -> FloorResult<ServicesData> {
    let mut services = sql::services(&pool).await.map_err(failed)?;
    let ids: Vec<i64> = services.iter().map(|service| service.id).collect();
    let indexes: HashMap<i64, usize> = ids.iter().enumerate().map(|(index, id)| (*id, index)).collect();
    for (service, version) in sql::versions(&pool, &ids).await.map_err(failed)? {
        services[indexes[&service]].versions.nodes.push(version);
    }
    for (service, instance) in sql::instances_of(&pool, &ids).await.map_err(failed)? {
        services[indexes[&service]].instances.nodes.push(instance);
    }
    Ok(response(ServicesData { services: Nodes { nodes: services } }))
}

/// The host and the instance after which a page begins.
fn parse_cursor(cursor: Option<&String>) -> Result<(&str, i64), StatusCode> {
    let parse = || {
        let (hostname, id) = cursor?.split_once(':')?;
        Some((hostname, id.parse().ok()?))
    };
    parse().ok_or(StatusCode::BAD_REQUEST)
}

async fn q3(State(pool): State<PgPool>, Query(parameters): Query<HashMap<String, String>>) -> FloorResult<PagesData> {
    let mut pages = Vec::with_capacity(5);
    for page in 1..=5 {
        let (hostname, id) = parse_cursor(parameters.get(&format!("c{page}")))?;
        pages.push(Nodes { nodes: sql::instances(&pool, hostname, id).await.map_err(failed)? });
    }
    let pages: [Nodes<FleetInstance>; 5] = pages.try_into().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let [p1, p2, p3, p4, p5] = pages;
    Ok(response(PagesData { p1, p2, p3, p4, p5 }))
}

async fn q4(
    State(pool): State<PgPool>,
    Query(parameters): Query<HashMap<String, String>>,
) -> FloorResult<InstancesData> {
    let (hostname, id) = parse_cursor(parameters.get("after"))?;
    let nodes = sql::prefixed(&pool, hostname, id).await.map_err(failed)?;
    let total = sql::count_prefixed(&pool).await.map_err(failed)?;
    Ok(response(InstancesData::new(total, nodes)))
}
