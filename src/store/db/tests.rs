use super::backend::Pools;
use super::sql::Sql;
use super::{Db, Dialect, Owner};

pub use testkit::databases;

/// Every `sql!` of the crate.
#[linkme::distributed_slice]
pub static STATEMENTS: [Sql];

async fn both_databases_are_opened_by_their_url_and_keep_their_log_id(kind: &str) {
    let directory = tempfile::tempdir().unwrap();
    let url = databases::fresh(kind, directory.path());
    let db = Db::open(&url, 2).await.unwrap();
    assert_eq!(db.dialect() == Dialect::Sqlite, kind == "sqlite");
    let again = Db::open(&url, 2).await.unwrap();
    assert_eq!((again.log_id(), db.log_id().len()), (db.log_id(), 8));
}
testkit::on_both!(both_databases_are_opened_by_their_url_and_keep_their_log_id);

async fn i2_i7_what_was_committed_is_on_disk_and_an_idle_transaction_is_ended(kind: &str) {
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
            let mut connection = pool.check_out().await.unwrap();
            let settings: String = sqlx::query_scalar(setting).fetch_one(connection.connection()).await.unwrap();
            assert_eq!(settings, "on 20s");
        }
    }
}
testkit::on_both!(i2_i7_what_was_committed_is_on_disk_and_an_idle_transaction_is_ended);

#[tokio::test]
async fn the_owner_of_a_file_is_waited_for_while_it_is_about_to_release_it() {
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
