//! Old output: first only the last lines of failed targets stay, then nothing does. Releases and targets stay (R3).

use super::{Db, Result, Tx};
use crate::domain::Timestamp;

/// How many of the last lines of each failed target stay at first.
pub const LINES_KEPT: i64 = 100;
/// Lines that are deleted in one transaction.
const MAX_LINES_DELETED: i64 = 10_000;

/// A stage of the expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The last lines of each failed target stay.
    Thin,
    /// Nothing stays.
    Empty,
}

/// Takes the output of releases that ended before this instant to a stage, in small transactions. Returns how many lines were
/// deleted.
pub async fn expire(db: &Db, stage: Stage, before: Timestamp) -> Result<u64> {
    let mut deleted = 0;
    loop {
        let mut tx = db.begin().await?;
        let Some(release) = next(&mut tx, stage, before).await? else { return Ok(deleted) };
        let lines = delete(&mut tx, stage, release).await?;
        let done = lines < MAX_LINES_DELETED as u64;
        let now = tx.now().await?;
        note(&mut tx, stage, release, lines, done.then_some(now)).await?;
        tx.commit().await?;
        deleted += lines;
    }
}

/// Locks the output of a release that is not at this stage yet, unless another process has locked it.
async fn next(tx: &mut Tx, stage: Stage, before: Timestamp) -> Result<Option<i64>> {
    let statement = match stage {
        Stage::Thin => tx.query(sql!(
            "SELECT release_id FROM release_output WHERE thinned_at IS NULL AND release_id IN
                (SELECT r.id FROM release r WHERE r.finished_at < $1)
             ORDER BY release_id LIMIT 1 {skip_locked}"
        )),
        Stage::Empty => tx.query(sql!(
            "SELECT release_id FROM release_output WHERE emptied_at IS NULL AND release_id IN
                (SELECT r.id FROM release r WHERE r.finished_at < $1)
             ORDER BY release_id LIMIT 1 {skip_locked}"
        )),
    };
    statement.bind(before).optional_scalar().await
}

async fn delete(tx: &mut Tx, stage: Stage, release: i64) -> Result<u64> {
    let statement = match stage {
        Stage::Thin => tx.query(sql!(
            "DELETE FROM output_line WHERE release_id = $1 AND place IN
                (SELECT old.place FROM (
                    SELECT l.place, t.status,
                        row_number() OVER (PARTITION BY l.target_id ORDER BY l.place DESC) AS from_end
                    FROM output_line l JOIN release_target t ON t.id = l.target_id WHERE l.release_id = $1) AS old
                 WHERE old.status NOT IN ('FAILED', 'UNKNOWN') OR old.from_end > $2
                 ORDER BY old.place LIMIT $3)"
        )),
        Stage::Empty => tx.query(sql!(
            "DELETE FROM output_line WHERE release_id = $1 AND place IN
                (SELECT l.place FROM output_line l WHERE l.release_id = $1 AND $2 >= 0 ORDER BY l.place LIMIT $3)"
        )),
    };
    statement.bind(release).bind(LINES_KEPT).bind(MAX_LINES_DELETED).execute().await
}

/// Notes how many lines were deleted, and when the release came to the stage, if it did.
async fn note(tx: &mut Tx, stage: Stage, release: i64, lines: u64, done: Option<Timestamp>) -> Result<()> {
    let emptied = done.filter(|_| stage == Stage::Empty);
    tx.query(sql!(
        "UPDATE release_output SET lines_deleted = lines_deleted + $2, thinned_at = COALESCE(thinned_at, $3),
            emptied_at = COALESCE(emptied_at, $4)
         WHERE release_id = $1"
    ))
    .bind(release)
    .bind(lines as i64)
    .bind(done)
    .bind(emptied)
    .execute()
    .await?;
    Ok(())
}

/// What has been deleted because it was old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Deleted {
    /// Events.
    pub events: i64,
    /// From when on audit entries are kept; the beginning of 1970 if all are.
    pub audit_from: Timestamp,
    /// Releases of whose output the last lines of failed targets are left.
    pub thinned: i64,
    /// Releases whose output is gone.
    pub emptied: i64,
    /// Lines of output.
    pub lines: i64,
}

/// Returns what has been deleted because it was old.
pub async fn deleted(db: &Db) -> Result<Deleted> {
    db.query(sql!(
        "SELECT (SELECT floor FROM event_log) AS events, (SELECT kept_from FROM audit_log) AS audit_from,
            (SELECT count(*) FROM release_output WHERE thinned_at IS NOT NULL AND emptied_at IS NULL) AS thinned,
            (SELECT count(*) FROM release_output WHERE emptied_at IS NOT NULL) AS emptied,
            (SELECT CAST(COALESCE(sum(lines_deleted), 0) AS bigint) FROM release_output) AS lines"
    ))
    .one()
    .await
}
