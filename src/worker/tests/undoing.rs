//! Undoing a release: what it takes, in which order, and what it leaves out.

use super::fleet::{Fleet, named, problems_of, register_worker};
use crate::domain::Kind;
use crate::domain::instance::InstanceStatus::{Reverting, Running, Unknown};
use crate::domain::reference::{FOUND_VERSION, INSTANCE, Reference};
use crate::domain::release::rollout::{Amount, RolloutOverrides};
use crate::domain::release::selection::{Holder, Included};
use crate::domain::release::{OnFailure, OnLocked, ReleaseAction, ReleaseOrigin, SkipReason};
use crate::domain::target::{End, TargetFailure};
use crate::release::follow_up::{FollowUp, FollowUpRequest, follow_up};
use crate::release::request::{Accepted, Aim, Refused, Selection};
use crate::store::db::sql::sql;
use crate::worker::WorkerRef;
use crate::worker::claim::claim;
use crate::worker::finish::{Ending, finish};

impl Fleet {
    /// Has a worker carry out whatever is open. Targets on these hosts end like this, all others succeed.
    pub async fn carry_out(&self, ends: &[(&str, End)]) {
        let me = WorkerRef { id: register_worker(&self.app.db, "w").await, name: "w".into() };
        loop {
            let claimed = claim(&self.app, &me, 100).await.unwrap();
            if claimed.is_empty() {
                break;
            }
            let ending = |claimed: &crate::store::queue::Claimed| {
                let end = ends.iter().find(|(host, _)| *host == claimed.order.hostname).map(|(_, end)| end.clone());
                Ending {
                    target_id: claimed.order.target_id,
                    release_id: claimed.order.release_id,
                    fence: claimed.order.fence,
                    end: end.unwrap_or_else(End::succeeded),
                }
            };
            let endings: Vec<Ending> = claimed.iter().map(ending).collect();
            finish(&self.app.db, &me, &endings).await.unwrap();
        }
    }

    /// A request to undo or retry a release, by an operator.
    pub fn following_up(&self, what: FollowUp, release: i64) -> FollowUpRequest {
        let mut change = self.upgrade(Selection::All(true)).change;
        change.operation = match what {
            FollowUp::Undo => "undoRelease",
            FollowUp::Retry => "retryRelease",
        };
        FollowUpRequest {
            change,
            follow_up: what,
            release_id: Kind::Release.id(release).to_string(),
            on_locked: OnLocked::Skip,
            include_unknown: false,
            through_hold_ids: Vec::new(),
            rollout: RolloutOverrides::default(),
            reason: None,
            expected_count: None,
            dry_run: false,
        }
    }

    pub async fn follow_up(&self, request: &FollowUpRequest) -> Result<Accepted, Refused> {
        follow_up(&self.app, request).await.unwrap()
    }

