use super::*;
use crate::catalog::end_expired;
use crate::catalog::freeze::{Freeze, Unfreeze, freeze, unfreeze};

fn freezing(service: i64) -> Freeze {
    Freeze { service_id: format!("svc_{service}"), reason: "sale".to_owned(), until: None, include_reverts: false }
}

fn thawing(service: i64, holds: Option<&[&str]>) -> Unfreeze {
    let hold_ids = holds.map(|holds| holds.iter().map(|id| (*id).to_owned()).collect());
    Unfreeze { service_id: format!("svc_{service}"), hold_ids }
}

async fn r17_a_service_may_be_frozen_several_times_and_is_thawed_one_by_one_or_at_once(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let (on, off) = (request("freezeService"), request("unfreezeService"));
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.extend(made(freeze(&ground.app, &on, &freezing(service))).await.holds);
    }
    let one = format!("hld_{}", ids[1]);
    assert_eq!(made(unfreeze(&ground.app, &off, &thawing(service, Some(&[&one])))).await.holds, [ids[1]]);
    assert_eq!(made(unfreeze(&ground.app, &off, &thawing(service, None))).await.holds, [ids[0], ids[2]]);
    assert!(made(unfreeze(&ground.app, &off, &thawing(service, None))).await.holds.is_empty());
    let expected = ["REGISTERED", "FROZEN", "FROZEN", "FROZEN", "UNFROZEN", "UNFROZEN", "UNFROZEN"];
    assert_eq!(ground.service_events().await, expected);
}
testkit::on_both!(r17_a_service_may_be_frozen_several_times_and_is_thawed_one_by_one_or_at_once);

async fn r4_everything_that_is_wrong_with_a_freeze_is_reported_at_once(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let other = ground.service("api").await;
    let bad = Freeze {
        service_id: "svc_99".to_owned(),
        reason: String::new(),
        until: Some(Timestamp(0)),
        include_reverts: true,
    };
    let expected = ["NOT_FOUND input.serviceId svc_99", "REQUIRED input.reason", "INVALID input.until"];
    assert_eq!(wrong(freeze(&ground.app, &request("freezeService"), &bad)).await, expected);
    let foreign = made(freeze(&ground.app, &request("freezeService"), &freezing(other))).await.holds[0];
    let foreign = format!("hld_{foreign}");
    let sent = request("unfreezeService");
    let expected = [format!("INVALID input.holdIds {foreign}")];
    assert_eq!(wrong(unfreeze(&ground.app, &sent, &thawing(service, Some(&[&foreign])))).await, expected);
}
testkit::on_both!(r4_everything_that_is_wrong_with_a_freeze_is_reported_at_once);

async fn r10_the_same_key_answers_with_the_same_freeze(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let sent = keyed_request("freezeService", json!({ "reason": "sale" }), Some("k"));
    let first = made(freeze(&ground.app, &sent, &freezing(service))).await;
    made(unfreeze(&ground.app, &request("unfreezeService"), &thawing(service, None))).await;
    assert_eq!(made(freeze(&ground.app, &sent, &freezing(service))).await, first);
    assert_eq!(ground.service_events().await, ["REGISTERED", "FROZEN", "UNFROZEN"]);
}
testkit::on_both!(r10_the_same_key_answers_with_the_same_freeze);

async fn r17_a_freeze_that_has_expired_is_ended(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let until = Some(Timestamp(Timestamp::now().0 + 3_600_000));
    let sent = request("freezeService");
    let due = made(freeze(&ground.app, &sent, &Freeze { until, ..freezing(service) })).await.holds;
    made(freeze(&ground.app, &sent, &freezing(service))).await;
    ground.pass(&due).await;
    assert_eq!(end_expired(&ground.app.db).await.unwrap(), 1);
    assert_eq!(end_expired(&ground.app.db).await.unwrap(), 0);
    let events: Vec<(String, Option<i64>, String)> = ground
        .app
        .db
        .query(sql!("SELECT kind, hold_id, caused_by FROM event WHERE kind = 'UNFROZEN'"))
        .all()
        .await
        .unwrap();
    assert_eq!(events, [(text("UNFROZEN"), Some(due[0]), text("lockkeeper"))]);
}
testkit::on_both!(r17_a_freeze_that_has_expired_is_ended);
