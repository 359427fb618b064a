//! Where a level finds what its rows belong to, as a text.

use super::text::PartText;
use crate::store::Dialect;

/// Where a level finds the ids of the parents of its rows.
pub(super) enum ParentIds {
    /// In its first value, if it has parents at all.
    Value,
    /// In a cell of another part of the statement.
    Part { part: usize, cell: usize, once: bool },
}

impl ParentIds {
    /// Writes the condition that the column before it has one of them.
    pub fn write_among(&self, text: &mut PartText<'_>) {
        match self {
            ParentIds::Value => {
                text.push("{any ");
                text.value(0);
                text.push("}");
            }
            ParentIds::Part { part, cell, .. } => {
                text.push("IN (SELECT c");
                text.number(*cell);
                text.push(" FROM part");
                text.number(*part);
                text.push(")");
            }
        }
    }

    /// Writes them as rows `p` with a column `value`, each once.
    pub fn write_rows(&self, text: &mut PartText<'_>, dialect: Dialect) {
        let (part, cell, once) = match (self, dialect) {
            (ParentIds::Value, Dialect::Sqlite) => {
                text.push("json_each(");
                text.value(0);
                return text.push(") p");
            }
            (ParentIds::Value, Dialect::Postgres) => {
                text.push("unnest(CAST(");
                text.value(0);
                return text.push(" AS bigint[])) p(value)");
            }
            (ParentIds::Part { part, cell, once }, _) => (*part, *cell, *once),
        };
        text.push(if once { "(SELECT c" } else { "(SELECT DISTINCT c" });
        text.number(cell);
        text.push(" AS value FROM part");
        text.number(part);
        if !once {
            text.push(" WHERE c");
            text.number(cell);
            text.push(" IS NOT NULL");
        }
        text.push(") p");
    }
}
