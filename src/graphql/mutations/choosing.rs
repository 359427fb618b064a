//! What the inputs of releases have in common: which hosts, and how to move over them.

use super::prelude::*;
use crate::domain::release::rollout::{Amount, RolloutOverrides};
use crate::domain::release::{OnFailure, OnLocked};
use crate::graphql::types::LabelInput;
use crate::release::{self, Aim, Selection};
use async_graphql::OneofObject;

/// Which hosts a release is about, in exactly one way; no default touches a whole fleet. Names and ids are claims: one that does not fit refuses the request. `all` and labels are filters: what does not fit is simply not chosen.
#[derive(OneofObject)]
pub enum HostSelection {
    /// Every instance of the service (at currentVersionId where given). Only true is allowed; not for installations.
    All(bool),
    /// These hosts, by id, 1 to 10000, each once.
    HostIds(Vec<ID>),
    /// These hosts, by name, 1 to 10000, each once.
    Hostnames(Vec<String>),
    /// Hosts that have all of these labels, at least one, when the release is accepted.
    Labels(Vec<LabelInput>),
}

/// How a release proceeds over its targets. What is left out is taken from the defaults in the server's configuration.
#[derive(InputObject)]
pub struct RolloutInput {
    /// How many targets at a time, 1 to 1000; else 1.
    max_parallel: Option<AmountInput>,
    /// How many targets may end FAILED or UNKNOWN before onFailure applies; else 0.
    max_failures: Option<AmountInput>,
    /// What happens then; else STOP.
    on_failure: Option<OnFailure>,
    /// Longest time for one start of one target, in seconds, 1 to 86400; else the executor's timeout, and never more than that.
    timeout_seconds: Option<i32>,
}

/// A number of targets, or a share of a release's targets. Exactly one.
#[derive(OneofObject)]
pub enum AmountInput {
    /// This many.
    Count(i32),
    /// This share in percent, 0 to 100, rounded up.
    Percent(i32),
}

/// What the inputs of all releases of instances that are there have in common.
#[derive(InputObject)]
pub struct MovesInput {
    /// Which instances.
    hosts: HostSelection,
    /// What to do with those that a release or a hold has.
    #[graphql(default_with = "OnLocked::Skip")]
    on_locked: OnLocked,
    /// Holds and freezes that this release may go through: one's own, or any for an ADMIN.
    through_hold_ids: Option<Vec<ID>>,
    /// Whether to take instances whose status is UNKNOWN, too.
    #[graphql(default)]
    include_unknown: bool,
    /// How to move over the instances.
    rollout: Option<RolloutInput>,
    /// Why.
    reason: Option<String>,
    /// 1 to 255 characters: the same key of the same caller answers with the same release, for 7 days.
    idempotency_key: Option<String>,
    /// Refuse with STALE when another number would take part: the one that a dry run showed.
    expected_count: Option<i32>,
    /// Only tell what would happen. Neither reads nor stores an idempotency key.
    #[graphql(default)]
    dry_run: bool,
}

impl MovesInput {
    /// The release that is asked for.
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
