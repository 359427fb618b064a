//! Claiming and ending, with no command in between: limits, fences and races.

use super::fleet::{Fleet, name, named, register_worker};
use crate::catalog::suspension;
use crate::change::Request;
use crate::domain::order::Order;
use crate::domain::release::rollout::{Amount, PerLabel};
use crate::domain::release::{OnFailure, ReleaseStatus};
use crate::domain::target::{End, ReleaseTargetStatus};
use crate::executor::Executor;
use crate::release::cancel::{Cancellation, cancel};
use crate::release::follow_up::FollowUp;
use crate::release::request::Selection;
use crate::store::db::sql::sql;
use crate::store::queue::Claimed;
use crate::store::worker::{self, Worker};
use crate::worker::claim::claim;
use crate::worker::finish::{Ending, finish};
use crate::worker::recover::{Restart, restart, take_over};
use crate::worker::{Timing, WorkerRef};
use std::collections::HashSet;

async fn worker(fleet: &Fleet) -> WorkerRef {
    WorkerRef { id: register_worker(&fleet.app.db, "w").await, name: "w".into() }
}

async fn accepted(fleet: &Fleet, max_parallel: i64) -> i64 {
    let mut request = fleet.upgrade(Selection::All(true));
    request.rollout.max_parallel = Some(Amount::Count(max_parallel));
    request.rollout.on_failure = Some(OnFailure::Continue);
    fleet.accepted(&request).await.release_id.unwrap()
}

fn ending(claimed: &Claimed, status: ReleaseTargetStatus) -> Ending {
    let Order { target_id, release_id, fence, .. } = claimed.order;
    Ending { target_id, release_id, fence, end: End { status, ..End::succeeded() } }
}

/// Queued, running and succeeded, unknown and canceled targets, and the status of a release.
async fn counts(fleet: &Fleet, release: i64) -> (i64, i64, i64, i64, i64, ReleaseStatus) {
    let one = fleet
        .app
        .db
        .query(sql!("SELECT queued, running, succeeded, unknown, canceled, status FROM release WHERE id = $1"));
    one.bind(release).one().await.unwrap()
}

async fn i8_workers_that_claim_at_once_never_take_more_than_the_rollout_allows(kind: &str) {
    // Where hosts are shared, their locks keep nobody apart.
    for shares_host in [false, true] {
        let mut fleet = Fleet::new(kind, 40).await;
        fleet.app.executors = std::iter::once(executor("web", shares_host)).collect();
        let release = accepted(&fleet, 7).await;
        let mut claims = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (app, me) = (fleet.app.clone(), worker(&fleet).await);
            claims.spawn(async move { claim(&app, &me, 100).await.unwrap().len() });
        }
        assert_eq!(claims.join_all().await.iter().sum::<usize>(), 7);
        assert_eq!(counts(&fleet, release).await, (33, 7, 0, 0, 0, ReleaseStatus::Running));
        let room = claim(&fleet.app, &worker(&fleet).await, 100).await.unwrap();
        assert!(room.is_empty());
    }
}
testkit::on_both!(i8_workers_that_claim_at_once_never_take_more_than_the_rollout_allows);

fn executor(name: &str, shares_host: bool) -> Executor {
    let settings = format!("kind = 'simulate'\nshares_host = {shares_host}");
    Executor::parse(name, &settings).unwrap()
}

