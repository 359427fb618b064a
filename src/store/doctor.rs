//! The invariants of the rows, which hold whatever crashes or runs concurrently: one query for each.

use super::db::sql::Sql;
use super::db::vocabulary::unknown_words;
use super::{Db, Result};

/// A violation of an invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The violated invariant: `I1` to `I9`.
    pub invariant: &'static str,
    /// What is wrong with the rows, a sentence.
    pub what: String,
    /// The rows, by id or place; at most 1000 for each invariant.
    pub rows: Vec<String>,
}

/// Each invariant with its query, whose rows say what is wrong, and where.
pub fn queries() -> [(&'static str, &'static Sql); 9] {
    [
        ("I1", locks()),
        ("I2", ends()),
        ("I3", fences()),
        ("I4", versions()),
        ("I5", events()),
        ("I6", keys()),
        ("I7", audit()),
        ("I8", limits()),
        ("I9", unknown_words()),
    ]
}

/// Checks every invariant and returns all violations. It only reads, and may run while others write: each query sees one
/// state.
pub async fn check(db: &Db) -> Result<Vec<Finding>> {
    let mut findings: Vec<Finding> = Vec::new();
    for (invariant, query) in queries() {
        for (what, row) in db.query(query).without_timeout().all::<(String, String)>().await? {
            match findings.iter_mut().find(|finding| finding.invariant == invariant && finding.what == what) {
                Some(finding) => finding.rows.push(row),
                None => findings.push(Finding { invariant, what, rows: vec![row] }),
            }
        }
    }
    Ok(findings)
}

/// I1: at most one open target per instance, and an instance is being moved exactly while it has one.
fn locks() -> &'static Sql {
    sql!(
        "SELECT 'An instance has several open targets.' AS what, 'ins_' || CAST(instance_id AS text) AS place
         FROM release_target t WHERE {open t} GROUP BY instance_id HAVING count(*) > 1
         UNION ALL
         SELECT 'An instance has an open target, but its status says that it is free.', 'ins_' || CAST(i.id AS text)
         FROM release_target t JOIN instance i ON i.id = t.instance_id
         WHERE {open t} AND NOT {moving i}
         UNION ALL
         SELECT 'An instance is being moved, but has no open target.', 'ins_' || CAST(i.id AS text)
         FROM instance i WHERE {moving i} AND NOT EXISTS
            (SELECT 1 FROM release_target t WHERE t.instance_id = i.id AND {open t})
         LIMIT 1000"
    )
}

/// I2: a release is over exactly when all its targets are, and its counts of them, and those of its waves, are right.
fn ends() -> &'static Sql {
    sql!(
        "SELECT 'A release is over, but has open targets.' AS what, 'rel_' || CAST(r.id AS text) AS place
         FROM release r WHERE r.finished_at IS NOT NULL AND EXISTS
            (SELECT 1 FROM release_target t WHERE t.release_id = r.id AND {open t})
         UNION ALL
         SELECT 'A release has no open target, but is not over.', 'rel_' || CAST(r.id AS text)
         FROM release r WHERE r.finished_at IS NULL AND NOT EXISTS
            (SELECT 1 FROM release_target t WHERE t.release_id = r.id AND {open t})
         UNION ALL
         SELECT 'The counts of a release differ from its targets.', 'rel_' || CAST(r.id AS text)
         FROM release r JOIN (SELECT release_id, count(*) AS total,
                count(CASE status WHEN 'QUEUED' THEN 1 END) AS queued,
                count(CASE status WHEN 'RUNNING' THEN 1 END) AS running,
                count(CASE status WHEN 'SUCCEEDED' THEN 1 END) AS succeeded,
                count(CASE status WHEN 'FAILED' THEN 1 END) AS failed,
                count(CASE status WHEN 'CANCELED' THEN 1 END) AS canceled,
                count(CASE status WHEN 'UNKNOWN' THEN 1 END) AS unknown
            FROM release_target GROUP BY release_id) t ON t.release_id = r.id
         WHERE r.total <> t.total OR r.queued <> t.queued OR r.running <> t.running OR r.succeeded <> t.succeeded
            OR r.failed <> t.failed OR r.canceled <> t.canceled OR r.unknown <> t.unknown
         UNION ALL
         SELECT 'The counts of a wave differ from its targets.',
            'rel_' || CAST(w.release_id AS text) || ' wave ' || CAST(w.number AS text)
         FROM release_wave w LEFT JOIN (SELECT release_id, wave, count(*) AS total,
                count(CASE status WHEN 'QUEUED' THEN 1 END) AS queued,
                count(CASE status WHEN 'RUNNING' THEN 1 END) AS running,
                count(CASE status WHEN 'SUCCEEDED' THEN 1 END) AS succeeded,
                count(CASE status WHEN 'FAILED' THEN 1 END) AS failed,
                count(CASE status WHEN 'CANCELED' THEN 1 END) AS canceled,
                count(CASE status WHEN 'UNKNOWN' THEN 1 END) AS unknown
            FROM release_target GROUP BY release_id, wave) t ON t.release_id = w.release_id AND t.wave = w.number
         WHERE t.total IS NULL OR w.total <> t.total OR w.queued <> t.queued OR w.running <> t.running
            OR w.succeeded <> t.succeeded OR w.failed <> t.failed OR w.canceled <> t.canceled OR w.unknown <> t.unknown
         LIMIT 1000"
    )
}

