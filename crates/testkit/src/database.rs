//! A database, read and written beside the program.

use crate::rows::{self, Row};
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool, Row as _, SqlitePool};

/// Connections to a database that has lockkeeper's tables.
///
/// In a statement, `{now}` is the current time, and `{at 5}` the time that [`rows::at`]`(5)` is.
#[derive(Clone, Debug)]
pub enum Database {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Database {
    /// Opens the database at this URL.
    pub async fn open(url: &str) -> Database {
        match url.starts_with("sqlite:") {
            true => Database::Sqlite(SqlitePool::connect(url).await.unwrap()),
            false => Database::Postgres(PgPool::connect(url).await.unwrap()),
        }
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self, Database::Sqlite(_))
    }

    /// Runs statements.
    pub async fn execute(&self, sql: &str) {
        self.try_execute(sql).await.unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }

    /// As [`Database::execute`], where the database may refuse.
    pub async fn try_execute(&self, sql: &str) -> sqlx::Result<()> {
        let sql = sqlx::raw_sql(AssertSqlSafe(self.expand(sql)));
        match self {
            Database::Sqlite(pool) => sql.execute(pool).await.map(drop),
            Database::Postgres(pool) => sql.execute(pool).await.map(drop),
        }
    }

    /// Inserts rows, in one transaction. Ids that the program makes afterwards are greater than those of the rows.
    pub async fn insert(&self, rows: impl IntoIterator<Item = Row>) {
        self.execute(&rows::script(rows, self.is_sqlite())).await;
    }

    /// The first column of every row, which has to be text.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        self.try_texts(sql).await.unwrap_or_else(|error| panic!("{error}\n{sql}"))
    }

    /// As [`Database::texts`], where the database may refuse.
    pub async fn try_texts(&self, sql: &str) -> sqlx::Result<Vec<String>> {
        let sql = AssertSqlSafe(self.expand(sql));
        Ok(match self {
            Database::Sqlite(pool) => sqlx::query_scalar(sql).fetch_all(pool).await?,
            Database::Postgres(pool) => sqlx::query_scalar(sql).fetch_all(pool).await?,
        })
    }

    /// The rows of a plain `SELECT`, each column as text; a null is empty.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let columns: Vec<&str> = columns(sql).collect();
        let objects = if self.is_sqlite() {
            let fields = columns.iter().map(|column| format!("'{column}', {column}")).collect::<Vec<_>>().join(", ");
            self.texts(&format!("SELECT json_object({fields}) FROM ({sql}) AS selected")).await
        } else {
            self.texts(&format!("SELECT CAST(row_to_json(selected) AS text) FROM ({sql}) AS selected")).await
        };
        let cells = |object: &String| {
            let object: Value = serde_json::from_str(object).unwrap();
            columns.iter().map(|column| cell(&object[*column])).collect()
        };
        objects.iter().map(cells).collect()
    }

    /// The number in the only row of a plain `SELECT` of one column.
    pub async fn number(&self, sql: &str) -> i64 {
        self.rows(sql).await[0][0].parse().unwrap()
    }

    /// The number of rows of each table, and the newest event's position: the same before and after a request that must
    /// change nothing. The audit log is left out, since refusals are entered there.
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

    /// Locks a table against all readers until the transaction ends. Only PostgreSQL can.
    pub async fn lock(&self, table: &str) -> sqlx::Transaction<'static, sqlx::Postgres> {
        let Database::Postgres(pool) = self else { panic!("SQLite has no such locks") };
        let mut transaction = pool.begin().await.unwrap();
        let lock = AssertSqlSafe(format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"));
        sqlx::raw_sql(lock).execute(&mut *transaction).await.unwrap();
        transaction
    }

    /// The number of statements that wait for a lock of this table. Only PostgreSQL knows.
    pub async fn waiting_for(&self, table: &str) -> i64 {
        self.number(&format!(
            "SELECT count(*) AS waiting FROM pg_locks WHERE relation = '{table}'::regclass AND NOT granted
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ))
        .await
    }

    /// The lines in which the database explains how it would run a statement, whatever the arguments.
    pub async fn explain(&self, statement: &str) -> Vec<String> {
        match self {
            Database::Sqlite(pool) => {
                let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
                sqlx::query(explain).fetch_all(pool).await.unwrap().iter().map(|row| row.get("detail")).collect()
            }
            Database::Postgres(pool) => {
                let count = (1..100).take_while(|number| statement.contains(&format!("${number}"))).count();
                let arguments =
                    if count == 0 { String::new() } else { format!("({})", vec!["NULL"; count].join(", ")) };
                let prepare = format!(
                    "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; PREPARE explained AS {statement}"
                );
                let mut connection = pool.acquire().await.unwrap();
                let prepared = sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await;
                prepared.unwrap_or_else(|error| panic!("{error}: {statement}"));
                let explain = AssertSqlSafe(format!("EXPLAIN EXECUTE explained{arguments}"));
                let lines = sqlx::raw_sql(explain).fetch_all(&mut *connection).await.unwrap();
                sqlx::raw_sql("DEALLOCATE explained").execute(&mut *connection).await.unwrap();
                lines.iter().map(|line| line.get(0)).collect()
            }
        }
    }

    /// A statement with its times as this database writes them.
    fn expand(&self, sql: &str) -> String {
        let now = if self.is_sqlite() { "CAST(unixepoch('subsec') * 1000 AS integer)" } else { "now()" };
        let mut pieces = sql.split("{at ");
        let mut expanded = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (number, rest) = piece.split_once('}').unwrap();
            expanded += &rows::at(number.parse().unwrap()).sql(self.is_sqlite());
            expanded += rest;
        }
        expanded.replace("{now}", now)
    }
}

/// The names of the columns of a plain `SELECT`.
fn columns(sql: &str) -> impl Iterator<Item = &str> {
    let list = sql.trim_start().strip_prefix("SELECT").unwrap().split(" FROM").next().unwrap();
    list.split(',').map(|column| {
        let last = column.trim().rsplit(' ').next().unwrap();
        last.rsplit('.').next().unwrap()
    })
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
