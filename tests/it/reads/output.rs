//! `releaseLog`: lines in order, each once, from every cut, to the last line of a release that is over.

use crate::reads::fleet::Fleet;
use crate::reads::watcher::{Watched, Watcher, next, parsed};
use futures_util::StreamExt;
use lockkeeper::domain::Timestamp;
use lockkeeper::domain::target::LogStream;
use lockkeeper::events::Waking;
use lockkeeper::graphql::Place;
use lockkeeper::store::Db;
use lockkeeper::store::output::{NewLine, append};
use lockkeeper::watch::Message;
use lockkeeper::wire::cursor;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::on_both;
use testkit::rows;

/// Two releases: the first has the targets `tgt_1001` and `tgt_1002`, the other one `tgt_2001`.
async fn watcher(kind: &str, waking: Waking) -> Watcher {
    let fleet = Fleet::of(kind, 2, 2, 2).await;
    fleet.insert(rows::release_of(1, 1, 2, &[1, 2])).await;
    fleet.insert(rows::release_of(2, 2, 4, &[3])).await;
    Watcher::new(fleet, waking).await
}

/// Stores lines of these targets of the first release, numbered from `from` on, in one transaction.
async fn write(db: &Db, from: i64, targets: &[i64]) {
    let line = |(number, target_id): (i64, &i64)| NewLine {
        stream_end: None,
        target_id: *target_id,
        hostname: format!("host-{target_id}"),
        attempt: 1,
        stream: LogStream::Stdout,
        text: format!("line {number}"),
        at: Timestamp(rows::BEGIN + number),
    };
    let lines: Vec<NewLine> = (from..).zip(targets).map(line).collect();
    let mut tx = db.begin().await.unwrap();
    append(&mut tx, targets[0] / 1000, &lines).await.unwrap();
    tx.commit().await.unwrap();
}

async fn finish(fleet: &Fleet) {
    fleet
        .rows
        .execute("UPDATE release SET status = 'SUCCEEDED', queued = 0, succeeded = total, started_at = {at 1}, finished_at = {at 9} WHERE id = 1")
        .await;
}

fn log(arguments: &str) -> String {
    format!("subscription {{ releaseLog(releaseId: \"rel_1\" {arguments}) {{ cursor text targetId }} }}")
}

/// The texts of all messages to the end of the stream.
async fn all(mut messages: Watched) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some(message) = next(&mut messages).await {
        texts.push(text(&message));
    }
    texts
}

fn text(message: &Message) -> String {
    let body = parsed(message);
    let line = &body["data"]["releaseLog"];
    assert_eq!(message.cursor.as_deref(), line["cursor"].as_str(), "{body:#}");
    line["text"].as_str().unwrap_or_else(|| panic!("{body:#}")).to_owned()
}

fn lines(numbers: impl IntoIterator<Item = i64>) -> Vec<String> {
    numbers.into_iter().map(|number| format!("line {number}")).collect()
}

async fn lines_come_in_order_each_once_from_every_cut_and_end_with_the_release(kind: &str) {
    for waking in [Waking::default(), Waking { poll: Duration::from_millis(20), hints: false }] {
        let watcher = watcher(kind, waking).await;
        let fleet = watcher.fleet();
        write(&fleet.app.db, 1, &[1001, 1002, 1001]).await;
        write(&fleet.app.db, 900, &[2001, 2001]).await;
        // Those of the past, then those that come: whoever follows from the beginning, from a cut, or by a place.
        let from = |cut: i64| log(&format!("after: \"{}\"", cursor::line(1, cut)));
        let mut followers = vec![(0, tokio::spawn(all(watcher.watch(&log("")))))];
        for cut in 0..=3 {
            followers.push((cut, tokio::spawn(all(watcher.watch(&from(cut))))));
            let place = Place::new(&cursor::line(1, cut));
            followers.push((cut, tokio::spawn(all(watcher.watch_from(&log("last: 1"), &place)))));
        }
        let mut number = 4;
        while number <= 400 {
            let many = rand::random_range(1..=9);
            write(&fleet.app.db, number, &vec![1001 + number % 2; many]).await;
            number += many as i64;
        }
        finish(fleet).await;
        for (cut, follower) in followers {
            let expected = lines(cut + 1..number);
            assert_eq!(follower.await.unwrap(), expected, "{kind} {waking:?} behind {cut}");
        }
        // Later it is the same, at every cut.
        for cut in [0, 1, 200, number - 2, number - 1] {
            assert_eq!(all(watcher.watch(&from(cut))).await, lines(cut + 1..number), "{kind} behind {cut}");
        }
    }
}
on_both!(lines_come_in_order_each_once_from_every_cut_and_end_with_the_release);

