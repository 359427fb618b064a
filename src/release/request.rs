//! The request for a release, as it was sent, and its answers.

use crate::change::{self, Refusal};
use crate::domain::instance::InstanceSettings;
use crate::domain::reference::{self, Reference};
use crate::domain::release::plan::Plan;
use crate::domain::release::rollout::{RolloutOf, RolloutOverrides};
use crate::domain::release::selection::{Included, Skipped};
use crate::domain::release::{OnLocked, ReleaseAction};
use crate::domain::{Problem, ProblemCode, Problems, name};

/// A request for a release. Ids and names are as they were sent, and not checked yet (R4).
#[derive(Clone, Debug)]
pub struct ReleaseRequest {
    pub change: change::Request,
    pub aim: Aim,
    pub service: Reference,
    pub hosts: Selection,
    pub on_locked: OnLocked,
    /// Which instances may take part, too.
    pub included: Included,
    /// Holds and freezes that it may go through.
    pub through_hold_ids: Vec<String>,
    pub rollout: RolloutOverrides,
    pub reason: Option<String>,
    /// How many the caller expects to take part.
    pub expected_count: Option<i64>,
    /// Whether it is only checked what would happen.
    pub dry_run: bool,
}

/// What is to be done with the chosen instances or hosts.
#[derive(Clone, Debug)]
pub enum Aim {
    /// Put a version on hosts, with these settings of the instances.
    Install { version: Reference, settings: InstanceSettings },
    /// Move to a newer version those instances that are at the current version, if that is not omitted.
    Upgrade { version: Reference, current_version: Reference },
    /// Move to an older version, in the same way.
    Revert { version: Reference, current_version: Reference },
    /// Remove from hosts.
    Uninstall,
}

/// Which hosts a release is about, in one way of four (R5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Every instance of the service; only true is allowed.
    All(bool),
    HostIds(Vec<String>),
    Hostnames(Vec<String>),
    /// Hosts that have all of these labels: keys and values.
    Labels(Vec<(String, String)>),
}

/// A release that was accepted, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// `None` on a dry run.
    pub release_id: Option<i64>,
    /// Instances that take part, in the order they are moved; without those that an installation would
    /// make, on a dry run.
    pub accepted: Vec<i64>,
    /// Their hosts, in the same order; complete on a dry run, too.
    pub accepted_hosts: Vec<i64>,
    /// What was left out, by hostname.
    pub skipped: Vec<Skipped>,
    /// How it moves, and over which targets; that of the recorded release if it was accepted earlier.
    pub plan: Option<Plan>,
    /// Whether an earlier request with the same key was answered so.
    pub replayed: bool,
}

/// A release that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub problems: Problems,
    /// Filled when everything was left out and nothing else is wrong (R9).
    pub skipped: Vec<Skipped>,
}

impl Refused {
    /// Refuses for these problems. What was left out belongs to the answer only if nothing else is wrong.
    pub(super) fn having(problems: Problems, skipped: Vec<Skipped>) -> Self {
        let is_empty = problems.0.iter().any(|problem| problem.code == ProblemCode::NothingToRelease);
        Refused { problems, skipped: if is_empty { skipped } else { Vec::new() } }
    }
}

impl From<Problems> for Refused {
    fn from(problems: Problems) -> Self {
        Refused { problems, skipped: Vec::new() }
    }
}

impl Refusal for Refused {
    fn problems(&self) -> &Problems {
        &self.problems
    }
}

impl Aim {
    /// The action of the release.
    pub fn action(&self) -> ReleaseAction {
        match self {
            Aim::Install { .. } => ReleaseAction::Install,
            Aim::Upgrade { .. } => ReleaseAction::Upgrade,
            Aim::Revert { .. } => ReleaseAction::Revert,
            Aim::Uninstall => ReleaseAction::Uninstall,
        }
    }

    /// Which release a rollout with this aim is for.
    pub fn rollout_of(&self) -> RolloutOf {
        RolloutOf { action: self.action(), is_undo: false }
    }

    /// The version to move to, or `None` if the action has none.
    pub fn version(&self) -> Option<&Reference> {
        match self {
            Aim::Install { version, .. } | Aim::Upgrade { version, .. } | Aim::Revert { version, .. } => Some(version),
            Aim::Uninstall => None,
        }
    }

    /// The version that instances must be at, or `None` if they may be at any.
    pub fn current_version(&self) -> Option<&Reference> {
        match self {
            Aim::Upgrade { current_version, .. } | Aim::Revert { current_version, .. } => {
                Some(current_version).filter(|version| !version.is_omitted())
            }
            Aim::Install { .. } | Aim::Uninstall => None,
        }
    }
}

impl Selection {
    /// The input that says it.
    pub fn field(&self) -> &'static str {
        match self {
            Selection::All(_) => "hosts.all",
            Selection::HostIds(_) => "hosts.hostIds",
            Selection::Hostnames(_) => "hosts.hostnames",
            Selection::Labels(_) => "hosts.labels",
        }
    }

    /// Whether each host was named, so that one that does not fit refuses the request (R6).
    pub fn names_hosts(&self) -> bool {
        matches!(self, Selection::HostIds(_) | Selection::Hostnames(_))
    }

    /// Adds a problem for what is wrong with the selection itself. `for_new` instances, it cannot be all hosts.
    pub fn check(&self, for_new: bool, problems: &mut Problems) {
        let field = self.field();
        match self {
            Selection::All(true) if for_new => {
                let message = "New instances cannot be put on `all` hosts. Choose hosts by id, by name or by labels.";
                problems.add(Problem::new(ProblemCode::Invalid, field, message));
            }
            Selection::All(true) => {}
            Selection::All(false) => {
                let message = "`all` may only be true. Choose hosts by id, by name or by labels instead.";
                problems.add(Problem::new(ProblemCode::Invalid, field, message));
            }
            Selection::HostIds(list) => reference::list(field, list, problems),
            Selection::Hostnames(list) => reference::hostnames(field, list, problems),
            Selection::Labels(labels) => {
                let entries: Vec<_> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
                reference::list(field, &entries, problems);
                for (key, value) in labels {
                    problems.collect(name::label(field, key, value));
                }
            }
        }
    }
}

impl ReleaseRequest {
    /// Adds a problem for what is wrong with the request itself, before anything is looked up (R4, R6).
    pub fn check(&self, problems: &mut Problems) {
        self.hosts.check(self.aim.action() == ReleaseAction::Install, problems);
        if !self.through_hold_ids.is_empty() {
            reference::list("throughHoldIds", &self.through_hold_ids, problems);
        }
        self.rollout.check(self.hosts.names_hosts(), problems);
        self.rollout.check_for(self.aim.rollout_of(), problems);
        if let Some(reason) = &self.reason {
            problems.collect(name::text("reason", reason, name::MAX_REASON));
        }
        if self.expected_count.is_some_and(|count| count < 0) {
            problems.add(Problem::new(ProblemCode::Invalid, "expectedCount", "expectedCount must be 0 or more."));
        }
        if let Aim::Install { settings, .. } = &self.aim {
            settings.check(problems);
        }
    }
}
