//! Random arguments: mostly such as fit the rows, now and then wrong ones, but one of a field at most.

use crate::general::reference::{Args, encode, order};
use crate::general::rows::PAST;
use crate::general::schema::{Schema, named};
use crate::general::world::{World, int, is_null, text};
use async_graphql::parser::types::{BaseType, FieldDefinition, Type, TypeKind};
use lockkeeper::domain::Timestamp;
use lockkeeper::wire::cursor;
use serde_json::{Value, json};
use testkit::choices::Choices;

/// Where a field is, and what its arguments may refer to.
pub struct Place<'a> {
    pub schema: &'a Schema,
    pub world: &'a World,
    pub log_id: &'a str,
    /// The type that has the field.
    pub ty: &'a str,
    /// Within how many lists it is.
    pub lists: usize,
}

/// The arguments of a field.
pub fn arguments(choices: &mut Choices, place: &Place<'_>, field: &FieldDefinition) -> Args {
    let mut args = Args::new();
    let mut wrong = choices.one_in(12);
    let is_page = named(&field.ty.node).ends_with("Connection");
    if is_page && (place.lists > 0 || choices.one_in(2)) {
        let takes_last = field.arguments.iter().any(|arg| arg.node.name.node == "last");
        let name = if takes_last && choices.one_in(3) { "last" } else { "first" };
        let long = *choices.pick(&[2, 1, 3, 4, 0]);
        args.insert(name.into(), json!(long));
    }
    for arg in field.arguments.iter().map(|arg| &arg.node) {
        let name = arg.name.node.as_str();
        let needed = !arg.ty.node.nullable && arg.default_value.is_none();
        if matches!(name, "first" | "last") && is_page || !(needed || choices.one_in(3)) {
            continue;
        }
        let value = match (name, place.ty) {
            ("after" | "before", _) => page_cursor(choices, place, field, &args, &mut wrong),
            ("first", _) => json!(choices.below(4)),
            ("key", "Query") => json!(*choices.pick(&["zone", "Disk", "none"])),
            ("name" | "service" | "hostname", _) => name_of(choices, place, name),
            ("id", "Query") if field.name.node == "release" => id(choices, place.world, "release", &mut wrong),
            _ => value(choices, place, name, &arg.ty.node, &mut wrong),
        };
        args.insert(name.into(), value);
    }
    args
}

fn name_of(choices: &mut Choices, place: &Place<'_>, argument: &str) -> Value {
    let (table, column) = match (place.ty, argument) {
        ("Service", _) => ("version", "name"),
        (_, "hostname") => ("host", "hostname"),
        _ => ("service", "name"),
    };
    if choices.one_in(8) {
        return json!("no'thing\u{e9}");
    }
    let name = text(choices.pick(place.world.rows(table)), column);
    if argument == "hostname" && choices.one_in(3) { json!(name.to_uppercase() + ".") } else { json!(name) }
}

/// The name of something that was not removed, or sometimes of nothing.
fn existing(choices: &mut Choices, world: &World, (table, column): (&str, &str), wrong: &mut bool) -> Value {
    let there: Vec<_> = world.rows(table).iter().filter(|row| is_null(row, "removed_at")).collect();
    if there.is_empty() || std::mem::take(wrong) {
        return json!("no'thing\u{e9}");
    }
    json!(text(choices.pick::<&_>(&there), column))
}

/// One of the two ways to name the current version, and sometimes both or none.
fn enabled_for(choices: &mut Choices, place: &Place<'_>, wrong: &mut bool) -> Value {
    let action = *choices.pick(&["UPGRADE", "REVERT"]);
    match choices.below(if std::mem::take(wrong) { 4 } else { 2 }) {
        0 => json!({ "action": action, "currentVersionId": id(choices, place.world, "version", wrong) }),
        1 => json!({ "action": action, "currentVersion": text(choices.pick(place.world.rows("version")), "name") }),
        2 => json!({ "action": action }),
        _ => json!({ "action": action, "currentVersionId": "ver_1", "currentVersion": "1" }),
    }
}

/// The cursor of some item of the list, though perhaps of one that is not in this part of it.
fn page_cursor(
    choices: &mut Choices,
    place: &Place<'_>,
    field: &FieldDefinition,
    args: &Args,
    wrong: &mut bool,
) -> Value {
    if std::mem::take(wrong) {
        return json!("none");
    }
    let list = field.name.node.as_str();
    let table = match named(&field.ty.node).trim_end_matches("Connection") {
        "InstanceEvent" | "ReleaseEvent" | "ServiceEvent" => {
            let position = choices.below(place.world.position() as usize + 2) as i64;
            return json!(cursor::event(place.log_id, position));
        }
        ty => crate::general::reference::table(ty).unwrap(),
    };
    let rows = place.world.rows(table);
    if rows.is_empty() {
        return json!("none");
    }
    let row = choices.pick(rows);
    if table == "output_line" {
        return json!(cursor::line(int(row, "release_id").unwrap(), int(row, "place").unwrap()));
    }
    json!(encode(place.ty, list, order(place.ty, list, args), row))
}

