//! What a target waits for. It is derived when it is asked for: each kind of wait is a part of one statement, over the
//! targets of the page.

use super::{INSTANCE, RELEASE, TARGET};
use crate::domain::Word;
use crate::domain::release::wait::WaitKind;
use crate::read::declare::{
    Computed, Inputs, Leaf, Object, TEXT, TIME, Term, ascending, column, columns, computed, list, term, word_leaf,
};
use crate::store::worker::serves;
use crate::wire::ApiError;

static KIND: Leaf = word_leaf::<WaitKind>();

columns! {
    /// The key is that of the target, times 16, and the rank.
    pub ROW: WaitRow { id: Int, target_id: Int, rank: Int, kind: Text, name: Text, many: Int, most: Int, until: Time }
}
columns! {
    /// A thing that a wait is about, beside its own columns.
    ABOUT: WaitedForRow { wait_id: Int }
}

/// The most things of one kind that a wait names.
macro_rules! max_named {
    () => {
        "10"
    };
}

/// The targets that run on the host of the target `q` and do not share it.
macro_rules! occupies {
    () => {
        "b.host_id = q.host_id AND b.status = 'RUNNING' AND NOT b.shares_host AND NOT q.shares_host"
    };
}

/// The instances on the host of the target `q` that are being put back into service.
macro_rules! undrains {
    () => {
        "u.host_id = q.host_id AND u.undrain_worker_id IN (SELECT w.id FROM worker w WHERE w.ended_at IS NULL)"
    };
}

/// Within the budget of its service, the target `q` of the release `r` can only start if there is room (R20).
macro_rules! needs_room {
    () => {
        "r.action <> 'INSTALL'
         AND NOT EXISTS (SELECT 1 FROM unavailable_instance u WHERE u.id = q.instance_id)
         AND (r.origin <> 'UNDO' OR EXISTS (SELECT 1 FROM release_target o WHERE o.release_id = q.release_id
            AND o.status = 'RUNNING' AND o.took_room))"
    };
}

/// The services of the queued targets `z` for which this condition holds.
macro_rules! services {
    ($condition:literal) => {
        concat!(
            "IN (SELECT y.service_id FROM release_target z JOIN release y ON y.id = z.release_id
                WHERE z.status = 'QUEUED' AND ",
            $condition,
            ")"
        )
    };
}

/// The hosts with this value of a label with this key, for people.
macro_rules! labeled {
    ($key:literal) => {
        concat!(
            "CASE WHEN l.value IS NULL THEN 'no label ' || ",
            $key,
            " ELSE 'the label ' || ",
            $key,
            " || '=' || l.value END"
        )
    };
}

