//! What is on disk after a release was accepted, and its events.

use super::fleet::{Fleet, name, named};
use crate::domain::instance::InstanceStatus;
use crate::domain::release::rollout::{Amount, RolloutOverrides};
use crate::domain::release::{OnFailure, ReleaseStatus};
use crate::domain::target::ReleaseTargetStatus;
use crate::release::request::{ReleaseRequest, Selection};
use crate::store::db::sql::sql;

/// Kind, revision, release, instance, and whether it is locked.
type EventRow = (String, i64, i64, Option<i64>, Option<bool>);

async fn r8_release_targets_statuses_and_events_appear_together(kind: &str) {
    let fleet = Fleet::new(kind, 3).await;
    fleet.hold(Some("h00003"), "ann", None).await;
    let before = fleet.accepted(&fleet.revert(named(&["h00002"]))).await.release_id.unwrap();
    let request = ReleaseRequest {
        rollout: RolloutOverrides {
            max_parallel: Some(Amount::Percent(40)),
            max_failures: Some(Amount::Count(2)),
            on_failure: Some(OnFailure::Continue),
            timeout_seconds: Some(9999),
            ..RolloutOverrides::default()
        },
        reason: Some("nicer".into()),
        ..fleet.upgrade(Selection::All(true))
    };
    let accepted = fleet.accepted(&request).await;
    let id = accepted.release_id.unwrap();
    let db = &fleet.app.db;
    let release: (ReleaseStatus, i64, i64, i64, i64, i64, OnFailure, i64, i64, String, String) = db
        .query(sql!(
            "SELECT status, total, queued, skipped, max_parallel, max_failures, on_failure, timeout_seconds, revision,
                    reason, executor FROM release WHERE id = $1"
        ))
        .bind(id)
        .one()
        .await
        .unwrap();
    let (status, continues) = (ReleaseStatus::Pending, OnFailure::Continue);
    assert_eq!(release, (status, 1, 1, 2, 1, 1, continues, 600, 1, "nicer".into(), "web".into()));
    let target: (i64, i64, Option<i64>, Option<i64>, String, bool) = db
        .query(sql!(
            "SELECT instance_id, ordinal, from_version_id, to_version_id, executor, shares_host FROM release_target
                 WHERE release_id = $1 AND status = 'QUEUED'"
        ))
        .bind(id)
        .one()
        .await
        .unwrap();
    let (from, to) = (Some(fleet.versions[1]), Some(fleet.versions[2]));
    assert_eq!(target, (fleet.instance("h00001").await, 1, from, to, "web".into(), false));
    assert_eq!(fleet.state("h00001").await, (InstanceStatus::Upgrading, from, 2));
    // Its place in the log lies before all of it: two events each, the earlier release's first.
    let events: Vec<EventRow> = db
        .query(sql!("SELECT kind, revision, release_id, instance_id, locked FROM event ORDER BY position"))
        .all()
        .await
        .unwrap();
    assert_eq!(events.iter().map(|event| event.2).collect::<Vec<_>>(), [before, before, id, id]);
    assert_eq!(events[2], ("ACCEPTED".into(), 1, id, None, None));
    assert_eq!(events[3], ("RELEASE".into(), 2, id, Some(fleet.instance("h00001").await), Some(true)));
    let position: i64 = db.query(sql!("SELECT position FROM release WHERE id = $1")).bind(id).scalar().await.unwrap();
    assert_eq!(position, 2);
    let lines: i64 =
        db.query(sql!("SELECT place FROM release_output WHERE release_id = $1")).bind(id).scalar().await.unwrap();
    assert_eq!(lines, 0);
}
testkit::on_both!(r8_release_targets_statuses_and_events_appear_together);

async fn r8_ten_thousand_hostnames_take_as_many_statements_as_ten(kind: &str) {
    let fleet = Fleet::new(kind, 10_000).await;
    let count = async |numbers: std::ops::RangeInclusive<usize>| {
        let many = numbers.clone().count();
        let request = fleet.upgrade(Selection::Hostnames(numbers.rev().map(name).collect()));
        let before = fleet.app.db.statements();
        let accepted = fleet.accepted(&request).await;
        let statements = fleet.app.db.statements() - before;
        assert_eq!((accepted.accepted.len(), accepted.skipped.len()), (many, 0));
        statements
    };
    let ten = count(1..=10).await;
    assert_eq!(ten, 22, "as docs/performance.md says");
    let first = fleet.app.db.query(sql!("SELECT id FROM release")).scalar().await.unwrap();
    fleet.end(first, ReleaseTargetStatus::Failed).await;
    assert_eq!(count(1..=10_000).await, ten);
    let ordered: i64 = fleet
        .app
        .db
        .query(sql!(
            "SELECT count(*) AS many FROM release_target t JOIN instance i ON i.id = t.instance_id
                 WHERE t.status = 'QUEUED' AND i.hostname = 'h' || substr(CAST(100000 + t.ordinal AS text), 2)"
        ))
        .scalar()
        .await
        .unwrap();
    assert_eq!(ordered, 10_000);
}
testkit::on_both!(r8_ten_thousand_hostnames_take_as_many_statements_as_ten);

