//! Budgets of services: what claims admit, over all releases and workers (R20).

use super::fleet::{Fleet, name, named, register_worker};
use super::undoing::failed;
use crate::domain::budget::{Budget, PerLabel};
use crate::domain::instance::InstanceStatus;
use crate::domain::release::OnFailure;
use crate::domain::release::rollout::Amount;
use crate::domain::release::waves::WaveRequest;
use crate::domain::target::End;
use crate::release::follow_up::FollowUp;
use crate::release::request::{ReleaseRequest, Selection};
use crate::store::budget::{self, Overspent, OverspentLabel};
use crate::store::db::sql::sql;
use crate::store::queue::Claimed;
use crate::worker::WorkerRef;
use crate::worker::claim::claim;
use crate::worker::finish::{Ending, finish};

async fn worker(fleet: &Fleet) -> WorkerRef {
    WorkerRef { id: register_worker(&fleet.app.db, "w").await, name: "w".into() }
}

async fn allow(fleet: &Fleet, max_unavailable: Amount) {
    set(fleet, &Budget { max_unavailable: Some(max_unavailable), max_per_label: None }).await;
}

async fn set(fleet: &Fleet, limits: &Budget) {
    let mut tx = fleet.app.db.begin().await.unwrap();
    budget::set(&mut tx, fleet.service, limits).await.unwrap();
    tx.commit().await.unwrap();
}

/// An upgrade that would move everything at once and goes on after failures.
fn wide(fleet: &Fleet, hosts: Selection) -> ReleaseRequest {
    let mut request = fleet.upgrade(hosts);
    request.rollout.max_parallel = Some(Amount::Count(100));
    request.rollout.on_failure = Some(OnFailure::Continue);
    request
}

async fn claimed(fleet: &Fleet, me: &WorkerRef) -> Vec<Claimed> {
    claim(&fleet.app, me, 100).await.unwrap()
}

fn hosts(claimed: &[Claimed]) -> Vec<&str> {
    let mut hosts: Vec<&str> = claimed.iter().map(|claimed| claimed.order.hostname.as_str()).collect();
    hosts.sort_unstable();
    hosts
}

/// Ends targets: those on these hosts fail, the others succeed.
async fn end(fleet: &Fleet, me: &WorkerRef, claimed: &[Claimed], failing: &[&str]) {
    let ending = |claimed: &Claimed| Ending {
        target_id: claimed.order.target_id,
        release_id: claimed.order.release_id,
        fence: claimed.order.fence,
        end: if failing.contains(&claimed.order.hostname.as_str()) { failed() } else { End::succeeded() },
    };
    let endings: Vec<Ending> = claimed.iter().map(ending).collect();
    assert_eq!(finish(&fleet.app.db, me, &endings).await.unwrap().len(), claimed.len());
}

async fn example_6_what_is_broken_is_mended_first_and_frees_the_budget_one_by_one(kind: &str) {
    let fleet = Fleet::new(kind, 10).await;
    allow(&fleet, Amount::Percent(25)).await;
    let version = Some(fleet.versions[1]);
    fleet.set("h00003", InstanceStatus::UpgradeFailed, version).await;
    fleet.set("h00007", InstanceStatus::Unknown, version).await;
    let me = worker(&fleet).await;
    fleet.accepted(&wide(&fleet, Selection::All(true))).await;
    let first = claimed(&fleet, &me).await;
    assert_eq!(hosts(&first), ["h00003"], "it costs nothing, and the budget of two is spent");
    assert!(claimed(&fleet, &me).await.is_empty());
    end(&fleet, &me, &first, &[]).await;
    // h7 is still UNKNOWN, so one may go at a time.
    for host in ["h00001", "h00002", "h00004"] {
        let next = claimed(&fleet, &me).await;
        assert_eq!(hosts(&next), [host]);
        assert!(claimed(&fleet, &me).await.is_empty());
        end(&fleet, &me, &next, &[]).await;
    }
    fleet.set("h00007", InstanceStatus::Running, version).await;
    assert_eq!(hosts(&claimed(&fleet, &me).await), ["h00005", "h00006"]);
}
testkit::on_both!(example_6_what_is_broken_is_mended_first_and_frees_the_budget_one_by_one);

async fn example_7_an_undo_moves_one_at_a_time_although_the_budget_is_spent(kind: &str) {
    let fleet = Fleet::new(kind, 6).await;
    let me = worker(&fleet).await;
    let release = fleet.accepted(&wide(&fleet, Selection::All(true))).await.release_id.unwrap();
    let dead = ["h00005", "h00006"];
    let all = claimed(&fleet, &me).await;
    end(&fleet, &me, &all, &dead).await;
    allow(&fleet, Amount::Count(2)).await;
    let mut undo = fleet.following_up(FollowUp::Undo, release);
    undo.rollout.max_parallel = Some(Amount::Count(100));
    fleet.follow_up(&undo).await.unwrap();
    // The two dead ones cost nothing, and one more may always go.
    let first = claimed(&fleet, &me).await;
    assert_eq!(hosts(&first).len(), 3);
    assert!(dead.iter().all(|host| hosts(&first).contains(host)));
    assert!(claimed(&fleet, &me).await.is_empty());
    end(&fleet, &me, &first, &dead).await;
    for _ in 0..3 {
        let next = claimed(&fleet, &me).await;
        assert_eq!(next.len(), 1);
        assert!(claimed(&fleet, &me).await.is_empty());
        end(&fleet, &me, &next, &[]).await;
    }
    assert!(claimed(&fleet, &me).await.is_empty());
}
testkit::on_both!(example_7_an_undo_moves_one_at_a_time_although_the_budget_is_spent);

