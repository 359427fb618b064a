//! The fleet that measurements use is one that lockkeeper could have made.

use lockkeeper::store::{Db, doctor};
use testkit::databases;
use testkit::large::{Size, load};
use testkit::on_both;

async fn a_generated_fleet_keeps_every_invariant_and_names_only_what_is_there(kind: &str) {
    let directory = tempfile::tempdir().unwrap();
    let url = databases::fresh(kind, directory.path());
    let size = Size::named("1k").unwrap();
    Db::open(&url, 1).await.unwrap().close().await;
    load(&url, size).await.unwrap();
    let db = Db::open(&url, 1).await.unwrap();
    assert_eq!(doctor::check(&db).await.unwrap(), [], "{kind}");
    db.close().await;
    if kind == "sqlite" {
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        let lost = sqlx::query("PRAGMA foreign_key_check").fetch_all(&pool).await.unwrap();
        assert!(lost.is_empty(), "{} rows name what is not there", lost.len());
        pool.close().await;
    }
    let again = load(&url, size).await.unwrap_err();
    assert!(again.to_string().contains("empty database"), "{kind}: {again}");
}
on_both!(a_generated_fleet_keeps_every_invariant_and_names_only_what_is_there);
