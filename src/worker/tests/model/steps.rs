//! What can happen, as a test that failed prints it.

use super::reference::Model;
use crate::domain::Role;
use crate::domain::release::rollout::{Amount, RolloutOverrides};
use crate::domain::release::waves::WaveRequest;
use crate::domain::release::{OnFailure, OnLocked, ReleaseAction};
use crate::domain::target::ReleaseTargetStatus;
use crate::release::follow_up::FollowUp;
use std::fmt::{self, Debug, Display, Formatter};

/// Three services: commands of the third share their host, those of the second may be repeated. Of the second, only one
/// instance may be unavailable at a time.
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
    pub reapply: bool,
    pub through: Vec<i64>,
    pub max_parallel: Option<i64>,
    pub max_failures: Option<i64>,
    pub on_failure: Option<OnFailure>,
    pub waves: Option<Vec<WaveRequest>>,
    pub key: Option<u8>,
    pub dry_run: bool,
}

impl Ask {
    /// What it says of its rollout.
    pub fn rollout(&self) -> RolloutOverrides {
        RolloutOverrides {
            max_parallel: self.max_parallel.map(Amount::Count),
            max_failures: self.max_failures.map(Amount::Count),
            on_failure: self.on_failure,
            waves: self.waves.clone(),
            ..RolloutOverrides::default()
        }
    }
}

/// A request to undo or retry a release.
#[derive(Clone, Debug)]
pub struct Follow {
    pub by: usize,
    pub what: FollowUp,
    pub release: i64,
    pub on_locked: OnLocked,
    pub include_unknown: bool,
    pub through: Vec<i64>,
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
        then_undo: bool,
    },
    Follow(Follow),
    Pause {
        by: usize,
        release: i64,
    },
    Resume {
        by: usize,
        release: i64,
        to_end: bool,
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
            Step::Follow(follow) => follow.release as usize <= rows.releases.len() && follow.through.iter().all(hold),
            Step::Cancel { release, .. } | Step::Pause { release, .. } | Step::Resume { release, .. } => {
                *release as usize <= rows.releases.len()
            }
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
            self.reapply.then(|| "reapplied".into()),
            (!through.is_empty()).then(|| format!("through holds {through:?}")),
            self.max_parallel.map(|count| format!("{count} at a time")),
            self.max_failures.map(|count| format!("{count} may fail")),
            self.on_failure.map(|then| format!("on failure {then}")),
            self.waves.as_ref().map(|waves| format!("waves {waves:?}")),
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
            Step::Follow(Follow { by, what, release, on_locked, include_unknown, through, dry_run }) => write!(
                f,
                "{} asks to {what:?} release {release}, locked ones {on_locked}, unknown ones {include_unknown}, through \
                 {through:?}, dry run {dry_run}",
                name(by)
            ),
            Step::Cancel { by, release, stop_running, then_undo } => {
                write!(f, "{} cancels release {release}, stop {stop_running}, undo {then_undo}", name(by))
            }
            Step::Pause { by, release } => write!(f, "{} pauses release {release}", name(by)),
            Step::Resume { by, release, to_end } => {
                write!(f, "{} resumes release {release}, to the end: {to_end}", name(by))
            }
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
