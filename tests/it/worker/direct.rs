//! Rows as they are stored, read and written beside the program.

use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool, Row, SqlitePool};

/// A database, without the program's own way to it.
pub enum Direct {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Direct {
    pub async fn open(kind: &str, url: &str) -> Direct {
        match kind {
            "sqlite" => Direct::Sqlite(SqlitePool::connect(url).await.unwrap()),
            _ => Direct::Postgres(PgPool::connect(url).await.unwrap()),
        }
    }

    /// Runs a statement; `{now}` in it is an instant.
    pub async fn change(&self, sql: &str) {
        match self {
            Direct::Sqlite(pool) => {
                let sql = sql.replace("{now}", "1795000000000");
                sqlx::query(AssertSqlSafe(sql)).execute(pool).await.unwrap();
            }
            Direct::Postgres(pool) => {
                let sql = sql.replace("{now}", "now()");
                sqlx::query(AssertSqlSafe(sql)).execute(pool).await.unwrap();
            }
        }
    }

    /// Whether nobody keeps all others from writing.
    pub async fn can_write(&self) -> bool {
        let sql = "UPDATE worker SET ended_at = ended_at WHERE id = 0";
        match self {
            Direct::Sqlite(pool) => sqlx::query(sql).execute(pool).await.is_ok(),
            Direct::Postgres(pool) => sqlx::query(sql).execute(pool).await.is_ok(),
        }
    }

    /// All rows as text; what is null is empty.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let object = match self {
            Direct::Sqlite(pool) => {
                let columns = columns(sql).map(|column| format!("'{column}', {column}")).collect::<Vec<_>>().join(", ");
                let sql = format!("SELECT json_object({columns}) FROM ({sql}) AS asked");
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(pool).await.unwrap();
                rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>()
            }
            Direct::Postgres(pool) => {
                let sql = format!("SELECT CAST(row_to_json(asked) AS text) FROM ({sql}) AS asked");
                let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(pool).await.unwrap();
                rows.iter().map(|row| row.get::<String, _>(0)).collect()
            }
        };
        let cell = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let parse = |text: &String| serde_json::from_str::<serde_json::Map<String, Value>>(text).unwrap();
        object
            .iter()
            .map(|text| {
                let object = parse(text);
                columns(sql).map(|column| cell(&object[column])).collect()
            })
            .collect()
    }
}

/// The names of the columns that a simple SELECT gives.
fn columns(sql: &str) -> impl Iterator<Item = &str> {
    let list = sql.trim_start().strip_prefix("SELECT").unwrap().split(" FROM").next().unwrap();
    list.split(',').map(|column| {
        let last = column.trim().rsplit(' ').next().unwrap();
        last.rsplit('.').next().unwrap()
    })
}
