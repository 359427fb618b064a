//! What a random world has in it: a bit of everything, ties and gaps included. Events may name things that are not
//! there, which no other row can.

use crate::general::world::{Cell, Row, World, int, text};
use std::collections::{HashMap, HashSet};
use testkit::choices::Choices;
use testkit::rows;

/// Before and after every run of a test.
pub const PAST: i64 = 1_600_000_000_000;
const FUTURE: i64 = 4_000_000_000_000;

/// The number of a row that is not there.
const NOWHERE: i64 = 777;

const PEOPLE: [&str; 3] = ["ann", "bob", "Zoë"];
const TEXTS: [&str; 7] =
    ["", "plain", "a \"quote\"", "back\\slash", "tab\tand\nline", "\u{1}\u{7f}\u{2028}", "Größe 🚢"];
const WITH_VERSION: [&str; 6] = ["RUNNING", "UPGRADE_FAILED", "REVERT_FAILED", "UNKNOWN", "REMOVED", "UPGRADING"];
const WITHOUT_VERSION: [&str; 3] = ["INSTALLING", "INSTALL_FAILED", "REMOVED"];

macro_rules! row {
    ($($column:literal: $value:expr),* $(,)?) => { [$(($column, Cell::from($value))),*] };
}

mod releases;

fn time(choices: &mut Choices) -> Cell {
    Cell::Time(PAST + choices.below(40) as i64 * 997)
}

fn maybe(choices: &mut Choices, times: usize) -> Cell {
    if choices.one_in(times) { time(choices) } else { Cell::Null }
}

fn who(choices: &mut Choices) -> Cell {
    Cell::from(*choices.pick(&PEOPLE))
}

fn any(choices: &mut Choices) -> Cell {
    Cell::from(*choices.pick(&TEXTS))
}

/// A text that is not empty.
fn said(choices: &mut Choices) -> Cell {
    Cell::from(*choices.pick(&TEXTS[1..]))
}

pub fn fill(world: &mut World, choices: &mut Choices) {
    for id in 1..=2 + choices.below(3) as i64 {
        service(world, choices, id);
    }
    for id in 1..=3 + choices.below(4) as i64 {
        host(world, choices, id);
    }
    let services = world.rows("service").to_vec();
    for id in 1..=services.len() as i64 * 4 {
        let service = choices.pick(&services).clone();
        version(world, choices, id, &service);
    }
    instances(world, choices);
    for id in 1..=choices.below(14) as i64 {
        hold(world, choices, id);
    }
    for id in 1..=choices.below(4) as i64 {
        let executors = *choices.pick(&["[]", "[\"sim\"]", "[\"a\", \"sim\"]"]);
        world.add(rows::worker(id, choices.pick::<&str>(&["w-1", "w-2"])).with(row! { "executors": executors,
        "max_targets": choices.below(300) as i64, "started_at": time(choices), "beat_at": time(choices),
        "ended_at": maybe(choices, 3) }));
    }
    let mut open = HashSet::new();
    for id in 1..=2 + choices.below(4) as i64 {
        releases::release(world, choices, id, &mut open);
    }
    events(world, choices);
    for id in 1..=choices.below(12) as i64 {
        audit(world, choices, id);
    }
}

fn audit(world: &mut World, choices: &mut Choices, id: i64) {
    let command = choices.one_in(3);
    let of_request = |text: &str| if command { Cell::Null } else { Cell::from(text) };
    let credential = if command { "command line" } else { "token 1" };
    let input = *choices.pick(&["{}", "{\"b\":[1,null,true],\"aa\":{\"x\":\"\\u0001Größe 🚢 \\\"\"}}", "{\"a\":\"\"}"]);
    let result = *choices.pick(&["[]", "[\"rel_1\",\"ins_2\"]"]);
    world.add(rows::audit(id).with(row! { "at": time(choices), "caller": who(choices), "credential": credential,
    "request_id": of_request("q1"), "address": of_request("192.0.2.1"),
    "operation": *choices.pick(&["createService", "createToken"]),
    "outcome": *choices.pick(&["ACCEPTED", "REFUSED", "DENIED"]), "input": input, "result": result,
    "count": 1 + choices.below(9) as i64 }));
}