async fn r18_workers_that_claim_at_once_begin_one_target_on_each_host(kind: &str) {
    let mut fleet = Fleet::new(kind, 20).await;
    accepted(&fleet, 20).await;
    // Another service is to be installed on the same hosts, by other workers: no release keeps them apart.
    fleet.service = fleet.service("api", "api").await;
    fleet.app.executors = ["web", "api"].map(|name| executor(name, false)).into_iter().collect();
    fleet.versions = vec![fleet.version(fleet.service, "1", "SUCCEEDED").await; 3];
    let mut install = fleet.install(Selection::Hostnames((1..=20).map(name).collect()));
    install.rollout.max_parallel = Some(Amount::Count(20));
    fleet.accepted(&install).await;
    let mut claims = tokio::task::JoinSet::new();
    for name in ["web", "api"].into_iter().cycle().take(8) {
        let (mut app, me) = (fleet.app.clone(), worker(&fleet).await);
        app.executors = std::iter::once(executor(name, false)).collect();
        claims.spawn(async move {
            let mut begun = 0;
            // One after the other, so that they meet.
            for _ in 0..20 {
                begun += claim(&app, &me, 1).await.unwrap().len();
            }
            begun
        });
    }
    let mut begun = claims.join_all().await.into_iter().sum::<usize>();
    // What was passed over, since another had just locked it, is left.
    let last = worker(&fleet).await;
    while let more @ 1.. = claim(&fleet.app, &last, 20).await.unwrap().len() {
        begun += more;
    }
    assert_eq!(begun, 20, "{kind}");
    let hosts: i64 = fleet
        .app
        .db
        .query(sql!("SELECT count(DISTINCT host_id) AS hosts FROM release_target WHERE status = 'RUNNING'"))
        .scalar()
        .await
        .unwrap();
    assert_eq!(hosts, 20, "{kind}");
}
testkit::on_both!(threads r18_workers_that_claim_at_once_begin_one_target_on_each_host);

async fn a_worker_claims_from_more_releases_at_once_than_sqlite_unites_statements(kind: &str) {
    let fleet = Fleet::new(kind, 501).await;
    let executor = "web";
    fleet
        .changed(|tx| {
            tx.query(sql!(
                "INSERT INTO release (service_id, action, target_version_id, origin, executor, max_parallel,
                        max_failures, on_failure, timeout_seconds, status, reason, created_at, created_by, revision,
                        position, total, queued, running, succeeded, failed, canceled, unknown, skipped, deadline_at)
                     SELECT i.service_id, 'UPGRADE', i.version_id, 'REQUEST', $1, 1, 0, 'STOP', 60, 'PENDING', '',
                        {now}, 'ann', 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, $2
                     FROM instance i"
            ))
            .bind(executor)
            .bind(crate::domain::Timestamp(crate::domain::Timestamp::now().0 + 86_400_000))
        })
        .await;
    fleet
        .changed(|tx| {
            tx.query(sql!(
                "INSERT INTO release_target (release_id, ordinal, instance_id, host_id, from_version_id,
                        to_version_id, from_status, executor, shares_host, status)
                     SELECT r.id, 1, i.id, i.host_id, i.version_id, i.version_id, 'RUNNING', $1, false, 'QUEUED'
                     FROM release r JOIN instance i ON i.id - (SELECT min(id) FROM instance)
                        = r.id - (SELECT min(id) FROM release)"
            ))
            .bind(executor)
        })
        .await;
    let claimed = claim(&fleet.app, &worker(&fleet).await, 600).await.unwrap();
    assert_eq!(claimed.len(), 501, "{kind}");
}
testkit::on_both!(a_worker_claims_from_more_releases_at_once_than_sqlite_unites_statements);

async fn r18_releases_that_wait_for_hosts_keep_a_worker_with_little_room_from_no_other(kind: &str) {
    let mut fleet = Fleet::new(kind, 21).await;
    let me = worker(&fleet).await;
    let hosts = |hosts: std::ops::RangeInclusive<usize>| Selection::Hostnames(hosts.map(name).collect());
    let mut busy = fleet.upgrade(hosts(1..=20));
    busy.rollout.max_parallel = Some(Amount::Count(20));
    fleet.accepted(&busy).await;
    assert_eq!(claim(&fleet.app, &me, 20).await.unwrap().len(), 20);
    // Of another service, on the busy hosts.
    let web = (fleet.service, fleet.versions.clone());
    fleet.service = fleet.service("api", "web").await;
    fleet.versions = vec![fleet.version(fleet.service, "1", "SUCCEEDED").await; 3];
    for host in 1..=20 {
        fleet.accepted(&fleet.install(hosts(host..=host))).await;
    }
    (fleet.service, fleet.versions) = web;
    let last = fleet.accepted(&fleet.upgrade(hosts(21..=21))).await.release_id.unwrap();
    let claimed = claim(&fleet.app, &me, 1).await.unwrap();
    assert_eq!(claimed.iter().map(|claimed| claimed.order.release_id).collect::<Vec<_>>(), [last], "{kind}");
}
testkit::on_both!(r18_releases_that_wait_for_hosts_keep_a_worker_with_little_room_from_no_other);