async fn no_line_that_is_stored_just_before_the_end_is_lost(kind: &str) {
    for round in 0..4 {
        let watcher = watcher(kind, Waking { poll: Duration::from_millis(3), hints: round % 2 == 0 }).await;
        let fleet = watcher.fleet();
        let follower = tokio::spawn(all(watcher.watch(&log(""))));
        tokio::time::sleep(Duration::from_millis(rand::random_range(0..30))).await;
        for number in 1..=20 {
            write(&fleet.app.db, number, &[1001]).await;
        }
        finish(fleet).await;
        assert_eq!(follower.await.unwrap(), lines(1..=20), "{kind}");
    }
}
on_both!(no_line_that_is_stored_just_before_the_end_is_lost);

async fn a_target_has_its_own_lines_and_the_last_so_many_can_be_asked_for(kind: &str) {
    let watcher = watcher(kind, Waking::default()).await;
    let fleet = watcher.fleet();
    write(&fleet.app.db, 1, &[1001, 1002, 1001, 1002, 1002, 1001]).await;
    finish(fleet).await;
    let target = "targetId: \"tgt_1001\"";
    let after = format!("after: \"{}\"", cursor::line(1, 1));
    for (arguments, expected) in [
        (target.to_owned(), vec![1, 3, 6]),
        (format!("{target} {after}"), vec![3, 6]),
        (format!("{target} last: 2"), vec![3, 6]),
        (format!("{target} last: 0"), vec![]),
        (format!("{target} last: 99"), vec![1, 3, 6]),
        ("last: 2".to_owned(), vec![5, 6]),
        ("last: null".to_owned(), vec![1, 2, 3, 4, 5, 6]),
        // Whoever comes back misses nothing.
        (format!("last: 1 {after}"), vec![2, 3, 4, 5, 6]),
    ] {
        assert_eq!(all(watcher.watch(&log(&arguments))).await, lines(expected), "{kind}: {arguments}");
    }
    let whole = "subscription { releaseLog(releaseId: \"rel_1\", last: 1) { targetId hostname attempt stream text at target { id host { hostname } } } }";
    let line = parsed(&next(&mut watcher.watch(whole)).await.unwrap());
    let expected = json!({ "data": { "releaseLog": { "targetId": "tgt_1001", "hostname": "host-1001", "attempt": 1,
            "stream": "STDOUT", "text": "line 6", "at": "2025-06-15T15:06:40.006Z",
            "target": { "id": "tgt_1001", "host": { "hostname": "host-001" } } } } });
    assert_eq!(line, expected, "{kind}");
}
on_both!(a_target_has_its_own_lines_and_the_last_so_many_can_be_asked_for);

async fn a_line_that_was_written_wakes_who_follows_it(kind: &str) {
    let watcher = watcher(kind, Waking { poll: Duration::from_hours(1), hints: true }).await;
    let mut messages = watcher.watch(&log("targetId: \"tgt_1002\""));
    assert!(tokio::time::timeout(Duration::from_millis(100), messages.next()).await.is_err());
    for number in 1..=5 {
        write(&watcher.fleet().app.db, number * 10, &[1001]).await;
        write(&watcher.fleet().app.db, number, &[1002]).await;
        // Long before it would look by itself.
        assert_eq!(text(&next(&mut messages).await.unwrap()), format!("line {number}"));
    }
}
on_both!(a_line_that_was_written_wakes_who_follows_it);

async fn a_place_in_other_output_or_in_none_is_refused(kind: &str) {
    let watcher = watcher(kind, Waking::default()).await;
    write(&watcher.fleet().app.db, 1, &[1001, 1001]).await;
    let event = cursor::event(watcher.fleet().app.db.log_id(), 0);
    for after in [cursor::line(2, 1), cursor::line(1, 3), cursor::line(1, -1), event, "x".into(), String::new()] {
        let document = log(&format!("after: \"{after}\""));
        assert_eq!(watcher.refused(&document).await, ("CURSOR_INVALID".into(), "after".into()), "{kind}: {after}");
    }
    for (arguments, code, argument) in [
        ("targetId: \"tgt_2001\"", "BAD_REQUEST NOT_FOUND", "targetId"),
        ("targetId: \"tgt_9\"", "BAD_REQUEST NOT_FOUND", "targetId"),
        ("targetId: \"rel_1\"", "BAD_REQUEST WRONG_TYPE", "targetId"),
        ("last: -1", "BAD_REQUEST", "last"),
    ] {
        assert_eq!(watcher.refused(&log(arguments)).await, (code.into(), argument.into()), "{kind}: {arguments}");
    }
    let right: Value =
        parsed(&next(&mut watcher.watch(&log(&format!("after: \"{}\"", cursor::line(1, 1))))).await.unwrap());
    assert_eq!(right["data"]["releaseLog"]["text"], "line 2");
}
on_both!(a_place_in_other_output_or_in_none_is_refused);
