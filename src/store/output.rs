//! Output of commands, line by line. A line's place comes from its release's counter, the last lock that the transaction
//! takes, so that places are in the order of commits.

use super::{Db, Ids, Json, Result, Tx};
use crate::domain::target::LogStream;
use crate::domain::{StepName, Timestamp, Word};
use serde_json::json;

/// A line to store.
#[derive(Clone, Debug)]
pub struct NewLine {
    pub target_id: i64,
    pub hostname: String,
    pub attempt: i64,
    pub stream: LogStream,
    pub text: String,
    pub at: Timestamp,
    /// Where the line ends in its stream, if the stream can be read again from there.
    pub stream_end: Option<u64>,
}

/// Appends lines to the output of a release, in this order. Returns the place of the first.
pub async fn append(tx: &mut Tx, release_id: i64, lines: &[NewLine]) -> Result<i64> {
    let last: i64 = tx
        .query(sql!(
            "INSERT INTO release_output (release_id, place) VALUES ($1, $2)
             ON CONFLICT (release_id) DO UPDATE SET place = release_output.place + excluded.place RETURNING place"
        ))
        .bind(release_id)
        .bind(lines.len() as i64)
        .scalar()
        .await?;
    let first = last - lines.len() as i64 + 1;
    let rows: Vec<_> = lines
        .iter()
        .zip(first..)
        .map(|(line, place)| {
            json!({
                "place": place, "target_id": line.target_id, "hostname": line.hostname, "attempt": line.attempt,
                "stream": line.stream.word(), "text": line.text, "at": line.at.0, "stream_end": line.stream_end,
            })
        })
        .collect();
    tx.query(sql!(
        "INSERT INTO output_line (release_id, place, target_id, hostname, attempt, stream, text, at, stream_end)
         SELECT $2, CAST(value ->> 'place' AS bigint), CAST(value ->> 'target_id' AS bigint), value ->> 'hostname',
            CAST(value ->> 'attempt' AS bigint), value ->> 'stream', value ->> 'text', {instant value ->> 'at'},
            CAST(value ->> 'stream_end' AS bigint)
         FROM {items $1} ORDER BY 2"
    ))
    .bind(Json(rows))
    .bind(release_id)
    .execute()
    .await?;
    tx.stored_output();
    Ok(first)
}

/// Whether the output of a release has this line at this place. Call it after [`append`] in the same transaction: lines that
/// are not committed by then never will be.
pub async fn is_at(tx: &mut Tx, release_id: i64, place: i64, line: &NewLine) -> Result<bool> {
    let found = tx
        .query(sql!(
            "SELECT place FROM output_line WHERE release_id = $1 AND place = $2 AND target_id = $3 AND attempt = $4
                AND stream = $5 AND text = $6 AND at = $7"
        ))
        .bind(release_id)
        .bind(place)
        .bind(line.target_id)
        .bind(line.attempt)
        .bind(line.stream)
        .bind(&line.text)
        .bind(line.at)
        .optional_scalar::<i64>()
        .await?;
    Ok(found.is_some())
}

/// How much output a release has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Mark {
    pub release_id: i64,
    /// The place of its newest line; 0 if there are no lines.
    pub place: i64,
    /// Whether the release is over. Its last line is stored before its last target ends, so no line follows then.
    pub finished: bool,
}

/// Returns how much output these releases have, as far as they exist.
pub async fn marks(db: &Db, releases: &[i64]) -> Result<Vec<Mark>> {
    db.query(sql!(
        "SELECT r.id AS release_id, COALESCE(l.place, 0) AS place, r.finished_at IS NOT NULL AS finished
         FROM release r LEFT JOIN release_output l ON l.release_id = r.id WHERE r.id {any $1}"
    ))
    .bind(Ids(releases))
    .all()
    .await
}

/// A stored line.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Line {
    pub place: i64,
    pub target_id: i64,
    pub hostname: String,
    pub attempt: i64,
    pub stream: LogStream,
    pub text: String,
    pub at: Timestamp,
}

/// Returns the first lines of a release, or of one of its targets, behind a place, at most `limit`.
pub async fn after(db: &Db, release_id: i64, target_id: Option<i64>, place: i64, limit: i64) -> Result<Vec<Line>> {
    db.query(sql!(
        "SELECT place, target_id, hostname, attempt, stream, text, at FROM output_line WHERE release_id = $1 AND place > $2"
    ))
    .bind(release_id)
    .bind(place)
    .filter(part!(" AND target_id = $"), target_id)
    .push(part!(" ORDER BY place LIMIT $"))
    .bind(limit)
    .all()
    .await
}

