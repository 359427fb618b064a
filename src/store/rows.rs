//! Statements whose text is made while the program runs, and their rows: cells in one flat arena, read by
//! the kind of their column. Whatever a caller says is bound, never a part of the text.

use super::backend::{Pools, Shared};
use super::lent::{ANSWER, Lent, within};
use super::{Db, Dialect, Error, Ids, Json, Result, Texts, gathered, sql};
use crate::domain::{Timestamp, Word};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgRow, PgValueRef};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Decode, Postgres, Row, SqlSafeStr, Sqlite, ValueRef};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    Int,
    Text,
    Bool,
    /// Read as milliseconds since 1970.
    Time,
}

/// One value of a row; truth is 0 or 1, an instant its milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    Null,
    Int(i64),
    Text(&'a str),
}

impl<'a> Cell<'a> {
    /// The number; none for null and for texts.
    pub fn int(self) -> Option<i64> {
        match self {
            Cell::Int(int) => Some(int),
            _ => None,
        }
    }

    /// The text; none for null and for numbers.
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
    /// For `{items $1}`.
    Items(serde_json::Value),
}

impl Bind {
    /// Words of a vocabulary, for `{any $1}`.
    pub fn words<W: Word>(words: &[W]) -> Bind {
        Bind::Texts(words.iter().map(|word| word.word().to_owned()).collect())
    }

    /// How many values it has.
    pub fn many(&self) -> usize {
        match self {
            Bind::Ids(ids) => ids.len(),
            Bind::Texts(texts) => texts.len(),
            _ => 1,
        }
    }

    /// A list with each of its values once.
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

    /// The value of a list that has one.
    pub fn single(&self) -> Option<Bind> {
        match self {
            Bind::Ids(ids) if ids.len() == 1 => Some(Bind::Int(ids[0])),
            Bind::Texts(texts) if texts.len() == 1 => Some(Bind::Text(texts[0].clone())),
            _ => None,
        }
    }
}

/// The rows of one statement.
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
    /// From where to where in the text.
    Text(usize, usize),
}

impl Rows {
    /// No rows yet, of so many cells each; at least one.
    pub fn new(width: usize) -> Rows {
        Rows { width: width.max(1), ..Rows::default() }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.slots.len().checked_div(self.width).unwrap_or_default()
    }

    /// Whether there is no row.
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

/// One connection, for the statements of one reading.
pub struct Reader<'a> {
    on: On,
    shared: &'a Shared,
}

enum On {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(Lent),
}

impl Db {
    /// Takes a connection that only reads.
    pub async fn reader(&self) -> Result<Reader<'_>> {
        let on = match &self.pools {
            Pools::Sqlite { read, .. } => On::Sqlite(read.acquire().await?),
            Pools::Postgres(pool) => On::Postgres(pool.acquire().await?.into()),
        };
        Ok(Reader { on, shared: &self.shared })
    }
}

impl Reader<'_> {
    /// Which language the texts are told in.
    pub fn dialect(&self) -> Dialect {
        match self.on {
            On::Sqlite(_) => Dialect::Sqlite,
            On::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The rows of a statement, whose text may have the words of `sql!`. It must be made of the program's own
    /// texts alone.
    pub async fn rows(&mut self, text: &str, binds: &[Bind], kinds: &[CellKind]) -> Result<Rows> {
        self.shared.count();
        let text = match self.on {
            On::Sqlite(_) => gathered::gathering(&sql::tell_sqlite(text), kinds.len()),
            On::Postgres(_) => sql::tell_postgres(text),
        };
        tracing::trace!(sql = text, "read");
        let text = AssertSqlSafe(text).into_sql_str();
        let mut rows = Rows::new(kinds.len());
        match &mut self.on {
            On::Sqlite(connection) => {
                let mut arguments = SqliteArguments::default();
                add(&mut arguments, binds)?;
                let all = sqlx::query_with(text, arguments).fetch_one(&mut **connection).await?;
                gathered::read(all.try_get(0)?, kinds, &mut rows).map_err(|wrong| sqlx::Error::Decode(wrong.into()))?;
            }
            On::Postgres(connection) => {
                let mut arguments = PgArguments::default();
                add(&mut arguments, binds)?;
                for row in &within(ANSWER, sqlx::query_with(text, arguments).fetch_all(&mut **connection)).await? {
                    cells(row, kinds, &mut rows)?;
                }
            }
        }
        Ok(rows)
    }
}

fn add<A: Arguments>(arguments: &mut A, binds: &[Bind]) -> Result<()>
where
    i64: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    String: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    Timestamp: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    for<'l, 'q> Ids<'l>: sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    for<'l, 'q> Texts<'l>: sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    Json<serde_json::Value>: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
{
    for bind in binds {
        match bind {
            Bind::Int(int) => arguments.add(*int),
            Bind::Text(text) => arguments.add(plain(text)),
            Bind::Time(time) => arguments.add(*time),
            Bind::Ids(ids) => arguments.add(Ids(ids)),
            Bind::Texts(texts) => arguments.add(Texts(&texts.iter().map(|text| plain(text)).collect::<Vec<_>>())),
            Bind::Items(items) => arguments.add(Json(items.clone())),
        }
        .map_err(|wrong| Error::from(sqlx::Error::Encode(wrong)))?;
    }
    Ok(())
}

/// PostgreSQL refuses to compare with a text that has a NUL; none that is kept has one.
pub fn plain(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn cells(row: &PgRow, kinds: &[CellKind], rows: &mut Rows) -> Result<()> {
    if kinds.is_empty() {
        rows.push(Cell::Null);
    }
    for (column, kind) in kinds.iter().enumerate() {
        let value = row.try_get_raw(column)?;
        match kind {
            _ if value.is_null() => rows.push(Cell::Null),
            CellKind::Int => rows.push(Cell::Int(of::<i64>(value)?)),
            CellKind::Bool => rows.push(Cell::Int(of::<bool>(value)?.into())),
            CellKind::Time => rows.push(Cell::Int(of::<Timestamp>(value)?.0)),
            CellKind::Text => rows.push(Cell::Text(of::<&str>(value)?)),
        }
    }
    Ok(())
}

fn of<'r, T: Decode<'r, Postgres>>(value: PgValueRef<'r>) -> sqlx::Result<T> {
    T::decode(value).map_err(sqlx::Error::Decode)
}
