//! The floor's responses, which have the same data as those of the other systems.

use serde::Serialize;
use sqlx::FromRow;

#[derive(Serialize)]
pub struct Response<T> {
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
pub struct ServiceData {
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
    pub versions: Nodes<VersionChoice>,
}

#[derive(Serialize, FromRow)]
#[serde(rename_all = "camelCase")]
pub struct VersionChoice {
    pub name: String,
    pub build_status: String,
    pub enabled: bool,
}

#[derive(Serialize)]
pub struct ServicesData {
    pub services: Nodes<ServiceWithLists>,
}

#[derive(Serialize, FromRow)]
pub struct ServiceWithLists {
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
pub struct NameOnly {
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
    pub version: Option<NameOnly>,
}

/// An instance in a list of all services' instances.
#[derive(Serialize)]
pub struct FleetInstance {
    pub port: Option<i64>,
    pub tag: Option<String>,
    pub weight: i64,
    pub status: String,
    pub service: NameOnly,
    pub host: Host,
    pub version: Option<NameOnly>,
}

#[derive(Serialize)]
pub struct PagesData {
    pub p1: Nodes<FleetInstance>,
    pub p2: Nodes<FleetInstance>,
    pub p3: Nodes<FleetInstance>,
    pub p4: Nodes<FleetInstance>,
    pub p5: Nodes<FleetInstance>,
}

#[derive(Serialize)]
pub struct InstancesData {
    instances: CountedPage,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CountedPage {
    total_count: i64,
    nodes: Vec<FleetInstance>,
}

impl InstancesData {
    pub fn new(total_count: i64, nodes: Vec<FleetInstance>) -> InstancesData {
        InstancesData { instances: CountedPage { total_count, nodes } }
    }
}
