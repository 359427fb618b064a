//! The progress of one release, until it is over.

use super::subscription::{Beginning, Subscription, expired};
use crate::domain::Kind;
use crate::domain::release::Progress;
use crate::events::{Demand, State, Tail};
use crate::graphql::types::{PROGRESS_EVENT_ROW, PROGRESS_ROW, RELEASE_PROGRESS_EVENT};
use crate::read::declare::arg;
use crate::read::{SuppliedRow, not_found, number};
use crate::store::release;
use crate::watch::{Batch, Batches, Followed, Item, Source};
use crate::wire::{ApiError, cursor};
use async_graphql::ID;
use futures_util::{FutureExt, StreamExt};

pub static PROGRESS: Subscription = Subscription {
    name: "releaseProgress",
    about: "State of a release: at once, then on change, at most ten times a second. Ends after the final state.",
    of: &RELEASE_PROGRESS_EVENT,
    args: &[arg::<ID>("releaseId", "The release.")],
    begin: |beginning| begin(beginning).boxed(),
};

async fn begin(beginning: Beginning<'_>) -> Result<Followed, ApiError> {
    let db = beginning.tail.db();
    let id: ID = beginning.args.get("releaseId")?;
    let number = number(Kind::Release, "releaseId", &id)?;
    let Some(release) = release::by_id(db, number).await? else {
        return Err(not_found(Kind::Release, "releaseId", &id));
    };
    let source = Box::new(States { tail: beginning.tail.clone(), release: number });
    // The present state comes first.
    Ok(Followed { key: number.to_string(), after: NOTHING, head: release.revision, source })
}

/// The place before every state.
const NOTHING: i64 = -1;

/// The states of a release. Their places are its revisions: a state comes once, wherever it was read.
struct States {
    tail: Tail,
    release: i64,
}

impl Source for States {
    fn follow(&self, after: i64, _: Demand) -> Batches {
        let log_id = self.tail.db().log_id().to_owned();
        let batch = move |state: State| {
            let cursor = cursor::event(&log_id, state.position);
            let item = (state.revision > after).then(|| Item { place: state.revision, cursor, row: row(&state) });
            Batch { items: item.into_iter().collect(), read_to: state.revision }
        };
        self.tail.progress(self.release).map(move |state| state.map(&batch).map_err(|_| expired())).boxed()
    }

    /// A client that comes back begins with the present state.
    fn cursor(&self, _: i64) -> Option<String> {
        None
    }
}

fn row(state: &State) -> SuppliedRow {
    let Progress { total, queued, running, succeeded, failed, canceled, unknown, skipped, unreachable, unhealthy } =
        state.progress;
    SuppliedRow::new()
        .int(PROGRESS_EVENT_ROW.position, state.position)
        .int(PROGRESS_EVENT_ROW.release_id, state.release_id)
        .word(PROGRESS_EVENT_ROW.status, state.status)
        .truth(PROGRESS_EVENT_ROW.is_final, state.status.is_over())
        .int(PROGRESS_ROW.total, total)
        .int(PROGRESS_ROW.queued, queued)
        .int(PROGRESS_ROW.running, running)
        .int(PROGRESS_ROW.succeeded, succeeded)
        .int(PROGRESS_ROW.failed, failed)
        .int(PROGRESS_ROW.canceled, canceled)
        .int(PROGRESS_ROW.unknown, unknown)
        .int(PROGRESS_ROW.skipped, skipped)
        .int(PROGRESS_ROW.unreachable, unreachable)
        .int(PROGRESS_ROW.unhealthy, unhealthy)
}
