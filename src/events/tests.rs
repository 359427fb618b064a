use super::*;
use crate::domain::event::{Changed, InstanceChange, NewEvent, ServiceChange};
use crate::domain::event::{ServiceEventKind, Subject};
use crate::domain::{Timestamp, Word};
use crate::store::db::sql::sql;
use crate::store::db::types::IfKnown;
use crate::store::events::{self as log, Event};
use crate::store::tests::databases;
use crate::store::{Db, Dialect};
use futures_util::StreamExt;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

fn registered(service_id: i64) -> NewEvent {
    NewEvent {
        service_id: Some(service_id),
        service_name: Some(format!("service-{service_id}")),
        caused_by: "tester".to_owned(),
        changed: Changed::Service(ServiceChange {
            kind: ServiceEventKind::Registered,
            version_id: None,
            hold_id: None,
        }),
    }
}

async fn append(db: &Db, many: i64, committed: bool) {
    let mut tx = db.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let events: Vec<_> = (1..=many).map(registered).collect();
    log::append(&mut tx, now, &events).await.unwrap();
    if committed {
        tx.commit().await.unwrap();
    }
}

async fn open(kind: &str, directory: &tempfile::TempDir) -> Db {
    Db::open(&databases::fresh(kind, directory.path()), 8).await.unwrap()
}

/// Follows until the log has this many events; some followers stop on the way and come back with their cursor.
async fn follow(tail: Tail, mut after: i64, total: i64, slow: bool) -> Vec<i64> {
    let mut seen = Vec::new();
    while after < total {
        let mut stream = Box::pin(tail.follow(after));
        let patience = if slow { rand::random_range(1..40) } else { i64::MAX };
        for _ in 0..patience {
            let batch = stream.next().await.expect("the tail goes on").expect("everything is kept");
            seen.extend(batch.iter().map(|event| event.position));
            after = *seen.last().expect("a batch holds an event");
            if slow {
                tokio::time::sleep(Duration::from_millis(rand::random_range(0..30))).await;
            }
            if after >= total {
                break;
            }
        }
    }
    seen
}

async fn everybody_gets_everything(kind: &str, waking: Waking) {
    const TOTAL: i64 = 2000;
    let directory = tempfile::tempdir().unwrap();
    let db = open(kind, &directory).await;
    let stop = CancellationToken::new();
    let tail = Tail::start(db.clone(), waking, stop.clone()).await.unwrap();
    append(&db, 300, true).await;
    let followers: Vec<_> = (0..20)
        .map(|number| {
            let after = rand::random_range(0..300);
            (after, tokio::spawn(follow(tail.clone(), after, TOTAL, number % 2 == 0)))
        })
        .collect();
    let mut left = TOTAL - 300;
    while left > 0 {
        let many = rand::random_range(1..=5).min(left);
        let committed = rand::random_range(0..5) > 0;
        append(&db, many, committed).await;
        left -= if committed { many } else { 0 };
    }
    for (after, follower) in followers {
        let seen =
            tokio::time::timeout(Duration::from_mins(1), follower).await.expect("nobody waits for ever").unwrap();
        assert_eq!(seen, (after + 1..=TOTAL).collect::<Vec<_>>(), "{kind}, from {after}");
    }
    // What nobody follows any more is let go, and a stopped tail ends its streams.
    assert_eq!(tail.followers(), 0);
    let mut last = Box::pin(tail.follow(TOTAL));
    stop.cancel();
    assert!(last.next().await.is_none());
}

async fn i5_each_follower_gets_each_event_once_and_in_order(kind: &str) {
    everybody_gets_everything(kind, Waking::default()).await;
}
testkit::on_both!(threads i5_each_follower_gets_each_event_once_and_in_order);

async fn i5_holds_without_any_wake_up(kind: &str) {
    everybody_gets_everything(kind, Waking { poll: Duration::from_millis(20), hints: false }).await;
}
testkit::on_both!(threads i5_holds_without_any_wake_up);

