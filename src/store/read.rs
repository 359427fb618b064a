//! Statements whose text is made while the program runs. Whatever a caller says is bound, never a part of the text.

use super::backend::Pools;
use super::patience::{ANSWER, within};
use super::rows::{Bind, Part, Rows};
use super::{Db, Error, Ids, Result, Texts, gathered, sql, united};
use crate::domain::Timestamp;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Row, SqlSafeStr};

impl Db {
    /// Runs one statement of these parts, and gives the rows of each: all of them of one moment.
    pub async fn read(&self, parts: &[Part], binds: &[Bind]) -> Result<Vec<Rows>> {
        self.shared.count();
        let text = match &self.pools {
            Pools::Sqlite { .. } => sql::tell_sqlite(&gathered::gathering(parts)),
            Pools::Postgres(_) => sql::tell_postgres(&united::uniting(parts)),
        };
        tracing::trace!(sql = text, "read");
        let text = AssertSqlSafe(text).into_sql_str();
        let mut rows: Vec<Rows> = parts.iter().map(|part| Rows::new(part.kinds.len())).collect();
        match &self.pools {
            Pools::Sqlite { read, .. } => {
                let mut arguments = SqliteArguments::default();
                add(&mut arguments, binds)?;
                let statement = sqlx::query_with(text, arguments);
                let all = read.lend().await?.ask(async |on| statement.fetch_one(on).await).await?;
                for (place, (part, rows)) in parts.iter().zip(&mut rows).enumerate() {
                    let read = gathered::read(all.try_get(place)?, &part.kinds, rows);
                    read.map_err(|wrong| sqlx::Error::Decode(wrong.into()))?;
                }
            }
            Pools::Postgres(pool) => {
                let mut arguments = PgArguments::default();
                add(&mut arguments, binds)?;
                let (statement, mut lent) = (sqlx::query_with(text, arguments), pool.lend().await?);
                let all = within(ANSWER, lent.ask(async |on| statement.fetch_all(on).await)).await?;
                united::read(&all, parts, &mut rows)?;
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
