//! One level: rows of one type, with what is joined to each.

mod sql;

use super::args::Args;
use super::column::{Column, IdList, RowList};
use super::declare::{Object, ParentMatch, Relation};
use super::filter::{BoundArgument, Where};
use super::order::{Cursors, Order};
use super::supplied::SuppliedRow;
use crate::store::db::rows::{Bind, CellKind};

/// Tables that are joined in one level, at most. SQLite joins no more than 64; a database plans fewer in less time.
const MAX_TABLES: usize = 40;

/// Where the rows of a level come from.
pub(super) enum RowSource {
    Statement,
    /// They are supplied for the whole plan.
    Supplied,
    /// Lists of this name in the supplied rows of another level.
    Within(usize, RowList),
    /// Made when it was planned.
    Made(Vec<SuppliedRow>),
}

/// What the rows of a level belong to.
pub(super) enum ParentKeys {
    None,
    /// The ids in a cell of another level.
    Cell(usize, usize),
    /// The things of a list (by its place there) of the supplied rows of another level.
    Things(usize, usize),
    These(Vec<i64>),
}

/// A column that a level reads.
pub(super) enum LevelColumn {
    /// The id of the parent that the row belongs to.
    Parent,
    /// A column of one of the level's tables, with the numbers of the values that its term takes as arguments.
    Of { table: usize, column: Column, arguments: Vec<(&'static str, usize)> },
}

impl LevelColumn {
    pub fn kind(&self) -> CellKind {
        match self {
            LevelColumn::Parent => CellKind::Int,
            LevelColumn::Of { column, .. } => column.kind,
        }
    }

    /// Whether it is this column of this table, and is read alike wherever it is selected.
    fn is(&self, other_table: usize, other: Column) -> bool {
        match self {
            LevelColumn::Parent => false,
            LevelColumn::Of { table, column, arguments } => {
                *table == other_table && column.name == other.name && arguments.is_empty()
            }
        }
    }
}

/// A thing that is joined to the rows of a level, by a column of one of its tables.
struct Join {
    to: &'static Object,
    table: usize,
    key: Column,
}

/// Which part of a list a level reads.
pub(super) struct Page {
    pub size: i64,
    pub backward: bool,
    /// Whether it begins behind a cursor (or, backward, ends before one).
    pub cut: bool,
    /// What its cursors say: of which list, and the cells of the values.
    pub list: String,
    pub cells: Vec<usize>,
    pub cursors: Cursors,
    /// Whether all items are counted, too.
    pub counted: bool,
    /// The places in the event log that the page begins behind and ends before.
    pub behind: Option<i64>,
    pub before: Option<i64>,
}

/// Rows of one type.
pub(super) struct Level {
    pub source: RowSource,
    pub parents: ParentKeys,
    pub columns: Vec<LevelColumn>,
    /// Lists of things in supplied rows that are wanted.
    pub things: Vec<IdList>,
    pub list: Where,
    pub page: Option<Page>,
    /// How many rows it has at most, roughly.
    pub rows: i64,
    /// How many of the rows of each parent are passed over and then taken, where they are supplied.
    pub skip: i64,
    pub cap: Option<i64>,
    from: Relation,
    key: Column,
    parent: ParentMatch,
    order: Order,
    joins: Vec<Join>,
    /// Rows of each parent at most.
    limit: Option<i64>,
}

impl Level {
    /// Rows of a type that belong to these parents. The ids of the parents are the first value, and the first column says
    /// to which of them a row belongs.
    pub fn read(object: &Object, parents: ParentKeys, parent: ParentMatch, mut list: Where) -> Level {
        let mut columns = Vec::new();
        if !matches!(parents, ParentKeys::None) {
            list.bind(Bind::Ids(Vec::new()));
            columns.push(LevelColumn::Parent);
        }
        Level {
            source: RowSource::Statement,
            parents,
            columns,
            things: Vec::new(),
            list,
            page: None,
            rows: 1,
            skip: 0,
            cap: None,
            from: Relation::Table(object.table.unwrap_or_default()),
            key: object.key,
            parent,
            order: object.order,
            joins: Vec::new(),
            limit: None,
        }
    }

    /// Things by their keys.
    pub fn by_key(object: &Object, keys: ParentKeys, list: Where) -> Level {
        Level::read(object, keys, ParentMatch::Column(object.key), list)
    }

    /// Rows that are not read.
    pub fn supplied(object: &Object, source: RowSource, list: Where) -> Level {
        Level { source, ..Level::by_key(object, ParentKeys::None, list) }
    }

    /// Whether its rows are read.
    pub fn is_read(&self) -> bool {
        matches!(self.source, RowSource::Statement)
    }

    /// Whether a cell is the key of its rows, of which none comes twice.
    pub fn has_once(&self, cell: usize) -> bool {
        let own = matches!(self.parents, ParentKeys::None | ParentKeys::These(_));
        own && self.columns[cell].is(0, self.key)
    }

    /// Reads its rows from here, not from the table of their type.
    pub fn read_from(&mut self, from: Relation) {
        self.from = from;
    }

    /// Puts it in another order; before the page is set.
    pub fn ordered(&mut self, order: Order) {
        self.order = order;
    }

    /// What it is ordered by.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Takes at most this many rows of each parent.
    pub fn up_to(&mut self, rows: i64) {
        self.limit = Some(rows);
    }

    /// The place of a column of a table, which is read once however often it is selected.
    pub fn column(&mut self, table: usize, column: Column) -> usize {
        match self.columns.iter().position(|known| known.is(table, column)) {
            Some(known) => known,
            None => self.push(table, column, Vec::new()),
        }
    }

    /// The place of a column whose term may take arguments.
    pub fn column_with(&mut self, table: usize, column: Column, args: &Args) -> usize {
        let arguments = self.arguments(column.term.into_iter().flat_map(super::term::Term::arguments), args);
        match arguments.is_empty() {
            true => self.column(table, column),
            false => self.push(table, column, arguments),
        }
    }

    /// Binds the values of these arguments.
    pub fn arguments(&mut self, names: impl Iterator<Item = &'static str>, args: &Args) -> Vec<(&'static str, usize)> {
        let bind = |name| {
            let value = args.bind(name).expect("a term takes only arguments that are required");
            let number = self.list.bind(value);
            if let Some(field) = args.field {
                self.list.arguments.push((number, BoundArgument { field, name }));
            }
            (name, number)
        };
        names.map(bind).collect()
    }

    /// The table and the name of a column, without the table if a query supplies the column.
    pub fn column_name(&self, cell: usize) -> (Option<&'static str>, &'static str) {
        match (&self.columns[cell], &self.from) {
            (LevelColumn::Parent, _) => (None, ""),
            (LevelColumn::Of { table: 0, column, .. }, Relation::Table(table)) => (Some(table), column.name),
            (LevelColumn::Of { table: 0, column, .. }, Relation::Query(_)) => (None, column.name),
            (LevelColumn::Of { table, column, .. }, _) => (self.joins[table - 1].to.table, column.name),
        }
    }

    fn push(&mut self, table: usize, column: Column, arguments: Vec<(&'static str, usize)>) -> usize {
        self.columns.push(LevelColumn::Of { table, column, arguments });
        self.columns.len() - 1
    }

    /// The place of a list of things in supplied rows.
    pub fn thing(&mut self, list: IdList) -> usize {
        self.things.push(list);
        self.things.len() - 1
    }

    /// The table of a thing that a column names, or `None` if its rows are not read or as many tables are joined as may
    /// be. Always an outer join: what is missing is the writer's affair.
    pub fn join(&mut self, table: usize, to: &'static Object, key: Column) -> Option<usize> {
        if !self.is_read() {
            return None;
        }
        let is = |join: &Join| join.table == table && join.key.name == key.name && join.to.table == to.table;
        if let Some(known) = self.joins.iter().position(is) {
            return Some(known + 1);
        }
        if self.joins.len() + 1 == MAX_TABLES {
            return None;
        }
        self.joins.push(Join { to, table, key });
        Some(self.joins.len())
    }

    /// Makes it a page: one row more than is wanted, to see whether there are more.
    pub fn page(&mut self, page: Page) {
        self.up_to(page.size + 1);
        self.page = Some(page);
    }
}

impl Page {
    /// A part of this list.
    pub fn new(size: i64, backward: bool, list: String, cursors: Cursors) -> Page {
        Page {
            size,
            backward,
            cut: false,
            list,
            cells: Vec::new(),
            cursors,
            counted: false,
            behind: None,
            before: None,
        }
    }
}
