//! The whole story: 40 hosts that are folders, each with a small HTTP service; an upgrade with all steps on which several
//! things go wrong, while its worker is killed twice. In the end, the rows, the events, the output, the journal and what
//! really runs agree.

use crate::worker::fleet::{Fleet, caller};
use crate::worker::http::{Answer, Service};
use crate::worker::process::Process;
use crate::worker::ssh::hosts::{SshFleet, TEST_HOSTS as SSH};
use lockkeeper::catalog::instance_request::probe_instances;
use lockkeeper::domain::reference::{INSTANCES, Reference};
use lockkeeper::domain::release::rollout::{Amount, RolloutOverrides};
use lockkeeper::release::Selection;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use testkit::on_both;

const HOSTS: usize = 40;
/// Enough for all that goes wrong.
const HOSTS_BY_SSH: usize = 10;
/// What goes wrong, and where. What takes long begins first.
const HANGS: &str = "h1";
const UNHEALTHY: &str = "h3";
const LEAVES_A_DAEMON: &str = "h5";
const DIES_BY_A_SIGNAL: &str = "h7";
const REBUILT: &str = "h9";
/// How long the command may take that hangs, and any other.
const TIMEOUT_SECONDS: i64 = 6;

const EXECUTOR: &str = "kind = 'command'\nprogram = '{dir}/step'\nargs = ['run']\nenv = { DIR = '{dir}' }\non_lost = 'retry'\n\
    [prepare]\nprogram = '{dir}/step'\nargs = ['prepare']\n\
    [drain]\nprogram = '{dir}/step'\nargs = ['drain']\n\
    [undrain]\nprogram = '{dir}/step'\nargs = ['undrain']\n\
    [health]\nkind = 'http'\nurl = 'http://127.0.0.1:{instance.port}/healthz'\ninterval = '50ms'\nwithin = '3s'\n\
    [probe]\nprogram = '{dir}/probe'\n";

/// One program for all steps. A host is drained while its folder has a file `drained`, and runs what is in `current`.
const STEP: &str = r#"#!/bin/sh
host="$DIR/hosts/$LOCKKEEPER_HOSTNAME"
say() { echo "$1 $LOCKKEEPER_INSTANCE_ID $LOCKKEEPER_FENCE $LOCKKEEPER_TARGET_ID $LOCKKEEPER_ATTEMPT" >> "$DIR/journal"; }
say "$1"
echo "$1 $LOCKKEEPER_VERSION"
case $1 in
    drain) touch "$host/drained" ;;
    undrain) rm -f "$host/drained" ;;
    run)
        case $LOCKKEEPER_HOSTNAME in
            h1) sleep 1000 ;;
            h5)
                rm -f "$host/daemon"
                setsid sh -c 'echo $$ > "$1"; exec sleep 300' - "$host/daemon" > /dev/null 2>&1 < /dev/null &
                until [ -s "$host/daemon" ]; do sleep 0.01; done
                ;;
            h7) kill -9 $$ ;;
        esac
        echo "$LOCKKEEPER_VERSION" > "$host/current"
        ;;
esac
say "$1-end"
"#;

fn folder(fleet: &Fleet, host: &str) -> PathBuf {
    fleet.directory.join("hosts").join(host)
}

/// What really runs on a host; empty if nothing does.
fn current(folder: &Path) -> String {
    fs::read_to_string(folder.join("current")).unwrap_or_default().trim().to_owned()
}

/// A service for each host, which is healthy while something runs there, but for the one that never is.
async fn services(fleet: &Fleet, hosts: usize) -> Vec<Service> {
    let mut services = Vec::new();
    for host in (1..=hosts).map(|number| format!("h{number}")) {
        let place = folder(fleet, &host);
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("current"), "2\n").unwrap();
        let healthy = host != UNHEALTHY;
        let answer = move |_: &str, _| Answer::Status(if healthy && !current(&place).is_empty() { 200 } else { 503 });
        let service = Service::start(answer).await;
        let port = service.address.port();
        fleet.rows.execute(&format!("UPDATE instance SET port = {port} WHERE hostname = '{host}'")).await;
        services.push(service);
    }
    services
}

