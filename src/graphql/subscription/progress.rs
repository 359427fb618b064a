//! How far one release is, until it is over.

use super::{Asked, Batch, Begun, Watch, expired};
use crate::domain::Kind;
use crate::domain::release::Progress;
use crate::events::State;
use crate::graphql::types::RELEASE_PROGRESS_EVENT;
use crate::read::declare::arg;
use crate::read::{ApiError, Given, cursor, head, not_found, number};
use crate::store::progress;
use async_graphql::ID;
use futures_util::{FutureExt, StreamExt};

pub(super) static PROGRESS: Watch = Watch {
    name: "releaseProgress",
    about: "State of a release: at once, then on change, at most ten times a second. Ends after the final state.",
    of: &RELEASE_PROGRESS_EVENT,
    args: &[arg::<ID>("releaseId", "The release.")],
    begin: |asked| begin(asked).boxed(),
};

async fn begin(asked: Asked<'_>) -> Result<Begun, ApiError> {
    let db = &asked.app.db;
    let id: ID = asked.args.get("releaseId")?;
    let number = number(Kind::Release, "releaseId", &id)?;
    // The place before the state: what lies between is told by its revision, not twice.
    let head = head(db).await?;
    let Some(release) = progress::now(db, number).await? else {
        return Err(not_found(Kind::Release, "releaseId", &id));
    };
    let now = State {
        position: head.position,
        release_id: number,
        revision: release.revision,
        status: release.status,
        progress: release.progress(),
    };
    let log_id = db.log_id().to_owned();
    let from = cursor::event(&log_id, head.position);
    let batches = asked.tail.progress(now).map(move |state| {
        let state = state.map_err(|_| expired())?;
        let cursor = cursor::event(&log_id, state.position);
        Ok(Batch { told: vec![(cursor.clone(), row(&state))], looked: cursor })
    });
    Ok(Begun { from, batches: batches.boxed() })
}

fn row(state: &State) -> Given {
    let Progress { total, queued, running, succeeded, failed, canceled, unknown, skipped } = state.progress;
    Given::new()
        .int("position", state.position)
        .int("release_id", state.release_id)
        .word("status", state.status)
        .truth("is_final", state.status.is_over())
        .int("total", total)
        .int("queued", queued)
        .int("running", running)
        .int("succeeded", succeeded)
        .int("failed", failed)
        .int("canceled", canceled)
        .int("unknown", unknown)
        .int("skipped", skipped)
}
