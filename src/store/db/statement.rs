//! Statements on their way to one of the two databases:
//! `db.query(sql!("SELECT … WHERE id = $1")).bind(id).one().await?`

use super::backend::Shared;
use super::connections::Pooled;
use super::pool::Pool;
use super::timeouts::{ANSWER, within};
use super::{Error, Result, sql::Sql};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Decode, Encode, FromRow, Postgres, Row, SqlSafeStr, SqlStr, Sqlite, Type};
use std::borrow::Cow;
use std::fmt::Write;
use std::time::Duration;

/// What can be bound.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be bound on both databases")]
pub trait Value<'q>: Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres> {}
impl<'q, T: Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres>> Value<'q> for T {}

/// What one column can become.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be read from a column of both databases")]
pub trait Scalar: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres> {}
impl<T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>> Scalar for T {}

/// What a row can become: a struct with `#[derive(sqlx::FromRow)]`, or a tuple.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be read from the rows of both databases")]
pub trait Record: Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> {}
impl<T: Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow>> Record for T {}

/// A statement with its arguments, on its way to where it will run.
#[must_use = "a statement does nothing until it is run"]
pub struct Stmt<'c> {
    /// Is told what came of it.
    shared: &'c Shared,
    text: Cow<'static, str>,
    on: On<'c>,
    wrong: Option<sqlx::error::BoxDynError>,
    /// How long an answer of PostgreSQL is waited for.
    patience: Duration,
}

