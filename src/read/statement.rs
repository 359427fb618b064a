//! Everything that a plan reads, as one statement: one way to the database and back, and all of it of one moment.

use super::expected::{ExpectedIds, NodeTable, Sibling};
use super::filter::BoundArgument;
use super::level::{Level, LevelColumn};
use super::names::{ExpectedNames, NameTable};
use super::order::EventLog;
use super::parents::ParentIds;
use super::term::{Piece, Term};
use super::text::{Alias, PartText};
use crate::store::db::rows::{Bind, CellKind, Rows, StatementPart};
use crate::store::{Reads, Result};

/// Parts of one statement, and the values that it binds.
pub(super) struct Statement<'a> {
    reads: Reads<'a>,
    pub parts: Vec<StatementPart>,
    pub binds: Vec<Bind>,
    /// Those of the values that are arguments, by their places.
    pub arguments: Vec<(usize, BoundArgument)>,
}

/// Where a level's rows are, and those that count them.
#[derive(Clone, Copy)]
pub(super) struct LevelParts {
    pub rows: usize,
    pub counts: Option<usize>,
}

impl<'a> Statement<'a> {
    pub fn new(reads: Reads<'a>) -> Self {
        Statement { reads, parts: Vec::new(), binds: Vec::new(), arguments: Vec::new() }
    }

    /// Adds a part, and returns its place.
    fn add(&mut self, values: &[Bind], kinds: Vec<CellKind>, write: impl FnOnce(&mut PartText<'_>)) -> usize {
        self.add_with(values, &[], kinds, write)
    }

    /// Adds a part in which these values are arguments.
    fn add_with(
        &mut self,
        values: &[Bind],
        arguments: &[(usize, BoundArgument)],
        kinds: Vec<CellKind>,
        write: impl FnOnce(&mut PartText<'_>),
    ) -> usize {
        let mut text = PartText::new(values, &mut self.binds);
        write(&mut text);
        let (text, places) = text.finish();
        let argument = |(value, argument): &(usize, BoundArgument)| Some((places[*value]? - 1, *argument));
        self.arguments.extend(arguments.iter().filter_map(argument));
        self.parts.push(StatementPart { text, kinds, shared: false });
        self.parts.len() - 1
    }

    /// Adds a statement of the tables, which takes at most one value.
    fn add_term(&mut self, term: Term, values: &[Bind], kinds: Vec<CellKind>) -> usize {
        self.add(values, kinds, |text| {
            text.term(term, Alias::Inner, |text, piece| match piece {
                Piece::Value => text.value(0),
                piece => unreachable!("{piece:?} in a statement of the tables"),
            });
        })
    }

    /// Adds the rows of a level, whose parents are these or those of another part, and their counts if they are wanted.
    pub fn level(&mut self, level: &Level, parents: &ParentIds, values: &[Bind]) -> LevelParts {
        if let ParentIds::Part { part, .. } = parents {
            self.parts[*part].shared = true;
        }
        let dialect = self.reads.dialect();
        let kinds = level.columns.iter().map(LevelColumn::kind).collect();
        let arguments = &level.list.arguments;
        let rows = self.add_with(values, arguments, kinds, |text| level.write_sql(text, dialect, parents));
        let counted = level.page.as_ref().is_some_and(|page| page.counted);
        let counts = counted.then(|| {
            let kinds = vec![CellKind::Int; 2];
            self.add_with(values, arguments, kinds, |text| level.write_count_sql(text, dialect, parents))
        });
        LevelParts { rows, counts }
    }

    /// Adds the ends of the event log.
    pub fn ends(&mut self, log: &EventLog) -> usize {
        self.add_term(log.ends, &[], vec![CellKind::Int; 2])
    }

    /// Adds the parents of a thing.
    pub fn parents_of(&mut self, sibling: &Sibling) -> usize {
        self.add_term(sibling.parents_of, &[sibling.key.value()], vec![CellKind::Int])
    }

    /// Adds which of the expected ids exist: rows of the place of their table in the returned list, and their number.
    /// Returns `None` if none is expected.
    pub fn known<'c>(&mut self, expected: impl Iterator<Item = &'c ExpectedIds>) -> Option<(usize, Vec<NodeTable>)> {
        let mut tables: Vec<NodeTable> = Vec::new();
        let mut values: Vec<Vec<i64>> = Vec::new();
        for ExpectedIds { of, ids, .. } in expected.filter(|expected| !expected.ids.is_empty()) {
            if let Some(known) = tables.iter().position(|table| table == of) {
                values[known].extend(ids);
            } else {
                tables.push(*of);
                values.push(ids.clone());
            }
        }
        if tables.is_empty() {
            return None;
        }
        let values: Vec<Bind> = values.into_iter().map(Bind::Ids).collect();
        let part = self.add(&values, vec![CellKind::Int; 2], |text| {
            for (place, NodeTable { table, .. }) in tables.iter().enumerate() {
                text.push(if place > 0 { " UNION ALL SELECT " } else { "SELECT " });
                text.number(place);
                text.push(" AS place, id FROM ");
                text.push(table);
                text.push(" WHERE id {any ");
                text.value(place);
                text.push("}");
            }
        });
        Some((part, tables))
    }

    /// Adds the things that have these names, whose values these are.
    pub fn add_names(&mut self, expected: &[&ExpectedNames], values: &[Bind]) -> usize {
        self.add(values, vec![CellKind::Int, CellKind::Int, CellKind::Text], |text| {
            for (place, ExpectedNames { of: NameTable { table, column, condition, .. }, .. }) in
                expected.iter().enumerate()
            {
                text.push(if place > 0 { " UNION ALL SELECT " } else { "SELECT " });
                text.number(place);
                text.push(&format!(
                    " AS place, x.id, x.{column} FROM {table} x WHERE {condition} AND x.{column} {{any "
                ));
                text.value(place);
                text.push("}");
            }
        })
    }

    /// Runs it: the rows of each part, in the order in which they were added.
    pub async fn run(self) -> Result<Vec<Rows>> {
        match self.parts.is_empty() {
            true => Ok(Vec::new()),
            false => self.reads.read(&self.parts, &self.binds).await,
        }
    }
}
