use super::*;
use crate::catalog::end_expired;
use crate::catalog::hold::{EndHolds, HoldInstances, end_holds, hold_instances};
use crate::catalog::host_hold::{HeldHosts, HoldHosts, UnholdHosts, hold_hosts, unhold_hosts};
use crate::domain::reference::HOSTS;

fn by_id(ids: &[i64]) -> Reference<Vec<String>> {
    let ids: Vec<String> = ids.iter().map(|id| format!("hst_{id}")).collect();
    Reference::by_id(&HOSTS, ids)
}

fn by_name(names: &[&str]) -> Reference<Vec<String>> {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    Reference::by_name(&HOSTS, names)
}

fn holding(hosts: Reference<Vec<String>>) -> HoldHosts {
    HoldHosts { hosts, reason: "disk".to_owned(), until: None }
}

fn ending(hosts: Reference<Vec<String>>, holds: Option<&[i64]>) -> UnholdHosts {
    UnholdHosts { hosts, hold_ids: holds.map(|holds| holds.iter().map(|id| format!("hld_{id}")).collect()) }
}

fn held(revision: i64, locked: bool) -> Event {
    event("HOLD", revision, "RUNNING", "RUNNING", locked)
}

/// Two services on the first host, the first of them also on the second, and a third host without instances.
async fn fleet(ground: &Ground) -> ([i64; 3], [i64; 3]) {
    let (web, api) = (ground.service("web").await, ground.service("api").await);
    let (web_1, api_1) = (ground.version(web, "1").await, ground.version(api, "1").await);
    let hosts = [ground.host("h1").await, ground.host("h2").await, ground.host("H3").await];
    let instances = [
        ground.instance(web, hosts[0], Some(web_1), "RUNNING").await,
        ground.instance(api, hosts[0], Some(api_1), "RUNNING").await,
        ground.instance(web, hosts[1], Some(web_1), "RUNNING").await,
    ];
    ground.instance(api, hosts[1], None, "REMOVED").await;
    (hosts, instances)
}

async fn r17_a_hold_on_a_host_locks_every_instance_on_it_with_an_event_at_both_ends(kind: &str) {
    let ground = Ground::new(kind).await;
    let (hosts, instances) = fleet(&ground).await;
    let (on, off) = (request("holdHosts"), request("unholdHosts"));
    let first = made(hold_hosts(&ground.app, &on, &holding(by_name(&["h2", "h3", "H1."])))).await;
    assert_eq!(first.hosts, [hosts[1], hosts[2], hosts[0]]);
    for id in instances {
        assert_eq!(ground.instance_events(id).await, [held(2, true)]);
    }
    let second = made(hold_hosts(&ground.app, &on, &holding(by_id(&hosts[..1])))).await;
    // A hold on the instance itself is another one, and stays when those on its host end.
    let own = HoldInstances {
        instances: Reference::by_id(&INSTANCES, [format!("ins_{}", instances[1])]),
        reason: "mine".to_owned(),
        until: None,
    };
    let own = made(hold_instances(&ground.app, &request("holdInstances"), &own)).await.holds;
    let ended = made(unhold_hosts(&ground.app, &off, &ending(by_name(&["h1"]), None))).await;
    assert_eq!(ended, HeldHosts { hosts: vec![hosts[0]], holds: vec![first.holds[2], second.holds[0]] });
    let expected = [(2, true), (3, true), (4, true), (5, false)].map(|(revision, locked)| held(revision, locked));
    assert_eq!(ground.instance_events(instances[0]).await, expected);
    let expected =
        [(2, true), (3, true), (4, true), (5, true), (6, true)].map(|(revision, locked)| held(revision, locked));
    assert_eq!(ground.instance_events(instances[1]).await, expected);
    let end_own =
        EndHolds { instances: Reference::by_id(&INSTANCES, [format!("ins_{}", instances[1])]), hold_ids: None };
    assert_eq!(made(end_holds(&ground.app, &request("endHolds"), &end_own)).await.holds, own);
    let by_id = made(unhold_hosts(&ground.app, &off, &ending(Reference::omitted(&HOSTS), Some(&first.holds)))).await;
    assert_eq!(by_id, HeldHosts { hosts: vec![hosts[1], hosts[2], hosts[0]], holds: first.holds[..2].to_vec() });
    assert_eq!(ground.instance_events(instances[2]).await, [held(2, true), held(3, false)]);
    let again = made(unhold_hosts(&ground.app, &off, &ending(Reference::omitted(&HOSTS), Some(&first.holds)))).await;
    assert_eq!(again.holds, Vec::<i64>::new());
}
testkit::on_both!(r17_a_hold_on_a_host_locks_every_instance_on_it_with_an_event_at_both_ends);

