//! How many objects the answer to an operation may hold, by the sizes of its lists. What follows from the document is
//! summed up once; what remains is a sum over the values of variables. Each fragment is counted once and its objects
//! used wherever it is spread, so that a short text with nested fragments is counted at once.

use super::introspection;
use super::places::Places;
use super::schema::Schema;
use super::size::Count;
use crate::read::Extent;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Name};
use async_graphql::{ServerError, Variables};
use std::collections::HashMap;

/// The objects of an operation.
pub struct Cost {
    root: Term,
    /// The fragments whose objects depend on variables, each after those that it spreads.
    fragments: Vec<Term>,
}

impl Cost {
    /// Counts the objects of an operation; at most about `most`, since more are refused.
    ///
    /// # Errors
    /// Sizes of pages that their fields do not take.
    pub fn of(
        schema: &Schema,
        document: &ExecutableDocument,
        operation: &Operation,
        places: &Places<'_>,
        most: u64,
    ) -> Result<Cost, Vec<ServerError>> {
        let mut counting = Counting {
            schema,
            document,
            places,
            introspection: introspection::Counting::new(schema, document, most),
            root: None,
            known: HashMap::new(),
            fragments: Vec::new(),
            problems: Vec::new(),
        };
        let mut root = Term::default();
        counting.set(&operation.selection_set, false, &mut root);
        match counting.problems.is_empty() {
            true => Ok(Cost { root, fragments: counting.fragments }),
            false => Err(counting.problems),
        }
    }

    /// How many they are with these variables.
    ///
    /// # Errors
    /// Sizes of pages that their fields do not take.
    pub fn objects(&self, variables: &Variables) -> Result<u64, Vec<ServerError>> {
        let mut problems = Vec::new();
        let mut fragments = Vec::with_capacity(self.fragments.len());
        for term in &self.fragments {
            let parts = term.parts(variables, &fragments, &mut problems);
            fragments.push(parts);
        }
        let objects = self.root.objects(variables, &fragments, &mut problems);
        match problems.is_empty() {
            true => Ok(objects),
            false => Err(problems),
        }
    }
}

/// The objects of one field: its own, and those of each item of its list. Sums are saturated.
#[derive(Default)]
struct Term {
    own: u64,
    beside: Vec<Term>,
    count: Count,
    each: u64,
    items: Vec<Term>,
    /// Fragments that add to both, by their numbers.
    spreads: Vec<usize>,
}

/// Objects that a selection has itself, and for each item of the page that it belongs to.
#[derive(Clone, Copy)]
struct Parts {
    own: u64,
    each: u64,
}

impl Term {
    fn objects(&self, variables: &Variables, fragments: &[Parts], problems: &mut Vec<ServerError>) -> u64 {
        let Parts { own, each } = self.parts(variables, fragments, problems);
        // Even a list without items is looked up for each object that it belongs to.
        self.count.items(variables, problems).saturating_mul(each).saturating_add(own).max(1)
    }

    fn parts(&self, variables: &Variables, fragments: &[Parts], problems: &mut Vec<ServerError>) -> Parts {
        let mut sum = |start: u64, terms: &[Term]| {
            terms.iter().fold(start, |sum, term| sum.saturating_add(term.objects(variables, fragments, problems)))
        };
        let parts = Parts { own: sum(self.own, &self.beside), each: sum(self.each, &self.items) };
        self.spreads.iter().map(|number| fragments[*number]).fold(parts, |sum, spread| Parts {
            own: sum.own.saturating_add(spread.own),
            each: sum.each.saturating_add(spread.each),
        })
    }

    /// Whether only its count may depend on variables.
    fn is_summed(&self) -> bool {
        self.beside.is_empty() && self.items.is_empty() && self.spreads.is_empty()
    }

    /// The same number whatever the variables are, or `None`.
    fn constant(&self) -> Option<u64> {
        let fixed = self.count.is_fixed() && self.is_summed();
        fixed.then(|| self.objects(&Variables::default(), &[], &mut Vec::new()))
    }

    fn add_spread(&mut self, spread: Spread) {
        match spread {
            Spread::Fixed(Parts { own, each }) => {
                self.own = self.own.saturating_add(own);
                self.each = self.each.saturating_add(each);
            }
            Spread::Numbered(number) => self.spreads.push(number),
        }
    }

    fn add_beside(&mut self, term: Term) {
        match term.constant() {
            Some(objects) => self.own = self.own.saturating_add(objects),
            None => self.beside.push(term),
        }
    }

    fn add_item(&mut self, term: Term) {
        match term.constant() {
            Some(objects) => self.each = self.each.saturating_add(objects),
            None => self.items.push(term),
        }
    }
}

/// What a fragment adds to where it is spread.
#[derive(Clone, Copy)]
enum Spread {
    Fixed(Parts),
    /// It depends on variables.
    Numbered(usize),
}

/// A fragment, whether it is spread in a page, and the field of the root that it is below.
type Place<'d> = (&'d Name, bool, Option<*const Field>);

struct Counting<'d> {
    schema: &'d Schema,
    document: &'d ExecutableDocument,
    places: &'d Places<'d>,
    introspection: introspection::Counting<'d>,
    /// The field of the root that is being counted.
    root: Option<&'d Field>,
    known: HashMap<Place<'d>, Spread>,
    fragments: Vec<Term>,
    problems: Vec<ServerError>,
}

impl<'d> Counting<'d> {
    /// Adds what a selection holds. In a page, lists are its items.
    fn set(&mut self, set: &'d SelectionSet, page: bool, into: &mut Term) {
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
    fn fragment(&mut self, name: &'d Name, page: bool) -> Spread {
        let place = (name, page, self.root.map(std::ptr::from_ref));
        if let Some(spread) = self.known.get(&place) {
            return *spread;
        }
        let mut term = Term::default();
        self.set(&self.document.fragments[name].selection_set, page, &mut term);
        let spread = if term.is_summed() {
            Spread::Fixed(Parts { own: term.own, each: term.each })
        } else {
            self.fragments.push(term);
            Spread::Numbered(self.fragments.len() - 1)
        };
        self.known.insert(place, spread);
        spread
    }

    fn field(&mut self, field: &'d Field, parent: &Name, page: bool, into: &mut Term) {
        let extent = self.schema.extent(parent, &field.name);
        let Some(set) = &field.selection_set else {
            if let Some(Extent::Counted(cost)) = extent {
                into.own = into.own.saturating_add(*cost);
            }
            return;
        };
        if field.name.starts_with("__") {
            let objects = self.introspection.objects(field);
            into.own = into.own.saturating_add(objects);
            return;
        }
        if page && field.definition.ty.is_list() {
            return into.add_item(self.object(set));
        }
        let count = match extent {
            None if !field.definition.ty.is_list() => return into.add_beside(self.object(set)),
            Some(extent) => Count::of(extent, field, self.root.unwrap_or(field), self.places, &mut self.problems),
            None => Count::ONE,
        };
        let mut term = Term { count, ..Term::default() };
        match extent {
            Some(Extent::Page { .. }) => {
                term.own = 1;
                self.set(set, true, &mut term);
            }
            _ => term.add_item(self.object(set)),
        }
        into.add_beside(term);
    }

    fn object(&mut self, set: &'d SelectionSet) -> Term {
        let mut object = Term { own: 1, ..Term::default() };
        self.set(set, false, &mut object);
        object
    }
}
