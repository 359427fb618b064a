//! Requests that race: of two for an instance exactly one gets it, and no hold or freeze is overlooked.

use super::fleet::{Fleet, name, named, register_worker};
use crate::catalog;
use crate::catalog::freeze::{FleetFreeze, freeze_fleet, unfreeze_fleet};
use crate::catalog::suspension;
use crate::catalog::window::{self, CreateWindow};
use crate::change::Request;
use crate::domain::calendar::Weekday;
use crate::domain::reference::{CURRENT_VERSION, HOST, Reference, SERVICES};
use crate::domain::release::rollout::Amount;
use crate::domain::target::ReleaseTargetStatus;
use crate::domain::{Kind, Word};
use crate::release::request::{Accepted, Aim, ReleaseRequest, Selection};
use crate::store::db::sql::sql;
use crate::worker::WorkerRef;
use crate::worker::claim::claim;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Each instance is let go of by the release that took it before another takes it, and in the end all are free.
async fn intervals_are_apart(fleet: &Fleet) {
    let events: Vec<(i64, i64, bool, crate::domain::Timestamp)> = fleet
        .app
        .db
        .query(sql!(
            "SELECT instance_id, release_id, locked, at FROM event WHERE subject = 'INSTANCE' AND kind = 'RELEASE' ORDER BY position"
        ))
        .all()
        .await
        .unwrap();
    assert!(!events.is_empty());
    let mut held: HashMap<i64, i64> = HashMap::new();
    let mut last = HashMap::new();
    for (instance, release, locked, at) in events {
        match locked {
            true => assert_eq!(held.insert(instance, release), None, "two releases have instance {instance}"),
            false => assert_eq!(held.remove(&instance), Some(release), "instance {instance} was let go of by another"),
        }
        assert!(last.insert(instance, at) <= Some(at), "instance {instance} went back in time");
    }
    assert!(held.is_empty());
    let locks: i64 = fleet.app.db.query(sql!("SELECT count(*) AS many FROM instance_lock")).scalar().await.unwrap();
    assert_eq!(locks, 0);
}

async fn r8_a_thousand_requests_for_the_same_hundred_instances_never_hold_one_together(kind: &str) {
    let fleet = Arc::new(Fleet::new(kind, 100).await);
    let mut requests = JoinSet::new();
    for number in 0..1000_usize {
        let fleet = fleet.clone();
        requests.spawn(async move {
            let (version, current_version) = (fleet.reference(number % 3), Reference::omitted(&CURRENT_VERSION));
            let aim = match number % 2 {
                0 => Aim::Upgrade { version, current_version },
                _ => Aim::Revert { version, current_version },
            };
            let hosts = match number % 5 {
                0 => Selection::All(true),
                // Overlapping parts of the fleet, named in opposite orders.
                part => {
                    let mut names: Vec<_> = (part * 15..part * 15 + 40).map(|host| name(host % 100 + 1)).collect();
                    if number % 7 > 3 {
                        names.reverse();
                    }
                    Selection::Hostnames(names)
                }
            };
            let end = match number % 4 {
                0 => ReleaseTargetStatus::Failed,
                _ => ReleaseTargetStatus::Succeeded,
            };
            // A seventh of them asks again, so that there are some whenever something is let go of.
            let (request, times) = (fleet.request(aim, hosts), if number % 7 == 0 { 10 } else { 1 });
            let mut taken = Vec::new();
            for _ in 0..times {
                if let Ok(Accepted { release_id: Some(id), accepted, .. }) = fleet.ask(&request).await {
                    fleet.end(id, end).await;
                    taken.push(accepted.len());
                }
            }
            taken
        });
    }
    let (mut releases, mut targets) = (0, 0);
    while let Some(done) = requests.join_next().await {
        let taken = done.unwrap();
        (releases, targets) = (releases + taken.len(), targets + taken.iter().sum::<usize>());
    }
    assert!(releases > 10 && targets > 100, "{releases} releases with {targets} targets");
    intervals_are_apart(&fleet).await;
}
testkit::on_both!(threads r8_a_thousand_requests_for_the_same_hundred_instances_never_hold_one_together);

async fn r10_the_same_key_fifty_times_at_once_gives_one_release(kind: &str) {
    let fleet = Arc::new(Fleet::new(kind, 5).await);
    let mut requests = JoinSet::new();
    for _ in 0..50 {
        let fleet = fleet.clone();
        requests.spawn(async move {
            let mut request = fleet.upgrade(Selection::All(true));
            request.change.idempotency_key = Some("once".into());
            fleet.accepted(&request).await
        });
    }
    let answers = requests.join_all().await;
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert!(answers.iter().all(|answer| answer.release_id == answers[0].release_id && answer.accepted.len() == 5));
    let releases: i64 = fleet.app.db.query(sql!("SELECT count(*) AS many FROM release")).scalar().await.unwrap();
    assert_eq!(releases, 1);
}
testkit::on_both!(threads r10_the_same_key_fifty_times_at_once_gives_one_release);

