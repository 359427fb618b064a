//! Conditions that a column has one of several values: words, texts, ids, or the ids of things with these names.

use super::column::Column;
use super::expected::NodeTable;
use super::filter::Where;
use super::names::{ExpectedNames, NameTable};
use super::term::Term;
use super::text::{Alias, PartText};
use crate::domain::Word;
use crate::store::db::rows::Bind;
use crate::wire::ApiError;
use async_graphql::ID;

/// The most values for which the first rows of each are read apart: for more, these would be too many rows.
const MAX_VALUES_APART: usize = 32;

/// A column that has one of several values, each with an index in the order of the list.
pub(super) struct EachValue {
    column: Column,
    /// The number of the list of values.
    pub values: usize,
    /// The kind of things that the values are names of; `None` if they are values of the column itself.
    names: Option<NameTable>,
}

impl EachValue {
    /// Writes the condition that the column has one of the values.
    pub fn write_any(&self, text: &mut PartText<'_>, row: Alias) {
        text.column(row, self.column);
        text.push(" ");
        if let Some(names) = self.names {
            text.push("IN (");
            text.push(&names.ids_where());
        }
        text.push("{any ");
        text.value(self.values);
        text.push(if self.names.is_some() { "})" } else { "}" });
    }

    /// Writes the condition that the column has the value of the row `v`.
    pub fn write_one(&self, text: &mut PartText<'_>, row: Alias) {
        text.column(row, self.column);
        text.push(" = ");
        if let Some(names) = self.names {
            text.push("(");
            text.push(&names.ids_where());
            text.push("= ");
        }
        text.push("v.value");
        text.push(if self.names.is_some() { ")" } else { "" });
    }
}

impl Where {
    /// A column has one of these words.
    pub fn words<W: Word>(&mut self, column: Column, words: Option<Vec<W>>) {
        if let Some(words) = words {
            self.one_of(column, Bind::words(&words));
        }
    }

    /// As [`Where::words`], for a column that has an index in the order of the list.
    pub fn indexed_words<W: Word>(&mut self, column: Column, words: Option<Vec<W>>) {
        if let Some(words) = words {
            self.indexed_one_of(column, Bind::words(&words), None);
        }
    }

    /// A column has one of these texts.
    pub fn texts(&mut self, column: Column, texts: Option<Vec<String>>) {
        if let Some(texts) = texts {
            self.one_of(column, Bind::Texts(texts));
        }
    }

    /// As [`Where::texts`], for a column that has an index in the order of the list.
    pub fn indexed_texts(&mut self, column: Column, texts: Option<Vec<String>>) {
        if let Some(texts) = texts {
            self.indexed_one_of(column, Bind::Texts(texts), None);
        }
    }

    /// A column, which has an index in the order of the list, has one of these ids.
    ///
    /// # Errors
    /// `BAD_REQUEST` if an id is of another kind or malformed. If one does not exist, the list fails when it is read.
    pub fn ids(&mut self, column: Column, of: NodeTable, argument: &str, ids: Option<Vec<ID>>) -> Result<(), ApiError> {
        if let Some(numbers) = self.expect(of, argument, ids)? {
            self.indexed_one_of(column, numbers, None);
        }
        Ok(())
    }

    /// A column, which has an index in the order of the list, has the id of the thing with one of these names, each of
    /// which only one thing has. If one of the names does not exist, the list fails when it is read.
    pub fn names(&mut self, column: Column, of: NameTable, argument: &str, names: Option<Vec<String>>) {
        if let Some(names) = self.expect_names(of, argument, names) {
            self.indexed_one_of(column, names, Some(of));
        }
    }

    /// As [`Where::names`], with a condition in which each `{any_value}` takes the names.
    pub fn names_where(&mut self, condition: Term, of: NameTable, argument: &str, names: Option<Vec<String>>) {
        if let Some(names) = self.expect_names(of, argument, names) {
            self.and_each(condition, names);
        }
    }

    fn expect_names(&mut self, of: NameTable, argument: &str, names: Option<Vec<String>>) -> Option<Bind> {
        let is_empty = names.as_ref()?.is_empty();
        let expected = ExpectedNames::new(of, argument, names?);
        let values = expected.values();
        if !is_empty {
            self.expected_names.push(expected);
        }
        Some(values)
    }

    /// A column has one of several values. A single one is compared with `=`: then an index can return the rows in its
    /// order, and only the page is read, however long the list is.
    fn one_of(&mut self, column: Column, values: Bind) {
        self.conditions.push(" AND ");
        self.conditions.column(column);
        self.conditions.push(" ");
        self.any_value(values);
    }

    /// As [`Where::one_of`]; the same goes for each of a few.
    fn indexed_one_of(&mut self, column: Column, values: Bind, names: Option<NameTable>) {
        let values = values.distinct();
        match (values.count(), names) {
            (count, names) if count != 1 && count <= MAX_VALUES_APART && self.each.is_none() => {
                self.each = Some(EachValue { column, values: self.bind(values), names });
            }
            (_, None) => self.one_of(column, values),
            (count, Some(names)) => {
                self.conditions.push(" AND ");
                self.conditions.column(column);
                self.conditions.push(if count == 1 { " = (" } else { " IN (" });
                self.conditions.push(&names.ids_where());
                self.any_value(values);
                self.conditions.push(")");
            }
        }
    }

    pub(super) fn any_value(&mut self, values: Bind) {
        let single = values.single();
        let is_single = single.is_some();
        let number = self.bind(single.unwrap_or(values));
        self.conditions.any_value(is_single, number);
    }
}
