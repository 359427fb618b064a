//! Which version really runs: which instances are to be asked, who asks, and what was answered.

use super::{Db, Ids, Result, Texts, Tx};
use crate::domain::Timestamp;
use crate::domain::drift::Observation;
use crate::domain::order::Site;

/// Asks that these instances are probed at the next opportunity.
pub async fn request(tx: &mut Tx, at: Timestamp, instances: &[i64]) -> Result<()> {
    tx.query(sql!("UPDATE instance SET probe_due_at = $1 WHERE id {any $2}"))
        .bind(at)
        .bind(Ids(instances))
        .execute()
        .await?;
    Ok(())
}

/// Lets instances that are probed regularly be probed anew, now that a release is over with them.
pub async fn after_release(tx: &mut Tx, at: Timestamp, instances: &[i64]) -> Result<()> {
    tx.query(sql!(
        "UPDATE instance SET observed_times = 0, probe_due_at = CASE WHEN probe_due_at IS NULL THEN probe_due_at ELSE $1 END
         WHERE id {any $2}"
    ))
    .bind(at)
    .bind(Ids(instances))
    .execute()
    .await?;
    Ok(())
}

/// Schedules the first probe of instances that have none, of services with these executors. Returns how many.
pub async fn schedule(tx: &mut Tx, at: Timestamp, executors: &[String]) -> Result<u64> {
    tx.query(sql!(
        "UPDATE instance SET probe_due_at = $1 WHERE probe_due_at IS NULL AND status <> 'REMOVED'
            AND service_id IN (SELECT s.id FROM service s WHERE s.executor {any $2})"
    ))
    .bind(at)
    .bind(Texts(executors))
    .execute()
    .await
}

/// An instance that is to be probed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Due {
    #[sqlx(flatten)]
    pub site: Site,
    pub executor: String,
}

/// Claims instances that are due until `until`: nobody else probes them before. A release has none of them.
pub async fn claim(tx: &mut Tx, at: Timestamp, until: Timestamp, executors: &[String], limit: i64) -> Result<Vec<i64>> {
    tx.query(sql!(
        "UPDATE instance SET probe_until = $2 WHERE id IN
            (SELECT i.id FROM instance i
             WHERE i.probe_due_at <= $1 AND i.status <> 'REMOVED' AND (i.probe_until IS NULL OR i.probe_until <= $1)
                AND i.service_id IN (SELECT s.id FROM service s WHERE s.executor {any $3})
                AND NOT EXISTS (SELECT 1 FROM release_target t WHERE t.instance_id = i.id AND {open t})
             ORDER BY i.probe_due_at LIMIT $4 {skip_locked})
         RETURNING id"
    ))
    .bind(at)
    .bind(until)
    .bind(Texts(executors))
    .bind(limit)
    .scalars()
    .await
}

/// Returns what a probe needs to know of these instances.
pub async fn due(tx: &mut Tx, instances: &[i64]) -> Result<Vec<Due>> {
    tx.query(sql!(
        "SELECT i.id AS instance_id, s.name AS service, v.name AS version, h.hostname, h.address AS host_address, i.port,
            i.tag, s.executor
         FROM instance i JOIN service s ON s.id = i.service_id JOIN host h ON h.id = i.host_id
         LEFT JOIN version v ON v.id = i.version_id
         WHERE i.id {any $1} ORDER BY i.id"
    ))
    .bind(Ids(instances))
    .all()
    .await
}

/// What was known of an instance before an answer.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Known {
    #[sqlx(flatten)]
    pub observation: Observation,
    /// The name of the version on record.
    pub recorded: Option<String>,
    /// Whether a release has it now: then the answer says nothing.
    pub in_release: bool,
}

/// Returns what is known of a locked instance.
pub async fn known(tx: &mut Tx, instance: i64) -> Result<Option<Known>> {
    tx.query(sql!(
        "SELECT i.observed_version AS version, i.observed_times AS times, i.drifted_since IS NOT NULL AS drifts,
            (SELECT v.name FROM version v WHERE v.id = i.version_id) AS recorded,
            EXISTS (SELECT 1 FROM release_target t WHERE t.instance_id = i.id AND {open t}) AS in_release
         FROM instance i WHERE i.id = $1"
    ))
    .bind(instance)
    .optional()
    .await
}

/// Ends the claim of an instance, which is due again at `due`, if at all.
pub async fn release(tx: &mut Tx, instance: i64, due: Option<Timestamp>) -> Result<()> {
    tx.query(sql!("UPDATE instance SET probe_until = NULL, probe_due_at = $2 WHERE id = $1"))
        .bind(instance)
        .bind(due)
        .execute()
        .await?;
    Ok(())
}

/// Saves what is known of an instance after an answer.
pub async fn save(tx: &mut Tx, at: Timestamp, instance: i64, known: &Observation) -> Result<()> {
    tx.query(sql!(
        "UPDATE instance SET observed_version = $2, observed_at = $3, observed_times = $4,
            drifted_since = CASE WHEN $5 THEN COALESCE(drifted_since, $3) END
         WHERE id = $1"
    ))
    .bind(instance)
    .bind(known.version.as_deref())
    .bind(at)
    .bind(known.times)
    .bind(known.drifts)
    .execute()
    .await?;
    Ok(())
}

/// How many instances drift, and how many are out of service.
pub async fn counts(db: &Db) -> Result<(i64, i64)> {
    db.query(sql!(
        "SELECT (SELECT count(*) FROM instance WHERE drifted_since IS NOT NULL AND status <> 'REMOVED') AS drifting,
            (SELECT count(*) FROM instance WHERE drained_since IS NOT NULL) AS drained"
    ))
    .one()
    .await
}
