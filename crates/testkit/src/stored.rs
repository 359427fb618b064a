//! What is stored, read beside the server: for what the API does not tell.

use sqlx::{AssertSqlSafe, PgPool, Row as _, SqlitePool};

/// A database that is only read.
pub enum Stored {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Stored {
    pub(crate) async fn open(url: &str) -> Stored {
        match url.starts_with("sqlite:") {
            true => Stored::Sqlite(SqlitePool::connect(url).await.unwrap()),
            false => Stored::Postgres(PgPool::connect(url).await.unwrap()),
        }
    }

    /// The first column of every row, which has to be text.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        self.try_texts(sql).await.unwrap()
    }

    /// As [`Stored::texts`], where the database may refuse.
    pub async fn try_texts(&self, sql: &str) -> sqlx::Result<Vec<String>> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(match self {
            Stored::Sqlite(pool) => sqlx::query(sql).fetch_all(pool).await?.iter().map(|row| row.get(0)).collect(),
            Stored::Postgres(pool) => sqlx::query(sql).fetch_all(pool).await?.iter().map(|row| row.get(0)).collect(),
        })
    }

    /// How many rows each table has, and the newest event's position: the same before and after whatever must
    /// change nothing. The audit is left out: it tells of refusals, too.
    pub async fn state(&self) -> Vec<String> {
        let tables = [
            "service",
            "host",
            "host_label",
            "version",
            "instance",
            "hold",
            "release",
            "release_target",
            "release_skip",
            "event",
            "idempotency",
        ];
        let counts = tables.map(|table| format!("SELECT '{table} ' || count(*) FROM {table}")).join(" UNION ALL ");
        self.texts(&format!("{counts} UNION ALL SELECT 'position ' || position FROM event_log")).await
    }
}
