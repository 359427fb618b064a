//! What subscribers may keep in memory: one reading holds no more objects than a message may, what waits for slow ones is
//! bounded in bytes, and whoever does not come to fetch what was read holds up nobody.

use crate::reads::fleet::Fleet;
use crate::reads::watcher::{ASLEEP, Watcher, instance_change, parsed};
use async_graphql::{Request, Variables};
use futures_util::FutureExt;
use lockkeeper::domain::{Caller, Role};
use lockkeeper::events::{Waking, keep};
use lockkeeper::graphql::MessageObjects;
use lockkeeper::limits::{Bytes, Limits};
use lockkeeper::watch::{Body, Messages};
use lockkeeper::wire::cursor;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::on_both;
use tokio::time::{sleep, timeout};

/// The longest that something may take that should happen soon.
const PATIENCE: Duration = Duration::from_secs(30);

const HEAVY: &str = "subscription($after: String) { instanceStatusChanged(after: $after) {
    cursor revision instance { id host { hostname } service { instances(first: 50) { nodes { id } } } } } }";

fn viewer() -> Caller {
    Caller::new("ann", Role::Viewer, "token 1")
}

/// A request that begins behind a place.
fn behind(watcher: &Watcher, document: &str, after: i64) -> Request {
    let after = cursor::event(watcher.fleet().app.db.log_id(), after);
    Request::new(document).variables(Variables::from_json(json!({ "after": after })))
}

async fn event(messages: &mut Messages) -> Value {
    let message = timeout(PATIENCE, messages.next()).await.expect("a message in time").expect("it goes on");
    parsed(&message)["data"]["instanceStatusChanged"].take()
}

async fn a_reading_takes_as_many_rows_as_objects_fit(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 2).await;
    fleet.edit(&[1; 12]).await;
    let watcher = Watcher::new(fleet, ASLEEP).await;
    let db = &watcher.fleet().app.db;
    // Its group looks whether something is live.
    sleep(Duration::from_millis(100)).await;
    let mut statements = Vec::new();
    for (objects, most) in [(1, 500), (2500, 2), (4999, 1), (5000, 1)] {
        let request = behind(&watcher, HEAVY, 0).data(MessageObjects(objects));
        let mut messages = watcher.subscribe(viewer(), request).await;
        let before = db.statements();
        for revision in 1..=12 {
            assert_eq!(event(&mut messages).await["revision"], revision, "{kind}: {most} at once");
        }
        statements.push(db.statements() - before);
    }
    // Each reading is one statement, and one for the events themselves.
    assert!(statements[0] <= 4, "{kind}: {statements:?}");
    assert!(statements[1] >= 2 * 6, "{kind}: {statements:?}");
    assert!(statements[2] >= 2 * 12 && statements[3] >= 2 * 12, "{kind}: {statements:?}");
}
on_both!(a_reading_takes_as_many_rows_as_objects_fit);

#[tokio::test]
async fn a_message_that_may_hold_too_much_is_refused_with_the_setting_and_the_limit() {
    let watcher = Watcher::new(Fleet::of("sqlite", 1, 1, 1).await, ASLEEP).await;
    let request = Request::new("subscription { instanceStatusChanged { revision } }").data(MessageObjects(5001));
    let mut messages = watcher.subscribe(viewer(), request).await;
    let refused = parsed(&messages.next().await.expect("it says why"))["errors"][0].take();
    assert_eq!(refused["extensions"]["code"], "TOO_COMPLEX", "{refused:#}");
    let message = refused["message"].as_str().unwrap();
    assert!(["`message_objects`", "5000", "5001"].iter().all(|part| message.contains(part)), "{message}");
    assert!(messages.next().await.is_none());
}

