//! Output of one release, as it is written.

use super::subscription::{Beginning, Subscription};
use crate::domain::Kind;
use crate::events::{Demand, Tail};
use crate::graphql::types::{LINE_ROW, LOG_LINE};
use crate::read::declare::arg;
use crate::read::{SuppliedRow, not_found, number};
use crate::store::Db;
use crate::store::output::{self, Line, Mark};
use crate::watch::{Batch, Batches, Followed, Item, Source};
use crate::wire::{ApiError, cursor};
use async_graphql::ID;
use futures_util::{FutureExt, StreamExt};

pub static LINES: Subscription = Subscription {
    name: "releaseLog",
    about: "Output of the commands of a release, oldest line first, then live; with `last`, only the newest lines and then live. Ends after the last line of a finished release.",
    of: &LOG_LINE,
    args: &[
        arg::<ID>("releaseId", "The release."),
        arg::<Option<ID>>("targetId", "Only output of this target of the release; of all targets by default."),
        arg::<Option<String>>("after", "Begins behind this line; with the oldest line by default."),
        arg::<Option<i32>>(
            "last",
            "Begins with this many of the newest lines; with all lines by default. It is ignored with `after`, so that a client that reconnects misses nothing.",
        ),
    ],
    begin: |beginning| begin(beginning).boxed(),
};

async fn begin(beginning: Beginning<'_>) -> Result<Followed, ApiError> {
    let db = &beginning.app.db;
    let id: ID = beginning.args.get("releaseId")?;
    let release = number(Kind::Release, "releaseId", &id)?;
    let Some(mark) = output::marks(db, &[release]).await?.pop() else {
        return Err(not_found(Kind::Release, "releaseId", &id));
    };
    let target = match beginning.args.get::<Option<ID>>("targetId")? {
        Some(id) => Some(target(db, release, &id).await?),
        None => None,
    };
    let last = beginning.args.get::<Option<i32>>("last")?;
    if let Some(last) = last.filter(|last| *last < 0) {
        return Err(ApiError::bad("last", format!("`last` is {last}; it can be 0 or more.")));
    }
    let after = match (beginning.after()?, last) {
        (Some(after), _) => behind(&after, mark)?,
        (None, Some(last)) => output::before_last(db, release, target, last.into()).await?,
        (None, None) => 0,
    };
    let key = format!("{release} {target:?}");
    let source = Box::new(Lines { tail: beginning.tail.clone(), mark, target });
    Ok(Followed { key, after, head: mark.place, source })
}

/// Output of a release, or of one of its targets; places are those of the lines.
struct Lines {
    tail: Tail,
    /// How far the output was when the subscription began.
    mark: Mark,
    target: Option<i64>,
}

impl Source for Lines {
    fn follow(&self, after: i64, demand: Demand) -> Batches {
        let release = self.mark.release_id;
        let item = move |line: &Line| Item {
            place: line.place,
            cursor: cursor::line(release, line.place),
            row: row(release, line),
        };
        let batches = self.tail.lines(self.mark, self.target, after, demand);
        batches.map(move |(lines, read_to)| Ok(Batch { items: lines.iter().map(item).collect(), read_to })).boxed()
    }

    fn cursor(&self, place: i64) -> Option<String> {
        Some(cursor::line(self.mark.release_id, place))
    }
}

/// The number of a target, which must be one of the release.
async fn target(db: &Db, release: i64, id: &ID) -> Result<i64, ApiError> {
    let target = number(Kind::Target, "targetId", id)?;
    match output::has_target(db, release, target).await? {
        true => Ok(target),
        false => Err(not_found(Kind::Target, "targetId", id)),
    }
}

/// The place that a cursor names, which must be one of this output.
fn behind(after: &str, mark: Mark) -> Result<i64, ApiError> {
    let (release, place) = cursor::read_line(after, "after")?;
    match release == mark.release_id && (0..=mark.place).contains(&place) {
        true => Ok(place),
        false => Err(cursor::other_output("after")),
    }
}

fn row(release: i64, line: &Line) -> SuppliedRow {
    SuppliedRow::new()
        .int(LINE_ROW.release_id, release)
        .int(LINE_ROW.place, line.place)
        .int(LINE_ROW.target_id, line.target_id)
        .text(LINE_ROW.hostname, line.hostname.clone())
        .int(LINE_ROW.attempt, line.attempt)
        .word(LINE_ROW.stream, line.stream)
        .text(LINE_ROW.text, line.text.clone())
        .time(LINE_ROW.at, line.at)
}
