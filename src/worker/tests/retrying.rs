//! Retrying a release: what failed and what never began.

use super::fleet::{Fleet, named, problems_of};
use super::undoing::failed;
use crate::domain::instance::InstanceStatus::{Installing, Running, UpgradeFailed};
use crate::domain::release::rollout::Amount;
use crate::domain::release::{ReleaseAction, ReleaseOrigin, SkipReason};
use crate::domain::target::End;
use crate::release::follow_up::{FollowUp, FollowUpRequest};
use crate::release::request::Selection;
use crate::store::db::sql::sql;

async fn r7_a_retry_takes_what_failed_and_what_never_began(kind: &str) {
    let fleet = Fleet::new(kind, 6).await;
    let new = fleet.versions[2];
    let mut upgrade = fleet.upgrade(Selection::All(true));
    upgrade.rollout.max_parallel = Some(Amount::Count(2));
    upgrade.rollout.max_failures = Some(Amount::Count(1));
    let first = fleet.accepted(&upgrade).await.release_id.unwrap();
    let retry = fleet.following_up(FollowUp::Retry, first);
    let early = fleet.follow_up(&retry).await.unwrap_err();
    assert_eq!(early.problems.codes(), ["WRONG_STATE"]);
    fleet.carry_out(&[("h00003", failed()), ("h00004", End::unknown("lost"))]).await;
    // The other two never began.
    let dry = FollowUpRequest { dry_run: true, ..retry.clone() };
    let accepted = fleet.follow_up(&dry).await.unwrap();
    let mut ids = Vec::new();
    for host in ["h00003", "h00005", "h00006"] {
        ids.push(fleet.instance(host).await);
    }
    assert_eq!(accepted.accepted, ids);
    let unknown = fleet.instance("h00004").await;
    assert_eq!((accepted.skipped[0].instance_id, accepted.skipped[0].reason), (unknown, SkipReason::UnknownState));
    let rollout = accepted.plan.unwrap().rollout;
    assert_eq!((rollout.max_parallel, rollout.max_failures), (2, 1), "as in the first release");
    let included = FollowUpRequest { include_unknown: true, ..retry.clone() };
    let accepted = fleet.follow_up(&included).await.unwrap();
    let second = accepted.release_id.unwrap();
    let order: Vec<String> = fleet.order_of(second).await.into_iter().map(|(host, _)| host).collect();
    assert_eq!(order, ["h00003", "h00004", "h00005", "h00006"], "what is broken goes first");
    let row: (ReleaseAction, ReleaseOrigin, Option<i64>, Option<i64>) = fleet
        .app
        .db
        .query(sql!("SELECT action, origin, parent_id, target_version_id FROM release WHERE id = $1"))
        .bind(second)
        .one()
        .await
        .unwrap();
    assert_eq!(row, (ReleaseAction::Upgrade, ReleaseOrigin::Retry, Some(first), Some(new)));
    fleet.carry_out(&[("h00003", failed())]).await;
    assert_eq!(fleet.state("h00003").await.0, UpgradeFailed);
    assert_eq!(fleet.state("h00006").await.1, Some(new));
    // What the retry moved is at the version; what failed again may be retried by way of either.
    let again = fleet.follow_up(&dry).await.unwrap();
    assert_eq!(again.accepted, [fleet.instance("h00003").await]);
    assert!(again.skipped.iter().all(|skip| skip.reason == SkipReason::AlreadyAtVersion));
    // The undo of the first release takes what the retry moved on its behalf, but not what only the retry began.
    let undo = fleet.follow_up(&fleet.following_up(FollowUp::Undo, first)).await.unwrap().release_id.unwrap();
    let undone: Vec<String> = fleet.order_of(undo).await.into_iter().map(|(host, _)| host).collect();
    assert_eq!(undone, ["h00004", "h00002", "h00001", "h00003"]);
}
testkit::on_both!(r7_a_retry_takes_what_failed_and_what_never_began);

