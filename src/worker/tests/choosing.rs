//! Who takes part and who is left out.

use super::fleet::{Fleet, named, problems_of};
use crate::domain::instance::InstanceStatus::{self, *};
use crate::domain::reference::{CURRENT_VERSION, Reference};
use crate::domain::release::SkipReason;
use crate::domain::release::selection::{Holder, Included, Skipped};
use crate::domain::target::ReleaseTargetStatus;
use crate::domain::{Kind, Role};
use crate::release::request::{Aim, ReleaseRequest, Selection};
use crate::store::db::sql::sql;

async fn r7_each_instance_is_judged_by_its_own_version(kind: &str) {
    let fleet = Fleet::new(kind, 7).await;
    let [first, second, third] = [0, 1, 2].map(|version| fleet.versions[version]);
    let states: [(InstanceStatus, Option<i64>); 7] = [
        (Running, Some(first)),
        (Running, Some(second)),
        (Running, Some(third)),
        (UpgradeFailed, Some(second)),
        (Unknown, Some(second)),
        (InstallFailed, None),
        (RevertFailed, Some(first)),
    ];
    let mut ids = Vec::new();
    for (number, (status, version)) in (1..).zip(states) {
        fleet.set(&super::fleet::name(number), status, version).await;
        ids.push(fleet.instance(&super::fleet::name(number)).await);
    }
    let to_second = |up: bool, unknown| {
        let (version, current_version) = (fleet.reference(1), Reference::omitted(&CURRENT_VERSION));
        let aim = match up {
            true => Aim::Upgrade { version, current_version },
            false => Aim::Revert { version, current_version },
        };
        ReleaseRequest {
            included: Included { unknown, reapply: false },
            dry_run: true,
            ..fleet.request(aim, Selection::All(true))
        }
    };
    let reasons =
        |skipped: Vec<Skipped>| skipped.into_iter().map(|skip| (skip.instance_id, skip.reason)).collect::<Vec<_>>();
    let up = fleet.accepted(&to_second(true, false)).await;
    assert_eq!(up.accepted, [ids[0], ids[3], ids[6]]);
    let skipped = [
        (ids[1], SkipReason::AlreadyAtVersion),
        (ids[2], SkipReason::NotNewer),
        (ids[4], SkipReason::UnknownState),
        (ids[5], SkipReason::NotInstalled),
    ];
    assert_eq!(reasons(up.skipped), skipped);
    let down = fleet.accepted(&to_second(false, true)).await;
    assert_eq!(down.accepted, [ids[2], ids[3], ids[4]]);
    let skipped = [
        (ids[0], SkipReason::NotOlder),
        (ids[1], SkipReason::AlreadyAtVersion),
        (ids[5], SkipReason::NotInstalled),
        (ids[6], SkipReason::NotOlder),
    ];
    assert_eq!(reasons(down.skipped), skipped);
}
testkit::on_both!(r7_each_instance_is_judged_by_its_own_version);

async fn r7_a_version_is_reapplied_to_instances_that_run_it_by_either_action(kind: &str) {
    let fleet = Fleet::new(kind, 4).await;
    fleet.set(&super::fleet::name(2), Running, Some(fleet.versions[2])).await;
    fleet.set(&super::fleet::name(4), Unknown, Some(fleet.versions[1])).await;
    let mut ids = Vec::new();
    for number in 1..=4 {
        ids.push(fleet.instance(&super::fleet::name(number)).await);
    }
    let (version, current_version) = (fleet.reference(1), Reference::omitted(&CURRENT_VERSION));
    let upgrade = Aim::Upgrade { version: version.clone(), current_version: current_version.clone() };
    let again = upgrade.clone();
    let revert = Aim::Revert { version, current_version };
    let reapplied = |aim| ReleaseRequest {
        included: Included { unknown: false, reapply: true },
        ..fleet.request(aim, Selection::All(true))
    };
    let dry = ReleaseRequest { dry_run: true, ..reapplied(revert) };
    assert_eq!(fleet.accepted(&dry).await.accepted, [ids[0], ids[1], ids[2]]);
    let accepted = fleet.accepted(&reapplied(upgrade)).await;
    assert_eq!(accepted.accepted, [ids[0], ids[2]]);
    let reasons: Vec<_> = accepted.skipped.iter().map(|skip| (skip.instance_id, skip.reason)).collect();
    assert_eq!(reasons, [(ids[1], SkipReason::NotNewer), (ids[3], SkipReason::UnknownState)]);
    // The same locks: a second request finds them taken.
    let refused = fleet.ask(&reapplied(again)).await.unwrap_err();
    assert_eq!(problems_of(&refused)[0].0, "NOTHING_TO_RELEASE");
    assert_eq!(refused.skipped[0].locks, [Holder::Release(accepted.release_id.unwrap())]);
}
testkit::on_both!(r7_a_version_is_reapplied_to_instances_that_run_it_by_either_action);

