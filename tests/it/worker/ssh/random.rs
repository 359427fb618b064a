//! Workers that are killed, and connections that are cut, at random while releases run on hosts with an sshd each.
//!
//! `LOCKKEEPER_SSH_RELEASES=200 cargo test --test it -- --nocapture at_random_lose_nothing` is the long form, with 20 hosts
//! unless `LOCKKEEPER_SSH_HOSTS` says otherwise.

use super::hosts::{SSH, SshFleet, cut};
use crate::worker::fleet::{caller, settings};
use crate::worker::process::Process;
use lockkeeper::domain::Kind;
use lockkeeper::domain::release::rollout::Amount;
use lockkeeper::release::Selection;
use lockkeeper::release::cancel::{Cancellation, cancel};
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::time::{Duration, Instant};
use testkit::Relay;
use testkit::environment::number;
use testkit::relay::Network;
use tokio::task::block_in_place;
use tokio::time::sleep;

/// The short form.
const RELEASES: usize = 2;
const HOSTS: usize = 3;
/// The hosts of the long form.
const MANY_HOSTS: usize = 20;
/// How many releases are open at a time, at most, and on how many hosts each is.
const OPEN_RELEASES: usize = 4;
const HOSTS_OF_A_RELEASE: usize = 8;
/// A release that takes longer than this, with all that is done to it, hangs.
const LONGEST: Duration = Duration::from_mins(5);

/// A command with a process in a session of its own, which ends with it. Some are deaf to SIGTERM, and some fail.
const COMMAND: &str = r#"echo 1
runs="$DIR/runs-$LOCKKEEPER_TARGET_ID-$LOCKKEEPER_FENCE"; : > "$runs"
[ $((LOCKKEEPER_FENCE % 3)) != 0 ] || trap '' TERM
(export runs; exec setsid sh -c 'while [ -e "$runs" ]; do echo "tick $LOCKKEEPER_INSTANCE_ID $LOCKKEEPER_FENCE $LOCKKEEPER_TARGET_ID $LOCKKEEPER_ATTEMPT" >> "$DIR/journal"; sleep 0.1; done') < /dev/null > /dev/null 2>&1 &
echo 2; tick 6; echo 3; echo warning >&2
rm "$runs"; wait
[ $((LOCKKEEPER_FENCE % 7)) != 0 ] || { say failure; exit 3; }
echo 4"#;

/// What was done, and what came of it.
#[derive(Debug, Default)]
struct Figures {
    releases: usize,
    cancellations: usize,
    kills: usize,
    cuts: usize,
    /// Connections that died without a sign.
    silences: usize,
    /// How many targets ended in each way.
    ends: BTreeMap<String, usize>,
}

struct Trial {
    fleet: SshFleet,
    /// The way to each host.
    relays: Vec<Relay>,
    /// Two machines with a worker each.
    workers: [Option<Process>; 2],
    /// Releases that are not over, and since when.
    open: HashMap<i64, Instant>,
    began: Instant,
    figures: Figures,
}

impl Trial {
    async fn start(hosts: usize) -> Trial {
        let mut fleet = SshFleet::without_sshd("postgres", hosts, SSH).await;
        fleet.log_instances().await;
        let mut relays = Vec::new();
        for host in 1..=hosts {
            let sshd = fleet.hosts.sshd("");
            let relay = Relay::start(fleet.hosts.port(sshd), || Box::new(|_| 0)).await;
            fleet.hosts.alias_at(&format!("h{host}"), relay.port(), sshd, "");
            relays.push(relay);
        }
        fleet.script(COMMAND);
        let workers = [0, 1].map(|number| Some(worker(&fleet, number)));
        Trial { fleet, relays, workers, open: HashMap::new(), began: Instant::now(), figures: Figures::default() }
    }

    /// Asks for a release of some of the hosts that no other has, to the version that they do not have.
    async fn release(&mut self) {
        let free = "SELECT i.hostname, v.name FROM instance i JOIN version v ON v.id = i.version_id WHERE NOT EXISTS \
            (SELECT 1 FROM release_target t WHERE t.instance_id = i.id AND t.finished_at IS NULL)";
        let mut free = self.fleet.rows.rows(free).await;
        free.shuffle(&mut rand::rng());
        let Some(version) = free.first().map(|row| row[1].clone()) else { return };
        free.retain(|row| row[1] == version);
        free.truncate(rand::random_range(1..=HOSTS_OF_A_RELEASE));
        let mut request = if version == "2" { self.fleet.upgrade() } else { self.fleet.revert() };
        request.hosts = Selection::Hostnames(free.into_iter().map(|row| row[0].clone()).collect());
        request.rollout.max_failures = Some(Amount::Count(HOSTS_OF_A_RELEASE as i64));
        let release = self.fleet.accept(&request).await;
        self.open.insert(release, Instant::now());
        self.figures.releases += 1;
        if self.figures.releases.is_multiple_of(20) {
            eprintln!("after {} s: {:?}", self.began.elapsed().as_secs(), self.figures);
        }
    }

