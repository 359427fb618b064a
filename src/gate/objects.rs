//! How many objects the answer to an operation may hold, by the sizes of its lists. What follows from the document is
//! summed up once; what remains is a sum over the values of variables.

use super::introspection;
use super::places::Places;
use super::schema::Schema;
use super::size::Count;
use crate::read::Extent;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Name};
use async_graphql::{ServerError, Variables};

/// The objects of an operation.
pub struct Cost(Term);

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
        let mut counting = Counting { schema, document, places, most, root: None, problems: Vec::new() };
        let mut root = Term::default();
        counting.set(&operation.selection_set, false, &mut root);
        match counting.problems.is_empty() {
            true => Ok(Cost(root)),
            false => Err(counting.problems),
        }
    }

    /// How many they are with these variables.
    ///
    /// # Errors
    /// Sizes of pages that their fields do not take.
    pub fn objects(&self, variables: &Variables) -> Result<u64, Vec<ServerError>> {
        let mut problems = Vec::new();
        let objects = self.0.objects(variables, &mut problems);
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
}

impl Term {
    fn objects(&self, variables: &Variables, problems: &mut Vec<ServerError>) -> u64 {
        let mut sum = |start: u64, terms: &[Term]| {
            terms.iter().fold(start, |sum, term| sum.saturating_add(term.objects(variables, problems)))
        };
        let (own, each) = (sum(self.own, &self.beside), sum(self.each, &self.items));
        // Even a list without items is looked up for each object that it belongs to.
        self.count.items(variables, problems).saturating_mul(each).saturating_add(own).max(1)
    }

    /// The same number whatever the variables are, or `None`.
    fn constant(&self) -> Option<u64> {
        let fixed = self.count.is_fixed() && self.beside.is_empty() && self.items.is_empty();
        fixed.then(|| self.objects(&Variables::default(), &mut Vec::new()))
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

struct Counting<'d> {
    schema: &'d Schema,
    document: &'d ExecutableDocument,
    places: &'d Places<'d>,
    most: u64,
    /// The field of the root that is being counted.
    root: Option<&'d Field>,
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
                    let fragment = &self.document.fragments[&spread.fragment_name];
                    self.set(&fragment.selection_set, page, into);
                }
            }
        }
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
            let objects = introspection::objects(self.schema, self.document, field, self.most);
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