async fn example_8_two_workers_that_claim_at_once_start_one_target_of_two_releases(kind: &str) {
    let fleet = Fleet::new(kind, 12).await;
    allow(&fleet, Amount::Count(1)).await;
    let names: Vec<String> = (1..=12).map(name).collect();
    for part in names.chunks(6) {
        let part: Vec<&str> = part.iter().map(String::as_str).collect();
        fleet.accepted(&wide(&fleet, named(&part))).await;
    }
    let running = sql!("SELECT count(*) AS many FROM release_target WHERE status = 'RUNNING'");
    for _ in 0..3 {
        let (one, two) = (worker(&fleet).await, worker(&fleet).await);
        let (of_one, of_two) = tokio::join!(claimed(&fleet, &one), claimed(&fleet, &two));
        assert_eq!(of_one.len() + of_two.len(), 1);
        assert_eq!(fleet.app.db.query(running).scalar::<i64>().await.unwrap(), 1);
        end(&fleet, &one, &of_one, &[]).await;
        end(&fleet, &two, &of_two, &[]).await;
    }
}
testkit::on_both!(threads example_8_two_workers_that_claim_at_once_start_one_target_of_two_releases);

async fn example_14_a_release_mends_what_blocks_it_before_its_wave(kind: &str) {
    let fleet = Fleet::new(kind, 10).await;
    allow(&fleet, Amount::Count(2)).await;
    let version = Some(fleet.versions[1]);
    fleet.set("h00003", InstanceStatus::UpgradeFailed, version).await;
    fleet.set("h00007", InstanceStatus::UpgradeFailed, version).await;
    let mut request = wide(&fleet, Selection::All(true));
    request.rollout.max_parallel = Some(Amount::Count(1));
    let wave = |up_to| WaveRequest { up_to, max_failures: None, soak_seconds: 0, pause_after: false };
    request.rollout.waves = Some(vec![wave(Amount::Count(1)), wave(Amount::Percent(100))]);
    fleet.accepted(&request).await;
    let me = worker(&fleet).await;
    let mended = claimed(&fleet, &me).await;
    assert_eq!(hosts(&mended), ["h00003"]);
    assert!(claimed(&fleet, &me).await.is_empty());
    end(&fleet, &me, &mended, &[]).await;
    assert_eq!(hosts(&claimed(&fleet, &me).await), ["h00001"], "its first wave has room now");
}
testkit::on_both!(example_14_a_release_mends_what_blocks_it_before_its_wave);

async fn r20_a_label_has_a_limit_of_its_own_and_blocked_releases_keep_no_other_waiting(kind: &str) {
    let fleet = Fleet::new(kind, 6).await;
    for number in 1..=4 {
        fleet.label(&name(number), "rack", if number <= 2 { "a" } else { "b" }).await;
    }
    let per_rack = Some(PerLabel { key: "rack".into(), count: 1 });
    set(&fleet, &Budget { max_unavailable: None, max_per_label: per_rack }).await;
    let me = worker(&fleet).await;
    fleet.accepted(&wide(&fleet, Selection::All(true))).await;
    let first = claimed(&fleet, &me).await;
    assert_eq!(hosts(&first), ["h00001", "h00003", "h00005"], "hosts without the label share one value");
    // Another service is not kept waiting by it, even if a claim looks at one release only.
    let other = fleet.service("api", "web").await;
    let version = fleet.version(other, "1", "SUCCEEDED").await;
    fleet.hosts(&["other".to_owned()]).await;
    let mut install = fleet.install(named(&["other"]));
    install.service = crate::domain::reference::Reference::by_id(
        &crate::domain::reference::SERVICE,
        crate::domain::Kind::Service.id(other).to_string(),
    );
    if let crate::release::request::Aim::Install { version: reference, .. } = &mut install.aim {
        *reference = crate::domain::reference::Reference::by_id(
            &crate::domain::reference::VERSION,
            crate::domain::Kind::Version.id(version).to_string(),
        );
    }
    fleet.accepted(&install).await;
    assert_eq!(hosts(&claimed(&fleet, &me).await), ["other"]);
    end(&fleet, &me, &first, &["h00003"]).await;
    assert_eq!(hosts(&claimed(&fleet, &me).await), ["h00002", "h00006"], "rack b is spent by h3");
}
testkit::on_both!(r20_a_label_has_a_limit_of_its_own_and_blocked_releases_keep_no_other_waiting);