async fn r16_releases_that_have_started_all_they_may_keep_a_worker_from_no_other(kind: &str) {
    let fleet = Fleet::new(kind, 41).await;
    let me = worker(&fleet).await;
    let hosts = |hosts: std::ops::RangeInclusive<usize>| Selection::Hostnames(hosts.map(name).collect());
    for first in (1..=39).step_by(2) {
        let mut one_at_a_time = fleet.upgrade(hosts(first..=first + 1));
        one_at_a_time.rollout.max_parallel = Some(Amount::Count(1));
        fleet.accepted(&one_at_a_time).await;
    }
    assert_eq!(claim(&fleet.app, &me, 40).await.unwrap().len(), 20, "{kind}");
    let last = fleet.accepted(&fleet.upgrade(hosts(41..=41))).await.release_id.unwrap();
    let claimed = claim(&fleet.app, &me, 1).await.unwrap();
    assert_eq!(claimed.iter().map(|claimed| claimed.order.release_id).collect::<Vec<_>>(), [last], "{kind}");
}
testkit::on_both!(r16_releases_that_have_started_all_they_may_keep_a_worker_from_no_other);

async fn i3_a_worker_that_was_declared_dead_claims_nothing(kind: &str) {
    let fleet = Fleet::new(kind, 1).await;
    let release = accepted(&fleet, 1).await;
    let me = worker(&fleet).await;
    let seen = Worker { id: me.id, name: me.name.clone(), state_dir: "here".into(), beat: 0, lease_ms: 1, grace_ms: 1 };
    take_over(&fleet.app.db, &worker(&fleet).await, &seen, None, &mut HashSet::new()).await.unwrap();
    assert!(claim(&fleet.app, &me, 1).await.unwrap().is_empty());
    assert_eq!(counts(&fleet, release).await, (1, 0, 0, 0, 0, ReleaseStatus::Pending));
    assert_eq!(claim(&fleet.app, &worker(&fleet).await, 1).await.unwrap().len(), 1);
}
testkit::on_both!(i3_a_worker_that_was_declared_dead_claims_nothing);

async fn i3_an_end_with_an_old_fence_or_of_another_worker_changes_nothing(kind: &str) {
    let fleet = Fleet::new(kind, 1).await;
    let release = accepted(&fleet, 1).await;
    let (me, other) = (worker(&fleet).await, worker(&fleet).await);
    let claimed = claim(&fleet.app, &me, 1).await.unwrap().remove(0);
    let good = ending(&claimed, ReleaseTargetStatus::Succeeded);
    let old = Ending { fence: good.fence - 1, ..good.clone() };
    finish(&fleet.app.db, &me, &[old]).await.unwrap();
    finish(&fleet.app.db, &other, std::slice::from_ref(&good)).await.unwrap();
    assert_eq!(counts(&fleet, release).await.1, 1, "{kind}");
    finish(&fleet.app.db, &me, std::slice::from_ref(&good)).await.unwrap();
    assert_eq!(counts(&fleet, release).await, (0, 0, 1, 0, 0, ReleaseStatus::Succeeded));
    finish(&fleet.app.db, &me, &[good]).await.unwrap();
    assert_eq!(counts(&fleet, release).await, (0, 0, 1, 0, 0, ReleaseStatus::Succeeded), "once is once");
}
testkit::on_both!(i3_an_end_with_an_old_fence_or_of_another_worker_changes_nothing);

