use super::backend::Pools;
use super::sql::Sql;
use super::{Db, Dialect, Owner};
use sqlx::{AssertSqlSafe, Column, Executor, SqlSafeStr, Statement};

pub use testkit::databases;

/// Every `sql!` of the crate.
#[linkme::distributed_slice]
pub static STATEMENTS: [Sql];

/// What a database says of a statement: its columns' names, and how many arguments it takes.
async fn described<'c, E: Executor<'c>>(on: E, text: &'static str) -> (Vec<String>, Option<usize>) {
    let prepared =
        on.prepare(AssertSqlSafe(text).into_sql_str()).await.unwrap_or_else(|error| panic!("{error}\n{text}"));
    let columns = prepared.columns().iter().map(|column| column.name().to_owned()).collect();
    (columns, prepared.parameters().map(|parameters| parameters.either(<[_]>::len, |count| count)))
}

/// Both databases know every table, column and word, give the same columns, and ask for as many arguments.
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

#[tokio::test]
async fn both_databases_are_opened_by_their_url_and_keep_their_log_id() {
    for kind in databases::BOTH {
        let directory = tempfile::tempdir().unwrap();
        let url = databases::fresh(kind, directory.path());
        let db = Db::open(&url, 2).await.unwrap();
        assert_eq!(db.dialect() == Dialect::Sqlite, kind == "sqlite");
        let again = Db::open(&url, 2).await.unwrap();
        assert_eq!((again.log_id(), db.log_id().len()), (db.log_id(), 8));
    }
}

#[tokio::test]
async fn i5_a_restored_database_has_another_log() {
    for kind in databases::BOTH {
        let directory = tempfile::tempdir().unwrap();
        let url = databases::fresh(kind, directory.path());
        let db = Db::open(&url, 2).await.unwrap();
        crate::store::after_restore::settle(&db).await.unwrap();
        assert_ne!(Db::open(&url, 2).await.unwrap().log_id(), db.log_id(), "{kind}");
    }
}

#[tokio::test]
async fn i2_i7_what_was_committed_is_on_disk_and_a_transaction_that_stands_still_is_ended() {
    for kind in databases::BOTH {
        let directory = tempfile::tempdir().unwrap();
        let db = Db::open(&databases::fresh(kind, directory.path()), 2).await.unwrap();
        match &db.pools {
            Pools::Sqlite { write, .. } => {
                let full: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(write).await.unwrap();
                assert_eq!(full, 2);
            }
            Pools::Postgres(pool) => {
                let setting = "SELECT current_setting('synchronous_commit') || ' ' || \
                               current_setting('idle_in_transaction_session_timeout')";
                let mut lent = pool.lend().await.unwrap();
                let settings: String = sqlx::query_scalar(setting).fetch_one(lent.connection()).await.unwrap();
                assert_eq!(settings, "on 20s");
            }
        }
    }
}

#[tokio::test]
async fn whoever_takes_a_file_waits_a_moment_for_one_who_is_about_to_let_go() {
    let directory = tempfile::tempdir().unwrap();
    let url = databases::fresh("sqlite", directory.path());
    let owner = Owner::take(&url).await.unwrap();
    let going = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        drop(owner);
    };
    let (next, ()) = tokio::join!(Owner::take(&url), going);
    let _next = next.unwrap();
    assert!(Owner::take(&url).await.is_err(), "one at a time");
}
