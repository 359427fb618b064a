//! A small fleet to release on, made by plain SQL.

use crate::app::App;
use crate::change;
use crate::domain::instance::InstanceSettings;
use crate::domain::instance::InstanceStatus;
use crate::domain::reference::{CURRENT_VERSION, Reference, SERVICE, VERSION};
use crate::domain::release::rollout::RolloutDefaults;
use crate::domain::release::rollout::RolloutOverrides;
use crate::domain::release::selection::Included;
use crate::domain::release::{OnLocked, ReleaseAction};
use crate::domain::{Caller, Kind, Role};
use crate::executor::Executor;
use crate::limits::Bytes;
use crate::release::accept;
use crate::release::request::{Accepted, Aim, Refused, ReleaseRequest, Selection};
use crate::store::db::sql::sql;
use crate::store::tests::databases;
use crate::store::worker::{self, Registration};
use crate::store::{Db, Error, Json, Tx};
use serde_json::json;
use std::path::Path;
use tempfile::TempDir;

/// Registers a worker of this name.
pub async fn register_worker(db: &Db, name: &str) -> i64 {
    let registration = Registration {
        name,
        state_dir: "here",
        executors: &["web"],
        max_targets: 1,
        lease_ms: 1,
        grace_ms: 1,
        orphan_ms: 0,
    };
    worker::register(db, &registration).await.unwrap()
}

/// A service `web` with versions 1 to 4 (4 is not built) and hosts `h00001`, … with instances.
pub struct Fleet {
    pub app: App,
    pub service: i64,
    pub versions: Vec<i64>,
    directory: TempDir,
}

impl Fleet {
    /// A new database of this kind, and instances at the second version on so many hosts.
    pub async fn new(kind: &str, hosts: usize) -> Fleet {
        let directory = tempfile::tempdir().unwrap();
        let db = opened(kind, directory.path(), 24).await;
        let executor = Executor::parse("web", "kind = 'simulate'").unwrap();
        let app = App { db, executors: [executor].into_iter().collect(), rollout: RolloutDefaults::default() };
        let mut fleet = Fleet { app, service: 0, versions: Vec::new(), directory };
        fleet.service = fleet.service("web", "web").await;
        for name in ["1", "2", "3"] {
            let version = fleet.version(fleet.service, name, "SUCCEEDED").await;
            fleet.versions.push(version);
        }
        let unbuilt = fleet.version(fleet.service, "4", "FAILED").await;
        fleet.versions.push(unbuilt);
        fleet.hosts(&(1..=hosts).map(name).collect::<Vec<_>>()).await;
        fleet.deploy(fleet.versions[1]).await;
        fleet
    }

