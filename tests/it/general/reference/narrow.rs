//! What filters leave of rows.

use super::Fault;
use super::lists::{is_there, known, reference, wrong};
use crate::general::world::{Cell, Row, World, cell, int, is_null, text};
use lockkeeper::domain::Timestamp;
use serde_json::Value as Json;

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

pub fn stands(hold: &Row) -> bool {
    let ends = matches!(cell(hold, "until"), Cell::Time(until) if until <= Timestamp::now().0);
    is_null(hold, "ended_at") && !ends
}

pub fn open_target(world: &World, instance: i64) -> Option<&Row> {
    let open = |row: &&Row| int(row, "instance_id") == Some(instance) && is_null(row, "finished_at");
    world.rows("release_target").iter().find(open)
}

pub fn is_locked(world: &World, instance: i64) -> bool {
    let holds = |row: &Row| int(row, "instance_id") == Some(instance) && stands(row);
    open_target(world, instance).is_some() || world.rows("hold").iter().any(holds)
}

/// R2
pub fn is_enabled(version: &Row, action: &Json, current: i64) -> bool {
    let number = int(version, "id").unwrap();
    let newer = if *action == "UPGRADE" { number > current } else { number < current };
    newer
        && text(version, "build_status") == "SUCCEEDED"
        && is_null(version, "withdrawn_at")
        && is_null(version, "removed_at")
}

pub fn audit(rows: Vec<Row>, filter: &Json) -> Vec<Row> {
    let rows = words(rows, "caller", given(filter, "callers"));
    let rows = words(words(rows, "operation", given(filter, "operations")), "outcome", given(filter, "outcomes"));
    let instant = |name| given(filter, name).map(|at| Timestamp::parse(at.as_str().unwrap()).unwrap());
    let (from, to) = (instant("from"), instant("to"));
    let fits = |row: &Row| {
        let Cell::Time(at) = cell(row, "at") else { return false };
        from.is_none_or(|from| at >= from.0) && to.is_none_or(|to| at < to.0)
    };
    rows.into_iter().filter(fits).collect()
}

pub fn services(world: &World, rows: Vec<Row>, filter: &Json) -> Vec<Row> {
    let rows = starting(rows, "name", filter, "nameStartsWith");
    let has = |row: &Row, statuses: &Json| {
        let of_it = world.rows("instance").iter().filter(|instance| int(instance, "service_id") == int(row, "id"));
        !words(of_it.cloned().collect(), "status", Some(statuses)).is_empty()
    };
    let statuses = given(filter, "instanceStatuses");
    let rows = rows.into_iter().filter(|row| statuses.is_none_or(|statuses| has(row, statuses))).collect();
    truth(rows, filter, "frozen", |row| {
        let freezes =
            |hold: &Row| int(hold, "service_id") == int(row, "id") && is_null(hold, "instance_id") && stands(hold);
        world.rows("hold").iter().any(freezes)
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

pub fn hosts(world: &World, rows: Vec<Row>, filter: &Json) -> Vec<Row> {
    let rows = starting(rows, "hostname", filter, "hostnameStartsWith");
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
    let rows = words(rows, "status", given(filter, "statuses"));
    let rows = words(rows, "tag", given(filter, "tags"));
    let rows = starting(rows, "hostname", filter, "hostnameStartsWith");
    let rows = labeled(world, rows, "host_id", given(filter, "hostLabels"));
    Ok(truth(rows, filter, "locked", |row| is_locked(world, int(row, "id").unwrap())))
}

pub fn versions(world: &World, service: i64, rows: Vec<Row>, filter: &Json) -> Result<Vec<Row>, Fault> {
    let mut rows =
        words(starting(rows, "name", filter, "nameStartsWith"), "build_status", given(filter, "buildStatuses"));
    if let Some(wanted) = given(filter, "enabledFor") {
        let argument = "filter.enabledFor.currentVersionId";
        let current = reference("Version", argument, &wanted["currentVersionId"])?;
        let found = world.find("version", current).ok_or_else(|| wrong("NOT_FOUND", argument))?;
        if int(found, "service_id") != Some(service) {
            return Err(wrong("OTHER_SERVICE", argument));
        }
        rows.retain(|row| is_enabled(row, &wanted["action"], current));
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
    let rows = words(naming(world, rows, filter, &named)?, "created_by", given(filter, "createdBy"));
    Ok(truth(rows, filter, "standing", stands))
}

pub fn releases(world: &World, rows: Vec<Row>, filter: &Json) -> Result<Vec<Row>, Fault> {
    let named = [
        ("serviceIds", "service_id", "Service", "service"),
        ("targetVersionIds", "target_version_id", "Version", "version"),
    ];
    let rows = words(naming(world, rows, filter, &named)?, "status", given(filter, "statuses"));
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
        ("instanceIds", "instance_id", "Instance", "instance"),
        ("hostIds", "host_id", "Host", "host"),
    ];
    Ok(words(naming(world, rows, filter, &named)?, "kind", given(filter, "kinds")))
}
