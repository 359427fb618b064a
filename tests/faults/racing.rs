//! Requests that race through three servers on one PostgreSQL.

use crate::support::client::mutation_document;
use crate::support::stored::Stored;
use crate::support::{Client, Fleet, Server};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Requests that are under way at a time.
const AT_ONCE: usize = 120;

/// Three servers that all carry out releases, and a fleet of `shop`, at its middle version on all hosts.
async fn three(hosts: usize) -> (Vec<Server>, Fleet) {
    let one = Server::start("postgres");
    let servers = vec![one.another(&[]), one.another(&[]), one];
    let fleet = servers[0].client().service("shop").hosts(hosts).install().await;
    fleet.finish("upgradeInstances", &fleet.versions[1]).await;
    (servers, fleet)
}

/// Each instance is let go of by the release that took it before another takes it, and in the end all are free.
async fn intervals_are_apart(stored: &Stored) -> usize {
    let events = stored
        .texts(
            "SELECT CAST(instance_id AS text) || ' ' || CAST(release_id AS text) || ' ' || CAST(locked AS text)
             FROM event WHERE subject = 'INSTANCE' AND kind = 'RELEASE' ORDER BY position",
        )
        .await;
    let mut held: HashMap<&str, &str> = HashMap::new();
    for event in &events {
        let [instance, release, locked] = event.split(' ').collect::<Vec<_>>()[..] else { panic!("{event}") };
        match locked {
            "true" => assert_eq!(held.insert(instance, release), None, "two releases have instance {instance}"),
            _ => assert_eq!(held.remove(instance), Some(release), "instance {instance} was let go of by another"),
        }
    }
    assert!(held.is_empty(), "{held:?}");
    events.len()
}

/// One of the thousand: an upgrade or a revert of all or of some hosts, named in either order.
fn request(fleet: &Fleet, number: usize) -> (&'static str, Value) {
    let hosts = match number % 5 {
        0 => json!({ "all": true }),
        part => {
            let mut names: Vec<_> = (0..40).map(|host| &fleet.hostnames[(part * 15 + host) % 100]).collect();
            if number % 7 > 3 {
                names.reverse();
            }
            json!({ "hostnames": names })
        }
    };
    let (mutation, version) = match number % 4 {
        0 => ("upgradeInstances", 1),
        1 => ("revertInstances", 0),
        2 => ("upgradeInstances", 2),
        _ => ("revertInstances", 1),
    };
    let input = json!({
        "serviceId": fleet.service, "versionId": fleet.versions[version], "hosts": hosts,
        "rollout": { "maxParallel": { "count": 100 } },
    });
    (mutation, input)
}

/// Asks, and gives what was accepted: the release and how many instances. Only what the rules refuse may be refused.
async fn ask(client: &Client, (mutation, input): (&str, Value)) -> Option<(String, u64)> {
    let payload = client.mutate(mutation, input, "release { id } acceptedCount").await;
    for error in payload["userErrors"].as_array().unwrap() {
        assert_eq!(error["code"], "NOTHING_TO_RELEASE", "{error:#}");
    }
    Some((payload["release"]["id"].as_str()?.to_owned(), payload["acceptedCount"].as_u64()?))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r8_a_thousand_requests_through_three_servers_never_hold_an_instance_together() {
    let (servers, fleet) = three(100).await;
    let (fleet, room) = (Arc::new(fleet), Arc::new(Semaphore::new(AT_ONCE)));
    let clients: Vec<Client> = servers.iter().map(Server::client).collect();
    let mut requests = JoinSet::new();
    for number in 0..1000 {
        let (fleet, room, client) = (fleet.clone(), room.clone(), clients[number % 3].clone());
        requests.spawn(async move {
            let _room = room.acquire_owned().await.unwrap();
            ask(&client, request(&fleet, number)).await
        });
    }
    let accepted: Vec<_> = requests.join_all().await.into_iter().flatten().collect();
    let targets: u64 = accepted.iter().map(|(_, many)| many).sum();
    assert!(accepted.len() > 10 && targets > 100, "{} releases with {targets} targets", accepted.len());
    for (release, _) in &accepted {
        assert_eq!(fleet.finished(release).await, "SUCCEEDED");
    }
    let stored = servers[0].stored().await;
    let events = intervals_are_apart(&stored).await;
    eprintln!("1000 requests, {} releases, {targets} targets, {events} events, 0 violations", accepted.len());
    assert_eq!(stored.texts("SELECT CAST(instance_id AS text) FROM instance_lock").await, [""; 0]);
    let deadlocks = "SELECT CAST(deadlocks AS text) FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(stored.texts(deadlocks).await, ["0"]);
    servers[0].assert_sound();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn i6_one_key_fifty_times_at_once_over_three_servers_gives_one_release() {
    let (servers, fleet) = three(5).await;
    let input = json!({
        "serviceId": fleet.service, "versionId": fleet.versions[2], "hosts": { "all": true },
        "idempotencyKey": "once",
    });
    let document = mutation_document("upgradeInstances", "release { id } acceptedCount replayed");
    let mut requests = JoinSet::new();
    for number in 0..50 {
        let (client, document, input) = (servers[number % 3].client(), document.clone(), input.clone());
        requests.spawn(async move {
            let answer = client.query(&document, json!({ "input": input })).await["upgradeInstances"].take();
            assert_eq!((&answer["acceptedCount"], &answer["userErrors"]), (&json!(5), &json!([])));
            (answer["release"]["id"].as_str().unwrap().to_owned(), answer["replayed"].as_bool().unwrap())
        });
    }
    let answers = requests.join_all().await;
    let releases: BTreeSet<_> = answers.iter().map(|(release, _)| release).collect();
    assert_eq!(releases.len(), 1);
    assert_eq!(answers.iter().filter(|(_, replayed)| !replayed).count(), 1);
    assert_eq!(fleet.finished(&answers[0].0).await, "SUCCEEDED");
    servers[0].assert_sound();
}
