//! Rows of lockkeeper's tables, each with everything that its table requires. A test sets what it is about:
//! `instance(7, 1, 3, Some(2)).set("tag", "prod")`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A value of a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bool(bool),
    /// Milliseconds since 1970.
    Time(i64),
    /// An expression of the database.
    Sql(String),
}

impl Cell {
    /// The value as SQL of one of the databases.
    pub fn sql(&self, is_sqlite: bool) -> String {
        match self {
            Cell::Null => "NULL".to_owned(),
            Cell::Int(int) => int.to_string(),
            Cell::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Cell::Bool(value) if is_sqlite => i64::from(*value).to_string(),
            Cell::Bool(value) => value.to_string(),
            Cell::Time(at) if is_sqlite => at.to_string(),
            Cell::Time(at) => format!("to_timestamp({at} / 1000.0)"),
            Cell::Sql(expression) => expression.clone(),
        }
    }
}

impl From<i64> for Cell {
    fn from(int: i64) -> Cell {
        Cell::Int(int)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Cell {
        Cell::Bool(value)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Null, T::into)
    }
}

/// When the rows here were made, in milliseconds since 1970: in the past of every test.
pub const BEGIN: i64 = 1_750_000_000_000;

/// The time so many milliseconds after [`BEGIN`].
pub fn at(milliseconds: i64) -> Cell {
    Cell::Time(BEGIN + milliseconds)
}

/// A row of a table; columns that it does not have take their defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub table: &'static str,
    cells: BTreeMap<&'static str, Cell>,
}

impl Row {
    pub fn new<const N: usize>(table: &'static str, cells: [(&'static str, Cell); N]) -> Row {
        Row { table, cells: cells.into() }
    }

    /// The row with this value in a column.
    pub fn set(mut self, column: &'static str, value: impl Into<Cell>) -> Row {
        self.cells.insert(column, value.into());
        self
    }

    /// The row with these values in their columns.
    pub fn with(mut self, cells: impl IntoIterator<Item = (&'static str, Cell)>) -> Row {
        self.cells.extend(cells);
        self
    }

    /// The value of a column; null if the row does not have it.
    pub fn get(&self, column: &str) -> &Cell {
        self.cells.get(column).unwrap_or(&Cell::Null)
    }
}

/// The statements that insert rows, in one transaction.
pub fn script(rows: impl IntoIterator<Item = Row>, is_sqlite: bool) -> String {
    let mut script = if is_sqlite { "BEGIN IMMEDIATE;\n" } else { "BEGIN;\n" }.to_owned();
    let mut with_ids: Vec<&str> = Vec::new();
    for Row { table, cells } in rows {
        let columns = cells.keys().copied().collect::<Vec<_>>().join(", ");
        let values = cells.values().map(|cell| cell.sql(is_sqlite)).collect::<Vec<_>>().join(", ");
        let overriding = if is_sqlite { "" } else { "OVERRIDING SYSTEM VALUE" };
        if table == "event" {
            script += "UPDATE event_log SET position = position + 1;\n";
        }
        writeln!(script, "INSERT INTO {table} ({columns}) {overriding} VALUES ({values});").unwrap();
        if cells.contains_key("id") && !with_ids.contains(&table) {
            with_ids.push(table);
        }
    }
    if !is_sqlite {
        for table in with_ids {
            writeln!(script, "SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table};").unwrap();
        }
    }
    script + "COMMIT;"
}

macro_rules! row {
    ($table:literal, { $($column:literal: $value:expr),* $(,)? }) => {
        Row::new($table, [$(($column, Cell::from($value))),*])
    };
}

/// The services `svc-001` …, each with `versions` built versions `1.0.0` … and an instance on each of the hosts
/// `host-001` …. Numbers go on from one service to the next.
pub fn fleet(services: i64, versions: i64, hosts: i64) -> Vec<Row> {
    let mut rows: Vec<Row> = (1..=hosts).map(|number| host(number, &format!("host-{number:03}"))).collect();
    for number in 1..=services {
        rows.push(service(number, &format!("svc-{number:03}")));
        let (first_version, first_instance) = ((number - 1) * versions + 1, (number - 1) * hosts);
        rows.extend((0..versions).map(|v| version(first_version + v, number, &format!("1.{v}.0"))));
        rows.extend((1..=hosts).map(|host| {
            let version = first_version + host % versions;
            instance(first_instance + host, number, host, Some(version)).set("updated_at", at(host))
        }));
    }
    rows
}

