//! Leases at the moments at which they end.

use super::fleet::{Fleet, register_worker};
use crate::store::db::sql::sql;
use crate::store::worker::{self, Worker};
use crate::worker::Timing;
use crate::worker::recover::take_over;
use crate::worker::{WorkerRef, lease};
use std::collections::HashSet;
use std::time::{Duration, Instant};
use tokio::sync::watch;

const PATIENCE: Duration = Duration::from_secs(10);

async fn worker(fleet: &Fleet) -> WorkerRef {
    WorkerRef { id: register_worker(&fleet.app.db, "w").await, name: "w".into() }
}

async fn i3_a_process_that_declares_a_worker_dead_waits_for_what_it_is_claiming(kind: &str) {
    let fleet = Fleet::new(kind, 0).await;
    let (old, new) = (worker(&fleet).await, worker(&fleet).await);
    // As a claim does before it begins anything.
    let mut claiming = fleet.app.db.begin().await.unwrap();
    assert!(worker::is_alive(&mut claiming, old.id).await.unwrap());
    let db = fleet.app.db.clone();
    let mut taking = tokio::spawn(async move {
        let seen = Worker { id: old.id, name: old.name, state_dir: "here".into(), beat: 0, lease_ms: 1, grace_ms: 1 };
        take_over(&db, &new, &seen, None, &mut HashSet::new()).await
    });
    let early = tokio::time::timeout(Duration::from_millis(300), &mut taking).await;
    assert!(early.is_err(), "{kind}: it was declared dead in the midst of a claim");
    claiming.commit().await.unwrap();
    tokio::time::timeout(PATIENCE, taking).await.unwrap().unwrap().unwrap();
    assert!(!worker::is_alive(&mut fleet.app.db.begin().await.unwrap(), old.id).await.unwrap());
}
testkit::on_both!(i3_a_process_that_declares_a_worker_dead_waits_for_what_it_is_claiming);

async fn i3_a_worker_that_cannot_renew_its_lease_in_time_counts_it_as_lost(kind: &str) {
    let fleet = Fleet::new(kind, 0).await;
    let me = worker(&fleet).await;
    let timing =
        Timing { renew: Duration::from_millis(10), fence_after: Duration::from_millis(300), ..Timing::default() };
    let (renew, mut renewed) = watch::channel(Instant::now());
    let keeping = tokio::spawn(lease::keep(fleet.app.db.clone(), me.id, timing, renew));
    tokio::time::timeout(PATIENCE, renewed.changed()).await.unwrap().unwrap();
    // The database gives no answer to its beat, and goes on giving none.
    let mut stuck = fleet.app.db.begin().await.unwrap();
    stuck.query(sql!("SELECT id FROM worker WHERE id = $1 {lock}")).bind(me.id).execute().await.unwrap();
    tokio::time::timeout(PATIENCE, keeping).await.expect("it ends its lease itself").unwrap();
    drop(stuck);
    assert!(worker::beat(&fleet.app.db, me.id).await.unwrap(), "nobody has declared it dead");
}
testkit::on_both!(i3_a_worker_that_cannot_renew_its_lease_in_time_counts_it_as_lost);
