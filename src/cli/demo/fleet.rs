//! The demo's fleet, made by the same operations as the API's.

use crate::app::App;
use crate::catalog::{host, service, version};
use crate::change;
use crate::domain::event::Subject;
use crate::domain::instance::InstanceSettings;
use crate::domain::reference::{CURRENT_VERSION, Reference, SERVICE, VERSION};
use crate::domain::release::OnLocked;
use crate::domain::release::rollout::{Amount, RolloutOverrides};
use crate::domain::release::selection::Included;
use crate::domain::version::{BuildStatus, VersionScheme};
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

/// The host on which the first upgrade fails, in the midst of the fleet.
pub const FAILING_HOST: &str = "host-05";

/// What was made, for the words about it: a service, and its release that failed.
pub struct Fleet {
    pub service: &'static str,
    /// The version that most hosts still have.
    pub previous: &'static str,
    /// The version that the release moves to.
    pub version: &'static str,
    /// Id of the release.
    pub release: String,
}

/// Makes services, versions, hosts and instances, and then has an upgrade fail. Commands of `app` succeed, and those of
/// `failing` fail on [`FAILING_HOST`].
pub async fn make(app: &App, failing: &App, state_dir: &Path) -> anyhow::Result<Fleet> {
    let hostnames = hosts(app).await?;
    for (name, language, description, port, many) in SERVICES {
        let new = service::ServiceInput {
            name: name.to_owned(),
            language: language.to_owned(),
            description: description.to_owned(),
            executor: "simulated".to_owned(),
            version_scheme: VersionScheme::Registration,
        };
        done(service::create(app, &change("createService"), &new).await?)?;
        versions(app, name).await?;
        let aim = Aim::Install {
            version: Reference::by_name(&VERSION, VERSIONS[INSTALLED]),
            settings: InstanceSettings { port: Some(port), tag: None, weight: 100, description: String::new() },
        };
        let rollout = RolloutOverrides { max_parallel: Some(Amount::Percent(100)), ..RolloutOverrides::default() };
        let hosts = Selection::Hostnames(hostnames[..many].to_vec());
        request(app, "installInstances", name, aim, hosts, rollout).await?;
    }
    carried_out(app, state_dir, SERVICES.len()).await?;

    let (service, previous, version) = (SERVICES[0].0, VERSIONS[INSTALLED], VERSIONS[INSTALLED + 1]);
    let current_version = Reference::omitted(&CURRENT_VERSION);
    let aim = Aim::Upgrade { version: Reference::by_name(&VERSION, version), current_version };
    let all = Selection::All(true);
    let release = request(app, "upgradeInstances", service, aim, all, RolloutOverrides::default()).await?;
    carried_out(failing, state_dir, SERVICES.len() + 1).await?;
    Ok(Fleet { service, previous, version, release })
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

async fn versions(app: &App, service: &str) -> anyhow::Result<()> {
    for name in VERSIONS {
        let new = version::VersionInput {
            service: Reference::by_name(&SERVICE, service),
            name: name.to_owned(),
            reference: format!("v{name}"),
            description: String::new(),
            build_status: BuildStatus::Succeeded,
            artifact: Some(format!("https://artifacts.example/{service}-{name}.tar.gz")),
        };
        done(version::create(app, &change("createVersion"), &new).await?)?;
    }
    Ok(())
}

/// Has a release accepted, and returns its id.
async fn request(
    app: &App,
    operation: &'static str,
    service: &str,
    aim: Aim,
    hosts: Selection,
    rollout: RolloutOverrides,
) -> anyhow::Result<String> {
    let request = ReleaseRequest {
        change: change(operation),
        aim,
        service: Reference::by_name(&SERVICE, service),
        hosts,
        on_locked: OnLocked::Reject,
        included: Included::default(),
        through_hold_ids: Vec::new(),
        rollout,
        reason: Some("The demo's fleet".to_owned()),
        expected_count: None,
        dry_run: false,
    };
    let accepted = done(release::accept(app, &request).await?.map_err(|refused| refused.problems))?;
    let id = accepted.release_id.context("the demo's release has no id")?;
    Ok(Kind::Release.id(id).to_string())
}

/// Lets a worker carry out what was accepted, until so many releases have ended since the beginning.
async fn carried_out(app: &App, state_dir: &Path, releases: usize) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let tail = Tail::start(app.db.clone(), Waking::default(), stop.clone()).await?;
    let working = tokio::spawn(worker::run(app.clone(), WorkerSettings::new("demo", state_dir), stop.clone()));
    let mut finished = 0;
    let mut events = Box::pin(tail.follow(0));
    let all = async {
        while finished < releases {
            let Some(Ok(batch)) = events.next().await else { bail!("The demo's log of events ended") };
            finished += batch
                .iter()
                .filter(|event| event.subject == IfKnown(Some(Subject::Release)) && event.kind == "FINISHED")
                .count();
        }
        Ok(())
    };
    tokio::time::timeout(Duration::from_mins(1), all).await.context("The demo's fleet was not made in time")??;
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
