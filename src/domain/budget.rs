//! Budgets: how many instances of a service may be unavailable at a time, over all of its releases, and which targets may
//! start within that (R20).

use super::release::rollout::Amount;
pub use super::release::rollout::PerLabel;
use super::{Problem, ProblemCode, Problems};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What a service allows. A service with neither limit has no budget.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// How many instances may be unavailable: a count, or a share of those that have a version.
    pub max_unavailable: Option<Amount>,
    /// How many of the unavailable instances may have the same value of a label of their hosts.
    pub max_per_label: Option<PerLabel>,
}

impl Budget {
    /// Adds a problem for each value that is out of its bounds.
    pub fn check(&self, problems: &mut Problems) {
        if !self.max_unavailable.is_none_or(|amount| amount.is_within(1, i64::MAX, 0)) {
            let message = "maxUnavailable must be a count of 1 or more, or 0 to 100 percent. Pass null for no limit.";
            problems.add(Problem::new(ProblemCode::Invalid, "maxUnavailable", message));
        }
        if let Some(limit) = &self.max_per_label {
            limit.check("maxPerLabel", problems);
        }
    }

    /// Returns how many instances may be unavailable of `instances` that have a version, or `None` for any number. A share
    /// is rounded down, to at least one.
    pub fn limit(&self, instances: i64) -> Option<i64> {
        self.max_unavailable.map(|amount| amount.at_most(instances).max(1))
    }
}

/// How much of a service's budget is spent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spending {
    /// How many instances may be unavailable; `None` for any number.
    pub limit: Option<i64>,
    /// How many of them may have the same value of the label; `None` for any number.
    pub per_label: Option<i64>,
    /// The unavailable instances, with their values of the label.
    pub unavailable: HashMap<i64, Option<String>>,
}

impl Spending {
    /// Whether one more instance with this value of the label may be unavailable.
    fn has_room(&self, label: Option<&String>) -> bool {
        let alike = || self.unavailable.values().filter(|value| value.as_ref() == label).count() as i64;
        self.limit.is_none_or(|limit| (self.unavailable.len() as i64) < limit)
            && self.per_label.is_none_or(|count| alike() < count)
    }
}

/// A queued target of a service with a budget, or of a release with a limit for a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub target_id: i64,
    pub release_id: i64,
    pub ordinal: i64,
    pub service_id: i64,
    pub instance_id: i64,
    /// The value of the label of the service's budget.
    pub label: Option<String>,
    /// The value of the label of the release's own limit.
    pub release_label: Option<String>,
    /// Whether its release undoes another.
    pub is_undo: bool,
    /// Whether its wave is carried out, or is one before.
    pub is_open: bool,
    /// Whether its instance is unavailable while it runs: not during an installation.
    pub is_counted: bool,
}

/// What a release still may do, whatever its budget says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseRoom {
    /// How many of its targets may start.
    pub may_start: i64,
    /// Whether one of them runs that took room.
    pub took_room: bool,
    /// Whether none of them runs.
    pub is_idle: bool,
    /// How many of its targets may run on hosts with the same value of its label; `None` for any number.
    pub per_label: Option<i64>,
    /// How many of them run, by that value.
    pub running: HashMap<Option<String>, i64>,
}

impl ReleaseRoom {
    /// Whether one more of its targets may run on a host with this value of its label.
    fn has_room(&self, label: Option<&String>) -> bool {
        self.per_label.is_none_or(|count| self.running.get(&label.cloned()).copied().unwrap_or_default() < count)
    }
}

/// Which targets may start within budgets, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admitted {
    pub targets: HashSet<i64>,
    /// Those of them that take room.
    pub taking: HashSet<i64>,
}

/// Returns the targets that may start. `spending` is by service, of those that have a budget; `releases` is by release. Undos
/// are looked at first, then older releases. A target for which there is no room is passed over. An undo may always have one target running that took room.
/// Where nothing of a release runs and nothing in its wave has room, one of a later wave that costs nothing may start: it
/// mends what blocks the release.
pub fn admit(
    mut waiting: Vec<Waiting>,
    mut spending: BTreeMap<i64, Spending>,
    mut releases: BTreeMap<i64, ReleaseRoom>,
) -> Admitted {
    waiting.sort_by_key(|target| (!target.is_undo, target.release_id, target.ordinal));
    let mut admitted = Admitted::default();
    let mut blocked = HashSet::new();
    for target in waiting.iter().filter(|target| target.is_open) {
        let Some(release) = releases.get_mut(&target.release_id).filter(|release| release.may_start > 0) else {
            continue;
        };
        if !release.has_room(target.release_label.as_ref()) {
            continue;
        }
        let spent = spending.get_mut(&target.service_id).filter(|_| target.is_counted);
        if let Some(spent) = spent.filter(|spent| !spent.unavailable.contains_key(&target.instance_id)) {
            let is_exempt = target.is_undo && !release.took_room;
            if !is_exempt && !spent.has_room(target.label.as_ref()) {
                if release.is_idle {
                    blocked.insert(target.release_id);
                }
                continue;
            }
            spent.unavailable.insert(target.instance_id, target.label.clone());
            release.took_room = true;
            admitted.taking.insert(target.target_id);
        }
        release.may_start -= 1;
        release.is_idle = false;
        *release.running.entry(target.release_label.clone()).or_default() += 1;
        blocked.remove(&target.release_id);
        admitted.targets.insert(target.target_id);
    }
    for target in waiting.iter().filter(|target| !target.is_open) {
        let spent = spending.get(&target.service_id);
        let is_free = spent.is_some_and(|spent| spent.unavailable.contains_key(&target.instance_id));
        if is_free && blocked.remove(&target.release_id) {
            admitted.targets.insert(target.target_id);
        }
    }
    admitted
}

#[cfg(test)]
mod tests;