/// Within a start, each step comes once and in order; no start shows a sign of life after a newer one.
fn assert_orderly(fleet: &Fleet) {
    let order = ["prepare", "drain", "run", "undrain"];
    let mut newest: HashMap<String, (i64, usize)> = HashMap::new();
    for line in fleet.journal() {
        let fence: i64 = line[2].parse().unwrap();
        let step = line[0].trim_end_matches("-end");
        let place = order.iter().position(|known| *known == step).unwrap();
        let known = newest.entry(line[1].clone()).or_insert((0, 0));
        match line[0].ends_with("-end") {
            true => assert_eq!((fence, place), *known, "{line:?}"),
            false => assert!((fence, place) > *known || *known == (0, 0), "{line:?} after {known:?}"),
        }
        *known = (fence, place);
    }
}

async fn an_upgrade_with_all_steps_survives_what_goes_wrong(kind: &str) {
    let fleet = Fleet::new(kind, HOSTS, EXECUTOR).await;
    tell(&fleet, EXECUTOR, HOSTS).await;
}

#[tokio::test]
async fn the_same_happens_on_hosts_that_are_reached_by_ssh() {
    let executor = EXECUTOR.replace("kind = 'command'\n", SSH);
    let fleet = SshFleet::new("sqlite", HOSTS_BY_SSH, &executor, "").await;
    tell(&fleet, &executor, HOSTS_BY_SSH).await;
}

