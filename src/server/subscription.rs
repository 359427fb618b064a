//! What a subscription's document needs before it is carried out: its one field written out of its fragments, since
//! the library looks for it nowhere else.

use super::request::Prepared;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, FragmentDefinition, Selection, TypeCondition,
};
use async_graphql::{Name, Positioned};
use std::collections::HashMap;

/// What the root type of subscriptions is called.
const ROOT: &str = "Subscription";

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// Makes the document ready.
pub fn make_ready(prepared: &mut Prepared) {
    let Prepared { document, name, .. } = prepared;
    let ExecutableDocument { operations, fragments } = document;
    let operation = match (operations, name) {
        (DocumentOperations::Single(operation), _) => Some(operation),
        (DocumentOperations::Multiple(named), Some(name)) => named.get_mut(name.as_str()),
        (DocumentOperations::Multiple(named), None) => named.values_mut().next(),
    };
    let Some(operation) = operation else { return };
    let items = &mut operation.node.selection_set.node.items;
    *items = std::mem::take(items).into_iter().flat_map(|item| written_out(item, fragments)).collect();
}

/// The fields of a selection at the root. A fragment that is of another type, or has a condition, is left for the
/// validation to see.
fn written_out(item: Positioned<Selection>, fragments: &mut Fragments) -> Vec<Positioned<Selection>> {
    let of_root = |condition: &Positioned<TypeCondition>| condition.node.on.node == ROOT;
    let inner = match &item.node {
        _ if !item.node.directives().is_empty() => None,
        Selection::InlineFragment(fragment) if fragment.node.type_condition.as_ref().is_none_or(of_root) => {
            Some(fragment.node.selection_set.node.items.clone())
        }
        // Nothing but this root can spread it.
        Selection::FragmentSpread(spread) => {
            let name = &spread.node.fragment_name.node;
            let fits = fragments.get(name).is_some_and(|fragment| of_root(&fragment.node.type_condition));
            fits.then(|| fragments.remove(name)).flatten().map(|fragment| fragment.node.selection_set.node.items)
        }
        _ => None,
    };
    match inner {
        Some(inner) => inner.into_iter().flat_map(|item| written_out(item, fragments)).collect(),
        None => vec![item],
    }
}
