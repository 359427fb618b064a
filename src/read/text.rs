//! The text of statements in the making. Aliases of rows and places of values stand beside the text until it is written
//! out, so nothing of it has to be found again by its looks.

use super::column::Column;
use super::term::{Piece, Term};
use crate::store::db::rows::Bind;

/// The alias of a row.
#[derive(Clone, Copy)]
pub(super) enum Alias {
    /// `i`: the row in an inner statement that chooses rows.
    Inner,
    /// `t0`, `t1`, …: the row of a level, and those that are joined to it.
    Table(usize),
}

/// Conditions in which the alias of the row and the places of values are open.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    text: String,
    open: Vec<(usize, Open)>,
}

/// What belongs at a place of a text.
#[derive(Clone, Copy, Debug)]
enum Open {
    Row,
    /// The value with this number.
    Value(usize),
}

impl Conditions {
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub fn row(&mut self) {
        self.open.push((self.text.len(), Open::Row));
    }

    pub fn column(&mut self, column: Column) {
        self.row();
        self.text.push('.');
        self.text.push_str(column.name);
    }

    /// The value of a row that a list is ordered by: a column, or what its term stands for.
    pub fn ordered_by(&mut self, column: Column) {
        let Some(term) = column.term else { return self.column(column) };
        for piece in term.pieces() {
            match *piece {
                Piece::Text(text) => self.push(text),
                Piece::Row => self.row(),
                Piece::Word(word) => {
                    self.push("{");
                    self.push(word);
                }
                Piece::EndWord => self.push("}"),
                piece => unreachable!("{piece:?} in what a list is ordered by"),
            }
        }
    }

    pub fn value(&mut self, number: usize) {
        self.open.push((self.text.len(), Open::Value(number)));
    }

    /// `= value` for one value, else "is one of" for a list.
    pub fn any_value(&mut self, is_single: bool, number: usize) {
        self.push(if is_single { "= " } else { "{any " });
        self.value(number);
        self.push(if is_single { "" } else { "}" });
    }
}

/// The text of one part of a statement. It numbers the values of the whole statement.
pub(super) struct PartText<'a> {
    text: String,
    /// The values of this part.
    values: &'a [Bind],
    /// Where each of them is among those of the statement, once it is used.
    places: Vec<Option<usize>>,
    binds: &'a mut Vec<Bind>,
}

impl<'a> PartText<'a> {
    pub fn new(values: &'a [Bind], binds: &'a mut Vec<Bind>) -> PartText<'a> {
        PartText { text: String::with_capacity(256), values, places: vec![None; values.len()], binds }
    }

    /// The text, and the place of each value among those of the statement, from 1, or `None` if it is not used.
    pub fn finish(self) -> (String, Vec<Option<usize>>) {
        (self.text, self.places)
    }

    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub fn number(&mut self, number: impl itoa::Integer) {
        self.text.push_str(itoa::Buffer::new().format(number));
    }

    pub fn alias(&mut self, alias: Alias) {
        match alias {
            Alias::Inner => self.text.push('i'),
            Alias::Table(table) => {
                self.text.push('t');
                self.number(table);
            }
        }
    }

    pub fn column(&mut self, alias: Alias, column: Column) {
        self.alias(alias);
        self.text.push('.');
        self.text.push_str(column.name);
    }

    /// The value of a row that a list is ordered by: a column, or what its term stands for.
    pub fn ordered_by(&mut self, alias: Alias, column: Column) {
        match column.term {
            None => self.column(alias, column),
            Some(term) => {
                self.term(term, alias, |_, piece| unreachable!("{piece:?} in what a list is ordered by"));
            }
        }
    }

    /// The place of the value with this number.
    pub fn value(&mut self, number: usize) {
        let place = *self.places[number].get_or_insert_with(|| {
            self.binds.push(self.values[number].clone());
            self.binds.len()
        });
        self.text.push('$');
        self.number(place);
    }

    pub fn conditions(&mut self, conditions: &Conditions, row: Alias) {
        let mut from = 0;
        for (at, open) in &conditions.open {
            self.push(&conditions.text[from..*at]);
            match open {
                Open::Row => self.alias(row),
                Open::Value(number) => self.value(*number),
            }
            from = *at;
        }
        self.push(&conditions.text[from..]);
    }

    /// A term; `other` writes those of its marks that are neither of the row nor of the dialect.
    pub fn term(&mut self, term: Term, row: Alias, mut other: impl FnMut(&mut Self, Piece)) {
        for piece in term.pieces() {
            match *piece {
                Piece::Text(text) => self.push(text),
                Piece::Row => self.alias(row),
                Piece::Word(word) => {
                    self.push("{");
                    self.push(word);
                }
                Piece::EndWord => self.push("}"),
                piece => other(self, piece),
            }
        }
    }
}
