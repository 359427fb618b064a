//! A client of server-sent events that comes back says in `Last-Event-ID` what it saw last. Its request is the
//! same as before, so that place has to be put in for the argument `after`.

use super::request::Prepared;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, Field, Selection, SelectionSet};
use async_graphql::{Name, Positioned, Variables};
use async_graphql_value::{ConstValue, Value};

/// Lets the subscription go on behind this cursor; an empty one changes nothing.
pub fn from(prepared: &mut Prepared, cursor: &str) {
    if cursor.is_empty() {
        return;
    }
    let Prepared { document, variables, name, .. } = prepared;
    let ExecutableDocument { operations, fragments } = document;
    let operation = match (operations, name) {
        (DocumentOperations::Single(operation), _) => Some(operation),
        (DocumentOperations::Multiple(named), Some(name)) => named.get_mut(name.as_str()),
        (DocumentOperations::Multiple(named), None) => named.values_mut().next(),
    };
    if let Some(operation) = operation {
        put(&mut operation.node.selection_set.node, variables, cursor);
    }
    for fragment in fragments.values_mut() {
        // A subscription has one field, perhaps in a fragment on its root type.
        if fragment.node.type_condition.node.on.node == "Subscription" {
            put(&mut fragment.node.selection_set.node, variables, cursor);
        }
    }
}

fn put(selection: &mut SelectionSet, variables: &mut Variables, cursor: &str) {
    for item in &mut selection.items {
        match &mut item.node {
            Selection::Field(field) => put_argument(field, variables, cursor),
            Selection::InlineFragment(fragment) => put(&mut fragment.node.selection_set.node, variables, cursor),
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn put_argument(field: &mut Positioned<Field>, variables: &mut Variables, cursor: &str) {
    let pos = field.pos;
    let arguments = &mut field.node.arguments;
    match arguments.iter_mut().find(|(name, _)| name.node == "after") {
        // The variable stays in use.
        Some((_, Positioned { node: Value::Variable(name), .. })) => {
            variables.insert(name.clone(), ConstValue::String(cursor.to_owned()));
        }
        Some((_, value)) => value.node = Value::String(cursor.to_owned()),
        None => arguments
            .push((Positioned::new(Name::new("after"), pos), Positioned::new(Value::String(cursor.to_owned()), pos))),
    }
}
