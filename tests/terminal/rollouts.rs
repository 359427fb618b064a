//! How a release moves: in waves, with pauses; and what becomes of it later: it is undone or retried.

use crate::cli::Cli;
use crate::gates::Gates;
use serde_json::json;
use testkit::Fleet;

/// The version of each instance, by hostname.
async fn versions(fleet: &Fleet) -> Vec<String> {
    fleet.running().await.into_iter().map(|(_, version)| version.unwrap()).collect()
}

/// Upgrades all hosts to 1.1.0 and waits for the end, which has this status. Returns the release.
fn upgraded(cli: &Cli, status: i32, more: &[&str]) -> String {
    let all = ["upgrade", "web", "1.1.0", "--hosts", "all", "--yes", "--json", "--watch"];
    let lines = cli.ends(status, &[&all[..], more].concat()).json_lines();
    lines[0]["release"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_is_undone_once_and_says_what_moved_since() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 3, "quick").await, Cli::new(&gates.server, "operator"));
    let release = upgraded(&cli, 0, &[]);
    let dry = cli.ends(0, &["undo", &release, "--dry-run"]);
    assert_eq!(
        dry.stdout,
        format!("undo of {release} (upgrade web 1.1.0) on 3 instances, 1 at a time; goes on when some fail\n")
    );
    cli.run(&["undo", &release]).fails(2, &["--yes"]);
    let undone = cli.ends(0, &["undo", &release, "--yes", "--watch", "--reason", "slow"]);
    assert!(undone.stdout.ends_with("3 succeeded of 3\n"), "{undone:#?}");
    assert_eq!(versions(&fleet).await, ["1.0.0"; 3]);
    let listed = cli.json(&["releases", "web", "--limit", "1"]);
    let newest = &listed["items"][0];
    assert_eq!(["origin", "action", "reason"].map(|key| &newest[key]), ["UNDO", "REVERT", "slow"]);

    let again = cli.ends(6, &["undo", &release, "--yes"]);
    assert!(again.labeled("error").ends_with(" web-01, web-02, web-03: has moved since."), "{again:#?}");
    cli.run(&["undo", "rel_999", "--yes"]).fails(3, &["rel_999", "help: lockkeeper releases"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_that_is_given_up_goes_back() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 3, "gated").await, Cli::new(&gates.server, "operator"));
    gates.open(&fleet.hostnames[0], 0);
    let mut watcher =
        cli.start(&["upgrade", "web", "1.1.0", "--hosts", "all", "--yes", "--watch", "--max-parallel", "1"]);
    watcher.read_until(|line| line.contains("web-02 RUNNING"));
    let release = cli.json(&["releases", "--limit", "1"])["items"][0]["id"].as_str().unwrap().to_owned();
    let canceled = cli.ok(&["cancel", &release, "--undo"]);
    assert!(canceled.stdout.ends_with("1 running finish. It is undone once it has ended.\n"), "{canceled:#?}");
    gates.open("all", 0);
    let ran = watcher.end();
    assert_eq!(ran.status, Some(7));
    assert!(ran.stdout.contains("  undone by rel_"), "{ran:#?}");
    let undo = cli.json(&["releases", "--limit", "1"])["items"][0].clone();
    assert_eq!(undo["origin"], "UNDO", "{undo:#}");
    assert_eq!(fleet.finished(undo["id"].as_str().unwrap()).await, "SUCCEEDED");
    assert_eq!(versions(&fleet).await, ["1.0.0"; 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_takes_what_failed_and_is_one_however_often_it_is_asked_for() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 3, "gated").await, Cli::new(&gates.server, "operator"));
    let failing = &fleet.hostnames[1];
    gates.open(failing, 3);
    gates.open("all", 0);
    let release = upgraded(&cli, 1, &["--on-failure", "continue", "--max-failures", "3"]);
    assert_eq!(versions(&fleet).await, ["1.1.0", "1.0.0", "1.1.0"]);

    gates.open(failing, 0);
    let retry = ["retry", &release, "--key", "again", "--json"];
    let accepted = cli.ends(0, &retry).json();
    assert_eq!((&accepted["accepted"], &accepted["dryRun"]), (&json!(1), &json!(false)), "{accepted:#}");
    assert_eq!(fleet.finished(accepted["release"].as_str().unwrap()).await, "SUCCEEDED");
    assert_eq!(versions(&fleet).await, ["1.1.0"; 3]);
    assert_eq!(cli.ends(0, &retry).json()["release"], accepted["release"], "the same key is the same retry");
    let nothing = cli.ends(6, &["retry", &release, "--json"]).json();
    assert_eq!(nothing["errors"][0]["code"], "NOTHING_TO_RELEASE", "{nothing:#}");
}