pub fn service(id: i64, name: &str) -> Row {
    row!("service", { "id": id, "name": name, "language": "rust", "description": format!("The \"{name}\""),
        "executor": "sim", "version_scheme": "REGISTRATION", "created_at": at(0), "created_by": "ann", "updated_at": at(0), "updated_by": "ann" })
}

pub fn host(id: i64, hostname: &str) -> Row {
    row!("host", { "id": id, "hostname": hostname, "address": format!("10.0.0.{id}"), "created_at": at(0),
        "created_by": "ann" })
}

pub fn label(host: i64, key: &str, value: &str) -> Row {
    row!("host_label", { "host_id": host, "key": key, "value": value })
}

/// A version that was built.
pub fn version(id: i64, service: i64, name: &str) -> Row {
    row!("version", { "id": id, "service_id": service, "name": name, "precedence": "", "ref": "", "description": "",
        "build_status": "SUCCEEDED", "artifact": "oci://x", "built_at": at(1), "created_at": at(0), "created_by": "ann" })
}

/// A running instance, of this version if it has one.
pub fn instance(id: i64, service: i64, host: i64, version: Option<i64>) -> Row {
    row!("instance", { "id": id, "service_id": service, "host_id": host,
        "hostname": Cell::Sql(format!("(SELECT hostname FROM host WHERE id = {host})")), "version_id": version,
        "weight": 100, "description": "", "status": "RUNNING", "revision": 1, "created_at": at(0), "updated_at": at(0),
        "updated_by": "ann" })
}

/// A hold on an instance, or a freeze of the service.
pub fn hold(id: i64, service: i64, instance: Option<i64>) -> Row {
    row!("hold", { "id": id, "service_id": service, "instance_id": instance, "reason": "Why.", "created_at": at(id),
        "created_by": "bob" })
}

/// A freeze of every service.
pub fn fleet_freeze(id: i64) -> Row {
    row!("hold", { "id": id, "reason": "Why.", "created_at": at(id), "created_by": "bob" })
}

/// A hold on a host.
pub fn host_hold(id: i64, host: i64) -> Row {
    row!("hold", { "id": id, "host_id": host, "reason": "Why.", "created_at": at(id), "created_by": "bob" })
}

/// An upgrade that was accepted and has not begun. Its targets, as many as `total`, are rows of their own.
pub fn release(id: i64, service: i64, version: Option<i64>, total: i64) -> Row {
    row!("release", { "id": id, "service_id": service, "action": "UPGRADE", "target_version_id": version,
        "origin": "REQUEST", "executor": "sim", "max_parallel": 2, "max_failures": 0, "on_failure": "STOP",
        "timeout_seconds": 60, "status": "PENDING", "reason": "Go.", "idempotency_key": format!("key-{id}"),
        "created_at": at(id), "created_by": "ann", "deadline_at": at(id + 86_400), "revision": 1, "position": 0,
        "total": total, "queued": total,
        "running": 0, "succeeded": 0, "failed": 0, "canceled": 0, "unknown": 0, "skipped": 0 })
}

/// A release as [`release`] makes it, and a target for each of these instances; the targets of release 1 are 1001, 1002 ….
pub fn release_of(id: i64, service: i64, version: i64, instances: &[i64]) -> Vec<Row> {
    let targets = (1..).zip(instances).map(|(ordinal, &instance)| target(id, ordinal, instance, Some(version)));
    [release(id, service, Some(version), instances.len() as i64)].into_iter().chain(targets).collect()
}

/// A wave of a release whose targets are queued.
pub fn wave(release: i64, number: i64, size: i64) -> Row {
    row!("release_wave", { "id": release * 100 + number, "release_id": release, "number": number, "total": size,
        "queued": size, "skipped": 0, "succeeded": 0, "running": 0, "failed": 0, "canceled": 0, "unknown": 0,
        "unreachable": 0, "unhealthy": 0, "soak_seconds": 0, "pause_after": false })
}

/// A label whose hosts a release moves first.
pub fn first_label(release: i64, place: i64, key: &str, value: &str) -> Row {
    row!("release_first_label", { "release_id": release, "place": place, "key": key, "value": value })
}

