//! The network between lockkeeper and PostgreSQL is disturbed while releases run.

use crate::PROGRAM;
use crate::load::surely;
use crate::proxy::{database_url, to_postgres};
use crate::trial::{CONFIGURATION, Readiness, Trial};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use testkit::client::mutation_document;
use testkit::cluster;
use testkit::relay::Network;
use testkit::{Client, Relay, Server};
use tokio::time::sleep;

/// No answer of a server takes longer, whatever becomes of its database.
const BOUND: Duration = Duration::from_secs(40);

/// A server whose way to the database nothing disturbs, with these options, and a way that may be disturbed.
async fn two_ways(configuration: &str) -> (Server, Relay) {
    let server = Server::on(cluster::new_database(), tempfile::tempdir().unwrap(), PROGRAM, configuration);
    (server, to_postgres(cluster::shared()).await)
}

/// Asks for a mutation, whose first COMMIT has its answer lost, until it is answered. Gives its payload, and whether the
/// answer had to be asked for again.
async fn with_a_lost_answer(client: &Client, proxy: &Relay, mutation: &str, input: &Value) -> (Value, bool) {
    let document = mutation_document(mutation, "replayed release { id }");
    let variables = json!({ "input": input });
    proxy.lose_answers(1);
    let mut first = client.send(&document, variables.clone()).await.body;
    let again = !first["errors"].is_null();
    let payload = match again {
        true => surely(&|| client.clone(), &document, &variables).await[mutation].take(),
        false => first["data"][mutation].take(),
    };
    proxy.lose_answers(0);
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    (payload, again)
}

#[tokio::test(flavor = "multi_thread")]
async fn i6_a_release_whose_commit_was_not_answered_is_given_when_it_is_asked_for_again() {
    let (one, proxy) = two_ways("[executors.quick]\nkind = 'simulate'\ndelay = '5ms'").await;
    let two = one.another_at(database_url(&proxy, &one.database), &["--no-worker"]);
    let fleet = one.client().service("shop").hosts(3).install().await;
    let mut replays = 0;
    for round in 1..=10_usize {
        let mutation = if round % 2 == 1 { "upgradeInstances" } else { "revertInstances" };
        let input = json!({
            "serviceId": fleet.service, "versionId": fleet.versions[round % 2], "hosts": { "all": true },
            "rollout": { "maxParallel": { "count": 5 } }, "idempotencyKey": format!("round {round}"),
        });
        let (payload, again) = with_a_lost_answer(&two.client(), &proxy, mutation, &input).await;
        // The answer that was lost may have been one to something else that the server does.
        assert_eq!(payload["replayed"], again, "{payload:#}");
        replays += usize::from(again);
        assert_eq!(fleet.finished(payload["release"]["id"].as_str().unwrap()).await, "SUCCEEDED");
        let releases = one.stored().await.texts("SELECT CAST(id AS text) FROM release").await;
        assert_eq!(releases.len(), 1 + round, "one for each key, beside the installation");
    }
    assert!(replays > 5, "only {replays} of 10 were asked for again");
    one.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn i3_no_command_runs_twice_and_no_result_is_lost_when_the_commits_of_a_worker_are_not_answered() {
    let (one, proxy) = two_ways(&format!("no_worker = true\n{CONFIGURATION}")).await;
    let other = one.another_at(database_url(&proxy, &one.database), &[]);
    let _worker = other.worker();
    let trial = Trial::start(one, vec![other.client()]).await;
    while proxy.lost_answers() < 40 {
        proxy.lose_answers(1);
        sleep(Duration::from_millis(rand::random_range(50..300))).await;
    }
    trial.goes_on().await;
    let one = trial.assert_nothing_lost("commits without an answer").await;
    let left =
        std::fs::read_dir(one.path("state")).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let left: Vec<_> = left.filter(|name| name.starts_with("target-")).collect();
    assert_eq!(left, [""; 0], "what a command left behind is removed when its end is written");
}

#[tokio::test(flavor = "multi_thread")]
async fn i7_nothing_is_lost_when_connections_are_slow_or_reset() {
    let (one, proxy) = two_ways(CONFIGURATION).await;
    let two = one.another_at(database_url(&proxy, &one.database), &[]);
    let _worker = two.worker();
    let readiness = Readiness::watch(&two);
    let clients = vec![one.client(), two.client()];
    let trial = Trial::start(one, clients).await;
    for _ in 0..2 {
        proxy.set(Network::Delays(Duration::from_millis(200)));
        trial.goes_on().await;
        proxy.set(Network::Resets);
        readiness.says("the database does not answer").await;
        sleep(Duration::from_millis(rand::random_range(0..1000))).await;
        proxy.set(Network::Passes);
        readiness.says("ready").await;
        trial.goes_on().await;
    }
    trial.assert_nothing_lost("a slow network, and resets").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i2_what_a_worker_ran_that_was_cut_off_without_a_word_is_taken_over() {
    let (one, proxy) = two_ways(&format!("[worker]\nlease = '9s'\n{CONFIGURATION}")).await;
    let two = one.another_at(database_url(&proxy, &one.database), &[]);
    let worker = two.worker();
    let readiness = Readiness::watch(&two);
    let (direct, cut) = (one.client(), two.client());
    let trial = Trial::start(one, vec![direct]).await;
    trial.goes_on().await;
    proxy.set(Network::Swallows);
    let began = Instant::now();
    // Who asks the one that is cut off is told so, not left waiting.
    let (query, mutation) =
        ("{ services(first: 1) { nodes { id } } }", mutation_document("createService", "service { id }"));
    let input = json!({ "input": { "name": "late", "executor": "repeat" } });
    let (asked, changed) = tokio::join!(cut.send(query, Value::Null), cut.send(&mutation, input));
    for answer in [asked, changed] {
        assert_eq!(answer.body["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer:#?}");
    }
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    readiness.says("the database does not answer").await;
    // Its own lease is lost to itself before others take it for dead.
    while !worker.log().contains("the lease was lost: it could not be renewed in time") {
        assert!(began.elapsed() < BOUND, "it does not notice:\n{}", worker.log());
        sleep(Duration::from_millis(100)).await;
    }
    let stored = trial.server.stored().await;
    while stored.texts("SELECT name FROM worker WHERE ended_at IS NOT NULL").await.len() < 2 {
        assert!(began.elapsed() < 2 * BOUND, "nobody takes over");
        sleep(Duration::from_millis(100)).await;
    }
    proxy.set(Network::Passes);
    readiness.says("ready").await;
    let after = json!({ "name": "later", "executor": "repeat" });
    cut.change("createService", after, "service { id }").await;
    trial.assert_nothing_lost("a silent cut").await;
}
