//! PostgreSQL itself stops in mid-release, and comes back: in order, in a crash, or after it only stood still.

use crate::PROGRAM;
use crate::trial::{CONFIGURATION, Readiness, Trial};
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::Server;
use testkit::cluster::{Cluster, Stop};
use tokio::time::sleep;

/// Two servers and a worker on a cluster of their own.
async fn disturbed(what: &str, disturb: impl AsyncFnOnce(Arc<Cluster>, &Trial, &Readiness)) {
    let cluster = Arc::new(tokio::task::block_in_place(Cluster::start));
    let one = Server::on(cluster.fresh(), tempfile::tempdir().unwrap(), PROGRAM, CONFIGURATION);
    let (two, _worker) = (one.another(&[]), one.worker());
    let readiness = Readiness::watch(&two);
    let clients = vec![one.client(), two.client()];
    let trial = Trial::start(one, clients).await;
    disturb(cluster.clone(), &trial, &readiness).await;
    readiness.says("ready").await;
    trial.assert_nothing_lost(what).await;
}

/// Stops the cluster at some moment, and starts it after a while.
async fn restart(cluster: &Arc<Cluster>, how: Stop, away: Duration) {
    sleep(Duration::from_millis(rand::random_range(300..1500))).await;
    let stopping = cluster.clone();
    tokio::task::spawn_blocking(move || stopping.stop(how)).await.unwrap();
    sleep(away).await;
    let starting = cluster.clone();
    tokio::task::spawn_blocking(move || starting.start_again()).await.unwrap();
}

async fn restarted(what: &str, how: Stop) {
    disturbed(what, async |cluster, trial, readiness| {
        for _ in 0..3 {
            restart(&cluster, how, Duration::ZERO).await;
            trial.goes_on().await;
        }
        let ((), ()) = tokio::join!(
            restart(&cluster, how, Duration::from_secs(5)),
            readiness.says("the database does not answer")
        );
        trial.goes_on().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i7_nothing_is_lost_when_postgres_is_restarted_in_order_in_mid_release() {
    restarted("fast restarts", Stop::Fast).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i7_nothing_is_lost_when_postgres_crashes_in_mid_release() {
    restarted("immediate restarts", Stop::Immediate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i7_nothing_is_lost_when_postgres_stands_still_for_ten_seconds() {
    disturbed("a pause", async |cluster, trial, readiness| {
        sleep(Duration::from_millis(rand::random_range(300..1500))).await;
        cluster.pause();
        let paused = Instant::now();
        readiness.says("the database does not answer").await;
        sleep(Duration::from_secs(10).saturating_sub(paused.elapsed())).await;
        cluster.resume();
        trial.goes_on().await;
    })
    .await;
}
