//! A small fleet whose commands are shell scripts that keep a journal.

use crate::PROGRAM;
use lockkeeper::app::App;
use lockkeeper::change;
use lockkeeper::domain::reference::{CURRENT_VERSION, Reference, SERVICE, VERSION};
use lockkeeper::domain::release::rollout::{Amount, RolloutDefaults, RolloutOverrides};
use lockkeeper::domain::release::{OnLocked, Resume};
use lockkeeper::domain::{Caller, Kind, Role};
use lockkeeper::executor::{Executor, Executors};
use lockkeeper::limits::Bytes;
use lockkeeper::release::cancel::{Cancellation, cancel};
use lockkeeper::release::pause::{Resumption, resume};
use lockkeeper::release::{Aim, ReleaseRequest, Selection, accept};
use lockkeeper::store::{self, Db, doctor};
use lockkeeper::worker::{self, Timing, WorkerSettings};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use testkit::{Database, databases, rows};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A service `web` with versions 1, 2 and 3, and instances at 2 on hosts `h1`, `h2`, …
pub struct Fleet {
    pub app: App,
    pub url: String,
    pub service: i64,
    pub versions: Vec<i64>,
    pub directory: PathBuf,
    pub rows: Database,
    _kept: tempfile::TempDir,
}

/// A worker of this process; it stops without waiting when it is dropped.
pub struct Worker {
    stop: CancellationToken,
    task: JoinHandle<store::Result<()>>,
}