    /// Kills a worker, cuts connections, lets some die without a sign, or cancels a release.
    async fn disturb(&mut self) {
        let hosts = self.relays.len();
        match rand::random_range(0..20) {
            0..5 => {
                let number = rand::random_range(0..2);
                block_in_place(|| {
                    self.workers[number].take().into_iter().for_each(Process::kill);
                    self.workers[number] = Some(worker(&self.fleet, number));
                });
                self.figures.kills += 1;
            }
            5 => {
                let relay = &self.relays[rand::random_range(0..hosts)];
                relay.set(Network::Swallows);
                sleep(Duration::from_secs(1)).await;
                relay.set(Network::Passes);
                self.figures.silences += 1;
            }
            6 => {
                let Some(release) = self.open.keys().copied().collect::<Vec<_>>().choose(&mut rand::rng()).copied()
                else {
                    return;
                };
                let id = Kind::Release.id(release).to_string();
                let cancellation = Cancellation { stop_running: true, ..Cancellation::of(id) };
                // It may be over meanwhile.
                let canceled = cancel(&self.fleet.app, &caller("cancelRelease"), &cancellation).await.unwrap();
                self.figures.cancellations += usize::from(canceled.is_ok());
            }
            other => {
                let many = if other == 7 { hosts } else { 1 };
                cut(&self.relays.sample(&mut rand::rng(), many).collect::<Vec<_>>()).await;
                self.figures.cuts += many;
            }
        }
    }

    /// Forgets the releases that are over.
    async fn look(&mut self) {
        let over = self.fleet.rows.rows("SELECT id FROM release WHERE finished_at IS NOT NULL").await;
        for release in over {
            self.open.remove(&release[0].parse().unwrap());
        }
        let unknown = "SELECT id, message FROM release_target WHERE status = 'UNKNOWN'";
        assert_eq!(self.fleet.rows.rows(unknown).await, Vec::<Vec<String>>::new());
        for (release, since) in &self.open {
            let targets = self.fleet.targets(*release).await;
            assert!(since.elapsed() < LONGEST, "release {release} hangs: {targets:?}");
        }
    }

    /// Whatever died, each command began once at most and ran beside none of its instance; a target has the result of its
    /// command, and every line of it once; and nothing of a command runs any more.
    async fn judge(&mut self) {
        let mut said: HashMap<String, Vec<String>> = HashMap::new();
        for line in self.fleet.journal() {
            if line[0] != "tick" {
                let target = line[3].rsplit('_').next().unwrap_or_default();
                said.entry(target.to_owned()).or_default().push(line[0].clone());
            }
        }
        let mut printed: HashMap<String, Vec<String>> = HashMap::new();
        for line in
            self.fleet.rows.rows("SELECT target_id, text FROM output_line WHERE stream = 'STDOUT' ORDER BY place").await
        {
            printed.entry(line[0].clone()).or_default().push(line[1].clone());
        }
        let targets = self.fleet.rows.rows("SELECT id, status, failure, message FROM release_target ORDER BY id").await;
        for target in targets {
            let said = said.remove(&target[0]).unwrap_or_default();
            let printed = printed.remove(&target[0]).unwrap_or_default();
            let end = format!("{} {}", target[1], target[2]).trim().to_owned();
            let (expected, lines): (&[&str], _) = match end.as_str() {
                "SUCCEEDED" => (&["start", "end"], "1234"),
                "FAILED COMMAND" => (&["start", "failure"], "123"),
                // It was stopped somewhere.
                "FAILED STOPPED" => (&["start"], &"1234"[..printed.len().min(4)]),
                // Each of its starts was lost before it began, or it was canceled before.
                "CANCELED" | "FAILED NOT_STARTED" | "FAILED UNREACHABLE" => (&[], ""),
                _ => panic!("{target:?}"),
            };
            let is_stopped = end == "FAILED STOPPED" && said.len() <= 2;
            assert!(said == expected || is_stopped, "{target:?}: {said:?}");
            assert_eq!(printed.concat(), lines, "{target:?}");
            *self.figures.ends.entry(end).or_default() += 1;
        }
        assert!(said.is_empty(), "{said:?}");
        self.fleet.assert_never_beside();
        self.fleet.assert_sound().await;
        assert_eq!(processes_of(&self.fleet), Vec::<String>::new());
    }
}

/// The state directory of a machine.
fn state(number: usize) -> String {
    format!("state-{number}")
}

fn worker(fleet: &SshFleet, number: usize) -> Process {
    Process::start_in(fleet, &state(number), SSH, "impatient", "")
}

/// The processes of commands of this fleet.
fn processes_of(fleet: &SshFleet) -> Vec<String> {
    let mark = format!("DIR={}\0", fleet.directory.display()).into_bytes();
    let environments = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        let environment = fs::read(path.join("environ")).ok()?;
        let is_of = environment.windows(mark.len()).any(|part| part == mark)
            && environment.windows(17).any(|part| part == b"LOCKKEEPER_START=");
        is_of.then(|| path.display().to_string())
    });
    environments.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn i1_to_i8_hold_and_workers_that_are_killed_and_connections_that_are_cut_at_random_lose_nothing() {
    let releases = number("LOCKKEEPER_SSH_RELEASES").unwrap_or(RELEASES);
    let hosts = number("LOCKKEEPER_SSH_HOSTS").unwrap_or(if releases > RELEASES { MANY_HOSTS } else { HOSTS });
    let mut trial = Trial::start(hosts).await;
    while trial.figures.releases < releases || !trial.open.is_empty() {
        if trial.figures.releases < releases && trial.open.len() < OPEN_RELEASES {
            trial.release().await;
        }
        sleep(Duration::from_millis(rand::random_range(200..2000))).await;
        trial.disturb().await;
        trial.look().await;
    }
    trial.judge().await;
    let Trial { fleet, workers, began, figures, .. } = trial;
    let (seconds, lines) = (began.elapsed().as_secs(), fleet.journal().len());
    eprintln!("{hosts} hosts, {seconds} s, {lines} lines in the journal, 0 violations: {figures:?}");
    workers.into_iter().flatten().for_each(Process::kill);
    // Ends the connections that they left.
    for number in [0, 1] {
        fleet.worker_with(settings(fleet.directory.join(state(number)))).stop().await;
    }
}
