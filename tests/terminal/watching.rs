//! `watch` and `log --follow` through everything that can happen to the connection: no line twice, and none missed.

use crate::cli::{Cli, Ended};
use crate::gates::Gates;
use serde_json::{Value, json};
use std::collections::HashSet;
use testkit::{Client, Fleet, Relay};

/// A relay that loses nothing by itself.
async fn relay(url: &str) -> Relay {
    Relay::to_url(url, "no request has this").await
}

/// Starts a release of all hosts that waits at the gates.
async fn begin(fleet: &Fleet) -> String {
    testkit::fleet::id(&fleet.release("upgradeInstances", &fleet.versions[1]).await["release"])
}

/// What happened to the hosts of a release, in order, as the server recorded it.
async fn recorded(client: &Client, release: &str) -> Vec<(String, String)> {
    let document = "query($id: ID!) { releaseEvents(first: 200, filter: { releaseIds: [$id] }) { nodes {
        kind target { status host { hostname } } } } }";
    let data = client.query(document, json!({ "id": release })).await;
    let events = data["releaseEvents"]["nodes"].as_array().unwrap();
    let targets = events.iter().filter(|event| !event["target"].is_null());
    targets
        .map(|event| {
            let started = event["kind"] == "TARGET_STARTED";
            let status = if started { "RUNNING" } else { event["target"]["status"].as_str().unwrap() };
            (event["target"]["host"]["hostname"].as_str().unwrap().to_owned(), status.to_owned())
        })
        .collect()
}