fn service(world: &mut World, choices: &mut Choices, id: i64) {
    let name = format!("{}-{id}", choices.pick(&["web", "a", "db-x"]));
    let removed = maybe(choices, 6);
    world.add(rows::service(id, &name).with(row! { "language": any(choices), "description": any(choices),
    "version_scheme": *choices.pick(&["REGISTRATION", "SEMVER"]), "created_at": time(choices), "created_by": who(choices), "updated_at": time(choices),
    "updated_by": who(choices), "removed_at": removed }));
}

fn host(world: &mut World, choices: &mut Choices, id: i64) {
    let name = format!("{}{id}", choices.pick(&["a-", "B-", "b.", "Z_"]));
    world.add(rows::host(id, &name).with(row! { "created_at": time(choices),
    "created_by": who(choices), "removed_at": maybe(choices, 6) }));
    for key in ["zone", "Disk", "ö"] {
        if choices.one_in(2) {
            let value = *choices.pick(&["", "x", "y"]);
            world.add(rows::label(id, key, value));
        }
    }
}

fn version(world: &mut World, choices: &mut Choices, id: i64, service: &Row) {
    let status = *choices.pick(&["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED", "PENDING"]);
    let built = if status == "PENDING" { Cell::Null } else { time(choices) };
    let withdrawn = maybe(choices, 5);
    let (by, why) = match withdrawn {
        Cell::Null => (Cell::Null, Cell::Null),
        _ => (who(choices), said(choices)),
    };
    let name = format!("{}.{id}", choices.below(3));
    world.add(rows::version(id, id_of(service), &name).with(row! { "precedence": *choices.pick(&["", "", "a", "B"]),
        "ref": any(choices), "description": any(choices), "build_status": status,
        "artifact": (status == "SUCCEEDED").then_some("oci://x"), "build_message": (status == "FAILED").then(|| said(choices)),
        "built_at": built, "created_at": time(choices), "created_by": who(choices), "withdrawn_at": withdrawn,
        "withdrawn_by": by, "withdrawn_reason": why, "removed_at": maybe(choices, 8) }));
}

fn instances(world: &mut World, choices: &mut Choices) {
    let mut id = 0;
    for service in world.rows("service").to_vec() {
        let of_it = |row: &&Row| int(row, "service_id") == int(&service, "id");
        let versions: Vec<Row> = world.rows("version").iter().filter(of_it).cloned().collect();
        for host in world.rows("host").to_vec() {
            if choices.one_in(4) {
                continue;
            }
            id += 1;
            let version = if versions.is_empty() || choices.one_in(5) { None } else { Some(choices.pick(&versions)) };
            let status = if version.is_some() { *choices.pick(&WITH_VERSION) } else { *choices.pick(&WITHOUT_VERSION) };
            let health = *choices.pick(&[None, Some("HEALTHY"), Some("UNHEALTHY")]);
            let health_at = if health.is_some() { time(choices) } else { Cell::Null };
            world.add(rows::instance(id, id_of(&service), id_of(&host), version.map(id_of)).with(row! {
            "hostname": text(&host, "hostname"),
            "port": *choices.pick(&[None, Some(8080)]), "tag": *choices.pick(&[None, Some("prod"), Some("Test")]),
            "weight": choices.below(1001) as i64, "description": any(choices), "maintenance": choices.one_in(2),
            "status": status, "drained_since": maybe(choices, 3),
            "health": health, "health_at": health_at, "drifted_since": maybe(choices, 3), "observed_at": maybe(choices, 2),
            "observed_version": *choices.pick(&[None, Some(""), Some("1.0")]), "revision": 1 + choices.below(9) as i64,
            "created_at": time(choices), "updated_at": time(choices), "updated_by": who(choices),
            "confirmed_at": maybe(choices, 3) }));
        }
    }
}

