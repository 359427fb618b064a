//! The doctor names each invariant that is broken, and finds nothing where all is well.

use super::fleet::{Fleet, named};
use crate::domain::target::ReleaseTargetStatus;
use crate::release::request::Selection;
use crate::store::db::sql::Sql;
use crate::store::db::sql::sql;
use crate::store::{Dialect, doctor};

/// Hosts `a` and `b` with an instance each, of which the first failed to go back, and `c` and `d` with an
/// installation that waits.
pub(super) async fn fleet(kind: &str) -> Fleet {
    let fleet = Fleet::new(kind, 0).await;
    fleet.hosts(&["a", "b", "c", "d"].map(str::to_owned)).await;
    let mut install = fleet.install(named(&["a", "b"]));
    install.change.idempotency_key = Some("k".into());
    let first = fleet.accepted(&install).await.release_id.unwrap();
    fleet.end(first, ReleaseTargetStatus::Succeeded).await;
    let second = fleet.accepted(&fleet.revert(named(&["a"]))).await.release_id.unwrap();
    fleet.end(second, ReleaseTargetStatus::Failed).await;
    fleet.accepted(&fleet.install(named(&["c", "d"]))).await;
    fleet
}

/// Takes a trigger or an index away that would refuse what is to be broken.
pub(super) async fn unguard(fleet: &Fleet, guard: &str) {
    let dialect = fleet.app.db.dialect();
    let text = match (guard.split_once(" ON "), dialect) {
        (Some((trigger, table)), Dialect::Postgres) => format!("DROP TRIGGER {trigger} ON {table}"),
        (Some((trigger, _)), Dialect::Sqlite) => format!("DROP TRIGGER {trigger}"),
        (None, _) => format!("DROP INDEX {guard}"),
    };
    let sql: &'static Sql = Box::leak(Box::new(Sql::new(text.leak())));
    fleet.changed(|tx| tx.query(sql)).await;
}

async fn the_doctor_finds_nothing_after_ordinary_work(kind: &str) {
    let fleet = fleet(kind).await;
    let mut revert = fleet.revert(Selection::All(true));
    revert.change.idempotency_key = Some("k2".into());
    assert!(!fleet.accepted(&revert).await.replayed);
    assert!(fleet.accepted(&revert).await.replayed);
    assert_eq!(doctor::check(&fleet.app.db).await.unwrap(), []);
}
testkit::on_both!(the_doctor_finds_nothing_after_ordinary_work);