#[tokio::test]
async fn a_follower_that_lagged_goes_back_to_the_table() {
    let directory = tempfile::tempdir().unwrap();
    let db = open("sqlite", &directory).await;
    let waking = Waking { poll: Duration::from_millis(1), hints: true };
    let tail = Tail::start(db.clone(), waking, CancellationToken::new()).await.unwrap();
    let mut stream = Box::pin(tail.follow(0));
    append(&db, 1, true).await;
    assert_eq!(stream.next().await.unwrap().unwrap()[0].position, 1);
    // More batches than the backlog holds, each published by itself, while the follower sleeps.
    for _ in 0..300 {
        append(&db, 1, true).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let mut seen = Vec::new();
    while seen.last() != Some(&301) {
        seen.extend(stream.next().await.unwrap().unwrap().iter().map(|event| event.position));
    }
    assert_eq!(seen, (2..=301).collect::<Vec<_>>());
}

async fn what_was_given_up_is_gone_and_said_to_be(kind: &str) {
    let directory = tempfile::tempdir().unwrap();
    let db = open(kind, &directory).await;
    let tail = Tail::start(db.clone(), Waking::default(), CancellationToken::new()).await.unwrap();
    append(&db, 10, true).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let later = Instant::now();
    append(&db, 5, true).await;
    assert_eq!(keep(&db, later.elapsed() + Duration::from_secs(1)).await.unwrap(), 10, "{kind}");
    assert_eq!(log::bounds(&db).await.unwrap(), log::Bounds { floor: 10, head: 15 });
    let mut early = Box::pin(tail.follow(9));
    assert_eq!(early.next().await, Some(Err(Expired)));
    assert_eq!(early.next().await, None);
    let mut right = Box::pin(tail.follow(10));
    assert_eq!(right.next().await.unwrap().unwrap().len(), 5);
    // The newest event always stays: positions and revisions are counted on from it.
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(keep(&db, Duration::ZERO).await.unwrap(), 4, "{kind}");
    append(&db, 1, true).await;
    assert_eq!(log::bounds(&db).await.unwrap(), log::Bounds { floor: 14, head: 16 });
    assert_eq!(keep(&db, Duration::from_hours(1)).await.unwrap(), 0);
    assert_eq!(db.dialect() == Dialect::Sqlite, kind == "sqlite");
}
testkit::on_both!(what_was_given_up_is_gone_and_said_to_be);

async fn any_number_of_processes_may_give_up_old_events_at_once(kind: &str) {
    let directory = tempfile::tempdir().unwrap();
    let db = open(kind, &directory).await;
    append(&db, 3000, true).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    append(&db, 1, true).await;
    let keeping = (0..6).map(|_| {
        let db = db.clone();
        tokio::spawn(async move { keep(&db, Duration::from_millis(10)).await.unwrap() })
    });
    let deleted: Vec<u64> = futures_util::future::join_all(keeping).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(deleted.iter().sum::<u64>(), 3000, "{kind}: each once");
    let found = log::after(&db, 0, 10).await.unwrap();
    assert_eq!(found.iter().map(|event| event.position).collect::<Vec<_>>(), [3001], "{kind}");
}
testkit::on_both!(threads any_number_of_processes_may_give_up_old_events_at_once);

/// Appends what a newer program may: an event about a host, which has no service, and an unknown change of a service.
async fn append_unknown(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    tx.query(sql!(
        "INSERT INTO event (position, subject, kind, at, caused_by) SELECT position + 1, 'HOST', 'RENAMED', {now}, 'newer'
         FROM event_log"
    ))
    .execute()
    .await
    .unwrap();
    tx.query(sql!(
        "INSERT INTO event (position, subject, kind, at, caused_by, service_id, service_name)
         SELECT position + 2, 'SERVICE', 'MOVED', {now}, 'newer', 1, 'service-1' FROM event_log"
    ))
    .execute()
    .await
    .unwrap();
    tx.query(sql!("UPDATE event_log SET position = position + 2")).execute().await.unwrap();
    tx.commit().await.unwrap();
}

async fn events_that_a_newer_program_wrote_are_passed_over_and_hold_nobody_up(kind: &str) {
    let directory = tempfile::tempdir().unwrap();
    let db = open(kind, &directory).await;
    let waking = Waking { poll: Duration::from_millis(1), hints: true };
    let tail = Tail::start(db.clone(), waking, CancellationToken::new()).await.unwrap();
    let filter = Filter::of(Subject::Service);
    let wanted = async |after: i64| {
        let (mut stream, mut wanted) = (Box::pin(tail.follow(after)), Vec::new());
        while wanted.last() != Some(&4) {
            let batch = stream.next().await.expect("the tail goes on").expect("everything is kept");
            wanted.extend(batch.iter().filter(|event| filter.matches(event)).map(|event| event.position));
        }
        wanted
    };
    let appending = async {
        append(&db, 1, true).await;
        append_unknown(&db).await;
        append(&db, 1, true).await;
    };
    let (live, ()) = tokio::join!(wanted(0), appending);
    assert_eq!((live, wanted(0).await), (vec![1, 4], vec![1, 4]), "{kind}");
    assert_eq!(wanted(2).await, [4], "{kind}: from between them");
    let found = log::after(&db, 0, 10).await.unwrap();
    assert_eq!(found.iter().map(|event| event.subject.0.is_some()).collect::<Vec<_>>(), [true, false, false, true]);
}
testkit::on_both!(events_that_a_newer_program_wrote_are_passed_over_and_hold_nobody_up);

async fn an_event_is_read_as_it_was_appended(kind: &str) {
    let directory = tempfile::tempdir().unwrap();
    let db = open(kind, &directory).await;
    let at = Timestamp(1_795_000_000_007);
    let mut tx = db.begin().await.unwrap();
    log::append(&mut tx, at, &[instance_event()]).await.unwrap();
    tx.commit().await.unwrap();
    let [event] = log::after(&db, 0, 10).await.unwrap().try_into().unwrap();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!((event.at, event.position, event.subject), (at, 1, IfKnown(Some(Subject::Instance))));
    assert_eq!((event.kind.as_str(), event.caused_by.as_str(), event.service_id), ("HOLD", "tester", Some(3)));
    assert_eq!((&event.status, &event.previous_status), (&text("UPGRADING"), &text("RUNNING")));
    assert_eq!((&event.hostname, event.locked, event.revision), (&text("web-1"), Some(true), Some(2)));
    assert_eq!((event.instance_id, event.host_id, event.hold_id, event.total), (Some(5), Some(7), Some(11), None));
    assert_filtered(&event);
}
testkit::on_both!(an_event_is_read_as_it_was_appended);

fn instance_event() -> NewEvent {
    use crate::domain::event::InstanceEventKind;
    use crate::domain::instance::InstanceStatus;
    let change = InstanceChange {
        kind: InstanceEventKind::Hold,
        instance_id: 5,
        host_id: 7,
        hostname: "web-1".to_owned(),
        revision: 2,
        previous_status: Some(InstanceStatus::Running),
        status: InstanceStatus::Upgrading,
        previous_version_id: None,
        version_id: Some(4),
        locked: true,
        release_id: None,
        target_id: None,
        target_end: None,
        hold_id: Some(11),
    };
    NewEvent { changed: Changed::Instance(change), ..registered(3) }
}

fn assert_filtered(event: &Event) {
    use crate::domain::event::InstanceEventKind as Kind;
    let all = || Filter::of(Subject::Instance);
    let these = |ids: &[i64]| Some(ids.iter().copied().collect());
    let kinds = |kinds: &[Kind]| Some(kinds.iter().map(|kind| kind.word()).collect());
    let matches = |filter: Filter| filter.matches(event);
    assert!(matches(all()));
    assert!(matches(Filter { kinds: kinds(&[Kind::Edit, Kind::Hold]), services: these(&[3]), ..all() }));
    assert!(matches(Filter { instances: these(&[5]), hosts: these(&[6, 7]), versions: these(&[4]), ..all() }));
    assert!(!matches(Filter { kinds: kinds(&[Kind::Edit]), ..all() }));
    assert!(!matches(Filter { hosts: these(&[7]), instances: these(&[6]), ..all() }));
    assert!(!matches(Filter { services: these(&[]), ..all() }), "an empty list matches nothing");
    assert!(!matches(Filter { versions: these(&[5]), ..all() }));
    assert!(!matches(Filter { releases: these(&[1]), ..all() }), "no release caused it");
    assert!(!matches(Filter::of(Subject::Service)));
    assert!(!matches(Filter::of(Subject::Release)));
}
