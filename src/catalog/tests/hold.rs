use super::*;
use crate::catalog::end_expired;
use crate::catalog::freeze::Freeze;
use crate::catalog::hold::{EndHolds, Held, HoldInstances, end_holds, hold_instances};

async fn instances(ground: &Ground, count: usize) -> Vec<i64> {
    let service = ground.service("web").await;
    let version = ground.version(service, "1").await;
    let mut ids = Vec::new();
    for number in 0..count {
        let host = ground.host(&format!("h{number}")).await;
        ids.push(ground.instance(service, host, Some(version), "RUNNING").await);
    }
    ids
}

fn holding(instances: &[i64]) -> HoldInstances {
    let ids: Vec<String> = instances.iter().map(|id| format!("ins_{id}")).collect();
    HoldInstances { instances: Reference::by_id(&INSTANCES, ids), reason: "disk".to_owned(), until: None }
}

fn ending(instances: Option<&[i64]>, holds: Option<&[i64]>) -> EndHolds {
    let ids = |prefix: &str, numbers: &[i64]| numbers.iter().map(|number| format!("{prefix}_{number}")).collect();
    let instances = Reference::new(&INSTANCES, instances.map(|all| ids("ins", all)), None);
    EndHolds { hold_ids: holds.map(|holds| ids("hld", holds)), instances }
}

fn held(revision: i64, locked: bool) -> Event {
    event("HOLD", revision, "RUNNING", "RUNNING", locked)
}

async fn r17_any_number_of_holds_stand_and_each_is_reported_with_what_is_true_after_it(kind: &str) {
    let ground = Ground::new(kind).await;
    let ids = instances(&ground, 2).await;
    let (a, b) = (ids[0], ids[1]);
    let (on, off) = (request("holdInstances"), request("endHolds"));
    let first = made(hold_instances(&ground.app, &on, &holding(&[b, a]))).await;
    assert_eq!(first.instances, [b, a]);
    let second = made(hold_instances(&ground.app, &on, &holding(&[a]))).await;
    made(hold_instances(&ground.app, &on, &holding(&[a]))).await;

    let one = made(end_holds(&ground.app, &off, &ending(Some(&[a]), Some(&second.holds)))).await;
    assert_eq!(one, Held { instances: vec![a], holds: second.holds.clone() });
    let again = made(end_holds(&ground.app, &off, &ending(Some(&[a]), Some(&second.holds)))).await;
    assert_eq!(again.holds, Vec::<i64>::new());
    assert_eq!(made(end_holds(&ground.app, &off, &ending(Some(&[a]), None))).await.holds.len(), 2);
    let expected = [(2, true), (3, true), (4, true), (5, true), (6, true), (7, false)];
    assert_eq!(ground.instance_events(a).await, expected.map(|(revision, locked)| held(revision, locked)));
    assert_eq!(ground.instance_events(b).await, [held(2, true)]);
    assert_eq!(ground.revision(a).await, 7);
}
testkit::on_both!(r17_any_number_of_holds_stand_and_each_is_reported_with_what_is_true_after_it);

async fn r17_a_hold_that_ends_leaves_its_instance_locked_while_a_release_has_it(kind: &str) {
    let ground = Ground::new(kind).await;
    let id = instances(&ground, 1).await[0];
    let service: i64 = ground.app.db.query(sql!("SELECT id FROM service")).scalar().await.unwrap();
    let next = ground.version(service, "2").await;
    ground.release(service, id, next).await;
    made(hold_instances(&ground.app, &request("holdInstances"), &holding(&[id]))).await;
    made(end_holds(&ground.app, &request("endHolds"), &ending(Some(&[id]), None))).await;
    assert_eq!(ground.instance_events(id).await, [held(2, true), held(3, true)]);
}
testkit::on_both!(r17_a_hold_that_ends_leaves_its_instance_locked_while_a_release_has_it);

