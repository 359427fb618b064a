//! A fleet written row by row, and its schema.

use crate::local::{Local, simulate};
use lockkeeper::domain::Role;
use lockkeeper::limits::{Limits, RootFields};
use serde_json::{Value, json};
use std::ops::Deref;
use testkit::rows::{self, Row};
use testkit::{Database, databases};

pub struct Fleet {
    local: Local,
    pub rows: Database,
    _directory: tempfile::TempDir,
}

impl Deref for Fleet {
    type Target = Local;

    fn deref(&self) -> &Local {
        &self.local
    }
}

impl Fleet {
    /// A fleet without any rows.
    pub async fn empty(kind: &str) -> Fleet {
        let directory = tempfile::tempdir().unwrap();
        let url = databases::fresh(kind, directory.path());
        // The costs of reading have tests of their own.
        let root_fields = RootFields { query: 100, mutation: 100, subscription: 1 };
        let (depth, nodes, aliases, objects) = (60, 100_000, 100_000, u64::MAX);
        let limits = Limits { depth, nodes, aliases, objects, root_fields, ..Limits::default() };
        let local = Local::open(&url, [simulate("sim")], limits).await;
        Fleet { local, rows: Database::open(&url).await, _directory: directory }
    }

    /// The rows of [`rows::fleet`].
    pub async fn of(kind: &str, services: i64, versions: i64, hosts: i64) -> Fleet {
        let fleet = Fleet::empty(kind).await;
        fleet.insert(rows::fleet(services, versions, hosts)).await;
        fleet
    }

    pub async fn insert(&self, rows: impl IntoIterator<Item = Row>) {
        self.rows.insert(rows).await;
    }

    /// Appends an edit of each of these instances to the event log, in this order.
    pub async fn edit(&self, instances: &[i64]) {
        self.insert(instances.iter().map(|instance| rows::edit(*instance))).await;
    }

    /// The response to a document of an admin.
    pub async fn response(&self, query: &str) -> Value {
        self.ask(Role::Admin, query, json!({})).await
    }

    /// The data of a response without errors.
    pub async fn data(&self, query: &str) -> Value {
        let mut response = self.response(query).await;
        assert!(response.get("errors").is_none(), "{query}: {response}");
        response["data"].take()
    }

    /// The number of statements that a document takes.
    pub async fn statements(&self, query: &str) -> u64 {
        let before = self.app.db.statements();
        self.data(query).await;
        self.app.db.statements() - before
    }
}