async fn r15_of_many_installations_on_one_host_exactly_one_is_accepted(kind: &str) {
    let fleet = Arc::new(Fleet::new(kind, 0).await);
    fleet.hosts(&["a".into(), "b".into()]).await;
    let mut requests = JoinSet::new();
    for number in 0..20 {
        let fleet = fleet.clone();
        requests.spawn(async move {
            let hosts = if number % 2 == 0 { named(&["a", "b"]) } else { named(&["b", "a"]) };
            match fleet.ask(&fleet.install(hosts)).await {
                Ok(_) => true,
                Err(refused) => {
                    assert_eq!(refused.problems.codes(), ["HOST_ALREADY_DEPLOYED"]);
                    false
                }
            }
        });
    }
    let accepted = requests.join_all().await.into_iter().filter(|accepted| *accepted).count();
    assert_eq!(accepted, 1);
}
testkit::on_both!(threads r15_of_many_installations_on_one_host_exactly_one_is_accepted);

async fn r3_of_removing_a_host_and_installing_on_it_exactly_one_happens(kind: &str) {
    let fleet = Arc::new(Fleet::new(kind, 0).await);
    fleet.hosts(&(1..=20).map(name).collect::<Vec<_>>()).await;
    let mut pairs = JoinSet::new();
    for number in 1..=20 {
        let fleet = fleet.clone();
        pairs.spawn(async move {
            let host = name(number);
            let id = Kind::Host.id(fleet.host(&host).await).to_string();
            let hosts = match number % 2 {
                0 => Selection::HostIds(vec![id.clone()]),
                _ => named(&[&host]),
            };
            let request = fleet.install(hosts);
            let host = Reference::by_id(&HOST, id);
            let gone = catalog::host::HostRemoval { host, with_instances: false, reason: None };
            let removal = Request { operation: "removeHost", ..request.change.clone() };
            let (removed, installed) =
                tokio::join!(catalog::host::remove(&fleet.app, &removal, &gone), fleet.ask(&request));
            match (removed.unwrap(), installed) {
                (Ok(_), Err(refused)) => assert_eq!(refused.problems.codes(), ["NOT_FOUND"]),
                (Err(problems), Ok(_)) => assert_eq!(problems.codes(), ["IN_USE"]),
                both => panic!("{both:?}"),
            }
        });
    }
    while let Some(done) = pairs.join_next().await {
        done.unwrap();
    }
}
testkit::on_both!(threads r3_of_removing_a_host_and_installing_on_it_exactly_one_happens);

async fn r17_after_a_freeze_is_answered_nothing_is_accepted(kind: &str) {
    let fleet = Arc::new(Fleet::new(kind, 40).await);
    let mut requests = JoinSet::new();
    for number in 1..=40 {
        let fleet = fleet.clone();
        requests.spawn(async move { fleet.ask(&fleet.upgrade(named(&[&name(number)]))).await.is_ok() });
    }
    // As freezing does: the service is locked, and the freeze is there when it is let go of.
    let mut tx = fleet.app.db.begin().await.unwrap();
    tx.query(sql!("SELECT id FROM service WHERE id = $1 {lock}")).bind(fleet.service).execute().await.unwrap();
    tx.query(sql!("INSERT INTO hold (service_id, reason, created_at, created_by) VALUES ($1, 'stop', {now}, 'ann')"))
        .bind(fleet.service)
        .execute()
        .await
        .unwrap();
    let before: i64 = tx.query(sql!("SELECT count(*) AS many FROM release")).scalar().await.unwrap();
    tx.commit().await.unwrap();
    let accepted = requests.join_all().await.into_iter().filter(|accepted| *accepted).count();
    assert_eq!(accepted as i64, before);
}
testkit::on_both!(threads r17_after_a_freeze_is_answered_nothing_is_accepted);

