//! Mutations that follow up an earlier release: undoing and retrying it.

use super::choosing::{RolloutInput, rollout};
use super::prelude::*;
use super::started::{FOLLOWED_UP, started};
use crate::domain::release::OnLocked;
use crate::release::follow_up::{FollowUp, FollowUpRequest, follow_up};

/// What the inputs of undoing and retrying have in common.
#[derive(InputObject)]
pub struct FollowUpInput {
    /// What to do with instances that are locked by a release or a hold.
    #[graphql(default_with = "OnLocked::Skip")]
    on_locked: OnLocked,
    /// Whether to include instances whose status is UNKNOWN.
    #[graphql(default)]
    include_unknown: bool,
    /// Holds and freezes that this release ignores: those that the caller set, or any if the caller is an ADMIN.
    through_hold_ids: Option<Vec<ID>>,
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

impl FollowUpInput {
    fn request(
        self,
        change: Request,
        follow_up: FollowUp,
        release_id: ID,
        moves: Option<RolloutInput>,
    ) -> FollowUpRequest {
        FollowUpRequest {
            change,
            follow_up,
            release_id: release_id.0,
            on_locked: self.on_locked,
            include_unknown: self.include_unknown,
            through_hold_ids: texts(self.through_hold_ids.unwrap_or_default()),
            rollout: rollout(moves),
            reason: self.reason,
            expected_count: self.expected_count.map(i64::from),
            dry_run: self.dry_run,
        }
    }
}

/// Input of undoRelease.
#[derive(InputObject)]
pub struct UndoReleaseInput {
    /// The release to undo. It must have ended, and must not be an uninstallation.
    release_id: ID,
    /// How the undo moves over the instances. By default, it moves as many at a time as the release that it undoes, and continues after failures.
    rollout: Option<RolloutInput>,
    #[graphql(flatten)]
    follow_up: FollowUpInput,
}

pub(super) static UNDO_RELEASE: Mutation = Mutation {
    name: "undoRelease",
    about: "Starts a release that moves each instance back to the version that it had before an earlier release. Those that the release moved go first, in reverse order, then those on which it failed. Instances that were moved since are left out.",
    right: Right::Operate,
    payload: payload_of("UndoReleasePayload", "Result of undoRelease.", FOLLOWED_UP),
    run: &action(|app, request, input: UndoReleaseInput| {
        async move {
            let UndoReleaseInput { release_id, rollout, follow_up: fields } = input;
            started(app, follow_up(app, &fields.request(request, FollowUp::Undo, release_id, rollout)).await).await
        }
        .boxed()
    }),
};

/// Input of retryRelease.
#[derive(InputObject)]
pub struct RetryReleaseInput {
    /// The release to retry. It must have ended, or be paused.
    release_id: ID,
    /// How the retry moves over the instances; what is omitted is as in the first release.
    rollout: Option<RolloutInput>,
    #[graphql(flatten)]
    follow_up: FollowUpInput,
}

pub(super) static RETRY_RELEASE: Mutation = Mutation {
    name: "retryRelease",
    about: "Starts a release that moves the instances on which an earlier release failed, or which it never reached. The earlier release stays as it ended.",
    right: Right::Operate,
    payload: payload_of("RetryReleasePayload", "Result of retryRelease.", FOLLOWED_UP),
    run: &action(|app, request, input: RetryReleaseInput| {
        async move {
            let RetryReleaseInput { release_id, rollout, follow_up: fields } = input;
            started(app, follow_up(app, &fields.request(request, FollowUp::Retry, release_id, rollout)).await).await
        }
        .boxed()
    }),
};
