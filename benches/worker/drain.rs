//! One release, carried out by one worker, and what that took.

use anyhow::{Context, ensure};
use lockkeeper::app::App;
use lockkeeper::change;
use lockkeeper::change::Denials;
use lockkeeper::domain::reference::{CURRENT_VERSION, Reference, SERVICE, VERSION};
use lockkeeper::domain::release::OnLocked;
use lockkeeper::domain::release::rollout::{Amount, RolloutOverrides};
use lockkeeper::domain::{Caller, Kind, Role};
use lockkeeper::executor::Executor;
use lockkeeper::gate::Gate;
use lockkeeper::graphql::ExecutableSchema;
use lockkeeper::limits::Limits;
use lockkeeper::release::{Aim, ReleaseRequest, Selection, accept};
use lockkeeper::store::Db;
use lockkeeper::wire::body;
use lockkeeper::worker::{self, WorkerSettings};
use serde_json::Value;
use std::time::{Duration, Instant};
use testkit::databases;
use testkit::large::{Size, load};
use tokio_util::sync::CancellationToken;

/// How long it may take.
const PATIENCE: Duration = Duration::from_mins(10);

/// What is to be done.
pub struct Work<'a> {
    pub targets: i64,
    pub at_a_time: i64,
    /// As the configuration has it.
    pub executor: &'a str,
}

/// What it took.
pub struct Done {
    pub wall: Duration,
    pub statements: u64,
    pub commits: u64,
}

/// Moves a service of a fresh fleet, from when the worker starts until its release is over.
pub async fn drain(kind: &str, work: Work<'_>) -> anyhow::Result<Done> {
    let directory = tempfile::tempdir()?;
    let url = databases::fresh(kind, directory.path());
    // One of 40 instances is held.
    let instances = work.targets + work.targets / 39;
    Db::open(&url, 1).await?.close().await;
    load(&url, Size { services: 1, versions: 20, hosts: instances, instances }).await?;
    let executor = Executor::parse("simulated", work.executor)?;
    let executors = [executor].into_iter().collect();
    let app = App { db: Db::open(&url, 8).await?, executors, rollout: Default::default() };
    let Ok(accepted) = accept(&app, &request(work.at_a_time)).await? else {
        anyhow::bail!("the release was refused");
    };
    ensure!(accepted.accepted.len() as i64 == work.targets, "{} take part", accepted.accepted.len());
    let release = accepted.release_id.context("it was accepted")?;
    let watching = App { db: Db::open(&url, 1).await?, ..app.clone() };
    let settings = WorkerSettings {
        runner: env!("CARGO_BIN_EXE_lockkeeper").into(),
        max_targets: work.at_a_time as usize,
        ..WorkerSettings::new("worker", directory.path().join("state"))
    };
    let (statements, commits) = (app.db.statements(), app.db.commits());
    let (stop, begun) = (CancellationToken::new(), Instant::now());
    let worker = tokio::spawn(worker::run(app.clone(), settings, stop.clone()));
    let mut head = app.db.head();
    while !is_over(&watching, release).await? {
        ensure!(begun.elapsed() < PATIENCE, "it takes too long");
        tokio::time::timeout(PATIENCE, head.changed()).await??;
    }
    let done = Done {
        wall: begun.elapsed(),
        statements: app.db.statements() - statements,
        commits: app.db.commits() - commits,
    };
    stop.cancel();
    worker.await??;
    Ok(done)
}

fn request(at_a_time: i64) -> ReleaseRequest {
    let caller = Caller::new("olga", Role::Operator, "token 1");
    let input = Value::Null;
    ReleaseRequest {
        change: change::Request {
            caller,
            request_id: "r".into(),
            operation: "upgradeInstances",
            input,
            idempotency_key: None,
            audit_input: Limits::default().audit_input,
        },
        aim: Aim::Upgrade {
            version: Reference::by_id(&VERSION, Kind::Version.id(20).to_string()),
            current_version: Reference::omitted(&CURRENT_VERSION),
        },
        service: Reference::by_id(&SERVICE, Kind::Service.id(1).to_string()),
        hosts: Selection::All(true),
        on_locked: OnLocked::Skip,
        included: Default::default(),
        through_hold_ids: Vec::new(),
        rollout: RolloutOverrides { max_parallel: Some(Amount::Count(at_a_time)), ..RolloutOverrides::default() },
        reason: None,
        expected_count: None,
        dry_run: false,
    }
}

async fn is_over(app: &App, release: i64) -> anyhow::Result<bool> {
    let query = format!(
        "{{ node(id: \"{}\") {{ ... on Release {{
            status targets(first: 3, statuses: [FAILED, UNKNOWN]) {{ nodes {{ failure message }} }} }} }} }}",
        Kind::Release.id(release)
    );
    let caller = Caller::new("ann", Role::Viewer, "token 1");
    let prepared = Gate::for_api(Limits::default()).prepare(query, None, Default::default());
    let prepared = prepared.map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    let denials = Denials::new(app.db.clone(), Limits::default().audit_input);
    let response = prepared.execute(&ExecutableSchema::new(app.clone(), denials), caller, "r").await;
    let answer: Value = serde_json::from_slice(&body(&response))?;
    let release = &answer["data"]["node"];
    match release["status"].as_str().with_context(|| format!("no status: {answer}"))? {
        "PENDING" | "RUNNING" => Ok(false),
        "SUCCEEDED" => Ok(true),
        other => anyhow::bail!("the release is {other}: {}", release["targets"]["nodes"]),
    }
}
