//! Where a level finds what its rows belong to, as a text.

use crate::store::Dialect;

/// Where a level finds the ids of the parents of its rows.
pub(super) enum ParentIds {
    /// In its first value, if it has parents at all.
    Value,
    /// In a cell of another part of the statement.
    Part { part: usize, cell: usize, once: bool },
}

impl ParentIds {
    /// The condition that a column has one of them.
    pub fn among(&self) -> String {
        match self {
            ParentIds::Value => "{any $1}".to_owned(),
            ParentIds::Part { part, cell, .. } => format!("IN (SELECT c{cell} FROM part{part})"),
        }
    }

    /// Them as rows `p` with a column `value`, each once.
    pub fn rows(&self, dialect: Dialect) -> String {
        match (self, dialect) {
            (ParentIds::Value, Dialect::Sqlite) => "json_each($1) p".to_owned(),
            (ParentIds::Value, Dialect::Postgres) => "unnest(CAST($1 AS bigint[])) p(value)".to_owned(),
            (ParentIds::Part { part, cell, once: true }, _) => format!("(SELECT c{cell} AS value FROM part{part}) p"),
            (ParentIds::Part { part, cell, once: false }, _) => {
                format!("(SELECT DISTINCT c{cell} AS value FROM part{part} WHERE c{cell} IS NOT NULL) p")
            }
        }
    }
}
