//! The value of any field. Most follow from their names: a field is the column of its name, a thing the row that the
//! column of its name and `_id` names. What does not is said one by one.

use super::lists::{self, reference};
use super::pages::page;
use super::{Args, Fault, Raw, Scene, Thing, narrow};
use crate::general::schema::Schema;
use crate::general::world::{Cell, Row, World, cell, int, is_null, text};
use async_graphql::registry::MetaField;
use lockkeeper::domain::name::folded_hostname;
use lockkeeper::domain::release::wait::WaitKind;
use lockkeeper::domain::{Id, Timestamp, Word};
use lockkeeper::wire::cursor;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Where the rows of a type are.
pub fn table(ty: &str) -> Option<&'static str> {
    Some(match ty {
        "Service" => "service",
        "Version" => "version",
        "Host" => "host",
        "Instance" => "instance",
        "Release" => "release",
        "ReleaseTarget" => "release_target",
        "TargetStep" => "target_step",
        "Hold" => "hold",
        "SkippedInstance" => "release_skip",
        "ReleaseWave" => "release_wave",
        "LogLine" => "output_line",
        "InstanceEvent" | "ReleaseEvent" | "ServiceEvent" => "event",
        "AuditEntry" => "audit",
        _ => return None,
    })
}

/// What the ids of a type begin with.
pub fn prefix(ty: &str) -> Option<&'static str> {
    let known = [
        ("Service", "svc"),
        ("Version", "ver"),
        ("Host", "hst"),
        ("Instance", "ins"),
        ("Release", "rel"),
        ("ReleaseTarget", "tgt"),
        ("Hold", "hld"),
        ("AuditEntry", "aud"),
    ];
    known.into_iter().find(|(name, _)| *name == ty).map(|(_, prefix)| prefix)
}

impl Thing {
    pub fn new(ty: &str, row: &Row) -> Thing {
        Thing { ty: ty.to_owned(), row: row.clone(), ready: BTreeMap::new() }
    }

    pub fn made(ty: &str, ready: impl IntoIterator<Item = (&'static str, Raw)>) -> Thing {
        Thing { ty: ty.to_owned(), row: Row::default(), ready: ready.into_iter().collect() }
    }

    pub fn number(&self) -> i64 {
        int(&self.row, "id").unwrap_or_default()
    }
}

impl Raw {
    pub fn leaf(value: impl Into<Json>) -> Raw {
        Raw::Leaf(value.into())
    }

    pub fn of(cell: Cell) -> Raw {
        match cell {
            Cell::Null => Raw::Null,
            Cell::Int(int) => Raw::leaf(int),
            Cell::Text(text) => Raw::leaf(text),
            Cell::Bool(value) => Raw::leaf(value),
            Cell::Time(at) => Raw::leaf(Timestamp(at).to_string()),
            Cell::Sql(expression) => unreachable!("only the database knows {expression}"),
        }
    }

    fn maybe(ty: &str, row: Option<&Row>) -> Raw {
        row.map_or(Raw::Null, |row| Raw::Thing(Thing::new(ty, row)))
    }