/// Starts an upgrade of all hosts to 1.1.0 that is watched until it is paused. Returns its id.
fn paused(cli: &Cli, more: &[&str]) -> String {
    let all = ["upgrade", "web", "1.1.0", "--hosts", "all", "--yes", "--json", "--watch"];
    let lines = cli.ends(8, &[&all[..], more].concat()).json_lines();
    assert_eq!(lines.last().unwrap()["status"], "PAUSED", "{lines:#?}");
    lines[0]["release"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_in_waves_pauses_with_8_and_goes_on_when_it_is_resumed() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 4, "gated").await, Cli::new(&gates.server, "operator"));
    gates.open(&fleet.hostnames[0], 0);
    let upgrade = ["upgrade", "web", "1.1.0", "--hosts", "all", "--waves", "1p,50%@1s,100%", "--yes", "--watch"];
    let ran = cli.ends(8, &upgrade);
    assert!(ran.stdout.contains("PAUSED 1/4\n") && ran.stdout.ends_with("  paused after wave 1 of 3\n"), "{ran:#?}");
    let release = cli.json(&["releases", "--limit", "1"])["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(ran.labeled("help"), format!("lockkeeper resume {release}    lockkeeper cancel {release} --undo"));
    assert_eq!(versions(&fleet).await, ["1.1.0", "1.0.0", "1.0.0", "1.0.0"]);
    let status = cli.ok(&["status", "web"]).stdout;
    assert!(status.contains("needs you") && status.contains("PAUSED"), "{status}");

    // Those who come later see it from its beginning up to the pause.
    let later = cli.ends(8, &["watch", &release]);
    assert_eq!(later.stdout.matches("web-01 SUCCEEDED").count(), 1, "{later:#?}");
    let why = cli.ok(&["why", &release]);
    assert!(
        why.stdout.starts_with("web-02, web-03, web-04 waiting\n") || why.stdout.starts_with("web-02 waiting\n"),
        "{why:#?}"
    );
    assert_eq!(why.labeled("help"), format!("lockkeeper resume {release}"));
    let item = &cli.json(&["releases"])["items"][0];
    assert_eq!((&item["pause"]["reason"], &item["pause"]["by"]), (&"WAVE".into(), &"lockkeeper".into()), "{item:#}");

    let resumed = cli.json(&["resume", &release]);
    assert_eq!(resumed["id"], release.as_str());
    // A pause that is over is passed by.
    let mut watcher = cli.start(&["watch", &release]);
    watcher.read_until(|line| line.contains("web-02 RUNNING"));
    gates.open("all", 0);
    let ran = watcher.end();
    assert_eq!(ran.status, Some(0), "{ran:#?}");
    assert!(ran.stdout.contains(" RESUMED 1/4\n") && ran.stdout.ends_with("4 succeeded of 4\n"), "{ran:#?}");
    assert_eq!(versions(&fleet).await, ["1.1.0"; 4]);
    for over in [["pause", &release], ["resume", &release]] {
        cli.run(&over).fails(3, &["has ended with SUCCEEDED", &format!("help: lockkeeper watch {release}\n")]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_goes_on_to_its_end_over_the_pauses_that_are_left() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 4, "quick").await, Cli::new(&gates.server, "operator"));
    let release = paused(&cli, &["--waves", "1p,2p,3p,100%"]);
    let ran = cli.ok(&["resume", &release, "--to-end"]);
    assert!(ran.stdout.contains(&format!("{release} goes on")), "{ran:#?}");
    assert_eq!(fleet.finished(&release).await, "SUCCEEDED");
    // The values of a label make waves, too: those of web-02 and web-04 come first.
    let revert = ["revert", "web", "1.0.0", "--hosts", "all", "--yes", "--json", "--watch", "--waves-by", "side"];
    cli.ends(8, &[&revert[..], &["--wave-first", "right", "--pause-after-first"]].concat());
    assert_eq!(versions(&fleet).await, ["1.1.0", "1.0.0", "1.1.0", "1.0.0"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_is_paused_by_a_person_who_says_why() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 3, "gated").await, Cli::new(&gates.server, "operator"));
    let mut watcher =
        cli.start(&["upgrade", "web", "1.1.0", "--hosts", "all", "--yes", "--watch", "--max-parallel", "1"]);
    watcher.read_until(|line| line.contains("web-01 RUNNING"));
    let release = cli.json(&["releases", "--limit", "1"])["items"][0]["id"].as_str().unwrap().to_owned();
    let waits = cli.json(&["why", &release]);
    assert_eq!((&waits["totalCount"], &waits["items"][0]["hostname"]), (&2.into(), &"web-02".into()), "{waits:#}");
    assert_eq!(waits["items"][0]["waitsFor"][0]["kind"], "RELEASE_LIMIT", "{waits:#}");
    let said = "web-02, web-03 waiting\n  The release moves one target at a time, and one is running.\n";
    assert_eq!(cli.ok(&["why", &release]).stdout, said);
    assert_eq!(cli.ok(&["why", &release, "web-01"]).stdout, "web-01 RUNNING: no longer waiting\n");
    cli.run(&["why", &release, "web-04"]).fails(3, &["has no target on the host web-04.", "Did you mean web-01"]);
    cli.run(&["why", "rel_999"]).fails(3, &["There is no release rel_999.", "help: lockkeeper releases"]);
    let first = cli.json(&["pause", &release, "--reason", "look at the errors"]);
    assert_eq!(first["status"], "PAUSED", "{first:#}");
    assert_eq!(first["pause"]["message"], "look at the errors", "{first:#}");
    assert_eq!(cli.json(&["pause", &release, "--reason", "again"]), first, "it is paused already");
    let ran = watcher.end();
    assert_eq!(ran.status, Some(8), "{ran:#?}");
    assert!(ran.stdout.ends_with("  paused by ana: look at the errors\n"), "{ran:#?}");
    gates.open("all", 0);
    cli.ok(&["resume", &release]);
    assert_eq!(fleet.finished(&release).await, "SUCCEEDED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_pause_a_release_and_are_forgiven_when_it_is_resumed() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 3, "gated").await, Cli::new(&gates.server, "operator"));
    gates.open(&fleet.hostnames[0], 3);
    gates.open("all", 0);
    let release = paused(&cli, &["--on-failure", "pause", "--max-failures", "0", "--max-parallel", "1"]);
    let ran = cli.ends(8, &["watch", &release]);
    assert!(ran.stdout.contains("  paused, since too many failed\n  ✕ web-01   exit 3"), "{ran:#?}");
    cli.ok(&["resume", &release]);
    assert_eq!(fleet.finished(&release).await, "FAILED");
    assert_eq!(versions(&fleet).await, ["1.0.0", "1.1.0", "1.1.0"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_that_fails_is_undone_where_that_was_asked_for() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 3, "gated").await, Cli::new(&gates.server, "operator"));
    gates.open(&fleet.hostnames[0], 0);
    gates.open(&fleet.hostnames[1], 3);
    let upgrade = ["upgrade", "web", "1.1.0", "--hosts", "all", "--yes", "--watch", "--max-parallel", "1"];
    cli.run(&[&upgrade[..], &["--undo-on-failure", "--on-failure", "stop"]].concat()).fails(2, &["--on-failure"]);
    let ran =
        cli.ends(1, &[&upgrade[..], &["--max-failures", "0", "--undo-on-failure", "--withdraw-on-undo"]].concat());
    assert!(ran.stderr.contains("1 at a time; is undone when one fails\n"), "{ran:#?}");
    let undo = cli.json(&["releases", "--limit", "1"])["items"][0]["id"].as_str().unwrap().to_owned();
    assert!(ran.stdout.contains(&format!("\n  undone by {undo}\n")), "{ran:#?}");
    assert_eq!(ran.labeled("help"), format!("lockkeeper watch {undo}"));
    gates.open("web-02", 0);
    assert_eq!(fleet.finished(&undo).await, "SUCCEEDED");
    assert_eq!(versions(&fleet).await, ["1.0.0"; 3]);
    assert!(
        cli.json(&["versions", "web"])["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|version| !version["withdrawal"].is_null())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_shows_every_host_in_its_wave_and_starts_nothing() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 4, "quick").await, Cli::new(&gates.server, "operator"));
    let plan =
        ["plan", "upgrade", "web", "1.1.0", "--hosts", "all", "--waves", "1p,50%@5m,100%", "--first", "side=right"];
    let shown = cli.ok(&plan).stdout;
    let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
    let waves = "  3 waves    1 then a pause, 1 then a soak of 5:00, 2; at worst 1 fail";
    assert_eq!(lines[1], waves, "{shown}");
    assert_eq!(lines[2].split_whitespace().collect::<Vec<_>>(), ["HOST", "WAVE", "FROM", "TO"]);
    assert_eq!(lines[3].split_whitespace().collect::<Vec<_>>(), ["web-02", "1", "1.0.0", "1.1.0"]);

    let json = cli.json(&plan);
    let hosts: Vec<_> = json["targets"].as_array().unwrap().iter().map(|target| &target["hostname"]).collect();
    assert_eq!(hosts, ["web-02", "web-04", "web-01", "web-03"]);
    assert_eq!((&json["waves"][1]["soakSeconds"], &json["rollout"]["maxParallel"]), (&300.into(), &1.into()));
    assert_eq!((&json["worstCaseFailures"], &json["accepted"]), (&1.into(), &4.into()));
    assert_eq!(json["warnings"], serde_json::json!([]));
    let nowhere = [&plan[..], &["--first", "side=middle"]].concat();
    assert_eq!(cli.json(&nowhere)["warnings"][0]["code"], "LABEL_WITHOUT_HOST");
    assert!(cli.ok(&nowhere).stderr.starts_with("warning: "));
    cli.run(&["plan", "upgrade", "web", "1.0.0", "--hosts", "all"]).fails(6, &["is at 1.0.0"]);
    cli.run(&["plan", "undo", "rel_999"]).fails(3, &["There is no release rel_999."]);
    let releases = cli.json(&["releases"]);
    let undo = cli.json(&["plan", "undo", releases["items"][0]["id"].as_str().unwrap()]);
    assert_eq!(undo["targets"].as_array().unwrap().len(), 4, "{undo:#}");
    assert_eq!(versions(&fleet).await, ["1.0.0"; 4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waves_that_make_no_sense_are_refused_by_their_option() {
    let gates = Gates::start();
    let (_, cli) = (gates.fleet("web", 3, "quick").await, Cli::new(&gates.server, "operator"));
    let upgrade = |more: &[&str]| cli.run(&[&["upgrade", "web", "1.1.0", "--hosts", "all", "--yes"], more].concat());
    upgrade(&["--waves", "2x"]).fails(2, &["2x", "2, 25%p or 25%p@5m"]);
    upgrade(&["--waves", "1,2", "--waves-by", "side"]).fails(2, &["--waves-by"]);
    upgrade(&["--soak", "5m"]).fails(2, &["--waves-by"]);
    upgrade(&["--waves", "1@8d,100%"]).fails(2, &["at most 7 days"]);
    upgrade(&["--waves", "50%,25%"]).fails(3, &["The number of wave 2 is less than that of the wave before."]);
    upgrade(&["--waves", "0%,25%"]).fails(3, &["The number of wave 1 must be"]);
    upgrade(&["--waves", "1,100%p"]).fails(3, &["Leave its p out"]);
    upgrade(&["--waves", &["1"; 21].join(",")]).fails(3, &["There are 21 waves"]);
    upgrade(&["--waves", "1@2d,100%", "--deadline", "1d"]).fails(3, &["what has not started after 86400 seconds"]);
    upgrade(&["--order", "as-given"]).fails(3, &["AS_GIVEN needs hosts"]);
    upgrade(&["--max-per-label", "side"]).fails(2, &["rack=1"]);
    upgrade(&["--max-per-label", "side=0"]).fails(3, &["The count must be"]);
    let ordered = [
        "--hosts",
        "web-03,web-01",
        "--order",
        "as-given",
        "--first",
        "side=right",
        "--max-unreachable",
        "1",
        "--max-per-label",
        "side=1",
        "--dry-run",
    ];
    cli.ok(&[&["upgrade", "web", "1.1.0", "--yes"], &ordered[..]].concat());
}