async fn r17_a_host_is_held_while_a_release_has_an_instance_on_it_which_stays_locked_afterwards(kind: &str) {
    let ground = Ground::new(kind).await;
    let (hosts, instances) = fleet(&ground).await;
    let service: i64 = ground.app.db.query(sql!("SELECT id FROM service WHERE name = 'web'")).scalar().await.unwrap();
    let next = ground.version(service, "2").await;
    ground.release(service, instances[0], next).await;
    made(hold_hosts(&ground.app, &request("holdHosts"), &holding(by_id(&hosts[..1])))).await;
    made(unhold_hosts(&ground.app, &request("unholdHosts"), &ending(by_id(&hosts[..1]), None))).await;
    assert_eq!(ground.instance_events(instances[0]).await, [held(2, true), held(3, true)]);
    assert_eq!(ground.instance_events(instances[1]).await, [held(2, true), held(3, false)]);
}
testkit::on_both!(r17_a_host_is_held_while_a_release_has_an_instance_on_it_which_stays_locked_afterwards);

async fn r4_all_or_none_of_the_hosts_are_held_and_each_is_named_once(kind: &str) {
    let ground = Ground::new(kind).await;
    let (hosts, instances) = fleet(&ground).await;
    let sent = request("holdHosts");
    let bad = |hosts| HoldHosts { hosts, reason: " ".to_owned(), until: Some(Timestamp(Timestamp::now().0 - 1000)) };
    let ids: Vec<String> = ["hst_99", &format!("hst_{}", hosts[0]), "svc_1", "x"].map(text).to_vec();
    let expected = [
        "REQUIRED input.reason",
        "INVALID input.until",
        "NOT_FOUND input.hostIds x hst_99",
        "WRONG_TYPE input.hostIds svc_1",
    ];
    assert_eq!(wrong(hold_hosts(&ground.app, &sent, &bad(Reference::by_id(&HOSTS, ids)))).await, expected);
    let expected = [
        "REQUIRED input.reason",
        "INVALID input.until",
        "REQUIRED input.hostnames",
        "INVALID input.hostnames H2.",
        "NOT_FOUND input.hostnames nowhere not a name",
    ];
    let names = ["H1", "nowhere", "h2", "H2.", "", "not a name"];
    assert_eq!(wrong(hold_hosts(&ground.app, &sent, &bad(by_name(&names)))).await, expected);
    let twice = Reference::new(&HOSTS, Some(vec![text("hst_1")]), Some(vec![text("h1")]));
    assert_eq!(wrong(hold_hosts(&ground.app, &sent, &holding(twice))).await, ["INVALID input.hostIds"]);
    assert_eq!(
        wrong(hold_hosts(&ground.app, &sent, &holding(Reference::omitted(&HOSTS)))).await,
        ["REQUIRED input.hostIds"]
    );
    assert_eq!(wrong(hold_hosts(&ground.app, &sent, &holding(by_id(&[])))).await, ["REQUIRED input.hostIds"]);
    let many: Vec<i64> = (1..=1001).collect();
    assert_eq!(wrong(hold_hosts(&ground.app, &sent, &holding(by_id(&many)))).await, ["INVALID input.hostIds"]);
    assert_eq!(ground.revision(instances[0]).await, 1);
}
testkit::on_both!(r4_all_or_none_of_the_hosts_are_held_and_each_is_named_once);

