//! Random rows, as plain data and as the statements that write them.

use std::collections::BTreeMap;
use std::sync::Arc;
use testkit::choices::Choices;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    Null,
    Int(i64),
    Text(String),
    Truth(bool),
    /// Milliseconds since 1970.
    Time(i64),
}

pub type Row = Arc<BTreeMap<&'static str, Cell>>;

/// All rows, by table; within a table in the order in which they are written.
#[derive(Default)]
pub struct World {
    tables: BTreeMap<&'static str, Vec<Row>>,
    written: Vec<(&'static str, Row)>,
}

/// A value of a row.
pub fn cell(row: &Row, column: &str) -> Cell {
    row.get(column).cloned().unwrap_or(Cell::Null)
}

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

    pub fn add(&mut self, table: &'static str, row: impl IntoIterator<Item = (&'static str, Cell)>) {
        let row = Row::new(row.into_iter().collect());
        self.tables.entry(table).or_default().push(row.clone());
        self.written.push((table, row));
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

    /// The statements that write it all, as [`Fleet::sql`](crate::reads::fleet::Fleet::sql) takes them.
    pub fn sql(&self, sqlite: bool) -> String {
        let literal = |cell: &Cell| match cell {
            Cell::Null => "NULL".to_owned(),
            Cell::Int(int) => int.to_string(),
            Cell::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Cell::Truth(truth) if sqlite => i64::from(*truth).to_string(),
            Cell::Truth(truth) => truth.to_string(),
            Cell::Time(at) if sqlite => at.to_string(),
            Cell::Time(at) => format!("to_timestamp({at} / 1000.0)"),
        };
        let insert = |(table, row): &(&str, Row)| {
            let columns: Vec<&str> = row.keys().copied().collect();
            let values: Vec<String> = row.values().map(literal).collect();
            format!("INSERT INTO {table} ({}) {{over}} VALUES ({});\n", columns.join(", "), values.join(", "))
        };
        let rows: String = self.written.iter().map(insert).collect();
        format!("{rows}UPDATE event_log SET position = {};", self.position())
    }
}

impl From<i64> for Cell {
    fn from(int: i64) -> Cell {
        Cell::Int(int)
    }
}

impl From<bool> for Cell {
    fn from(truth: bool) -> Cell {
        Cell::Truth(truth)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Null, T::into)
    }
}