async fn i3_what_was_taken_over_is_written_by_the_new_worker_only(kind: &str) {
    let fleet = Fleet::new(kind, 2).await;
    let release = accepted(&fleet, 2).await;
    let (old, new) = (worker(&fleet).await, worker(&fleet).await);
    let claimed = claim(&fleet.app, &old, 2).await.unwrap();
    let seen = |beat| Worker { id: old.id, name: "w".into(), state_dir: "here".into(), beat, lease_ms: 1, grace_ms: 1 };
    assert!(worker::beat(&fleet.app.db, old.id).await.unwrap());
    let mut taken = HashSet::new();
    take_over(&fleet.app.db, &new, &seen(0), None, &mut taken).await.unwrap();
    assert!(taken.is_empty(), "its beat went on since");
    take_over(&fleet.app.db, &new, &seen(1), None, &mut taken).await.unwrap();
    assert_eq!(taken.len(), 2);
    assert!(!worker::beat(&fleet.app.db, old.id).await.unwrap(), "it gets to know");
    let ends: Vec<Ending> = claimed.iter().map(|one| ending(one, ReleaseTargetStatus::Unknown)).collect();
    finish(&fleet.app.db, &old, &ends).await.unwrap();
    assert_eq!(counts(&fleet, release).await.1, 2);
    let Restart::Started(next) = restart(&fleet.app.db, &new, &claimed[0]).await.unwrap() else {
        panic!("it may start")
    };
    assert_eq!((next.order.attempt, next.order.fence > claimed[0].order.fence), (2, true));
    let again = restart(&fleet.app.db, &new, &claimed[0]).await.unwrap();
    assert!(matches!(again, Restart::Refused), "the old start is over");
    finish(&fleet.app.db, &new, &ends).await.unwrap();
    assert_eq!(counts(&fleet, release).await, (0, 1, 0, 1, 0, ReleaseStatus::Running));
}
testkit::on_both!(i3_what_was_taken_over_is_written_by_the_new_worker_only);

async fn r14_two_workers_that_end_the_last_targets_at_once_end_the_release_once(kind: &str) {
    let fleet = Fleet::new(kind, 30).await;
    let release = accepted(&fleet, 30).await;
    let mut claims = Vec::new();
    for _ in 0..3 {
        let me = worker(&fleet).await;
        for claimed in claim(&fleet.app, &me, 10).await.unwrap() {
            claims.push((me.clone(), ending(&claimed, ReleaseTargetStatus::Succeeded)));
        }
    }
    let mut ends = tokio::task::JoinSet::new();
    for (me, end) in claims {
        let db = fleet.app.db.clone();
        ends.spawn(async move { finish(&db, &me, &[end]).await });
    }
    for end in ends.join_all().await {
        end.unwrap();
    }
    assert_eq!(counts(&fleet, release).await, (0, 0, 30, 0, 0, ReleaseStatus::Succeeded));
    let canceled_events: i64 =
        fleet.app.db.query(sql!("SELECT count(*) AS many FROM event WHERE kind = 'FINISHED'")).scalar().await.unwrap();
    assert_eq!(canceled_events, 1);
}
testkit::on_both!(r14_two_workers_that_end_the_last_targets_at_once_end_the_release_once);

async fn r13_claims_ends_and_a_cancel_at_once_leave_no_target_open(kind: &str) {
    let fleet = Fleet::new(kind, 60).await;
    let release = accepted(&fleet, 5).await;
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (app, me) = (fleet.app.clone(), worker(&fleet).await);
        workers.spawn(async move {
            let mut idle = 0;
            while idle < 20 {
                let claimed = claim(&app, &me, 3).await.unwrap();
                idle = if claimed.is_empty() { idle + 1 } else { 0 };
                let ends: Vec<_> = claimed.iter().map(|one| ending(one, ReleaseTargetStatus::Succeeded)).collect();
                finish(&app.db, &me, &ends).await.unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        });
    }
    tokio::time::sleep(std::time::Duration::from_millis(40)).await;
    let id = crate::domain::Kind::Release.id(release).to_string();
    let request = fleet.upgrade(Selection::All(true)).change;
    cancel(&fleet.app, &request, &Cancellation::of(id)).await.unwrap().unwrap();
    workers.join_all().await;
    let (queued, running, succeeded, unknown, canceled, status) = counts(&fleet, release).await;
    assert_eq!((queued, running, unknown, succeeded + canceled), (0, 0, 0, 60));
    assert_eq!(status, ReleaseStatus::Canceled);
    let locked: i64 = fleet.app.db.query(sql!("SELECT count(*) AS locks FROM instance_lock")).scalar().await.unwrap();
    assert_eq!(locked, 0);
}
testkit::on_both!(r13_claims_ends_and_a_cancel_at_once_leave_no_target_open);

#[test]
fn i3_a_worker_has_ended_its_commands_before_another_counts_it_as_dead() {
    let Timing { renew, fence_after, dead_after, grace, .. } = Timing::default();
    assert!(renew < fence_after && fence_after + 2 * grace < dead_after);
}

