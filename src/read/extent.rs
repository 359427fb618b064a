//! How many items the lists of a schema have, as the limits count them: all of it follows from the declarations.

use super::arg::{ArgRole, DEFAULT_FIRST};
use super::declare::{Field, FieldSource, Length, Object};
use super::page::{DEFAULT_PAGE, MAX_PAGE};
use std::collections::HashMap;

/// What an exact `totalCount` costs, in objects: it reads all that is counted.
const TOTAL_COUNT: u64 = 100;

/// How many items a list has for each object that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// As many as `first` or `last` says, 0 to `most`; `default` without either.
    Page { default: u64, most: u64 },
    /// The first ones, 0 to `most`; `default` unless `first` is there.
    First { default: u64, most: u64 },
    /// At most this many.
    AtMost(u64),
    /// As many as the lists at these paths of the root field's arguments have together.
    Inputs(&'static [&'static str]),
    /// A number that costs as much as this many objects.
    Counted(u64),
}

/// The lists of a schema, by type and field.
pub type Extents = HashMap<String, HashMap<&'static str, Extent>>;

/// Returns the lists of all types that can be reached from these.
pub fn extents(roots: impl IntoIterator<Item = &'static Object>) -> Extents {
    let mut extents = Extents::new();
    let mut open: Vec<&'static Object> = roots.into_iter().collect();
    while let Some(object) = open.pop() {
        if extents.contains_key(object.name) {
            continue;
        }
        let lists = |fields: &'static [Field]| fields.iter().filter_map(|field| Some((field.name, extent(field)?)));
        extents.insert(object.name.to_owned(), lists(object.fields).collect());
        if let Some(interface) = object.interface {
            extents.insert(interface.name.to_owned(), lists(interface.fields).collect());
        }
        for field in object.fields {
            if let FieldSource::Connection(list) = field.source {
                extents
                    .insert(list.of.connection_name(), HashMap::from([("totalCount", Extent::Counted(TOTAL_COUNT))]));
            }
            open.extend(field.source.objects());
        }
    }
    extents
}

fn extent(field: &Field) -> Option<Extent> {
    let first = field.args.iter().find_map(|arg| match arg.role {
        ArgRole::First(most) => Some(Extent::First { default: DEFAULT_FIRST, most: most as u64 }),
        _ => None,
    });
    match (field.source, field.length) {
        (FieldSource::Connection(_), _) => Some(Extent::Page { default: DEFAULT_PAGE as u64, most: MAX_PAGE as u64 }),
        (_, Some(Length::AtMost(most))) => Some(Extent::AtMost(most)),
        (_, Some(Length::Inputs(paths))) => Some(Extent::Inputs(paths)),
        _ => first,
    }
}