/// I3: no target has a newer fence than its instance, and running targets have the newest.
fn fences() -> &'static Sql {
    sql!(
        "SELECT 'A target is running, but its instance has a newer claim.' AS what, 'tgt_' || CAST(t.id AS text) AS place
         FROM release_target t JOIN instance i ON i.id = t.instance_id WHERE t.status = 'RUNNING' AND t.fence < i.fence
         UNION ALL
         SELECT 'A target has a newer fence than its instance.', 'tgt_' || CAST(t.id AS text)
         FROM release_target t JOIN instance i ON i.id = t.instance_id WHERE t.fence > i.fence
         LIMIT 1000"
    )
}

/// I4: versions change by targets that succeeded, or by a confirmation.
fn versions() -> &'static Sql {
    sql!(
        "SELECT 'The version of an instance changed without a target that succeeded and without a confirmation.' AS what,
            'ins_' || CAST(e.instance_id AS text) || ' revision ' || CAST(e.revision AS text) AS place
         FROM event e LEFT JOIN release_target t ON t.id = e.target_id
         WHERE e.subject = 'INSTANCE' AND e.version_id IS DISTINCT FROM e.previous_version_id AND e.kind <> 'CONFIRMATION'
            AND (t.id IS NULL OR t.status <> 'SUCCEEDED' OR t.to_version_id IS DISTINCT FROM e.version_id)
         UNION ALL
         SELECT 'The version of an instance differs from its newest event.', 'ins_' || CAST(i.id AS text)
         FROM instance i JOIN event e ON e.subject = 'INSTANCE' AND e.instance_id = i.id AND e.revision = i.revision
         WHERE e.version_id IS DISTINCT FROM i.version_id
         LIMIT 1000"
    )
}

