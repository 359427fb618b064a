//! Subscriptions through the schema: what each tells, in what order, and what is refused.

use crate::reads::fleet::Fleet;
use crate::reads::watcher::{ASLEEP, Watcher, next, parsed, release_change};
use async_graphql::Request;
use futures_util::StreamExt;
use lockkeeper::domain::event::{Changed, ServiceChange};
use lockkeeper::domain::event::{ReleaseEventKind, ServiceEventKind};
use lockkeeper::domain::{Caller, Role};
use lockkeeper::events::Waking;
use lockkeeper::graphql::Place;
use lockkeeper::watch::Message;
use lockkeeper::wire::cursor;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use testkit::on_both;
use testkit::rows;

fn service_change(kind: ServiceEventKind, version_id: Option<i64>) -> Changed {
    Changed::Service(ServiceChange { kind, version_id, hold_id: None })
}

async fn each_event_is_a_message_with_its_cursor_and_a_batch_is_read_at_once(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 2).await;
    fleet.edit(&[1, 1, 2, 1]).await;
    let watcher = Watcher::new(fleet, ASLEEP).await;
    let (db, log) = (&watcher.fleet().app.db, watcher.fleet().app.db.log_id());
    // The tail looks once where the log ends.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let query = format!(
        "subscription {{ e: instanceStatusChanged(filter: {{ serviceIds: [\"svc_1\"], kinds: [EDIT] }}, after: \"{}\") {{ cursor revision hostname instance {{ id host {{ hostname }} }} release {{ id }} }} }}",
        cursor::event(log, 1)
    );
    let before = db.statements();
    let messages: Vec<Arc<Message>> = watcher.watch(&query).take(3).collect().await;
    // The ends of the log, the service that is named, the events, and all their instances: releases are named by none.
    // And what comes live, which nobody was told before.
    assert_eq!(db.statements() - before, 5, "{kind}");
    for (message, (position, instance, revision)) in messages.iter().zip([(2, 1, 2), (3, 2, 1), (4, 1, 3)]) {
        let host = format!("host-00{instance}");
        let expected = json!({ "data": { "e": { "cursor": cursor::event(log, position), "revision": revision, "hostname": host,
                "instance": { "id": format!("ins_{instance}"), "host": { "hostname": host } }, "release": null } } });
        assert_eq!(parsed(message), expected, "{kind}");
        assert_eq!(message.cursor, Some(cursor::event(log, position)));
    }
}
on_both!(each_event_is_a_message_with_its_cursor_and_a_batch_is_read_at_once);

/// What a service, a release and an instance go through, mixed in one log.
async fn mixed(kind: &str) -> Watcher {
    let fleet = Fleet::of(kind, 2, 2, 2).await;
    fleet.insert(rows::release_of(1, 1, 2, &[1])).await;
    let watcher = Watcher::new(fleet, Waking::default()).await;
    watcher.append(service_change(ServiceEventKind::VersionRegistered, Some(1))).await;
    watcher.append(release_change(1, 1, 0, ReleaseEventKind::Accepted)).await;
    watcher.fleet().edit(&[1, 2]).await;
    watcher.append(service_change(ServiceEventKind::Edited, None)).await;
    watcher.append(release_change(1, 2, 1, ReleaseEventKind::TargetFinished)).await;
    watcher.append(service_change(ServiceEventKind::BuildReported, Some(2))).await;
    watcher
}

