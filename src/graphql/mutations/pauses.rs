//! Mutations that pause and resume releases.

use super::prelude::*;
use crate::domain::release::Resume;
use crate::graphql::types::RELEASE;
use crate::release::pause::{Resumption, pause, resume};
use async_graphql::Enum;

const RELEASE_FIELD: Field =
    one("release", "The release; null when there are user errors.", &RELEASE, PAYLOAD.release_id).nullable();

/// Input of pauseRelease.
#[derive(InputObject)]
pub struct PauseReleaseInput {
    /// The release.
    release_id: ID,
    /// Why.
    reason: Option<String>,
}

pub(super) static PAUSE_RELEASE: Mutation = Mutation {
    name: "pauseRelease",
    about: "Pauses a release: targets that are running finish, and no others start until it is resumed. A release that is paused gives the same answer.",
    right: Right::Operate,
    payload: payload_of("PauseReleasePayload", "Result of pauseRelease.", &[RELEASE_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: PauseReleaseInput| {
        async move {
            let PauseReleaseInput { release_id, reason } = input;
            let paused = pause(app, &request, &release_id, reason.as_deref()).await;
            answer(paused, |release| SuppliedRow::new().int(PAYLOAD.release_id, release))
        }
        .boxed()
    }),
};

/// How far a release that is resumed goes.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResumeTo {
    /// To the next wave after which it pauses.
    NextPause,
    /// To its end: it passes over the pauses of its waves.
    End,
}

/// Input of resumeRelease.
#[derive(InputObject)]
pub struct ResumeReleaseInput {
    /// The release.
    release_id: ID,
    /// How far it goes.
    #[graphql(default_with = "ResumeTo::NextPause")]
    to: ResumeTo,
    /// Whether to end the soak of the wave that is carried out; also of a release that is not paused.
    #[graphql(default)]
    skip_soak: bool,
    /// A new deadline, in seconds from the acceptance of the release, 1 to 31536000; it must not have passed.
    deadline_seconds: Option<i32>,
}

pub(super) static RESUME_RELEASE: Mutation = Mutation {
    name: "resumeRelease",
    about: "Resumes a release that is paused. The failures so far no longer count against its limits. A release that is not paused gives the same answer.",
    right: Right::Operate,
    payload: payload_of("ResumeReleasePayload", "Result of resumeRelease.", &[RELEASE_FIELD, USER_ERRORS]),
    run: &action(|app, request, input: ResumeReleaseInput| {
        async move {
            let resumption = Resumption {
                release_id: input.release_id.0,
                resume: Resume { to_end: input.to == ResumeTo::End, skip_soak: input.skip_soak },
                deadline_seconds: input.deadline_seconds.map(i64::from),
            };
            let resumed = resume(app, &request, &resumption).await;
            answer(resumed, |release| SuppliedRow::new().int(PAYLOAD.release_id, release))
        }
        .boxed()
    }),
};
