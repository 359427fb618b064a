//! A page of a list, cut the plain way: all items, then those behind and before the cursors, then the first or last.

use super::lists::{Order, bad, encode, keys, long, order, rows};
use super::{Args, Fault, Raw, Scene, Thing};
use crate::general::world::{Cell, Row, int};
use lockkeeper::wire::cursor;
use serde_json::Value as Json;

/// How the cursors of a list are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Values,
    Event,
    Line,
}

fn style(list: &str) -> Style {
    match list {
        "events" | "instanceEvents" | "releaseEvents" | "serviceEvents" => Style::Event,
        "log" => Style::Line,
        _ => Style::Values,
    }
}

fn node(ty: &str, list: &str) -> &'static str {
    match list {
        "audit" => "AuditEntry",
        "services" => "Service",
        "hosts" | "availableHosts" => "Host",
        "instances" => "Instance",
        "versions" => "Version",
        "holds" => "Hold",
        "releases" | "followUps" => "Release",
        "targets" => "ReleaseTarget",
        "skipped" => "SkippedInstance",
        "log" => "LogLine",
        "events" if ty == "Service" => "ServiceEvent",
        "instanceEvents" | "events" => "InstanceEvent",
        "serviceEvents" => "ServiceEvent",
        "releaseEvents" => "ReleaseEvent",
        other => panic!("what the list {other} is of is not said here"),
    }
}

/// The values that a cursor names.
fn place(scene: &Scene, thing: &Thing, list: &str, order: Order, name: &str, text: &Json) -> Result<Vec<Cell>, Fault> {
    let invalid = || Fault { code: "CURSOR_INVALID", ..bad(name) };
    let text = text.as_str().unwrap();
    match style(list) {
        Style::Event => {
            let place = cursor::read_event(text, &scene.log_id, name).map_err(|_| invalid())?;
            let ahead = thing.ty == "Query" && place > scene.world.position();
            if ahead { Err(invalid()) } else { Ok(vec![Cell::Int(place)]) }
        }
        Style::Line => {
            let (release, place) = cursor::read_line(text, name).map_err(|_| invalid())?;
            let own = if thing.ty == "Release" { "id" } else { "release_id" };
            if int(&thing.row, own) == Some(release) { Ok(vec![Cell::Int(place)]) } else { Err(invalid()) }
        }
        Style::Values => {
            let table = super::fields::table(node(&thing.ty, list)).unwrap();
            let named = scene.world.rows(table).iter().find(|row| encode(&thing.ty, list, order, row) == text);
            named.map(|row| keys(order, row)).ok_or_else(invalid)
        }
    }
}

pub fn page(scene: &Scene, thing: &Thing, list: &str, args: &Args) -> Result<Raw, Vec<Fault>> {
    let backward = args.contains_key("last");
    let long = match () {
        () if args.contains_key("first") => long(args, "first"),
        () if backward => long(args, "last"),
        () => 50,
    };
    let order = order(&thing.ty, list, args);
    let place = |name: &str| args.get(name).map(|text| place(scene, thing, list, order, name, text)).transpose();
    let (all, after, before) = match (rows(scene, thing, list, args), place("after"), place("before")) {
        (Ok(all), Ok(after), Ok(before)) => (all, after, before),
        (all, after, before) => return Err([all.err(), after.err(), before.err()].into_iter().flatten().collect()),
    };
    let mut part: Vec<Row> = all.clone();
    for (place, behind) in [(after, true), (before, false)] {
        if let Some(place) = place {
            let greater = behind != order.descending;
            part.retain(|row| if greater { keys(order, row) > place } else { keys(order, row) < place });
        }
    }
    let more = part.len() > long;
    if backward {
        part.drain(..part.len() - long.min(part.len()));
    } else {
        part.truncate(long);
    }
    let cursor_of = |row: &Row| {
        Raw::leaf(match style(list) {
            Style::Values => encode(&thing.ty, list, order, row),
            Style::Event => cursor::event(&scene.log_id, int(row, "position").unwrap()),
            Style::Line => cursor::line(int(row, "release_id").unwrap(), int(row, "place").unwrap()),
        })
    };
    let (forward, back) = match backward {
        true => (args.contains_key("before"), more),
        false => (more, args.contains_key("after")),
    };
    let info = [
        ("hasNextPage", Raw::leaf(forward)),
        ("hasPreviousPage", Raw::leaf(back)),
        ("startCursor", part.first().map_or(Raw::Null, cursor_of)),
        ("endCursor", part.last().map_or(Raw::Null, cursor_of)),
    ];
    let ty = node(&thing.ty, list);
    let item = |row: &Row| Raw::Thing(Thing::new(ty, row));
    let edge =
        |row: &Row| Raw::Thing(Thing::made(&format!("{ty}Edge"), [("cursor", cursor_of(row)), ("node", item(row))]));
    let mut connection = vec![
        ("nodes", Raw::List(part.iter().map(item).collect())),
        ("edges", Raw::List(part.iter().map(edge).collect())),
        ("pageInfo", Raw::Thing(Thing::made("PageInfo", info))),
        ("totalCount", Raw::leaf(all.len())),
    ];
    if style(list) == Style::Event {
        let last = part.last().and_then(|row| int(row, "position"));
        let given =
            |name| args.get(name).map(|text| cursor::read_event(text.as_str().unwrap(), &scene.log_id, name).unwrap());
        let (behind, before) = (given("after"), given("before"));
        // What the page leaves out at its end comes next; else what was not searched.
        let searched_to = before.map_or(scene.world.position(), |before| (before - 1).max(0));
        let next = match (more && !backward, last) {
            // Newest first: behind the end of the page, wherever that is.
            (_, last) if order.descending => last.or(behind).unwrap_or(scene.world.position()),
            (true, Some(last)) => last,
            (true, None) => behind.unwrap_or_default(),
            (false, last) => last.unwrap_or_default().max(searched_to),
        };
        connection.push(("nextCursor", Raw::leaf(cursor::event(&scene.log_id, next))));
    }
    Ok(Raw::Thing(Thing::made(&format!("{ty}Connection"), connection)))
}
