//! Everything that a caller may send and that costs much, all of it at the same time, beside one client that behaves
//! well. That client sees no error, and waits hardly longer than before. For an hour:
//! `LOCKKEEPER_ABUSE_SECONDS=1800 cargo nextest run --release --test it api::abuse --no-capture`

mod citizen;
mod connections;
mod requests;
mod subscriptions;

use crate::PROGRAM;
use citizen::Citizen;
use lockkeeper::store::Db;
use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testkit::Server;
use testkit::databases;
use testkit::environment::number;
use testkit::large::Size;
use testkit::on_both;
use tokio::task::JoinSet;

/// The server's limits that abuse of a bounded size can reach.
const CONFIGURATION: &str = r#"
[executors.quick]
kind = "simulate"
delay = "5ms"
lines = 20

[limits]
connections = 400
header_timeout = "2s"
write_timeout = "3s"
"#;

/// The least that the slowest hundredth of answers may take, whatever it took before. A build that is not optimized
/// takes about eight times as long for all that the others send, on the same processors.
const ALWAYS_ALLOWED: Duration = Duration::from_millis(if cfg!(debug_assertions) { 2_000 } else { 250 });

/// The most memory that the server may take, in MiB: several times what it takes here, and a small part of what one of
/// these abuses takes where it is not bounded.
const MOST_MEMORY: u64 = 1_500;

/// What abuse is aimed at, and what became of it.
#[derive(Clone)]
pub struct Aim {
    /// The server's address, with its scheme.
    pub url: String,
    /// A token of a caller that may only read.
    pub viewer: String,
    /// A token of a caller that may register versions.
    pub builder: String,
    /// A token of a caller that may release.
    pub operator: String,
    /// A release with output.
    pub release: String,
    /// A service with instances.
    pub service: String,
    /// When abuse ends.
    pub end: Instant,
    counts: Arc<Mutex<BTreeMap<&'static str, u64>>>,
}

impl Aim {
    /// The server's address and port.
    pub fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// Whether it goes on.
    pub fn goes_on(&self) -> bool {
        Instant::now() < self.end
    }

    /// Counts how often an abuse was answered as it should be, or did what it meant to do.
    pub fn count(&self, abuse: &'static str) {
        *self.counts.lock().unwrap().entry(abuse).or_default() += 1;
    }

    /// Waits a little between two of the same abuse, so that all kinds have their part of a small machine.
    pub async fn pause(&self, millis: u64) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    fn begin(&self) -> JoinSet<()> {
        let mut all = JoinSet::new();
        requests::begin(self, &mut all);
        connections::begin(self, &mut all);
        subscriptions::begin(self, &mut all);
        all
    }
}

/// All kinds of abuse: each has to be counted at least once.
const KINDS: [&str; 17] = [
    "hidden nesting",
    "errors without end",
    "fragments that double",
    "objects without end",
    "heavy queries",
    "heavy queries given up",
    "dry runs",
    "refused mutations",
    "large variables",
    "unknown tokens",
    "long paths",
    "readiness",
    "silent connections",
    "slow heads",
    "pipelines that are not read",
    "heavy subscriptions",
    "streams that are not read",
];

async fn a_client_beside_all_abuse_at_once_sees_no_error(kind: &str) {
    let seconds = number("LOCKKEEPER_ABUSE_SECONDS").unwrap_or(8);
    let directory = tempfile::tempdir().unwrap();
    let database = databases::fresh(kind, directory.path());
    Db::open(&database, 1).await.unwrap().close().await;
    testkit::large::load(&database, Size::named("10k").unwrap()).await.unwrap();
    let server = Server::on(database, directory, PROGRAM, CONFIGURATION);
    let fleet = server.client().service("shop").hosts(30).install().await;
    let release = fleet.release("upgradeInstances", &fleet.versions[1]).await["release"]["id"].clone();

    let citizen = Citizen::begin(server.url.clone(), server.token("citizen", "builder"), fleet.service.clone());
    let quiet = citizen.measure(Duration::from_secs((seconds / 6).clamp(5, 60)));
    let aim = Aim {
        url: server.url.clone(),
        viewer: server.token("abuser", "viewer"),
        builder: server.token("abuser-builder", "builder"),
        operator: server.token("abuser-operator", "operator"),
        release: release.as_str().unwrap().to_owned(),
        service: fleet.service.clone(),
        end: Instant::now() + Duration::from_secs(seconds),
        counts: Arc::default(),
    };
    let mut abuse = aim.begin();
    let beside = tokio::task::spawn_blocking({
        let citizen = citizen.clone();
        move || citizen.measure(Duration::from_secs(seconds))
    });
    let mut memory = 0;
    while aim.goes_on() {
        memory = memory.max(resident(server.pid()));
        aim.pause(200).await;
    }
    let beside = beside.await.unwrap();
    abuse.shutdown().await;
    citizen.end();

    let counts = aim.counts.lock().unwrap();
    println!("{kind}: {quiet} while it was quiet, {beside} beside abuse, at most {memory} MiB\n{counts:#?}");
    for abuse in KINDS {
        assert!(counts.contains_key(abuse), "{abuse} was not tried, or not answered rightly");
    }
    assert_eq!(beside.errors, [] as [String; 0], "{kind}");
    let allowed = ALWAYS_ALLOWED.max(quiet.slowest_hundredth * 10);
    assert!(beside.slowest_hundredth <= allowed, "{kind}: {beside}, {quiet} while it was quiet");
    assert!(memory < MOST_MEMORY, "{kind}: {memory} MiB");
    server.assert_sound();
}

/// How much memory a process has, in MiB.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

on_both!(a_client_beside_all_abuse_at_once_sees_no_error);