    /// A copy of this fleet, whose database is closed, in another directory, with one connection that reads. For SQLite only.
    pub async fn copied(&self, directory: TempDir) -> Fleet {
        for file in std::fs::read_dir(&self.directory).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), directory.path().join(file.file_name())).unwrap();
        }
        let app = App { db: opened("sqlite", directory.path(), 1).await, ..self.app.clone() };
        Fleet { app, service: self.service, versions: self.versions.clone(), directory }
    }

    pub async fn service(&self, name: &str, executor: &str) -> i64 {
        self.made(|tx| {
            tx.query(sql!(
                "INSERT INTO service (name, language, description, executor, created_at, created_by, updated_at, updated_by)
                 VALUES ($1, '', '', $2, {now}, 'ann', {now}, 'ann') RETURNING id"
            ))
            .bind(name)
            .bind(executor)
        })
        .await
    }

    pub async fn version(&self, service: i64, name: &str, build: &str) -> i64 {
        self.made(|tx| {
            tx.query(sql!(
                "INSERT INTO version (service_id, name, ref, description, build_status, artifact, built_at, created_at, created_by)
                 VALUES ($1, $2, '', '', $3, $4, {now}, {now}, 'ann') RETURNING id"
            ))
            .bind(service)
            .bind(name)
            .bind(build)
            .bind((build == "SUCCEEDED").then_some("artifact"))
        })
        .await
    }

    pub async fn hosts(&self, names: &[String]) {
        let mut tx = self.app.db.begin().await.unwrap();
        tx.query(sql!(
            "INSERT INTO host (hostname, address, created_at, created_by)
             SELECT value ->> 'name', '127.0.0.1', {now}, 'ann' FROM {items $1}"
        ))
        .bind(Json(names.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>()))
        .execute()
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn label(&self, host: &str, key: &str, value: &str) {
        self.changed(|tx| {
            tx.query(sql!(
                "INSERT INTO host_label (host_id, key, value) SELECT id, $1, $2 FROM host WHERE hostname = $3"
            ))
            .bind(key)
            .bind(value)
            .bind(host)
        })
        .await;
    }

    /// A running instance at this version on every host that has none.
    pub async fn deploy(&self, version: i64) {
        self.changed(|tx| {
            tx.query(sql!(
                "INSERT INTO instance (service_id, host_id, hostname, version_id, weight, description, status, revision,
                    created_at, updated_at, updated_by)
                 SELECT CAST($1 AS bigint), id, hostname, CAST($2 AS bigint), 100, '', 'RUNNING', 1, {now}, {now}, 'ann'
                 FROM host WHERE id NOT IN (SELECT host_id FROM instance WHERE status <> 'REMOVED')"
            ))
            .bind(self.service)
            .bind(version)
        })
        .await;
    }

    /// Says what an instance is doing, and at which version.
    pub async fn set(&self, host: &str, status: InstanceStatus, version: Option<i64>) {
        self.changed(|tx| {
            tx.query(sql!(
                "UPDATE instance SET status = $1, version_id = $2, revision = revision + 1 WHERE hostname = $3"
            ))
            .bind(status)
            .bind(version)
            .bind(host)
        })
        .await;
    }

    /// A hold on the instance of this host, or a freeze where there is no host.
    pub async fn hold(&self, host: Option<&str>, by: &str, seconds: Option<i64>) -> i64 {
        let instance = match host {
            Some(host) => Some(self.instance(host).await),
            None => None,
        };
        let mut tx = self.app.db.begin().await.unwrap();
        let now = tx.now().await.unwrap();
        let until = seconds.map(|seconds| crate::domain::Timestamp(now.0 + seconds * 1000));
        let id = tx
            .query(sql!(
                "INSERT INTO hold (service_id, instance_id, reason, created_at, created_by, until)
                 VALUES ($1, $2, 'because', {now}, $3, $4) RETURNING id"
            ))
            .bind(self.service)
            .bind(instance)
            .bind(by)
            .bind(until)
            .scalar()
            .await
            .unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// A hold on this host.
    pub async fn hold_host(&self, host: &str, by: &str) -> i64 {
        self.made(|tx| {
            tx.query(sql!(
                "INSERT INTO hold (host_id, reason, created_at, created_by)
                 SELECT id, 'because', {now}, $2 FROM host WHERE hostname = $1 RETURNING id"
            ))
            .bind(host)
            .bind(by)
        })
        .await
    }

    pub async fn instance(&self, host: &str) -> i64 {
        let one = self.app.db.query(sql!("SELECT id FROM instance WHERE hostname = $1 AND status <> 'REMOVED'"));
        one.bind(host).scalar().await.unwrap()
    }

    pub async fn host(&self, host: &str) -> i64 {
        self.app.db.query(sql!("SELECT id FROM host WHERE hostname = $1")).bind(host).scalar().await.unwrap()
    }

    /// Status, version and revision of the instance on a host.
    pub async fn state(&self, host: &str) -> (InstanceStatus, Option<i64>, i64) {
        let one = self.app.db.query(sql!(
            "SELECT status, version_id, revision FROM instance WHERE hostname = $1 AND status <> 'REMOVED'"
        ));
        one.bind(host).one().await.unwrap()
    }

    /// How many rows there are in all that accepting writes to, and how many events instances had.
    pub async fn rows(&self) -> i64 {
        let counted = self.app.db.query(sql!(
            "SELECT (SELECT count(*) FROM release) + (SELECT count(*) FROM release_target) + (SELECT count(*) FROM instance)
                + (SELECT count(*) FROM event) + (SELECT count(*) FROM idempotency) + (SELECT count(*) FROM audit)
                + (SELECT count(*) FROM release_skip)
                + (SELECT CAST(COALESCE(sum(revision), 0) AS bigint) FROM instance) AS counted"
        ));
        counted.scalar().await.unwrap()
    }

    /// A request for an upgrade to the third version, by an operator.
    pub fn upgrade(&self, hosts: Selection) -> ReleaseRequest {
        self.request(
            Aim::Upgrade { version: self.reference(2), current_version: Reference::omitted(&CURRENT_VERSION) },
            hosts,
        )
    }

    /// A request for a revert to the first version.
    pub fn revert(&self, hosts: Selection) -> ReleaseRequest {
        self.request(
            Aim::Revert { version: self.reference(0), current_version: Reference::omitted(&CURRENT_VERSION) },
            hosts,
        )
    }

    /// A request for an installation of the third version.
    pub fn install(&self, hosts: Selection) -> ReleaseRequest {
        let settings =
            InstanceSettings { port: Some(8080), tag: Some("prod".into()), weight: 100, description: String::new() };
        self.request(Aim::Install { version: self.reference(2), settings }, hosts)
    }

    /// The id of one of its versions, from 0.
    pub fn id(&self, version: usize) -> String {
        Kind::Version.id(self.versions[version]).to_string()
    }

    /// One of its versions, from 0, as the input names it.
    pub fn reference(&self, version: usize) -> Reference {
        Reference::by_id(&VERSION, self.id(version))
    }

    pub fn request(&self, aim: Aim, hosts: Selection) -> ReleaseRequest {
        let caller = Caller::new("olga", Role::Operator, "token 1");
        let operation = match aim.action() {
            ReleaseAction::Install => "installInstances",
            ReleaseAction::Upgrade => "upgradeInstances",
            ReleaseAction::Revert => "revertInstances",
            ReleaseAction::Uninstall => "uninstallInstances",
        };
        let input = json!({ "aim": format!("{aim:?}") });
        ReleaseRequest {
            change: change::Request {
                caller,
                request_id: "r".into(),
                operation,
                input,
                idempotency_key: None,
                audit_input: Bytes::kibi(4),
            },
            aim,
            service: Reference::by_id(&SERVICE, Kind::Service.id(self.service).to_string()),
            hosts,
            on_locked: OnLocked::Skip,
            included: Included::default(),
            through_hold_ids: Vec::new(),
            rollout: RolloutOverrides::default(),
            reason: None,
            expected_count: None,
            dry_run: false,
        }
    }

    pub async fn ask(&self, request: &ReleaseRequest) -> Result<Accepted, Refused> {
        loop {
            match accept(&self.app, request).await {
                // Too many at once: a client asks again.
                Err(Error::Busy(sqlx::Error::PoolTimedOut)) => {}
                answer => return answer.unwrap(),
            }
        }
    }

    pub async fn accepted(&self, request: &ReleaseRequest) -> Accepted {
        self.ask(request).await.unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    async fn made(&self, statement: impl for<'t> FnOnce(&'t mut Tx) -> crate::store::Stmt<'t>) -> i64 {
        let mut tx = self.app.db.begin().await.unwrap();
        let id = statement(&mut tx).scalar().await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub async fn changed(&self, statement: impl for<'t> FnOnce(&'t mut Tx) -> crate::store::Stmt<'t>) {
        let mut tx = self.app.db.begin().await.unwrap();
        statement(&mut tx).execute().await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn opened(kind: &str, directory: &Path, connections: u32) -> Db {
    Db::open(&databases::fresh(kind, directory), connections).await.unwrap()
}

/// The name of a host, by its number from 1.
pub fn name(number: usize) -> String {
    format!("h{number:05}")
}

/// Hosts by name.
pub fn named(names: &[&str]) -> Selection {
    Selection::Hostnames(names.iter().map(ToString::to_string).collect())
}

/// Code, field and ids of each problem.
pub fn problems_of(refused: &Refused) -> Vec<(String, String, Vec<String>)> {
    let problem = |problem: &crate::domain::Problem| {
        (problem.code.to_string(), problem.field.join("."), problem.related_ids.clone())
    };
    refused.problems.0.iter().map(problem).collect()
}
