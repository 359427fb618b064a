//! Conditions on a list, with the values that they bind.

use super::column::Column;
use super::expected::{ExpectedIds, NodeTable, Sibling};
use super::names::ExpectedNames;
use super::one_of::EachValue;
use super::term::{Piece, Term};
use super::text::{Alias, Conditions, PartText};
use crate::store::db::rows::Bind;
use crate::wire::{ApiError, DateTime};
use async_graphql::ID;

/// A value that is an argument: of this field of the plan, under this name.
#[derive(Clone, Copy)]
pub(super) struct BoundArgument {
    pub field: usize,
    pub name: &'static str,
}

/// Conditions that must all hold for the rows of a list.
pub struct Where {
    pub(super) conditions: Conditions,
    /// Those that cursors add: they cut the page out of the list.
    cursors: Conditions,
    pub(super) binds: Vec<Bind>,
    /// Those of the values that are arguments, by their numbers.
    pub(super) arguments: Vec<(usize, BoundArgument)>,
    /// A column that has one of several values, each with an index in the order of the list.
    pub(super) each: Option<EachValue>,
    /// Ids that must name something.
    pub(super) expected: Vec<ExpectedIds>,
    /// Names that must be those of something.
    pub(super) expected_names: Vec<ExpectedNames>,
    /// Whether things that lists leave out are wanted, too.
    pub(super) unlisted: bool,
    /// A thing that must belong to the same parent as the list.
    pub(super) sibling: Option<Sibling>,
    /// The name of the caller.
    caller: String,
    /// Whether that makes a difference.
    personal: bool,
}

impl Where {
    pub(super) fn new(caller: &str) -> Where {
        Where {
            conditions: Conditions::default(),
            cursors: Conditions::default(),
            binds: Vec::new(),
            arguments: Vec::new(),
            each: None,
            expected: Vec::new(),
            expected_names: Vec::new(),
            unlisted: false,
            sibling: None,
            caller: caller.to_owned(),
            personal: false,
        }
    }

    /// The name of the caller; from now on the list is one of that caller's own.
    pub fn caller(&mut self) -> &str {
        self.personal = true;
        &self.caller
    }

    /// Whether another caller may have other rows.
    pub(super) fn is_personal(&self) -> bool {
        self.personal
    }

    /// Adds a condition on `{row}`, whose `{value}` and `{any_value}` take the values in order.
    pub fn and(&mut self, condition: Term, values: impl IntoIterator<Item = Bind>) {
        self.conditions.push(" AND ");
        self.term(condition, values);
    }

    /// Adds a condition in which each `{any_value}` takes these values.
    pub(super) fn and_each(&mut self, condition: Term, values: Bind) {
        self.and(condition, std::iter::repeat(values));
    }

    /// Adds a condition, or its opposite.
    pub fn and_either(&mut self, condition: Term, holds: bool) {
        self.conditions.push(if holds { " AND (" } else { " AND NOT (" });
        self.term(condition, []);
        self.conditions.push(")");
    }

    /// A column begins with this, byte by byte: a range, so that an index serves.
    pub fn prefix(&mut self, column: Column, prefix: Option<String>) {
        if let Some(prefix) = prefix.filter(|prefix| !prefix.is_empty()) {
            let end = format!("{prefix}\u{10ffff}");
            self.compare(column, " >= ", Bind::Text(prefix));
            self.compare(column, " < ", Bind::Text(end));
        }
    }

    /// A column contains this text; ASCII letters may be in either case. No index helps: the list is read in its order.
    pub fn contains(&mut self, column: Column, text: Option<String>) {
        if let Some(text) = text {
            self.conditions.push(" AND {position lower(");
            self.conditions.column(column);
            self.conditions.push("), ");
            let number = self.bind(Bind::Text(text.to_ascii_lowercase()));
            self.conditions.value(number);
            self.conditions.push("} > 0");
        }
    }

    /// A column is in a range of times: at `from` or later, and before `to`. The arguments are the names of both ends.
    ///
    /// # Errors
    /// `BAD_REQUEST` at the argument of the end if the range ends before it begins.
    pub fn between(
        &mut self,
        column: Column,
        [from_argument, to_argument]: [&str; 2],
        from: Option<DateTime>,
        to: Option<DateTime>,
    ) -> Result<(), ApiError> {
        if let (Some(DateTime(from)), Some(DateTime(to))) = (&from, &to)
            && to < from
        {
            let message = format!("`{to_argument}` is before `{from_argument}`: {to} is earlier than {from}.");
            return Err(ApiError::bad(to_argument, message));
        }
        if let Some(DateTime(from)) = from {
            self.compare(column, " >= ", Bind::Time(from));
        }
        if let Some(DateTime(to)) = to {
            self.compare(column, " < ", Bind::Time(to));
        }
        Ok(())
    }