    fn things(ty: &str, rows: impl IntoIterator<Item = Row>) -> Raw {
        Raw::List(rows.into_iter().map(|row| Raw::Thing(Thing::new(ty, &row))).collect())
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for char in name.chars() {
        if char.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(char.to_ascii_lowercase());
    }
    snake
}

pub fn value(scene: &Scene, thing: &Thing, field: &MetaField, args: &Args) -> Result<Raw, Vec<Fault>> {
    let (world, row, number) = (&*scene.world, &thing.row, thing.number());
    if let Some(ready) = thing.ready.get(field.name.as_str()) {
        return Ok(ready.clone());
    }
    let named = field.ty.trim_matches(['[', ']', '!']);
    if named.ends_with("Connection") {
        return page(scene, thing, &field.name, args);
    }
    Ok(match (thing.ty.as_str(), field.name.as_str()) {
        ("Query", "node") => node(world, &args["id"]),
        ("Query", "nodes") => Raw::List(narrow::items(&args["ids"]).into_iter().map(|id| node(world, id)).collect()),
        ("Query", "service") => Raw::maybe("Service", named_one(world, "service", "name", &args["name"])),
        ("Query", "host") => Raw::maybe("Host", host_named(world, &args["hostname"])),
        ("Query", "release") => Raw::maybe("Release", world.find("release", reference("Release", "id", &args["id"])?)),
        ("Query", "instance") => {
            let service = named_one(world, "service", "name", &args["service"]);
            let host = host_named(world, &args["hostname"]);
            let (service, host) = (service.and_then(|row| int(row, "id")), host.and_then(|row| int(row, "id")));
            let fits =
                |row: &&Row| int(row, "service_id") == service && int(row, "host_id") == host && lists::is_there(row);
            Raw::maybe("Instance", world.rows("instance").iter().find(fits))
        }
        // No window is created, no budget is set, and the fleet is never suspended.
        ("Query", "freezeWindows") => Raw::List(Vec::new()),
        ("Query", "suspension") | ("Hold", "freezeWindow") | ("Service", "budget") => Raw::Null,
        ("Query", "labels") => labels(world, args),
        ("Query", "executors") => Raw::List(vec![Raw::Thing(Thing::made(
            "Executor",
            [("name", Raw::leaf("sim")), ("kind", Raw::leaf("simulate"))],
        ))]),
        ("Query", "server") => {
            let workers = world.rows("worker").iter().filter(|row| is_null(row, "ended_at")).cloned();
            Raw::Thing(Thing::made(
                "Server",
                [
                    ("version", Raw::leaf(lockkeeper::version::TEXT)),
                    ("database", Raw::leaf(scene.database)),
                    ("workers", Raw::things("Worker", workers)),
                ],
            ))
        }
        ("Worker", "executors") => Raw::leaf(serde_json::from_str::<Json>(&text(row, "executors")).unwrap()),
        ("Worker", "lastBeat") => Raw::of(cell(row, "beat_at")),
        ("Worker", "running") => {
            let runs = |target: &&Row| int(target, "worker_id") == Some(number) && text(target, "status") == "RUNNING";
            Raw::leaf(world.rows("release_target").iter().filter(runs).count())
        }
        ("Query", "viewer") => {
            // An admin may use everything.
            let schema = Schema::read();
            let mutations = schema.fields("Mutation").into_iter().map(|field| field.name.node.as_str());
            let mut permissions: Vec<&str> = mutations.chain(["audit", "server"]).collect();
            permissions.sort_unstable();
            Raw::Thing(Thing::made(
                "Viewer",
                [
                    ("name", Raw::leaf("ann")),
                    ("role", Raw::leaf("ADMIN")),
                    ("permissions", Raw::leaf(json!(permissions))),
                ],
            ))
        }
        ("Query", "eventCursor") => Raw::leaf(cursor::event(&scene.log_id, world.position())),
        ("Service", "version") => {
            let fits = |row: &&Row| {
                int(row, "service_id") == Some(number)
                    && args["name"] == *text(row, "name")
                    && is_null(row, "removed_at")
            };
            Raw::maybe("Version", world.rows("version").iter().find(fits))
        }
        ("Service", "freezes") => {
            let fits = |row: &Row| narrow::freezes(row, number);
            Raw::things("Hold", world.rows("hold").iter().filter(|row| fits(row)).cloned())
        }
        ("Service", "instanceCounts") => counts(world, number, args)?,
        ("Version", "withdrawal") if is_null(row, "withdrawn_reason") => Raw::Null,
        ("Version", "enabled") => Raw::leaf(enabled(world, row, args)?),
        ("Withdrawal", name) => Raw::of(cell(row, &format!("withdrawn_{name}"))),
        ("Host", "labels") => {
            let of_it = world.rows("host_label").iter().filter(|row| int(row, "host_id") == Some(number));
            let mut of_it: Vec<Row> = of_it.cloned().collect();
            of_it.sort_by_key(|row| text(row, "key"));
            Raw::things("Label", of_it)
        }
        ("Host", "holds") => {
            let fits = |row: &Row| int(row, "host_id") == Some(number) && narrow::stands(row);
            Raw::things("Hold", world.rows("hold").iter().filter(|row| fits(row)).cloned())
        }
        ("Instance", "locked") => Raw::leaf(narrow::is_locked(world, number)),
        ("Instance", "locks") => {
            let open =
                narrow::open_target(world, number).and_then(|row| world.find("release", int(row, "release_id")?));
            let holds = world.rows("hold").iter().filter(|hold| narrow::is_held(world, hold, number));
            Raw::List(
                open.map(|row| lock("Release", row)).into_iter().chain(holds.map(|row| lock("Hold", row))).collect(),
            )
        }
        ("Instance", "lastTarget") => {
            let of_it = world.rows("release_target").iter().filter(|row| int(row, "instance_id") == Some(number));
            Raw::maybe("ReleaseTarget", of_it.max_by_key(|row| int(row, "id")))
        }
        ("ReleaseTarget", "waitsFor") => Raw::List(waits(world, row)),
        ("Release", "undoWaitsFor") => {
            let fits = |target: &&Row| int(target, "release_id") == Some(number) && text(target, "status") == "RUNNING";
            let mut running: Vec<Row> = world.rows("release_target").iter().filter(fits).cloned().collect();
            running.retain(|_| !is_null(row, "undo_requested_by"));
            running.sort_by_key(|target| int(target, "ordinal"));
            Raw::things("ReleaseTarget", running)
        }
        ("ReleaseTarget", "steps") => {
            let of_it = world.rows("target_step").iter().filter(|row| int(row, "target_id") == Some(number));
            let mut of_it: Vec<Row> = of_it.cloned().collect();
            of_it.sort_by_key(|row| int(row, "id"));
            Raw::things("TargetStep", of_it)
        }
        ("Release", "pause") if is_null(row, "pause_reason") => Raw::Null,
        ("Pause", name) => {
            let column = match name {
                "since" => "paused_at",
                "by" => "paused_by",
                _ => &format!("pause_{name}"),
            };
            Raw::of(cell(row, column))
        }
        ("Release", "waves") => Raw::things("ReleaseWave", rows_of(world, "release_wave", number, "number")),
        ("ReleaseWave", "size") => Raw::of(cell(row, "total")),
        ("ReleaseWave", "label") if is_null(row, "key") => Raw::Null,
        ("ReleaseWave", "label") => Raw::Thing(Thing::new("Label", row)),
        ("ReleaseWave", "status") => Raw::leaf(wave_status(world, row)),
        ("Rollout", "maxPerLabel") if is_null(row, "label_key") => Raw::Null,
        ("PerLabel", name) => Raw::of(cell(row, &format!("label_{name}"))),
        ("Rollout", "order") => Raw::of(cell(row, "target_order")),
        ("Rollout", "first") => Raw::things("Label", rows_of(world, "release_first_label", number, "place")),
        ("SkippedInstance", "locks") => {
            let of_it =
                world.rows("release_skip_lock").iter().filter(|row| int(row, "release_skip_id") == Some(number));
            let lock = |row: &Row| match int(row, "holder_hold_id") {
                Some(hold) => lock("Hold", world.find("hold", hold).unwrap()),
                None => lock("Release", world.find("release", int(row, "holder_release_id").unwrap()).unwrap()),
            };
            Raw::List(of_it.map(lock).collect())
        }
        ("Hold", "endedAt") if is_null(row, "ended_at") && !narrow::stands(row) => Raw::of(cell(row, "until")),
        ("Release" | "InstanceEvent" | "ReleaseEvent" | "ServiceEvent", "cursor") => {
            Raw::leaf(cursor::event(&scene.log_id, int(row, "position").unwrap()))
        }
        ("LogLine", "cursor") => Raw::leaf(cursor::line(int(row, "release_id").unwrap(), int(row, "place").unwrap())),
        ("AuditEntry", "input" | "result") => Raw::leaf(serde_json::from_str::<Json>(&text(row, &field.name)).unwrap()),
        (ty, "id") => Raw::leaf(format!("{}_{number}", prefix(ty).unwrap())),
        (_, name) if named == "ID" => {
            let (column, ty) = (snake(name), name.trim_end_matches("Id"));
            let prefix = ["svc", "hst", "ins", "rel", "tgt"]
                [["service", "host", "instance", "release", "target"].iter().position(|kind| *kind == ty).unwrap()];
            Raw::leaf(format!("{prefix}_{}", int(row, &column).unwrap()))
        }
        (_, name) => match (table(named), named) {
            (Some(table), _) => {
                let number = int(row, &format!("{}_id", snake(name)));
                Raw::maybe(named, number.and_then(|number| world.find(table, number)))
            }
            (None, "Rollout" | "PerLabel" | "ReleaseProgress" | "Pause" | "Withdrawal") => {
                Raw::Thing(Thing::new(named, row))
            }
            _ => Raw::of(cell(row, &snake(name))),
        },
    })
}

/// The rows of a table that belong to a release, in the order of a column.
fn rows_of(world: &World, table: &str, release: i64, order: &str) -> Vec<Row> {
    let of_it = world.rows(table).iter().filter(|row| int(row, "release_id") == Some(release));
    let mut of_it: Vec<Row> = of_it.cloned().collect();
    of_it.sort_by_key(|row| int(row, order));
    of_it
}

fn wave_status(world: &World, wave: &Row) -> &'static str {
    let release = world.find("release", int(wave, "release_id").unwrap()).unwrap();
    let (number, current) = (int(wave, "number"), int(release, "wave"));
    match number.cmp(&current) {
        _ if !is_null(release, "finished_at") => "DONE",
        std::cmp::Ordering::Less => "DONE",
        std::cmp::Ordering::Greater => "WAITING",
        std::cmp::Ordering::Equal if !is_null(release, "soaks_until") => "SOAKING",
        std::cmp::Ordering::Equal if text(release, "status") == "PAUSED" => "PAUSED",
        std::cmp::Ordering::Equal => "RUNNING",
    }
}

fn node(world: &World, id: &Json) -> Raw {
    let found = id.as_str().and_then(Id::parse).and_then(|id| {
        let all = ["Service", "Version", "Host", "Instance", "Release", "ReleaseTarget", "Hold"];
        let ty = all.into_iter().find(|ty| prefix(ty) == Some(id.kind.prefix()))?;
        Some(Raw::Thing(Thing::new(ty, world.find(table(ty)?, id.number)?)))
    });
    found.unwrap_or(Raw::Null)
}

fn named_one<'w>(world: &'w World, table: &str, column: &str, name: &Json) -> Option<&'w Row> {
    world.rows(table).iter().find(|row| *name == *text(row, column) && is_null(row, "removed_at"))
}

