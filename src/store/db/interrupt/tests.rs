//! Abandoned statements end, their connections can be used again, and no other statement is ever interrupted.

use super::*;
use crate::store::db::backend::Pools;
use crate::store::db::rows::{CellKind, Rows, StatementPart};
use crate::store::tests::databases;
use crate::store::{Capacity, Db};
use std::time::Instant;
use tempfile::TempDir;

/// Counting this far takes longer than any test waits.
const ENDLESS: u64 = 100_000_000_000;

/// The shortest time that a statement takes which is to be abandoned half-way.
const MIN_LIFE: Duration = Duration::from_millis(8);

async fn opened(kind: &str, connections: u32) -> (TempDir, Db) {
    let directory = tempfile::tempdir().unwrap();
    let capacity =
        Capacity { connections, query_turns: connections as usize, query_deadline: Some(Duration::from_secs(30)) };
    let db = Db::open_for(&databases::fresh(kind, directory.path()), capacity).await.unwrap();
    (directory, db)
}

/// A statement that counts up to `far`.
fn counting(kind: &str, far: u64) -> [StatementPart; 1] {
    let text = match kind {
        "sqlite" => format!(
            "SELECT max(n) FROM (WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < {far}) SELECT n FROM up) n"
        ),
        _ => format!("SELECT count(*) FROM generate_series(CAST(1 AS bigint), {far})"),
    };
    [StatementPart { text, kinds: vec![CellKind::Int], shared: false }]
}

fn number(rows: &[Rows]) -> Option<i64> {
    rows[0].cell(0, 0).int()
}

/// Connections for reading that are in use.
fn in_use(db: &Db) -> usize {
    match &db.pools {
        Pools::Sqlite { read, .. } => read.count().0,
        Pools::Postgres(pool) => pool.count().0,
    }
}

/// Identifies the connection of a pool of one: PostgreSQL's backend, or the value of a temporary setting of SQLite.
async fn mark(db: &Db) -> i64 {
    match &db.pools {
        Pools::Sqlite { read, .. } => {
            let mut connection = read.check_out().await.unwrap();
            connection.run(async |on| sqlx::query_scalar("PRAGMA cache_size").fetch_one(on).await).await.unwrap()
        }
        Pools::Postgres(pool) => {
            let mut connection = pool.check_out().await.unwrap();
            let pid = "SELECT CAST(pg_backend_pid() AS bigint)";
            connection.run(async |on| sqlx::query_scalar(pid).fetch_one(on).await).await.unwrap()
        }
    }
}

async fn an_abandoned_read_ends_and_its_connection_can_be_used_again(kind: &str) {
    let (_directory, db) = opened(kind, 1).await;
    if let Pools::Sqlite { read, .. } = &db.pools {
        // Another connection would have another one.
        let mut connection = read.check_out().await.unwrap();
        connection.run(async |on| sqlx::query("PRAGMA cache_size = -12345").execute(on).await).await.unwrap();
    }
    let before = mark(&db).await;
    for _ in 0..3 {
        let endless = counting(kind, ENDLESS);
        let abandoned = timeout(Duration::from_millis(50), db.reads().read(&endless, &[])).await;
        assert!(abandoned.is_err(), "{kind}");
        // There is one connection. It would be replaced if it gave no sign of life.
        let rows = db.queries_of("ana").read(&counting(kind, 7), &[]).await.unwrap();
        assert_eq!(number(&rows), Some(7), "{kind}");
    }
    assert_eq!(mark(&db).await, before, "another connection on {kind}");
}
testkit::on_both!(an_abandoned_read_ends_and_its_connection_can_be_used_again);

