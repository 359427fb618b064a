//! A fleet written row by row, on either database, and a client of its schema.

use async_graphql::{Request, Response, ServerError};
use lockkeeper::app::App;
use lockkeeper::change::Denials;
use lockkeeper::domain::release::rollout::RolloutDefaults;
use lockkeeper::domain::{Caller, Role};
use lockkeeper::executor::{Executor, Executors};
use lockkeeper::gate::Gate;
use lockkeeper::graphql::ExecutableSchema;
use lockkeeper::limits::{Limits, RootFields};
use lockkeeper::store::Db;
use lockkeeper::wire::{body, complete};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use testkit::databases;

pub struct Fleet {
    pub app: App,
    pub schema: ExecutableSchema,
    gate: Gate,
    raw: Raw,
    _directory: tempfile::TempDir,
}

enum Raw {
    Sqlite(sqlx::SqlitePool),
    Postgres(sqlx::PgPool),
}

/// The instant of the seeded rows; `at(n)` is n milliseconds behind it.
pub const BEGIN: i64 = 1_795_000_000_000;

impl Fleet {
    /// A fleet of nothing.
    pub async fn empty(kind: &str) -> Fleet {
        let directory = tempfile::tempdir().unwrap();
        let url = databases::fresh(kind, directory.path());
        let db = Db::open(&url, 8).await.unwrap();
        let raw = match kind {
            "sqlite" => Raw::Sqlite(sqlx::SqlitePool::connect(&url).await.unwrap()),
            _ => Raw::Postgres(sqlx::PgPool::connect(&url).await.unwrap()),
        };
        let executors = Executors::from_iter([Executor::parse("sim", "kind = 'simulate'").unwrap()]);
        let app = App { db, executors, rollout: RolloutDefaults::default() };
        // What reading costs is its own matter here.
        let root_fields = RootFields { query: 100, mutation: 100, subscription: 1 };
        let (depth, nodes, aliases, objects) = (60, 100_000, 100_000, u64::MAX);
        let gate = Gate::of_api(Limits { depth, nodes, aliases, objects, root_fields, ..Limits::default() });
        let denials = Denials::new(app.db.clone(), Limits::default().audit_input);
        Fleet { schema: ExecutableSchema::new(app.clone(), denials), gate, app, raw, _directory: directory }
    }

