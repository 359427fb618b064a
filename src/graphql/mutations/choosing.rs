//! What the inputs of releases have in common: which hosts, and the rollout.

use super::prelude::*;
use super::references::ServiceFields;
use crate::domain::release::rollout::{Amount, PerLabel, RolloutOrder, RolloutOverrides};
use crate::domain::release::selection::Included;
use crate::domain::release::waves::{WaveRequest, WavesBy};
use crate::domain::release::{OnFailure, OnLocked};
use crate::graphql::types::LabelInput;
use crate::release::{self, Aim, Selection};
use async_graphql::OneofObject;

/// Which hosts a release is about. Exactly one; no default selects a whole fleet. With names or ids, a host that does not fit refuses the request. With `all` or labels, it is not chosen.
#[derive(OneofObject)]
pub enum HostSelection {
    /// Every instance of the service; with a current version, every instance that runs that version. Only true is allowed; not for installations.
    All(bool),
    /// These hosts, by id, 1 to 10000, each once.
    HostIds(Vec<ID>),
    /// These hosts, by name in any case, 1 to 10000, each once.
    Hostnames(Vec<String>),
    /// Hosts that have all of these labels, at least one, when the release is accepted.
    Labels(Vec<LabelInput>),
}

/// How a release moves over its targets. The server's configuration has the defaults.
#[derive(InputObject)]
pub struct RolloutInput {
    /// How many targets move at a time, 1 to 1000.
    max_parallel: Option<AmountInput>,
    /// How many failures there may be before onFailure applies: targets that end FAILED or UNKNOWN. A share is rounded down.
    max_failures: Option<AmountInput>,
    /// How many targets may fail because their hosts are not reached, before the release is paused; as many as maxFailures by default. They are not counted in maxFailures. A share is rounded down.
    max_unreachable: Option<AmountInput>,
    /// What happens when there are more failures than maxFailures, of the release or of a wave. UNDO is not for an uninstallation or an undo.
    on_failure: Option<OnFailure>,
    /// Whether the version is withdrawn when the release is undone as it ends, by onFailure or by cancelRelease with thenUndo. Only of an installation or an upgrade.
    withdraw_on_undo: Option<bool>,
    /// Longest time for one start of one target, in seconds, 1 to 86400; at most, and by default, the executor's timeout.
    timeout_seconds: Option<i32>,
    /// The waves in which the targets are moved, at most 20. An empty list means one wave. One more wave takes what the last one leaves.
    waves: Option<Vec<WaveInput>>,
    /// One wave for each value of a label of the hosts, at most 100. Not together with waves.
    waves_by: Option<WavesByInput>,
    /// The order of the targets, BY_HOSTNAME by default.
    order: Option<RolloutOrder>,
    /// Hosts with one of these labels go before all others, at most 20.
    first: Option<Vec<LabelInput>>,
    /// How many targets of the release may run at a time on hosts with the same value of a label. The limit of the service holds beside it.
    max_per_label: Option<PerLabelInput>,
    /// The deadline in seconds after the acceptance: what has not started by then is canceled. 1 to 31536000; 86400 by default. Pauses count.
    deadline_seconds: Option<i32>,
}

/// A limit for each value of a label of hosts. Hosts without the label share one value.
#[derive(InputObject)]
pub struct PerLabelInput {
    /// Key of the label, 1 to 63 characters.
    key: String,
    /// How many may have the same value at a time, 1 to 1000.
    count: i32,
}

impl From<PerLabelInput> for PerLabel {
    fn from(PerLabelInput { key, count }: PerLabelInput) -> PerLabel {
        PerLabel { key, count: count.into() }
    }
}

/// A wave of a release: it starts when the one before is done.
#[derive(InputObject)]
pub struct WaveInput {
    /// How many targets are in this wave and in those before it, together. A share is rounded up, and is at least 1 percent.
    up_to: AmountInput,
    /// How many targets of this wave may fail before onFailure of the release applies; 0 by default for the first of several waves, otherwise without a limit of its own. A share is one of the targets of this wave, rounded down.
    max_failures: Option<AmountInput>,
    /// How long the release waits after the last target of this wave, in seconds, 0 to 604800. Not for the last wave.
    #[graphql(default)]
    soak_seconds: i32,
    /// Whether the release pauses after this wave and its soak, until it is resumed. Not for the last wave.
    #[graphql(default)]
    pause_after: bool,
}

/// Waves by a label of the hosts: first those of the named values, then the others, smallest first. Hosts without the label are a wave of their own.
#[derive(InputObject)]
pub struct WavesByInput {
    /// Key of the label.
    key: String,
    /// The values whose waves come first, in this order.
    first: Option<Vec<String>>,
    /// How long the release waits after each wave but the last, in seconds, 0 to 604800.
    #[graphql(default)]
    soak_seconds: i32,
    /// How long it waits after the first wave; soakSeconds by default.
    first_soak_seconds: Option<i32>,
    /// Whether it pauses after the first wave and its soak.
    #[graphql(default)]
    pause_after_first: bool,
}

/// A number of targets or a share of a release's targets. Exactly one.
#[derive(OneofObject)]
pub enum AmountInput {
    /// A number of targets.
    Count(i32),
    /// A share in percent, 0 to 100. What limits harm is rounded down, and what makes progress is at least one.
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
    /// Only return what would happen. No idempotency key is stored; with one that made a release already, the answer is that release.
    #[graphql(default)]
    dry_run: bool,
}

impl MovesInput {
    /// The request for a release.
    pub(super) fn release(
        self,
        change: Request,
        service: ServiceFields,
        aim: Aim,
        reapply: bool,
    ) -> release::ReleaseRequest {
        release::ReleaseRequest {
            change,
            aim,
            service: service.into(),
            hosts: self.hosts.into(),
            on_locked: self.on_locked,
            included: Included { unknown: self.include_unknown, reapply },
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
    input.map_or_else(RolloutOverrides::default, |input| RolloutOverrides {
        max_parallel: input.max_parallel.map(amount),
        max_failures: input.max_failures.map(amount),
        max_unreachable: input.max_unreachable.map(amount),
        on_failure: input.on_failure,
        withdraw_on_undo: input.withdraw_on_undo,
        timeout_seconds: input.timeout_seconds.map(i64::from),
        deadline_seconds: input.deadline_seconds.map(i64::from),
        waves: input.waves.map(|waves| waves.into_iter().map(wave).collect()),
        waves_by: input.waves_by.map(waves_by),
        order: input.order,
        first: input.first.map(|labels| labels.into_iter().map(|label| (label.key, label.value)).collect()),
        max_per_label: input.max_per_label.map(PerLabel::from),
    })
}

fn amount(input: AmountInput) -> Amount {
    match input {
        AmountInput::Count(count) => Amount::Count(count.into()),
        AmountInput::Percent(percent) => Amount::Percent(percent.into()),
    }
}

fn wave(input: WaveInput) -> WaveRequest {
    WaveRequest {
        up_to: amount(input.up_to),
        max_failures: input.max_failures.map(amount),
        soak_seconds: input.soak_seconds.into(),
        pause_after: input.pause_after,
    }
}

fn waves_by(input: WavesByInput) -> WavesBy {
    WavesBy {
        key: input.key,
        first: input.first.unwrap_or_default(),
        soak_seconds: input.soak_seconds.into(),
        first_soak_seconds: input.first_soak_seconds.map(i64::from),
        pause_after_first: input.pause_after_first,
    }
}
