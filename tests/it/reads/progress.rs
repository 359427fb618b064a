//! `releaseProgress`: at once, on change, not too often, and to the end.

use crate::reads::fleet::Fleet;
use crate::reads::watcher::{Watched, Watcher, next, parsed, release_change};
use lockkeeper::domain::event::ReleaseEventKind;
use lockkeeper::events::Waking;
use serde_json::{Value, json};
use std::cell::Cell;
use std::time::{Duration, Instant};
use testkit::on_both;
use testkit::rows;

const WATCH: &str = "subscription { releaseProgress(releaseId: \"rel_1\") { cursor status isFinal progress { total queued succeeded } release { id } } }";

/// A release of four targets that was accepted; there is another one, too.
async fn accepted(kind: &str, waking: Waking) -> Watcher {
    let fleet = Fleet::of(kind, 2, 2, 4).await;
    fleet.insert(rows::release_of(1, 1, 2, &[1, 2, 3, 4])).await;
    fleet.insert(rows::release_of(2, 2, 4, &[5])).await;
    let watcher = Watcher::new(fleet, waking).await;
    watcher.append(release_change(1, 1, 0, ReleaseEventKind::Accepted)).await;
    watcher
}

/// So many of its targets have ended well.
async fn moved(watcher: &Watcher, revision: i64, ended: i64) {
    let finished = if ended == 4 { "status = 'SUCCEEDED', finished_at = {at 9}" } else { "status = 'RUNNING'" };
    let queued = 4 - ended;
    let row = format!(
        "UPDATE release SET revision = {revision}, queued = {queued}, succeeded = {ended}, started_at = {{at 3}}, {finished} WHERE id = 1"
    );
    watcher.fleet().rows.execute(&row).await;
    let kind = if ended == 4 { ReleaseEventKind::Finished } else { ReleaseEventKind::TargetFinished };
    watcher.append(release_change(1, revision, ended, kind)).await;
}

async fn received(messages: &mut Watched) -> Value {
    parsed(&next(messages).await.expect("a state"))["data"]["releaseProgress"].take()
}

fn counts(state: &Value) -> (&str, i64, bool) {
    let succeeded = state["progress"]["succeeded"].as_i64().unwrap();
    (state["status"].as_str().unwrap(), succeeded, state["isFinal"].as_bool().unwrap())
}

async fn the_state_is_reported_at_once_then_on_change_and_the_final_one_ends_it(kind: &str) {
    for waking in [Waking::default(), Waking { poll: Duration::from_millis(20), hints: false }] {
        let watcher = accepted(kind, waking).await;
        let mut messages = watcher.watch(WATCH);
        let first = received(&mut messages).await;
        assert_eq!(counts(&first), ("PENDING", 0, false), "{kind}");
        assert_eq!((&first["release"]["id"], &first["progress"]["total"]), (&json!("rel_1"), &json!(4)));
        // Another release and other events change nothing.
        watcher.append(release_change(2, 1, 0, ReleaseEventKind::Accepted)).await;
        watcher.fleet().edit(&[1]).await;
        assert!(
            tokio::time::timeout(Duration::from_millis(200), futures_util::StreamExt::next(&mut messages))
                .await
                .is_err()
        );
        moved(&watcher, 2, 1).await;
        assert_eq!(counts(&received(&mut messages).await), ("RUNNING", 1, false), "{kind}");
        moved(&watcher, 3, 4).await;
        assert_eq!(counts(&received(&mut messages).await), ("SUCCEEDED", 4, true), "{kind}");
        assert!(next(&mut messages).await.is_none(), "it ends");
        // Whoever comes back, or late, has the state, not the way to it.
        let mut late = watcher.watch(WATCH);
        assert_eq!(counts(&received(&mut late).await), ("SUCCEEDED", 4, true), "{kind}");
        assert!(next(&mut late).await.is_none());
    }
}
on_both!(the_state_is_reported_at_once_then_on_change_and_the_final_one_ends_it);

async fn states_are_told_at_most_ten_times_a_second_and_the_last_in_any_case(kind: &str) {
    let watcher = accepted(kind, Waking::default()).await;
    let began = Instant::now();
    let mut messages = watcher.watch(WATCH);
    let states = Cell::new(0);
    let reading = async {
        while !received(&mut messages).await["isFinal"].as_bool().unwrap() {
            states.set(states.get() + 1);
        }
        states.set(states.get() + 1);
        assert!(next(&mut messages).await.is_none());
    };
    let writing = async {
        let mut revision = 1;
        // Changes go on until some of them have been told on the way.
        while states.get() < 8 || revision < 50 {
            revision += 1;
            watcher.append(release_change(1, revision, 1 + revision % 3, ReleaseEventKind::TargetFinished)).await;
        }
        watcher.append(release_change(1, revision + 1, 4, ReleaseEventKind::Finished)).await;
        revision
    };
    let ((), events) = tokio::join!(reading, writing);
    let most = began.elapsed().as_millis() / 100 + 2;
    assert!(states.get() <= most, "{kind}: {} of {events} changes in {:?}", states.get(), began.elapsed());
}
on_both!(states_are_told_at_most_ten_times_a_second_and_the_last_in_any_case);

async fn a_release_that_is_not_there_has_no_progress_and_no_output(kind: &str) {
    let watcher = accepted(kind, Waking::default()).await;
    for (id, code) in [
        ("rel_99", "BAD_REQUEST NOT_FOUND"),
        ("nonsense", "BAD_REQUEST NOT_FOUND"),
        ("svc_1", "BAD_REQUEST WRONG_TYPE"),
    ] {
        for name in ["releaseProgress", "releaseLog"] {
            let document = format!("subscription {{ {name}(releaseId: \"{id}\") {{ cursor }} }}");
            assert_eq!(watcher.refused(&document).await, (code.into(), "releaseId".into()), "{kind}: {document}");
        }
    }
}
on_both!(a_release_that_is_not_there_has_no_progress_and_no_output);