async fn r4_all_or_none_are_held_and_everything_wrong_is_reported_at_once(kind: &str) {
    let ground = Ground::new(kind).await;
    let a = instances(&ground, 1).await[0];
    let sent = request("holdInstances");
    let bad = HoldInstances {
        instances: Reference::by_id(
            &INSTANCES,
            ["ins_99", &format!("ins_{a}"), "svc_1", "x", &format!("ins_{a}")].map(text),
        ),
        reason: " ".to_owned(),
        until: Some(Timestamp(Timestamp::now().0 - 1000)),
    };
    let expected = [
        "REQUIRED input.reason",
        "INVALID input.until",
        &format!("INVALID input.instanceIds ins_{a}"),
        "NOT_FOUND input.instanceIds x ins_99",
        "WRONG_TYPE input.instanceIds svc_1",
    ];
    assert_eq!(wrong(hold_instances(&ground.app, &sent, &bad)).await, expected);
    assert_eq!(wrong(hold_instances(&ground.app, &sent, &holding(&[]))).await, ["REQUIRED input.instanceIds"]);
    let many: Vec<i64> = (1..=1001).collect();
    assert_eq!(wrong(hold_instances(&ground.app, &sent, &holding(&many))).await, ["INVALID input.instanceIds"]);
    assert_eq!(ground.revision(a).await, 1);
}
testkit::on_both!(r4_all_or_none_are_held_and_everything_wrong_is_reported_at_once);

async fn many_holds_are_set_and_ended_by_as_many_statements_as_few(kind: &str) {
    let ground = Ground::new(kind).await;
    let ids = instances(&ground, 40).await;
    let mut statements = Vec::new();
    for some in [&ids[..2], &ids] {
        let before = ground.app.db.statements();
        made(hold_instances(&ground.app, &request("holdInstances"), &holding(some))).await;
        made(end_holds(&ground.app, &request("endHolds"), &ending(Some(some), None))).await;
        statements.push(ground.app.db.statements() - before);
    }
    assert_eq!(statements[0], statements[1]);
}
testkit::on_both!(many_holds_are_set_and_ended_by_as_many_statements_as_few);

async fn holds_are_ended_by_their_ids_by_their_instances_or_by_both(kind: &str) {
    let ground = Ground::new(kind).await;
    let ids = instances(&ground, 2).await;
    let (a, b) = (ids[0], ids[1]);
    let on = request("holdInstances");
    let first = made(hold_instances(&ground.app, &on, &holding(&[a, b]))).await.holds;
    let second = made(hold_instances(&ground.app, &on, &holding(&[a, b]))).await.holds;
    let off = request("endHolds");
    let end = async |instances: Option<&[i64]>, holds: Option<&[i64]>| {
        made(end_holds(&ground.app, &off, &ending(instances, holds))).await
    };
    let by_id = end(None, Some(&[second[1], first[0], second[0]])).await;
    assert_eq!(by_id, Held { instances: vec![b, a], holds: vec![first[0], second[0], second[1]] });
    assert_eq!(end(None, Some(&[second[1]])).await, Held { instances: vec![b], holds: vec![] });
    assert_eq!(end(Some(&[b, a]), Some(&first)).await, Held { instances: vec![b, a], holds: vec![first[1]] });
    made(hold_instances(&ground.app, &on, &holding(&[a]))).await;
    assert_eq!(end(Some(&ids), None).await.holds.len(), 1);
    assert_eq!(ground.instance_events(a).await.last(), Some(&held(7, false)));
}
testkit::on_both!(holds_are_ended_by_their_ids_by_their_instances_or_by_both);