fn host_named<'w>(world: &'w World, name: &Json) -> Option<&'w Row> {
    named_one(world, "host", "folded_hostname", &json!(folded_hostname(name.as_str()?)))
}

fn lock(ty: &'static str, row: &Row) -> Raw {
    let until = if ty == "Hold" { Raw::of(cell(row, "until")) } else { Raw::Null };
    Raw::Thing(Thing::made(
        "Lock",
        [
            ("holder", Raw::Thing(Thing::new(ty, row))),
            ("reason", Raw::of(cell(row, "reason"))),
            ("by", Raw::of(cell(row, "created_by"))),
            ("since", Raw::of(cell(row, "created_at"))),
            ("until", until),
        ],
    ))
}

fn labels(world: &World, args: &Args) -> Raw {
    let first = lists::long(args, "first");
    let there = |row: &&Row| is_null(world.find("host", int(row, "host_id").unwrap()).unwrap(), "removed_at");
    let mut counts: BTreeMap<(String, String), i64> = BTreeMap::new();
    for row in world.rows("host_label").iter().filter(there) {
        if args.get("key").is_none_or(|key| *key == *text(row, "key")) {
            *counts.entry((text(row, "key"), text(row, "value"))).or_default() += 1;
        }
    }
    let count = |((key, value), count): ((String, String), i64)| {
        Raw::Thing(Thing::made(
            "LabelCount",
            [("key", Raw::leaf(key)), ("value", Raw::leaf(value)), ("hostCount", Raw::leaf(count))],
        ))
    };
    Raw::List(counts.into_iter().map(count).take(first).collect())
}

