//! What is asked, of whom, and in which words.

use crate::floor::paths;
use crate::load::{Connection, Request};
use anyhow::Context;
use clap::builder::PossibleValue;
use serde_json::{Value, json};

/// The hosts that Q4 is about: those whose name begins so, ten of 500.
pub const PREFIX: &str = "host-0004";

/// One kind of request.
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
pub enum Part {
    Query(Query),
    /// M1: accepting releases, and how soon their end is told
    M1,
}

impl clap::ValueEnum for Part {
    fn value_variants<'a>() -> &'a [Part] {
        const ALL: [Part; 5] = {
            let [q1, q2, q3, q4] = Query::ALL;
            [Part::Query(q1), Part::Query(q2), Part::Query(q3), Part::Query(q4), Part::M1]
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Part::Query(query) => query.to_possible_value(),
            Part::M1 => Some(PossibleValue::new("m1").help("Releases of 10 of a service's 100 instances")),
        }
    }
}

/// The words of one schema: a document for each query, and those that ask what the queries need to know before.
pub struct Documents {
    /// Services with their names and the ids of their versions.
    services: &'static str,
    /// A page of all instances, and the cursor of its end.
    instances: &'static str,
    /// The first page of the filtered list, and the cursor of its end.
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

/// lockkeeper's own schema, of which the usual server, Yoga and Mercurius have the part that is asked.
pub static LOCKKEEPER: Documents = documents!("lockkeeper");
/// What PostGraphile makes of the tables.
pub static POSTGRAPHILE: Documents = documents!("postgraphile");
/// What strawberry-graphql-django makes of the models; its pages are told by numbers.
pub static DJANGO: Documents = documents!("django");

/// Whom to ask, and how.
pub enum Speaks {
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

/// What the queries need to know of the data, in the words of one system.
pub struct Known {
    /// Names of services, each with the version that its instances would be upgraded from.
    pub services: Vec<(String, Value)>,
    /// The ends of the first five pages of all instances.
    pub pages: [Value; 5],
    /// The end of the first page of the filtered list.
    pub filtered: Value,
}

impl Speaks {
    /// A request for a document.
    pub fn ask(&self, port: u16, document: &str, variables: &Value) -> Request {
        let Speaks::Graphql { path, headers, .. } = self else { unreachable!("paths are asked without a document") };
        Request::post(port, path, headers, &json!({ "query": document, "variables": variables }).to_string())
    }

    /// Asks what the queries need to know.
    pub async fn know(&self, port: u16) -> anyhow::Result<Known> {
        let documents = match self {
            Speaks::Paths { database } => return paths::known(database).await,
            Speaks::Graphql { documents, .. } => documents,
        };
        let mut connection = Connection::open(port).await?;
        let mut ask = async |document: &str, variables: Value| -> anyhow::Result<Value> {
            let told: Value = serde_json::from_slice(&connection.ask(&self.ask(port, document, &variables)).await?)?;
            told.get("data").filter(|_| told.get("errors").is_none()).cloned().with_context(|| format!("{told}"))
        };
        let services = ask(documents.services, json!({})).await?;
        let services = services["services"]["nodes"].as_array().context("there are no services")?.iter();
        let services = services.map(|service| {
            let current = service["versions"]["nodes"][10]["id"].clone();
            (service["name"].as_str().unwrap_or_default().to_owned(), current)
        });
        let mut pages: [Value; 5] = Default::default();
        let mut end = Value::Null;
        for page in &mut pages {
            end =
                ask(documents.instances, json!({ "after": end })).await?["instances"]["pageInfo"]["endCursor"].clone();
            *page = end.clone();
        }
        let filtered = ask(documents.filtered, json!({ "prefix": PREFIX })).await?;
        let filtered = filtered["instances"]["pageInfo"]["endCursor"].clone();
        Ok(Known { services: services.collect(), pages, filtered })
    }

    /// The requests of a query, in the same order for all systems.
    pub fn requests(&self, query: Query, port: u16, known: &Known) -> Vec<Request> {
        match self {
            Speaks::Paths { .. } => paths::paths(query, known).iter().map(|path| Request::get(port, path)).collect(),
            Speaks::Graphql { documents, .. } => {
                let document = documents.queries[query as usize];
                variables(query, known).iter().map(|variables| self.ask(port, document, variables)).collect()
            }
        }
    }
}

fn variables(query: Query, known: &Known) -> Vec<Value> {
    match query {
        Query::Q1 => known.services.iter().map(|(name, current)| json!({ "name": name, "current": current })).collect(),
        Query::Q2 => vec![json!({})],
        Query::Q3 => {
            let [c1, c2, c3, c4, c5] = &known.pages;
            vec![json!({ "c1": c1, "c2": c2, "c3": c3, "c4": c4, "c5": c5 })]
        }
        Query::Q4 => vec![json!({ "prefix": PREFIX, "after": known.filtered })],
    }
}