async fn i5_each_subscription_tells_its_own_events_and_goes_on_at_every_cut(kind: &str) {
    let cases = [
        ("serviceChanged", "kind serviceId version { id }", "", vec![1, 5, 7]),
        ("serviceChanged", "kind", "filter: { kinds: [EDITED, BUILD_REPORTED] }", vec![5, 7]),
        ("serviceChanged", "kind", "filter: { versionIds: [\"ver_2\"] }", vec![7]),
        (
            "serviceChanged",
            "kind",
            "filter: { serviceIds: [\"svc_1\"], versionIds: [\"ver_1\", \"ver_2\"] }",
            vec![1, 7],
        ),
        ("releaseStatusChanged", "kind revision status progress { total succeeded } release { id }", "", vec![2, 6]),
        ("releaseStatusChanged", "kind", "filter: { releaseIds: [\"rel_1\"], kinds: [TARGET_FINISHED] }", vec![6]),
        ("instanceStatusChanged", "kind revision", "filter: { serviceIds: [\"svc_1\"] }", vec![3, 4]),
        ("instanceStatusChanged", "kind", "filter: { hostnames: [\"host-002\", \"host-002\"] }", vec![4]),
        (
            "instanceStatusChanged",
            "kind",
            "filter: { services: [\"svc-002\", \"svc-001\"], serviceIds: [\"svc_1\"], hostIds: [\"hst_1\"], hostnames: [\"host-001\"] }",
            vec![3],
        ),
        ("serviceChanged", "kind", "filter: { services: [\"svc-001\"], kinds: [EDITED] }", vec![5]),
        ("releaseStatusChanged", "kind", "filter: { services: [\"svc-001\"] }", vec![2, 6]),
    ];
    let watcher = mixed(kind).await;
    let log = watcher.fleet().app.db.log_id();
    for (name, fields, filter, positions) in &cases {
        let document = |cut| {
            let after = cursor::event(log, cut);
            format!("subscription {{ {name}(after: \"{after}\" {filter}) {{ cursor {fields} }} }}")
        };
        let all: Vec<Value> =
            watcher.watch(&document(0)).take(positions.len()).map(|message| parsed(&message)).collect().await;
        let received: Vec<_> = all.iter().map(|event| event["data"][*name]["cursor"].as_str().unwrap()).collect();
        let expected: Vec<_> = positions.iter().map(|position| cursor::event(log, *position)).collect();
        assert_eq!(received, expected, "{kind}: {name} {filter}");
        for cut in 0..7 {
            let rest = positions.iter().filter(|position| **position > cut).count();
            // Said as an argument, and as a place that wins over it.
            for (document, place) in
                [(document(cut), Place::default()), (document(0), Place::new(&cursor::event(log, cut)))]
            {
                let again: Vec<Value> =
                    watcher.watch_from(&document, &place).take(rest).map(|message| parsed(&message)).collect().await;
                assert_eq!(again, all[all.len() - rest..], "{kind}: {name} behind {cut}");
            }
        }
    }
}
on_both!(i5_each_subscription_tells_its_own_events_and_goes_on_at_every_cut);

async fn what_events_tell_is_what_was_true_with_the_things_as_they_are(kind: &str) {
    let watcher = mixed(kind).await;
    let start = cursor::event(watcher.fleet().app.db.log_id(), 0);
    let releases = format!(
        "subscription {{ releaseStatusChanged(after: \"{start}\") {{ kind releaseId revision serviceId serviceName action status causedBy target {{ id }} release {{ id status }} progress {{ total queued succeeded }} }} }}"
    );
    let mut messages = watcher.watch(&releases);
    next(&mut messages).await;
    let second = parsed(&next(&mut messages).await.unwrap());
    let expected = json!({ "data": { "releaseStatusChanged": {
            "kind": "TARGET_FINISHED", "releaseId": "rel_1", "revision": 2, "serviceId": "svc_1", "serviceName": "svc-001",
            "action": "UPGRADE", "status": "RUNNING", "causedBy": "ann", "target": null,
            "release": { "id": "rel_1", "status": "PENDING" }, "progress": { "total": 4, "queued": 3, "succeeded": 1 } } } });
    assert_eq!(second, expected, "{kind}");
    let services = format!(
        "subscription {{ serviceChanged(after: \"{start}\") {{ kind serviceId service {{ name }} version {{ name }} hold {{ id }} causedBy }} }}"
    );
    let first = parsed(&next(&mut watcher.watch(&services)).await.unwrap());
    let expected = json!({ "data": { "serviceChanged": { "kind": "VERSION_REGISTERED", "serviceId": "svc_1",
            "service": { "name": "svc-001" }, "version": { "name": "1.0.0" }, "hold": null, "causedBy": "ann" } } });
    assert_eq!(first, expected, "{kind}");
}
on_both!(what_events_tell_is_what_was_true_with_the_things_as_they_are);

