//! How large the requested operation is: its form, without the sizes of its lists. Each fragment is measured once, and
//! its size is used wherever it is spread, so that a short text with nested fragments is measured quickly.

use super::errors::too_complex;
use crate::limits::Limits;
use apollo_compiler::executable::{DirectiveList, Field, OperationType, Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Name, executable};
use async_graphql::ServerError;
use std::collections::{HashMap, HashSet};

/// The most selections at the root as written: fields with the same response key are merged one by one.
const MAX_ROOT_SELECTIONS: usize = 200;

/// Checks the form of an operation against the limits.
pub fn check(
    limits: &Limits,
    document: &ExecutableDocument,
    operation: &executable::Operation,
) -> Result<(), ServerError> {
    let (max, kind) = match operation.operation_type {
        OperationType::Query => (limits.root_fields.query, "query"),
        OperationType::Mutation => (limits.root_fields.mutation, "mutation"),
        OperationType::Subscription => (limits.root_fields.subscription, "subscription"),
    };
    let keys: HashSet<_> = operation.root_fields(document).map(|field| field.response_name()).collect();
    if keys.len() as u64 > max {
        let keys = keys.len();
        let message = format!("The operation has {keys} root fields; `root_fields` is {max} for a {kind}.");
        return Err(too_complex(&message));
    }
    let selections = root_selections(document, &operation.selection_set, &mut HashSet::new());
    if selections > MAX_ROOT_SELECTIONS {
        return Err(too_complex(&format!(
            "The operation has {selections} selections at its root, repeated fields included; in addition to \
             `root_fields`, at most {MAX_ROOT_SELECTIONS} are allowed."
        )));
    }
    let mut measurer = Measurer { document, fragments: HashMap::new() };
    let size = measurer.set(&operation.selection_set).with(&operation.directives);
    within(size.depth, limits.depth, "levels of fields", "depth")?;
    within(size.nodes, limits.nodes, "fields and fragments, counted wherever a fragment is spread", "nodes")?;
    within(size.aliases, limits.aliases, "aliases, counted wherever a fragment is spread", "aliases")?;
    within(size.directives, limits.directives, "directives, counted wherever a fragment is spread", "directives")
}

fn within(found: u64, max: u64, what: &str, setting: &str) -> Result<(), ServerError> {
    match found {
        _ if found <= max => Ok(()),
        u64::MAX => Err(too_complex(&format!("The operation has countless {what}; `{setting}` is {max}."))),
        _ => Err(too_complex(&format!("The operation has {found} {what}; `{setting}` is {max}."))),
    }
}

/// Returns how many selections are written at the root, with those of each fragment once.
fn root_selections<'d>(
    document: &'d ExecutableDocument,
    set: &'d SelectionSet,
    spread: &mut HashSet<&'d Name>,
) -> usize {
    let below = |selection: &'d Selection| match selection {
        Selection::Field(_) => 0,
        Selection::InlineFragment(fragment) => root_selections(document, &fragment.selection_set, spread),
        Selection::FragmentSpread(fragment) => match document.fragments.get(&fragment.fragment_name) {
            Some(found) if spread.insert(&fragment.fragment_name) => {
                root_selections(document, &found.selection_set, spread)
            }
            _ => 0,
        },
    };
    set.selections.len() + set.selections.iter().map(below).sum::<usize>()
}

/// The size of a selection, with its fragments counted wherever they are spread. Sums are saturated.
#[derive(Clone, Copy, Default)]
struct OperationSize {
    depth: u64,
    /// Fields and fragments: walking over fragments without fields takes as long.
    nodes: u64,
    aliases: u64,
    directives: u64,
}

impl OperationSize {
    /// Returns the size of two selections side by side.
    fn plus(self, other: OperationSize) -> OperationSize {
        OperationSize {
            depth: self.depth.max(other.depth),
            nodes: self.nodes.saturating_add(other.nodes),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
        }
    }

    fn with(self, directives: &DirectiveList) -> OperationSize {
        self.plus(OperationSize { directives: directives.len() as u64, ..OperationSize::default() })
    }

    fn with_node(self) -> OperationSize {
        self.plus(OperationSize { nodes: 1, ..OperationSize::default() })
    }
}

struct Measurer<'d> {
    document: &'d ExecutableDocument,
    fragments: HashMap<&'d Name, OperationSize>,
}

impl<'d> Measurer<'d> {
    fn set(&mut self, set: &'d SelectionSet) -> OperationSize {
        set.selections.iter().fold(OperationSize::default(), |all, selection| {
            let (size, directives) = match selection {
                Selection::Field(field) => (self.field(field), &field.directives),
                Selection::InlineFragment(fragment) => (self.set(&fragment.selection_set), &fragment.directives),
                Selection::FragmentSpread(spread) => (self.fragment(&spread.fragment_name), &spread.directives),
            };
            all.plus(size.with_node().with(directives))
        })
    }

    /// A valid document has no fragment that spreads itself.
    fn fragment(&mut self, name: &'d Name) -> OperationSize {
        if let Some(size) = self.fragments.get(name) {
            return *size;
        }
        let fragment = &self.document.fragments[name];
        let size = self.set(&fragment.selection_set).with(&fragment.directives);
        self.fragments.insert(name, size);
        size
    }

    fn field(&mut self, field: &'d Field) -> OperationSize {
        let below = field.selection_set.as_ref().map_or_else(OperationSize::default, |set| self.set(set));
        // Introspection unwraps types by `ofType`, and tools nest it deeper than any type is: so it adds no level.
        let level = u64::from(field.name != "ofType");
        OperationSize {
            depth: below.depth.saturating_add(level),
            aliases: below.aliases.saturating_add(u64::from(field.alias.is_some())),
            ..below
        }
    }
}