async fn r20_a_release_has_a_limit_for_a_label_that_counts_its_own_running_targets(kind: &str) {
    let fleet = Fleet::new(kind, 6).await;
    for number in 1..=4 {
        fleet.label(&name(number), "zone", if number <= 2 { "a" } else { "b" }).await;
    }
    // What is broken or moved by another release does not count.
    fleet.set("h00003", InstanceStatus::UpgradeFailed, Some(fleet.versions[1])).await;
    let me = worker(&fleet).await;
    let mut request = wide(&fleet, Selection::All(true));
    request.rollout.max_per_label = Some(PerLabel { key: "zone".into(), count: 1 });
    let release = fleet.accepted(&request).await.release_id.unwrap();
    let first = claimed(&fleet, &me).await;
    assert_eq!(hosts(&first), ["h00001", "h00003", "h00005"], "hosts without the label share one value");
    assert!(claimed(&fleet, &me).await.is_empty());
    // The limit of the service holds beside it.
    let per_zone = Some(PerLabel { key: "zone".into(), count: 1 });
    set(&fleet, &Budget { max_unavailable: Some(Amount::Count(3)), max_per_label: per_zone }).await;
    end(&fleet, &me, &first, &["h00003"]).await;
    let second = claimed(&fleet, &me).await;
    assert_eq!(hosts(&second), ["h00002", "h00006"], "zone b is spent by h3");
    // It is kept for a retry, which has the rollout that was requested.
    end(&fleet, &me, &second, &[]).await;
    let cancellation = crate::release::cancel::Cancellation::of(crate::domain::Kind::Release.id(release).to_string());
    let caller = crate::change::Request { operation: "cancelRelease", ..request.change.clone() };
    crate::release::cancel::cancel(&fleet.app, &caller, &cancellation).await.unwrap().unwrap();
    let retried = fleet.follow_up(&fleet.following_up(FollowUp::Retry, release)).await.unwrap();
    assert_eq!(retried.plan.unwrap().rollout.max_per_label, request.rollout.max_per_label);
}
testkit::on_both!(r20_a_release_has_a_limit_for_a_label_that_counts_its_own_running_targets);

async fn r20_maintenance_and_a_lower_limit_overspend_a_budget(kind: &str) {
    let fleet = Fleet::new(kind, 4).await;
    allow(&fleet, Amount::Percent(50)).await;
    assert_eq!(budget::overspent(&fleet.app.db).await.unwrap(), []);
    fleet.changed(|tx| tx.query(sql!("UPDATE instance SET maintenance = true WHERE hostname < 'h00003'"))).await;
    assert_eq!(budget::overspent(&fleet.app.db).await.unwrap(), []);
    allow(&fleet, Amount::Count(1)).await;
    let overspent = Overspent { service: "web".into(), limit: 1, spent: 2 };
    assert_eq!(budget::overspent(&fleet.app.db).await.unwrap(), [overspent]);
    set(&fleet, &Budget::default()).await;
    assert_eq!(budget::overspent(&fleet.app.db).await.unwrap(), []);
    // So they do for a label: hosts without it share one value.
    fleet.label("h00001", "rack", "a").await;
    let per_rack =
        |count| Budget { max_unavailable: None, max_per_label: Some(PerLabel { key: "rack".into(), count }) };
    set(&fleet, &per_rack(1)).await;
    assert_eq!(budget::overspent_labels(&fleet.app.db).await.unwrap(), []);
    fleet.changed(|tx| tx.query(sql!("UPDATE instance SET maintenance = true WHERE hostname = 'h00003'"))).await;
    let overspent = OverspentLabel { service: "web".into(), key: "rack".into(), value: None, limit: 1, spent: 2 };
    assert_eq!(budget::overspent_labels(&fleet.app.db).await.unwrap(), [overspent]);
    set(&fleet, &per_rack(2)).await;
    assert_eq!(budget::overspent_labels(&fleet.app.db).await.unwrap(), []);
}
testkit::on_both!(r20_maintenance_and_a_lower_limit_overspend_a_budget);

async fn r20_claims_within_a_budget_take_as_many_statements_however_many_targets_there_are(kind: &str) {
    let mut counts = Vec::new();
    for many in [4, 60] {
        let fleet = Fleet::new(kind, many).await;
        allow(&fleet, Amount::Percent(100)).await;
        fleet.accepted(&wide(&fleet, Selection::All(true))).await;
        let me = worker(&fleet).await;
        let before = fleet.app.db.statements();
        assert_eq!(claimed(&fleet, &me).await.len(), many);
        counts.push(fleet.app.db.statements() - before);
    }
    assert_eq!(counts[0], counts[1], "{kind}");
}
testkit::on_both!(r20_claims_within_a_budget_take_as_many_statements_however_many_targets_there_are);
