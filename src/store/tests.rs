//! What the statements of all tables have in common, and a restored database.

use super::after_restore;
use super::db::{Db, tests::STATEMENTS};
use sqlx::{AssertSqlSafe, Column, Executor, SqlSafeStr, Statement};

pub use super::db::tests::databases;

/// The names of a statement's columns, and the number of its arguments.
async fn described<'c, E: Executor<'c>>(on: E, text: &'static str) -> (Vec<String>, Option<usize>) {
    let prepared =
        on.prepare(AssertSqlSafe(text).into_sql_str()).await.unwrap_or_else(|error| panic!("{error}\n{text}"));
    let columns = prepared.columns().iter().map(|column| column.name().to_owned()).collect();
    (columns, prepared.parameters().map(|parameters| parameters.either(<[_]>::len, |count| count)))
}

/// Both databases know every table, column and word, and return the same columns for the same arguments.
#[tokio::test]
async fn every_statement_is_understood_by_both_databases() {
    let directory = tempfile::tempdir().unwrap();
    let urls = databases::BOTH.map(|kind| databases::fresh(kind, directory.path()));
    let [sqlite, postgres] = urls;
    Db::open(&sqlite, 1).await.unwrap().close().await;
    Db::open(&postgres, 1).await.unwrap().close().await;
    let sqlite = sqlx::SqlitePool::connect(&sqlite).await.unwrap();
    let postgres = sqlx::PgPool::connect(&postgres).await.unwrap();
    for sql in STATEMENTS {
        assert_eq!(
            described(&sqlite, sql.sqlite()).await,
            described(&postgres, sql.postgres()).await,
            "{}",
            sql.sqlite()
        );
    }
    assert!(STATEMENTS.len() > 10);
}

async fn i5_a_restored_database_has_another_log(kind: &str) {
    let directory = tempfile::tempdir().unwrap();
    let url = databases::fresh(kind, directory.path());
    let db = Db::open(&url, 2).await.unwrap();
    after_restore::detach(&db).await.unwrap();
    assert_ne!(Db::open(&url, 2).await.unwrap().log_id(), db.log_id(), "{kind}");
}
testkit::on_both!(i5_a_restored_database_has_another_log);
