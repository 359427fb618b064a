//! Clocks that are an hour apart, or are set an hour forward and back while releases run: leases do not look at them,
//! what ends at an instant ends by the database's clock, and nothing ends before it began.
//!
//! Processes get their clocks from libfaketime (Debian's package `faketime`).

use crate::PROGRAM;
use crate::record::Record;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use testkit::Database;
use testkit::MAX_WAIT;
use testkit::cluster::{Cluster, Environment};
use testkit::fleet::id;
use testkit::{Client, Fleet, Program, Server};

const CONFIGURATION: &str = "
[executors.careful]
kind = 'command'
program = './deploy'
dir = '.'
";

/// Takes a while, so that clocks are set in its midst.
const SCRIPT: &str = "#!/bin/sh\n[ $LOCKKEEPER_ACTION = UPGRADE ] || exit 0\nsleep 1\n";

const HOSTS: usize = 12;

/// A clock that some processes have. It can be set while they run.
struct Clock {
    directory: tempfile::TempDir,
}

impl Clock {
    /// One that is so many minutes ahead of the true one.
    fn ahead(minutes: i32) -> Clock {
        let clock = Clock { directory: tempfile::tempdir().unwrap() };
        // PostgreSQL reads it, too, as another user.
        fs::set_permissions(clock.directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        clock.set(minutes);
        clock
    }

    fn set(&self, minutes: i32) {
        let new = self.directory.path().join("new");
        fs::write(&new, format!("{minutes:+}m\n")).unwrap();
        fs::rename(new, self.file()).unwrap();
    }

    /// Sets it an hour ahead, right, an hour back, and right again.
    async fn jump(&self) {
        for minutes in [60, 0, -60, 0] {
            self.set(minutes);
            tokio::time::sleep(Duration::from_millis(900)).await;
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("clock")
    }

    /// What gives a process this clock.
    fn environment(&self) -> Environment {
        vec![
            ("LD_PRELOAD", library().display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", self.file().display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
    }
}

fn library() -> PathBuf {
    let directories = fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let mut files = directories.map(|directory| directory.join("faketime/libfaketimeMT.so.1"));
    files.find(|file| file.exists()).expect("libfaketime: install the package faketime")
}

/// A release of all hosts that runs while this is done.
async fn release_during(fleet: &Fleet, done: impl AsyncFnOnce()) {
    let input = json!({
        "serviceId": fleet.service, "versionId": fleet.versions[1], "hosts": { "all": true },
        "rollout": { "maxParallel": { "count": 3 } },
    });
    let release = id(&fleet.client.change("upgradeInstances", input, "release { id }").await["release"]);
    done().await;
    assert_eq!(fleet.finished(&release).await, "SUCCEEDED");
}

async fn installed(server: &Server) -> (Fleet, Record) {
    let script = server.path("deploy");
    fs::write(&script, SCRIPT).unwrap();
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
    let client = server.client();
    let after = client.query("{ eventCursor }", Value::Null).await["eventCursor"].take();
    let watching = client.clone();
    let record = Record::start(after, move || watching.clone());
    (client.service("shop").executor("careful").hosts(HOSTS).install().await, record)
}

/// Everything ran once, in the name of workers that nobody took for dead, and took some time.
async fn assert_undisturbed(server: &Server, workers: usize, record: &Record) {
    let stored = server.stored().await;
    let attempts = stored.texts("SELECT DISTINCT status || ' ' || CAST(attempt AS text) FROM release_target").await;
    assert_eq!(attempts, ["SUCCEEDED 1"]);
    let alive = stored.texts("SELECT CAST(id AS text) FROM worker WHERE ended_at IS NULL").await;
    let all = stored.texts("SELECT CAST(id AS text) FROM worker").await;
    assert_eq!((alive.len(), all.len()), (workers, workers), "a worker was taken for dead");
    let backwards = "SELECT 'target ' || CAST(t.id AS text) FROM release_target t JOIN release r ON r.id = t.release_id
                     WHERE t.finished_at < t.started_at OR t.started_at < r.created_at
                     UNION ALL SELECT 'release ' || CAST(r.id AS text) FROM release r
                     WHERE r.finished_at < r.started_at OR r.started_at < r.created_at";
    assert_eq!(stored.texts(backwards).await, [""; 0], "what ended before it began");
    record.assert_complete(&stored).await;
    assert_eq!(record.reconnects(), 0);
    server.assert_sound();
}

/// Holds an instance for so many minutes from now by the true clock.
async fn hold(client: &Client, instance: &str, minutes: i64) {
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(minutes);
    let input = json!({ "instanceIds": [instance], "reason": "look", "until": format!("{until:.3}") });
    client.change("holdInstances", input, "__typename").await;
}

/// How many holds stand.
async fn standing(stored: &Database) -> usize {
    stored.texts("SELECT CAST(id AS text) FROM hold WHERE ended_at IS NULL").await.len()
}

/// Asks until it is so.
async fn until(mut so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < MAX_WAIT, "it does not come to that");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether a token counts.
async fn counts(server: &Server, token: &str) -> bool {
    let client = Client::new(&server.url, token);
    client.send("{ eventCursor }", Value::Null).await.body["errors"].is_null()
}

#[tokio::test(flavor = "multi_thread")]
async fn i2_the_clock_of_an_sqlite_server_is_set_while_releases_run() {
    let clock = Clock::ahead(0);
    let server =
        Server::configured(Program::from(PROGRAM).in_environment(clock.environment()), "sqlite", CONFIGURATION);
    let (fleet, record) = installed(&server).await;
    release_during(&fleet, || clock.jump()).await;
    // What is to end at an instant ends when the clock shows it, and a clock that is set back takes no end back.
    let (stored, instance) = (server.stored().await, fleet.instance(0).await);
    let output = server.run(&["token", "create", "--name", "guest", "--role", "viewer", "--expires", "30m"]);
    let token = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    hold(&server.client(), &instance, 30).await;
    assert!(counts(&server, &token).await);
    clock.set(60);
    until(async || standing(&stored).await == 0).await;
    until(async || !counts(&server, &token).await).await;
    clock.set(0);
    hold(&server.client(), &instance, 30).await;
    clock.set(-60);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(standing(&stored).await, 1, "half an hour, and one more, are not over");
    assert!(counts(&server, &token).await);
    assert_undisturbed(&server, 1, &record).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i2_servers_and_a_worker_on_postgres_have_clocks_that_are_hours_apart_and_are_set() {
    // Who is quickest may do all of the work; then nothing is shown.
    for _ in 0..5 {
        if work_is_shared_with_clocks_apart().await {
            return;
        }
    }
    panic!("one did all of the work, five times");
}

/// Whether several workers, whose clocks are apart, had a share of the work.
async fn work_is_shared_with_clocks_apart() -> bool {
    let (ahead, behind, moving) = (Clock::ahead(60), Clock::ahead(-60), Clock::ahead(0));
    let one = Server::configured(Program::from(PROGRAM).in_environment(ahead.environment()), "postgres", CONFIGURATION);
    let two = one.another_in(&[], behind.environment());
    let _worker = one.worker_in(&moving.environment());
    let (fleet, record) = installed(&one).await;
    let stored = one.stored().await;
    release_during(&fleet, async || {
        for minutes in [60, 0, -60, 0] {
            moving.set(minutes);
            ahead.set(60 - minutes);
            tokio::time::sleep(Duration::from_millis(900)).await;
        }
    })
    .await;
    ahead.set(60);
    let shared = stored.texts("SELECT DISTINCT CAST(worker_id AS text) FROM release_target").await;
    if shared.len() == 1 {
        return false;
    }
    let spread = "SELECT CAST(max(at) - min(at) > interval '1 hour' AS text) FROM output_line WHERE stream = 'SYSTEM'";
    assert_eq!(stored.texts(spread).await, ["true"], "the workers' own clocks are apart");
    // The database's clock, which is the true one, says when something ends, whoever sweeps.
    let instance = fleet.instance(0).await;
    hold(&one.client(), &instance, 30).await;
    hold(&two.client(), &instance, 30).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(standing(&stored).await, 2);
    for server in [&one, &two] {
        let output = server.run(&["token", "create", "--name", "guest", "--role", "viewer", "--expires", "30m"]);
        let token = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        assert!(counts(&one, &token).await && counts(&two, &token).await);
    }
    let right = "SELECT CAST(id AS text) FROM token WHERE name = 'guest'
                 AND expires_at - now() BETWEEN interval '25 minutes' AND interval '30 minutes'";
    assert_eq!(stored.texts(right).await.len(), 2);
    assert_undisturbed(&one, 3, &record).await;
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn i2_the_clock_of_postgres_itself_is_set_while_releases_run() {
    let clock = Clock::ahead(0);
    let cluster = Cluster::start_in(clock.environment());
    let server = Server::on(cluster.fresh(), tempfile::tempdir().unwrap(), PROGRAM, CONFIGURATION);
    let _worker = server.worker();
    let (fleet, record) = installed(&server).await;
    release_during(&fleet, || clock.jump()).await;
    let (stored, instance) = (server.stored().await, fleet.instance(0).await);
    hold(&server.client(), &instance, 30).await;
    clock.set(60);
    until(async || standing(&stored).await == 0).await;
    clock.set(0);
    assert_undisturbed(&server, 2, &record).await;
}
