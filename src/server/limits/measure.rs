//! How much a document asks for. Each fragment is measured once and its size used wherever it is spread.

use super::Refusal;
use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Variables};
use async_graphql_value::{ConstValue, Value};
use std::collections::HashMap;

/// Fragments that spread one another in a row: measuring recurses over them.
const CHAIN: usize = 64;
/// The page of a list whose size is not said, and the greatest there is.
const PAGE: u64 = 50;
const LARGEST_PAGE: u64 = 200;
/// Lists of introspection whose items have such lists again.
const INTROSPECTED: [&str; 4] = ["fields", "interfaces", "possibleTypes", "inputFields"];

/// What a selection asks for, with its fragments written out. Sums are saturated.
#[derive(Clone, Copy, Debug, Default)]
pub struct Size {
    pub depth: u64,
    /// Fields and fragments.
    pub nodes: u64,
    pub aliases: u64,
    pub directives: u64,
    /// Fields of the selection itself.
    pub roots: u64,
    /// Nested lists of introspection.
    pub introspection: u64,
    /// Objects for each item of the page that the selection is of, and those beside it.
    each: u64,
    once: u64,
}

impl Size {
    /// Of two selections in one place.
    pub fn beside(self, other: Size) -> Size {
        Size {
            depth: self.depth.max(other.depth),
            nodes: self.nodes.saturating_add(other.nodes),
            aliases: self.aliases.saturating_add(other.aliases),
            directives: self.directives.saturating_add(other.directives),
            roots: self.roots.saturating_add(other.roots),
            introspection: self.introspection.max(other.introspection),
            each: self.each.saturating_add(other.each),
            once: self.once.saturating_add(other.once),
        }
    }

    /// All objects of a selection that is of no page.
    pub fn objects(self) -> u64 {
        self.each.saturating_add(self.once)
    }
}

/// Measures the operations of one document.
pub struct Measure<'d> {
    document: &'d ExecutableDocument,
    variables: &'d Variables,
    /// Sizes of fragments; none while one is being measured.
    fragments: HashMap<&'d Name, Option<Size>>,
    chain: usize,
}

impl<'d> Measure<'d> {
    pub fn new(document: &'d ExecutableDocument, variables: &'d Variables) -> Measure<'d> {
        Measure { document, variables, fragments: HashMap::new(), chain: 0 }
    }

    /// The size of an operation.
    pub fn operation(&mut self, operation: &'d OperationDefinition) -> Result<Size, Refusal> {
        let size = self.selection(&operation.selection_set.node)?;
        Ok(counting(size, &operation.directives))
    }

    /// The size of all fragments that were not measured yet.
    pub fn unused(&mut self) -> Result<Size, Refusal> {
        let document = self.document;
        document.fragments.keys().try_fold(Size::default(), |all, name| {
            Ok(if self.fragments.contains_key(name) { all } else { all.beside(self.fragment(name)?) })
        })
    }

    fn selection(&mut self, selection: &'d SelectionSet) -> Result<Size, Refusal> {
        selection.items.iter().try_fold(Size::default(), |all, item| {
            let size = match &item.node {
                Selection::Field(field) => self.field(&field.node)?,
                // They count, too: a walk over fragments that hold no field takes as long.
                Selection::InlineFragment(fragment) => one_more(self.selection(&fragment.node.selection_set.node)?),
                Selection::FragmentSpread(spread) => one_more(self.fragment(&spread.node.fragment_name.node)?),
            };
            Ok(all.beside(counting(size, item.node.directives())))
        })
    }

    fn fragment(&mut self, name: &'d Name) -> Result<Size, Refusal> {
        match self.fragments.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(Refusal::Wrong(format!("The fragment {name} spreads itself."))),
            None => {}
        }
        // One that does not exist is for the validation to say.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Size::default()) };
        if self.chain >= CHAIN {
            return Err(Refusal::TooComplex(format!("More than {CHAIN} fragments spread one another in a row.")));
        }
        self.fragments.insert(name, None);
        self.chain += 1;
        let size = self.selection(&fragment.node.selection_set.node)?;
        self.chain -= 1;
        let size = counting(size, &fragment.node.directives);
        self.fragments.insert(name, Some(size));
        Ok(size)
    }

    fn field(&mut self, field: &'d Field) -> Result<Size, Refusal> {
        let below = self.selection(&field.selection_set.node)?;
        let name = field.name.node.as_str();
        let nested = match name {
            name if INTROSPECTED.contains(&name) => below.introspection + 1,
            _ => below.introspection,
        };
        let mut size = Size {
            depth: below.depth + 1,
            nodes: below.nodes.saturating_add(1),
            aliases: below.aliases.saturating_add(u64::from(field.alias.is_some())),
            directives: below.directives,
            roots: 1,
            introspection: nested,
            ..Size::default()
        };
        if field.selection_set.node.items.is_empty() {
            return Ok(size);
        }
        let introspects = matches!(name, "__schema" | "__type");
        // A page has its items below; a plain list has them at once.
        let objects = match below.each {
            _ if introspects => 0,
            0 => self.list(field).saturating_mul(below.once.saturating_add(1)),
            each => self.page(field).unwrap_or(PAGE).saturating_mul(each).saturating_add(below.once).saturating_add(1),
        };
        match name {
            "nodes" | "edges" if field.arguments.is_empty() => size.each = objects,
            _ => size.once = objects,
        }
        Ok(size)
    }

    /// How many items a field has that is not a page: more than one only if its arguments say so.
    fn list(&self, field: &Field) -> u64 {
        match field.get_argument("ids").map(|ids| &ids.node) {
            Some(Value::List(ids)) => ids.len() as u64,
            Some(Value::Variable(name)) => match self.variables.get(name) {
                Some(ConstValue::List(ids)) => ids.len() as u64,
                _ => 1,
            },
            _ => self.page(field).unwrap_or(1),
        }
    }

    /// The page size that is asked for; more than the largest is refused where it is read.
    fn page(&self, field: &Field) -> Option<u64> {
        ["first", "last"].into_iter().find_map(|argument| {
            let size = match &field.get_argument(argument)?.node {
                Value::Number(number) => number.as_u64(),
                Value::Variable(name) => match self.variables.get(name)? {
                    ConstValue::Number(number) => number.as_u64(),
                    _ => None,
                },
                _ => None,
            };
            size.map(|size| size.min(LARGEST_PAGE))
        })
    }
}

fn one_more(size: Size) -> Size {
    Size { nodes: size.nodes.saturating_add(1), ..size }
}

/// The same, with directives that stand beside it.
fn counting(size: Size, directives: &[Positioned<Directive>]) -> Size {
    Size { directives: size.directives.saturating_add(directives.len() as u64), ..size }
}