async fn r4_only_holds_on_hosts_and_on_those_named_beside_them_are_ended(kind: &str) {
    let ground = Ground::new(kind).await;
    let (hosts, instances) = fleet(&ground).await;
    let holds = made(hold_hosts(&ground.app, &request("holdHosts"), &holding(by_id(&hosts[..2])))).await.holds;
    let own = HoldInstances {
        instances: Reference::by_id(&INSTANCES, [format!("ins_{}", instances[0])]),
        reason: "x".to_owned(),
        until: None,
    };
    let own = made(hold_instances(&ground.app, &request("holdInstances"), &own)).await.holds[0];
    let sent = request("unholdHosts");
    let refused =
        async |hosts, holds: Option<&[i64]>| wrong(unhold_hosts(&ground.app, &sent, &ending(hosts, holds))).await;
    assert_eq!(refused(Reference::omitted(&HOSTS), None).await, ["REQUIRED"]);
    assert_eq!(refused(Reference::omitted(&HOSTS), Some(&[own])).await, [format!("INVALID input.holdIds hld_{own}")]);
    let other = [format!("INVALID input.holdIds hld_{}", holds[1])];
    assert_eq!(refused(by_id(&hosts[..1]), Some(&holds)).await, other);
    let end_on_instances =
        EndHolds { instances: Reference::omitted(&INSTANCES), hold_ids: Some(vec![format!("hld_{}", holds[0])]) };
    let expected = [format!("INVALID input.holdIds hld_{}", holds[0])];
    assert_eq!(wrong(end_holds(&ground.app, &request("endHolds"), &end_on_instances)).await, expected);
}
testkit::on_both!(r4_only_holds_on_hosts_and_on_those_named_beside_them_are_ended);

async fn r10_the_same_key_holds_the_same_hosts_once(kind: &str) {
    let ground = Ground::new(kind).await;
    let (hosts, instances) = fleet(&ground).await;
    let sent = keyed_request("holdHosts", json!({ "reason": "disk" }), Some("k"));
    let input = holding(by_id(&[hosts[2], hosts[0]]));
    let first = made(hold_hosts(&ground.app, &sent, &input)).await;
    assert_eq!(made(hold_hosts(&ground.app, &sent, &input)).await, first);
    assert_eq!(ground.instance_events(instances[0]).await, [held(2, true)]);
}
testkit::on_both!(r10_the_same_key_holds_the_same_hosts_once);

async fn r17_a_hold_on_a_host_that_has_expired_is_ended_with_one_event_for_each_instance(kind: &str) {
    let ground = Ground::new(kind).await;
    let (hosts, instances) = fleet(&ground).await;
    let until = Some(Timestamp(Timestamp::now().0 + 3_600_000));
    let input = HoldHosts { until, ..holding(by_id(&hosts[..1])) };
    let holds = made(hold_hosts(&ground.app, &request("holdHosts"), &input)).await.holds;
    assert_eq!(end_expired(&ground.app.db).await.unwrap(), 0);
    ground.pass(&holds).await;
    assert_eq!(end_expired(&ground.app.db).await.unwrap(), 1);
    for id in &instances[..2] {
        assert_eq!(ground.instance_events(*id).await, [held(2, true), held(3, false)]);
    }
}
testkit::on_both!(r17_a_hold_on_a_host_that_has_expired_is_ended_with_one_event_for_each_instance);

async fn many_hosts_are_held_and_freed_by_as_many_statements_as_few(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let version = ground.version(service, "1").await;
    let mut hosts = Vec::new();
    for number in 0..30 {
        hosts.push(ground.host(&format!("h{number}")).await);
        ground.instance(service, hosts[number], Some(version), "RUNNING").await;
    }
    let mut statements = Vec::new();
    for some in [&hosts[..2], &hosts] {
        let before = ground.app.db.statements();
        made(hold_hosts(&ground.app, &request("holdHosts"), &holding(by_id(some)))).await;
        made(unhold_hosts(&ground.app, &request("unholdHosts"), &ending(by_id(some), None))).await;
        statements.push(ground.app.db.statements() - before);
    }
    assert_eq!(statements[0], statements[1]);
}
testkit::on_both!(many_hosts_are_held_and_freed_by_as_many_statements_as_few);