async fn r4_only_holds_that_are_on_an_instance_and_on_those_named_beside_them_are_ended(kind: &str) {
    let ground = Ground::new(kind).await;
    let ids = instances(&ground, 2).await;
    let holds = made(hold_instances(&ground.app, &request("holdInstances"), &holding(&ids))).await.holds;
    let service: i64 = ground.app.db.query(sql!("SELECT id FROM service")).scalar().await.unwrap();
    let service = Reference::by_id(&SERVICE, format!("svc_{service}"));
    let freeze = Freeze { service, reason: "sale".to_owned(), until: None, include_reverts: false };
    let freezes = made(crate::catalog::freeze::freeze(&ground.app, &request("freezeService"), &freeze)).await.holds;
    let sent = request("endHolds");
    let refused = async |instances: Option<&[i64]>, holds: Option<&[i64]>| {
        wrong(end_holds(&ground.app, &sent, &ending(instances, holds))).await
    };
    assert_eq!(refused(None, None).await, ["REQUIRED"]);
    assert_eq!(refused(Some(&ids[..1]), Some(&holds)).await, [format!("INVALID input.holdIds hld_{}", holds[1])]);
    assert_eq!(refused(None, Some(&freezes)).await, [format!("INVALID input.holdIds hld_{}", freezes[0])]);
    assert_eq!(refused(Some(&ids[..1]), Some(&[99])).await, ["NOT_FOUND input.holdIds hld_99"]);
    assert_eq!(refused(Some(&ids), Some(&[])).await, ["REQUIRED input.holdIds"]);
    assert_eq!(refused(Some(&[]), Some(&holds[..1])).await[0], "REQUIRED input.instanceIds");
    assert_eq!(ground.instance_events(ids[0]).await.len(), 1);
}
testkit::on_both!(r4_only_holds_that_are_on_an_instance_and_on_those_named_beside_them_are_ended);

async fn r10_the_same_key_answers_with_the_same_holds(kind: &str) {
    let ground = Ground::new(kind).await;
    let ids = instances(&ground, 3).await;
    let order = [ids[2], ids[0], ids[1]];
    let sent = keyed_request("holdInstances", json!({ "reason": "disk" }), Some("k"));
    let first = made(hold_instances(&ground.app, &sent, &holding(&order))).await;
    assert_eq!(made(hold_instances(&ground.app, &sent, &holding(&order))).await, first);
    assert_eq!(ground.instance_events(ids[0]).await.len(), 1);
}
testkit::on_both!(r10_the_same_key_answers_with_the_same_holds);

async fn r17_holds_that_have_expired_are_ended_with_one_event_each(kind: &str) {
    let ground = Ground::new(kind).await;
    let ids = instances(&ground, 2).await;
    let sent = request("holdInstances");
    let until = Some(Timestamp(Timestamp::now().0 + 3_600_000));
    let first = made(hold_instances(&ground.app, &sent, &HoldInstances { until, ..holding(&ids) })).await.holds;
    let second = made(hold_instances(&ground.app, &sent, &HoldInstances { until, ..holding(&ids[..1]) })).await.holds;
    let stays = made(hold_instances(&ground.app, &sent, &holding(&ids[1..]))).await.holds;
    assert_eq!(end_expired(&ground.app.db).await.unwrap(), 0);
    ground.pass(&[first[0], first[1], second[0]]).await;
    // It counts for nothing already, and is not there to be ended by a person.
    let off = request("endHolds");
    assert_eq!(made(end_holds(&ground.app, &off, &ending(Some(&ids[..1]), None))).await.holds, Vec::<i64>::new());
    let (one, two) = tokio::join!(end_expired(&ground.app.db), end_expired(&ground.app.db));
    assert_eq!(one.unwrap() + two.unwrap(), 3);
    assert_eq!(ground.instance_events(ids[0]).await[2..], [held(4, false), held(5, false)]);
    assert_eq!(ground.instance_events(ids[1]).await[2..], [held(4, true)]);
    let rows: Vec<(i64, bool, Option<String>)> = ground
        .app
        .db
        .query(sql!(
            "SELECT id, ended_at = until AS by_itself, ended_by FROM hold WHERE ended_at IS NOT NULL ORDER BY id"
        ))
        .all()
        .await
        .unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|(id, by_itself, by)| *id != stays[0] && *by_itself && by.is_none()));
}
testkit::on_both!(r17_holds_that_have_expired_are_ended_with_one_event_each);
