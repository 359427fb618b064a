//! The demo's fleet, made by the same operations as the API's.

use crate::app::App;
use crate::catalog::{host, service, version};
use crate::change;
use crate::domain::event::Subject;
use crate::domain::instance::InstanceSettings;
use crate::domain::release::OnLocked;
use crate::domain::release::rollout::{Amount, RolloutOverrides};
use crate::domain::version::BuildStatus;
use crate::domain::{Caller, Kind, Problems, Role};
use crate::events::{Tail, Waking};
use crate::limits::Limits;
use crate::release::{self, Aim, ReleaseRequest, Selection};
use crate::store::audit::COMMAND_LINE;
use crate::store::db::types::IfKnown;
use crate::worker::{self, WorkerSettings};
use anyhow::{Context, bail};
use futures_util::StreamExt;
use std::path::Path;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Services: name, language, what for, port, and on how many of the hosts.
const SERVICES: [(&str, &str, &str, i64, usize); 3] = [
    ("api", "Rust", "Answers the shop's apps", 8000, 12),
    ("web", "TypeScript", "The shop itself", 3000, 8),
    ("worker", "Go", "Sends mails and bills", 9000, 4),
];
/// Versions of each service, oldest first. The second one is installed, so that there are two ways to go.
const VERSIONS: [&str; 4] = ["1.0.0", "1.1.0", "1.2.0", "2.0.0"];
const INSTALLED: usize = 1;
const HOSTS: usize = 12;

/// What was made, for the words about it: the first service and a version to upgrade it to.
pub struct Fleet {
    pub service: &'static str,
    pub service_id: String,
    pub version: &'static str,
    pub version_id: String,
}

/// Makes services, versions, hosts and instances, and waits until all are installed.
pub async fn make(app: &App, state_dir: &Path) -> anyhow::Result<Fleet> {
    let hostnames = hosts(app).await?;
    let mut first = None;
    for (name, language, description, port, many) in SERVICES {
        let new = service::ServiceInput {
            name: name.to_owned(),
            language: language.to_owned(),
            description: description.to_owned(),
            executor: "simulated".to_owned(),
        };
        let service_id =
            Kind::Service.id(done(service::create(app, &change("createService"), &new).await?)?).to_string();
        let versions = versions(app, name, &service_id).await?;
        let aim = Aim::Install {
            version_id: versions[INSTALLED].clone(),
            settings: InstanceSettings { port: Some(port), tag: None, weight: 100, description: String::new() },
        };
        install(app, &service_id, aim, hostnames[..many].to_vec()).await?;
        first.get_or_insert(Fleet {
            service: name,
            service_id,
            version: VERSIONS[INSTALLED + 1],
            version_id: versions[INSTALLED + 1].clone(),
        });
    }
    carried_out(app, state_dir).await?;
    first.context("the demo has no service")
}

async fn hosts(app: &App) -> anyhow::Result<Vec<String>> {
    let label = |key: &str, value: &str| host::Label { key: key.to_owned(), value: value.to_owned() };
    let hosts: Vec<host::HostInput> = (1..=HOSTS)
        .map(|number| host::HostInput {
            hostname: format!("host-{number:02}"),
            address: format!("10.0.0.{number}"),
            labels: vec![
                label("stage", if number % 4 == 0 { "test" } else { "prod" }),
                label("zone", if number % 2 == 0 { "east" } else { "west" }),
            ],
        })
        .collect();
    done(host::create(app, &change("createHosts"), &hosts).await?)?;
    Ok(hosts.into_iter().map(|host| host.hostname).collect())
}

async fn versions(app: &App, service: &str, service_id: &str) -> anyhow::Result<Vec<String>> {
    let mut ids = Vec::new();
    for name in VERSIONS {
        let new = version::VersionInput {
            service_id: service_id.to_owned(),
            name: name.to_owned(),
            reference: format!("v{name}"),
            description: String::new(),
            build_status: BuildStatus::Succeeded,
            artifact: Some(format!("https://artifacts.example/{service}-{name}.tar.gz")),
        };
        let id = done(version::create(app, &change("createVersion"), &new).await?)?;
        ids.push(Kind::Version.id(id).to_string());
    }
    Ok(ids)
}

async fn install(app: &App, service_id: &str, aim: Aim, hostnames: Vec<String>) -> anyhow::Result<()> {
    let request = ReleaseRequest {
        change: change("installInstances"),
        aim,
        service_id: service_id.to_owned(),
        hosts: Selection::Hostnames(hostnames),
        on_locked: OnLocked::Reject,
        include_unknown: false,
        through_hold_ids: Vec::new(),
        rollout: RolloutOverrides { max_parallel: Some(Amount::Percent(100)), ..RolloutOverrides::default() },
        reason: Some("The demo's fleet".to_owned()),
        expected_count: None,
        dry_run: false,
    };
    done(release::accept(app, &request).await?.map_err(|refused| refused.problems))?;
    Ok(())
}

/// Lets a worker carry out what was accepted.
async fn carried_out(app: &App, state_dir: &Path) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let tail = Tail::start(app.db.clone(), Waking::default(), stop.clone()).await?;
    let working = tokio::spawn(worker::run(app.clone(), WorkerSettings::new("demo", state_dir), stop.clone()));
    let mut finished = 0;
    let mut events = Box::pin(tail.follow(0));
    let all = async {
        while finished < SERVICES.len() {
            let Some(Ok(batch)) = events.next().await else { bail!("The demo's log of events ended") };
            finished += batch
                .iter()
                .filter(|event| event.subject == IfKnown(Some(Subject::Release)) && event.kind == "FINISHED")
                .count();
        }
        Ok(())
    };
    tokio::time::timeout(Duration::from_mins(1), all).await.context("The demo's fleet was not installed in time")??;
    stop.cancel();
    Ok(working.await??)
}

/// A request of the demo itself.
fn change(operation: &'static str) -> change::Request {
    change::Request {
        caller: Caller::new("demo", Role::Admin, COMMAND_LINE),
        request_id: "demo".to_owned(),
        operation,
        input: serde_json::json!({}),
        idempotency_key: None,
        audit_input: Limits::default().audit_input,
    }
}

fn done<T>(answer: Result<T, Problems>) -> anyhow::Result<T> {
    answer.map_err(|problems| anyhow::anyhow!("the demo's fleet was refused: {problems:?}"))
}
