//! One level: rows of one type, with what is joined to each.

mod text;

use super::declare::{Cursors, Object, Order};
use super::filter::Where;
use super::supplied::SuppliedRow;
use crate::store::db::rows::{Bind, CellKind};

/// Tables that are joined in one level, at most. SQLite joins no more than 64; a database plans fewer in less time.
const MAX_TABLES: usize = 40;

/// Where the rows of a level come from.
pub(super) enum RowSource {
    Statement,
    /// Handed in.
    Supplied,
    /// Lists of this name in the given rows of another level.
    Within(usize, &'static str),
    /// Made when it was planned.
    Made(Vec<SuppliedRow>),
}

/// What the rows of a level belong to.
pub(super) enum ParentKeys {
    None,
    /// The ids in a cell of another level.
    Cell(usize, usize),
    /// The things of a list (by its place there) of the given rows of another level.
    Things(usize, usize),
    These(Vec<i64>),
}

/// Which part of a list a level reads.
pub(super) struct Page {
    pub long: i64,
    pub backward: bool,
    /// Whether it begins behind a cursor (or, backward, ends before one).
    pub cut: bool,
    /// What its cursors say: of which list, and the cells of the values.
    pub list: String,
    pub cells: Vec<usize>,
    pub cursors: Cursors,
    /// Whether all items are counted, too.
    pub counted: bool,
    /// The conditions without those of the cursors.
    uncut: String,
    /// The place in the log of events that the page begins behind.
    pub behind: Option<i64>,
}

/// Rows of one type.
pub(super) struct Level {
    pub source: RowSource,
    pub parents: ParentKeys,
    pub columns: Vec<(String, CellKind)>,
    /// Lists of things in given rows that are wanted.
    pub things: Vec<&'static str>,
    pub list: Where,
    pub page: Option<Page>,
    /// How many rows it has at most, roughly.
    pub rows: i64,
    /// How many of the rows of each parent are taken, where they are handed in.
    pub cap: Option<i64>,
    table: &'static str,
    key: &'static str,
    by: &'static str,
    order: Order,
    joins: String,
    tables: usize,
    /// Rows of each parent at most, as the statement says it.
    limit: Option<String>,
}

impl Level {
    /// Rows of a table that belong to these parents by a column, or by a condition with `^`. The parents, told
    /// by the first column, are the first value; of each, all rows are read or, if it is `limited`, the first
    /// ones.
    pub fn read(
        object: &Object,
        table: &'static str,
        parents: ParentKeys,
        by: &'static str,
        limited: bool,
        mut list: Where,
    ) -> Level {
        let mut columns = Vec::new();
        if !matches!(parents, ParentKeys::None) {
            list.bind(Bind::Ids(Vec::new()));
            columns.push((if limited { "p.value".to_owned() } else { format!("t0.{by}") }, CellKind::Int));
        }
        Level {
            source: RowSource::Statement,
            parents,
            columns,
            things: Vec::new(),
            list,
            page: None,
            rows: 1,
            cap: None,
            table,
            key: object.key,
            by,
            order: object.order,
            joins: String::new(),
            tables: 1,
            limit: None,
        }
    }

    /// Rows that are not read.
    pub fn handed(object: &Object, source: RowSource, list: Where) -> Level {
        Level { source, ..Level::read(object, "", ParentKeys::None, "", false, list) }
    }

    /// Whether its rows are read.
    pub fn is_read(&self) -> bool {
        matches!(self.source, RowSource::Statement)
    }

    /// Whether a cell is the key of its rows, of which none comes twice.
    pub fn has_once(&self, cell: usize) -> bool {
        let own = matches!(self.parents, ParentKeys::None | ParentKeys::These(_));
        own && self.columns[cell].0.strip_prefix("t0.") == Some(self.key)
    }

    /// Puts it in another order; before the page is set.
    pub fn ordered(&mut self, order: Order) {
        self.order = order;
    }

    /// What it is ordered by.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Takes the first row of each parent only.
    pub fn first(&mut self) {
        self.limit = Some("1".into());
    }

    /// Takes so many rows of each parent.
    pub fn up_to(&mut self, rows: i64) {
        // In the text, since the database plans by it what is read with each of these rows.
        self.limit = Some(rows.to_string());
    }

    /// The place of a column of a table, which is read once however often it is selected.
    pub fn column(&mut self, table: usize, sql: &str, kind: CellKind) -> usize {
        let is_name = sql.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let sql = match (self.is_read(), is_name) {
            (false, _) => sql.to_owned(),
            (true, true) => format!("t{table}.{sql}"),
            (true, false) => sql.replace('@', &format!("t{table}")),
        };
        let known = self.columns.iter().position(|column| column.0 == sql);
        known.unwrap_or_else(|| {
            self.columns.push((sql, kind));
            self.columns.len() - 1
        })
    }

    /// The place of a list of things in given rows.
    pub fn thing(&mut self, list: &'static str) -> usize {
        self.things.push(list);
        self.things.len() - 1
    }

    /// The table of a thing that a column names, or `None` if its rows are not read or as many tables are joined as may
    /// be. Always an outer join: what is missing is the writer's affair.
    pub fn join(&mut self, table: usize, to: &Object, key: &str) -> Option<usize> {
        if !self.is_read() {
            return None;
        }
        let at = format!("t{table}");
        let key = if key.contains('@') { key.replace('@', &at) } else { format!("{at}.{key}") };
        let join = |n: usize| format!(" LEFT JOIN {} t{n} ON t{n}.{} = {key}", to.table, to.key);
        if let Some(known) = (1..self.tables).find(|n| self.joins.contains(&join(*n))) {
            return Some(known);
        }
        let n = self.tables;
        if n == MAX_TABLES {
            return None;
        }
        self.joins.push_str(&join(n));
        self.tables += 1;
        Some(n)
    }

    /// Notes what the conditions are before those of cursors are added.
    pub fn uncut(&self) -> String {
        self.list.text()
    }

    /// Makes it a page: one row more than is wanted, to see whether there are more.
    pub fn page(&mut self, page: Page) {
        self.up_to(page.long + 1);
        self.page = Some(page);
    }
}

impl Page {
    /// A part of a list; `uncut` is what [`Level::uncut`] gave.
    pub fn new(long: i64, backward: bool, list: String, cursors: Cursors, uncut: String) -> Page {
        let (cut, cells, counted, behind) = (false, Vec::new(), false, None);
        Page { long, backward, cut, list, cells, cursors, counted, uncut, behind }
    }
}
