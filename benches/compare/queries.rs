//! The queries of the comparison, in the schema of each system.

use crate::floor::paths;
use crate::load::{Connection, Request};
use anyhow::Context;
use clap::builder::PossibleValue;
use serde_json::{Value, json};

/// Q4 filters by hosts whose name begins with this, which are 10 of 500.
pub const PREFIX: &str = "host-0004";

/// One kind of query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Query {
    /// A service by name, its 20 versions with `enabled`
    Q1,
    /// 20 services, 20 versions and 50 instances of each, with host and version
    Q2,
    /// Five pages of 200 instances with service, host and version
    Q3,
    /// The second page of 200 of a filtered list with its total count
    Q4,
}

impl Query {
    pub const ALL: [Query; 4] = [Query::Q1, Query::Q2, Query::Q3, Query::Q4];

    pub fn name(self) -> &'static str {
        ["Q1", "Q2", "Q3", "Q4"][self as usize]
    }
}

/// What can be measured: queries, and releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measurement {
    Query(Query),
    /// M1: how fast releases are accepted, and how soon subscribers learn that they have ended
    M1,
}

impl clap::ValueEnum for Measurement {
    fn value_variants<'a>() -> &'a [Measurement] {
        const ALL: [Measurement; 5] = {
            let [q1, q2, q3, q4] = Query::ALL;
            [
                Measurement::Query(q1),
                Measurement::Query(q2),
                Measurement::Query(q3),
                Measurement::Query(q4),
                Measurement::M1,
            ]
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Measurement::Query(query) => query.to_possible_value(),
            Measurement::M1 => Some(PossibleValue::new("m1").help("Releases of 10 of a service's 100 instances")),
        }
    }
}

/// The documents of one schema: one for each query, and those that read the values of the queries' variables.
pub struct Documents {
    /// Services with their names and the ids of their versions.
    services: &'static str,
    /// A page of all instances, with the cursor of its end.
    instances: &'static str,
    /// The first page of the filtered list, with the cursor of its end.
    filtered: &'static str,
    queries: [&'static str; 4],
}

macro_rules! documents {
    ($folder:literal) => {
        Documents {
            services: include_str!(concat!("documents/", $folder, "/services.graphql")),
            instances: include_str!(concat!("documents/", $folder, "/instances.graphql")),
            filtered: include_str!(concat!("documents/", $folder, "/filtered.graphql")),
            queries: [
                include_str!(concat!("documents/", $folder, "/q1.graphql")),
                include_str!(concat!("documents/", $folder, "/q2.graphql")),
                include_str!(concat!("documents/", $folder, "/q3.graphql")),
                include_str!(concat!("documents/", $folder, "/q4.graphql")),
            ],
        }
    };
}

/// lockkeeper's own schema. The usual server, Yoga and Mercurius have the part of it that is compared.
pub static LOCKKEEPER: Documents = documents!("lockkeeper");
/// The schema that PostGraphile makes of the tables.
pub static POSTGRAPHILE: Documents = documents!("postgraphile");
/// The schema that strawberry-graphql-django makes of the models. Its pages have offsets in place of cursors.
pub static DJANGO: Documents = documents!("django");

/// How a system is queried.
pub enum Protocol {
    /// The floor's own paths, over this database.
    Paths {
        database: String,
    },
    Graphql {
        documents: &'static Documents,
        path: &'static str,
        headers: String,
    },
}

/// Values for the queries' variables, as one system writes them.
pub struct Samples {
    /// Names of services, each with the version that its instances would be upgraded from.
    pub services: Vec<(String, Value)>,
    /// The ends of the first five pages of all instances.
    pub pages: [Value; 5],
    /// The end of the first page of the filtered list.
    pub filtered: Value,
}

impl Protocol {
    /// A request for a document.
    pub fn request(&self, port: u16, document: &str, variables: &Value) -> Request {
        let Protocol::Graphql { path, headers, .. } = self else { unreachable!("the floor has paths, not documents") };
        Request::post(port, path, headers, &json!({ "query": document, "variables": variables }).to_string())
    }

    /// Reads values for the queries' variables.
    pub async fn samples(&self, port: u16) -> anyhow::Result<Samples> {
        let documents = match self {
            Protocol::Paths { database } => return paths::samples(database).await,
            Protocol::Graphql { documents, .. } => documents,
        };
        let mut connection = Connection::open(port).await?;
        let mut read = async |document: &str, variables: Value| -> anyhow::Result<Value> {
            let body = connection.send(&self.request(port, document, &variables)).await?;
            let response: Value = serde_json::from_slice(&body)?;
            let data = response.get("data").filter(|_| response.get("errors").is_none());
            data.cloned().with_context(|| format!("{response}"))
        };
        let services = read(documents.services, json!({})).await?;
        let services = services["services"]["nodes"].as_array().context("the response has no services")?.iter();
        let services = services.map(|service| {
            let current = service["versions"]["nodes"][10]["id"].clone();
            (service["name"].as_str().unwrap_or_default().to_owned(), current)
        });
        let mut pages: [Value; 5] = Default::default();
        let mut end = Value::Null;
        for page in &mut pages {
            let data = read(documents.instances, json!({ "after": end })).await?;
            end = data["instances"]["pageInfo"]["endCursor"].clone();
            *page = end.clone();
        }
        let filtered = read(documents.filtered, json!({ "prefix": PREFIX })).await?;
        let filtered = filtered["instances"]["pageInfo"]["endCursor"].clone();
        Ok(Samples { services: services.collect(), pages, filtered })
    }

    /// The requests of a query, in the same order for all systems.
    pub fn requests(&self, query: Query, port: u16, samples: &Samples) -> Vec<Request> {
        match self {
            Protocol::Paths { .. } => {
                paths::paths(query, samples).iter().map(|path| Request::get(port, path)).collect()
            }
            Protocol::Graphql { documents, .. } => {
                let document = documents.queries[query as usize];
                variables(query, samples).iter().map(|variables| self.request(port, document, variables)).collect()
            }
        }
    }
}

fn variables(query: Query, samples: &Samples) -> Vec<Value> {
    match query {
        Query::Q1 => {
            samples.services.iter().map(|(name, current)| json!({ "name": name, "current": current })).collect()
        }
        Query::Q2 => vec![json!({})],
        Query::Q3 => {
            let [c1, c2, c3, c4, c5] = &samples.pages;
            vec![json!({ "c1": c1, "c2": c2, "c3": c3, "c4": c4, "c5": c5 })]
        }
        Query::Q4 => vec![json!({ "prefix": PREFIX, "after": samples.filtered })],
    }
}