/// What was shown of the hosts, in order.
fn shown(ran: &Ended) -> Vec<(String, String)> {
    let lines = ran.json_lines();
    let of_hosts = lines.iter().filter(|line| line["hostname"].is_string());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    of_hosts.map(|line| (text(&line["hostname"]), text(&line["status"]))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i5_watch_prints_each_change_once_through_cuts_and_restarts() {
    let mut gates = Gates::start();
    let fleet = gates.fleet("web", 6, "gated").await;
    let relay = relay(&gates.server.url).await;
    let cli = Cli::new(&gates.server, "viewer").moved(&relay.url);
    let release = begin(&fleet).await;
    let mut watcher = cli.start(&["watch", &release, "--json"]);
    let has = |host: usize, status: &'static str| {
        let hostname = fleet.hostnames[host].clone();
        move |line: &str| line.contains(&hostname) && line.contains(status)
    };
    gates.open(&fleet.hostnames[0], 0);
    watcher.read_until(has(0, "SUCCEEDED"));

    relay.cut();
    gates.open(&fleet.hostnames[1], 0);
    gates.open(&fleet.hostnames[2], 3);
    testkit::until("both have ended", async || {
        let ends = recorded(&fleet.client, &release).await;
        (ends.iter().filter(|(_, status)| status != "RUNNING").count() == 3).then_some(())
    })
    .await;
    relay.lead_to(&gates.server.url);
    watcher.read_until(has(2, "FAILED"));

    gates.server.kill();
    gates.open("all", 0);
    gates.server.serve();
    relay.lead_to(&gates.server.url);
    let ran = watcher.end();
    let client = fleet.client.at(&gates.server.url);
    assert_eq!(shown(&ran), recorded(&client, &release).await);
    assert_eq!(ran.status, Some(1), "{ran:#?}");
    assert!(ran.stdout.contains(&format!("\"release\":\"{release}\",\"status\":\"FAILED\"")), "{ran:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i5_events_that_are_no_longer_kept_are_made_up_for_by_the_state() {
    let gates = Gates::start();
    let fleet = gates.fleet("web", 4, "gated").await;
    let relay = relay(&gates.server.url).await;
    let cli = Cli::new(&gates.server, "viewer").moved(&relay.url);
    let release = begin(&fleet).await;
    let mut watcher = cli.start(&["watch", &release, "--json"]);
    gates.open(&fleet.hostnames[0], 0);
    watcher.read_until(|line| line.contains("web-01") && line.contains("SUCCEEDED"));
    relay.cut();
    gates.open(&fleet.hostnames[1], 0);
    testkit::until("the second has ended", async || {
        let ends = recorded(&fleet.client, &release).await;
        ends.contains(&("web-02".into(), "SUCCEEDED".into())).then_some(())
    })
    .await;
    gates.server.stored().await.execute("UPDATE event_log SET floor = position").await;
    relay.lead_to(&gates.server.url);
    watcher.read_until(|line| line.contains("web-02") && line.contains("SUCCEEDED"));
    gates.open("all", 0);
    let ran = watcher.end();
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    let mut ends = HashSet::new();
    for change in shown(&ran) {
        assert!(ends.insert(change.clone()), "{change:?} twice: {ran:#?}");
    }
    for hostname in &fleet.hostnames {
        assert!(ends.contains(&(hostname.clone(), "SUCCEEDED".into())), "{hostname} missed: {ran:#?}");
    }
    // From the beginning it can no longer be read: the state says how it went.
    let late = cli.ends(0, &["watch", &release, "--json"]);
    assert_eq!(shown(&late).len(), 4, "{late:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_been_seen_is_not_shown_with_since() {
    let gates = Gates::start();
    let fleet = gates.fleet("web", 3, "quick").await;
    let cli = Cli::new(&gates.server, "viewer");
    let release = begin(&fleet).await;
    assert_eq!(fleet.finished(&release).await, "SUCCEEDED");
    let all = cli.ends(0, &["watch", &release, "--json"]);
    assert_eq!(shown(&all), recorded(&fleet.client, &release).await);
    let document = "query($id: ID!) { releaseEvents(first: 200, filter: { releaseIds: [$id] }) { nodes { cursor } } }";
    let data = fleet.client.query(document, json!({ "id": release })).await;
    let cursors = data["releaseEvents"]["nodes"].as_array().unwrap();
    let since = |place: usize| cursors[place]["cursor"].as_str().unwrap();
    let rest = cli.ends(0, &["watch", &release, "--json", "--since", since(cursors.len() - 3)]);
    assert_eq!(rest.json_lines().len(), 3, "two events and the end: {rest:#?}");
    let nothing = cli.ends(0, &["watch", &release, "--json", "--since", since(cursors.len() - 1)]);
    assert_eq!(nothing.json_lines().len(), 1, "only the end: {nothing:#?}");
    let wrong = cli.ends(3, &["watch", &release, "--json", "--since", "nonsense"]).json();
    assert_eq!(wrong["errors"][0]["code"], "CURSOR_INVALID");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i5_log_prints_each_line_once_through_cuts_and_restarts() {
    let mut gates = Gates::start();
    let fleet = gates.fleet("web", 3, "gated").await;
    let relay = relay(&gates.server.url).await;
    let cli = Cli::new(&gates.server, "viewer").moved(&relay.url);
    let release = begin(&fleet).await;
    let mut log = cli.start(&["log", &release, "--follow", "--json"]);
    log.read_until(|line| line.contains("web-03"));
    relay.cut();
    gates.open(&fleet.hostnames[0], 3);
    testkit::until("the first has ended", async || {
        let ends = recorded(&fleet.client, &release).await;
        ends.contains(&("web-01".into(), "FAILED".into())).then_some(())
    })
    .await;
    gates.server.kill();
    gates.open("all", 0);
    gates.server.serve();
    relay.lead_to(&gates.server.url);
    let ran = log.end();
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    let lines = ran.json_lines();
    let keys: Vec<_> = lines[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["at", "cursor", "hostname", "stream", "text"]);
    let document = "query($id: ID!) { node(id: $id) { ... on Release { log(first: 200) { nodes { cursor } } } } }";
    let client = fleet.client.at(&gates.server.url);
    let data = client.query(document, json!({ "id": release })).await;
    let cursors = |lines: &[Value]| lines.iter().map(|line| line["cursor"].clone()).collect::<Vec<_>>();
    assert_eq!(cursors(&lines), cursors(data["node"]["log"]["nodes"].as_array().unwrap()));

    let errors = cli.ends(0, &["log", &release, "web-01", "--errors"]);
    assert!(errors.stdout.ends_with(" web-01 ! no space \\x1b[31mleft\\x1b[0m\n"), "{errors:#?}");
    assert_eq!(errors.stdout.lines().count(), 1);
    let tail = cli.ends(0, &["log", &release, "--tail", "1", "--json"]).json_lines();
    assert_eq!(cursors(&tail), cursors(&lines[lines.len() - 1..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_ends_ends_the_watching() {
    let gates = Gates::start();
    let fleet = gates.fleet("web", 2, "slow").await;
    let cli = Cli::at(&gates.server.url, &gates.server.token("bob", "viewer"));
    let release = begin(&fleet).await;
    let mut watcher = cli.start(&["watch", &release, "--json"]);
    watcher.read_until(|line| line.contains("web-01"));
    let revoked = gates.server.run(&["token", "revoke", "--name", "bob"]);
    assert!(revoked.status.success(), "{revoked:?}");
    let ran = watcher.end();
    assert_eq!(ran.status, Some(4), "{ran:#?}");
    let last = ran.json_lines().pop().unwrap();
    assert_eq!(last["errors"][0]["code"], "UNAUTHENTICATED", "{last:#}");
    assert_eq!(ran.labeled("help"), "lockkeeper login");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_has_gone_is_not_written_for() {
    let gates = Gates::start();
    let fleet = gates.fleet("web", 2, "gated").await;
    let cli = Cli::new(&gates.server, "viewer");
    let release = begin(&fleet).await;
    let mut watcher = cli.start(&["watch", &release]);
    watcher.read_until(|line| line.contains("web-01"));
    let status = watcher.leave();
    gates.open(&fleet.hostnames[0], 0);
    assert_eq!(status(), Some(130));
}