/// A queued target of a release.
pub fn target(release: i64, ordinal: i64, instance: i64, version: Option<i64>) -> Row {
    let of_instance = |column: &str| Cell::Sql(format!("(SELECT {column} FROM instance WHERE id = {instance})"));
    row!("release_target", { "id": release * 1000 + ordinal, "release_id": release, "ordinal": ordinal,
        "instance_id": instance, "host_id": of_instance("host_id"), "from_version_id": of_instance("version_id"),
        "to_version_id": version, "from_status": "RUNNING", "executor": "sim", "shares_host": false, "status": "QUEUED" })
}

/// A step of a target that waits.
pub fn step(id: i64, target: i64, name: &str) -> Row {
    row!("target_step", { "id": id, "target_id": target, "name": name, "status": "WAITING" })
}

/// An event of a service.
pub fn service_event(position: i64, service: i64) -> Row {
    row!("event", { "position": position, "subject": "SERVICE", "kind": "EDITED", "at": at(position),
        "caused_by": "ann", "service_id": service, "service_name": "svc-001" })
}

/// A worker that has not ended.
pub fn worker(id: i64, name: &str) -> Row {
    row!("worker", { "id": id, "name": name, "state_dir": "here", "beat_at": at(0), "lease_ms": 30_000,
        "grace_ms": 4_000, "executors": "[\"sim\"]", "max_targets": 256, "started_at": at(0) })
}

/// An instance that a release left out.
pub fn skip(id: i64, release: i64, instance: i64) -> Row {
    row!("release_skip", { "id": id, "release_id": release, "instance_id": instance, "reason": "LOCKED" })
}

/// A hold that locked a skipped instance.
pub fn skip_lock(id: i64, skip: i64, hold: Option<i64>) -> Row {
    row!("release_skip_lock", { "id": id, "release_skip_id": skip, "holder_hold_id": hold })
}

/// A line of a release's output, printed by the first attempt of this target.
pub fn output(release: i64, place: i64, target: i64, text: &str) -> Row {
    row!("output_line", { "release_id": release, "place": place, "target_id": target, "hostname": "host-001",
        "attempt": 1, "stream": "STDOUT", "text": text, "at": at(0) })
}

/// An edit of an instance, at the next position of the event log and with the instance's next revision.
pub fn edit(instance: i64) -> Row {
    let of_instance = |column: &str| Cell::Sql(format!("(SELECT {column} FROM instance WHERE id = {instance})"));
    let service_name = "(SELECT s.name FROM service s JOIN instance i ON i.service_id = s.id WHERE i.id =";
    let revision = "(SELECT COALESCE(max(revision), 0) + 1 FROM event WHERE instance_id =";
    row!("event", { "position": Cell::Sql("(SELECT position FROM event_log)".to_owned()), "subject": "INSTANCE",
        "kind": "EDIT", "at": at(5), "caused_by": "ann", "service_id": of_instance("service_id"),
        "service_name": Cell::Sql(format!("{service_name} {instance})")), "instance_id": instance,
        "host_id": of_instance("host_id"), "hostname": of_instance("hostname"),
        "revision": Cell::Sql(format!("{revision} {instance})")), "status": of_instance("status"), "locked": false })
}

/// An event about a release, of this position and revision, while it has no targets under way.
pub fn release_event(position: i64, release: i64, revision: i64) -> Row {
    let row = row!("event", { "position": position, "subject": "RELEASE", "kind": "ACCEPTED", "at": at(5),
        "caused_by": "ann", "service_id": 1, "service_name": "web", "release_id": release, "revision": revision,
        "status": "RUNNING", "action": "UPGRADE" });
    let counts = [
        "total",
        "queued",
        "running",
        "succeeded",
        "failed",
        "canceled",
        "unknown",
        "skipped",
        "unreachable",
        "unhealthy",
    ];
    row.with(counts.map(|count| (count, Cell::Int(0))))
}

/// An event about an instance, of this position and revision.
pub fn instance_event(position: i64, instance: i64, revision: i64) -> Row {
    edit(instance).with([("position", Cell::Int(position)), ("revision", Cell::Int(revision))])
}

/// An entry of the audit log.
pub fn audit(id: i64) -> Row {
    row!("audit", { "id": id, "at": at(0), "caller": "ann", "credential": "token 1", "request_id": "q1",
        "address": "192.0.2.1", "operation": "createService", "outcome": "ACCEPTED", "input": "{}", "result": "[]",
        "count": 1 })
}