async fn i5_slow_subscribers_keep_no_more_than_their_bytes_and_get_each_event_once(kind: &str) {
    const EVENTS: i64 = 120;
    const SUBSCRIBERS: usize = 12;
    let limits = Limits { queue_bytes_per_subscriber: Bytes(3000), queue_bytes: Bytes(20_000), ..Limits::default() };
    let fleet = Fleet::of(kind, 1, 1, 20).await;
    let watcher = Watcher::limited(fleet, Waking::default(), &limits).await;
    watcher.append(instance_change(1, 1)).await;
    let mut subscribers = Vec::new();
    for number in 0..SUBSCRIBERS {
        // Those who begin live and those who catch up, in groups of their own and in one.
        let document = "\n".repeat(number % 3) + HEAVY;
        let after = i64::from(number % 2 != 0);
        subscribers.push((watcher.subscribe(viewer(), behind(&watcher, &document, after)).await, after));
    }
    for revision in 2..=EVENTS {
        watcher.append(instance_change(1, revision)).await;
        // Each of them comes once in a while, and looks at one message.
        let (messages, last) = &mut subscribers[revision as usize % SUBSCRIBERS];
        assert_eq!(event(messages).await["revision"], *last + 1, "{kind}");
        *last += 1;
        // What is being read for one is not yet counted when it is too much.
        let used = watcher.groups().queues().used();
        assert!(used <= 20_000 + 5_000, "{kind}: {used} bytes wait");
    }
    for (messages, last) in &mut subscribers {
        while *last < EVENTS {
            assert_eq!(event(messages).await["revision"], *last + 1, "{kind}");
            *last += 1;
        }
    }
    drop(subscribers);
    let freed = async {
        while watcher.groups().queues().used() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, freed).await.expect("nothing waits for nobody");
}
on_both!(threads i5_slow_subscribers_keep_no_more_than_their_bytes_and_get_each_event_once);

async fn i5_messages_larger_than_a_queue_come_one_by_one(kind: &str) {
    let limits = Limits { queue_bytes_per_subscriber: Bytes(10), queue_bytes: Bytes(10), ..Limits::default() };
    let fleet = Fleet::of(kind, 1, 1, 2).await;
    fleet.edit(&[1; 20]).await;
    let watcher = Watcher::limited(fleet, Waking::default(), &limits).await;
    let mut messages = watcher.subscribe(viewer(), behind(&watcher, HEAVY, 0)).await;
    for revision in 1..=20 {
        assert_eq!(event(&mut messages).await["revision"], revision, "{kind}");
    }
    watcher.append(instance_change(1, 21)).await;
    assert_eq!(event(&mut messages).await["revision"], 21, "{kind}");
}
on_both!(i5_messages_larger_than_a_queue_come_one_by_one);

async fn an_error_ends_a_subscription_after_it_is_reported(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 2).await;
    fleet.edit(&[1; 20]).await;
    let watcher = Watcher::new(fleet, Waking::default()).await;
    let mut messages = watcher.subscribe(viewer(), behind(&watcher, HEAVY, 5)).await;
    // What is behind its place goes before it is read.
    keep(&watcher.fleet().app.db, Duration::ZERO).await.unwrap();
    watcher.append(instance_change(1, 21)).await;
    let message = timeout(PATIENCE, messages.next()).await.expect("in time").expect("it says why");
    assert_eq!(parsed(&message)["errors"][0]["extensions"]["code"], "CURSOR_EXPIRED", "{kind}");
    assert!(timeout(PATIENCE, messages.next()).await.expect("in time").is_none(), "{kind}");
}
on_both!(an_error_ends_a_subscription_after_it_is_reported);

async fn who_does_not_come_to_read_holds_up_nobody(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 2).await;
    fleet.edit(&[1; 20]).await;
    let watcher = Watcher::new(fleet, Waking::default()).await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        // As when a socket is full: it begins to read, and is not looked at any more.
        let mut messages = watcher.subscribe(viewer(), behind(&watcher, HEAVY, 0)).await;
        assert!(messages.ready().now_or_never().is_none(), "{kind}: it has to be read first");
        idle.push(messages);
    }
    let mut busy = watcher.subscribe(viewer(), behind(&watcher, HEAVY, 0)).await;
    for revision in 1..=20 {
        assert_eq!(event(&mut busy).await["revision"], revision, "{kind}");
    }
    for messages in &mut idle {
        assert_eq!(event(messages).await["revision"], 1, "{kind}");
    }
}
on_both!(who_does_not_come_to_read_holds_up_nobody);

