use super::*;
use crate::catalog::end_expired;
use crate::catalog::freeze::{FleetFreeze, Freeze, Unfreeze, freeze, freeze_fleet, unfreeze, unfreeze_fleet};
use crate::catalog::window::{self, CreateWindow};
use crate::domain::Word;
use crate::domain::calendar::Weekday;
use crate::domain::reference::SERVICES;

fn freezing(service: i64) -> Freeze {
    Freeze {
        service: Reference::by_id(&SERVICE, format!("svc_{service}")),
        reason: "sale".to_owned(),
        until: None,
        include_reverts: false,
    }
}

fn thawing(service: i64, holds: Option<&[&str]>) -> Unfreeze {
    let hold_ids = holds.map(|holds| holds.iter().map(|id| (*id).to_owned()).collect());
    Unfreeze { service: Reference::by_id(&SERVICE, format!("svc_{service}")), hold_ids }
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
        service: Reference::by_id(&SERVICE, "svc_99"),
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

/// The subject and the kind of an event, its service and its hold, and who caused it.
type FrozenEvent = (String, String, Option<i64>, Option<i64>, String);

async fn r17_a_freeze_of_the_fleet_that_has_expired_is_ended_with_an_event_of_the_fleet(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let until = Some(Timestamp(Timestamp::now().0 + 3_600_000));
    let fleet = FleetFreeze { reason: "sale".to_owned(), until, include_reverts: false };
    let due = made(freeze_fleet(&ground.app, &request("freezeFleet"), &fleet)).await;
    let own = made(freeze(&ground.app, &request("freezeService"), &Freeze { until, ..freezing(service) })).await.holds;
    let stays = made(freeze_fleet(&ground.app, &request("freezeFleet"), &FleetFreeze { until: None, ..fleet })).await;
    ground.pass(&[due, own[0]]).await;
    // It has no effect any more, so nobody can end it.
    made(unfreeze_fleet(&ground.app, &request("unfreezeFleet"))).await;
    assert_eq!(end_expired(&ground.app.db).await.unwrap(), 2);
    let events: Vec<FrozenEvent> = ground
        .app
        .db
        .query(sql!(
            "SELECT subject, kind, service_id, hold_id, caused_by FROM event WHERE kind = 'UNFROZEN' ORDER BY 4, 1"
        ))
        .all()
        .await
        .unwrap();
    let event =
        |subject: &str, service, hold, by: &str| (subject.into(), "UNFROZEN".into(), service, Some(hold), by.into());
    let expected = [
        event("FLEET", None, due, "lockkeeper"),
        event("SERVICE", Some(service), own[0], "lockkeeper"),
        event("FLEET", None, stays, "ann"),
    ];
    assert_eq!(events, expected);
}
testkit::on_both!(r17_a_freeze_of_the_fleet_that_has_expired_is_ended_with_an_event_of_the_fleet);

async fn r17_the_periods_of_a_window_are_listed_once_and_go_on(kind: &str) {
    let ground = Ground::new(kind).await;
    let input = |days: &[Weekday]| CreateWindow {
        services: Reference::omitted(&SERVICES),
        time_zone: "Europe/Berlin".to_owned(),
        days: days.to_vec(),
        from: "00:00".to_owned(),
        to: "24:00".to_owned(),
        include_reverts: false,
        reason: "weekend".to_owned(),
    };
    let sent = request("createFreezeWindow");
    let weekend = made(window::create(&ground.app, &sent, &input(&[Weekday::Saturday, Weekday::Sunday]))).await;
    let week: Vec<Weekday> = Weekday::ALL.iter().map(|(day, ..)| *day).collect();
    let always = made(window::create(&ground.app, &sent, &input(&week))).await;
    let periods = async |window: i64| -> Vec<(Timestamp, Option<Timestamp>)> {
        let listed = sql!("SELECT opens_at, closes_at FROM freeze_period WHERE window_id = $1 ORDER BY opens_at");
        ground.app.db.query(listed).bind(window).all().await.unwrap()
    };
    let first = periods(weekend).await;
    assert!((8..=10).contains(&first.len()), "60 days have {} weekends", first.len());
    let once = periods(always).await;
    assert_eq!(once.iter().map(|(_, closes_at)| *closes_at).collect::<Vec<_>>(), [None]);
    assert_eq!(window::list_periods(&ground.app.db).await.unwrap(), 0, "they are listed for weeks");
    // As if they had been listed up to a time at which the window is open.
    let (opens_at, closes_at) = first[1];
    let middle = Timestamp(opens_at.0.midpoint(closes_at.unwrap().0));
    let mut tx = ground.app.db.begin().await.unwrap();
    tx.query(sql!("DELETE FROM freeze_period WHERE opens_at > $1")).bind(middle).execute().await.unwrap();
    tx.query(sql!("UPDATE freeze_window SET listed_until = $1")).bind(middle).execute().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(window::list_periods(&ground.app.db).await.unwrap(), 2);
    // One more may have begun to be listed in the meantime.
    assert_eq!(periods(weekend).await[..first.len()], first);
    assert_eq!(periods(always).await, once);
}
testkit::on_both!(r17_the_periods_of_a_window_are_listed_once_and_go_on);
