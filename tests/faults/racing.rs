//! Requests that race through three servers on one PostgreSQL.

use crate::PROGRAM;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use testkit::Database;
use testkit::MAX_WAIT;
use testkit::client::mutation_document;
use testkit::{Client, Fleet, Server};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Requests that are under way at a time.
const AT_ONCE: usize = 120;
/// How many requests there are, and how many more as long as too few of them were accepted.
const AT_A_TIME: usize = 250;
/// How much earlier than the release the first hold is requested.
const LEAD_OF_HOLDS: Duration = Duration::from_millis(250);

/// Three servers that all carry out releases, and a fleet of `shop`, at its middle version on all hosts.
async fn three(hosts: usize) -> (Vec<Server>, Fleet) {
    let one = Server::start(PROGRAM, "postgres");
    let servers = vec![one.another(&[]), one.another(&[]), one];
    let fleet = servers[0].client().service("shop").hosts(hosts).install().await;
    fleet.finish("upgradeInstances", &fleet.versions[1]).await;
    (servers, fleet)
}

/// Each instance is let go of by the release that took it before another takes it, and in the end all are free.
async fn intervals_are_apart(stored: &Database) -> usize {
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

/// One of the many: an upgrade or a revert of all or of some hosts, named in either order.
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
async fn r8_many_requests_through_three_servers_never_hold_an_instance_together() {
    let (servers, fleet) = three(100).await;
    let (fleet, room) = (Arc::new(fleet), Arc::new(Semaphore::new(AT_ONCE)));
    let clients: Vec<Client> = servers.iter().map(Server::client).collect();
    let (mut accepted, mut targets, mut asked) = (Vec::new(), 0, 0);
    // Quick requests find nearly everything held by the first releases: then it is asked again.
    while asked == 0 || asked < 5000 && (accepted.len() <= 10 || targets <= 100) {
        let mut requests = JoinSet::new();
        for number in asked..asked + AT_A_TIME {
            let (fleet, room, client) = (fleet.clone(), room.clone(), clients[number % 3].clone());
            requests.spawn(async move {
                let _room = room.acquire_owned().await.unwrap();
                ask(&client, request(&fleet, number)).await
            });
        }
        asked += AT_A_TIME;
        accepted.extend(requests.join_all().await.into_iter().flatten());
        targets = accepted.iter().map(|(_, many)| many).sum::<u64>();
    }
    assert!(accepted.len() > 10 && targets > 100, "{} releases with {targets} targets", accepted.len());
    for (release, _) in &accepted {
        assert_eq!(fleet.finished(release).await, "SUCCEEDED");
    }
    let stored = servers[0].stored().await;
    let events = intervals_are_apart(&stored).await;
    eprintln!("{asked} requests, {} releases, {targets} targets, {events} events, 0 violations", accepted.len());
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

/// Positions of the events that this condition selects, by instance or release.
async fn positions(stored: &Database, subject: &str, condition: &str) -> Vec<(i64, i64)> {
    let sql = format!(
        "SELECT CAST({subject} AS text) || ' ' || CAST(position AS text) FROM event WHERE {condition} ORDER BY position"
    );
    let found = stored.texts(&sql).await;
    let number = |text: &str| text.parse().unwrap();
    found.iter().map(|row| row.split_once(' ').map(|(one, two)| (number(one), number(two))).unwrap()).collect()
}

/// Moves one host after the other, to and fro, until one request behind the instant at which this is over; gives what that
/// one was told.
async fn moving(
    client: Client,
    fleet: Arc<Fleet>,
    first: usize,
    accepted: Arc<AtomicUsize>,
    over: CancellationToken,
) -> Value {
    for number in first.. {
        let last = over.is_cancelled();
        let (mutation, version) = [("upgradeInstances", 2), ("revertInstances", 1)][number / fleet.hostnames.len() % 2];
        let input = json!({
            "serviceId": fleet.service, "versionId": fleet.versions[version],
            "hosts": { "hostnames": [fleet.hostnames[number % fleet.hostnames.len()]] },
        });
        let payload = client.mutate(mutation, input, "release { id }").await;
        if last {
            return payload["userErrors"][0]["code"].clone();
        }
        accepted.fetch_add(usize::from(payload["userErrors"] == json!([])), Ordering::Relaxed);
    }
    unreachable!("there are more numbers than requests")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r17_a_freeze_gets_its_turn_and_nothing_is_accepted_behind_it_through_whichever_server() {
    let (servers, fleet) = three(30).await;
    let (stored, fleet) = (servers[0].stored().await, Arc::new(fleet));
    for round in 0..4 {
        let (over, accepted) = (CancellationToken::new(), Arc::<AtomicUsize>::default());
        let mut movers = JoinSet::new();
        for mover in 0..9 {
            let client = servers[mover % 3].client();
            movers.spawn(moving(client, fleet.clone(), mover * 7, accepted.clone(), over.clone()));
        }
        let began = Instant::now();
        while accepted.load(Ordering::Relaxed) < 10 {
            assert!(began.elapsed() < MAX_WAIT, "nothing is accepted");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let freeze = json!({ "serviceId": fleet.service, "reason": "stop", "includeReverts": true });
        servers[round % 3].client().change("freezeService", freeze, "hold { id }").await;
        over.cancel();
        assert_eq!(movers.join_all().await, vec![json!("FROZEN"); 9]);
        let frozen = positions(&stored, "service_id", "kind = 'FROZEN'").await.last().unwrap().1;
        let behind = format!("subject = 'RELEASE' AND kind = 'ACCEPTED' AND position > {frozen}");
        assert_eq!(positions(&stored, "release_id", &behind).await, []);
        servers[0].client().change("unfreezeService", json!({ "serviceId": fleet.service }), "holds { id }").await;
    }
    servers[0].assert_sound();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r17_a_hold_is_seen_by_a_release_or_comes_behind_it_through_whichever_server() {
    let (servers, fleet) = three(60).await;
    let stored = servers[0].stored().await;
    let before = positions(&stored, "0", "1 = 1").await.last().unwrap().1;
    let mut pairs = JoinSet::new();
    for (host, name) in fleet.hostnames.iter().enumerate() {
        let (one, two) = (servers[host % 3].client(), servers[(host + 1) % 3].client());
        let hold = json!({ "instanceIds": [fleet.instance(host).await], "reason": "mine" });
        let upgrade = json!({
            "serviceId": fleet.service, "versionId": fleet.versions[2], "hosts": { "hostnames": [name] },
        });
        // From well before to well after the release, so that some race, however long either takes here.
        let delay = Duration::from_millis(25) * host as u32;
        pairs.spawn(async move {
            let holding = async {
                tokio::time::sleep(delay).await;
                one.change("holdInstances", hold, "holds { instance { id } }").await
            };
            let moving = async {
                tokio::time::sleep(LEAD_OF_HOLDS).await;
                two.mutate("upgradeInstances", upgrade, "release { id }").await
            };
            let (held, moved) = tokio::join!(holding, moving);
            let instance = held["holds"][0]["instance"]["id"].as_str().unwrap().trim_start_matches("ins_").to_owned();
            (instance.parse::<i64>().unwrap(), moved)
        });
    }
    let (answers, mut accepted) = (pairs.join_all().await, 0);
    let at = async |kind: &str| -> HashMap<i64, i64> {
        let condition = format!("subject = 'INSTANCE' AND kind = '{kind}' AND position > {before}");
        // Of several events of an instance, the first.
        positions(&stored, "instance_id", &condition).await.into_iter().rev().collect()
    };
    let (holds, releases) = (at("HOLD").await, at("RELEASE").await);
    for (instance, moved) in answers {
        let taken = releases.get(&instance);
        match moved["release"]["id"].as_str() {
            Some(_) => assert!(taken.is_some_and(|taken| *taken < holds[&instance]), "a hold was overlooked"),
            None => assert_eq!((&moved["userErrors"][0]["code"], taken), (&json!("NOTHING_TO_RELEASE"), None)),
        }
        accepted += usize::from(taken.is_some());
    }
    assert!((1..60).contains(&accepted), "{accepted} of 60 were accepted: nothing raced");
    servers[0].assert_sound();
}