#[tokio::test]
async fn nothing_of_an_abandoned_read_is_left_at_the_database() {
    let (_directory, db) = opened("postgres", 2).await;
    let Pools::Postgres(pool) = &db.pools else { panic!("it is PostgreSQL") };
    let endless = counting("postgres", ENDLESS);
    assert!(timeout(Duration::from_millis(50), db.reads().read(&endless, &[])).await.is_err());
    let began = Instant::now();
    let working = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()";
    loop {
        let mut connection = pool.check_out().await.unwrap();
        let many: i64 = connection.run(async |on| sqlx::query_scalar(working).fetch_one(on).await).await.unwrap();
        if many == 0 {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "it goes on");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A read is never interrupted in place of the one before it on its connection: short statements are abandoned at every
/// moment of their lives, and each is followed at once by one that has to be answered.
async fn the_next_read_is_never_interrupted_in_place_of_the_one_before(kind: &str) {
    let (_directory, db) = opened(kind, 1).await;
    let next = counting(kind, 500);
    // Timers have a resolution of milliseconds: statements have to be long enough for them, and the speed of a busy
    // machine changes.
    let (mut far, mut life, mut abandoned) = (1_000, MIN_LIFE, 0);
    for round in 0.. {
        assert!(round < 10_000, "{abandoned} were abandoned on {kind}");
        let began = Instant::now();
        match timeout(life * (round % 20) / 15, db.reads().read(&counting(kind, far), &[])).await {
            Err(_) => abandoned += 1,
            Ok(_) => life = began.elapsed(),
        }
        if life < MIN_LIFE {
            (far, life) = (2 * far, MIN_LIFE);
        }
        let rows = db.reads().read(&next, &[]).await.unwrap_or_else(|error| panic!("round {round} on {kind}: {error}"));
        assert_eq!(number(&rows), Some(500), "{kind}");
        if round >= 200 && abandoned > 20 {
            break;
        }
    }
}
testkit::on_both!(the_next_read_is_never_interrupted_in_place_of_the_one_before);

#[tokio::test]
async fn only_what_is_read_for_somebody_is_interrupted() {
    let (_directory, db) = opened("postgres", 1).await;
    let Pools::Postgres(pool) = &db.pools else { panic!("it is PostgreSQL") };
    pool.check_out()
        .await
        .unwrap()
        .run(async |on| sqlx::raw_sql("CREATE SEQUENCE done").execute(on).await)
        .await
        .unwrap();
    // As the statements of the worker, of the tail of the log and of mutations: given up, it is carried out all the same.
    let mut connection = pool.check_out().await.unwrap();
    let slow = connection.run(async |on| sqlx::query("SELECT nextval('done') FROM pg_sleep(0.3)").execute(on).await);
    assert!(timeout(Duration::from_millis(50), slow).await.is_err());
    drop(connection);
    let done = "SELECT last_value FROM done WHERE is_called";
    let done: Option<i64> = pool
        .check_out()
        .await
        .unwrap()
        .run(async |on| sqlx::query_scalar(done).fetch_optional(on).await)
        .await
        .unwrap();
    assert_eq!(done, Some(1));
}

#[tokio::test]
async fn a_session_ends_what_takes_longer_than_anybody_waits_for() {
    for (deadline, shown) in [(None, "0"), (Some(1), "35s"), (Some(30), "35s"), (Some(90), "95s")] {
        let directory = tempfile::tempdir().unwrap();
        let query_deadline = deadline.map(Duration::from_secs);
        let capacity = Capacity { connections: 1, query_turns: 1, query_deadline };
        let db = Db::open_for(&databases::fresh("postgres", directory.path()), capacity).await.unwrap();
        let Pools::Postgres(pool) = &db.pools else { panic!("it is PostgreSQL") };
        let show = "SELECT current_setting('statement_timeout')";
        let timeout: String =
            pool.check_out().await.unwrap().run(async |on| sqlx::query_scalar(show).fetch_one(on).await).await.unwrap();
        assert_eq!(timeout.replace("1min35s", "95s"), shown);
        db.close().await;
    }
}

async fn queries_leave_connections_to_everything_else(kind: &str) {
    let directory = tempfile::tempdir().unwrap();
    let capacity = Capacity { connections: 3, query_turns: 2, query_deadline: Some(Duration::from_secs(30)) };
    let db = Db::open_for(&databases::fresh(kind, directory.path()), capacity).await.unwrap();
    let queries: Vec<_> = (0..20)
        .map(|_| {
            let (db, endless) = (db.clone(), counting(kind, ENDLESS));
            tokio::spawn(async move { db.queries_of("ana").read(&endless, &[]).await.map(drop) })
        })
        .collect();
    let began = Instant::now();
    while in_use(&db) < 2 {
        assert!(began.elapsed() < Duration::from_secs(20), "{kind}: queries do not begin");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // What `/readyz` asks, a mutation's payload, and a mutation.
    assert!(db.answers(Duration::from_secs(10)).await, "{kind}");
    assert_eq!(number(&db.reads().read(&counting(kind, 3), &[]).await.unwrap()), Some(3), "{kind}");
    db.begin().await.unwrap().commit().await.unwrap();
    assert_eq!(in_use(&db), 2, "{kind}");
    queries.iter().for_each(tokio::task::JoinHandle::abort);
    // Each of them that is given up leaves its turn to the next, which is then given up, too.
    assert_eq!(number(&db.queries_of("ben").read(&counting(kind, 5), &[]).await.unwrap()), Some(5), "{kind}");
}
testkit::on_both!(queries_leave_connections_to_everything_else);
