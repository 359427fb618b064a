//! The server that a team would write first in Rust: async-graphql's derive macros, async-graphql-axum, a DataLoader for
//! everything that is nested, and sqlx, over lockkeeper's tables in PostgreSQL.

mod instances;
mod loaders;
mod schema;

use async_graphql::dataloader::DataLoader;
use async_graphql::{EmptyMutation, EmptySubscription, Schema};
use async_graphql_axum::GraphQL;
use axum::Router;
use axum::routing::post_service;
use loaders::Loaders;
use schema::Query;
use sqlx::postgres::PgPoolOptions;
use std::env;

/// The allocator that lockkeeper and the server by hand have, too: it is not what is compared.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let connections: u32 = env::var("CONNECTIONS")?.parse()?;
    let port: u16 = env::var("PORT")?.parse()?;
    let options = PgPoolOptions::new().max_connections(connections).min_connections(connections);
    let pool = options.test_before_acquire(false).connect(&env::var("DATABASE_URL")?).await?;
    // Without a cache, one loader serves all requests, and what they load at the same time goes into one statement.
    let loaders = DataLoader::new(Loaders { pool: pool.clone() }, tokio::spawn);
    let schema = Schema::build(Query, EmptyMutation, EmptySubscription).data(pool).data(loaders).finish();
    let router = Router::new().route("/graphql", post_service(GraphQL::new(schema)));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    Ok(axum::serve(listener, router).await?)
}
