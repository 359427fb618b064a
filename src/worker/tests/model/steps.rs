//! What can happen, as a test that failed prints it.

use super::reference::Model;
use crate::domain::Role;
use crate::domain::release::{OnFailure, OnLocked, ReleaseAction};
use crate::domain::target::ReleaseTargetStatus;
use std::fmt::{self, Debug, Display, Formatter};

/// Three services: commands of the third share their host, those of the second may be repeated.
pub const SERVICES: [&str; 3] = ["web", "api", "log"];
/// Hosts by number; the first two are in the zone.
pub const HOSTS: [i64; 3] = [1, 2, 3];
pub const ZONE: [i64; 2] = [1, 2];
/// Versions of each service; the last one has no successful build.
pub const VERSIONS: i64 = 4;
/// Who asks.
pub const CALLERS: [(&str, Role); 3] = [("olga", Role::Operator), ("otto", Role::Operator), ("ann", Role::Admin)];

/// The number of a service's version.
pub fn version(service: i64, version: i64) -> i64 {
    (service - 1) * VERSIONS + version
}

/// A request for a release.
#[derive(Clone)]
pub struct Ask {
    pub by: usize,
    pub action: ReleaseAction,
    pub service: i64,
    pub version: i64,
    pub current_version: Option<i64>,
    pub hosts: Hosts,
    pub on_locked: OnLocked,
    pub include_unknown: bool,
    pub through: Vec<i64>,
    pub max_parallel: Option<i64>,
    pub max_failures: Option<i64>,
    pub on_failure: Option<OnFailure>,
    pub key: Option<u8>,
    pub dry_run: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Hosts {
    All,
    Named(Vec<i64>),
    Zone,
}

/// One thing that happens. Things are named by number, starts from 0 in the order in which they were claimed.
#[derive(Clone)]
pub enum Step {
    Ask(Ask),
    Cancel {
        by: usize,
        release: i64,
        stop_running: bool,
    },
    Hold {
        by: usize,
        instances: Vec<i64>,
    },
    Unhold {
        by: usize,
        instances: Vec<i64>,
    },
    Freeze {
        by: usize,
        service: i64,
        reverts: bool,
    },
    Unfreeze {
        by: usize,
        service: i64,
    },
    /// The time of a hold or a freeze is over.
    Expire {
        hold: i64,
    },
    EndExpired,
    Confirm {
        by: usize,
        instance: i64,
        version: Option<i64>,
    },
    /// A worker begins to work.
    Register,
    Beat {
        worker: i64,
    },
    Claim {
        worker: i64,
        room: i64,
    },
    /// A worker writes how these starts ended, also one that lost them.
    Finish {
        worker: i64,
        ends: Vec<(usize, ReleaseTargetStatus)>,
    },
    /// A worker was declared dead by another, who saw its beat, or one before.
    TakeOver {
        worker: i64,
        lost: i64,
        stale: bool,
    },
    /// A worker resolves a start that was lost, by what it left.
    Recover {
        worker: i64,
        start: usize,
        left: Left,
    },
}

/// What is found of a start whose worker died.
#[derive(Clone, Copy, Debug)]
pub enum Left {
    /// The worker died before it wrote this result.
    Succeeded,
    Failed,
    /// The command had done its work, and nobody saw it end.
    NewVersion,
    /// It had done nothing yet.
    OldVersion,
    NoAnswer,
    /// No command was started, and none will be.
    NeverBegan,
}

impl Step {
    /// Whether all that it names is there.
    pub fn fits(&self, model: &Model) -> bool {
        let rows = &model.rows;
        let instance = |id: &i64| *id as usize <= rows.instances.len();
        let worker = |id: &i64| *id as usize <= rows.workers.len();
        let hold = |id: &i64| *id as usize <= rows.holds.len();
        match self {
            Step::Ask(ask) => ask.through.iter().all(hold),
            Step::Cancel { release, .. } => *release as usize <= rows.releases.len(),
            Step::Hold { instances, .. } | Step::Unhold { instances, .. } => instances.iter().all(instance),
            Step::Expire { hold: id } => hold(id) && !rows.holds[*id as usize - 1].expired,
            Step::Confirm { instance: id, .. } => instance(id),
            Step::Beat { worker: id } | Step::Claim { worker: id, .. } => worker(id),
            Step::Finish { worker: id, ends } => {
                worker(id) && ends.iter().all(|(start, _)| *start < model.starts.len())
            }
            Step::TakeOver { worker: id, lost, .. } => worker(id) && worker(lost) && id != lost,
            Step::Recover { worker: id, start, .. } => worker(id) && *start < model.starts.len(),
            Step::Freeze { .. } | Step::Unfreeze { .. } | Step::EndExpired | Step::Register => true,
        }
    }
}

impl Display for Ask {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Ask { action, hosts, through, .. } = self;
        write!(f, "{} asks to {action} {}", CALLERS[self.by].0, SERVICES[self.service as usize - 1])?;
        match self.action {
            ReleaseAction::Uninstall => write!(f, " on {hosts:?}")?,
            _ => write!(f, " to version {} on {hosts:?}", self.version)?,
        }
        let parts = [
            self.current_version.map(|version| format!("at version {version}")),
            (self.on_locked == OnLocked::Reject).then(|| "locked ones REJECT".into()),
            self.include_unknown.then(|| "unknown ones included".into()),
            (!through.is_empty()).then(|| format!("through holds {through:?}")),
            self.max_parallel.map(|count| format!("{count} at a time")),
            self.max_failures.map(|count| format!("{count} may fail")),
            self.on_failure.map(|then| format!("on failure {then}")),
            self.key.map(|key| format!("key {key}")),
            self.dry_run.then(|| "dry run".into()),
        ];
        parts.iter().flatten().try_for_each(|part| write!(f, ", {part}"))
    }
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = |by: &usize| CALLERS[*by].0;
        let service = |id: &i64| SERVICES[*id as usize - 1];
        match self {
            Step::Ask(ask) => write!(f, "{ask}"),
            Step::Cancel { by, release, stop_running: false } => write!(f, "{} cancels release {release}", name(by)),
            Step::Cancel { by, release, .. } => write!(f, "{} cancels and stops release {release}", name(by)),
            Step::Hold { by, instances } => write!(f, "{} holds instances {instances:?}", name(by)),
            Step::Unhold { by, instances } => write!(f, "{} ends the holds on instances {instances:?}", name(by)),
            Step::Freeze { by, service: id, reverts: false } => write!(f, "{} freezes {}", name(by), service(id)),
            Step::Freeze { by, service: id, .. } => write!(f, "{} freezes {}, reverts too", name(by), service(id)),
            Step::Unfreeze { by, service: id } => write!(f, "{} unfreezes {}", name(by), service(id)),
            Step::Expire { hold } => write!(f, "the time of hold {hold} is over"),
            Step::EndExpired => write!(f, "expired holds are ended"),
            Step::Confirm { by, instance, version: None } => {
                write!(f, "{} found nothing of instance {instance}", name(by))
            }
            Step::Confirm { by, instance, version: Some(version) } => {
                write!(f, "{} found instance {instance} at version {version}", name(by))
            }
            Step::Register => write!(f, "a worker registers"),
            Step::Beat { worker } => write!(f, "worker {worker} renews its lease"),
            Step::Claim { worker, room } => write!(f, "worker {worker} claims up to {room}"),
            Step::Finish { worker, ends } => {
                write!(f, "worker {worker} finishes")?;
                ends.iter().try_for_each(|(start, end)| write!(f, " start {start} {end}"))
            }
            Step::TakeOver { worker, lost, stale } => {
                write!(f, "worker {worker} takes over from worker {lost}")?;
                if *stale { write!(f, ", of which it saw an old beat") } else { Ok(()) }
            }
            Step::Recover { worker, start, left } => {
                write!(f, "worker {worker} recovers start {start}, of which is left: {left:?}")
            }
        }
    }
}

impl Debug for Ask {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// One line each, so that a sequence can be read.
impl Debug for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
