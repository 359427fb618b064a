//! How much the operation that is meant asks for: its form, without the sizes of its lists. Each fragment is measured
//! once and its size used wherever it is spread, so that a short text with nested fragments is measured at once.

use super::problem::too_complex;
use crate::limits::Limits;
use apollo_compiler::executable::{DirectiveList, Field, OperationType, Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Name, executable};
use async_graphql::ServerError;
use std::collections::{HashMap, HashSet};

/// The most fields and fragments at the root as written: fields of one response key are merged one by one.
const MAX_ROOT_SELECTIONS: usize = 200;

/// Checks an operation against the limits.
pub fn check(
    limits: &Limits,
    document: &ExecutableDocument,
    operation: &executable::Operation,
) -> Result<(), ServerError> {
    let (most, kind) = match operation.operation_type {
        OperationType::Query => (limits.root_fields.query, "query"),
        OperationType::Mutation => (limits.root_fields.mutation, "mutation"),
        OperationType::Subscription => (limits.root_fields.subscription, "subscription"),
    };
    let keys: HashSet<_> = operation.root_fields(document).map(|field| field.response_name()).collect();
    if keys.len() as u64 > most {
        let keys = keys.len();
        let message = format!("The operation has {keys} fields at its root; `root_fields` is {most} for a {kind}.");
        return Err(too_complex(&message));
    }
    let selections = root_selections(document, &operation.selection_set, &mut HashSet::new());
    if selections > MAX_ROOT_SELECTIONS {
        return Err(too_complex(&format!(
            "The operation has {selections} selections at its root, repeated fields included; beside `root_fields`, \
             at most {MAX_ROOT_SELECTIONS} are allowed."
        )));
    }
    let mut measure = Measure { document, fragments: HashMap::new() };
    let size = measure.set(&operation.selection_set).with(&operation.directives);
    within("It nests", size.depth, limits.depth, "levels of fields", "depth")?;
    within("It has", size.nodes, limits.nodes, "fields and fragments when its fragments are written out", "nodes")?;
    within("It has", size.aliases, limits.aliases, "aliases when its fragments are written out", "aliases")?;
    within("It has", size.directives, limits.directives, "directives when its fragments are written out", "directives")
}

fn within(what: &str, found: u64, most: u64, of: &str, setting: &str) -> Result<(), ServerError> {
    match found {
        _ if found <= most => Ok(()),
        u64::MAX => {
            Err(too_complex(&format!("The operation asks for too much. {what} countless {of}; `{setting}` is {most}.")))
        }
        _ => Err(too_complex(&format!("The operation asks for too much. {what} {found} {of}; `{setting}` is {most}."))),
    }
}

/// How many selections are written at the root; those of a fragment once.
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

/// The size of a selection with its fragments written out. Sums are saturated.
#[derive(Clone, Copy, Default)]
struct Size {
    depth: u64,
    /// Fields and fragments: a walk over fragments that hold no field takes as long.
    nodes: u64,
    aliases: u64,
    directives: u64,
}

impl Size {
    /// Of two selections in one place.
    fn beside(self, other: Size) -> Size {
        Size {
            depth: self.depth.max(other.depth),
            nodes: self.nodes.saturating_add(other.nodes),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
        }
    }

    fn with(self, directives: &DirectiveList) -> Size {
        self.beside(Size { directives: directives.len() as u64, ..Size::default() })
    }

    fn with_node(self) -> Size {
        self.beside(Size { nodes: 1, ..Size::default() })
    }
}

struct Measure<'d> {
    document: &'d ExecutableDocument,
    fragments: HashMap<&'d Name, Size>,
}

impl<'d> Measure<'d> {
    fn set(&mut self, set: &'d SelectionSet) -> Size {
        set.selections.iter().fold(Size::default(), |all, selection| {
            let (size, directives) = match selection {
                Selection::Field(field) => (self.field(field), &field.directives),
                Selection::InlineFragment(fragment) => (self.set(&fragment.selection_set), &fragment.directives),
                Selection::FragmentSpread(spread) => (self.fragment(&spread.fragment_name), &spread.directives),
            };
            all.beside(size.with_node().with(directives))
        })
    }

    /// A valid document has no fragment that spreads itself.
    fn fragment(&mut self, name: &'d Name) -> Size {
        if let Some(size) = self.fragments.get(name) {
            return *size;
        }
        let fragment = &self.document.fragments[name];
        let size = self.set(&fragment.selection_set).with(&fragment.directives);
        self.fragments.insert(name, size);
        size
    }

    fn field(&mut self, field: &'d Field) -> Size {
        let below = field.selection_set.as_ref().map_or_else(Size::default, |set| self.set(set));
        // It unwraps a type, level by level, and is null below the last: tools ask for more levels than any type has.
        let level = u64::from(field.name != "ofType");
        Size {
            depth: below.depth.saturating_add(level),
            aliases: below.aliases.saturating_add(u64::from(field.alias.is_some())),
            ..below
        }
    }
}