/// Returns the place behind which the last `lines` lines of a release, or of one of its targets, begin; 0 if it has fewer.
pub async fn before_last(db: &Db, release_id: i64, target_id: Option<i64>, lines: i64) -> Result<i64> {
    let place = db
        .query(sql!("SELECT place FROM output_line WHERE release_id = $1"))
        .bind(release_id)
        .filter(part!(" AND target_id = $"), target_id)
        .push(part!(" ORDER BY place DESC LIMIT 1 OFFSET $"))
        .bind(lines)
        .optional_scalar()
        .await?;
    Ok(place.unwrap_or(0))
}

/// Whether a target belongs to a release.
pub async fn has_target(db: &Db, release_id: i64, target_id: i64) -> Result<bool> {
    let found = db
        .query(sql!("SELECT id FROM release_target WHERE id = $1 AND release_id = $2"))
        .bind(target_id)
        .bind(release_id)
        .optional_scalar::<i64>()
        .await?;
    Ok(found.is_some())
}

/// Returns the number of stored lines that a step of a start of a target wrote. No other step of the target is running.
pub async fn stored(db: &Db, target_id: i64, attempt: i64, step: StepName) -> Result<i64> {
    db.query(sql!(
        "SELECT count(*) AS stored FROM output_line WHERE target_id = $1 AND attempt = $2 AND stream <> 'SYSTEM'
            AND place > COALESCE((SELECT s.output_before FROM target_step s WHERE s.target_id = $1 AND s.name = $3), 0)"
    ))
    .bind(target_id)
    .bind(attempt)
    .bind(step)
    .scalar()
    .await
}

/// Returns when each message of lockkeeper about a start of a target was written, and its text.
pub async fn messages(db: &Db, target_id: i64, attempt: i64) -> Result<Vec<(Timestamp, String)>> {
    db.query(sql!(
        "SELECT at, text FROM output_line WHERE target_id = $1 AND attempt = $2 AND stream = 'SYSTEM' ORDER BY place"
    ))
    .bind(target_id)
    .bind(attempt)
    .all()
    .await
}

/// What is stored of a stream of a step.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct StoredStream {
    pub stream: LogStream,
    pub lines: i64,
    /// Of all its lines together, without line ends.
    pub bytes: i64,
    /// Where the last of its lines ends in the stream; 0 if that is not known.
    pub stream_end: i64,
}

/// Returns what is stored of the streams that a step of a start of a target wrote, as far as there is anything. No other
/// step of the target is running.
pub async fn stored_streams(db: &Db, target_id: i64, attempt: i64, step: StepName) -> Result<Vec<StoredStream>> {
    db.query(sql!(
        "SELECT stream, count(*) AS lines, CAST(COALESCE(sum(octet_length(text)), 0) AS bigint) AS bytes,
            COALESCE(max(stream_end), 0) AS stream_end
         FROM output_line WHERE target_id = $1 AND attempt = $2 AND stream <> 'SYSTEM'
            AND place > COALESCE((SELECT s.output_before FROM target_step s WHERE s.target_id = $1 AND s.name = $3), 0)
         GROUP BY stream ORDER BY stream"
    ))
    .bind(target_id)
    .bind(attempt)
    .bind(step)
    .all()
    .await
}

/// Returns the last lines that a step of a start of a target wrote to a stream, at most `limit`, in their order.
pub async fn last_lines(
    db: &Db,
    target_id: i64,
    attempt: i64,
    step: StepName,
    stream: LogStream,
    limit: i64,
) -> Result<Vec<String>> {
    let mut lines: Vec<String> = db
        .query(sql!(
            "SELECT text FROM output_line WHERE target_id = $1 AND attempt = $2 AND stream = $4
                AND place > COALESCE((SELECT s.output_before FROM target_step s
                    WHERE s.target_id = $1 AND s.name = $3), 0)
             ORDER BY place DESC LIMIT $5"
        ))
        .bind(target_id)
        .bind(attempt)
        .bind(step)
        .bind(stream)
        .bind(limit)
        .scalars()
        .await?;
    lines.reverse();
    Ok(lines)
}
