//! The value of any field. Most follow from their names: a field is the column of its name, a thing the row that the
//! column of its name and `_id` names. What does not is said one by one.

use super::lists::{self, reference};
use super::pages::page;
use super::{Args, Fault, Raw, Scene, Thing, narrow};
use crate::general::world::{Cell, Row, World, cell, int, is_null, text};
use async_graphql::registry::MetaField;
use lockkeeper::domain::{Id, Timestamp};
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
        "Hold" => "hold",
        "SkippedInstance" => "release_skip",
        "LogLine" => "output_line",
        "InstanceEvent" | "ReleaseEvent" => "event",
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
        ("Query", "host") => Raw::maybe("Host", named_one(world, "host", "hostname", &args["hostname"])),
        ("Query", "instance") => {
            let service = named_one(world, "service", "name", &args["service"]);
            let host = named_one(world, "host", "hostname", &args["hostname"]);
            let (service, host) = (service.and_then(|row| int(row, "id")), host.and_then(|row| int(row, "id")));
            let fits =
                |row: &&Row| int(row, "service_id") == service && int(row, "host_id") == host && lists::is_there(row);
            Raw::maybe("Instance", world.rows("instance").iter().find(fits))
        }
        ("Query", "labels") => labels(world, args),
        ("Query", "executors") => Raw::List(vec![Raw::Thing(Thing::made(
            "Executor",
            [("name", Raw::leaf("sim")), ("kind", Raw::leaf("simulate"))],
        ))]),
        ("Query", "viewer") => {
            Raw::Thing(Thing::made("Viewer", [("name", Raw::leaf("ann")), ("role", Raw::leaf("ADMIN"))]))
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
            let fits = |row: &Row| {
                int(row, "service_id") == Some(number) && is_null(row, "instance_id") && narrow::stands(row)
            };
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
        ("Instance", "locked") => Raw::leaf(narrow::is_locked(world, number)),
        ("Instance", "locks") => {
            let open =
                narrow::open_target(world, number).and_then(|row| world.find("release", int(row, "release_id")?));
            let holds =
                world.rows("hold").iter().filter(|row| int(row, "instance_id") == Some(number) && narrow::stands(row));
            Raw::List(
                open.map(|row| lock("Release", row)).into_iter().chain(holds.map(|row| lock("Hold", row))).collect(),
            )
        }
        ("Instance", "lastTarget") => {
            let of_it = world.rows("release_target").iter().filter(|row| int(row, "instance_id") == Some(number));
            Raw::maybe("ReleaseTarget", of_it.max_by_key(|row| int(row, "id")))
        }
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
        ("Release" | "InstanceEvent" | "ReleaseEvent", "cursor") => {
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
            (None, "Rollout" | "ReleaseProgress" | "Withdrawal") => Raw::Thing(Thing::new(named, row)),
            _ => Raw::of(cell(row, &snake(name))),
        },
    })
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
    Ok(narrow::is_enabled(row, &args["action"], current))
}
