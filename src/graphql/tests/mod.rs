//! The tables of types as a whole.

mod statements;
mod terms;

use super::mutations::MUTATIONS;
use super::query::QUERY;
use super::subscriptions::SUBSCRIPTIONS;
use crate::read::declare::{FieldSource, Object};

/// All types that can be reached from these, each once.
fn reachable(from: impl IntoIterator<Item = &'static Object>) -> Vec<&'static Object> {
    let mut all: Vec<&'static Object> = Vec::new();
    let mut open: Vec<&'static Object> = from.into_iter().collect();
    while let Some(object) = open.pop() {
        if all.iter().all(|known| known.name != object.name) {
            all.push(object);
            open.extend(object.fields.iter().flat_map(|field| field.source.objects()));
        }
    }
    all
}

/// All types of the schema that are declared as tables.
fn all_types() -> Vec<&'static Object> {
    let payloads = MUTATIONS.iter().map(|mutation| &mutation.payload);
    reachable([&QUERY].into_iter().chain(payloads).chain(SUBSCRIPTIONS.iter().map(|subscription| subscription.of)))
}

/// The types whose rows are supplied, at least sometimes.
fn supplied_types() -> Vec<&'static Object> {
    let mut all: Vec<&'static Object> = MUTATIONS.iter().map(|mutation| &mutation.payload).collect();
    all.extend(SUBSCRIPTIONS.iter().map(|subscription| subscription.of));
    for object in all_types() {
        all.extend(object.fields.iter().filter_map(|field| match field.source {
            FieldSource::Made { of, .. } | FieldSource::SuppliedList { of, .. } => Some(of),
            FieldSource::List(list) | FieldSource::Connection(list) if list.supplied.is_some() => Some(list.of),
            _ => None,
        }));
    }
    let embedded: Vec<&'static Object> = all
        .iter()
        .flat_map(|object| object.fields)
        .filter_map(|field| match field.source {
            FieldSource::Embedded { of, .. } => Some(of),
            _ => None,
        })
        .collect();
    all.extend(embedded);
    all
}
