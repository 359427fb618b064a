//! Subscribers that are told the same are a group, which is told once for all of them; nobody is told what is meant for
//! others, and each is told its own from the place at which it began.

use crate::reads::fleet::Fleet;
use crate::reads::watcher::{Watcher, instance_change, parsed, release_change};
use async_graphql::{Request, Variables};
use lockkeeper::domain::event::ReleaseEventKind;
use lockkeeper::domain::{Caller, Role};
use lockkeeper::events::Waking;
use lockkeeper::watch::{Message, Messages};
use lockkeeper::wire::cursor;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use testkit::on_both;
use testkit::rows;

/// Woken by events alone, so that statements can be counted.
const WOKEN: Waking = Waking { poll: Duration::from_hours(1), hints: true };

fn caller(name: &str, role: Role) -> Caller {
    Caller::new(name, role, "token 1")
}

async fn next(messages: &mut Messages) -> Option<Arc<Message>> {
    tokio::time::timeout(Duration::from_secs(20), messages.next()).await.expect("a message in time")
}

/// The next event.
async fn event(messages: &mut Messages) -> Value {
    parsed(&next(messages).await.expect("it goes on"))["data"]["instanceStatusChanged"].take()
}

async fn equal_subscribers_cost_what_one_costs(kind: &str) {
    let document = "subscription { instanceStatusChanged { revision instance { id host { hostname } } } }";
    let watcher = Watcher::new(Fleet::of(kind, 1, 1, 1).await, WOKEN).await;
    let db = &watcher.fleet().app.db;
    let mut subscribers = Vec::new();
    let mut costs = Vec::new();
    for (many, seen) in [(1, 0), (200, 2)] {
        while subscribers.len() < many {
            let name = format!("caller-{}", subscribers.len());
            subscribers.push(watcher.subscribe(caller(&name, Role::Viewer), Request::new(document)).await);
        }
        assert_eq!(watcher.groups().len(), 1, "{kind}");
        // The first event wakes whatever has just begun.
        for revision in seen + 1..=seen + 2 {
            let before = db.statements();
            watcher.append(instance_change(1, revision)).await;
            let mut received = Vec::new();
            for subscriber in &mut subscribers {
                received.push(next(subscriber).await.expect("it goes on"));
            }
            if revision == seen + 2 {
                costs.push(db.statements() - before);
            }
            assert_eq!(parsed(&received[0])["data"]["instanceStatusChanged"]["revision"], revision, "{kind}");
            assert!(received.iter().all(|message| Arc::ptr_eq(message, &received[0])), "{kind}: written once");
        }
    }
    // The tail may look once more.
    assert!(costs[1] <= costs[0] + 1, "{kind}: {costs:?}");
    drop(subscribers);
    assert_eq!(watcher.groups().len(), 0, "{kind}: a group ends with its last subscriber");
    ended(&watcher).await;
}
on_both!(equal_subscribers_cost_what_one_costs);

async fn an_event_takes_as_many_statements_for_many_filters_as_for_one(kind: &str) {
    const MANY: usize = 40;
    let document = "subscription($filter: InstanceEventFilter) {
        instanceStatusChanged(filter: $filter) { revision instance { id host { hostname } } } }";
    let watcher = Watcher::new(Fleet::of(kind, 1, 1, MANY as i64).await, WOKEN).await;
    let db = &watcher.fleet().app.db;
    let (mut subscribers, mut costs) = (Vec::new(), Vec::new());
    for (many, seen) in [(1, 0), (MANY, 2)] {
        while subscribers.len() < many {
            // All of them fit, each in its own way.
            let hosts = BTreeSet::from([1, subscribers.len() + 1]).into_iter().map(|host| format!("hst_{host}"));
            let filter = json!({ "filter": { "hostIds": hosts.collect::<Vec<_>>() } });
            let request = Request::new(document).variables(Variables::from_json(filter));
            subscribers.push(watcher.subscribe(caller("ann", Role::Viewer), request).await);
        }
        assert_eq!(watcher.groups().len(), many, "{kind}");
        // The first event wakes whatever has just begun.
        for revision in seen + 1..=seen + 2 {
            let before = db.statements();
            watcher.append(instance_change(1, revision)).await;
            for subscriber in &mut subscribers {
                let event = event(subscriber).await;
                assert_eq!(event["revision"], revision, "{kind}");
                assert_eq!(event["instance"]["host"]["hostname"], "host-001", "{kind}");
            }
            if revision == seen + 2 {
                costs.push(db.statements() - before);
            }
        }
    }
    // The tail may look once more.
    assert!(costs[1] <= costs[0] + 1, "{kind}: {costs:?}");
}
on_both!(an_event_takes_as_many_statements_for_many_filters_as_for_one);