async fn a_quiet_filter_tells_how_far_it_has_looked(kind: &str) {
    let watcher = mixed(kind).await;
    let log = watcher.fleet().app.db.log_id();
    let document = format!(
        "subscription {{ instanceStatusChanged(after: \"{}\", filter: {{ kinds: [HOLD] }}) {{ kind }} }}",
        cursor::event(log, 2)
    );
    let caller = Caller::new("ann", Role::Viewer, "token 1");
    let mut messages = watcher.subscribe(caller, Request::new(&document)).await;
    assert_eq!(messages.read_to(), Some(cursor::event(log, 2)), "{kind}: where it began");
    assert!(tokio::time::timeout(Duration::from_millis(300), messages.next()).await.is_err(), "nothing matches");
    assert_eq!(messages.read_to(), Some(cursor::event(log, 7)), "{kind}");
    assert_eq!(messages.read_to(), None, "it is told once");
    watcher.append(service_change(ServiceEventKind::Edited, None)).await;
    assert!(tokio::time::timeout(Duration::from_millis(300), messages.next()).await.is_err());
    assert_eq!(messages.read_to(), Some(cursor::event(log, 8)), "{kind}");
}
on_both!(a_quiet_filter_tells_how_far_it_has_looked);

async fn i5_a_place_that_is_none_is_refused_by_each_subscription_of_events(kind: &str) {
    let watcher = mixed(kind).await;
    watcher.fleet().rows.execute("UPDATE event_log SET floor = 2").await;
    let log = watcher.fleet().app.db.log_id();
    for name in ["instanceStatusChanged", "serviceChanged", "releaseStatusChanged"] {
        for (after, code) in [
            ("x".to_owned(), "CURSOR_INVALID"),
            (String::new(), "CURSOR_INVALID"),
            (cursor::line(1, 1), "CURSOR_INVALID"),
            (cursor::event("00000000", 3), "CURSOR_INVALID"),
            (cursor::event(log, 8), "CURSOR_INVALID"),
            (cursor::event(log, 1), "CURSOR_EXPIRED"),
        ] {
            let document = format!("subscription {{ {name}(after: \"{after}\") {{ kind }} }}");
            assert_eq!(watcher.refused(&document).await, (code.into(), "after".into()), "{kind}: {document}");
        }
        let right = format!("subscription {{ {name}(after: \"{}\") {{ kind }} }}", cursor::event(log, 2));
        assert!(parsed(&next(&mut watcher.watch(&right)).await.unwrap())["errors"].is_null());
    }
}
on_both!(i5_a_place_that_is_none_is_refused_by_each_subscription_of_events);

async fn a_filter_is_refused_that_names_too_much_or_what_is_not_there(kind: &str) {
    let watcher = mixed(kind).await;
    let many =
        |prefix: &str, many: usize| (1..=many).map(|id| format!("\"{prefix}_{id}\"")).collect::<Vec<_>>().join(" ");
    for (name, argument, prefix) in [
        ("instanceStatusChanged", "serviceIds", "svc"),
        ("instanceStatusChanged", "releaseIds", "rel"),
        ("instanceStatusChanged", "instanceIds", "ins"),
        ("instanceStatusChanged", "hostIds", "hst"),
        ("serviceChanged", "serviceIds", "svc"),
        ("serviceChanged", "versionIds", "ver"),
        ("releaseStatusChanged", "serviceIds", "svc"),
        ("releaseStatusChanged", "releaseIds", "rel"),
    ] {
        let blamed = format!("filter.{argument}");
        for (ids, code) in [
            (many(prefix, 501), "BAD_REQUEST"),
            (many(prefix, 500), "BAD_REQUEST NOT_FOUND"),
            ("\"hld_1\"".to_owned(), "BAD_REQUEST WRONG_TYPE"),
            ("\"nonsense\"".to_owned(), "BAD_REQUEST NOT_FOUND"),
        ] {
            let document = format!("subscription {{ {name}(filter: {{ {argument}: [{ids}] }}) {{ kind }} }}");
            assert_eq!(watcher.refused(&document).await, (code.into(), blamed.clone()), "{kind}: {document}");
        }
    }
    for wrong in [
        "{ serviceChanged { nope } }",
        "{ releaseLog { text } }",
        "{ a: serviceChanged { kind } b: serviceChanged { kind } }",
    ] {
        assert_eq!(watcher.refused(&format!("subscription {wrong}")).await.0, "GRAPHQL_VALIDATION_FAILED", "{wrong}");
    }
}
on_both!(a_filter_is_refused_that_names_too_much_or_what_is_not_there);
