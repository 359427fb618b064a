//! The text that reads a level, on each database.

use super::{Level, ParentKeys};
use crate::read::declare::Cursors;
use crate::read::parents::ParentIds;
use crate::store::Dialect;
use std::fmt::Write;

impl Level {
    fn ordering(&self, alias: &str) -> String {
        let way = match self.order.descending != self.page.as_ref().is_some_and(|page| page.backward) {
            true => " DESC",
            false => "",
        };
        let columns = self.order.columns.iter().map(|(column, _)| *column).chain([self.key]);
        columns.map(|column| format!("{alias}.{column}{way}")).collect::<Vec<_>>().join(", ")
    }

    /// The condition by which rows belong to a parent.
    fn belongs(&self) -> String {
        match self.by.contains('^') {
            true => self.by.replace('^', "p.value"),
            false => format!("@.{} = p.value", self.by),
        }
    }

    /// The text that reads it. How each parent gets its first rows is the whole difference between the databases.
    pub fn sql(&self, dialect: Dialect, source: &ParentIds) -> String {
        let Level { table, by, joins, .. } = self;
        let columns = self.columns.iter().map(|column| column.0.as_str()).collect::<Vec<_>>().join(", ");
        let mut text = format!("SELECT {}", if columns.is_empty() { "1" } else { &columns });
        let such = |alias: &str| self.list.text().replace('@', alias);
        let among = || source.among();
        let derived = table.contains("{such}");
        let (from, outer) = match derived {
            true => (table.replace("{such}", &such("i")).replace("{parents}", &among()), String::new()),
            false => ((*table).to_owned(), such("t0")),
        };
        let belongs = || format!("{}{}", self.belongs().replace('@', "i"), such("i"));
        let order = self.ordering("t0");
        // Places in the output of releases are told apart only together with what they belong to.
        let again = || match &self.page {
            Some(page) if page.cursors == Cursors::Log => format!(" AND {}", self.belongs().replace('@', "t0")),
            _ => String::new(),
        };
        // SQLite would sort all that has one of several values: of each, the first are read in the order of an index.
        let each = self.list.each.as_ref().filter(|_| dialect == Dialect::Sqlite && !derived);
        if let (ParentKeys::None, Some(limit), Some((column, place))) = (&self.parents, &self.limit, each) {
            let first = format!("{column} = v.value{}", self.list.beside_each()).replace('@', "i");
            let _ = write!(
                text,
                " FROM json_each(${place}) v JOIN {from} t0 ON t0.{key} IN (SELECT i.{key} FROM {from} i WHERE {first} ORDER BY {} LIMIT {limit}){joins} ORDER BY {order} LIMIT {limit}",
                self.ordering("i"),
                key = self.key,
            );
            return text;
        }
        let parents = || source.rows(dialect);
        let _ = match (&self.parents, &self.limit, dialect) {
            // What is joined to the others is not read.
            (ParentKeys::None, Some(limit), Dialect::Postgres) if !joins.is_empty() => write!(
                text,
                " FROM (SELECT * FROM {from} t0 WHERE TRUE{outer} ORDER BY {order} LIMIT {limit}) t0{joins} ORDER BY {order}",
            ),
            (ParentKeys::None, limit, _) => {
                let limit = limit.as_ref().map(|limit| format!(" LIMIT {limit}")).unwrap_or_default();
                write!(text, " FROM {from} t0{joins} WHERE TRUE{outer} ORDER BY {order}{limit}")
            }
            (_, None, _) => {
                write!(text, " FROM {from} t0{joins} WHERE t0.{by} {}{outer} ORDER BY t0.{by}, {order}", among())
            }
            (_, Some(limit), Dialect::Sqlite) => write!(
                text,
                " FROM {} JOIN {from} t0 ON t0.{key} IN (SELECT i.{key} FROM {from} i WHERE {} ORDER BY {} LIMIT {limit}){}{joins} ORDER BY p.value, {order}",
                parents(),
                belongs(),
                self.ordering("i"),
                again(),
                key = self.key,
            ),
            (_, Some(limit), Dialect::Postgres) => write!(
                text,
                " FROM {} CROSS JOIN LATERAL (SELECT * FROM {from} i WHERE {} ORDER BY {} LIMIT {limit}) t0{joins} ORDER BY p.value, {order}",
                parents(),
                belongs(),
                self.ordering("i"),
            ),
        };
        text
    }

    /// The text that counts all items of each parent.
    pub fn count_sql(&self, dialect: Dialect, source: &ParentIds) -> Option<String> {
        let such = self.page.as_ref().filter(|page| page.counted).map(|page| &page.uncut)?;
        let such = such.replace('@', "i");
        Some(match &self.parents {
            ParentKeys::None => format!("SELECT 0, count(*) FROM {} i WHERE TRUE{such}", self.table),
            _ if self.by.contains('^') => format!(
                "SELECT p.value, (SELECT count(*) FROM {} i WHERE {}{such}) FROM {} ORDER BY 1",
                self.table,
                self.belongs().replace('@', "i"),
                source.rows(dialect),
            ),
            _ => format!(
                "SELECT i.{by}, count(*) FROM {} i WHERE i.{by} {}{such} GROUP BY i.{by} ORDER BY 1",
                self.table,
                source.among(),
                by = self.by,
            ),
        })
    }
}
