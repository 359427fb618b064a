//! How many objects the answer to an operation may have, by the sizes of its lists. What follows from the document is
//! summed up once; the rest is a sum that depends on the values of variables. Each fragment is counted once, and its
//! objects are used wherever it is spread, so that a short text with nested fragments is counted quickly.

use super::introspection::IntrospectionCounter;
use super::list_size::ItemCount;
use super::positions::Positions;
use super::schema_index::SchemaIndex;
use crate::read::Extent;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Name};
use async_graphql::{ServerError, Variables};
use std::collections::HashMap;

/// How many objects the answer to an operation may have.
pub struct Cost {
    root: CostTerm,
    /// The fragments whose objects depend on variables, each after those that it spreads.
    fragments: Vec<CostTerm>,
}

impl Cost {
    /// Counts the objects of an operation. Counting may stop above `max`, since more are refused.
    ///
    /// # Errors
    /// If a page size is out of range.
    pub fn of(
        schema: &SchemaIndex,
        document: &ExecutableDocument,
        operation: &Operation,
        positions: &Positions<'_>,
        max: u64,
    ) -> Result<Cost, Vec<ServerError>> {
        let mut counter = ObjectCounter {
            schema,
            document,
            positions,
            introspection: IntrospectionCounter::new(schema, document, max),
            root: None,
            fragment_costs: HashMap::new(),
            fragments: Vec::new(),
            errors: Vec::new(),
        };
        let mut root = CostTerm::default();
        counter.set(&operation.selection_set, false, &mut root);
        match counter.errors.is_empty() {
            true => Ok(Cost { root, fragments: counter.fragments }),
            false => Err(counter.errors),
        }
    }

    /// Returns how many objects they are with these variables.
    ///
    /// # Errors
    /// If a page size is out of range.
    pub fn objects(&self, variables: &Variables) -> Result<u64, Vec<ServerError>> {
        let mut errors = Vec::new();
        let mut fragments = Vec::with_capacity(self.fragments.len());
        for term in &self.fragments {
            let sums = term.sums(variables, &fragments, &mut errors);
            fragments.push(sums);
        }
        let objects = self.root.objects(variables, &fragments, &mut errors);
        match errors.is_empty() {
            true => Ok(objects),
            false => Err(errors),
        }
    }
}

/// The objects of one field: `count * (per_item + item_terms) + fixed + terms`. Sums are saturated.
#[derive(Default)]
struct CostTerm {
    fixed: u64,
    terms: Vec<CostTerm>,
    count: ItemCount,
    per_item: u64,
    item_terms: Vec<CostTerm>,
    /// Fragments that add to both sums, by their indexes.
    spreads: Vec<usize>,
}

/// The objects of a selection: a fixed number, and a number for each item of the page that it belongs to.
#[derive(Clone, Copy)]
struct CostSums {
    fixed: u64,
    per_item: u64,
}

impl CostTerm {
    fn objects(&self, variables: &Variables, fragments: &[CostSums], errors: &mut Vec<ServerError>) -> u64 {
        let CostSums { fixed, per_item } = self.sums(variables, fragments, errors);
        // Even an empty list is looked up for each of its parents.
        self.count.items(variables, errors).saturating_mul(per_item).saturating_add(fixed).max(1)
    }

    fn sums(&self, variables: &Variables, fragments: &[CostSums], errors: &mut Vec<ServerError>) -> CostSums {
        let mut sum = |start: u64, terms: &[CostTerm]| {
            terms.iter().fold(start, |sum, term| sum.saturating_add(term.objects(variables, fragments, errors)))
        };
        let sums = CostSums { fixed: sum(self.fixed, &self.terms), per_item: sum(self.per_item, &self.item_terms) };
        self.spreads.iter().map(|index| fragments[*index]).fold(sums, |sum, spread| CostSums {
            fixed: sum.fixed.saturating_add(spread.fixed),
            per_item: sum.per_item.saturating_add(spread.per_item),
        })
    }

    /// Whether nothing but the count may depend on variables.
    fn is_summed(&self) -> bool {
        self.terms.is_empty() && self.item_terms.is_empty() && self.spreads.is_empty()
    }

    /// Returns the number of objects, or `None` if it depends on variables.
    fn constant(&self) -> Option<u64> {
        let fixed = self.count.is_fixed() && self.is_summed();
        fixed.then(|| self.objects(&Variables::default(), &[], &mut Vec::new()))
    }