/// The waits of the targets that belong to the objects of a list. The first part says which type `until` has.
pub(super) const WAITS: Term = term!(concat!(
    "SELECT q.id * 16 + 4 AS id, q.id AS target_id, 4 AS rank, 'SOAK' AS kind, '' AS name, r.wave AS many, 0 AS most,
        r.soaks_until AS until
     FROM release_target q JOIN release r ON r.id = q.release_id
     WHERE q.id {parents} AND q.status = 'QUEUED' AND r.soaks_until IS NOT NULL AND q.wave > r.wave
     UNION ALL
     SELECT q.id * 16 + 1, q.id, 1, 'SUSPENDED', s.created_by || ' (' || s.reason || ')', 0, 0, NULL
     FROM release_target q JOIN fleet ON fleet.suspension_id IS NOT NULL JOIN suspension s ON s.id = fleet.suspension_id
     WHERE q.id {parents} AND q.status = 'QUEUED'
     UNION ALL
     SELECT q.id * 16 + 2, q.id, 2, 'PAUSED',
        r.paused_by || CASE WHEN r.pause_message = '' THEN '' ELSE ' (' || r.pause_message || ')' END, 0, 0, NULL
     FROM release_target q JOIN release r ON r.id = q.release_id
     WHERE q.id {parents} AND q.status = 'QUEUED' AND r.pause_reason IS NOT NULL
     UNION ALL
     SELECT q.id * 16 + 3, q.id, 3, 'NO_WORKER', q.executor, 0, 0, NULL
     FROM release_target q WHERE q.id {parents} AND q.status = 'QUEUED'
        AND NOT EXISTS (SELECT 1 FROM worker w WHERE ",
    serves!("q.executor"),
    ")
     UNION ALL
     SELECT q.id * 16 + 5, q.id, 5, 'WAVE', '', r.wave, q.wave, NULL
     FROM release_target q JOIN release r ON r.id = q.release_id
     WHERE q.id {parents} AND q.status = 'QUEUED' AND q.wave > r.wave
        AND EXISTS (SELECT 1 FROM release_wave w WHERE w.release_id = r.id AND w.number >= r.wave AND w.number < q.wave
            AND w.ended_at IS NULL)
     UNION ALL
     SELECT q.id * 16 + 6, q.id, 6, 'RELEASE_LIMIT', '', r.running, r.max_parallel, NULL
     FROM release_target q JOIN release r ON r.id = q.release_id
     WHERE q.id {parents} AND q.status = 'QUEUED' AND r.running >= r.max_parallel
     UNION ALL
     SELECT q.id * 16 + 7, q.id, 7, 'HOST_BUSY', h.hostname, 0, 0, NULL
     FROM release_target q JOIN host h ON h.id = q.host_id
     WHERE q.id {parents} AND q.status = 'QUEUED' AND (EXISTS (SELECT 1 FROM release_target b WHERE ",
    occupies!(),
    ") OR EXISTS (SELECT 1 FROM instance u WHERE ",
    undrains!(),
    "))
     UNION ALL
     SELECT q.id * 16 + 8, q.id, 8, 'BUDGET', s.name, b.spent, b.allowed, NULL
     FROM release_target q JOIN release r ON r.id = q.release_id JOIN service s ON s.id = r.service_id
     JOIN (SELECT g.service_id,
            (SELECT count(*) FROM unavailable_instance u WHERE u.service_id = g.service_id) AS spent,
            COALESCE(g.max_count, {later 1, g.max_percent * (SELECT count(*) FROM instance f WHERE f.service_id = g.service_id
                AND f.status <> 'REMOVED' AND f.version_id IS NOT NULL) / 100}) AS allowed
        FROM service_budget g WHERE (g.max_count IS NOT NULL OR g.max_percent IS NOT NULL) AND g.service_id ",
    services!("z.id {parents}"),
    ") b ON b.service_id = r.service_id
     WHERE q.id {parents} AND q.status = 'QUEUED' AND b.spent >= b.allowed AND ",
    needs_room!(),
    "
     UNION ALL
     SELECT q.id * 16 + 9, q.id, 9, 'LABEL_LIMIT', ",
    labeled!("g.label_key"),
    ", c.spent, g.label_count, NULL
     FROM release_target q JOIN release r ON r.id = q.release_id
     JOIN service_budget g ON g.service_id = r.service_id
     LEFT JOIN host_label l ON l.host_id = q.host_id AND l.key = g.label_key
     JOIN (SELECT k.service_id, m.value, count(*) AS spent FROM service_budget k
            JOIN unavailable_instance u ON u.service_id = k.service_id
            LEFT JOIN host_label m ON m.host_id = u.host_id AND m.key = k.label_key
            WHERE k.label_key IS NOT NULL AND k.service_id ",
    services!("z.id {parents}"),
    " GROUP BY k.service_id, m.value) c ON c.service_id = r.service_id AND c.value IS NOT DISTINCT FROM l.value
     WHERE q.id {parents} AND q.status = 'QUEUED' AND g.label_key IS NOT NULL AND c.spent >= g.label_count AND ",
    needs_room!(),
    "
     UNION ALL
     SELECT q.id * 16 + 10, q.id, 10, 'LABEL_LIMIT', ",
    labeled!("r.label_key"),
    ", c.running, r.label_count, NULL
     FROM release_target q JOIN release r ON r.id = q.release_id
     LEFT JOIN host_label l ON l.host_id = q.host_id AND l.key = r.label_key
     JOIN (SELECT x.release_id, m.value, count(*) AS running FROM release_target x JOIN release y ON y.id = x.release_id
            LEFT JOIN host_label m ON m.host_id = x.host_id AND m.key = y.label_key
            WHERE x.status = 'RUNNING' AND y.label_key IS NOT NULL
                AND x.release_id IN (SELECT z.release_id FROM release_target z WHERE z.id {parents})
            GROUP BY x.release_id, m.value) c ON c.release_id = r.id AND c.value IS NOT DISTINCT FROM l.value
     WHERE q.id {parents} AND q.status = 'QUEUED' AND c.running >= r.label_count
     UNION ALL
     SELECT f.id * 16 + 11, f.id, 11, 'WORKERS_FULL', f.executor, f.living, 0, NULL
     FROM (SELECT q.id, q.executor, (SELECT count(*) FROM worker w WHERE ",
    serves!("q.executor"),
    ") AS living, (SELECT count(*) FROM worker w WHERE ",
    serves!("q.executor"),
    " AND (SELECT count(*) FROM release_target x WHERE x.worker_id = w.id AND x.status = 'RUNNING') < w.max_targets)
            AS free
        FROM release_target q WHERE q.id {parents} AND q.status = 'QUEUED') f
     WHERE f.living > 0 AND f.free = 0"
));

pub static WAIT: Object = Object::new(
    "Wait",
    "What keeps a target from starting.",
    "release_target",
    ROW.id,
    &[
        column("kind", "What it waits for, for programs.", &KIND, ROW.kind),
        computed("message", "The same for people.", &TEXT, &[ROW.kind, ROW.name, ROW.many, ROW.most], message),
        column("until", "Until when a wave soaks; null otherwise.", &TIME, ROW.until).nullable(),
        list("targets", "The targets that have to end first, at most ten.", &TARGET)
            .of_parent(ABOUT.wait_id)
            .from_query(term!(concat!(
                "SELECT x.*, q.id * 16 + 6 AS wait_id FROM release_target q
                 JOIN release_target x ON x.id {among SELECT b.id FROM release_target b
                    WHERE b.release_id = q.release_id AND b.status = 'RUNNING' ORDER BY b.ordinal LIMIT ",
                max_named!(),
                "} WHERE q.status = 'QUEUED' AND q.id * 16 + 6 {parents}
                 UNION ALL
                 SELECT x.*, q.id * 16 + 5 FROM release_target q
                 JOIN release_target x ON x.id {among SELECT b.id FROM release_target b
                    WHERE b.release_id = q.release_id AND b.status = 'RUNNING' AND b.wave < q.wave
                    ORDER BY b.ordinal LIMIT ",
                max_named!(),
                "} WHERE q.status = 'QUEUED' AND q.id * 16 + 5 {parents}
                 UNION ALL
                 SELECT b.*, q.id * 16 + 7 FROM release_target q JOIN release_target b ON ",
                occupies!(),
                " WHERE q.status = 'QUEUED' AND q.id * 16 + 7 {parents}
                 UNION ALL
                 SELECT x.*, q.id * 16 + 10 FROM release_target q JOIN release r ON r.id = q.release_id
                 JOIN release_target x ON x.id {among SELECT b.id FROM release_target b
                    WHERE b.release_id = q.release_id AND b.status = 'RUNNING'
                        AND (SELECT m.value FROM host_label m WHERE m.host_id = b.host_id AND m.key = r.label_key)
                            IS NOT DISTINCT FROM
                            (SELECT l.value FROM host_label l WHERE l.host_id = q.host_id AND l.key = r.label_key)
                    ORDER BY b.ordinal LIMIT ",
                max_named!(),
                "} WHERE q.status = 'QUEUED' AND q.id * 16 + 10 {parents}"
            )))
            .at_most(10),
        list("releases", "The releases that they belong to, where they are other ones.", &RELEASE)
            .of_parent(ABOUT.wait_id)
            .from_query(term!(concat!(
                "SELECT r.*, q.id * 16 + 7 AS wait_id FROM release_target q JOIN release_target b ON ",
                occupies!(),
                " JOIN release r ON r.id = b.release_id WHERE q.status = 'QUEUED' AND q.id * 16 + 7 {parents}"
            )))
            .at_most(1),
        list("instances", "The instances that it waits for, at most ten.", &INSTANCE)
            .of_parent(ABOUT.wait_id)
            .from_query(term!(concat!(
                "SELECT u.*, q.id * 16 + 7 AS wait_id FROM release_target q JOIN instance u ON ",
                undrains!(),
                " WHERE q.status = 'QUEUED' AND q.id * 16 + 7 {parents}
                 UNION ALL
                 SELECT u.*, q.id * 16 + 8 FROM release_target q JOIN release r ON r.id = q.release_id
                 JOIN (SELECT f.id, f.service_id,
                        ROW_NUMBER() OVER (PARTITION BY f.service_id ORDER BY f.folded_hostname, f.id) AS place
                    FROM instance f JOIN unavailable_instance x ON x.id = f.id WHERE f.service_id ",
                services!("z.id * 16 + 8 {parents}"),
                ") n ON n.service_id = r.service_id AND n.place <= ",
                max_named!(),
                " JOIN instance u ON u.id = n.id WHERE q.status = 'QUEUED' AND q.id * 16 + 8 {parents}
                 UNION ALL
                 SELECT u.*, q.id * 16 + 9 FROM release_target q JOIN release r ON r.id = q.release_id
                 JOIN service_budget g ON g.service_id = r.service_id
                 LEFT JOIN host_label l ON l.host_id = q.host_id AND l.key = g.label_key
                 JOIN (SELECT f.id, f.service_id, m.value, ROW_NUMBER() OVER
                        (PARTITION BY f.service_id, m.value ORDER BY f.folded_hostname, f.id) AS place
                    FROM instance f JOIN unavailable_instance x ON x.id = f.id
                    JOIN service_budget k ON k.service_id = f.service_id
                    LEFT JOIN host_label m ON m.host_id = f.host_id AND m.key = k.label_key WHERE f.service_id ",
                services!("z.id * 16 + 9 {parents}"),
                ") n ON n.service_id = r.service_id AND n.value IS NOT DISTINCT FROM l.value AND n.place <= ",
                max_named!(),
                " JOIN instance u ON u.id = n.id WHERE q.status = 'QUEUED' AND q.id * 16 + 9 {parents}"
            )))
            .at_most(10),
    ],
)
.order(ascending("RANK", &[ROW.rank]));

fn message(inputs: &Inputs<'_>) -> Result<Option<Computed>, ApiError> {
    let kind = inputs.text(ROW.kind)?.and_then(WaitKind::from_word).ok_or_else(ApiError::internal)?;
    let name = inputs.text(ROW.name)?.unwrap_or_default();
    let (count, limit) = (inputs.int(ROW.many)?, inputs.int(ROW.most)?);
    Ok(Some(Computed::Text(kind.message(name, count.unwrap_or_default(), limit.unwrap_or_default()))))
}
