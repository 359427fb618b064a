//! Statements whose text is made while the program runs. All input of callers is bound, never a part of the text.

use super::backend::Pools;
use super::checkout::Checkout;
use super::connections::Pooled;
use super::pool::Pool;
use super::rows::{Bind, Rows, StatementPart};
use super::timeouts::with_timeout;
use super::{Db, Dialect, Error, Ids, Result, Texts, rows_postgres, rows_sqlite, sql};
use crate::blocking;
use crate::domain::Timestamp;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Row, SqlSafeStr};
use std::sync::Arc;

/// About the size of a row of PostgreSQL.
const ROW_BYTES: usize = 128;

/// Reads for a query, or for something else. A read is interrupted when the future that waits for it is dropped.
#[derive(Clone, Copy)]
pub struct Reads<'a> {
    db: &'a Db,
    /// The caller, if it is for a query.
    caller: Option<&'a str>,
}

/// A statement of several parts for one of the two databases, which can be run any number of times.
pub struct PartsStatement {
    text: Arc<str>,
    parts: Vec<StatementPart>,
}

impl Db {
    /// Reads that take the next free connection.
    pub fn reads(&self) -> Reads<'_> {
        Reads { db: self, caller: None }
    }

    /// Reads of a query. Callers take turns at the connections that queries may use.
    pub fn queries_of<'a>(&'a self, caller: &'a str) -> Reads<'a> {
        Reads { db: self, caller: Some(caller) }
    }
}

impl<'a> Reads<'a> {
    /// The database.
    pub fn db(self) -> &'a Db {
        self.db
    }

    /// Which of the two databases this is.
    pub fn dialect(self) -> Dialect {
        self.db.dialect()
    }

    /// Makes one statement of these parts.
    pub fn statement(self, parts: Vec<StatementPart>) -> PartsStatement {
        let text = match self.dialect() {
            Dialect::Sqlite => rows_sqlite::statement(&parts),
            Dialect::Postgres => rows_postgres::statement(&parts),
        };
        PartsStatement { text: sql::render(&text, self.dialect()).into(), parts }
    }

    /// Runs one statement of these parts once, and returns the rows of each part, all of one moment.
    pub async fn read(self, parts: &[StatementPart], binds: &[Bind]) -> Result<Vec<Rows>> {
        self.run(&self.statement(parts.to_vec()), binds).await
    }

    /// Runs a statement, and returns the rows of each part, all of one moment.
    pub async fn run(self, statement: &PartsStatement, binds: &[Bind]) -> Result<Vec<Rows>> {
        self.db.shared.count();
        let PartsStatement { text, parts } = statement;
        tracing::trace!(sql = &**text, "read");
        let text = AssertSqlSafe(text.clone()).into_sql_str();
        let mut rows: Vec<Rows> = parts.iter().map(|part| Rows::new(part.kinds.len())).collect();
        match &self.db.pools {
            Pools::Sqlite { read, .. } => {
                let mut arguments = SqliteArguments::default();
                add(&mut arguments, binds)?;
                let statement = sqlx::query_with(text, arguments);
                let all = self.check_out(read).await?.read(async |on| statement.fetch_one(on).await).await?;
                for (place, (part, rows)) in parts.iter().zip(&mut rows).enumerate() {
                    let text: &str = all.try_get(place)?;
                    let read = blocking::run(text.len(), || rows_sqlite::read(text, &part.kinds, rows));
                    read.map_err(|error| sqlx::Error::Decode(error.into()))?;
                }
            }
            Pools::Postgres(pool) => {
                let mut arguments = PgArguments::default();
                add(&mut arguments, binds)?;
                let (statement, mut connection) = (sqlx::query_with(text, arguments), self.check_out(pool).await?);
                let limit = pool.limits().client_timeout();
                let all = with_timeout(limit, connection.read(async |on| statement.fetch_all(on).await)).await?;
                blocking::run(all.len() * ROW_BYTES, || rows_postgres::read(&all, parts, &mut rows))?;
            }
        }
        Ok(rows)
    }

    async fn check_out<D: Pooled>(self, pool: &Pool<D>) -> sqlx::Result<Checkout<D>> {
        match self.caller {
            Some(caller) => pool.check_out_for(caller).await,
            None => pool.check_out().await,
        }
    }
}

fn add<A: Arguments>(arguments: &mut A, binds: &[Bind]) -> Result<()>
where
    i64: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    String: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    Timestamp: for<'q> sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    for<'l, 'q> Ids<'l>: sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
    for<'l, 'q> Texts<'l>: sqlx::Encode<'q, A::Database> + sqlx::Type<A::Database>,
{
    for bind in binds {
        match bind {
            Bind::Int(int) => arguments.add(*int),
            Bind::Text(text) => arguments.add(plain(text)),
            Bind::Time(time) => arguments.add(*time),
            Bind::Ids(ids) => arguments.add(Ids(ids)),
            Bind::Texts(texts) => arguments.add(Texts(&texts.iter().map(|text| plain(text)).collect::<Vec<_>>())),
        }
        .map_err(|error| Error::from(sqlx::Error::Encode(error)))?;
    }
    Ok(())
}

/// A text without NUL, which PostgreSQL refuses, and which no stored text contains.
pub fn plain(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
