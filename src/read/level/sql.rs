//! The text that reads a level, on each database.

use super::{Join, Level, LevelColumn, ParentKeys, ParentMatch, Relation};
use crate::read::column::Column;
use crate::read::order::Cursors;
use crate::read::parents::ParentIds;
use crate::read::term::Piece;
use crate::read::text::{Alias, PartText};
use crate::store::Dialect;

/// The row of the level.
const ROW: Alias = Alias::Table(0);

impl Level {
    /// Writes the statement that reads it. How each parent gets its first rows is the whole difference between the
    /// databases.
    pub fn write_sql(&self, text: &mut PartText<'_>, dialect: Dialect, source: &ParentIds) {
        text.push("SELECT ");
        self.write_columns(text);
        // SQLite would sort all rows that have one of several values. So the first rows of each value are read, in the order of
        // an index.
        let reads_apart = dialect == Dialect::Sqlite && !self.has_conditions_inside();
        let each = self.list.each.as_ref().filter(|_| reads_apart);
        match (&self.parents, self.limit, dialect, each) {
            (ParentKeys::None, Some(limit), _, Some(each)) => {
                text.push(" FROM json_each(");
                text.value(each.values);
                text.push(") v JOIN ");
                self.write_from(text, ROW, source);
                self.write_first(text, limit, source, |text| {
                    each.write_one(text, Alias::Inner);
                    self.list.write_beside_each(text, Alias::Inner);
                });
                self.write_joins(text);
                self.write_order(text, ROW, None);
                write_limit(text, Some(limit));
            }
            // Joins only what belongs to the rows of the page.
            (ParentKeys::None, Some(limit), Dialect::Postgres, _) if !self.joins.is_empty() => {
                text.push(" FROM (SELECT * FROM ");
                self.write_from(text, ROW, source);
                text.push(" WHERE TRUE");
                self.write_conditions_outside(text);
                self.write_order(text, ROW, None);
                write_limit(text, Some(limit));
                text.push(") t0");
                self.write_joins(text);
                self.write_order(text, ROW, None);
            }
            (ParentKeys::None, limit, ..) => {
                text.push(" FROM ");
                self.write_from(text, ROW, source);
                self.write_joins(text);
                text.push(" WHERE TRUE");
                self.write_conditions_outside(text);
                self.write_order(text, ROW, None);
                write_limit(text, limit);
            }
            (_, None, ..) => {
                text.push(" FROM ");
                self.write_from(text, ROW, source);
                self.write_joins(text);
                text.push(" WHERE ");
                self.write_parent(text);
                text.push(" ");
                source.write_among(text);
                self.write_conditions_outside(text);
                self.write_order(text, ROW, Some(&|text| self.write_parent(text)));
            }
            (_, Some(limit), Dialect::Sqlite, _) => {
                text.push(" FROM ");
                source.write_rows(text, dialect);
                text.push(" JOIN ");
                self.write_from(text, ROW, source);
                self.write_first(text, limit, source, |text| {
                    self.write_belongs(text, Alias::Inner);
                    self.list.write(text, Alias::Inner);
                });
                // Places of output are unique only within one release.
                if self.page.as_ref().is_some_and(|page| matches!(page.cursors, Cursors::Output(_))) {
                    text.push(" AND ");
                    self.write_belongs(text, ROW);
                }
                self.write_joins(text);
                self.write_order(text, ROW, Some(&|text| text.push("p.value")));
            }
            (_, Some(limit), Dialect::Postgres, _) => {
                text.push(" FROM ");
                source.write_rows(text, dialect);
                text.push(" CROSS JOIN LATERAL (SELECT * FROM ");
                self.write_from(text, Alias::Inner, source);
                text.push(" WHERE ");
                self.write_belongs(text, Alias::Inner);
                self.list.write(text, Alias::Inner);
                self.write_order(text, Alias::Inner, None);
                write_limit(text, Some(limit));
                text.push(") t0");
                self.write_joins(text);
                self.write_order(text, ROW, Some(&|text| text.push("p.value")));
            }
        }
    }

