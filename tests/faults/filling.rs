//! A disk that is full while releases run: what cannot be stored is answered so, the log says it once, and nothing that
//! was answered or carried out is lost.

use crate::PROGRAM;
use crate::record::Record;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};
use testkit::MAX_WAIT;
use testkit::client::mutation_document;
use testkit::fleet::id;
use testkit::{Client, Fleet, Server, SmallDisk};

/// Longer than a worker may be without a renewal of its lease, were there anybody else who could take it.
const FULL: Duration = Duration::from_secs(24);

const CONFIGURATION: &str = "
[executors.careful]
kind = 'command'
program = './deploy'
dir = '.'
";

/// One command takes longer than the disk is full, the others end meanwhile.
const SCRIPT: &str = "#!/bin/sh
[ $LOCKKEEPER_ACTION = UPGRADE ] || exit 0
echo begin
case $LOCKKEEPER_HOSTNAME in shop-01) sleep 28 ;; *) sleep 2 ;; esac
echo end
";

/// Puts the program of the executor in place.
fn deploy(server: &Server, script: &str) {
    let path = server.path("deploy");
    fs::write(&path, script).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

async fn until(mut happened: impl FnMut() -> bool) {
    let began = Instant::now();
    while !happened() {
        assert!(began.elapsed() < MAX_WAIT, "it does not happen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What `/readyz` answers.
async fn ready(server: &Server) -> (u16, String) {
    let response = reqwest::get(format!("{}/readyz", server.url)).await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// What the log warned of, line by line.
fn warnings(server: &Server) -> Vec<String> {
    let log = server.log();
    log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).map(str::to_owned).collect()
}

/// Asks for a hold under this key, as often as it takes to be answered so.
async fn hold(client: &Client, instance: &str, key: &str) -> Value {
    let document = mutation_document("holdInstances", "holds { id }");
    let input = json!({ "instanceIds": [instance], "reason": key, "idempotencyKey": key });
    client.send(&document, json!({ "input": input })).await.body
}

async fn nothing_is_lost(server: &Server, fill: impl FnOnce(), free: impl FnOnce()) {
    deploy(server, SCRIPT);
    let client = server.client();
    let after = client.query("{ eventCursor }", Value::Null).await["eventCursor"].take();
    let watching = client.clone();
    let record = Record::start(after, move || watching.clone());
    let fleet = client.service("shop").executor("careful").hosts(6).install().await;
    let instance = fleet.instance(0).await;
    let input = json!({
        "serviceId": fleet.service, "versionId": fleet.versions[1], "hosts": { "all": true },
        "rollout": { "maxParallel": { "count": 3 } },
    });
    let release = id(&client.change("upgradeInstances", input, "release { id }").await["release"]);
    let mut lines = client
        .subscribe(
            "subscription($release: ID!) { releaseLog(releaseId: $release) { stream text hostname } }",
            json!({ "release": release }),
        )
        .await;
    let mut begun = 0;
    lines
        .until("releaseLog", |line| {
            begun += usize::from(line["text"] == "begin");
            begun == 3
        })
        .await;
    let before = hold(&client, &instance, "before").await;
    assert_eq!(before["data"]["holdInstances"]["userErrors"], json!([]), "{before:#}");

    fill();
    let (began, warned) = (Instant::now(), warnings(server).len());
    while began.elapsed() < FULL {
        let body = hold(&client, &instance, "meanwhile").await;
        let error = &body["errors"][0];
        assert_eq!(error["extensions"]["code"], "UNAVAILABLE", "{body:#}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("Free some space, then try again"), "{message}");
        let (status, why) = ready(server).await;
        assert_eq!((status, why.as_str()), (503, "the database cannot be written: make room on its disk\n"));
        // What is stored can be read all the while.
        client.query("{ services(first: 5) { nodes { id } } }", Value::Null).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let said = warnings(server).split_off(warned);
    let answer = said.iter().filter(|line| line.contains("the database cannot be written")).count();
    assert!(answer == 1 && said.len() <= 6, "{said:#?}");

    free();
    let began = Instant::now();
    while ready(server).await.0 != 200 {
        assert!(began.elapsed() < MAX_WAIT, "it does not see that there is room again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(fleet.finished(&release).await, "SUCCEEDED");
    let meanwhile = hold(&client, &instance, "meanwhile").await;
    assert_eq!(meanwhile["data"]["holdInstances"]["userErrors"], json!([]), "{meanwhile:#}");
    let stored = server.stored().await;
    assert_eq!(stored.texts("SELECT reason FROM hold ORDER BY id").await, ["before", "meanwhile"]);
    let attempts = stored.texts("SELECT status || ' ' || attempt FROM release_target ORDER BY id").await;
    assert_eq!(attempts[6..], ["SUCCEEDED 1"; 6], "nothing was cut short, and nothing begun twice");
    let output = "SELECT text || ' ' || count(*) FROM output_line WHERE stream = 'STDOUT' GROUP BY text ORDER BY text";
    assert_eq!(stored.texts(output).await, ["begin 6", "end 6"]);
    record.assert_complete(&stored).await;
    assert_eq!(record.reconnects(), 0);
    server.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn i7_nothing_is_lost_when_files_may_not_grow_for_a_while() {
    let server = Server::configured(PROGRAM, "sqlite", CONFIGURATION);
    let limit = |bytes: Option<u64>| {
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(Pid::from_raw(server.pid() as i32).unwrap()), Resource::Fsize, limit).unwrap();
    };
    let log = server.path("lockkeeper.db-wal");
    nothing_is_lost(&server, || limit(Some(fs::metadata(&log).unwrap().len())), || limit(None)).await;
}

/// A server whose files are on a small disk. Only root can have one.
fn on_a_small_disk() -> Option<(Server, SmallDisk)> {
    let directory = tempfile::tempdir().unwrap();
    let disk = SmallDisk::mount(directory.path(), 16)?;
    Some((Server::configured_in(directory, PROGRAM, "sqlite", CONFIGURATION), disk))
}

#[tokio::test(flavor = "multi_thread")]
async fn i7_nothing_is_lost_when_the_disk_of_database_and_state_is_full_for_a_while() {
    let Some((server, disk)) = on_a_small_disk() else { return };
    nothing_is_lost(&server, || disk.fill(), || disk.free()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_on_a_full_disk_is_there_for_the_next_process() {
    let Some((mut server, disk)) = on_a_small_disk() else { return };
    deploy(
        &server,
        "#!/bin/sh\n[ $LOCKKEEPER_ACTION = UPGRADE ] || exit 0\ntouch began\nuntil [ -e go ]; do sleep 0.05; done\n",
    );
    let fleet = server.client().service("shop").executor("careful").hosts(1).install().await;
    let payload = fleet.release("upgradeInstances", &fleet.versions[1]).await;
    until(|| server.path("began").exists()).await;
    disk.fill();
    fs::create_dir(server.path("go")).unwrap();
    let results = || fs::read_dir(server.path("state")).unwrap().map(|file| file.unwrap().file_name());
    until(|| results().any(|name| name.to_string_lossy().ends_with(".result"))).await;
    server.kill();
    disk.free();
    server.serve();
    let fleet = Fleet { client: server.client(), ..fleet };
    assert_eq!(fleet.finished(&id(&payload["release"])).await, "SUCCEEDED");
    server.assert_sound();
}
