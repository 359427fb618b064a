//! Random rows, as plain data that is written to a database.

use lockkeeper::domain::name::folded_hostname;
use std::collections::BTreeMap;
use std::sync::Arc;
use testkit::choices::Choices;
pub use testkit::rows::Cell;

pub type Row = Arc<testkit::rows::Row>;

/// All rows, by table; within a table in the order in which they are written.
#[derive(Default)]
pub struct World {
    tables: BTreeMap<&'static str, Vec<Row>>,
    written: Vec<Row>,
}

/// A value of a row.
pub fn cell(row: &Row, column: &str) -> Cell {
    if column == "folded_hostname" {
        // The database makes it.
        return Cell::Text(folded_hostname(&text(row, "hostname")));
    }
    // What a list is ordered by in place of a time that may be missing.
    let time = column.strip_suffix("_or_never").map(|begin| row.get(&format!("{begin}_at")));
    match time.unwrap_or_else(|| row.get(column)) {
        Cell::Null if time.is_some() => Cell::Time(NEVER),
        cell => cell.clone(),
    }
}

/// The end of the year 9999.
const NEVER: i64 = 253_402_214_400_000;

/// The number in a column.
pub fn int(row: &Row, column: &str) -> Option<i64> {
    match cell(row, column) {
        Cell::Int(int) => Some(int),
        _ => None,
    }
}

/// The text in a column, empty where there is none.
pub fn text(row: &Row, column: &str) -> String {
    match cell(row, column) {
        Cell::Text(text) => text,
        _ => String::new(),
    }
}

/// Whether there is nothing in a column.
pub fn is_null(row: &Row, column: &str) -> bool {
    cell(row, column) == Cell::Null
}

impl World {
    pub fn of(seed: u64) -> World {
        let mut world = World::default();
        super::rows::fill(&mut world, &mut Choices::from_seed(seed));
        world
    }

    pub fn add(&mut self, row: testkit::rows::Row) {
        let row = Row::new(row);
        self.tables.entry(row.table).or_default().push(row.clone());
        self.written.push(row);
    }

    /// Adds a row about which more is known than its table has.
    pub fn add_known(&mut self, row: testkit::rows::Row, known: impl IntoIterator<Item = (&'static str, Cell)>) {
        self.written.push(Row::new(row.clone()));
        self.tables.entry(row.table).or_default().push(Row::new(row.with(known)));
    }

    pub fn rows(&self, table: &str) -> &[Row] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }

    pub fn find(&self, table: &str, id: i64) -> Option<&Row> {
        self.rows(table).iter().find(|row| int(row, "id") == Some(id))
    }

    /// The newest place in the log of events.
    pub fn position(&self) -> i64 {
        self.rows("event").len() as i64
    }

    /// All rows, in an order in which they can be inserted.
    pub fn written(&self) -> impl Iterator<Item = testkit::rows::Row> {
        self.written.iter().map(|row| testkit::rows::Row::clone(row))
    }
}
