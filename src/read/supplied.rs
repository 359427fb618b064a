//! Rows that are not read but supplied: the results of mutations, events from the tail of the log, and what the server
//! knows without the database. Their values have the names of the columns that they stand for.

use super::column::{Column, IdList, RowList};
use crate::domain::{Timestamp, Word};
use crate::store::db::rows::{Cell, CellKind};

/// One row: values of columns and lists. What is left out is null, or an empty list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SuppliedRow(Vec<(&'static str, Value)>);

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Int(i64),
    Text(String),
    /// Things in the database, in this order.
    Ids(Vec<i64>),
    Rows(Vec<SuppliedRow>),
}

impl SuppliedRow {
    /// A row without values.
    pub fn new() -> SuppliedRow {
        SuppliedRow::default()
    }

    /// With a number: a count, or the number of a row.
    pub fn int(self, column: Column, int: impl Into<Option<i64>>) -> SuppliedRow {
        self.with(column, CellKind::Int, int.into().map(Value::Int))
    }

    /// With a text.
    pub fn text(self, column: Column, text: impl Into<Option<String>>) -> SuppliedRow {
        self.with(column, CellKind::Text, text.into().map(Value::Text))
    }

    /// With a word of a vocabulary.
    pub fn word<W: Word>(self, column: Column, word: impl Into<Option<W>>) -> SuppliedRow {
        self.with(column, CellKind::Text, word.into().map(|word| Value::Text(word.word().to_owned())))
    }

    /// With a truth value.
    pub fn truth(self, column: Column, truth: impl Into<Option<bool>>) -> SuppliedRow {
        self.with(column, CellKind::Bool, truth.into().map(|truth| Value::Int(truth.into())))
    }

    /// With an instant.
    pub fn time(self, column: Column, time: impl Into<Option<Timestamp>>) -> SuppliedRow {
        self.with(column, CellKind::Time, time.into().map(|time| Value::Int(time.0)))
    }

    /// With a list of things, by the numbers of their rows, in the order of the answer.
    pub fn ids(mut self, list: IdList, ids: Vec<i64>) -> SuppliedRow {
        self.0.push((list.0, Value::Ids(ids)));
        self
    }

    /// With a list of rows.
    pub fn rows(mut self, list: RowList, rows: Vec<SuppliedRow>) -> SuppliedRow {
        self.0.push((list.0, Value::Rows(rows)));
        self
    }

    fn with(mut self, column: Column, kind: CellKind, value: Option<Value>) -> SuppliedRow {
        debug_assert!(column.kind == kind, "the column {} holds {:?}, not {kind:?}", column.name, column.kind);
        if let Some(value) = value {
            self.0.push((column.name, value));
        }
        self
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// The value of a column.
    pub(super) fn cell(&self, column: Column) -> Cell<'_> {
        match self.value(column.name) {
            Some(Value::Int(int)) => Cell::Int(*int),
            Some(Value::Text(text)) => Cell::Text(text),
            _ => Cell::Null,
        }
    }

    /// The rows of a list.
    pub fn list(&self, list: RowList) -> &[SuppliedRow] {
        match self.value(list.0) {
            Some(Value::Rows(rows)) => rows,
            _ => &[],
        }
    }

    /// The things of a list.
    pub(super) fn things(&self, list: IdList) -> &[i64] {
        match self.value(list.0) {
            Some(Value::Ids(ids)) => ids,
            _ => &[],
        }
    }
}