    fn add_spread(&mut self, spread: FragmentCost) {
        match spread {
            FragmentCost::Fixed(CostSums { fixed, per_item }) => {
                self.fixed = self.fixed.saturating_add(fixed);
                self.per_item = self.per_item.saturating_add(per_item);
            }
            FragmentCost::Indexed(index) => self.spreads.push(index),
        }
    }

    fn add_term(&mut self, term: CostTerm) {
        match term.constant() {
            Some(objects) => self.fixed = self.fixed.saturating_add(objects),
            None => self.terms.push(term),
        }
    }

    fn add_item_term(&mut self, term: CostTerm) {
        match term.constant() {
            Some(objects) => self.per_item = self.per_item.saturating_add(objects),
            None => self.item_terms.push(term),
        }
    }
}

/// What a fragment adds wherever it is spread.
#[derive(Clone, Copy)]
enum FragmentCost {
    Fixed(CostSums),
    /// It depends on variables: the index of its term.
    Indexed(usize),
}

/// A fragment, whether it is spread in a page, and the root field that it is below.
type FragmentKey<'d> = (&'d Name, bool, Option<*const Field>);

struct ObjectCounter<'d> {
    schema: &'d SchemaIndex,
    document: &'d ExecutableDocument,
    positions: &'d Positions<'d>,
    introspection: IntrospectionCounter<'d>,
    /// The root field that is being counted.
    root: Option<&'d Field>,
    fragment_costs: HashMap<FragmentKey<'d>, FragmentCost>,
    fragments: Vec<CostTerm>,
    errors: Vec<ServerError>,
}

impl<'d> ObjectCounter<'d> {
    /// Adds the objects of a selection. In a page, the lists are its items.
    fn set(&mut self, set: &'d SelectionSet, page: bool, into: &mut CostTerm) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    let outer = self.root;
                    self.root = outer.or(Some(field));
                    self.field(field, &set.ty, page, into);
                    self.root = outer;
                }
                Selection::InlineFragment(fragment) => self.set(&fragment.selection_set, page, into),
                Selection::FragmentSpread(spread) => {
                    into.add_spread(self.fragment(&spread.fragment_name, page));
                }
            }
        }
    }

    /// A valid document has no fragment that spreads itself.
    fn fragment(&mut self, name: &'d Name, page: bool) -> FragmentCost {
        let key = (name, page, self.root.map(std::ptr::from_ref));
        if let Some(spread) = self.fragment_costs.get(&key) {
            return *spread;
        }
        let mut term = CostTerm::default();
        self.set(&self.document.fragments[name].selection_set, page, &mut term);
        let spread = if term.is_summed() {
            FragmentCost::Fixed(CostSums { fixed: term.fixed, per_item: term.per_item })
        } else {
            self.fragments.push(term);
            FragmentCost::Indexed(self.fragments.len() - 1)
        };
        self.fragment_costs.insert(key, spread);
        spread
    }

    fn field(&mut self, field: &'d Field, parent: &Name, page: bool, into: &mut CostTerm) {
        let extent = self.schema.extent(parent, &field.name);
        let Some(set) = &field.selection_set else {
            if let Some(Extent::Counted(cost)) = extent {
                into.fixed = into.fixed.saturating_add(*cost);
            }
            return;
        };
        if field.name.starts_with("__") {
            let objects = self.introspection.objects(field);
            into.fixed = into.fixed.saturating_add(objects);
            return;
        }
        if page && field.definition.ty.is_list() {
            return into.add_item_term(self.object(set));
        }
        let count = match extent {
            None if !field.definition.ty.is_list() => return into.add_term(self.object(set)),
            Some(extent) => ItemCount::of(extent, field, self.root.unwrap_or(field), self.positions, &mut self.errors),
            None => ItemCount::ONE,
        };
        let mut term = CostTerm { count, ..CostTerm::default() };
        match extent {
            Some(Extent::Page { .. }) => {
                term.fixed = 1;
                self.set(set, true, &mut term);
            }
            _ => term.add_item_term(self.object(set)),
        }
        into.add_term(term);
    }

    fn object(&mut self, set: &'d SelectionSet) -> CostTerm {
        let mut object = CostTerm { fixed: 1, ..CostTerm::default() };
        self.set(set, false, &mut object);
        object
    }
}
