//! Statements whose text is made while the program runs. Whatever a caller says is bound, never a part of the text.

use super::backend::Pools;
use super::checkout::Lent;
use super::connections::Pooled;
use super::pool::Pool;
use super::rows::{Bind, Part, Rows};
use super::timeouts::within;
use super::{Db, Dialect, Error, Ids, Result, Texts, rows_postgres, rows_sqlite, sql};
use crate::blocking;
use crate::domain::Timestamp;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Row, SqlSafeStr};

/// About as many bytes as a row of PostgreSQL has.
const ROW: usize = 128;

/// Reads of one kind of reader. What is read is interrupted when the future that waits for it is dropped.
#[derive(Clone, Copy)]
pub struct Reads<'a> {
    db: &'a Db,
    /// Whose query it is, if it is one.
    caller: Option<&'a str>,
}

impl Db {
    /// Reads that have a connection as soon as one is free.
    pub fn reads(&self) -> Reads<'_> {
        Reads { db: self, caller: None }
    }

    /// Reads of a query. Callers take turns at as many connections as queries may have.
    pub fn queries_of<'a>(&'a self, caller: &'a str) -> Reads<'a> {
        Reads { db: self, caller: Some(caller) }
    }
}

impl<'a> Reads<'a> {
    /// The database.
    pub fn db(self) -> &'a Db {
        self.db
    }

    /// Which of the two databases it is.
    pub fn dialect(self) -> Dialect {
        self.db.dialect()
    }

    /// Runs one statement of these parts, and gives the rows of each: all of them of one moment.
    pub async fn read(self, parts: &[Part], binds: &[Bind]) -> Result<Vec<Rows>> {
        self.db.shared.count();
        let text = match &self.db.pools {
            Pools::Sqlite { .. } => sql::render(&rows_sqlite::gathering(parts), Dialect::Sqlite),
            Pools::Postgres(_) => sql::render(&rows_postgres::uniting(parts), Dialect::Postgres),
        };
        tracing::trace!(sql = text, "read");
        let text = AssertSqlSafe(text).into_sql_str();
        let mut rows: Vec<Rows> = parts.iter().map(|part| Rows::new(part.kinds.len())).collect();
        match &self.db.pools {
            Pools::Sqlite { read, .. } => {
                let mut arguments = SqliteArguments::default();
                add(&mut arguments, binds)?;
                let statement = sqlx::query_with(text, arguments);
                let all = self.lend(read).await?.read(async |on| statement.fetch_one(on).await).await?;
                for (place, (part, rows)) in parts.iter().zip(&mut rows).enumerate() {
                    let text: &str = all.try_get(place)?;
                    let read = blocking::run(text.len(), || rows_sqlite::read(text, &part.kinds, rows));
                    read.map_err(|wrong| sqlx::Error::Decode(wrong.into()))?;
                }
            }
            Pools::Postgres(pool) => {
                let mut arguments = PgArguments::default();
                add(&mut arguments, binds)?;
                let (statement, mut lent) = (sqlx::query_with(text, arguments), self.lend(pool).await?);
                let patience = pool.guard().patience();
                let all = within(patience, lent.read(async |on| statement.fetch_all(on).await)).await?;
                blocking::run(all.len() * ROW, || rows_postgres::read(&all, parts, &mut rows))?;
            }
        }
        Ok(rows)
    }

    async fn lend<D: Pooled>(self, pool: &Pool<D>) -> sqlx::Result<Lent<D>> {
        match self.caller {
            Some(caller) => pool.lend_to(caller).await,
            None => pool.lend().await,
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
        .map_err(|wrong| Error::from(sqlx::Error::Encode(wrong)))?;
    }
    Ok(())
}

/// PostgreSQL refuses to compare with a text that has a NUL; none that is kept has one.
pub fn plain(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