#[tokio::test]
async fn a_reading_ends_when_the_last_who_waited_for_it_has_gone() {
    let watcher = Watcher::new(Fleet::of("postgres", 1, 1, 2).await, Waking::default()).await;
    let fleet = watcher.fleet();
    // As many different readings as have their turn at a time, and two subscribers of each.
    let mut subscribers = Vec::new();
    for number in 0..4 {
        let document = format!(
            "subscription {{ instanceStatusChanged {{ revision instance {{ h{number}: host {{ hostname }} }} }} }}"
        );
        for _ in 0..2 {
            subscribers.push(watcher.subscribe(viewer(), Request::new(&document)).await);
        }
    }
    let locked = fleet.rows.lock("host").await;
    watcher.append(instance_change(1, 1)).await;
    let waiting = async {
        while fleet.rows.waiting_for("host").await < 4 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("all of them read");
    // It comes when they have all turns, and has to read what happened.
    let light = "subscription($after: String) { instanceStatusChanged(after: $after) { revision instance { id } } }";
    let mut other = watcher.subscribe(viewer(), behind(&watcher, light, 0)).await;
    // One of each two goes: the others still wait for what is read, and nobody else has a turn.
    for left in (0..4).rev() {
        drop(subscribers.remove(2 * left));
    }
    for subscriber in &mut subscribers {
        assert!(subscriber.ready().now_or_never().is_none());
    }
    assert!(timeout(Duration::from_millis(100), other.ready()).await.is_err());
    // The last one goes, and its turn is free, though the lock is there.
    let last = subscribers.split_off(1);
    drop(subscribers);
    assert_eq!(event(&mut other).await["revision"], 1);
    drop(locked);
    for mut subscriber in last {
        let message = timeout(PATIENCE, subscriber.next()).await.expect("in time").expect("it goes on");
        assert!(matches!(message.body, Body::Written(_)), "{message:?}");
    }
}

/// Lets all tasks of this thread go on until each of them waits.
async fn everybody_waits() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn callers_have_their_turns_to_read_in_rotation() {
    let fleet = Fleet::of("postgres", 1, 1, 2).await;
    fleet.edit(&[1; 3]).await;
    let watcher = Watcher::new(fleet, Waking::default()).await;
    let fleet = watcher.fleet();
    let (many, other) = (viewer(), Caller { name: "bob".into(), ..viewer() });
    // One caller's subscribers, each with a reading of its own, wait behind the lock; then one of another caller does.
    let locked = fleet.rows.lock("host").await;
    let mut received = tokio::task::JoinSet::new();
    for number in 0..80 {
        let document = "\n".repeat(number) + HEAVY;
        let mut messages = watcher.subscribe(many.clone(), behind(&watcher, &document, 0)).await;
        received.spawn(async move { (number, event(&mut messages).await) });
    }
    let waiting = async {
        while fleet.rows.waiting_for("host").await < 4 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("some of them read, and the others wait");
    everybody_waits().await;
    let document = "\n".repeat(80) + HEAVY;
    let mut messages = watcher.subscribe(other, behind(&watcher, &document, 0)).await;
    received.spawn(async move { (80, event(&mut messages).await) });
    everybody_waits().await;
    drop(locked);
    let mut order = Vec::new();
    while let Some(next) = received.join_next().await {
        order.push(next.unwrap().0);
    }
    let before = order.iter().position(|number| *number == 80).unwrap();
    // It reads twice: what happened, and what is told of it. In the order in which they came, it would be the last.
    assert!(before < 50, "{before} of 80 were told before the other caller: {order:?}");
}