async fn targets_are_claimed_and_ended_in_as_many_statements_however_many_there_are(kind: &str) {
    let mut counts = Vec::new();
    for many in [4, 200] {
        let fleet = Fleet::new(kind, many).await;
        accepted(&fleet, many as i64).await;
        let me = worker(&fleet).await;
        let (statements, commits) = (fleet.app.db.statements(), fleet.app.db.commits());
        let claimed = claim(&fleet.app, &me, 1000).await.unwrap();
        let endings: Vec<Ending> =
            claimed.iter().map(|claimed| ending(claimed, ReleaseTargetStatus::Succeeded)).collect();
        assert_eq!(finish(&fleet.app.db, &me, &endings).await.unwrap().len(), many);
        assert_eq!(fleet.app.db.commits() - commits, 2, "{kind}: one to begin them, and one to end them");
        counts.push(fleet.app.db.statements() - statements);
    }
    assert_eq!(counts[0], counts[1], "{kind}");
}
testkit::on_both!(targets_are_claimed_and_ended_in_as_many_statements_however_many_there_are);

async fn an_interrupted_start_is_repeated_only_after_a_suspension(kind: &str) {
    let fleet = Fleet::new(kind, 1).await;
    let release = accepted(&fleet, 1).await;
    let me = worker(&fleet).await;
    let claimed = claim(&fleet.app, &me, 1).await.unwrap().pop().unwrap();
    let sent = |operation| Request { operation, ..fleet.upgrade(Selection::All(true)).change };
    suspension::suspend(&fleet.app, &sent("suspendFleet"), "incident").await.unwrap().unwrap();
    let again = restart(&fleet.app.db, &me, &claimed).await.unwrap();
    assert!(matches!(again, Restart::Suspended));
    suspension::resume(&fleet.app, &sent("resumeFleet")).await.unwrap().unwrap();
    let again = restart(&fleet.app.db, &me, &claimed).await.unwrap();
    let Restart::Started(again) = again else { panic!("the fleet is resumed") };
    assert_eq!(again.order.attempt, 2);
    // A suspension does not keep a canceled release from its end.
    suspension::suspend(&fleet.app, &sent("suspendFleet"), "incident").await.unwrap().unwrap();
    let id = crate::domain::Kind::Release.id(release).to_string();
    let cancellation = Cancellation { stop_running: true, ..Cancellation::of(&id) };
    cancel(&fleet.app, &sent("cancelRelease"), &cancellation).await.unwrap().unwrap();
    assert!(matches!(restart(&fleet.app.db, &me, &again).await.unwrap(), Restart::Refused));
}
testkit::on_both!(an_interrupted_start_is_repeated_only_after_a_suspension);

/// The undo is younger than everything else that waits, without and with a limit on what may start.
async fn r16_undos_are_claimed_before_all_other_releases(kind: &str) {
    for limited in [false, true] {
        let fleet = Fleet::new(kind, 40).await;
        let me = worker(&fleet).await;
        let first = fleet.accepted(&fleet.upgrade(named(&["h00001"]))).await.release_id.unwrap();
        fleet.carry_out(&[]).await;
        // More releases than one claim looks at, each with a target to start.
        for number in 2..=40 {
            let mut request = fleet.upgrade(named(&[&name(number)]));
            let per_rack = PerLabel { key: "rack".into(), count: 1 };
            request.rollout.max_per_label = limited.then_some(per_rack);
            fleet.accepted(&request).await;
        }
        let undo = fleet.follow_up(&fleet.following_up(FollowUp::Undo, first)).await.unwrap().release_id;
        let claimed = claim(&fleet.app, &me, 1).await.unwrap();
        assert_eq!(claimed.iter().map(|one| Some(one.order.release_id)).collect::<Vec<_>>(), [undo]);
        let next = claim(&fleet.app, &me, 2).await.unwrap();
        let hosts: Vec<&str> = next.iter().map(|one| one.order.hostname.as_str()).collect();
        assert_eq!(hosts, ["h00002", "h00003"], "then the oldest");
    }
}
testkit::on_both!(r16_undos_are_claimed_before_all_other_releases);