    async fn undone(&self, release: i64) -> Accepted {
        let undo = self.following_up(FollowUp::Undo, release);
        self.follow_up(&undo).await.unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    /// The hosts of a release's targets in their order, each with the version that it moves to.
    pub async fn order_of(&self, release: i64) -> Vec<(String, Option<i64>)> {
        let targets = self.app.db.query(sql!(
            "SELECT h.hostname, t.to_version_id FROM release_target t JOIN host h ON h.id = t.host_id
             WHERE t.release_id = $1 ORDER BY t.ordinal"
        ));
        targets.bind(release).all().await.unwrap()
    }

    pub async fn withdraw(&self, version: i64) {
        self.changed(|tx| {
            tx.query(sql!(
                "UPDATE version SET withdrawn_at = {now}, withdrawn_by = 'ann', withdrawn_reason = 'bad' WHERE id = $1"
            ))
            .bind(version)
        })
        .await;
    }

    pub async fn confirm(&self, host: &str, version: usize) {
        let instance = Kind::Instance.id(self.instance(host).await).to_string();
        let finding = crate::catalog::instance::Finding {
            instance: Reference::by_id(&INSTANCE, instance),
            found: crate::catalog::instance::FoundState::Version(Reference::by_id(&FOUND_VERSION, self.id(version))),
            expected_revision: None,
        };
        let change = self.upgrade(Selection::All(true)).change;
        crate::catalog::instance::confirm(&self.app, &change, &finding).await.unwrap().unwrap();
    }
}

pub fn failed() -> End {
    End::failed(TargetFailure::Command, "no")
}

fn reasons(accepted: &[crate::domain::release::selection::Skipped]) -> Vec<(i64, SkipReason)> {
    accepted.iter().map(|skip| (skip.instance_id, skip.reason)).collect()
}

async fn r7_an_undo_goes_back_in_reverse_order_and_puts_back_what_failed(kind: &str) {
    let fleet = Fleet::new(kind, 7).await;
    let [old, new] = [fleet.versions[1], fleet.versions[2]];
    fleet.set("h00002", Running, Some(fleet.versions[0])).await;
    let mut upgrade = fleet.upgrade(Selection::All(true));
    upgrade.rollout.max_failures = Some(Amount::Count(2));
    let first = fleet.accepted(&upgrade).await.release_id.unwrap();
    let before = End::failed(TargetFailure::Prepare, "no");
    fleet.carry_out(&[("h00003", failed()), ("h00004", before), ("h00006", End::unknown("lost"))]).await;
    // h00007 never began, and on h00004 nothing was changed.
    let accepted = fleet.undone(first).await;
    let undo = accepted.release_id.unwrap();
    let expected = [("h00005", old), ("h00002", fleet.versions[0]), ("h00001", old), ("h00003", old)];
    assert_eq!(fleet.order_of(undo).await, expected.map(|(host, to)| (host.to_owned(), Some(to))));
    assert_eq!(reasons(&accepted.skipped), [(fleet.instance("h00006").await, SkipReason::UnknownState)]);
    assert_eq!(fleet.state("h00001").await.0, Reverting);
    let row: (ReleaseAction, ReleaseOrigin, Option<i64>, Option<i64>, OnFailure) = fleet
        .app
        .db
        .query(sql!("SELECT action, origin, parent_id, target_version_id, on_failure FROM release WHERE id = $1"))
        .bind(undo)
        .one()
        .await
        .unwrap();
    assert_eq!(row, (ReleaseAction::Revert, ReleaseOrigin::Undo, Some(first), None, OnFailure::Continue));
    fleet.carry_out(&[]).await;
    for host in ["h00001", "h00003", "h00005"] {
        let (status, version, _) = fleet.state(host).await;
        assert_eq!((status, version), (Running, Some(old)), "{host}");
    }
    assert_eq!(fleet.state("h00006").await.0, Unknown);
    // The unknown one on request, alone: all others were moved since, by the undo.
    let mut again = fleet.following_up(FollowUp::Undo, first);
    again.include_unknown = true;
    let last = fleet.follow_up(&again).await.unwrap();
    assert_eq!(last.accepted, [fleet.instance("h00006").await]);
    assert!(reasons(&last.skipped).iter().all(|(_, reason)| *reason == SkipReason::MovedSince));
    fleet.carry_out(&[]).await;
    // An undo is undone by hand: forward again.
    let forward = fleet.undone(undo).await.release_id.unwrap();
    let forward: Vec<_> = fleet.order_of(forward).await.into_iter().map(|(host, _)| host).collect();
    assert_eq!(forward, ["h00001", "h00002", "h00005"], "on h00003 the undo changed no version");
    fleet.carry_out(&[]).await;
    assert_eq!(fleet.state("h00002").await.1, Some(new));
}
testkit::on_both!(r7_an_undo_goes_back_in_reverse_order_and_puts_back_what_failed);

async fn r9_an_undo_leaves_out_what_was_moved_since_and_what_is_locked(kind: &str) {
    let fleet = Fleet::new(kind, 6).await;
    // Nothing changes on h00006: it has the version already.
    fleet.set("h00006", Running, Some(fleet.versions[2])).await;
    let mut upgrade = fleet.upgrade(Selection::All(true));
    upgrade.included = Included { unknown: false, reapply: true };
    let first = fleet.accepted(&upgrade).await.release_id.unwrap();
    fleet.carry_out(&[]).await;
    let ids = {
        let mut ids = Vec::new();
        for number in 1..=6 {
            ids.push(fleet.instance(&super::fleet::name(number)).await);
        }
        ids
    };
    // Moved by another release; confirmed at another version; held; taken by another release.
    fleet.accepted(&fleet.revert(named(&["h00001"]))).await;
    fleet.carry_out(&[]).await;
    fleet.confirm("h00002", 0).await;
    let hold = fleet.hold(Some("h00003"), "ann", None).await;
    let other = fleet.accepted(&fleet.revert(named(&["h00004"]))).await.release_id.unwrap();
    let dry = FollowUpRequest { dry_run: true, ..fleet.following_up(FollowUp::Undo, first) };
    let accepted = fleet.follow_up(&dry).await.unwrap();
    assert_eq!(accepted.accepted, [ids[4]]);
    let expected = [
        (ids[0], SkipReason::MovedSince),
        (ids[1], SkipReason::MovedSince),
        (ids[2], SkipReason::Locked),
        (ids[3], SkipReason::Locked),
        (ids[5], SkipReason::AlreadyAtVersion),
    ];
    assert_eq!(reasons(&accepted.skipped), expected);
    assert_eq!(accepted.skipped[2].locks, [Holder::Hold(hold)]);
    assert_eq!(accepted.skipped[3].locks, [Holder::Release(other)]);
    let refused = fleet.follow_up(&FollowUpRequest { on_locked: OnLocked::Reject, ..dry.clone() }).await.unwrap_err();
    let locked = [ids[2], ids[3]].map(|id| Kind::Instance.id(id).to_string());
    assert_eq!(problems_of(&refused), [("LOCKED".into(), "input.releaseId".into(), locked.to_vec())]);
    // A removed version is no way back, a withdrawn one is.
    let old = fleet.versions[1];
    fleet.withdraw(old).await;
    assert_eq!(fleet.follow_up(&dry).await.unwrap().accepted, [ids[4]]);
    fleet.changed(|tx| tx.query(sql!("UPDATE version SET removed_at = {now} WHERE id = $1")).bind(old)).await;
    let refused = fleet.follow_up(&dry).await.unwrap_err();
    assert_eq!(refused.problems.codes(), ["NOTHING_TO_RELEASE"]);
    assert!(reasons(&refused.skipped).contains(&(ids[4], SkipReason::VersionUnavailable)));
    // What failed before it changed anything has not moved the instance.
    fleet.changed(|tx| tx.query(sql!("UPDATE version SET removed_at = NULL WHERE id = $1")).bind(old)).await;
    fleet.accepted(&fleet.revert(named(&["h00005"]))).await;
    fleet.carry_out(&[("h00005", End::failed(TargetFailure::NotStarted, "no"))]).await;
    assert_eq!(fleet.follow_up(&dry).await.unwrap().accepted, [ids[4]]);
}
testkit::on_both!(r9_an_undo_leaves_out_what_was_moved_since_and_what_is_locked);

async fn r4_an_undo_needs_a_release_that_is_over_and_no_uninstallation(kind: &str) {
    let fleet = Fleet::new(kind, 2).await;
    let refused = async |request: &FollowUpRequest| {
        let refused = fleet.follow_up(request).await.unwrap_err();
        problems_of(&refused).into_iter().map(|(code, field, _)| (code, field)).collect::<Vec<_>>()
    };
    let field = || "input.releaseId".to_owned();
    let release = fleet.accepted(&fleet.upgrade(named(&["h00001"]))).await.release_id.unwrap();
    let undo = fleet.following_up(FollowUp::Undo, release);
    assert_eq!(refused(&undo).await, [("WRONG_STATE".into(), field())]);
    let removal = fleet.accepted(&fleet.request(Aim::Uninstall, named(&["h00002"]))).await.release_id.unwrap();
    fleet.carry_out(&[]).await;
    assert_eq!(refused(&fleet.following_up(FollowUp::Undo, removal)).await, [("WRONG_STATE".into(), field())]);
    for (text, code) in [("rel_99", "NOT_FOUND"), ("x", "NOT_FOUND"), ("svc_1", "WRONG_TYPE")] {
        let wrong = FollowUpRequest { release_id: text.into(), ..undo.clone() };
        assert_eq!(refused(&wrong).await, [(code.into(), field())], "{text}");
    }
    let stale = FollowUpRequest { expected_count: Some(2), ..undo.clone() };
    assert_eq!(refused(&stale).await, [("STALE".into(), "input.expectedCount".into())]);
    // A key stands for the request; a dry run keeps none.
    let mut keyed = undo.clone();
    keyed.change.idempotency_key = Some("k".into());
    let dry = fleet.follow_up(&FollowUpRequest { dry_run: true, ..keyed.clone() }).await.unwrap();
    let made = fleet.follow_up(&keyed).await.unwrap();
    let again = fleet.follow_up(&keyed).await.unwrap();
    assert_eq!((dry.release_id, &dry.accepted), (None, &made.accepted));
    assert_eq!((again.replayed, again.release_id), (true, made.release_id));
    // It was undone: nothing is left.
    fleet.carry_out(&[]).await;
    assert_eq!(refused(&undo).await, [("NOTHING_TO_RELEASE".into(), field())]);
}
testkit::on_both!(r4_an_undo_needs_a_release_that_is_over_and_no_uninstallation);

async fn r17_to_a_freeze_every_undo_is_a_revert(kind: &str) {
    let fleet = Fleet::new(kind, 1).await;
    let first = fleet.accepted(&fleet.revert(Selection::All(true))).await.release_id.unwrap();
    fleet.carry_out(&[]).await;
    fleet.hold(None, "ann", None).await;
    // Its action is UPGRADE, which the freeze refuses of others.
    let dry = FollowUpRequest { dry_run: true, ..fleet.following_up(FollowUp::Undo, first) };
    assert_eq!(fleet.follow_up(&dry).await.unwrap().accepted.len(), 1);
    fleet.changed(|tx| tx.query(sql!("UPDATE hold SET includes_reverts = $1")).bind(true)).await;
    assert_eq!(fleet.follow_up(&dry).await.unwrap_err().problems.codes(), ["FROZEN"]);
}
testkit::on_both!(r17_to_a_freeze_every_undo_is_a_revert);

async fn r8_undoing_takes_the_same_statements_for_ten_as_for_a_thousand(kind: &str) {
    let fleet = Fleet::new(kind, 1000).await;
    let count = async |hosts: usize| {
        let names = (1..=hosts).map(super::fleet::name).collect();
        let release = fleet.accepted(&fleet.upgrade(Selection::Hostnames(names))).await.release_id.unwrap();
        fleet.end(release, crate::domain::target::ReleaseTargetStatus::Succeeded).await;
        let before = fleet.app.db.statements();
        let undo = fleet.undone(release).await;
        let statements = fleet.app.db.statements() - before;
        assert_eq!(undo.accepted.len(), hosts);
        fleet.end(undo.release_id.unwrap(), crate::domain::target::ReleaseTargetStatus::Succeeded).await;
        statements
    };
    assert_eq!(count(10).await, count(1000).await);
}
testkit::on_both!(r8_undoing_takes_the_same_statements_for_ten_as_for_a_thousand);

async fn r20_undos_are_claimed_before_all_other_releases(kind: &str) {
    let fleet = Fleet::new(kind, 4).await;
    let first = fleet.accepted(&fleet.upgrade(named(&["h00004"]))).await.release_id.unwrap();
    fleet.carry_out(&[]).await;
    let mut other = fleet.upgrade(named(&["h00001", "h00002", "h00003"]));
    other.rollout.max_parallel = Some(Amount::Count(3));
    fleet.accepted(&other).await;
    let undo = fleet.undone(first).await.release_id.unwrap();
    let me = WorkerRef { id: register_worker(&fleet.app.db, "w").await, name: "w".into() };
    let claimed = claim(&fleet.app, &me, 1).await.unwrap();
    assert_eq!(claimed.iter().map(|claimed| claimed.order.release_id).collect::<Vec<_>>(), [undo]);
}
testkit::on_both!(r20_undos_are_claimed_before_all_other_releases);
