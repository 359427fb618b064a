//! What filters leave of rows.

use super::Fault;
use super::lists::{bad, is_there, known, reference, wrong};
use crate::general::world::{Cell, Row, World, cell, int, is_null, text};
use lockkeeper::domain::Timestamp;
use lockkeeper::domain::name::folded_hostname;
use serde_json::{Value as Json, json};

/// A list, also where one item stands for it.
pub fn items(value: &Json) -> Vec<&Json> {
    match value {
        Json::Array(items) => items.iter().collect(),
        item => vec![item],
    }
}

fn given<'j>(filter: &'j Json, name: &str) -> Option<&'j Json> {
    filter.get(name).filter(|value| !value.is_null())
}

/// Those in whose column is one of these words, if any are given.
pub fn words(rows: Vec<Row>, column: &str, words: Option<&Json>) -> Vec<Row> {
    let fits = |row: &Row| {
        words.is_none_or(|words| {
            items(words).into_iter().any(|word| *word == *text(row, column) && !is_null(row, column))
        })
    };
    rows.into_iter().filter(fits).collect()
}

fn starting(rows: Vec<Row>, column: &str, filter: &Json, name: &str) -> Vec<Row> {
    let start = given(filter, name).and_then(Json::as_str).unwrap_or_default();
    rows.into_iter().filter(|row| text(row, column).starts_with(start)).collect()
}

fn truth(rows: Vec<Row>, filter: &Json, name: &str, is: impl Fn(&Row) -> bool) -> Vec<Row> {
    let wanted = given(filter, name).and_then(Json::as_bool);
    rows.into_iter().filter(|row| wanted.is_none_or(|wanted| is(row) == wanted)).collect()
}