/// Where it will run, with its arguments.
pub(super) enum On<'c> {
    Sqlite(Via<'c, Sqlite>, SqliteArguments),
    Postgres(Via<'c, Postgres>, PgArguments),
}

/// A way to a connection.
pub(super) enum Via<'c, D: Pooled> {
    Pool(&'c Pool<D>),
    Tx(&'c mut D::Connection),
}

impl<D: Pooled> Via<'_, D> {
    /// Asks something on the connection.
    async fn ask<T>(self, what: impl AsyncFnOnce(&mut D::Connection) -> sqlx::Result<T>) -> sqlx::Result<T> {
        match self {
            Via::Pool(pool) => pool.lend().await?.ask(what).await,
            Via::Tx(connection) => what(connection).await,
        }
    }
}

impl<'c> Stmt<'c> {
    pub(super) fn new(shared: &'c Shared, text: &'static str, on: On<'c>) -> Self {
        Stmt { shared, text: Cow::Borrowed(text), on, wrong: None, patience: ANSWER }
    }

    /// How many arguments it has.
    fn bound(&self) -> usize {
        match &self.on {
            On::Sqlite(_, arguments) => Arguments::len(arguments),
            On::Postgres(_, arguments) => Arguments::len(arguments),
        }
    }

    /// Gives the next `$` its value.
    pub fn bind<'q>(mut self, value: impl Value<'q>) -> Self {
        let added = match &mut self.on {
            On::Sqlite(_, arguments) => Arguments::add(arguments, value),
            On::Postgres(_, arguments) => Arguments::add(arguments, value),
        };
        self.wrong = self.wrong.or(added.err());
        self
    }

    /// Appends a part; each bare `$` in it is numbered as the next argument.
    pub fn push(mut self, part: &'static Sql) -> Self {
        let mut number = self.bound();
        let part = match &self.on {
            On::Sqlite(..) => part.sqlite(),
            On::Postgres(..) => part.postgres(),
        };
        let text = self.text.to_mut();
        for (i, piece) in part.split('$').enumerate() {
            if i > 0 {
                number += 1;
                let _ = write!(text, "${number}");
            }
            text.push_str(piece);
        }
        self
    }

    /// Appends a part with its value, if there is one.
    pub fn filter<'q>(self, part: &'static Sql, value: Option<impl Value<'q>>) -> Self {
        match value {
            Some(value) => self.push(part).bind(value),
            None => self,
        }
    }

    /// Waits for the answer however long it takes: for what reads whole tables.
    pub fn unhurried(self) -> Self {
        Stmt { patience: Duration::MAX, ..self }
    }

    fn ready(self) -> Result<(SqlStr, On<'c>)> {
        // SQLite takes a missing argument for NULL, and both take one too many: sqlx says nothing.
        #[cfg(debug_assertions)]
        {
            let bound = self.bound();
            let (last, next) = (format!("${bound}"), format!("${}", bound + 1));
            assert!(bound == 0 || self.text.contains(&last), "an argument too many for {}", self.text);
            assert!(!self.text.contains(&next), "an argument is missing for {}", self.text);
        }
        match (self.wrong, self.text) {
            (Some(wrong), _) => Err(sqlx::Error::Encode(wrong).into()),
            (None, Cow::Borrowed(text)) => Ok((text.into_sql_str(), self.on)),
            // Safe: it was put together from `Sql`s, which are all written in this program.
            (None, Cow::Owned(text)) => Ok((AssertSqlSafe(text).into_sql_str(), self.on)),
        }
    }

    /// All rows. SQLite's are collected before they are mapped, since each row that is waited for
    /// costs a change of threads; PostgreSQL's are mapped while the next ones arrive.
    pub async fn all<T: Record>(self) -> Result<Vec<T>> {
        let (shared, patience) = (self.shared, self.patience);
        let run = async {
            Ok(match self.ready()? {
                (sql, On::Sqlite(via, arguments)) => {
                    let statement = sqlx::query_with(sql, arguments);
                    let rows = via.ask(async |on| statement.fetch_all(on).await).await?;
                    rows.iter().map(T::from_row).collect::<sqlx::Result<_>>()?
                }
                (sql, On::Postgres(via, arguments)) => {
                    let statement = sqlx::query_as_with(sql, arguments);
                    let run = via.ask(async |on| statement.fetch_all(on).await);
                    within(patience, run).await?
                }
            })
        };
        shared.noted(run.await)
    }

    /// The first row, if there is one.
    pub async fn optional<T: Record>(self) -> Result<Option<T>> {
        let (shared, patience) = (self.shared, self.patience);
        let run = async {
            Ok(match self.ready()? {
                (sql, On::Sqlite(via, arguments)) => {
                    let statement = sqlx::query_as_with(sql, arguments);
                    via.ask(async |on| statement.fetch_optional(on).await).await?
                }
                (sql, On::Postgres(via, arguments)) => {
                    let statement = sqlx::query_as_with(sql, arguments);
                    let run = via.ask(async |on| statement.fetch_optional(on).await);
                    within(patience, run).await?
                }
            })
        };
        shared.noted(run.await)
    }

    /// The first row; an error if there is none.
    pub async fn one<T: Record>(self) -> Result<T> {
        self.optional().await?.ok_or(Error::Database(sqlx::Error::RowNotFound))
    }

    /// The first column of the first row.
    pub async fn scalar<T: Scalar>(self) -> Result<T> {
        let (shared, patience) = (self.shared, self.patience);
        let run = async {
            Ok(match self.ready()? {
                (sql, On::Sqlite(via, arguments)) => {
                    let statement = sqlx::query_with(sql, arguments);
                    via.ask(async |on| statement.fetch_one(on).await).await?.try_get(0)?
                }
                (sql, On::Postgres(via, arguments)) => {
                    let statement = sqlx::query_with(sql, arguments);
                    let run = via.ask(async |on| statement.fetch_one(on).await);
                    within(patience, run).await?.try_get(0)?
                }
            })
        };
        shared.noted(run.await)
    }

    /// Runs it and tells how many rows it changed.
    pub async fn execute(self) -> Result<u64> {
        let (shared, patience) = (self.shared, self.patience);
        let run = async {
            Ok(match self.ready()? {
                (sql, On::Sqlite(via, arguments)) => {
                    let statement = sqlx::query_with(sql, arguments);
                    via.ask(async |on| statement.execute(on).await).await?.rows_affected()
                }
                (sql, On::Postgres(via, arguments)) => {
                    let statement = sqlx::query_with(sql, arguments);
                    let run = via.ask(async |on| statement.execute(on).await);
                    within(patience, run).await?.rows_affected()
                }
            })
        };
        shared.noted(run.await)
    }
}