async fn tell(fleet: &Fleet, executor: &str, hosts: usize) {
    let _services = services(fleet, hosts).await;
    fleet.program("step", STEP);
    fleet.program("probe", "#!/bin/sh\ncat \"$DIR/hosts/$LOCKKEEPER_HOSTNAME/current\" 2> /dev/null\nexit 0\n");
    let mut request = fleet.upgrade();
    request.rollout = RolloutOverrides {
        max_parallel: Some(Amount::Count(8)),
        max_failures: Some(Amount::Count(10)),
        timeout_seconds: Some(TIMEOUT_SECONDS),
        ..RolloutOverrides::default()
    };
    let release = fleet.accept(&request).await;
    // Two workers die in the midst of it, each somewhere else.
    for (word, many) in [("drain", 6), ("undrain", hosts / 3)] {
        let process = Process::start(fleet, executor);
        fleet.until_said(word, many).await;
        process.kill();
    }
    let worker = fleet.worker();
    assert_eq!(fleet.over(release).await, "FAILED");

    // The rows: who failed, and how.
    let failed = fleet.rows.rows(
        "SELECT h.hostname, t.failure FROM release_target t JOIN host h ON h.id = t.host_id WHERE t.status <> 'SUCCEEDED' ORDER BY h.id",
    );
    let expected = [[HANGS, "TIMED_OUT"], [UNHEALTHY, "UNHEALTHY"], [DIES_BY_A_SIGNAL, "COMMAND"]];
    assert_eq!(failed.await, expected);
    // What really runs: the record of each instance, and whether it is in service.
    let recorded = "SELECT i.hostname, v.name, i.status, i.drained_since IS NOT NULL AS drained FROM instance i \
                    JOIN version v ON v.id = i.version_id ORDER BY i.id";
    for row in fleet.rows.rows(recorded).await {
        let [host, version, status, drained] = &row[..] else { panic!("{row:?}") };
        let place = folder(fleet, host);
        let is_drained = drained == "1" || drained == "true";
        let has_failed = expected.iter().any(|[failed, _]| failed == host);
        assert_eq!(
            (status.as_str(), is_drained),
            if has_failed { ("UPGRADE_FAILED", true) } else { ("RUNNING", false) },
            "{host}"
        );
        assert_eq!(place.join("drained").exists(), is_drained, "{host}");
        // Only that of the unhealthy one has moved without its record.
        assert_eq!(current(&place), if host == UNHEALTHY { "3" } else { version }, "{host}");
    }
    assert!(alive(&fs::read_to_string(folder(fleet, LEAVES_A_DAEMON).join("daemon")).unwrap()));
    // The journal, the events and the output.
    assert_orderly(fleet);
    let ends = "SELECT count(*) AS ends FROM event WHERE kind = 'TARGET_FINISHED'";
    assert_eq!(fleet.rows.number(ends).await, hosts as i64);
    let lost = "SELECT t.id FROM release_target t WHERE \
        (SELECT count(*) FROM event e WHERE e.target_id = t.id AND e.kind = 'TARGET_STEP') < \
        (SELECT count(*) FROM target_step s WHERE s.target_id = t.id AND s.started_at IS NOT NULL) \
        OR (SELECT count(*) FROM event e WHERE e.target_id = t.id AND e.kind = 'TARGET_STARTED') <> t.attempt";
    assert_eq!(fleet.rows.rows(lost).await, Vec::<Vec<String>>::new());
    let unsaid = "SELECT s.target_id, s.name FROM target_step s WHERE s.started_at IS NOT NULL AND NOT EXISTS \
        (SELECT 1 FROM output_line l WHERE l.target_id = s.target_id AND l.stream = 'SYSTEM' \
         AND (l.text IN ('Step ' || lower(s.name) || '.', 'The worker of this start was lost in step ' || lower(s.name) || '.') OR l.text LIKE 'The worker of this start was lost in step ' || lower(s.name) || '; %'))";
    assert_eq!(fleet.rows.rows(unsaid).await, Vec::<Vec<String>>::new());
    assert_eq!(
        fleet.rows.number("SELECT count(*) AS open FROM target_step WHERE status IN ('WAITING', 'RUNNING')").await,
        0
    );
    fleet.assert_sound().await;

    // A machine is rebuilt, and is empty: the probe notices, and the same version is brought there again.
    fs::remove_file(folder(fleet, REBUILT).join("current")).unwrap();
    for times in 1..=3 {
        let instance = Reference::new(&INSTANCES, None, Some(vec![format!("web/{REBUILT}")]));
        probe_instances(&fleet.app, &caller("probeInstances"), &instance).await.unwrap().unwrap();
        let seen = format!("SELECT id FROM instance WHERE hostname = '{REBUILT}' AND observed_times = {times}");
        fleet.until(&seen, |rows| rows.first().cloned()).await;
    }
    let drifting = "SELECT hostname FROM instance WHERE drifted_since IS NOT NULL";
    assert_eq!(fleet.rows.rows(drifting).await, [[REBUILT]]);
    let mut again = fleet.upgrade();
    again.hosts = Selection::Hostnames(vec![REBUILT.to_owned()]);
    again.included.reapply = true;
    let release = fleet.accept(&again).await;
    assert_eq!(fleet.over(release).await, "SUCCEEDED");
    assert_eq!(current(&folder(fleet, REBUILT)), "3");
    let instance = Reference::new(&INSTANCES, None, Some(vec![format!("web/{REBUILT}")]));
    probe_instances(&fleet.app, &caller("probeInstances"), &instance).await.unwrap().unwrap();
    fleet
        .until("SELECT count(*) AS ended FROM event WHERE kind = 'DRIFT_ENDED'", |rows| {
            (rows[0][0] == "1").then_some(())
        })
        .await;
    worker.stop().await;
    assert_orderly(fleet);
    fleet.assert_sound().await;
    let daemon = fs::read_to_string(folder(fleet, LEAVES_A_DAEMON).join("daemon")).unwrap();
    std::process::Command::new("kill").arg(daemon.trim()).status().unwrap();
}
on_both!(an_upgrade_with_all_steps_survives_what_goes_wrong);

fn alive(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{}/stat", pid.trim())).is_ok_and(|stat| !stat.contains(") Z"))
}