    /// Services `svc-000`… with so many versions `1.0.0`… each, and one instance on every host `host-000`….
    pub async fn of(kind: &str, services: i64, versions: i64, hosts: i64) -> Fleet {
        let fleet = Fleet::empty(kind).await;
        for h in 1..=hosts {
            fleet.host(h, &format!("host-{h:03}")).await;
        }
        for s in 1..=services {
            fleet.service(s, &format!("svc-{s:03}")).await;
            for v in 0..versions {
                fleet.version((s - 1) * versions + v + 1, s, &format!("1.{v}.0"), "SUCCEEDED").await;
            }
            for h in 1..=hosts {
                let version = (s - 1) * versions + h % versions + 1;
                let id = (s - 1) * hosts + h;
                fleet.instance(id, s, h, Some(version), "RUNNING", None, h).await;
            }
        }
        fleet
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self.raw, Raw::Sqlite(_))
    }

    /// Runs statements; `{at n}` is an instant, `{over}` lets ids be given.
    pub async fn sql(&self, text: &str) {
        let told = self.told(text);
        match &self.raw {
            Raw::Sqlite(pool) => sqlx::raw_sql(AssertSqlSafe(told.clone())).execute(pool).await.map(drop),
            Raw::Postgres(pool) => sqlx::raw_sql(AssertSqlSafe(told.clone())).execute(pool).await.map(drop),
        }
        .unwrap_or_else(|error| panic!("{error}\n{told}"));
    }

    /// Locks all hosts against whoever would read them, until this is dropped; only PostgreSQL can.
    pub async fn lock_hosts(&self) -> sqlx::Transaction<'static, sqlx::Postgres> {
        let Raw::Postgres(pool) = &self.raw else { panic!("SQLite has no such locks") };
        let mut transaction = pool.begin().await.unwrap();
        sqlx::raw_sql("LOCK TABLE host IN ACCESS EXCLUSIVE MODE").execute(&mut *transaction).await.unwrap();
        transaction
    }

    /// How many statements wait for a lock of PostgreSQL.
    pub async fn waiting_for_hosts(&self) -> i64 {
        let Raw::Postgres(pool) = &self.raw else { panic!("SQLite has no such locks") };
        let count = "SELECT count(*) FROM pg_locks WHERE relation = 'host'::regclass AND NOT granted
                         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        sqlx::query_scalar(count).fetch_one(pool).await.unwrap()
    }

    /// The lines in which a database says how it would run a statement, whatever its values.
    pub async fn explain(&self, text: &str) -> Vec<String> {
        use sqlx::Row;
        match &self.raw {
            Raw::Sqlite(pool) => {
                let text = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
                sqlx::query(text).fetch_all(pool).await.unwrap().iter().map(|row| row.get("detail")).collect()
            }
            Raw::Postgres(pool) => {
                let mut connection = pool.acquire().await.unwrap();
                let values =
                    (1..100).take_while(|n| text.contains(&format!("${n}"))).map(|_| "NULL").collect::<Vec<_>>();
                let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
                let prepare =
                    format!("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; PREPARE q AS {text}");
                sqlx::raw_sql(AssertSqlSafe(prepare))
                    .execute(&mut *connection)
                    .await
                    .unwrap_or_else(|error| panic!("{error}: {text}"));
                let text = AssertSqlSafe(format!("EXPLAIN EXECUTE q{values}"));
                let rows = sqlx::raw_sql(text).fetch_all(&mut *connection).await.unwrap();
                sqlx::raw_sql("DEALLOCATE q").execute(&mut *connection).await.unwrap();
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }

    fn told(&self, text: &str) -> String {
        let over = if self.is_sqlite() { "" } else { "OVERRIDING SYSTEM VALUE" };
        let mut pieces = text.split("{at ");
        let mut told = pieces.next().unwrap().to_owned();
        for piece in pieces {
            let (n, after) = piece.split_once('}').unwrap();
            let at = BEGIN + n.parse::<i64>().unwrap();
            let instant = if self.is_sqlite() { at.to_string() } else { format!("to_timestamp({at} / 1000.0)") };
            told += &instant;
            told += after;
        }
        told.replace("{over}", over)
    }

    pub async fn service(&self, id: i64, name: &str) {
        self.sql(&format!(
            "INSERT INTO service (id, name, language, description, executor, created_at, created_by, updated_at, updated_by)
             {{over}} VALUES ({id}, '{name}', 'rust', 'The \"{name}\"', 'sim', {{at 0}}, 'ann', {{at 0}}, 'ann')"
        ))
        .await;
    }

    pub async fn host(&self, id: i64, hostname: &str) {
        self.sql(&format!(
            "INSERT INTO host (id, hostname, address, created_at, created_by)
             {{over}} VALUES ({id}, '{hostname}', '10.0.0.{id}', {{at 0}}, 'ann')"
        ))
        .await;
    }

    pub async fn label(&self, host: i64, key: &str, value: &str) {
        self.sql(&format!("INSERT INTO host_label (host_id, key, value) VALUES ({host}, '{key}', '{value}')")).await;
    }

    pub async fn version(&self, id: i64, service: i64, name: &str, status: &str) {
        let (artifact, built) = match status {
            "SUCCEEDED" => ("'oci://x'", "{at 1}"),
            "PENDING" | "BUILDING" => ("NULL", "NULL"),
            _ => ("NULL", "{at 1}"),
        };
        self.sql(&format!(
            "INSERT INTO version (id, service_id, name, ref, description, build_status, artifact, built_at, created_at, created_by)
             {{over}} VALUES ({id}, {service}, '{name}', '', '', '{status}', {artifact}, {built}, {{at 0}}, 'ann')"
        ))
        .await;
    }

    #[expect(clippy::too_many_arguments, reason = "the columns of a row")]
    pub async fn instance(
        &self,
        id: i64,
        service: i64,
        host: i64,
        version: Option<i64>,
        status: &str,
        tag: Option<&str>,
        updated: i64,
    ) {
        let version = version.map_or("NULL".to_owned(), |version| version.to_string());
        let tag = tag.map_or("NULL".to_owned(), |tag| format!("'{tag}'"));
        self.sql(&format!(
            "INSERT INTO instance (id, service_id, host_id, hostname, version_id, tag, weight, description, status, revision,
                created_at, updated_at, updated_by)
             {{over}} SELECT {id}, {service}, {host}, hostname, {version}, {tag}, 100, '', '{status}', 1,
                {{at 0}}, {{at {updated}}}, 'ann' FROM host WHERE id = {host}"
        ))
        .await;
    }

    pub async fn hold(&self, id: i64, service: i64, instance: Option<i64>, until: &str, ended: &str) {
        let instance = instance.map_or("NULL".to_owned(), |instance| instance.to_string());
        self.sql(&format!(
            "INSERT INTO hold (id, service_id, instance_id, reason, created_at, created_by, until, ended_at)
             {{over}} VALUES ({id}, {service}, {instance}, 'Why.', {{at {id}}}, 'bob', {until}, {ended})"
        ))
        .await;
    }

    /// A release under way, with a queued target for each of these instances.
    pub async fn release(&self, id: i64, service: i64, version: i64, instances: &[i64], skipped: i64) {
        let total = instances.len();
        self.sql(&format!(
            "INSERT INTO release (id, service_id, action, target_version_id, origin, executor, max_parallel, max_failures,
                on_failure, timeout_seconds, status, reason, idempotency_key, created_at, created_by, revision, position,
                total, queued, running, succeeded, failed, canceled, unknown, skipped)
             {{over}} VALUES ({id}, {service}, 'UPGRADE', {version}, 'REQUEST', 'sim', 2, 0, 'STOP', 60, 'PENDING', 'Go.',
                'key-{id}', {{at {id}}}, 'ann', 1, 0, {total}, {total}, 0, 0, 0, 0, 0, {skipped})"
        ))
        .await;
        for (i, instance) in instances.iter().enumerate() {
            self.sql(&format!(
                "INSERT INTO release_target (id, release_id, ordinal, instance_id, host_id, from_version_id, to_version_id,
                    from_status, executor, shares_host, status)
                 {{over}} SELECT {target}, {id}, {ordinal}, id, host_id, version_id, {version}, 'RUNNING', 'sim', {no},
                    'QUEUED' FROM instance WHERE id = {instance}",
                target = id * 1000 + i as i64 + 1,
                ordinal = i + 1,
                no = if self.is_sqlite() { "0" } else { "false" },
            ))
            .await;
        }
    }

    /// Events of these instances, in this order.
    pub async fn events(&self, instances: &[i64]) {
        for instance in instances {
            self.sql(&format!(
                "UPDATE event_log SET position = position + 1;
                 INSERT INTO event (position, subject, kind, at, caused_by, service_id, service_name, instance_id, host_id,
                    hostname, revision, status, locked)
                 SELECT (SELECT position FROM event_log), 'INSTANCE', 'EDIT', {{at 5}}, 'ann', i.service_id, s.name, i.id,
                    i.host_id, i.hostname,
                    (SELECT COALESCE(max(revision), 0) + 1 FROM event e WHERE e.instance_id = i.id), i.status, {no}
                 FROM instance i JOIN service s ON s.id = i.service_id WHERE i.id = {instance}",
                no = if self.is_sqlite() { "0" } else { "false" },
            ))
            .await;
        }
    }

    /// The whole response to a document.
    pub async fn ask(&self, query: &str) -> Value {
        self.ask_as(Role::Admin, query, json!({})).await
    }

    /// The whole response to a document with variables, for a caller of this role.
    pub async fn ask_as(&self, role: Role, query: &str, variables: Value) -> Value {
        let text = self.ask_bytes(role, query, variables).await;
        serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&text)))
    }

    pub async fn ask_bytes(&self, role: Role, query: &str, variables: Value) -> Vec<u8> {
        let caller = Caller::new("ann", role, "token 1");
        let variables = variables.as_object().cloned().unwrap_or_default();
        let mut response = match self.gate.prepare(query.to_owned(), None, variables) {
            Ok(prepared) => prepared.execute(&self.schema, caller, "req-1").await,
            Err(errors) => Response::from_errors(errors),
        };
        complete(&mut response, "req-1");
        body(&response)
    }

    /// A request as the gate lets it through.
    pub fn gated(&self, request: Request) -> Result<Request, Vec<ServerError>> {
        let variables = serde_json::to_value(&request.variables).unwrap().as_object().unwrap().clone();
        let mut gated = self.gate.prepare(request.query, None, variables)?.request();
        gated.data = request.data;
        Ok(gated)
    }

    /// The data of a response without errors.
    pub async fn data(&self, query: &str) -> Value {
        let mut response = self.ask(query).await;
        assert!(response.get("errors").is_none(), "{query}: {response}");
        response["data"].take()
    }

    /// How many statements a document takes.
    pub async fn statements(&self, query: &str) -> u64 {
        let before = self.app.db.statements();
        self.data(query).await;
        self.app.db.statements() - before
    }
}