async fn r15_a_retried_installation_makes_new_instances_like_those_that_were_given_up(kind: &str) {
    let fleet = Fleet::new(kind, 0).await;
    fleet.hosts(&["a", "b", "c", "d"].map(String::from)).await;
    let first = fleet.accepted(&fleet.install(named(&["a", "b", "c", "d"]))).await.release_id.unwrap();
    // The first failure gives the others up.
    fleet.carry_out(&[("a", failed())]).await;
    let kept = fleet.instance("a").await;
    fleet.hold_host("c", "ann").await;
    let elsewhere = fleet.accepted(&fleet.install(named(&["d"]))).await.release_id.unwrap();
    fleet.carry_out(&[]).await;
    let retry = fleet.following_up(FollowUp::Retry, first);
    let dry = fleet.follow_up(&FollowUpRequest { dry_run: true, ..retry.clone() }).await.unwrap();
    assert_eq!((dry.accepted, dry.accepted_hosts.len()), (vec![kept], 2));
    let accepted = fleet.follow_up(&retry).await.unwrap();
    assert_eq!(accepted.accepted, [kept, fleet.instance("b").await]);
    let reasons: Vec<_> = accepted.skipped.iter().map(|skip| (skip.reason, skip.locks.len())).collect();
    assert_eq!(reasons, [(SkipReason::Locked, 1), (SkipReason::MovedSince, 0)], "{elsewhere}");
    let settings: (Option<i64>, Option<String>, i64, i64) = fleet
        .app
        .db
        .query(sql!("SELECT port, tag, weight, revision FROM instance WHERE hostname = 'b' AND status = $1"))
        .bind(Installing)
        .one()
        .await
        .unwrap();
    assert_eq!(settings, (Some(8080), Some("prod".into()), 100, 1));
    fleet.carry_out(&[]).await;
    assert_eq!((fleet.state("a").await.0, fleet.state("b").await.0), (Running, Running));
    // The undo of an installation removes what it installed.
    let undo = fleet.follow_up(&fleet.following_up(FollowUp::Undo, accepted.release_id.unwrap())).await.unwrap();
    assert_eq!(fleet.order_of(undo.release_id.unwrap()).await, [("b".into(), None), ("a".into(), None)]);
    fleet.carry_out(&[]).await;
    let there = fleet.app.db.query(sql!("SELECT count(*) AS instances FROM instance WHERE status <> 'REMOVED'"));
    assert_eq!(there.scalar::<i64>().await.unwrap(), 1);
}
testkit::on_both!(r15_a_retried_installation_makes_new_instances_like_those_that_were_given_up);

async fn r1_a_retry_needs_something_to_retry_and_a_version_that_may_be_released(kind: &str) {
    let fleet = Fleet::new(kind, 2).await;
    let good = fleet.accepted(&fleet.upgrade(named(&["h00001"]))).await.release_id.unwrap();
    fleet.carry_out(&[]).await;
    let refused = fleet.follow_up(&fleet.following_up(FollowUp::Retry, good)).await.unwrap_err();
    assert_eq!(problems_of(&refused), [("NOTHING_TO_RELEASE".into(), "input.releaseId".into(), Vec::new())]);
    let bad = fleet.accepted(&fleet.upgrade(named(&["h00002"]))).await.release_id.unwrap();
    fleet.carry_out(&[("h00002", failed())]).await;
    let new = fleet.versions[2];
    fleet.withdraw(new).await;
    let retry = fleet.following_up(FollowUp::Retry, bad);
    assert_eq!(fleet.follow_up(&retry).await.unwrap_err().problems.codes(), ["VERSION_WITHDRAWN"]);
    fleet.changed(|tx| tx.query(sql!("UPDATE version SET removed_at = {now} WHERE id = $1")).bind(new)).await;
    let refused = fleet.follow_up(&retry).await.unwrap_err();
    assert_eq!(refused.problems.codes(), ["NOTHING_TO_RELEASE"]);
    assert_eq!(refused.skipped[0].reason, SkipReason::VersionUnavailable);
}
testkit::on_both!(r1_a_retry_needs_something_to_retry_and_a_version_that_may_be_released);
