//! Output of one release, as it is written.

use super::{Asked, Batch, Begun, Watch};
use crate::domain::Kind;
use crate::graphql::types::LOG_LINE;
use crate::read::declare::arg;
use crate::read::{ApiError, Cursor, Given, cursor, not_found, number};
use crate::store::Db;
use crate::store::log::{self, Line, Mark};
use async_graphql::ID;
use futures_util::{FutureExt, StreamExt};

pub(super) static LINES: Watch = Watch {
    name: "releaseLog",
    about: "Executor output of a release, oldest line first (or only the last so many), then live. Ends after the last line of a finished release.",
    of: &LOG_LINE,
    args: &[
        arg::<ID>("releaseId", "The release."),
        arg::<Option<ID>>("targetId", "Only output of this target of it; of all unless given."),
        arg::<Option<Cursor>>("after", "Begins behind this line; with the oldest unless given."),
        arg::<Option<i32>>(
            "last",
            "Begins with the last so many lines; with all unless given. It counts only without `after`, so that whoever comes back misses nothing.",
        ),
    ],
    begin: |asked| begin(asked).boxed(),
};

async fn begin(asked: Asked<'_>) -> Result<Begun, ApiError> {
    let db = &asked.app.db;
    let id: ID = asked.args.get("releaseId")?;
    let release = number(Kind::Release, "releaseId", &id)?;
    let Some(mark) = log::marks(db, &[release]).await?.pop() else {
        return Err(not_found(Kind::Release, "releaseId", &id));
    };
    let target = match asked.args.get::<Option<ID>>("targetId")? {
        Some(id) => Some(target(db, release, &id).await?),
        None => None,
    };
    let last = asked.args.get::<Option<i32>>("last")?;
    if let Some(last) = last.filter(|last| *last < 0) {
        return Err(ApiError::bad("last", format!("`last` is {last}; it can be 0 or more.")));
    }
    let after = match (asked.after()?, last) {
        (Some(after), _) => behind(&after, mark)?,
        (None, Some(last)) => log::before_last(db, release, target, last.into()).await?,
        (None, None) => 0,
    };
    let batches = asked.tail.lines(mark, target, after).map(move |(lines, looked)| {
        let told = lines.iter().map(|line| (cursor::line(release, line.place), row(release, line))).collect();
        Ok(Batch { told, looked: cursor::line(release, looked) })
    });
    Ok(Begun { from: cursor::line(release, after), batches: batches.boxed() })
}

/// The number of a target, which must be one of the release.
async fn target(db: &Db, release: i64, id: &ID) -> Result<i64, ApiError> {
    let target = number(Kind::Target, "targetId", id)?;
    match log::has_target(db, release, target).await? {
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

fn row(release: i64, line: &Line) -> Given {
    Given::new()
        .int("release_id", release)
        .int("place", line.place)
        .int("target_id", line.target_id)
        .text("hostname", line.hostname.clone())
        .int("attempt", line.attempt)
        .word("stream", line.stream)
        .text("text", line.text.clone())
        .time("at", line.at)
}
