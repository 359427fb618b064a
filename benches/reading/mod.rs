//! A small fleet in SQLite, and two queries for it.

use anyhow::Context;
use lockkeeper::app::App;
use lockkeeper::change::Denials;
use lockkeeper::domain::{Caller, Role};
use lockkeeper::gate::Gate;
use lockkeeper::graphql::ExecutableSchema;
use lockkeeper::limits::Limits;
use lockkeeper::store::Db;
use serde_json::json;
use std::path::Path;
use testkit::large::{Size, load};

/// A service by name, and its 20 versions with `enabled`.
pub const SERVICE: &str =
    "query($name: String!, $now: ID!) { service(name: $name) { id name versions(first: 20) { nodes {
    id name buildStatus enabled(action: UPGRADE, currentVersion: $now) } } } }";

/// 20 services, of each 20 versions, and 50 instances with host and version.
pub const PAGE: &str = "{ services(first: 20) { nodes { name versions(first: 20) { nodes { id name } }
    instances(first: 50) { nodes { id status host { hostname } version { name } } } } } }";

/// The queries by name.
pub const QUERIES: [(&str, &str); 2] = [("service", SERVICE), ("page", PAGE)];

pub struct Reading {
    schema: ExecutableSchema,
    gate: Gate,
}

/// Creates the fleet, and returns the URL of its database.
pub async fn create_fleet(directory: &Path) -> anyhow::Result<String> {
    let url = format!("sqlite:{}", directory.join("fleet.db").display());
    Db::open(&url, 1).await?.close().await;
    load(&url, Size::named("1k").context("there is a fleet of this size")?).await?;
    Ok(url)
}

impl Reading {
    pub async fn open(url: &str) -> anyhow::Result<Reading> {
        let app = App { db: Db::open(url, 1).await?, executors: Default::default(), rollout: Default::default() };
        let denials = Denials::new(app.db.clone(), Limits::default().audit_input);
        Ok(Reading { schema: ExecutableSchema::new(app, denials), gate: Gate::for_api(Limits::default()) })
    }

    /// The bytes of the response.
    pub async fn execute(&self, document: &str) -> Vec<u8> {
        let caller = Caller::new("ann", Role::Viewer, "token 1");
        let variables = json!({ "name": "service-00007", "now": "ver_130" });
        let variables = variables.as_object().cloned().unwrap_or_default();
        let prepared = self.gate.prepare(document.to_owned(), None, variables);
        let prepared = prepared.unwrap_or_else(|errors| panic!("{errors:?}"));
        let response = prepared.execute(&self.schema, caller, "req-1").await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        lockkeeper::wire::body(&response)
    }
}
