//! The operations, on both databases.

mod freeze;
mod hold;
mod host;
mod host_hold;
mod host_many;
mod instance;
mod service;
mod version;

use crate::app::App;
use crate::change::Answer;
use crate::change::Request;
use crate::domain::reference::{
    FOUND_VERSION, HOST, INSTANCE, INSTANCES, Reference, SERVICE, VERSION, VersionReference,
};
use crate::domain::release::rollout::RolloutDefaults;
use crate::domain::version::{Build, BuildStatus, VersionScheme};
use crate::domain::{Caller, Problems, Role, Timestamp};
use crate::executor::Executor;
use crate::limits::Bytes;
use crate::store::Db;
use crate::store::db::sql::sql;
use crate::store::tests::databases;
use serde_json::{Value, json};

/// A fresh server's parts on one of the databases.
struct Ground {
    app: App,
    _directory: tempfile::TempDir,
}

/// One event of the log, in short: kind, revision, statuses, locked.
type Event = (String, Option<i64>, Option<String>, Option<String>, Option<bool>);

impl Ground {
    /// A fresh server on a database of this kind.
    async fn new(kind: &str) -> Ground {
        let directory = tempfile::tempdir().unwrap();
        let db = Db::open(&databases::fresh(kind, directory.path()), 8).await.unwrap();
        let executor = Executor::parse("sim", "kind = 'simulate'").unwrap();
        let app = App { db, executors: [executor].into_iter().collect(), rollout: RolloutDefaults::default() };
        Ground { app, _directory: directory }
    }
}

/// A request of this mutation.
fn request(operation: &'static str) -> Request {
    keyed_request(operation, json!({}), None)
}

fn keyed_request(operation: &'static str, input: Value, key: Option<&str>) -> Request {
    let caller = Caller::new("ann", Role::Admin, "token 1");
    Request {
        caller,
        request_id: "q1".to_owned(),
        operation,
        input,
        idempotency_key: key.map(str::to_owned),
        audit_input: Bytes::kibi(4),
    }
}