/// The numbers of the things that a filter names.
type Named = (&'static str, String, Vec<i64>);

fn ids(named: &mut Vec<Named>, filter: &Json, name: &str, (ty, table): (&str, &'static str)) -> Result<(), Fault> {
    if let Some(ids) = given(filter, name) {
        let argument = format!("filter.{name}");
        let numbers = items(ids).into_iter().map(|id| reference(ty, &argument, id)).collect::<Result<_, _>>()?;
        named.push((table, argument, numbers));
    }
    Ok(())
}

/// Those whose column names one of each of the given things, which all have to be there.
fn naming(
    world: &World,
    rows: Vec<Row>,
    filter: &Json,
    known_ids: &[(&str, &str, &str, &'static str)],
) -> Result<Vec<Row>, Fault> {
    let mut named = Vec::new();
    for (name, _, ty, table) in known_ids {
        ids(&mut named, filter, name, (ty, table))?;
    }
    for (table, argument, numbers) in &named {
        known(world, table, argument, numbers)?;
    }
    let fits = |row: &Row| {
        named.iter().all(|(_, argument, numbers)| {
            let column = known_ids.iter().find(|known| argument.ends_with(known.0)).unwrap().1;
            int(row, column).is_some_and(|number| numbers.contains(&number))
        })
    };
    Ok(rows.into_iter().filter(fits).collect())
}

/// What names are of: a table, its column of names, and whether something that was removed has lost its name.
type Names = (&'static str, &'static str, bool);

const SERVICES: Names = ("service", "name", true);
const HOSTS: Names = ("host", "folded_hostname", true);
const VERSIONS: Names = ("version", "name", false);

/// Those that have the number of a thing with one of the given names. Something must have each of the names.
fn called(
    world: &World,
    rows: Vec<Row>,
    filter: &Json,
    name: &str,
    (table, column, loses_name): Names,
    has: impl Fn(&Row, i64) -> bool,
) -> Result<Vec<Row>, Fault> {
    let Some(names) = given(filter, name) else { return Ok(rows) };
    let mut numbers = Vec::new();
    for name_of_one in items(names) {
        let name_of_one = if table == "host" { folded(name_of_one) } else { name_of_one.clone() };
        let is = |row: &&Row| name_of_one == *text(row, column) && (!loses_name || is_null(row, "removed_at"));
        let found: Vec<i64> = world.rows(table).iter().filter(is).filter_map(|row| int(row, "id")).collect();
        if found.is_empty() {
            return Err(wrong("NOT_FOUND", &format!("filter.{name}")));
        }
        numbers.extend(found);
    }
    Ok(rows.into_iter().filter(|row| numbers.iter().any(|number| has(row, *number))).collect())
}

/// Those that have the number of one of the given things, all of which must be there.
fn having(
    world: &World,
    rows: Vec<Row>,
    filter: &Json,
    name: &str,
    of: (&str, &'static str),
    has: impl Fn(&Row, i64) -> bool,
) -> Result<Vec<Row>, Fault> {
    let mut named = Vec::new();
    ids(&mut named, filter, name, of)?;
    let Some((table, argument, numbers)) = named.pop() else { return Ok(rows) };
    known(world, table, &argument, &numbers)?;
    Ok(rows.into_iter().filter(|row| numbers.iter().any(|number| has(row, *number))).collect())
}

/// A hostname as hostnames are compared.
fn folded(name: &Json) -> Json {
    json!(folded_hostname(name.as_str().unwrap()))
}

fn column_is(column: &str) -> impl Fn(&Row, i64) -> bool + '_ {
    move |row, number| int(row, column) == Some(number)
}

fn containing(rows: Vec<Row>, column: &str, filter: &Json) -> Vec<Row> {
    let part = given(filter, "nameContains").and_then(Json::as_str).unwrap_or_default().to_ascii_lowercase();
    rows.into_iter().filter(|row| text(row, column).to_ascii_lowercase().contains(&part)).collect()
}

/// Those whose time is in a range.
fn between(rows: Vec<Row>, column: &str, filter: &Json, [from, to]: [&str; 2]) -> Result<Vec<Row>, Fault> {
    let instant = |name| given(filter, name).map(|at| Timestamp::parse(at.as_str().unwrap()).unwrap().0);
    let (begin, end) = (instant(from), instant(to));
    if begin.zip(end).is_some_and(|(begin, end)| end < begin) {
        return Err(bad(&format!("filter.{to}")));
    }
    let fits = |row: &Row| {
        let Cell::Time(at) = cell(row, column) else { return false };
        begin.is_none_or(|begin| at >= begin) && end.is_none_or(|end| at < end)
    };
    Ok(rows.into_iter().filter(fits).collect())
}

pub fn stands(hold: &Row) -> bool {
    let ends = matches!(cell(hold, "until"), Cell::Time(until) if until <= Timestamp::now().0);
    is_null(hold, "ended_at") && !ends
}

/// Whether a hold is a freeze in force of a service, or of the fleet.
pub fn freezes(hold: &Row, service: i64) -> bool {
    let concerns = int(hold, "service_id").is_none_or(|frozen| frozen == service);
    concerns && is_null(hold, "instance_id") && is_null(hold, "host_id") && stands(hold)
}

pub fn open_target(world: &World, instance: i64) -> Option<&Row> {
    let open = |row: &&Row| int(row, "instance_id") == Some(instance) && is_null(row, "finished_at");
    world.rows("release_target").iter().find(open)
}

pub fn is_locked(world: &World, instance: i64) -> bool {
    open_target(world, instance).is_some() || world.rows("hold").iter().any(|hold| is_held(world, hold, instance))
}

/// Whether a hold is in force on an instance: on itself, or on its host.
pub fn is_held(world: &World, hold: &Row, instance: i64) -> bool {
    let on_host = world
        .find("instance", instance)
        .is_some_and(|row| is_there(row) && int(row, "host_id") == int(hold, "host_id"));
    (int(hold, "instance_id") == Some(instance) || on_host) && stands(hold)
}

/// R2
pub fn is_enabled(version: &Row, action: &Json, current: &Row) -> bool {
    let place = |row: &Row| (text(row, "precedence"), int(row, "id").unwrap());
    let (version_place, current) = (place(version), place(current));
    let newer = if *action == "UPGRADE" { version_place > current } else { version_place < current };
    newer
        && text(version, "build_status") == "SUCCEEDED"
        && is_null(version, "withdrawn_at")
        && is_null(version, "removed_at")
}

pub fn audit(rows: Vec<Row>, filter: &Json) -> Result<Vec<Row>, Fault> {
    let rows = words(rows, "caller", given(filter, "callers"));
    let rows = words(words(rows, "operation", given(filter, "operations")), "outcome", given(filter, "outcomes"));
    between(rows, "at", filter, ["from", "to"])
}

pub fn services(world: &World, rows: Vec<Row>, filter: &Json) -> Vec<Row> {
    let rows = words(starting(rows, "name", filter, "nameStartsWith"), "name", given(filter, "names"));
    let rows = truth(containing(rows, "name", filter), filter, "releasing", |row| {
        let is_open = |release: &Row| int(release, "service_id") == int(row, "id") && is_null(release, "finished_at");
        world.rows("release").iter().any(is_open)
    });
    let has = |row: &Row, statuses: &Json| {
        let of_it = world.rows("instance").iter().filter(|instance| int(instance, "service_id") == int(row, "id"));
        !words(of_it.cloned().collect(), "status", Some(statuses)).is_empty()
    };
    let statuses = given(filter, "instanceStatuses");
    let rows = rows.into_iter().filter(|row| statuses.is_none_or(|statuses| has(row, statuses))).collect();
    truth(rows, filter, "frozen", |row| {
        let service = int(row, "id").unwrap();
        world.rows("hold").iter().any(|hold| freezes(hold, service))
    })
}

fn labeled(world: &World, rows: Vec<Row>, column: &str, labels: Option<&Json>) -> Vec<Row> {
    let Some(labels) = labels else { return rows };
    let has = |row: &Row, label: &Json| {
        let is = |known: &Row| {
            int(known, "host_id") == int(row, column)
                && label["key"] == *text(known, "key")
                && label["value"] == *text(known, "value")
        };
        world.rows("host_label").iter().any(is)
    };
    let labels = items(labels);
    rows.into_iter().filter(|row| !labels.is_empty() && labels.iter().all(|label| has(row, label))).collect()
}

/// Rows whose hostnames start with what the filter says, in any case.
fn on_hosts_starting(rows: Vec<Row>, filter: &Json) -> Vec<Row> {
    let folded = given(filter, "hostnameStartsWith").map(|prefix| prefix.as_str().unwrap_or("").to_ascii_lowercase());
    starting(rows, "folded_hostname", &json!({ "hostnameStartsWith": folded }), "hostnameStartsWith")
}

pub fn hosts(world: &World, rows: Vec<Row>, filter: &Json) -> Vec<Row> {
    let rows = containing(on_hosts_starting(rows, filter), "hostname", filter);
    let named = given(filter, "hostnames").map(|names| items(names).into_iter().map(folded).collect());
    let rows = words(rows, "folded_hostname", named.as_ref());
    let has = |row: &Row, statuses: &Json| {
        let on_it = world.rows("instance").iter().filter(|instance| int(instance, "host_id") == int(row, "id"));
        !words(on_it.cloned().collect(), "status", Some(statuses)).is_empty()
    };
    let statuses = given(filter, "instanceStatuses");
    let rows = rows.into_iter().filter(|row| statuses.is_none_or(|statuses| has(row, statuses))).collect();
    labeled(world, rows, "id", given(filter, "labels"))
}

pub fn instances(world: &World, rows: Vec<Row>, filter: &Json) -> Result<Vec<Row>, Fault> {
    let gone =
        given(filter, "statuses").is_some_and(|statuses| items(statuses).into_iter().any(|status| status == "REMOVED"));
    let rows = rows.into_iter().filter(|row| gone || is_there(row)).collect();
    let rows = naming(
        world,
        rows,
        filter,
        &[
            ("serviceIds", "service_id", "Service", "service"),
            ("versionIds", "version_id", "Version", "version"),
            ("hostIds", "host_id", "Host", "host"),
        ],
    )?;
    let rows = called(world, rows, filter, "services", SERVICES, column_is("service_id"))?;
    let rows = called(world, rows, filter, "versions", VERSIONS, column_is("version_id"))?;
    let rows = called(world, rows, filter, "hostnames", HOSTS, column_is("host_id"))?;
    let rows = words(rows, "status", given(filter, "statuses"));
    let rows = words(rows, "tag", given(filter, "tags"));
    let rows = words(rows, "health", given(filter, "health"));
    let rows = on_hosts_starting(rows, filter);
    let rows = labeled(world, rows, "host_id", given(filter, "hostLabels"));
    let rows = truth(rows, filter, "drifted", |row| !is_null(row, "drifted_since"));
    let rows = truth(rows, filter, "drained", |row| !is_null(row, "drained_since"));
    let rows = truth(rows, filter, "held", |row| {
        let id = int(row, "id").unwrap();
        world.rows("hold").iter().any(|hold| is_held(world, hold, id))
    });
    Ok(truth(rows, filter, "locked", |row| is_locked(world, int(row, "id").unwrap())))
}

pub fn versions(world: &World, service: i64, rows: Vec<Row>, filter: &Json) -> Result<Vec<Row>, Fault> {
    let rows = words(starting(rows, "name", filter, "nameStartsWith"), "name", given(filter, "names"));
    let mut rows = words(containing(rows, "name", filter), "build_status", given(filter, "buildStatuses"));
    if let Some(wanted) = given(filter, "enabledFor") {
        let (by_id, by_name) = ("filter.enabledFor.currentVersionId", "filter.enabledFor.currentVersion");
        let (argument, current) = match (given(wanted, "currentVersionId"), given(wanted, "currentVersion")) {
            (Some(id), None) => (by_id, reference("Version", by_id, id)?),
            (None, Some(name)) => {
                let is = |row: &&Row| {
                    int(row, "service_id") == Some(service) && *name == *text(row, "name") && is_null(row, "removed_at")
                };
                let found = world.rows("version").iter().find(is).and_then(|row| int(row, "id"));
                (by_name, found.ok_or_else(|| wrong("NOT_FOUND", by_name))?)
            }
            (Some(_), Some(_)) => return Err(bad(by_name)),
            (None, None) => return Err(bad(by_id)),
        };
        let found = world.find("version", current).ok_or_else(|| wrong("NOT_FOUND", argument))?;
        if int(found, "service_id") != Some(service) {
            return Err(wrong("OTHER_SERVICE", argument));
        }
        rows.retain(|row| is_enabled(row, &wanted["action"], found));
    }
    Ok(truth(rows, filter, "inUse", |row| {
        world
            .rows("instance")
            .iter()
            .any(|instance| int(instance, "version_id") == int(row, "id") && is_there(instance))
    }))
}

pub fn holds(world: &World, rows: Vec<Row>, filter: &Json) -> Result<Vec<Row>, Fault> {
    let named =
        [("serviceIds", "service_id", "Service", "service"), ("instanceIds", "instance_id", "Instance", "instance")];
    let rows =
        called(world, naming(world, rows, filter, &named)?, filter, "services", SERVICES, column_is("service_id"))?;
    let on_host = |row: &Row, host: i64| {
        let instance = int(row, "instance_id").and_then(|number| world.find("instance", number));
        int(row, "host_id") == Some(host) || instance.is_some_and(|instance| int(instance, "host_id") == Some(host))
    };
    let rows = having(world, rows, filter, "hostIds", ("Host", "host"), on_host)?;
    let rows = called(world, rows, filter, "hostnames", HOSTS, on_host)?;
    let kind = |row: &Row| match (is_null(row, "host_id"), is_null(row, "instance_id")) {
        (false, _) => "HOST",
        (true, false) => "INSTANCE",
        (true, true) if is_null(row, "service_id") => "FLEET",
        (true, true) => "SERVICE",
    };
    let is_of =
        |row: &Row| given(filter, "kinds").is_none_or(|kinds| items(kinds).into_iter().any(|of| of == kind(row)));
    let rows = words(rows.into_iter().filter(is_of).collect(), "created_by", given(filter, "createdBy"));
    Ok(truth(rows, filter, "standing", stands))
}

pub fn releases(world: &World, rows: Vec<Row>, filter: &Json) -> Result<Vec<Row>, Fault> {
    let named = [
        ("serviceIds", "service_id", "Service", "service"),
        ("targetVersionIds", "target_version_id", "Version", "version"),
    ];
    let rows = naming(world, rows, filter, &named)?;
    let rows = called(world, rows, filter, "services", SERVICES, column_is("service_id"))?;
    let rows = called(world, rows, filter, "targetVersions", VERSIONS, column_is("target_version_id"))?;
    let on_host = |row: &Row, host: i64| {
        let is = |target: &Row| int(target, "release_id") == int(row, "id") && int(target, "host_id") == Some(host);
        world.rows("release_target").iter().any(is)
    };
    let rows = having(world, rows, filter, "hostIds", ("Host", "host"), on_host)?;
    let rows = called(world, rows, filter, "hostnames", HOSTS, on_host)?;
    let rows = between(rows, "created_at", filter, ["createdFrom", "createdTo"])?;
    let rows = words(rows, "status", given(filter, "statuses"));
    let mut rows = words(words(rows, "action", given(filter, "actions")), "created_by", given(filter, "createdBy"));
    if let Some(keys) = given(filter, "idempotencyKeys") {
        rows = words(rows, "idempotency_key", Some(keys));
        rows.retain(|row| text(row, "created_by") == "ann");
    }
    Ok(rows)
}

pub fn events(world: &World, rows: Vec<Row>, filter: &Json) -> Result<Vec<Row>, Fault> {
    let named = [
        ("serviceIds", "service_id", "Service", "service"),
        ("releaseIds", "release_id", "Release", "release"),
        ("versionIds", "version_id", "Version", "version"),
        ("instanceIds", "instance_id", "Instance", "instance"),
        ("hostIds", "host_id", "Host", "host"),
    ];
    let rows = naming(world, rows, filter, &named)?;
    let rows = called(world, rows, filter, "services", SERVICES, column_is("service_id"))?;
    let rows = called(world, rows, filter, "hostnames", HOSTS, column_is("host_id"))?;
    Ok(words(rows, "kind", given(filter, "kinds")))
}