async fn r10_the_same_key_answers_with_the_same_release_even_when_nothing_of_it_would_be_accepted_now(kind: &str) {
    let fleet = Fleet::new(kind, 3).await;
    fleet.hold(Some("h00002"), "ann", None).await;
    let mut request = fleet.upgrade(Selection::All(true));
    request.change.idempotency_key = Some("k".into());
    // A dry run keeps no key.
    let dry = fleet.accepted(&ReleaseRequest { dry_run: true, ..request.clone() }).await;
    let first = fleet.accepted(&request).await;
    assert!(!first.replayed && first.release_id.is_some() && dry.release_id.is_none());
    assert_eq!((&dry.accepted, &dry.skipped), (&first.accepted, &first.skipped));
    fleet.hold(None, "ann", None).await;
    fleet.changed(|tx| tx.query(sql!("UPDATE version SET removed_at = {now}"))).await;
    let again = fleet.accepted(&request).await;
    assert!(again.replayed);
    let mut recorded = first.clone();
    // The plan is the recorded one, without what there was to warn of.
    assert!(recorded.plan.as_mut().is_some_and(|plan| !std::mem::take(&mut plan.warnings).is_empty()));
    assert_eq!(crate::release::Accepted { replayed: false, ..again.clone() }, recorded);
    let rows = fleet.rows().await;
    // R11: a dry run knows the key, too, and is not even in the audit log.
    assert_eq!(fleet.accepted(&ReleaseRequest { dry_run: true, ..request.clone() }).await, again);
    assert_eq!(fleet.rows().await, rows);
    let mut other = fleet.revert(Selection::All(true));
    other.change.idempotency_key = Some("k".into());
    for dry_run in [false, true] {
        let refused = fleet.ask(&ReleaseRequest { dry_run, ..other.clone() }).await.unwrap_err();
        assert_eq!(refused.problems.codes(), ["IDEMPOTENCY_KEY_REUSED"]);
        assert_eq!(refused.problems.0[0].related_ids, [format!("rel_{}", first.release_id.unwrap())]);
    }
}
testkit::on_both!(r10_the_same_key_answers_with_the_same_release_even_when_nothing_of_it_would_be_accepted_now);

async fn r10_a_refused_request_keeps_no_key(kind: &str) {
    let fleet = Fleet::new(kind, 1).await;
    let freeze = fleet.hold(None, "ann", None).await;
    let mut request = fleet.upgrade(Selection::All(true));
    request.change.idempotency_key = Some("k".into());
    assert_eq!(fleet.ask(&request).await.unwrap_err().problems.codes(), ["FROZEN"]);
    fleet.changed(|tx| tx.query(sql!("UPDATE hold SET ended_at = {now} WHERE id = $1")).bind(freeze)).await;
    assert!(!fleet.accepted(&request).await.replayed);
}
testkit::on_both!(r10_a_refused_request_keeps_no_key);

async fn r11_a_dry_run_answers_the_same_and_changes_nothing(kind: &str) {
    let fleet = Fleet::new(kind, 4).await;
    fleet.hosts(&["a".into(), "b".into()]).await;
    fleet.hold(Some("h00002"), "ann", None).await;
    for request in [fleet.upgrade(Selection::All(true)), fleet.install(named(&["b", "a"]))] {
        let before = fleet.rows().await;
        let dry = fleet.accepted(&ReleaseRequest { dry_run: true, ..request.clone() }).await;
        assert_eq!(fleet.rows().await, before);
        let real = fleet.accepted(&request).await;
        assert_eq!((dry.release_id, &dry.accepted_hosts, &dry.skipped), (None, &real.accepted_hosts, &real.skipped));
        assert!(real.release_id.is_some() && fleet.rows().await > before);
    }
}
testkit::on_both!(r11_a_dry_run_answers_the_same_and_changes_nothing);
