//! Arguments and rows of the statements whose text is made while the program runs. Rows are cells in one flat buffer, read
//! by the kind of their column.

use crate::domain::{Timestamp, Word};
use std::fmt::Write;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    Int,
    Text,
    Bool,
    /// Read as milliseconds since 1970.
    Time,
}

impl CellKind {
    pub(super) const ALL: [CellKind; 4] = [CellKind::Int, CellKind::Text, CellKind::Bool, CellKind::Time];
}

/// One value of a row; a truth value is 0 or 1, an instant its milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    Null,
    Int(i64),
    Text(&'a str),
}

impl<'a> Cell<'a> {
    /// The number, or `None` for null and for texts.
    pub fn int(self) -> Option<i64> {
        match self {
            Cell::Int(int) => Some(int),
            _ => None,
        }
    }

    /// The text, or `None` for null and for numbers.
    pub fn text(self) -> Option<&'a str> {
        match self {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A value to bind.
#[derive(Clone, Debug, PartialEq)]
pub enum Bind {
    Int(i64),
    Text(String),
    Time(Timestamp),
    /// For `{any $1}`.
    Ids(Vec<i64>),
    /// For `{any $1}`.
    Texts(Vec<String>),
}

impl Bind {
    /// Words of a vocabulary, for `{any $1}`.
    pub fn words<W: Word>(words: &[W]) -> Bind {
        Bind::Texts(words.iter().map(|word| word.word().to_owned()).collect())
    }

    /// The number of its values.
    pub fn count(&self) -> usize {
        match self {
            Bind::Ids(ids) => ids.len(),
            Bind::Texts(texts) => texts.len(),
            _ => 1,
        }
    }

    /// The same list without duplicates.
    pub fn distinct(self) -> Bind {
        match self {
            Bind::Ids(mut ids) => {
                ids.sort_unstable();
                ids.dedup();
                Bind::Ids(ids)
            }
            Bind::Texts(mut texts) => {
                texts.sort_unstable();
                texts.dedup();
                Bind::Texts(texts)
            }
            other => other,
        }
    }

    /// The only value of a list, or `None` if it has not exactly one.
    pub fn single(&self) -> Option<Bind> {
        match self {
            Bind::Ids(ids) if ids.len() == 1 => Some(Bind::Int(ids[0])),
            Bind::Texts(texts) if texts.len() == 1 => Some(Bind::Text(texts[0].clone())),
            _ => None,
        }
    }
}

/// A part of a statement. Later parts may read its rows: as `part0`, `part1`, …, with the columns `c0`, `c1`, ….
#[derive(Clone, Debug)]
pub struct StatementPart {
    /// It may contain the words of `sql!`, and must be made only of constants of the program.
    pub text: String,
    /// What its columns hold; if empty, one column of any kind.
    pub kinds: Vec<CellKind>,
    /// Whether another part reads its rows.
    pub shared: bool,
}

impl StatementPart {
    /// Appends its definition in a statement's `WITH`.
    pub(super) fn name(&self, place: usize, text: &mut String) {
        let with = if place == 0 { "WITH" } else { "," };
        let _ = write!(text, "{with} part{place}(");
        self.columns(text);
        // Without MATERIALIZED, SQLite would run it again for each part that reads it.
        text.push_str(if self.shared { ") AS MATERIALIZED (" } else { ") AS (" });
        text.push_str(&self.text);
        text.push(')');
    }

    /// Appends the names of its columns.
    pub(super) fn columns(&self, text: &mut String) {
        for column in 0..self.kinds.len().max(1) {
            text.push_str(if column == 0 { "c" } else { ", c" });
            text.push_str(itoa::Buffer::new().format(column));
        }
    }
}

/// The rows of one statement, or of a part of it.
#[derive(Debug, Default)]
pub struct Rows {
    width: usize,
    slots: Vec<Slot>,
    text: String,
}

#[derive(Clone, Copy, Debug)]
enum Slot {
    Null,
    Int(i64),
    /// Start and end in the text.
    Text(usize, usize),
}

impl Rows {
    /// No rows yet, each with `width` cells, at least one.
    pub fn new(width: usize) -> Rows {
        Rows { width: width.max(1), ..Rows::default() }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.slots.len().checked_div(self.width).unwrap_or_default()
    }

    /// About the number of bytes that they occupy.
    pub fn bytes(&self) -> usize {
        size_of_val(&self.slots[..]) + self.text.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The value in a row and a column.
    pub fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        match self.slots[row * self.width + column] {
            Slot::Null => Cell::Null,
            Slot::Int(int) => Cell::Int(int),
            Slot::Text(from, to) => Cell::Text(&self.text[from..to]),
        }
    }

    /// Appends the next cell; rows are filled one after the other.
    pub fn push(&mut self, cell: Cell<'_>) {
        let slot = match cell {
            Cell::Null => Slot::Null,
            Cell::Int(int) => Slot::Int(int),
            Cell::Text(text) => {
                let from = self.text.len();
                self.text.push_str(text);
                Slot::Text(from, self.text.len())
            }
        };
        self.slots.push(slot);
    }
}
