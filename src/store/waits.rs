//! Targets that wait for a worker that nobody is told of: no living worker has their executor.

use super::{Db, Json, Result, Texts};
use std::collections::BTreeMap;

/// The most targets that are looked for.
const MAX_TARGETS: i64 = 1000;

/// Returns the queued targets whose executor neither a living worker nor `own` has, by executor; at most 1000, oldest first.
pub async fn unserved(db: &Db, own: &[String]) -> Result<BTreeMap<String, Vec<i64>>> {
    let living: Vec<(Json<Vec<String>>,)> =
        db.query(sql!("SELECT executors FROM worker WHERE ended_at IS NULL")).all().await?;
    let served: Vec<String> =
        living.into_iter().flat_map(|(executors,)| executors.0).chain(own.iter().cloned()).collect();
    let waiting: Vec<(String, i64)> = db
        .query(sql!(
            "SELECT executor, id FROM release_target WHERE status = 'QUEUED' AND NOT (executor {any $1}) ORDER BY id LIMIT $2"
        ))
        .bind(Texts(&served))
        .bind(MAX_TARGETS)
        .all()
        .await?;
    let mut by_executor: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (executor, target) in waiting {
        by_executor.entry(executor).or_default().push(target);
    }
    Ok(by_executor)
}
