//! Which rows a list has, in which order, and the cursors of its items.

use super::fields::prefix;
use super::{Args, Fault, Scene, Thing, narrow};
use crate::general::world::{Cell, Row, World, cell, int, is_null, text};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use lockkeeper::domain::Id;
use serde_json::{Value as Json, json};

/// An order by these columns.
#[derive(Clone, Copy)]
pub struct Order {
    pub name: &'static str,
    pub columns: &'static [&'static str],
    pub descending: bool,
}

const fn order_by(name: &'static str, columns: &'static [&'static str], descending: bool) -> Order {
    Order { name, columns, descending }
}

/// The order of a list, as it was asked for.
pub fn order(ty: &str, list: &str, args: &Args) -> Order {
    let asked = args.get("orderBy");
    let field = asked.and_then(|asked| asked["field"].as_str());
    let direction = asked.and_then(|asked| asked["direction"].as_str());
    match (ty, list, field) {
        (_, "audit", _) => order_by("AT", &["at", "id"], direction == Some("DESC")),
        (_, "services" | "hosts" | "availableHosts", Some("CREATED_AT")) => {
            order_by("CREATED_AT", &["created_at", "id"], direction == Some("DESC"))
        }
        (_, "services", Some("UPDATED_AT")) => order_by("UPDATED_AT", &["updated_at", "id"], direction == Some("DESC")),
        (_, "services", _) => order_by("NAME", &["name", "id"], direction == Some("DESC")),
        (_, "instances", Some("UPDATED_AT")) => {
            order_by("UPDATED_AT", &["updated_at", "id"], direction == Some("DESC"))
        }
        (_, "hosts" | "availableHosts" | "instances", _) | (_, "targets", Some("HOSTNAME")) => {
            order_by("HOSTNAME", &["folded_hostname", "id"], direction == Some("DESC"))
        }
        (_, "versions", Some("NAME")) => order_by("NAME", &["name", "id"], direction != Some("ASC")),
        (_, "versions", Some("PRECEDENCE")) => order_by("PRECEDENCE", &["precedence", "id"], direction != Some("ASC")),
        (_, "versions" | "releases", _) => order_by("CREATED_AT", &["id"], direction != Some("ASC")),
        (_, "holds", _) => order_by("newest", &["id"], true),
        (_, "targets", Some("STATUS")) => order_by("STATUS", &["status", "ordinal", "id"], direction == Some("DESC")),
        (_, "targets", Some("STARTED_AT")) => {
            order_by("STARTED_AT", &["started_or_never", "id"], direction == Some("DESC"))
        }
        (_, "targets", Some("FINISHED_AT")) => {
            order_by("FINISHED_AT", &["finished_or_never", "id"], direction == Some("DESC"))
        }
        (_, "targets", _) => order_by("ORDINAL", &["ordinal", "id"], direction == Some("DESC")),
        (_, "log", _) => order_by("place", &["place"], false),
        ("Instance" | "Host" | "Service", "events", _) => order_by("newest", &["position"], true),
        (_, "instanceEvents" | "releaseEvents" | "serviceEvents", _) => order_by("oldest", &["position"], false),
        _ => order_by("oldest", &["id"], false),
    }
}

/// The cursor of a row of a list that is identified by its values.
pub fn encode(ty: &str, list: &str, order: Order, row: &Row) -> String {
    let way = if order.descending { "DESC" } else { "ASC" };
    let mut parts = vec![json!(format!("{ty}.{list}")), json!(format!("{} {way}", order.name))];
    parts.extend(order.columns.iter().map(|column| match cell(row, column) {
        Cell::Int(value) | Cell::Time(value) => json!(value),
        cell => json!(if let Cell::Text(text) = cell { text } else { String::new() }),
    }));
    BASE64.encode(Json::Array(parts).to_string())
}

/// Whether lists show an instance.
pub fn is_there(row: &Row) -> bool {
    text(row, "status") != "REMOVED"
}

/// The request is wrong in this argument.
pub fn bad(argument: &str) -> Fault {
    Fault { code: "BAD_REQUEST", reason: None, argument: Some(argument.to_owned()) }
}

/// An id of the request is wrong, for this reason.
pub fn wrong(reason: &'static str, argument: &str) -> Fault {
    Fault { reason: Some(reason), ..bad(argument) }
}

/// How many items an argument asks for.
pub fn long(args: &Args, name: &str) -> usize {
    args[name].as_u64().unwrap() as usize
}

/// The number of a thing that an argument names.
pub fn reference(ty: &str, argument: &str, id: &Json) -> Result<i64, Fault> {
    match id.as_str().and_then(Id::parse) {
        Some(Id { kind, number }) if Some(kind.prefix()) == prefix(ty) => Ok(number),
        Some(_) => Err(wrong("WRONG_TYPE", argument)),
        None => Err(wrong("NOT_FOUND", argument)),
    }
}

/// The rows of a list, without those that lists leave out or that the filter does, in order.
pub fn rows(scene: &Scene, thing: &Thing, list: &str, args: &Args) -> Result<Vec<Row>, Fault> {
    let (world, number, nothing) = (&*scene.world, thing.number(), json!({}));
    let filter = args.get("filter").unwrap_or(&nothing);
    let of = |table: &str, column: &str| -> Vec<Row> {
        world.rows(table).iter().filter(|row| int(row, column) == Some(number)).cloned().collect()
    };
    let all = |table: &str| -> Vec<Row> { world.rows(table).to_vec() };
    let there = |rows: Vec<Row>| -> Vec<Row> { rows.into_iter().filter(|row| is_null(row, "removed_at")).collect() };
    let about = |rows: Vec<Row>, subject: &str| -> Vec<Row> {
        rows.into_iter().filter(|row| text(row, "subject") == subject).collect()
    };
    let mut rows = match (thing.ty.as_str(), list) {
        (_, "audit") => narrow::audit(all("audit"), filter)?,
        (_, "services") => narrow::services(world, there(all("service")), filter),
        (_, "hosts") => narrow::hosts(world, there(all("host")), filter),
        (_, "availableHosts") => {
            let taken = |host: &Row| {
                of("instance", "service_id").iter().any(|row| int(row, "host_id") == int(host, "id") && is_there(row))
            };
            narrow::hosts(world, there(all("host")).into_iter().filter(|host| !taken(host)).collect(), filter)
        }
        ("Query", "instances") => narrow::instances(world, all("instance"), filter)?,
        ("Service", "instances") => narrow::instances(world, of("instance", "service_id"), filter)?,
        ("Host", "instances") => narrow::instances(world, of("instance", "host_id"), filter)?,
        ("Version", "instances") => narrow::instances(world, of("instance", "version_id"), filter)?,
        (_, "versions") => narrow::versions(world, number, there(of("version", "service_id")), filter)?,
        (_, "holds") => narrow::holds(world, all("hold"), filter)?,
        ("Query", "releases") => narrow::releases(world, all("release"), filter)?,
        ("Service", "releases") => narrow::releases(world, of("release", "service_id"), filter)?,
        (_, "followUps") => of("release", "parent_id"),
        (_, "targets") => narrow::words(of("release_target", "release_id"), "status", args.get("statuses")),
        (_, "skipped") => of("release_skip", "release_id"),
        ("Release", "log") => of("output_line", "release_id"),
        ("ReleaseTarget", "log") => of("output_line", "target_id"),
        (_, "instanceEvents") => narrow::events(world, about(all("event"), "INSTANCE"), filter)?,
        (_, "releaseEvents") => narrow::events(world, about(all("event"), "RELEASE"), filter)?,
        (_, "serviceEvents") => narrow::events(world, about(all("event"), "SERVICE"), filter)?,
        ("Instance", "events") => about(of("event", "instance_id"), "INSTANCE"),
        ("Host", "events") => about(of("event", "host_id"), "INSTANCE"),
        ("Service", "events") => about(of("event", "service_id"), "SERVICE"),
        (ty, list) => panic!("what the list {ty}.{list} has is not said here"),
    };
    let order = order(&thing.ty, list, args);
    rows.sort_by_key(|row| keys(order, row));
    if order.descending {
        rows.reverse();
    }
    Ok(rows)
}

/// What a row is ordered by.
pub fn keys(order: Order, row: &Row) -> Vec<Cell> {
    order.columns.iter().map(|column| cell(row, column)).collect()
}

/// The first of these ids that names nothing is an error.
pub fn known(world: &World, table: &str, argument: &str, ids: &[i64]) -> Result<(), Fault> {
    match ids.iter().all(|id| world.find(table, *id).is_some()) {
        true => Ok(()),
        false => Err(wrong("NOT_FOUND", argument)),
    }
}