impl Worker {
    fn start(app: App, settings: WorkerSettings) -> Worker {
        let stop = CancellationToken::new();
        let task = tokio::spawn(worker::run(app, settings, stop.clone()));
        Worker { stop, task }
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

/// Short enough for tests, long enough for a busy machine.
pub fn timing() -> Timing {
    Timing {
        tick: Duration::from_millis(50),
        renew: Duration::from_millis(200),
        fence_after: Duration::from_secs(10),
        dead_after: Duration::from_secs(15),
        grace: Duration::from_millis(500),
        drain: Duration::from_secs(30),
    }
}

/// The same, for tests that wait for a lease to end.
pub fn impatient() -> Timing {
    Timing { fence_after: Duration::from_secs(2), dead_after: Duration::from_secs(4), ..timing() }
}

/// The executor of a configuration's text, `{dir}` being the directory of the fleet.
pub fn executor(directory: &Path, text: &str) -> Executor {
    let text = text.replace("{dir}", &directory.display().to_string());
    Executor::parse("web", &text).unwrap()
}

/// How a worker with this state directory works.
pub fn settings(state_dir: PathBuf) -> WorkerSettings {
    WorkerSettings { runner: PROGRAM.into(), timing: timing(), ..WorkerSettings::new("worker", state_dir) }
}

/// What an executor says that runs the script of [`Fleet::script`].
pub const COMMAND: &str = "kind = 'command'\nprogram = '{dir}/deploy'\nenv = { DIR = '{dir}' }\ngrace = '500ms'\n";

impl Fleet {
    pub async fn new(kind: &str, hosts: usize, executor_text: &str) -> Fleet {
        let kept = tempfile::tempdir().unwrap();
        let url = databases::fresh(kind, kept.path());
        Fleet::at(url, kept, hosts, executor_text).await
    }

    /// The same in the empty database at this URL, with its files in this directory.
    pub async fn at(url: String, kept: tempfile::TempDir, hosts: usize, executor_text: &str) -> Fleet {
        let directory = kept.path().to_owned();
        let db = Db::open(&url, 8).await.unwrap();
        let rows = Database::open(&url).await;
        let executors = [executor(&directory, executor_text)].into_iter().collect();
        let app = App { db, executors, rollout: RolloutDefaults::default() };
        let fleet = Fleet { app, url, service: 1, versions: vec![1, 2, 3], directory, rows, _kept: kept };
        fleet.rows.insert((1..=hosts as i64).map(|host| rows::host(host, &format!("h{host}")))).await;
        fleet.deploy(fleet.service, "web", &fleet.versions, fleet.versions[1]).await;
        fleet
    }

    /// Registers a service with these built versions, and an instance of it at one of them on every host.
    pub async fn deploy(&self, service: i64, name: &str, versions: &[i64], version: i64) {
        let mut all = vec![rows::service(service, name).set("executor", "web")];
        all.extend((1..).zip(versions).map(|(number, &id)| {
            let artifact = format!("artifact-{number}");
            rows::version(id, service, &number.to_string())
                .set("ref", format!("ref-{number}"))
                .set("artifact", artifact)
        }));
        let hosts = self.rows.number("SELECT count(*) AS hosts FROM host").await;
        all.extend((1..=hosts).map(|host| {
            let instance = rows::instance((service - 1) * hosts + host, service, host, Some(version));
            instance.with([("port", 8080.into()), ("tag", "prod".into())])
        }));
        self.rows.insert(all).await;
    }

    /// Writes an event for each instance, so that also one that no release touches is as its newest event says (I5).
    pub async fn log_instances(&self) {
        let events = "INSERT INTO event (position, subject, kind, at, caused_by, service_id, service_name, instance_id,
                host_id, hostname, version_id, previous_version_id, revision, previous_status, status, locked)
            SELECT i.id, 'INSTANCE', 'EDIT', i.created_at, i.updated_by, s.id, s.name, i.id,
                i.host_id, i.hostname, i.version_id, i.version_id, i.revision, i.status, i.status, false
            FROM instance i JOIN service s ON s.id = i.service_id ORDER BY i.id";
        self.rows.execute(events).await;
        self.rows.execute("UPDATE event_log SET position = (SELECT max(position) FROM event)").await;
    }

    /// Makes this the script of the fleet's commands. It runs between a `start` and an `end` in the journal,
    /// and `tick N` in it takes N times 50 ms and says each time that it still runs.
    pub fn script(&self, body: &str) {
        let text = format!(
            "#!/bin/sh\nsay() {{ echo \"$1 $LOCKKEEPER_INSTANCE_ID $LOCKKEEPER_FENCE $LOCKKEEPER_TARGET_ID $LOCKKEEPER_ATTEMPT\" >> \"$DIR/journal\"; }}\n\
             tick() {{ i=0; while [ $i -lt $1 ]; do say tick; sleep 0.05; i=$((i+1)); done; }}\n\
             say start\n{body}\nsay end\n"
        );
        self.program("deploy", &text);
    }

    pub fn program(&self, name: &str, text: &str) {
        // Written and renamed: one that is open for writing cannot be run.
        let new = self.directory.join("program.new");
        fs::write(&new, text).unwrap();
        fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(new, self.directory.join(name)).unwrap();
    }

    /// The lines of the journal, in fields: word, instance, fence, target, attempt.
    pub fn journal(&self) -> Vec<Vec<String>> {
        let text = fs::read_to_string(self.directory.join("journal")).unwrap_or_default();
        text.lines().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
    }

    /// How many lines of the journal begin with this word.
    pub fn said(&self, word: &str) -> usize {
        self.journal().iter().filter(|line| line[0] == word).count()
    }

    /// No command of an instance shows a sign of life after a newer one of it has started, and no claim
    /// starts one twice.
    pub fn assert_never_beside(&self) {
        let mut newest = std::collections::HashMap::new();
        for line in self.journal() {
            let fence: i64 = line[2].parse().unwrap();
            let known = newest.entry(line[1].clone()).or_insert(0);
            match line[0].as_str() {
                "start" => assert!(fence > *known, "{line:?} after fence {known}"),
                _ => assert!(fence >= *known, "{line:?} after fence {known}"),
            }
            *known = fence.max(*known);
        }
    }

    /// Nothing is broken, whatever happened.
    pub async fn assert_sound(&self) {
        assert_eq!(doctor::check(&self.app.db).await.unwrap(), []);
    }

    pub fn settings(&self) -> WorkerSettings {
        settings(self.directory.join("state"))
    }

    pub fn worker(&self) -> Worker {
        self.worker_with(self.settings())
    }

    pub fn worker_with(&self, settings: WorkerSettings) -> Worker {
        Worker::start(self.app.clone(), settings)
    }

    /// A worker without the executor of `web`.
    pub fn unable_worker(&self) -> Worker {
        Worker::start(App { executors: Executors::default(), ..self.app.clone() }, self.settings())
    }

    /// An upgrade of `web` to version 3 everywhere.
    pub fn upgrade(&self) -> ReleaseRequest {
        let version = Reference::by_id(&VERSION, Kind::Version.id(self.versions[2]).to_string());
        let aim = Aim::Upgrade { version, current_version: Reference::omitted(&CURRENT_VERSION) };
        request(self.service, aim, Selection::All(true))
    }

    /// Accepts a release and gives its number.
    pub async fn accept(&self, request: &ReleaseRequest) -> i64 {
        accept(&self.app, request).await.unwrap().unwrap().release_id.unwrap()
    }

    /// Resumes a release that is paused.
    pub async fn resume(&self, release: i64, how: Resume) -> store::Result<()> {
        let release_id = Kind::Release.id(release).to_string();
        let resumption = Resumption { release_id, resume: how, deadline_seconds: None };
        resume(&self.app, &caller("resumeRelease"), &resumption).await?.unwrap();
        Ok(())
    }

    /// Cancels a release, and stops what runs of it.
    pub async fn stop(&self, release: i64) {
        let id = Kind::Release.id(release).to_string();
        let cancellation = Cancellation { stop_running: true, ..Cancellation::of(&id) };
        cancel(&self.app, &caller("cancelRelease"), &cancellation).await.unwrap().unwrap();
    }

    /// Waits until a release is over and gives its status.
    pub async fn over(&self, release: i64) -> String {
        let sql = format!("SELECT status FROM release WHERE id = {release} AND finished_at IS NOT NULL");
        self.until(&sql, |rows| rows.first().map(|row| row[0].clone())).await
    }

    /// Waits until this many lines of the journal begin with this word.
    pub async fn until_said(&self, word: &str, many: usize) {
        self.until("SELECT 'x' AS x", |_| (self.said(word) >= many).then_some(())).await;
    }

    /// Asks again and again until the rows tell what is waited for.
    pub async fn until<T>(&self, sql: &str, found: impl Fn(Vec<Vec<String>>) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = found(self.rows.rows(sql).await) {
                return found;
            }
            let state = "SELECT id, status, worker_id, attempt, fence FROM release_target ORDER BY id";
            assert!(
                began.elapsed() < Duration::from_mins(1),
                "{sql}: {:?} {:?}",
                self.rows.rows(state).await,
                self.journal()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Status, failure, message, exit status and attempt of each target of a release.
    pub async fn targets(&self, release: i64) -> Vec<Vec<String>> {
        self.rows.rows(&format!(
            "SELECT status, failure, message, exit_status, attempt FROM release_target WHERE release_id = {release} ORDER BY ordinal"
        ))
        .await
    }

    /// Status and version of each instance of `web`, by host.
    pub async fn instances(&self) -> Vec<Vec<String>> {
        self.rows
            .rows(&format!(
                "SELECT i.status, v.name FROM instance i LEFT JOIN version v ON v.id = i.version_id
             WHERE i.service_id = {} ORDER BY i.id",
                self.service
            ))
            .await
    }

    /// Stream and text of the output of a release, in order.
    pub async fn log(&self, release: i64) -> Vec<Vec<String>> {
        self.rows
            .rows(&format!("SELECT stream, text FROM output_line WHERE release_id = {release} ORDER BY place"))
            .await
    }
}

/// A request for a release of a service, ten at a time.
pub fn request(service: i64, aim: Aim, hosts: Selection) -> ReleaseRequest {
    ReleaseRequest {
        change: caller("upgradeInstances"),
        aim,
        service: Reference::by_id(&SERVICE, Kind::Service.id(service).to_string()),
        hosts,
        on_locked: OnLocked::Skip,
        included: Default::default(),
        through_hold_ids: Vec::new(),
        rollout: RolloutOverrides { max_parallel: Some(Amount::Count(10)), ..RolloutOverrides::default() },
        reason: None,
        expected_count: None,
        dry_run: false,
    }
}

/// An operator's request.
pub fn caller(operation: &'static str) -> change::Request {
    let caller = Caller::new("olga", Role::Operator, "token 1");
    change::Request {
        caller,
        request_id: "r".into(),
        operation,
        input: json!({}),
        idempotency_key: None,
        audit_input: Bytes::kibi(4),
    }
}