fn counts(world: &World, service: i64, args: &Args) -> Result<Raw, Fault> {
    let all = world.rows("instance").iter().filter(|row| int(row, "service_id") == Some(service)).cloned().collect();
    let mut counts: BTreeMap<(i64, String), i64> = BTreeMap::new();
    for row in narrow::instances(world, all, args.get("filter").unwrap_or(&json!({})))? {
        *counts.entry((int(&row, "version_id").unwrap_or_default(), text(&row, "status"))).or_default() += 1;
    }
    let count = |((version, status), count): ((i64, String), i64)| {
        Raw::Thing(Thing::made(
            "InstanceCount",
            [
                ("version", Raw::maybe("Version", world.find("version", version))),
                ("status", Raw::leaf(status)),
                ("count", Raw::leaf(count)),
            ],
        ))
    };
    Ok(Raw::List(counts.into_iter().map(count).collect()))
}

fn enabled(world: &World, row: &Row, args: &Args) -> Result<bool, Fault> {
    let current = reference("Version", "currentVersion", &args["currentVersion"])?;
    let found = world.find("version", current).ok_or_else(|| lists::wrong("NOT_FOUND", "currentVersion"))?;
    if int(found, "service_id") != int(row, "service_id") {
        return Err(lists::wrong("OTHER_SERVICE", "currentVersion"));
    }
    Ok(narrow::is_enabled(row, &args["action"], found))
}