/// An invariant, what is said of it, what has to be taken away, and how it is broken.
type Case<'a> = (&'a str, &'a str, &'a [&'a str], &'a [&'static Sql]);

async fn the_doctor_names_each_invariant_that_is_broken(kind: &str) {
    let run = sql!(
        "UPDATE release_target SET status = 'RUNNING', attempt = 1, step = 'RUN', started_at = {now}, fence = 1 WHERE status = 'QUEUED'"
    );
    let claim = sql!("UPDATE instance SET fence = 1");
    let again = sql!(
        "INSERT INTO release_target (release_id, ordinal, instance_id, host_id, from_status, executor, shares_host, status)
         SELECT 1, 9, instance_id, host_id, from_status, executor, shares_host, status FROM release_target
         WHERE status = 'QUEUED' AND ordinal = 1"
    );
    let cases: &[Case] = &[
        ("I1", "An instance has several open targets.", &["release_target_open"], &[again]),
        (
            "I1",
            "An instance has an open target, but its status says that it is free.",
            &[],
            &[sql!("UPDATE instance SET status = 'INSTALL_FAILED', revision = revision + 1 WHERE hostname = 'c'")],
        ),
        (
            "I1",
            "An instance is being moved, but has no open target.",
            &[],
            &[sql!("UPDATE instance SET status = 'UPGRADING', revision = revision + 1 WHERE hostname = 'b'")],
        ),
        ("I2", "A release is over, but has open targets.", &["release_target_open"], &[again]),
        (
            "I2",
            "A release has no open target, but is not over.",
            &[],
            &[sql!("UPDATE release_target SET status = 'CANCELED', finished_at = {now} WHERE status = 'QUEUED'")],
        ),
        (
            "I2",
            "The counts of a release differ from its targets.",
            &[],
            &[sql!("UPDATE release SET total = total + 1, queued = queued + 1 WHERE finished_at IS NULL")],
        ),
        (
            "I2",
            "The counts of a wave differ from its targets.",
            &[],
            &[sql!("UPDATE release_wave SET queued = queued - 1, running = running + 1 WHERE queued > 0")],
        ),
        (
            "I3",
            "A target is running, but its instance has a newer claim.",
            &[],
            &[run, sql!("UPDATE instance SET fence = 2")],
        ),
        ("I3", "A target has a newer fence than its instance.", &[], &[run]),
        (
            "I4",
            "The version of an instance changed without a target that succeeded and without a confirmation.",
            &["event_kept ON event"],
            &[sql!(
                "UPDATE event SET version_id = NULL WHERE subject = 'INSTANCE' AND hostname = 'a' AND revision = 4"
            )],
        ),
        (
            "I4",
            "The version of an instance differs from its newest event.",
            &["instance_has_event ON instance"],
            &[sql!("UPDATE instance SET version_id = (SELECT min(id) FROM version) WHERE hostname = 'b'")],
        ),
        (
            "I5",
            "The event log has a gap before an event.",
            &["event_expires ON event"],
            &[sql!("DELETE FROM event WHERE position = 2")],
        ),
        (
            "I5",
            "The counter of the event log differs from its newest event.",
            &[],
            &[sql!("UPDATE event_log SET position = position + 1")],
        ),
        (
            "I5",
            "An event does not continue the one before it.",
            &["event_kept ON event"],
            &[sql!(
                "UPDATE event SET previous_status = 'UNKNOWN' WHERE subject = 'INSTANCE' AND hostname = 'a' AND revision = 2"
            )],
        ),
        (
            "I5",
            "The revisions of an instance have a gap.",
            &["event_expires ON event"],
            &[sql!("DELETE FROM event WHERE subject = 'INSTANCE' AND hostname = 'a' AND revision = 2")],
        ),
        (
            "I5",
            "The revisions of a release have a gap.",
            &["event_kept ON event"],
            &[sql!("UPDATE event SET revision = 7 WHERE subject = 'RELEASE' AND revision = 2")],
        ),
        (
            "I5",
            "An instance differs from its newest event.",
            &["instance_has_event ON instance"],
            &[sql!("UPDATE instance SET status = 'UPGRADE_FAILED' WHERE hostname = 'b'")],
        ),
        (
            "I5",
            "A release differs from its newest event.",
            &[],
            &[sql!(
                "UPDATE release SET status = 'PAUSED', pause_reason = 'REQUESTED', paused_at = created_at, paused_by = 'ann',
                    pause_message = '' WHERE finished_at IS NULL AND queued > 0"
            )],
        ),
        (
            "I6",
            "A key led to several releases.",
            &[],
            &[sql!("UPDATE release SET idempotency_key = 'k' WHERE finished_at IS NULL")],
        ),
        (
            "I6",
            "A key is kept for a release that does not exist.",
            &[],
            &[sql!("UPDATE idempotency SET key = 'other'")],
        ),
        (
            "I7",
            "A release does not have exactly one audit entry.",
            &["audit_expires ON audit"],
            &[sql!("DELETE FROM audit WHERE operation = 'revertInstances'")],
        ),
        ("I8", "More targets of a release run than its rollout allows.", &[], &[run, claim]),
        (
            "I8",
            "Several commands run on a host that is not shared.",
            &["release_target_busy"],
            &[
                run,
                claim,
                sql!("UPDATE release_target SET host_id = (SELECT min(id) FROM host) WHERE status = 'RUNNING'"),
            ],
        ),
        (
            "I8",
            "Several targets of an instance have the same claim.",
            &["release_target_final ON release_target"],
            &[claim, sql!("UPDATE release_target SET fence = 1")],
        ),
        (
            "I9",
            "The column token.role has words that this lockkeeper does not know.",
            &[],
            &[sql!("INSERT INTO token (name, role, hash, hint, created_at) VALUES ('a', 'AUDITOR', 'a', 'b', {now})")],
        ),
    ];
    for (invariant, what, guards, statements) in cases {
        let fleet = fleet(kind).await;
        for guard in *guards {
            unguard(&fleet, guard).await;
        }
        for statement in *statements {
            fleet.changed(|tx| tx.query(statement)).await;
        }
        let found = doctor::check(&fleet.app.db).await.unwrap();
        let named = found.iter().find(|finding| finding.invariant == *invariant && finding.what == *what);
        assert!(named.is_some_and(|finding| !finding.rows.is_empty()), "{what} {found:?}");
    }
}
testkit::on_both!(the_doctor_names_each_invariant_that_is_broken);