    /// As [`Where::ids`], with a condition in which each `{any_value}` takes the numbers.
    pub fn ids_where(
        &mut self,
        condition: Term,
        of: NodeTable,
        argument: &str,
        ids: Option<Vec<ID>>,
    ) -> Result<(), ApiError> {
        if let Some(numbers) = self.expect(of, argument, ids)? {
            self.and_each(condition, numbers);
        }
        Ok(())
    }

    pub(super) fn expect(
        &mut self,
        of: NodeTable,
        argument: &str,
        ids: Option<Vec<ID>>,
    ) -> Result<Option<Bind>, ApiError> {
        let Some(ids) = ids else { return Ok(None) };
        let expected = ExpectedIds::read(of, argument, &ids)?;
        let numbers = Bind::Ids(expected.ids.clone());
        if !expected.ids.is_empty() {
            self.expected.push(expected);
        }
        Ok(Some(numbers))
    }

    /// A thing must belong to the same parent as the list.
    pub fn sibling(&mut self, sibling: Sibling) {
        self.sibling = Some(sibling);
    }

    /// Also wants what lists leave out.
    pub fn unlisted(&mut self) {
        self.unlisted = true;
    }

    /// Only rows behind these values of these columns, or before them.
    pub(super) fn cut(&mut self, columns: impl Iterator<Item = Column>, behind: bool, values: Vec<Bind>) {
        let columns = columns.enumerate();
        self.cursors.push(" AND (");
        for (i, column) in columns {
            self.cursors.push(if i > 0 { ", " } else { "" });
            self.cursors.ordered_by(column);
        }
        self.cursors.push(if behind { ") > (" } else { ") < (" });
        for (i, value) in values.into_iter().enumerate() {
            self.cursors.push(if i > 0 { ", " } else { "" });
            let number = self.bind(value);
            self.cursors.value(number);
        }
        self.cursors.push(")");
    }

    /// Notes a value, and returns its number.
    pub(super) fn bind(&mut self, value: Bind) -> usize {
        self.binds.push(value);
        self.binds.len() - 1
    }

    /// Adds a condition whose arguments have been bound as these values.
    pub(super) fn and_bound(&mut self, condition: Term, arguments: &[(&str, usize)]) {
        self.conditions.push(" AND ");
        for piece in condition.pieces() {
            match piece {
                Piece::Argument(name) => {
                    let bound = arguments.iter().find(|(other, _)| other == name);
                    self.conditions.value(bound.expect("all arguments of a term are bound").1);
                }
                piece => self.piece(*piece, &mut std::iter::empty()),
            }
        }
    }

    /// Writes all conditions.
    pub(super) fn write(&self, text: &mut PartText<'_>, row: Alias) {
        self.write_without_cursors(text, row);
        text.conditions(&self.cursors, row);
    }

    /// Writes the conditions that all pages of the list have.
    pub(super) fn write_without_cursors(&self, text: &mut PartText<'_>, row: Alias) {
        text.conditions(&self.conditions, row);
        if let Some(each) = &self.each {
            text.push(" AND ");
            each.write_any(text, row);
        }
    }

    /// Writes all conditions but that on each of several values.
    pub(super) fn write_beside_each(&self, text: &mut PartText<'_>, row: Alias) {
        text.conditions(&self.conditions, row);
        text.conditions(&self.cursors, row);
    }

    fn term(&mut self, term: Term, values: impl IntoIterator<Item = Bind>) {
        let mut values = values.into_iter();
        for piece in term.pieces() {
            self.piece(*piece, &mut values);
        }
    }

    fn piece(&mut self, piece: Piece, values: &mut dyn Iterator<Item = Bind>) {
        let mut next = || values.next().expect("a value comes with each mark for one");
        match piece {
            Piece::Text(text) => self.conditions.push(text),
            Piece::Row => self.conditions.row(),
            Piece::Value => {
                let number = self.bind(next());
                self.conditions.value(number);
            }
            Piece::AnyValue => {
                let values = next();
                self.any_value(values);
            }
            Piece::Word(word) => {
                self.conditions.push("{");
                self.conditions.push(word);
            }
            Piece::EndWord => self.conditions.push("}"),
            Piece::Parent | Piece::Parents | Piece::Argument(_) | Piece::Conditions => {
                unreachable!("a condition has only marks of its row and its values")
            }
        }
    }

    fn compare(&mut self, column: Column, with: &str, value: Bind) {
        self.conditions.push(" AND ");
        self.conditions.column(column);
        self.conditions.push(with);
        let number = self.bind(value);
        self.conditions.value(number);
    }
}
