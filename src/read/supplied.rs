//! Rows that are not read but handed in: what a mutation answers, events from the log's tail, and what the
//! server knows by itself. They are named like the columns that they stand for.

use crate::domain::{Problem, Timestamp, Word};
use crate::store::db::rows::Cell;

/// One row: values by the names of columns and of lists. A name that is left out is null, or an empty list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SuppliedRow(Vec<(&'static str, Value)>);

/// The list that has the problems of an input.
const PROBLEMS: &str = "userErrors";

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Int(i64),
    Text(String),
    /// Things in the database, in this order.
    Ids(Vec<i64>),
    Rows(Vec<SuppliedRow>),
}

impl SuppliedRow {
    /// With nothing yet.
    pub fn new() -> SuppliedRow {
        SuppliedRow::default()
    }

    /// With a number: a count, the number of a row, or none.
    pub fn int(self, name: &'static str, int: impl Into<Option<i64>>) -> SuppliedRow {
        self.with(name, int.into().map(Value::Int))
    }

    /// With a text, or none.
    pub fn text(self, name: &'static str, text: impl Into<Option<String>>) -> SuppliedRow {
        self.with(name, text.into().map(Value::Text))
    }

    /// With a word of a vocabulary, or none.
    pub fn word<W: Word>(self, name: &'static str, word: impl Into<Option<W>>) -> SuppliedRow {
        self.with(name, word.into().map(|word| Value::Text(word.word().to_owned())))
    }

    /// With a truth, or none.
    pub fn truth(self, name: &'static str, truth: impl Into<Option<bool>>) -> SuppliedRow {
        self.with(name, truth.into().map(|truth| Value::Int(truth.into())))
    }

    /// With an instant, or none.
    pub fn time(self, name: &'static str, time: impl Into<Option<Timestamp>>) -> SuppliedRow {
        self.with(name, time.into().map(|time| Value::Int(time.0)))
    }

    /// With a list of things, by the numbers of their rows, in the order to be told.
    pub fn ids(self, name: &'static str, ids: Vec<i64>) -> SuppliedRow {
        self.with(name, Some(Value::Ids(ids)))
    }

    /// With a list of given rows.
    pub fn rows(self, name: &'static str, rows: Vec<SuppliedRow>) -> SuppliedRow {
        self.with(name, Some(Value::Rows(rows)))
    }

    /// With the problems that an input has, as `userErrors`.
    pub fn problems(self, problems: &[Problem]) -> SuppliedRow {
        self.rows(PROBLEMS, problems.iter().map(problem).collect())
    }

    /// Whether there are problems.
    pub fn has_problems(&self) -> bool {
        !self.list(PROBLEMS).is_empty()
    }

    fn with(mut self, name: &'static str, value: Option<Value>) -> SuppliedRow {
        if let Some(value) = value {
            self.0.push((name, value));
        }
        self
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// The value of a column.
    pub(super) fn cell(&self, name: &str) -> Cell<'_> {
        match self.value(name) {
            Some(Value::Int(int)) => Cell::Int(*int),
            Some(Value::Text(text)) => Cell::Text(text),
            _ => Cell::Null,
        }
    }

    /// The rows of a list.
    pub(super) fn list(&self, name: &str) -> &[SuppliedRow] {
        match self.value(name) {
            Some(Value::Rows(rows)) => rows,
            _ => &[],
        }
    }

    /// The things of a list.
    pub(super) fn things(&self, name: &str) -> &[i64] {
        match self.value(name) {
            Some(Value::Ids(ids)) => ids,
            _ => &[],
        }
    }
}

fn problem(problem: &Problem) -> SuppliedRow {
    let list = |texts: &[String]| serde_json::Value::from(texts).to_string();
    SuppliedRow::new()
        .word("code", problem.code)
        .text("field", (!problem.field.is_empty()).then(|| list(&problem.field)))
        .text("message", problem.message.clone())
        .text("related_ids", list(&problem.related_ids))
}