/// What a target waits for. The fleet is not suspended here.
fn waits(world: &World, target: &Row) -> Vec<Raw> {
    if text(target, "status") != "QUEUED" {
        return Vec::new();
    }
    let executor = text(target, "executor");
    let has = |worker: &&Row| {
        let executors: Vec<String> = serde_json::from_str(&text(worker, "executors")).unwrap();
        is_null(worker, "ended_at") && executors.contains(&executor)
    };
    let runs = |target: &&Row| text(target, "status") == "RUNNING";
    let targets = || world.rows("release_target").iter().filter(runs);
    let living: Vec<&Row> = world.rows("worker").iter().filter(has).collect();
    let is_full = |worker: &&Row| {
        let own = targets().filter(|other| int(other, "worker_id") == int(worker, "id")).count() as i64;
        Some(own) >= int(worker, "max_targets")
    };
    let release = world.find("release", int(target, "release_id").unwrap()).unwrap();
    let (running, limit) = (int(release, "running").unwrap(), int(release, "max_parallel").unwrap());
    let mut of_release: Vec<&Row> =
        targets().filter(|other| int(other, "release_id") == int(target, "release_id")).collect();
    of_release.sort_by_key(|other| int(other, "ordinal"));
    let shares = |target: &Row| cell(target, "shares_host") == Cell::Bool(true);
    let on_host = |row: &&Row| int(row, "host_id") == int(target, "host_id");
    let busy: Vec<&Row> = targets().filter(on_host).filter(|other| !shares(other) && !shares(target)).collect();
    let alive = |id: i64| world.find("worker", id).is_some_and(|worker| is_null(worker, "ended_at"));
    let undrains = |row: &&Row| int(row, "undrain_worker_id").is_some_and(alive);
    let undrained: Vec<&Row> = world.rows("instance").iter().filter(on_host).filter(undrains).collect();
    let wait = |kind: WaitKind, (name, count, limit): (&str, i64, i64), lists: [Vec<&Row>; 3]| {
        let [targets, releases, instances] = lists.map(|rows| rows.into_iter().cloned().collect::<Vec<_>>());
        Raw::Thing(Thing::made(
            "Wait",
            [
                ("kind", Raw::leaf(kind.word())),
                ("message", Raw::leaf(kind.message(name, count, limit))),
                ("until", if kind == WaitKind::Soak { Raw::of(cell(release, "soaks_until")) } else { Raw::Null }),
                ("targets", Raw::things("ReleaseTarget", targets)),
                ("releases", Raw::things("Release", releases)),
                ("instances", Raw::things("Instance", instances)),
            ],
        ))
    };
    let none = || [Vec::new(), Vec::new(), Vec::new()];
    let mut waits = Vec::new();
    if living.is_empty() {
        waits.push(wait(WaitKind::NoWorker, (&executor, 0, 0), none()));
    }
    // No release is paused, and no wave has ended.
    let (wave, current) = (int(target, "wave").unwrap(), int(release, "wave").unwrap());
    if wave > current && !is_null(release, "soaks_until") {
        waits.push(wait(WaitKind::Soak, ("", current, 0), none()));
    }
    let open = |one: &Row| int(one, "number").is_some_and(|number| number >= current && number < wave);
    if rows_of(world, "release_wave", int(release, "id").unwrap(), "number").iter().any(open) {
        let before = of_release.iter().copied().filter(|other| int(other, "wave") < Some(wave));
        let lists = [before.take(10).collect(), Vec::new(), Vec::new()];
        waits.push(wait(WaitKind::Wave, ("", current, wave), lists));
    }
    if running >= limit {
        let lists = [of_release.iter().copied().take(10).collect(), Vec::new(), Vec::new()];
        waits.push(wait(WaitKind::ReleaseLimit, ("", running, limit), lists));
    }
    if !busy.is_empty() || !undrained.is_empty() {
        let host = world.find("host", int(target, "host_id").unwrap()).unwrap();
        let releases = busy.iter().filter_map(|other| world.find("release", int(other, "release_id")?)).collect();
        waits.push(wait(WaitKind::HostBusy, (&text(host, "hostname"), 0, 0), [busy, releases, undrained]));
    }
    if let Some(limit) = int(release, "label_count") {
        let key = text(release, "label_key");
        let value_of = |target: &Row| {
            let is = |label: &&Row| int(label, "host_id") == int(target, "host_id") && text(label, "key") == key;
            world.rows("host_label").iter().find(is).map(|label| text(label, "value"))
        };
        let value = value_of(target);
        let name = value.as_ref().map_or_else(|| format!("no label {key}"), |value| format!("the label {key}={value}"));
        let alike: Vec<&Row> = of_release.into_iter().filter(|other| value_of(other) == value).collect();
        let running = alike.len() as i64;
        if running >= limit {
            let lists = [alike.into_iter().take(10).collect(), Vec::new(), Vec::new()];
            waits.push(wait(WaitKind::LabelLimit, (&name, running, limit), lists));
        }
    }
    if !living.is_empty() && living.iter().all(is_full) {
        waits.push(wait(WaitKind::WorkersFull, (&executor, living.len() as i64, 0), none()));
    }
    waits
}
