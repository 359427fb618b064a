//! What the payloads of releases have in common: what takes part, what was left out, and what locks it.

use super::planned::{PLAN_FIELD, with_plan};
use super::prelude::*;
use crate::change::Answer;
use crate::domain::release::SkipReason;
use crate::domain::release::selection::Holder;
use crate::domain::release::selection::Skipped;
use crate::graphql::types::{
    INSTANCE, LOCK_ROW, RELEASE, ROLLOUT, ROLLOUT_ROW, SKIP_COUNT, SKIP_COUNT_ROW, SKIPPED_INSTANCE, SKIPPED_ROW,
    with_problems,
};
use crate::read::declare::{Arg, BOOLEAN, INT, column, embedded, supplied_list, up_to};
use crate::release::{self, Accepted, Refused};
use crate::store::lock::{self, Lock};
use crate::wire::ApiError;
use std::collections::{BTreeMap, HashMap};

/// What the payloads of undoing and retrying have in common.
pub(super) const FOLLOWED_UP: &[Field] = &[
    RELEASE_FIELD,
    ACCEPTED,
    ACCEPTED_COUNT,
    SKIPPED,
    SKIPPED_COUNT,
    SKIPPED_COUNTS,
    PLAN_FIELD,
    REPLAYED,
    USER_ERRORS,
];
/// What the payloads of all releases of existing instances have in common.
pub(super) const MOVED: &[Field] = &[
    RELEASE_FIELD,
    ACCEPTED,
    ACCEPTED_COUNT,
    SKIPPED,
    SKIPPED_COUNT,
    SKIPPED_COUNTS,
    ROLLOUT_FIELD,
    PLAN_FIELD,
    REPLAYED,
    USER_ERRORS,
];
const ACCEPTED: Field = supplied_ids(
    "accepted",
    "Instances that take part, in the order in which they are moved.",
    &INSTANCE,
    PAYLOAD.accepted,
)
.args(FIRST);
pub(super) const ACCEPTED_COUNT: Field = column("acceptedCount", "How many take part.", &INT, PAYLOAD.accepted_count);
const SKIPPED: Field =
    supplied_list("skipped", "Instances left out, and why.", &SKIPPED_INSTANCE, PAYLOAD.skipped).args(FIRST);
const SKIPPED_COUNT: Field = column("skippedCount", "How many were left out.", &INT, PAYLOAD.skipped_count);
const SKIPPED_COUNTS: Field =
    supplied_list("skippedCounts", "How many were left out for each reason.", &SKIP_COUNT, PAYLOAD.skipped_counts)
        .at_most(10);
pub(super) const RELEASE_FIELD: Field =
    one("release", "The release; null when there are user errors, and on a dry run, unless the idempotency key made a release already.", &RELEASE, PAYLOAD.release_id)
        .nullable();
pub(super) const ROLLOUT_FIELD: Field = embedded(
    "rollout",
    "How the release proceeds over its targets, or would on a dry run; null when there are user errors.",
    &ROLLOUT,
)
.present(ROLLOUT_ROW.on_failure);
pub(super) const REPLAYED: Field = column(
    "replayed",
    "Whether this is the answer to an earlier request with the same idempotency key.",
    &BOOLEAN,
    PAYLOAD.replayed,
);
/// How many instances a list of a payload has.
pub(super) const FIRST: &[Arg] = &[up_to(10_000)];

/// Starts a release, and returns the row of its payload.
pub(super) async fn start(app: &App, request: &release::ReleaseRequest) -> Changed {
    started(app, release::accept(app, request).await).await
}

/// The row of the payload of a release that was accepted, or was not.
pub(super) async fn started(app: &App, outcome: Answer<Accepted, Refused>) -> Changed {
    let (answer, skipped) = match outcome? {
        Ok(Accepted { release_id, accepted, accepted_hosts, skipped, plan, replayed }) => {
            let answer = SuppliedRow::new()
                .int(PAYLOAD.release_id, release_id)
                .int(PAYLOAD.accepted_count, accepted_hosts.len() as i64)
                .ids(PAYLOAD.accepted, accepted)
                .ids(PAYLOAD.accepted_hosts, accepted_hosts)
                .truth(PAYLOAD.replayed, replayed);
            (with_plan(answer, plan), skipped)
        }
        Err(Refused { problems, skipped }) => {
            let answer = SuppliedRow::new().int(PAYLOAD.accepted_count, 0).truth(PAYLOAD.replayed, false);
            (with_problems(answer, &problems.0), skipped)
        }
    };
    let mut counts: BTreeMap<SkipReason, i64> = BTreeMap::new();
    for skip in &skipped {
        *counts.entry(skip.reason).or_default() += 1;
    }
    let counts = counts
        .into_iter()
        .map(|(reason, count)| SuppliedRow::new().word(SKIP_COUNT_ROW.reason, reason).int(SKIP_COUNT_ROW.count, count));
    Ok(answer
        .int(PAYLOAD.skipped_count, skipped.len() as i64)
        .rows(PAYLOAD.skipped_counts, counts.collect())
        .rows(PAYLOAD.skipped, left_out(app, &skipped).await?))
}

/// The instances that were left out, with what locks them.
async fn left_out(app: &App, skipped: &[Skipped]) -> Result<Vec<SuppliedRow>, ApiError> {
    let (mut releases, mut holds) = (Vec::new(), Vec::new());
    for holder in skipped.iter().flat_map(|skip| &skip.locks) {
        match holder {
            Holder::Release(id) => releases.push(*id),
            Holder::Hold(id) => holds.push(*id),
        }
    }
    let mut locks: HashMap<Holder, Lock> = HashMap::new();
    if !(releases.is_empty() && holds.is_empty()) {
        for lock in lock::of(&app.db, &releases, &holds).await? {
            let holder = lock.holder_release_id.map(Holder::Release).or(lock.holder_hold_id.map(Holder::Hold));
            locks.extend(holder.map(|holder| (holder, lock)));
        }
    }
    let row = |skip: &Skipped| {
        let locks = skip.locks.iter().filter_map(|holder| locks.get(holder)).map(held).collect();
        SuppliedRow::new()
            .int(SKIPPED_ROW.instance_id, skip.instance_id)
            .word(SKIPPED_ROW.reason, skip.reason)
            .rows(SKIPPED_ROW.locks, locks)
    };
    Ok(skipped.iter().map(row).collect())
}

fn held(lock: &Lock) -> SuppliedRow {
    SuppliedRow::new()
        .int(LOCK_ROW.holder_release_id, lock.holder_release_id)
        .int(LOCK_ROW.holder_hold_id, lock.holder_hold_id)
        .text(LOCK_ROW.reason, lock.reason.clone())
        .text(LOCK_ROW.created_by, lock.created_by.clone())
        .time(LOCK_ROW.since, lock.since)
        .time(LOCK_ROW.until, lock.until)
}