fn hold(world: &mut World, choices: &mut Choices, id: i64) {
    let instances = world.rows("instance").to_vec();
    let instance = if instances.is_empty() || choices.one_in(3) { None } else { Some(choices.pick(&instances)) };
    let any_service = 1 + choices.below(world.rows("service").len()) as i64;
    let service = instance.and_then(|row| int(row, "service_id")).unwrap_or(any_service);
    let ended = maybe(choices, 4);
    let ended_by = if ended == Cell::Null || choices.one_in(3) { Cell::Null } else { who(choices) };
    let until = *choices.pick(&[None, Some(PAST + 5), Some(FUTURE)]);
    let host =
        if instance.is_none() && choices.one_in(2) { Some(id_of(choices.pick(world.rows("host")))) } else { None };
    let row = match host {
        Some(host) => rows::host_hold(id, host),
        None if instance.is_none() && choices.one_in(3) => rows::fleet_freeze(id),
        None => rows::hold(id, service, instance.map(id_of)),
    };
    world.add(row.with(row! { "reason": said(choices),
    "includes_reverts": instance.is_none() && host.is_none() && choices.one_in(2), "created_at": time(choices),
    "created_by": who(choices), "until": until.map(Cell::Time), "ended_at": ended, "ended_by": ended_by }));
}

/// The id of a row.
fn id_of(row: &Row) -> i64 {
    int(row, "id").expect("every row has an id here")
}

/// The number of a row of a table, or sometimes of none that is there.
fn perhaps(world: &World, choices: &mut Choices, table: &str) -> Option<i64> {
    match choices.below(6) {
        0 | 1 => None,
        2 => Some(NOWHERE),
        _ => int(choices.pick(world.rows(table)), "id"),
    }
}

fn events(world: &mut World, choices: &mut Choices) {
    let mut revisions: HashMap<(&str, i64), i64> = HashMap::new();
    for position in 1..=choices.below(30) as i64 {
        if choices.one_in(4) {
            let service = choices.pick(world.rows("service")).clone();
            let kind = *choices.pick(&["REGISTERED", "EDITED", "VERSION_REGISTERED", "FROZEN"]);
            let mut row =
                rows::service_event(position, id_of(&service)).with(row! { "kind": kind, "at": time(choices),
                "caused_by": who(choices), "service_name": text(&service, "name"),
                "version_id": perhaps(world, choices, "version") });
            let hold = if world.rows("hold").is_empty() { None } else { perhaps(world, choices, "hold") };
            row = row.set("hold_id", hold);
            world.add(row);
            continue;
        }
        let about_release = choices.one_in(3);
        let table = if about_release { "release" } else { "instance" };
        let of = match world.rows(table) {
            [] => NOWHERE,
            _ if choices.one_in(9) => NOWHERE,
            rows => int(choices.pick(rows), "id").unwrap_or(NOWHERE),
        };
        let revision = revisions.entry((table, of)).or_default();
        *revision += 1;
        let revision = *revision;
        let row = match about_release {
            true => rows::release_event(position, of, revision),
            false => rows::instance_event(position, of, revision),
        };
        let mut row = row.with(row! { "at": time(choices), "caused_by": who(choices), "service_id": 1,
        "service_name": "web", "target_id": perhaps(world, choices, "release_target") });
        if about_release {
            let kind = *choices.pick(&["ACCEPTED", "TARGET_STARTED", "TARGET_FINISHED", "FINISHED"]);
            let status = *choices.pick(&["RUNNING", "FAILED"]);
            let action = *choices.pick(&["UPGRADE", "INSTALL"]);
            row = row.with(row! { "kind": kind, "status": status, "action": action });
            let counts = ["total", "queued", "running", "succeeded", "failed", "canceled", "unknown", "skipped"];
            for count in counts.into_iter().chain(["unreachable", "unhealthy"]) {
                row = row.set(count, choices.below(99) as i64);
            }
        } else {
            let host = choices.pick(world.rows("host"));
            let kind = *choices.pick(&["RELEASE", "HOLD", "CONFIRMATION", "EDIT"]);
            row = row.with(row! { "kind": kind, "host_id": int(host, "id"),
            "hostname": text(host, "hostname"), "previous_status": *choices.pick(&[None, Some("RUNNING")]),
            "status": *choices.pick(&WITH_VERSION), "locked": choices.one_in(2) });
            for (column, table) in
                [("version_id", "version"), ("previous_version_id", "version"), ("release_id", "release")]
            {
                row = row.set(column, perhaps(world, choices, table));
            }
            let hold = if world.rows("hold").is_empty() { None } else { perhaps(world, choices, "hold") };
            row = row.set("hold_id", hold);
        }
        world.add(row);
    }
}
