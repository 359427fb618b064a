//! Statements on their way to one of the two databases:
//! `db.query(sql!("SELECT … WHERE id = $1")).bind(id).one().await?`

use super::backend::Shared;
use super::connections::Pooled;
use super::pool::Pool;
use super::timeouts::{STATEMENT_TIMEOUT, with_timeout};
use super::{Error, Result, sql::Sql};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Decode, Encode, FromRow, Postgres, SqlSafeStr, SqlStr, Sqlite, Type};
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

/// A statement with its arguments, to be run.
#[must_use = "a statement does nothing until it is run"]
pub struct Stmt<'c> {
    /// Notices if the disk is full.
    shared: &'c Shared,
    text: Cow<'static, str>,
    on: Destination<'c>,
    bind_error: Option<sqlx::error::BoxDynError>,
    /// How long to wait for an answer of PostgreSQL.
    timeout: Duration,
}

/// Where a statement runs, with its arguments.
pub(super) enum Destination<'c> {
    Sqlite(Access<'c, Sqlite>, SqliteArguments),
    Postgres(Access<'c, Postgres>, PgArguments),
}

/// Access to a connection.
pub(super) enum Access<'c, D: Pooled> {
    Pool(&'c Pool<D>),
    Tx(&'c mut D::Connection),
}

impl<D: Pooled> Access<'_, D> {
    /// Runs a statement on the connection.
    async fn run<T>(self, statement: impl AsyncFnOnce(&mut D::Connection) -> sqlx::Result<T>) -> sqlx::Result<T> {
        match self {
            Access::Pool(pool) => pool.check_out().await?.run(statement).await,
            Access::Tx(connection) => statement(connection).await,
        }
    }
}

impl<'c> Stmt<'c> {
    pub(super) fn new(shared: &'c Shared, text: &'static str, on: Destination<'c>) -> Self {
        Stmt { shared, text: Cow::Borrowed(text), on, bind_error: None, timeout: STATEMENT_TIMEOUT }
    }

    /// The number of its arguments.
    fn bound(&self) -> usize {
        match &self.on {
            Destination::Sqlite(_, arguments) => Arguments::len(arguments),
            Destination::Postgres(_, arguments) => Arguments::len(arguments),
        }
    }

    /// Binds the next argument.
    pub fn bind<'q>(mut self, value: impl Value<'q>) -> Self {
        let added = match &mut self.on {
            Destination::Sqlite(_, arguments) => Arguments::add(arguments, value),
            Destination::Postgres(_, arguments) => Arguments::add(arguments, value),
        };
        self.bind_error = self.bind_error.or(added.err());
        self
    }

    /// Appends a part; each bare `$` in it is numbered as the next argument.
    pub fn push(mut self, part: &'static Sql) -> Self {
        let mut number = self.bound();
        let part = match &self.on {
            Destination::Sqlite(..) => part.sqlite(),
            Destination::Postgres(..) => part.postgres(),
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

    /// Appends a part with its value, unless that is `None`.
    pub fn filter<'q>(self, part: &'static Sql, value: Option<impl Value<'q>>) -> Self {
        match value {
            Some(value) => self.push(part).bind(value),
            None => self,
        }
    }

    /// Waits for the answer without a timeout: for statements that read whole tables.
    pub fn without_timeout(self) -> Self {
        Stmt { timeout: Duration::MAX, ..self }
    }

    fn ready(self) -> Result<(SqlStr, Destination<'c>)> {
        // SQLite takes NULL for a missing argument, and both ignore an extra one, without an error of sqlx.
        #[cfg(debug_assertions)]
        {
            let bound = self.bound();
            let (last, next) = (format!("${bound}"), format!("${}", bound + 1));
            assert!(bound == 0 || self.text.contains(&last), "an argument too many for {}", self.text);
            assert!(!self.text.contains(&next), "an argument is missing for {}", self.text);
        }
        match (self.bind_error, self.text) {
            (Some(error), _) => Err(sqlx::Error::Encode(error).into()),
            (None, Cow::Borrowed(text)) => Ok((text.into_sql_str(), self.on)),
            // Safe: it consists of `Sql`s, which are all constants of this program.
            (None, Cow::Owned(text)) => Ok((AssertSqlSafe(text).into_sql_str(), self.on)),
        }
    }

    /// All rows. SQLite's are collected before they are decoded, since each wait for a row costs a switch of threads;
    /// PostgreSQL's are decoded while the next ones arrive.
    pub async fn all<T: Record>(self) -> Result<Vec<T>> {
        let (shared, limit) = (self.shared, self.timeout);
        let run = async {
            Ok(match self.ready()? {
                (sql, Destination::Sqlite(access, arguments)) => {
                    let statement = sqlx::query_with(sql, arguments);
                    let rows = access.run(async |on| statement.fetch_all(on).await).await?;
                    rows.iter().map(T::from_row).collect::<sqlx::Result<_>>()?
                }
                (sql, Destination::Postgres(access, arguments)) => {
                    let statement = sqlx::query_as_with(sql, arguments);
                    let run = access.run(async |on| statement.fetch_all(on).await);
                    with_timeout(limit, run).await?
                }
            })
        };
        shared.watched(run.await)
    }

    /// The first row, or `None`.
    pub async fn optional<T: Record>(self) -> Result<Option<T>> {
        let (shared, limit) = (self.shared, self.timeout);
        let run = async {
            Ok(match self.ready()? {
                (sql, Destination::Sqlite(access, arguments)) => {
                    let statement = sqlx::query_as_with(sql, arguments);
                    access.run(async |on| statement.fetch_optional(on).await).await?
                }
                (sql, Destination::Postgres(access, arguments)) => {
                    let statement = sqlx::query_as_with(sql, arguments);
                    let run = access.run(async |on| statement.fetch_optional(on).await);
                    with_timeout(limit, run).await?
                }
            })
        };
        shared.watched(run.await)
    }

    /// The first row; an error if there are no rows.
    pub async fn one<T: Record>(self) -> Result<T> {
        self.optional().await?.ok_or(Error::Database(sqlx::Error::RowNotFound))
    }

    /// The first column of all rows.
    pub async fn scalars<T: Scalar + Send + Unpin>(self) -> Result<Vec<T>> {
        Ok(self.all().await?.into_iter().map(|(value,)| value).collect())
    }

    /// The first column of the first row, or `None` if there are no rows.
    pub async fn optional_scalar<T: Scalar + Send + Unpin>(self) -> Result<Option<T>> {
        Ok(self.optional().await?.map(|(value,)| value))
    }

    /// The first column of the first row; an error if there are no rows.
    pub async fn scalar<T: Scalar + Send + Unpin>(self) -> Result<T> {
        Ok(self.one::<(T,)>().await?.0)
    }

    /// Runs the statement and returns the number of rows that it changed.
    pub async fn execute(self) -> Result<u64> {
        let (shared, limit) = (self.shared, self.timeout);
        let run = async {
            Ok(match self.ready()? {
                (sql, Destination::Sqlite(access, arguments)) => {
                    let statement = sqlx::query_with(sql, arguments);
                    access.run(async |on| statement.execute(on).await).await?.rows_affected()
                }
                (sql, Destination::Postgres(access, arguments)) => {
                    let statement = sqlx::query_with(sql, arguments);
                    let run = access.run(async |on| statement.execute(on).await);
                    with_timeout(limit, run).await?.rows_affected()
                }
            })
        };
        shared.watched(run.await)
    }
}