/// I5: positions and revisions have no gaps, and replaying the log leads to the present state.
fn events() -> &'static Sql {
    sql!(
        "SELECT 'The event log has a gap before an event.' AS what, 'position ' || CAST(e.position AS text) AS place
         FROM event e WHERE e.position > (SELECT floor FROM event_log) + 1
            AND NOT EXISTS (SELECT 1 FROM event p WHERE p.position = e.position - 1)
         UNION ALL
         SELECT 'The counter of the event log differs from its newest event.', 'position ' || CAST(l.position AS text)
         FROM event_log l WHERE l.position <> COALESCE((SELECT max(position) FROM event), 0)
         UNION ALL
         SELECT 'An event does not continue the one before it.',
            'ins_' || CAST(e.instance_id AS text) || ' revision ' || CAST(e.revision AS text)
         FROM event e JOIN event p
            ON p.subject = 'INSTANCE' AND p.instance_id = e.instance_id AND p.revision = e.revision - 1
         WHERE e.subject = 'INSTANCE' AND (e.previous_status IS DISTINCT FROM p.status
            OR e.previous_version_id IS DISTINCT FROM p.version_id OR e.position <= p.position)
         UNION ALL
         SELECT 'The revisions of an instance have a gap.', 'ins_' || CAST(instance_id AS text)
         FROM event WHERE subject = 'INSTANCE' GROUP BY instance_id HAVING max(revision) - min(revision) + 1 <> count(*)
         UNION ALL
         SELECT 'The revisions of a release have a gap.', 'rel_' || CAST(release_id AS text)
         FROM event WHERE subject = 'RELEASE' GROUP BY release_id HAVING max(revision) - min(revision) + 1 <> count(*)
         UNION ALL
         SELECT 'An instance differs from its newest event.', 'ins_' || CAST(i.id AS text)
         FROM instance i LEFT JOIN event e
            ON e.subject = 'INSTANCE' AND e.instance_id = i.id AND e.revision = i.revision
         WHERE (e.position IS NOT NULL AND e.status <> i.status)
            OR (e.position IS NULL AND (SELECT floor FROM event_log) = 0)
            OR EXISTS (SELECT 1 FROM event n
                WHERE n.subject = 'INSTANCE' AND n.instance_id = i.id AND n.revision > i.revision)
         UNION ALL
         SELECT 'A release differs from its newest event.', 'rel_' || CAST(r.id AS text)
         FROM release r LEFT JOIN event e
            ON e.subject = 'RELEASE' AND e.release_id = r.id AND e.revision = r.revision
         WHERE (e.position IS NOT NULL AND e.status <> r.status)
            OR (e.position IS NULL AND (SELECT floor FROM event_log) = 0)
         LIMIT 1000"
    )
}

/// I6: a kept key stands for one release, the one that it names.
fn keys() -> &'static Sql {
    sql!(
        "SELECT 'A key led to several releases.' AS what, k.caller || ' ' || k.key AS place
         FROM idempotency k JOIN release r
            ON r.created_by = k.caller AND r.idempotency_key = k.key AND r.created_at >= k.created_at
         GROUP BY k.caller, k.key HAVING count(*) > 1
         UNION ALL
         SELECT 'A key is kept for a release that does not exist.', k.caller || ' ' || k.key
         FROM idempotency k WHERE substr(k.result ->> 0, 1, 4) = 'rel_'
            AND NOT EXISTS (SELECT 1 FROM release r WHERE r.created_by = k.caller AND r.idempotency_key = k.key
                AND 'rel_' || CAST(r.id AS text) = k.result ->> 0)
         LIMIT 1000"
    )
}

/// I7: every release has one audit entry of the request that made it, for as long as entries are kept. It is of the
/// instant at which the release was made, and names it first. Another operation on it may have the same instant.
fn audit() -> &'static Sql {
    sql!(
        "SELECT 'A release does not have exactly one audit entry.' AS what, 'rel_' || CAST(r.id AS text) AS place
         FROM release r LEFT JOIN (
            SELECT result ->> 0 AS release_id, at, count(*) AS entries, count(DISTINCT operation) AS operations FROM audit
            WHERE outcome = 'ACCEPTED' AND substr(result ->> 0, 1, 4) = 'rel_' GROUP BY 1, 2
         ) a ON a.release_id = 'rel_' || CAST(r.id AS text) AND a.at = r.created_at
         WHERE (a.entries IS NULL OR a.entries > a.operations) AND r.created_at >= (SELECT kept_from FROM audit_log)
         LIMIT 1000"
    )
}

/// I8: no more targets run than a rollout allows, one command at a time on a host, and one start per claim.
fn limits() -> &'static Sql {
    sql!(
        "SELECT 'More targets of a release run than its rollout allows.' AS what, 'rel_' || CAST(r.id AS text) AS place
         FROM release r JOIN release_target t ON t.release_id = r.id AND t.status = 'RUNNING'
         GROUP BY r.id, r.max_parallel HAVING count(*) > r.max_parallel
         UNION ALL
         SELECT 'Several commands run on a host that is not shared.', 'hst_' || CAST(host_id AS text)
         FROM release_target WHERE status = 'RUNNING' AND NOT shares_host GROUP BY host_id HAVING count(*) > 1
         UNION ALL
         SELECT 'Several targets of an instance have the same claim.', 'ins_' || CAST(instance_id AS text)
         FROM release_target WHERE fence > 0 GROUP BY instance_id, fence HAVING count(*) > 1
         LIMIT 1000"
    )
}