/// What the operation made.
async fn made<T>(answer: impl Future<Output = Answer<T>>) -> T {
    answer.await.unwrap().unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// What was wrong: code, path and ids of each problem.
async fn wrong<T: std::fmt::Debug>(answer: impl Future<Output = Answer<T>>) -> Vec<String> {
    let Problems(problems) = answer.await.unwrap().unwrap_err();
    let lines = problems.iter().map(|problem| {
        [problem.code.to_string(), problem.field.join("."), problem.related_ids.join(" ")].join(" ").trim().to_owned()
    });
    lines.collect()
}

fn text(id: &str) -> String {
    id.to_owned()
}

impl Ground {
    async fn service(&self, name: &str) -> i64 {
        let new = super::service::ServiceInput {
            name: name.to_owned(),
            language: String::new(),
            description: String::new(),
            executor: "sim".to_owned(),
            version_scheme: VersionScheme::Registration,
        };
        made(super::service::create(&self.app, &request("createService"), &new)).await
    }

    async fn version(&self, service: i64, name: &str) -> i64 {
        let new = super::version::VersionInput {
            service: Reference::by_id(&SERVICE, format!("svc_{service}")),
            name: name.to_owned(),
            reference: String::new(),
            description: String::new(),
            build_status: BuildStatus::Succeeded,
            artifact: Some("file:///a.tar".to_owned()),
        };
        made(super::version::create(&self.app, &request("createVersion"), &new)).await
    }

    async fn host(&self, hostname: &str) -> i64 {
        let new = super::host::HostInput {
            hostname: hostname.to_owned(),
            address: "127.0.0.1".to_owned(),
            labels: Vec::new(),
        };
        made(super::host::create(&self.app, &request("createHosts"), &[new])).await[0]
    }

    /// An instance as a release could have left it, at revision 1.
    async fn instance(&self, service: i64, host: i64, version: Option<i64>, status: &'static str) -> i64 {
        let mut tx = self.app.db.begin().await.unwrap();
        let id = tx
            .query(sql!(
                "INSERT INTO instance (service_id, host_id, hostname, version_id, weight, description, status, revision,
                    created_at, updated_at, updated_by)
                 SELECT $1, id, hostname, $3, 100, '', $4, 1, created_at, created_at, 'w1' FROM host WHERE id = $2
                 RETURNING id"
            ))
            .bind(service)
            .bind(host)
            .bind(version)
            .bind(status)
            .scalar()
            .await
            .unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// An open release of one target that moves an instance to a version.
    async fn release(&self, service: i64, instance: i64, to: i64) -> i64 {
        let mut tx = self.app.db.begin().await.unwrap();
        let at = tx.now().await.unwrap();
        let id: i64 = tx
            .query(sql!(
                "INSERT INTO release (service_id, action, target_version_id, origin, executor, max_parallel, max_failures,
                    on_failure, timeout_seconds, status, reason, created_at, created_by, revision, position, total,
                    queued, running, succeeded, failed, canceled, unknown, skipped, deadline_at)
                 VALUES ($1, 'UPGRADE', $2, 'REQUEST', 'sim', 1, 0, 'STOP', 60, 'PENDING', '', $3, 'ann', 1, 0, 1,
                    1, 0, 0, 0, 0, 0, 0, $4) RETURNING id"
            ))
            .bind(service)
            .bind(to)
            .bind(at)
            .bind(Timestamp(at.0 + 86_400_000))
            .scalar()
            .await
            .unwrap();
        tx.query(sql!(
            "INSERT INTO release_target (release_id, ordinal, instance_id, host_id, to_version_id, from_status, executor,
                shares_host, status)
             SELECT $1, 1, id, host_id, $3, 'RUNNING', 'sim', false, 'QUEUED' FROM instance WHERE id = $2"
        ))
        .bind(id)
        .bind(instance)
        .bind(to)
        .execute()
        .await
        .unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Lets holds be past their end.
    async fn pass(&self, holds: &[i64]) {
        let mut tx = self.app.db.begin().await.unwrap();
        tx.query(sql!("UPDATE hold SET until = $2 WHERE id {any $1}"))
            .bind(crate::store::Ids(holds))
            .bind(Timestamp(Timestamp::now().0 - 1000))
            .execute()
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// Kinds of all events of services.
    async fn service_events(&self) -> Vec<String> {
        let rows: Vec<(String,)> = self
            .app
            .db
            .query(sql!("SELECT kind FROM event WHERE subject = 'SERVICE' ORDER BY position"))
            .all()
            .await
            .unwrap();
        rows.into_iter().map(|(kind,)| kind).collect()
    }

    /// All events of an instance.
    async fn instance_events(&self, id: i64) -> Vec<Event> {
        self.app
            .db
            .query(sql!(
                "SELECT kind, revision, previous_status, status, locked FROM event
                 WHERE subject = 'INSTANCE' AND instance_id = $1 ORDER BY position"
            ))
            .bind(id)
            .all()
            .await
            .unwrap()
    }

    async fn revision(&self, instance: i64) -> i64 {
        self.app.db.query(sql!("SELECT revision FROM instance WHERE id = $1")).bind(instance).scalar().await.unwrap()
    }

    /// How all mutations ended, by the audit log.
    async fn outcomes(&self) -> Vec<(String, String)> {
        self.app.db.query(sql!("SELECT operation, outcome FROM audit ORDER BY id")).all().await.unwrap()
    }
}

/// A version by its id alone.
fn version_by_id(id: impl Into<String>) -> VersionReference {
    VersionReference { version: Reference::by_id(&VERSION, id), service: Reference::omitted(&SERVICE) }
}

fn event(kind: &str, revision: i64, before: &str, after: &str, locked: bool) -> Event {
    (kind.to_owned(), Some(revision), Some(before.to_owned()), Some(after.to_owned()), Some(locked))
}

fn build(status: BuildStatus, artifact: Option<&str>, message: Option<&str>) -> Build {
    Build { status, artifact: artifact.map(str::to_owned), message: message.map(str::to_owned) }
}
