//! In which order lists are, and how the cursors of their items are written.

use super::column::Column;
use super::term::Term;
use crate::store::db::rows::CellKind;

/// An order of a list: its columns, then the key, all in the same direction. None of the columns is ever null, and an index
/// has them in this order. Where one has a term instead, all rows of the list are sorted: only for lists of one object,
/// whose length is limited.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Stands in cursors, so that one of another order is refused.
    pub name: &'static str,
    pub columns: &'static [Column],
    pub descending: bool,
}

/// By these columns, then the key; the smallest first. `name` stands in cursors.
pub const fn ascending(name: &'static str, columns: &'static [Column]) -> Order {
    Order { name, columns, descending: false }
}

/// By these columns, then the key; the greatest first. `name` stands in cursors.
pub const fn descending(name: &'static str, columns: &'static [Column]) -> Order {
    Order { name, columns, descending: true }
}

/// In the order of their keys.
pub const OLDEST_FIRST: Order = ascending("oldest", &[]);
/// In the opposite order of their keys.
pub const NEWEST_FIRST: Order = descending("newest", &[]);

impl Order {
    /// Its name and direction, as cursors spell them.
    pub fn spelled(&self) -> String {
        format!("{} {}", self.name, if self.descending { "DESC" } else { "ASC" })
    }

    /// What its columns and the key hold.
    pub(super) fn kinds(&self) -> Vec<CellKind> {
        self.columns.iter().map(|column| column.kind).chain([CellKind::Int]).collect()
    }
}

/// How the cursors of a list are written.
#[derive(Clone, Copy, Debug)]
pub enum Cursors {
    /// The values that the list is ordered by.
    Keyset,
    /// A place in the event log: the key of the list.
    Events(&'static EventLog),
    /// A place in the output of a release: the column of the release, and the key of the list.
    Output(Column),
}

/// Where the event log is.
#[derive(Debug)]
pub struct EventLog {
    /// A statement that returns one row: the newest place, and the newest place that is no longer kept.
    pub ends: Term,
}
