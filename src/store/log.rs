//! Output of executors, line by line. A line's place comes from its release's counter, the last lock of the
//! transaction that stores it, so that the order of places is the order of commits.

use super::{Db, Json, Result, Tx};
use crate::domain::release::LogStream;
use crate::domain::{Timestamp, Word};
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
}

/// Appends lines to the output of a release, in this order.
pub async fn append(tx: &mut Tx, release_id: i64, lines: &[NewLine]) -> Result<()> {
    let last: i64 = tx
        .query(sql!(
            "INSERT INTO release_log (release_id, place) VALUES ($1, $2)
             ON CONFLICT (release_id) DO UPDATE SET place = release_log.place + excluded.place RETURNING place"
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
                "stream": line.stream.word(), "text": line.text, "at": line.at.0,
            })
        })
        .collect();
    tx.query(sql!(
        "INSERT INTO log_line (release_id, place, target_id, hostname, attempt, stream, text, at)
         SELECT $2, CAST(value ->> 'place' AS bigint), CAST(value ->> 'target_id' AS bigint), value ->> 'hostname',
            CAST(value ->> 'attempt' AS bigint), value ->> 'stream', value ->> 'text', {instant value ->> 'at'}
         FROM {items $1} ORDER BY 2"
    ))
    .bind(Json(rows))
    .bind(release_id)
    .execute()
    .await?;
    Ok(())
}

/// How many lines a start of a target wrote that are stored already.
pub async fn stored(db: &Db, target_id: i64, attempt: i64) -> Result<i64> {
    db.query(sql!(
        "SELECT count(*) AS stored FROM log_line WHERE target_id = $1 AND attempt = $2 AND stream <> 'SYSTEM'"
    ))
    .bind(target_id)
    .bind(attempt)
    .scalar()
    .await
}