async fn r7_the_wrong_direction_leaves_nothing_to_release(kind: &str) {
    let fleet = Fleet::new(kind, 2).await;
    let wrong = Aim::Upgrade { version: fleet.reference(0), current_version: Reference::omitted(&CURRENT_VERSION) };
    let refused = fleet.ask(&fleet.request(wrong, Selection::All(true))).await.unwrap_err();
    assert_eq!(refused.problems.codes(), ["NOTHING_TO_RELEASE"]);
    assert!(refused.skipped.len() == 2 && refused.skipped.iter().all(|skip| skip.reason == SkipReason::NotNewer));
}
testkit::on_both!(r7_the_wrong_direction_leaves_nothing_to_release);

async fn r9_a_locked_instance_is_skipped_with_who_has_it(kind: &str) {
    let fleet = Fleet::new(kind, 4).await;
    let first = fleet.accepted(&fleet.upgrade(named(&["h00002"]))).await.release_id.unwrap();
    let holds = [fleet.hold(Some("h00002"), "ann", None).await, fleet.hold(Some("h00002"), "bob", Some(60)).await];
    let other = fleet.hold(Some("h00003"), "ann", None).await;
    let over = fleet.hold(Some("h00004"), "ann", Some(-1)).await;
    let accepted = fleet.accepted(&fleet.upgrade(Selection::All(true))).await;
    assert_eq!(accepted.accepted, [fleet.instance("h00001").await, fleet.instance("h00004").await], "{over}");
    let skipped = vec![
        Skipped {
            instance_id: fleet.instance("h00002").await,
            reason: SkipReason::Locked,
            locks: vec![Holder::Release(first), Holder::Hold(holds[0]), Holder::Hold(holds[1])],
        },
        Skipped {
            instance_id: fleet.instance("h00003").await,
            reason: SkipReason::Locked,
            locks: vec![Holder::Hold(other)],
        },
    ];
    assert_eq!(accepted.skipped, skipped);
    // It is stored with the release.
    let mut tx = fleet.app.db.begin().await.unwrap();
    let stored = crate::store::release::skipped(&mut tx, accepted.release_id.unwrap()).await.unwrap();
    assert_eq!(stored, skipped);
}
testkit::on_both!(r9_a_locked_instance_is_skipped_with_who_has_it);

async fn r17_a_hold_lets_through_its_setter_or_an_admin_and_the_release_records_it(kind: &str) {
    let fleet = Fleet::new(kind, 2).await;
    let mine = fleet.hold(Some("h00001"), "olga", None).await;
    let freeze = fleet.hold(None, "olga", None).await;
    let theirs = fleet.hold(Some("h00002"), "ann", None).await;
    let ids = |holds: &[i64]| holds.iter().map(|id| Kind::Hold.id(*id).to_string()).collect::<Vec<_>>();
    let frozen = fleet.ask(&fleet.upgrade(Selection::All(true))).await.unwrap_err();
    assert_eq!(problems_of(&frozen), [("FROZEN".into(), "input.serviceId".into(), ids(&[freeze]))]);
    let request = ReleaseRequest { through_hold_ids: ids(&[mine, freeze]), ..fleet.upgrade(Selection::All(true)) };
    let accepted = fleet.accepted(&request).await;
    assert_eq!(accepted.accepted, [fleet.instance("h00001").await]);
    assert_eq!(accepted.skipped[0].locks, [Holder::Hold(theirs)]);
    let through: Vec<(i64,)> = fleet
        .app
        .db
        .query(sql!("SELECT hold_id FROM release_through WHERE release_id = $1 ORDER BY hold_id"))
        .bind(accepted.release_id)
        .all()
        .await
        .unwrap();
    assert_eq!(through, [(mine,), (freeze,)]);
    // The freeze does not refuse a revert, and an admin may go through anybody's hold.
    let mut request = ReleaseRequest { through_hold_ids: ids(&[theirs]), ..fleet.revert(named(&["h00002"])) };
    request.change.caller.role = Role::Admin;
    assert_eq!(fleet.accepted(&request).await.accepted, [fleet.instance("h00002").await]);
}
testkit::on_both!(r17_a_hold_lets_through_its_setter_or_an_admin_and_the_release_records_it);

