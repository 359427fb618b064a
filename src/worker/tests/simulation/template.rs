//! The fleet with which each seed begins. It is made once, and each seed gets a copy of its database.

use super::world::{BUDGET, HOSTS, LABEL, Service};
use crate::executor::Executor;
use crate::store::db::sql::sql;
use crate::worker::tests::fleet::{Fleet, name};
use std::path::Path;
use tempfile::TempDir;

/// A place for files in memory, where there is one: nothing that a seed writes has to outlive it.
const MEMORY: &str = "/dev/shm";

pub struct Template {
    /// Its database is closed.
    fleet: Fleet,
    services: Vec<Service>,
}

impl Template {
    pub async fn new() -> Template {
        let mut fleet = Fleet::new("sqlite", HOSTS).await;
        let api = fleet.service("api", "api").await;
        let mut versions = Vec::new();
        for name in ["1", "2", "3"] {
            versions.push(fleet.version(api, name, "SUCCEEDED").await);
        }
        let deployed = sql!(
            "INSERT INTO instance (service_id, host_id, hostname, version_id, weight, description, status, revision,
                created_at, updated_at, updated_by)
             SELECT CAST($1 AS bigint), id, hostname, CAST($2 AS bigint), 100, '', 'RUNNING', 1, {now}, {now}, 'ann' FROM host"
        );
        fleet.changed(|tx| tx.query(deployed).bind(api).bind(versions[1])).await;
        let events = sql!(
            "INSERT INTO event (position, subject, kind, at, caused_by, service_id, service_name, instance_id, host_id, hostname,
                version_id, previous_version_id, revision, previous_status, status, locked)
             SELECT i.id, 'INSTANCE', 'EDIT', {now}, 'ann', s.id, s.name, i.id, i.host_id, i.hostname,
                i.version_id, i.version_id, i.revision, i.status, i.status, false
             FROM instance i JOIN service s ON s.id = i.service_id"
        );
        fleet.changed(|tx| tx.query(events)).await;
        let counter = sql!("UPDATE event_log SET position = (SELECT max(position) FROM event)");
        fleet.changed(|tx| tx.query(counter)).await;
        let budget = sql!("INSERT INTO service_budget (service_id, max_count) VALUES ($1, $2)");
        fleet.changed(|tx| tx.query(budget).bind(api).bind(BUDGET)).await;
        for (host, zone) in [(1, "a"), (2, "a"), (3, "b"), (4, "b")] {
            fleet.label(&name(host), LABEL, zone).await;
        }
        let executors = [("web", ""), ("api", "on_lost = 'retry'")];
        let executor =
            |(name, more): (&str, &str)| Executor::parse(name, &format!("kind = 'simulate'\n{more}")).unwrap();
        fleet.app.executors = executors.map(executor).into_iter().collect();
        fleet.app.db.close().await;
        let web = Service { id: fleet.service, versions: fleet.versions[..3].to_vec() };
        Template { fleet, services: vec![web, Service { id: api, versions }] }
    }

    /// A fleet of its own, and its services.
    pub async fn copied(&self) -> (Fleet, Vec<Service>) {
        let memory = Path::new(MEMORY);
        let directory = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        (self.fleet.copied(directory.unwrap()).await, self.services.clone())
    }
}
