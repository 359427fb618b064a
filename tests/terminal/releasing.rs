//! `install`, `upgrade`, `revert`, `uninstall` and `cancel`: what is asked, what is printed, and the exit statuses.

use crate::cli::Cli;
use crate::gates::Gates;
use serde_json::{Value, json};
use testkit::fleet::id;
use testkit::{Client, Relay};

/// What marks the request that starts a release.
const MARK: &str = "\"dryRun\":false";

async fn releases(client: &Client) -> Vec<Value> {
    let data = client.query("{ releases(first: 50) { nodes { id status action } } }", json!({})).await;
    data["releases"]["nodes"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_in_a_pipe_is_a_line_for_each_change_and_ends_with_its_status() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 3, "quick").await, Cli::new(&gates.server, "operator"));
    let ran = cli.ends(0, &["upgrade", "web", "1.1.0", "--hosts", "all", "--yes", "--watch"]);
    let changes: Vec<&str> = ran.stdout.lines().filter(|line| line.contains(" web-")).collect();
    assert_eq!(changes.len(), 6, "a start and an end of each host: {ran:#?}");
    assert!(changes.iter().all(|line| line.as_bytes()[8] == b'Z' && line.contains("/3")), "{ran:#?}");
    let last = ran.stdout.lines().last().unwrap();
    assert!(last.contains(" SUCCEEDED in 0:0") && last.ends_with("3 succeeded of 3"), "{last}");
    assert!(ran.stderr.contains("web 1.0.0 → 1.1.0 on 3 instances"), "{ran:#?}");
    let versions: Vec<_> = fleet.running().await.into_iter().map(|(_, version)| version.unwrap()).collect();
    assert_eq!(versions, ["1.1.0", "1.1.0", "1.1.0"]);

    let one = &fleet.hostnames[0];
    let ran = cli.ends(0, &["revert", "web", "1.0.0", "--hosts", one, "--from", "1.1.0", "--reason", "slow"]);
    assert!(ran.stdout.ends_with(" accepted: 1 instance\n"), "{ran:#?}");
    fleet.finished(ran.stdout.split(' ').next().unwrap()).await;
    cli.ends(0, &["uninstall", "web", "--hosts", one, "--watch"]);
    let ran = cli.ends(0, &["install", "web", "1.1.0", "--hosts", one, "--port", "8080", "--tag", "blue", "--watch"]);
    let installed = cli.json(&["instances", "web", "--filter", &format!("hostname={one}")]);
    assert_eq!((&installed["items"][0]["port"], &installed["items"][0]["tag"]), (&json!(8080), &json!("blue")));
    assert!(ran.stderr.contains("web 1.1.0 on 1 host\n"), "{ran:#?}");
    let three =
        ["upgrade", "web", "1.2.0", "--hosts", "all", "--max-parallel", "50%", "--max-failures", "1", "--dry-run"];
    let ran = cli.ends(0, &three);
    assert_eq!(ran.stdout, "web 1.1.0 → 1.2.0 on 3 instances, 1 at a time; stops when more than 1 fail\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_that_fails_says_why_and_what_to_do() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 2, "gated").await, Cli::new(&gates.server, "operator"));
    gates.open(&fleet.hostnames[0], 3);
    gates.open(&fleet.hostnames[1], 0);
    let arguments = ["upgrade", "web", "1.1.0", "--hosts", "all", "--yes", "--watch", "--on-failure", "continue"];
    let ran = cli.ends(1, &[&arguments[..], &["--max-failures", "2"]].concat());
    assert!(ran.stdout.contains(" web-01 FAILED exit=3 0:0"), "{ran:#?}");
    assert!(ran.stdout.contains("1 succeeded, 1 failed of 2"), "{ran:#?}");
    assert!(ran.stdout.contains("  ✕ web-01   exit 3 after 0:0"), "{ran:#?}");
    assert!(ran.stdout.contains("no space \\x1b[31mleft\\x1b[0m") && !ran.stdout.contains('\x1b'), "{ran:#?}");
    let release = id(&releases(&fleet.client).await[0]);
    let help = format!("lockkeeper log {release} web-01    lockkeeper upgrade web 1.1.0 --hosts web-01");
    assert_eq!(ran.labeled("help"), help);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_agreed_to_is_not_sent() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 2, "quick").await, Cli::new(&gates.server, "operator"));
    let before = releases(&fleet.client).await.len();
    let all = ["upgrade", "web", "1.1.0", "--hosts", "all"];
    let ran = cli.ends(2, &all);
    assert!(ran.labeled("error").contains("--yes"), "{ran:#?}");
    assert_eq!(ran.labeled("help"), "lockkeeper upgrade web 1.1.0 --hosts all --yes");
    let ran = cli.ends(0, &[&all[..], &["--dry-run"]].concat());
    assert_eq!(ran.stdout, "web 1.0.0 → 1.1.0 on 2 instances, 1 at a time; stops when one fails\n");
    for wrong in [
        &["upgrade", "web", "1.1.0", "--yes"][..],
        &["upgrade", "web", "1.1.0", "--yes", "--hosts", "all,web-01"],
        &["upgrade", "web", "1.1.0", "--yes", "--hosts", "all", "--label", "side=left"],
        &["upgrade", "web", "1.1.0", "--yes", "--hosts", "all", "--max-parallel", "many"],
    ] {
        cli.ends(2, wrong);
    }
    assert_eq!(releases(&fleet.client).await.len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_refusal_has_its_exit_status_in_words_and_in_json() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 2, "quick").await, Cli::new(&gates.server, "operator"));
    let all = ["--hosts", "all", "--yes"];
    let upgrade = |service, version| [&["upgrade", service, version][..], &all].concat();
    let fails = |cli: &Cli, status, arguments: &[&str], code: &str| {
        let ran = cli.ends(status, arguments);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("error: "), "{ran:#?}");
        let json = cli.ends(status, &[arguments, &["--json"]].concat()).json();
        assert_eq!(json["errors"][0]["code"], code, "{json:#}");
        ran
    };
    let ran = fails(&cli, 3, &upgrade("wbe", "1.1.0"), "NOT_FOUND");
    assert!(ran.labeled("error").contains("web"), "the nearest name: {ran:#?}");
    let ran = fails(&cli, 3, &upgrade("web", "1.1"), "NOT_FOUND");
    assert!(ran.labeled("error").contains("1.1.0"), "the nearest name: {ran:#?}");
    let ran = fails(&cli, 3, &["upgrade", "web", "1.1.0", "--hosts", "web-1"], "NOT_FOUND");
    assert!(ran.labeled("error").contains("web-01"), "the nearest name: {ran:#?}");
    fails(&cli, 6, &upgrade("web", "1.0.0"), "NOTHING_TO_RELEASE");
    fails(&cli, 6, &[&upgrade("web", "1.0.0")[..], &["--dry-run"]].concat(), "NOTHING_TO_RELEASE");
    let ran = cli.ends(6, &upgrade("web", "1.0.0"));
    assert!(ran.labeled("error").ends_with("can take part. web-01, web-02: is at 1.0.0."), "{ran:#?}");
    fails(&Cli::new(&gates.server, "viewer"), 4, &upgrade("web", "1.1.0"), "FORBIDDEN");
    fails(&Cli::at(&gates.server.url, "lk_wrong"), 4, &upgrade("web", "1.1.0"), "UNAUTHENTICATED");
    fails(&Cli::at("http://127.0.0.1:1", "lk_x"), 5, &upgrade("web", "1.1.0"), "UNREACHABLE");
    fails(&cli, 3, &["watch", "rel_999"], "NOT_FOUND");
    fails(&cli, 3, &["watch", "web"], "NOT_FOUND");
    fails(&cli, 3, &["log", "rel_999"], "NOT_FOUND");
    fails(&cli, 3, &["cancel", "rel_999"], "NOT_FOUND");
    let release = id(&releases(&fleet.client).await[0]);
    let ran = fails(&cli, 3, &["log", &release, "web-1"], "NOT_FOUND");
    assert!(ran.labeled("error").contains("web-01"), "the nearest name: {ran:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acceptance_in_json_names_the_release_and_what_is_left_out() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 3, "quick").await, Cli::new(&gates.server, "operator"));
    let hold = json!({ "instanceIds": [fleet.instance(1).await], "reason": "kernel work" });
    fleet.client.change("holdInstances", hold, "holds { id }").await;
    let all = ["upgrade", "web", "1.1.0", "--hosts", "all", "--yes", "--json"];
    let skipped = json!([{ "hostname": "web-02", "reason": "LOCKED" }]);
    let dry = cli.ends(0, &[&all[..], &["--dry-run"]].concat()).json();
    assert_eq!(dry, json!({ "release": null, "accepted": 2, "skipped": skipped, "dryRun": true }));
    let ran = cli.ends(0, &[&all[..], &["--watch"]].concat());
    let lines = ran.json_lines();
    let release = &lines[0]["release"];
    assert_eq!(lines[0], json!({ "release": release, "accepted": 2, "skipped": skipped, "dryRun": false }));
    let last = &lines[lines.len() - 1];
    let seconds = &last["seconds"];
    assert_eq!(
        *last,
        json!({ "release": release, "status": "SUCCEEDED", "succeeded": 2, "failed": 0, "canceled": 0, "unknown": 0,
            "seconds": seconds })
    );
    assert!(seconds.is_u64());
    for line in &lines[1..lines.len() - 1] {
        let keys: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["at", "hostname", "progress", "release", "status"], "{line}");
        assert_eq!(line["progress"]["total"], 2);
    }
    let of_release: Vec<_> = lines[1..lines.len() - 1].iter().filter(|line| line["hostname"].is_null()).collect();
    assert!(!of_release.is_empty());
    let ran = cli.ends(0, &["upgrade", "web", "1.2.0", "--hosts", "all", "--dry-run"]);
    assert!(ran.stdout.contains("on 2 of 3 instances"), "{ran:#?}");
    assert!(ran.stdout.contains("left out   web-02 (locked by admin: kernel work)"), "{ran:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_asked_for_again_and_the_release_is_one() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 2, "quick").await, Cli::new(&gates.server, "operator"));
    let before = releases(&fleet.client).await.len();
    let relay = Relay::to_url(&gates.server.url, MARK).await;
    relay.lose_answers(2);
    let ran = cli.moved(&relay.url).ends(0, &["upgrade", "web", "1.1.0", "--hosts", "all", "--yes"]);
    assert_eq!(relay.marked(), 3);
    assert_eq!(releases(&fleet.client).await.len(), before + 1, "{ran:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_stays_lost_ends_with_a_command_that_can_be_pasted() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 2, "quick").await, Cli::new(&gates.server, "operator"));
    let before = releases(&fleet.client).await.len();
    let relay = Relay::to_url(&gates.server.url, MARK).await;
    relay.lose_answers(usize::MAX);
    let reason = "it's \"slow\"";
    let arguments = ["upgrade", "web", "1.1.0", "--hosts", "all", "--yes", "--no-watch", "--reason", reason, "--json"];
    let ran = cli.moved(&relay.url).ends(5, &arguments);
    let json = ran.json();
    let key = json["idempotencyKey"].as_str().unwrap();
    assert_eq!((&json["errors"][0]["code"], &json["requestId"]), (&json!("UNREACHABLE"), &Value::Null), "{json:#}");
    let command = ran.labeled("help");
    assert!(command.ends_with(&format!(" --yes --key {key}")), "{command}");
    let pasted = cli.pastes(0, command).json();
    let all = releases(&fleet.client).await;
    assert_eq!((all.len(), &pasted["release"]), (before + 1, &all[0]["id"]), "{pasted:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn canceling_twice_is_canceling_once_and_a_watcher_sees_it() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 2, "slow").await, Cli::new(&gates.server, "operator"));
    let ran = cli.ends(0, &["upgrade", "web", "1.1.0", "--hosts", "all", "--yes", "--json", "--max-parallel", "1"]);
    let release = ran.json()["release"].as_str().unwrap().to_owned();
    let mut watcher = cli.start(&["watch", "--json"]);
    watcher.read_until(|line| line.contains("web-01"));
    cli.ends(0, &["cancel", &release, "--stop", "--reason", "wrong version"]);
    let again = cli.ends(0, &["cancel", &release, "--json"]).json();
    assert_eq!((&again["id"], &again["service"]), (&json!(release), &json!("web")), "{again:#}");
    let seen = watcher.end();
    // The one that ran was stopped, which is a failure.
    assert_eq!(seen.status, Some(1), "{seen:#?}");
    let last = seen.json_lines().pop().unwrap();
    assert_eq!((&last["failed"], &last["canceled"]), (&json!(1), &json!(1)), "{last:#}");
    let done =
        fleet.client.query("query($id: ID!) { node(id: $id) { ... on Release { status } } }", json!({ "id": release }));
    assert_eq!(done.await["node"]["status"], "FAILED");
    let end = cli.ends(1, &["watch", &release]);
    assert!(end.stdout.contains("1 failed, 1 canceled of 2; canceled by ana: wrong version\n"), "{end:#?}");
    assert_eq!(end.labeled("help"), format!("lockkeeper log {release} web-01    lockkeeper undo {release}"));
    let never = cli.ends(0, &["log", &release, "web-02"]);
    let says = format!(
        "{release} was canceled by ana: wrong version.\nweb-02 was never started in {release}: its target is CANCELED.\n"
    );
    assert_eq!(never.stderr, says);
    assert!(cli.ends(0, &["releases"]).stdout.contains("(canceled: wrong version)"));
    let after = cli.ends(0, &["cancel", &release, "--json"]).json();
    assert_eq!((&after["id"], &after["status"]), (&json!(release), &json!("FAILED")), "{after:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canceled_release_ends_with_7() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 2, "slow").await, Cli::new(&gates.server, "operator"));
    // Another release keeps the hosts busy, so that nothing of it starts.
    let upgrade = ["upgrade", "web", "1.1.0", "--hosts", "all", "--yes", "--json", "--max-parallel", "2"];
    let first = cli.ends(0, &upgrade).json();
    testkit::until("both hosts are busy", async || {
        let data = fleet.client.query("{ releases(first: 1) { nodes { progress { running } } } }", json!({})).await;
        (data["releases"]["nodes"][0]["progress"]["running"] == 2).then_some(())
    })
    .await;
    let other = fleet.client.service("api").hosts(1).executor("slow").register().await;
    let hosts = fleet.hostnames.join(",");
    let second = cli.ends(0, &["install", &other.service_name, "1.0.0", "--hosts", &hosts, "--yes", "--json"]).json();
    let release = second["release"].as_str().unwrap();
    let ran = cli.ends(0, &["cancel", release]);
    assert!(ran.stdout.contains("canceled"), "{ran:#?}");
    let ran = cli.ends(7, &["watch", release]);
    assert!(ran.stdout.contains("CANCELED in 0:0") && ran.stdout.contains("2 canceled of 2"), "{ran:#?}");
    let again = cli.ends(0, &["cancel", release]);
    assert!(again.stdout.contains("is canceled"), "{again:#?}");
    cli.ends(0, &["cancel", first["release"].as_str().unwrap(), "--stop"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stops_watching_does_not_stop_the_release() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 2, "gated").await, Cli::new(&gates.server, "operator"));
    let mut watcher = cli.start(&["upgrade", "web", "1.1.0", "--hosts", "all", "--yes", "--watch"]);
    watcher.read_until(|line| line.contains("web-01 RUNNING"));
    watcher.interrupt();
    let ran = watcher.end();
    assert_eq!(ran.status, Some(130), "{ran:#?}");
    let release = id(&releases(&fleet.client).await[0]);
    assert_eq!(ran.labeled("help"), format!("lockkeeper watch {release}    lockkeeper cancel {release}"));

    let ran = cli.ends(9, &["watch", "--timeout", "1s"]);
    assert!(ran.stderr.contains(&format!("The release {release} goes on: RUNNING, 0/2")), "{ran:#?}");
    gates.open("all", 0);
    let ran = cli.ends(0, &["watch"]);
    assert!(ran.stdout.contains("2 succeeded of 2"), "the newest one, which has ended: {ran:#?}");
}