async fn r17_a_freeze_refuses_reverts_only_where_it_says_so_and_not_past_its_end(kind: &str) {
    let fleet = Fleet::new(kind, 3).await;
    let past = fleet.hold(None, "ann", Some(-1)).await;
    fleet.accepted(&fleet.upgrade(named(&["h00001"]))).await;
    fleet.changed(|tx| tx.query(sql!("UPDATE hold SET until = NULL WHERE id = $1")).bind(past)).await;
    for request in [fleet.upgrade(named(&["h00002"])), fleet.request(Aim::Uninstall, named(&["h00002"]))] {
        assert_eq!(fleet.ask(&request).await.unwrap_err().problems.codes(), ["FROZEN"]);
    }
    fleet.accepted(&fleet.revert(named(&["h00002"]))).await;
    fleet
        .changed(|tx| tx.query(sql!("UPDATE hold SET includes_reverts = $1 WHERE id = $2")).bind(true).bind(past))
        .await;
    assert_eq!(fleet.ask(&fleet.revert(named(&["h00003"]))).await.unwrap_err().problems.codes(), ["FROZEN"]);
}
testkit::on_both!(r17_a_freeze_refuses_reverts_only_where_it_says_so_and_not_past_its_end);

async fn r15_an_installation_takes_bare_hosts_and_half_done_installations_only(kind: &str) {
    let fleet = Fleet::new(kind, 5).await;
    fleet.hosts(&["a".into(), "b".into(), "z".into()]).await;
    fleet.set("h00002", InstallFailed, None).await;
    fleet.set("h00003", Unknown, None).await;
    fleet.set("h00004", Unknown, Some(fleet.versions[0])).await;
    fleet.set("h00005", InstallFailed, None).await;
    fleet.hold(Some("h00005"), "ann", None).await;
    let ids = async |hosts: &[&str]| {
        let mut ids = Vec::new();
        for host in hosts {
            ids.push(Kind::Host.id(fleet.host(host).await).to_string());
        }
        ids
    };
    let all = named(&["b", "h00001", "h00002", "h00003", "h00004", "h00005", "a"]);
    let refused = fleet.ask(&fleet.install(all)).await.unwrap_err();
    let held = Kind::Instance.id(fleet.instance("h00005").await).to_string();
    let deployed = ids(&["h00001", "h00003", "h00004"]).await;
    let expected = [
        ("HOST_ALREADY_DEPLOYED".into(), "input.hosts.hostnames".into(), deployed),
        ("LOCKED".into(), "input.hosts".into(), vec![held]),
    ];
    assert_eq!(problems_of(&refused), expected);

    let again = [fleet.instance("h00002").await, fleet.instance("h00003").await];
    let fits = named(&["h00002", "b", "h00003", "a"]);
    let accepted = fleet
        .accepted(&ReleaseRequest { included: Included { unknown: true, reapply: false }, ..fleet.install(fits) })
        .await;
    let made = [fleet.instance("a").await, fleet.instance("b").await];
    assert_eq!(accepted.accepted, [made, again].concat());
    assert_eq!((accepted.accepted_hosts.len(), accepted.skipped.len()), (4, 0));
    assert_eq!(fleet.state("a").await, (Installing, None, 1));
    assert_eq!(fleet.state("h00002").await, (Installing, None, 3));
    let facts: Vec<(Option<i64>, Option<String>, i64)> = fleet
        .app
        .db
        .query(sql!("SELECT port, tag, weight FROM instance WHERE status = 'INSTALLING' ORDER BY id"))
        .all()
        .await
        .unwrap();
    assert_eq!(facts, vec![(Some(8080), Some("prod".into()), 100); 4]);
    // A second one finds them deployed; labels choose only what fits.
    let second = fleet.ask(&fleet.install(named(&["a", "z"]))).await.unwrap_err();
    assert_eq!(problems_of(&second)[0].2, ids(&["a"]).await);
    for host in ["a", "h00001", "z"] {
        fleet.label(host, "zone", "east").await;
    }
    let labels = Selection::Labels(vec![("zone".into(), "east".into())]);
    let accepted = fleet.accepted(&fleet.install(labels)).await;
    assert_eq!(accepted.accepted_hosts, [fleet.host("z").await]);
}
testkit::on_both!(r15_an_installation_takes_bare_hosts_and_half_done_installations_only);