/// Waits until nobody follows the log any more.
async fn ended(watcher: &Watcher) {
    let ended = async {
        while watcher.groups().tail().followers() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended).await.expect("whoever was dropped follows no more");
}

async fn what_differs_in_rights_variables_or_selection_is_not_mixed_up(kind: &str) {
    let watch = "subscription($filter: InstanceEventFilter, $after: String, $first: Int) {
        instanceStatusChanged(filter: $filter, after: $after) { hostname instance { service { versions(first: $first) { nodes { id } } } } } }";
    let mine = "subscription { instanceStatusChanged { hostname instance { service {
        releases(filter: { idempotencyKeys: [\"key-1\"] }) { nodes { id } } } } } }";
    let fleet = Fleet::of(kind, 1, 3, 2).await;
    fleet.insert(rows::release_of(1, 1, 2, &[1])).await;
    fleet.edit(&[2]).await;
    let watcher = Watcher::new(fleet, WOKEN).await;
    let now = cursor::event(watcher.fleet().app.db.log_id(), 1);
    let ask = |document: &str, variables: Value| Request::new(document).variables(Variables::from_json(variables));
    let (ann, bob, admin) = (caller("ann", Role::Viewer), caller("bob", Role::Viewer), caller("ann", Role::Admin));
    let hosts = |host: i64| json!({ "filter": { "hostIds": [format!("hst_{host}")] }, "first": 1 });
    let mut subscribers = Vec::new();
    // What each is told of, in which group, and how many versions, or how many releases of its own.
    for (caller, request, group, received) in [
        (&ann, ask(watch, json!({ "first": 1 })), 1, ("host-001", 1)),
        (&bob, ask(watch, json!({ "first": 1 })), 1, ("host-001", 1)),
        (&bob, ask(watch, json!({ "first": 1, "after": now })), 1, ("host-001", 1)),
        (&bob, ask(watch, json!({ "first": 1, "filter": {} })), 1, ("host-001", 1)),
        (&admin, ask(watch, json!({ "first": 1 })), 2, ("host-001", 1)),
        (&ann, ask(watch, json!({ "first": 2 })), 3, ("host-001", 2)),
        (&ann, ask(watch, hosts(1)), 4, ("host-001", 1)),
        (&bob, ask(watch, hosts(1)), 4, ("host-001", 1)),
        (&ann, ask(watch, hosts(2)), 5, ("host-002", 1)),
        (&ann, ask(mine, json!({})), 6, ("host-001", 1)),
        (&bob, ask(mine, json!({})), 7, ("host-001", 0)),
    ] {
        subscribers.push((watcher.subscribe(caller.clone(), request).await, received));
        assert_eq!(watcher.groups().len(), group, "{kind}");
    }
    watcher.append(instance_change(1, 1)).await;
    watcher.append(instance_change(2, 2)).await;
    for (number, (subscriber, (hostname, things))) in subscribers.iter_mut().enumerate() {
        let event = event(subscriber).await;
        assert_eq!(event["hostname"], *hostname, "{kind}: {number}");
        let service = &event["instance"]["service"];
        let listed = [&service["versions"]["nodes"], &service["releases"]["nodes"]];
        let listed = listed.iter().find_map(|nodes| nodes.as_array()).expect("a list");
        assert_eq!(listed.len(), *things, "{kind}: {number}");
    }
}
on_both!(what_differs_in_rights_variables_or_selection_is_not_mixed_up);

async fn an_error_in_an_answer_reaches_all_with_where_it_stands_in_their_document(kind: &str) {
    let watcher = Watcher::new(Fleet::of(kind, 1, 1, 1).await, WOKEN).await;
    let document = "subscription { instanceStatusChanged { revision instance { service { versions(after: \"nonsense\") { nodes { id } } } } } }";
    let moved = format!("\n{document}");
    let mut subscribers = Vec::new();
    for document in [document, document, &moved] {
        subscribers.push(watcher.subscribe(caller("ann", Role::Viewer), Request::new(document)).await);
    }
    watcher.append(instance_change(1, 1)).await;
    for (subscriber, line) in subscribers.iter_mut().zip([1, 1, 2]) {
        let answer = parsed(&next(subscriber).await.expect("it goes on"));
        assert_eq!(
            answer["errors"][0]["path"],
            json!(["instanceStatusChanged", "instance", "service", "versions"]),
            "{kind}"
        );
        assert_eq!(answer["errors"][0]["locations"][0]["line"], line, "{kind}");
        assert_eq!(answer["errors"][0]["extensions"]["requestId"], "req-1", "{kind}");
    }
    // And it goes on.
    watcher.append(instance_change(1, 2)).await;
    for subscriber in &mut subscribers {
        assert!(next(subscriber).await.is_some(), "{kind}");
    }
}
on_both!(an_error_in_an_answer_reaches_all_with_where_it_stands_in_their_document);

async fn i5_a_member_that_joins_amid_events_gets_each_of_them_once(kind: &str) {
    const TOTAL: i64 = 600;
    let document = "subscription($after: String, $filter: InstanceEventFilter) {
        instanceStatusChanged(after: $after, filter: $filter) { revision instance { id } } }";
    let watcher = Arc::new(Watcher::new(Fleet::of(kind, 1, 1, 1).await, Waking::default()).await);
    let log = watcher.fleet().app.db.log_id().to_owned();
    let mut following = tokio::task::JoinSet::new();
    for revision in 1..=TOTAL {
        watcher.append(instance_change(1, revision)).await;
        if revision % 20 != 1 {
            continue;
        }
        // From now on, or from somewhere before; every other one is slow, and comes back once.
        let after = if revision % 40 == 1 { revision } else { rand::random_range(0..=revision) };
        let (watcher, log) = (watcher.clone(), log.clone());
        following.spawn(async move {
            let mut last = after;
            for until in [rand::random_range(after..=TOTAL), TOTAL] {
                // Groups come and go, whose selection is the same.
                let filter = json!({ "instanceIds": rand::random::<bool>().then_some(["ins_1"]) });
                let after = cursor::event(&log, last);
                let variables = Variables::from_json(json!({ "after": after, "filter": filter }));
                let request = Request::new(document).variables(variables);
                let mut messages = watcher.subscribe(caller("ann", Role::Viewer), request).await;
                while last < until {
                    assert_eq!(event(&mut messages).await["revision"], last + 1, "behind {after}");
                    last += 1;
                    if revision % 40 == 1 {
                        tokio::time::sleep(Duration::from_millis(rand::random_range(0..10))).await;
                    }
                }
            }
        });
    }
    while let Some(followed) = following.join_next().await {
        followed.unwrap();
    }
    assert_eq!(watcher.groups().len(), 0, "{kind}");
}
on_both!(threads i5_a_member_that_joins_amid_events_gets_each_of_them_once);

async fn what_ends_ends_for_all_and_begins_anew_for_those_who_come_later(kind: &str) {
    let document = "subscription { releaseProgress(releaseId: \"rel_1\") { status progress { succeeded } } }";
    let fleet = Fleet::of(kind, 1, 2, 4).await;
    fleet.insert(rows::release_of(1, 1, 2, &[1, 2, 3, 4])).await;
    let watcher = Watcher::new(fleet, Waking::default()).await;
    let begin = || watcher.subscribe(caller("ann", Role::Viewer), Request::new(document));
    let state = async |messages: &mut Messages| {
        Some(parsed(&*next(messages).await?)["data"]["releaseProgress"]["progress"]["succeeded"].take())
    };
    let mut subscribers = [begin().await, begin().await, begin().await];
    assert_eq!(watcher.groups().len(), 1, "{kind}");
    for subscriber in &mut subscribers {
        assert_eq!(state(subscriber).await, Some(json!(0)), "{kind}: the present state at once");
    }
    watcher.fleet().rows.execute("UPDATE release SET status = 'SUCCEEDED', revision = 2, queued = 0, succeeded = 4, started_at = {at 1}, finished_at = {at 2} WHERE id = 1").await;
    watcher.append(release_change(1, 2, 4, ReleaseEventKind::Finished)).await;
    for subscriber in &mut subscribers {
        assert_eq!(state(subscriber).await, Some(json!(4)), "{kind}");
        assert_eq!(state(subscriber).await, None, "{kind}");
    }
    let mut late = begin().await;
    assert_eq!((state(&mut late).await, state(&mut late).await), (Some(json!(4)), None), "{kind}");
    drop((subscribers, late));
    assert_eq!(watcher.groups().len(), 0, "{kind}");
}
on_both!(what_ends_ends_for_all_and_begins_anew_for_those_who_come_later);