    /// Writes the statement that counts all items of each parent.
    pub fn write_count_sql(&self, text: &mut PartText<'_>, dialect: Dialect, source: &ParentIds) {
        let from = |text: &mut PartText<'_>| {
            text.push(" FROM ");
            self.write_from(text, Alias::Inner, source);
            text.push(" WHERE ");
        };
        match (&self.parents, self.parent) {
            (ParentKeys::None, _) => {
                text.push("SELECT 0, count(*)");
                from(text);
                text.push("TRUE");
                self.list.write_without_cursors(text, Alias::Inner);
            }
            (_, ParentMatch::Condition(_)) => {
                text.push("SELECT p.value, (SELECT count(*)");
                from(text);
                self.write_belongs(text, Alias::Inner);
                self.list.write_without_cursors(text, Alias::Inner);
                text.push(") FROM ");
                source.write_rows(text, dialect);
                text.push(" ORDER BY 1");
            }
            (_, ParentMatch::Column(column)) => {
                text.push("SELECT ");
                text.column(Alias::Inner, column);
                text.push(", count(*)");
                from(text);
                text.column(Alias::Inner, column);
                text.push(" ");
                source.write_among(text);
                self.list.write_without_cursors(text, Alias::Inner);
                text.push(" GROUP BY ");
                text.column(Alias::Inner, column);
                text.push(" ORDER BY 1");
            }
        }
    }

    fn write_columns(&self, text: &mut PartText<'_>) {
        for (i, column) in self.columns.iter().enumerate() {
            text.push(if i > 0 { ", " } else { "" });
            match column {
                LevelColumn::Parent if self.limit.is_some() => text.push("p.value"),
                LevelColumn::Parent => self.write_parent(text),
                LevelColumn::Of { table, column, arguments } => {
                    write_column(text, Alias::Table(*table), *column, arguments);
                }
            }
        }
        if self.columns.is_empty() {
            text.push("1");
        }
    }

    /// The column of a row that has the id of its parent.
    fn write_parent(&self, text: &mut PartText<'_>) {
        match self.parent {
            ParentMatch::Column(column) => text.column(ROW, column),
            ParentMatch::Condition(_) => unreachable!("a list that has a condition for its parent is a page"),
        }
    }

    /// The condition by which a row belongs to the parent `p`.
    fn write_belongs(&self, text: &mut PartText<'_>, row: Alias) {
        match self.parent {
            ParentMatch::Column(column) => {
                text.column(row, column);
                text.push(" = p.value");
            }
            ParentMatch::Condition(term) => text.term(term, row, |text, piece| match piece {
                Piece::Parent => text.push("p.value"),
                piece => unreachable!("{piece:?} in a condition on a parent"),
            }),
        }
    }

    /// Whether its rows come from a statement that has the conditions itself.
    fn has_conditions_inside(&self) -> bool {
        matches!(self.from, Relation::Query(query) if query.has(Piece::Conditions))
    }

    fn write_conditions_outside(&self, text: &mut PartText<'_>) {
        if !self.has_conditions_inside() {
            self.list.write(text, ROW);
        }
    }

    fn write_from(&self, text: &mut PartText<'_>, alias: Alias, source: &ParentIds) {
        match self.from {
            Relation::Table(table) => text.push(table),
            Relation::Query(query) => {
                text.push("(");
                text.term(query, Alias::Inner, |text, piece| match piece {
                    Piece::Conditions => self.list.write(text, Alias::Inner),
                    Piece::Parents => source.write_among(text),
                    piece => unreachable!("{piece:?} in a statement that a list is read from"),
                });
                text.push(")");
            }
        }
        text.push(" ");
        text.alias(alias);
    }

    /// Only the first rows for which a condition holds.
    fn write_first(
        &self,
        text: &mut PartText<'_>,
        limit: i64,
        source: &ParentIds,
        condition: impl FnOnce(&mut PartText<'_>),
    ) {
        text.push(" ON ");
        text.column(ROW, self.key);
        text.push(" IN (SELECT ");
        text.column(Alias::Inner, self.key);
        text.push(" FROM ");
        self.write_from(text, Alias::Inner, source);
        text.push(" WHERE ");
        condition(text);
        self.write_order(text, Alias::Inner, None);
        write_limit(text, Some(limit));
        text.push(")");
    }

    fn write_joins(&self, text: &mut PartText<'_>) {
        for (i, Join { to, table, key }) in self.joins.iter().enumerate() {
            let joined = Alias::Table(i + 1);
            text.push(" LEFT JOIN ");
            text.push(to.table.unwrap_or_default());
            text.push(" ");
            text.alias(joined);
            text.push(" ON ");
            text.column(joined, to.key);
            text.push(" = ");
            write_column(text, Alias::Table(*table), *key, &[]);
        }
    }

    /// The order of the list, behind something else that comes first.
    fn write_order(&self, text: &mut PartText<'_>, row: Alias, first: Option<&dyn Fn(&mut PartText<'_>)>) {
        text.push(" ORDER BY ");
        if let Some(first) = first {
            first(text);
            text.push(", ");
        }
        let backward = self.page.as_ref().is_some_and(|page| page.backward);
        let columns = self.order.columns.iter().chain([&self.key]);
        for (i, column) in columns.enumerate() {
            text.push(if i > 0 { ", " } else { "" });
            text.ordered_by(row, *column);
            text.push(if self.order.descending == backward { "" } else { " DESC" });
        }
    }
}

/// A limit stands in the text, since the database plans by it what is read with each of these rows.
fn write_limit(text: &mut PartText<'_>, limit: Option<i64>) {
    if let Some(limit) = limit {
        text.push(" LIMIT ");
        text.number(limit);
    }
}

fn write_column(text: &mut PartText<'_>, row: Alias, column: Column, arguments: &[(&'static str, usize)]) {
    match column.term {
        None => text.column(row, column),
        Some(term) => text.term(term, row, |text, piece| match piece {
            Piece::Argument(name) => {
                let bound = arguments.iter().find(|(other, _)| *other == name);
                text.value(bound.expect("all arguments of a term are bound").1);
            }
            piece => unreachable!("{piece:?} in a column"),
        }),
    }
}