async fn r15_what_failed_is_free_and_can_be_moved_or_removed(kind: &str) {
    let fleet = Fleet::new(kind, 3).await;
    let upgrade = fleet.accepted(&fleet.upgrade(Selection::All(true))).await.release_id.unwrap();
    fleet.end(upgrade, ReleaseTargetStatus::Failed).await;
    assert_eq!(fleet.state("h00001").await, (UpgradeFailed, Some(fleet.versions[1]), 3));
    let back = Aim::Revert { version: fleet.reference(1), current_version: Reference::omitted(&CURRENT_VERSION) };
    fleet.accepted(&fleet.request(back, named(&["h00001"]))).await;
    fleet.accepted(&fleet.upgrade(named(&["h00002"]))).await;
    let removed = fleet.accepted(&fleet.request(Aim::Uninstall, named(&["h00003"]))).await;
    assert_eq!(fleet.state("h00003").await, (Uninstalling, Some(fleet.versions[1]), 4));
    let target: (Option<i64>, Option<i64>, InstanceStatus) = fleet
        .app
        .db
        .query(sql!("SELECT from_version_id, to_version_id, from_status FROM release_target WHERE release_id = $1"))
        .bind(removed.release_id)
        .one()
        .await
        .unwrap();
    assert_eq!(target, (Some(fleet.versions[1]), None, UpgradeFailed));
}
testkit::on_both!(r15_what_failed_is_free_and_can_be_moved_or_removed);

async fn r5_labels_choose_the_hosts_that_have_all_of_them(kind: &str) {
    let fleet = Fleet::new(kind, 3).await;
    for (host, key, value) in
        [("h00001", "zone", "east"), ("h00002", "zone", "east"), ("h00002", "tier", "web"), ("h00003", "tier", "web")]
    {
        fleet.label(host, key, value).await;
    }
    let labels = Selection::Labels(vec![("zone".into(), "east".into()), ("tier".into(), "web".into())]);
    assert_eq!(fleet.accepted(&fleet.upgrade(labels)).await.accepted_hosts, [fleet.host("h00002").await]);
}
testkit::on_both!(r5_labels_choose_the_hosts_that_have_all_of_them);

async fn r17_a_hold_on_a_host_keeps_releases_of_every_service_off_its_instances(kind: &str) {
    let fleet = Fleet::new(kind, 2).await;
    let hold = fleet.hold_host(&super::fleet::name(1), "olga").await;
    let ids = [fleet.instance(&super::fleet::name(1)).await, fleet.instance(&super::fleet::name(2)).await];
    let all = fleet.upgrade(Selection::All(true));
    let accepted = fleet.accepted(&ReleaseRequest { dry_run: true, ..all.clone() }).await;
    assert_eq!(accepted.accepted, ids[1..]);
    let skipped = Skipped { instance_id: ids[0], reason: SkipReason::Locked, locks: vec![Holder::Hold(hold)] };
    assert_eq!(accepted.skipped, [skipped]);
    let through_hold_ids = vec![Kind::Hold.id(hold).to_string()];
    let accepted = fleet.accepted(&ReleaseRequest { through_hold_ids, ..all }).await;
    assert_eq!(accepted.accepted, ids);
    let through: Vec<i64> = fleet
        .app
        .db
        .query(sql!("SELECT hold_id FROM release_through"))
        .all::<(i64,)>()
        .await
        .unwrap()
        .into_iter()
        .map(|(id,)| id)
        .collect();
    assert_eq!(through, [hold]);
}
testkit::on_both!(r17_a_hold_on_a_host_keeps_releases_of_every_service_off_its_instances);

async fn r17_nothing_is_installed_on_a_held_host_unless_its_holder_lets_it_through(kind: &str) {
    let fleet = Fleet::new(kind, 0).await;
    fleet.hosts(&["a", "b"].map(str::to_owned)).await;
    for host in ["a", "b"] {
        fleet.label(host, "zone", "z").await;
    }
    let hold = fleet.hold_host("a", "olga").await;
    let (a, b) = (fleet.host("a").await, fleet.host("b").await);
    // By name it is refused, by labels it is not chosen.
    let refused = fleet.ask(&fleet.install(named(&["A", "b"]))).await.unwrap_err();
    let expected = ("LOCKED".to_owned(), "input.hosts".to_owned(), vec![Kind::Host.id(a).to_string()]);
    assert_eq!(problems_of(&refused), [expected]);
    let labels = Selection::Labels(vec![("zone".to_owned(), "z".to_owned())]);
    let chosen = fleet.accepted(&ReleaseRequest { dry_run: true, ..fleet.install(labels) }).await;
    assert_eq!(chosen.accepted_hosts, [b]);
    let through_hold_ids = vec![Kind::Hold.id(hold).to_string()];
    let through = ReleaseRequest { through_hold_ids, ..fleet.install(named(&["a", "b"])) };
    assert_eq!(fleet.accepted(&through).await.accepted_hosts, [a, b]);
}
testkit::on_both!(r17_nothing_is_installed_on_a_held_host_unless_its_holder_lets_it_through);