async fn r17_a_hold_that_races_with_a_release_is_seen_or_sees_it(kind: &str) {
    let fleet = Arc::new(Fleet::new(kind, 20).await);
    let mut pairs = JoinSet::new();
    for number in 1..=20 {
        let fleet = fleet.clone();
        pairs.spawn(async move {
            let host = name(number);
            let instance = fleet.instance(&host).await;
            let hosts = [host.as_str()];
            let holding = async {
                // As holding does: the instance is locked, then it is read what has it.
                let mut tx = fleet.app.db.begin().await.unwrap();
                let lock = tx.query(sql!("SELECT id FROM instance WHERE id = $1 {lock}"));
                lock.bind(instance).execute().await.unwrap();
                let seen: i64 = tx
                    .query(sql!("SELECT count(*) AS many FROM instance_lock WHERE instance_id = $1"))
                    .bind(instance)
                    .scalar()
                    .await
                    .unwrap();
                tx.query(sql!(
                    "INSERT INTO hold (service_id, instance_id, reason, created_at, created_by)
                         VALUES ($1, $2, 'stop', {now}, 'ann')"
                ))
                .bind(fleet.service)
                .bind(instance)
                .execute()
                .await
                .unwrap();
                tx.commit().await.unwrap();
                seen == 1
            };
            let request: ReleaseRequest = fleet.upgrade(named(&hosts));
            let (seen, answer) = tokio::join!(holding, fleet.ask(&request));
            assert_eq!(seen, answer.is_ok(), "{}", Kind::Instance.id(instance));
        });
    }
    while let Some(done) = pairs.join_next().await {
        done.unwrap();
    }
}
testkit::on_both!(threads r17_a_hold_that_races_with_a_release_is_seen_or_sees_it);

async fn r17_after_a_freeze_of_the_fleet_or_a_window_is_answered_nothing_is_accepted(kind: &str) {
    let fleet = Arc::new(Fleet::new(kind, 40).await);
    let sent = |operation| Request { operation, ..fleet.upgrade(Selection::All(true)).change };
    let window = CreateWindow {
        services: Reference::omitted(&SERVICES),
        time_zone: "UTC".into(),
        days: Weekday::ALL.iter().map(|(day, ..)| *day).collect(),
        from: "00:00".into(),
        to: "24:00".into(),
        include_reverts: false,
        reason: "stop".into(),
    };
    let freeze = FleetFreeze { reason: "stop".into(), until: None, include_reverts: false };
    for by_window in [false, true] {
        let mut requests = JoinSet::new();
        for number in 1..=20 {
            let (fleet, number) = (fleet.clone(), number + 20 * usize::from(by_window));
            requests.spawn(async move { fleet.ask(&fleet.upgrade(named(&[&name(number)]))).await.is_ok() });
        }
        // Some are accepted before it.
        requests.join_next().await.unwrap().unwrap();
        match by_window {
            false => freeze_fleet(&fleet.app, &sent("freezeFleet"), &freeze).await.unwrap().unwrap(),
            true => window::create(&fleet.app, &sent("createFreezeWindow"), &window).await.unwrap().unwrap(),
        };
        let last = sql!("SELECT max(position) AS last FROM event WHERE subject = 'FLEET'");
        let frozen: i64 = fleet.app.db.query(last).scalar().await.unwrap();
        requests.join_all().await;
        let behind: i64 = fleet
            .app
            .db
            .query(sql!("SELECT count(*) AS many FROM event WHERE kind = 'ACCEPTED' AND position > $1"))
            .bind(frozen)
            .scalar()
            .await
            .unwrap();
        assert_eq!(behind, 0);
        unfreeze_fleet(&fleet.app, &sent("unfreezeFleet")).await.unwrap().unwrap();
    }
}
testkit::on_both!(threads r17_after_a_freeze_of_the_fleet_or_a_window_is_answered_nothing_is_accepted);

async fn after_a_suspension_is_answered_nothing_is_claimed(kind: &str) {
    let fleet = Arc::new(Fleet::new(kind, 60).await);
    let mut upgrade = fleet.upgrade(Selection::All(true));
    upgrade.rollout.max_parallel = Some(Amount::Count(60));
    fleet.accepted(&upgrade).await;
    let sent = |operation| Request { operation, ..fleet.upgrade(Selection::All(true)).change };
    let mut claims = JoinSet::new();
    for number in 0..4 {
        let fleet = fleet.clone();
        let me = WorkerRef { id: register_worker(&fleet.app.db, "w").await, name: format!("w{number}") };
        claims.spawn(async move {
            for _ in 0..8 {
                claim(&fleet.app, &me, 1).await.unwrap();
            }
        });
    }
    let started = async || -> i64 {
        let started = sql!("SELECT count(*) AS many FROM release_target WHERE status = 'RUNNING'");
        fleet.app.db.query(started).scalar().await.unwrap()
    };
    while started().await == 0 {
        tokio::task::yield_now().await;
    }
    suspension::suspend(&fleet.app, &sent("suspendFleet"), "incident").await.unwrap().unwrap();
    let before = started().await;
    claims.join_all().await;
    assert_eq!(started().await, before);
    suspension::resume(&fleet.app, &sent("resumeFleet")).await.unwrap().unwrap();
    let me = WorkerRef { id: register_worker(&fleet.app.db, "w").await, name: "w".into() };
    claim(&fleet.app, &me, 1).await.unwrap();
    assert_eq!(started().await, before + 1);
}
testkit::on_both!(threads after_a_suspension_is_answered_nothing_is_claimed);
