//! What the inputs of releases have in common: which hosts, and the rollout.

use super::prelude::*;
use crate::domain::release::rollout::{Amount, RolloutOverrides};
use crate::domain::release::{OnFailure, OnLocked};
use crate::graphql::types::LabelInput;
use crate::release::{self, Aim, Selection};
use async_graphql::OneofObject;

/// Which hosts a release is about. Exactly one; no default selects a whole fleet. With names or ids, a host that does not fit refuses the request. With `all` or labels, it is not chosen.
#[derive(OneofObject)]
pub enum HostSelection {
    /// Every instance of the service; with currentVersionId, every instance that runs that version. Only true is allowed; not for installations.
    All(bool),
    /// These hosts, by id, 1 to 10000, each once.
    HostIds(Vec<ID>),
    /// These hosts, by name, 1 to 10000, each once.
    Hostnames(Vec<String>),
    /// Hosts that have all of these labels, at least one, when the release is accepted.
    Labels(Vec<LabelInput>),
}

/// How a release moves over its targets. The server's configuration has the defaults.
#[derive(InputObject)]
pub struct RolloutInput {
    /// How many targets move at a time, 1 to 1000.
    max_parallel: Option<AmountInput>,
    /// How many targets may end FAILED or UNKNOWN before onFailure applies.
    max_failures: Option<AmountInput>,
    /// What happens then.
    on_failure: Option<OnFailure>,
    /// Longest time for one start of one target, in seconds, 1 to 86400; at most, and by default, the executor's timeout.
    timeout_seconds: Option<i32>,
}

/// A number of targets or a share of a release's targets. Exactly one.
#[derive(OneofObject)]
pub enum AmountInput {
    /// A number of targets.
    Count(i32),
    /// A share in percent, 0 to 100, rounded up.
    Percent(i32),
}

/// What the inputs of all releases of existing instances have in common.
#[derive(InputObject)]
pub struct MovesInput {
    /// Which instances.
    hosts: HostSelection,
    /// What to do with instances that are locked by a release or a hold.
    #[graphql(default_with = "OnLocked::Skip")]
    on_locked: OnLocked,
    /// Holds and freezes that this release ignores: those that the caller set, or any if the caller is an ADMIN.
    through_hold_ids: Option<Vec<ID>>,
    /// Whether to include instances whose status is UNKNOWN.
    #[graphql(default)]
    include_unknown: bool,
    /// How the release moves over the instances.
    rollout: Option<RolloutInput>,
    /// Why.
    reason: Option<String>,
    /// 1 to 255 characters. For 7 days, the same key of the same caller returns the same release.
    idempotency_key: Option<String>,
    /// The number that a dry run returned. The error is STALE if the number of instances has changed since.
    expected_count: Option<i32>,
    /// Only return what would happen. Neither reads nor stores an idempotency key.
    #[graphql(default)]
    dry_run: bool,
}

impl MovesInput {
    /// The request for a release.
    pub(super) fn release(self, change: Request, service_id: ID, aim: Aim) -> release::ReleaseRequest {
        release::ReleaseRequest {
            change,
            aim,
            service_id: service_id.0,
            hosts: self.hosts.into(),
            on_locked: self.on_locked,
            include_unknown: self.include_unknown,
            through_hold_ids: texts(self.through_hold_ids.unwrap_or_default()),
            rollout: rollout(self.rollout),
            reason: self.reason,
            expected_count: self.expected_count.map(i64::from),
            dry_run: self.dry_run,
        }
    }
}

impl From<HostSelection> for Selection {
    fn from(hosts: HostSelection) -> Selection {
        match hosts {
            HostSelection::All(all) => Selection::All(all),
            HostSelection::HostIds(ids) => Selection::HostIds(texts(ids)),
            HostSelection::Hostnames(names) => Selection::Hostnames(names),
            HostSelection::Labels(labels) => {
                Selection::Labels(labels.into_iter().map(|label| (label.key, label.value)).collect())
            }
        }
    }
}

/// What the request says of its rollout.
pub(super) fn rollout(input: Option<RolloutInput>) -> RolloutOverrides {
    let amount = |input: AmountInput| match input {
        AmountInput::Count(count) => Amount::Count(count.into()),
        AmountInput::Percent(percent) => Amount::Percent(percent.into()),
    };
    input.map_or_else(RolloutOverrides::default, |input| RolloutOverrides {
        max_parallel: input.max_parallel.map(amount),
        max_failures: input.max_failures.map(amount),
        on_failure: input.on_failure,
        timeout_seconds: input.timeout_seconds.map(i64::from),
    })
}