/// The id of something of this kind.
fn id(choices: &mut Choices, world: &World, kind: &str, wrong: &mut bool) -> Value {
    let tables = [
        ("service", "svc"),
        ("version", "ver"),
        ("host", "hst"),
        ("instance", "ins"),
        ("release", "rel"),
        ("release_target", "tgt"),
        ("hold", "hld"),
    ];
    let fits: Vec<_> = tables.into_iter().filter(|(table, _)| kind.is_empty() || *table == kind).collect();
    let (table, prefix) = *choices.pick(&fits);
    let rows = world.rows(table);
    if rows.is_empty() || std::mem::take(wrong) {
        return json!(*choices.pick(&["svc_1", "hst_99999", "nonsense"]));
    }
    json!(format!("{prefix}_{}", int(choices.pick(rows), "id").unwrap()))
}

fn value(choices: &mut Choices, place: &Place<'_>, name: &str, ty: &Type, wrong: &mut bool) -> Value {
    let named = match &ty.base {
        BaseType::List(item) => {
            let long = 1 + choices.below(3);
            return (0..long).map(|_| value(choices, place, name, item, wrong)).collect();
        }
        BaseType::Named(named) => named.as_str(),
    };
    match (place.schema.kind(named), named, name) {
        (TypeKind::Enum(_), ..) => json!(*choices.pick(&place.schema.words(named))),
        (_, "EnabledFor", _) => enabled_for(choices, place, wrong),
        (TypeKind::InputObject(_), ..) => {
            let mut object = Args::new();
            for input in place.schema.inputs(named) {
                let (name, ty) = (input.name.node.as_str(), &input.ty.node);
                let needed = !ty.nullable && input.default_value.is_none();
                if needed || choices.one_in(4) {
                    object.insert(name.into(), value(choices, place, name, ty, wrong));
                }
            }
            Value::Object(object)
        }
        (_, "Boolean", _) => json!(choices.one_in(2)),
        (_, "ID", "id" | "ids") => id(choices, place.world, "", wrong),
        (_, "ID", "currentVersion" | "currentVersionId" | "versionIds" | "targetVersionIds") => {
            id(choices, place.world, "version", wrong)
        }
        (_, "ID", _) => id(choices, place.world, name.trim_end_matches("Ids"), wrong),
        (_, "String", "services") => existing(choices, place.world, ("service", "name"), wrong),
        (_, "String", "hostnames") => existing(choices, place.world, ("host", "hostname"), wrong),
        (_, "String", "versions" | "targetVersions") => existing(choices, place.world, ("version", "name"), wrong),
        (_, "String", "names") => {
            let table = *choices.pick(&["service", "version"]);
            existing(choices, place.world, (table, "name"), wrong)
        }
        (_, "String", "nameContains") => json!(*choices.pick(&["", "E", "-", "1", ".2", "%", "no'thing"])),
        (_, "String", "nameStartsWith") => json!(*choices.pick(&["", "web", "0", "db-x-"])),
        (_, "String", "hostnameStartsWith") => json!(*choices.pick(&["", "a", "B-", "Z_"])),
        (_, "String", "key") => json!(*choices.pick(&["zone", "Disk", "ö"])),
        (_, "String", "value") => json!(*choices.pick(&["x", "y", ""])),
        (_, "String", "tags") => json!(*choices.pick(&["prod", "Test", "none"])),
        (_, "String", "operations") => json!(*choices.pick(&["createService", "createToken", "none"])),
        // A range that ends before it begins is one of the things that may be wrong.
        (_, "DateTime", "from" | "createdFrom") => json!(Timestamp(PAST + choices.below(20) as i64 * 997).to_string()),
        (_, "DateTime", _) if std::mem::take(wrong) => json!(Timestamp(PAST - 1).to_string()),
        (_, "DateTime", _) => json!(Timestamp(PAST + 19_000 + choices.below(20) as i64 * 997).to_string()),
        (_, "String", "createdBy" | "callers") => json!(*choices.pick(&["ann", "bob", "Zoë"])),
        (_, "String", "idempotencyKeys") => json!(*choices.pick(&["k1", "k2", "none"])),
        (_, other, name) => panic!("what {name}: {other} may be is not said here"),
    }
}
