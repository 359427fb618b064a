//! What the floor answers: the same documents as the others.

use serde::Serialize;
use sqlx::FromRow;

#[derive(Serialize)]
pub struct Answer<T> {
    pub data: T,
}

#[derive(Serialize)]
pub struct Nodes<T> {
    pub nodes: Vec<T>,
}

impl<T> Default for Nodes<T> {
    fn default() -> Nodes<T> {
        Nodes { nodes: Vec::new() }
    }
}

#[derive(Serialize)]
pub struct Found {
    pub service: Option<Service>,
}

#[derive(Serialize, FromRow)]
pub struct Service {
    #[serde(skip)]
    pub id: i64,
    pub name: String,
    pub language: String,
    pub description: String,
    #[sqlx(skip)]
    pub versions: Nodes<Choice>,
}

#[derive(Serialize, FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Choice {
    pub name: String,
    pub build_status: String,
    pub enabled: bool,
}

#[derive(Serialize)]
pub struct Services {
    pub services: Nodes<Row>,
}

#[derive(Serialize, FromRow)]
pub struct Row {
    #[serde(skip)]
    pub id: i64,
    pub name: String,
    pub language: String,
    #[sqlx(skip)]
    pub versions: Nodes<Version>,
    #[sqlx(skip)]
    pub instances: Nodes<Instance>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    pub name: String,
    pub build_status: String,
}

#[derive(Serialize)]
pub struct Named {
    pub name: String,
}

#[derive(Serialize)]
pub struct Host {
    pub hostname: String,
    pub address: String,
}

#[derive(Serialize)]
pub struct Instance {
    pub port: Option<i64>,
    pub tag: Option<String>,
    pub weight: i64,
    pub status: String,
    pub host: Host,
    pub version: Option<Named>,
}

/// One instance in a list of all services.
#[derive(Serialize)]
pub struct Fleet {
    pub port: Option<i64>,
    pub tag: Option<String>,
    pub weight: i64,
    pub status: String,
    pub service: Named,
    pub host: Host,
    pub version: Option<Named>,
}

#[derive(Serialize)]
pub struct Pages {
    pub p1: Nodes<Fleet>,
    pub p2: Nodes<Fleet>,
    pub p3: Nodes<Fleet>,
    pub p4: Nodes<Fleet>,
    pub p5: Nodes<Fleet>,
}

#[derive(Serialize)]
pub struct Counted {
    instances: Page,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    total_count: i64,
    nodes: Vec<Fleet>,
}

impl Counted {
    pub fn new(total_count: i64, nodes: Vec<Fleet>) -> Counted {
        Counted { instances: Page { total_count, nodes } }
    }
}
