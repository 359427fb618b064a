//! Positions are consecutive in the order of commits: a reader that has seen one has seen all before it (I5).

use futures_util::StreamExt as _;
use lockkeeper::domain::event::ServiceEventKind;
use lockkeeper::domain::event::{Changed, NewEvent, ServiceChange};
use lockkeeper::events::{Tail, Waking};
use lockkeeper::store::events;
use lockkeeper::store::{Db, db::hints};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use testkit::databases;
use testkit::on_both;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

const WRITERS: i64 = 16;
const ROUNDS: i64 = 25;

fn event(writer: i64) -> NewEvent {
    NewEvent {
        service_id: Some(writer),
        service_name: Some(format!("service-{writer}")),
        caused_by: "tester".to_owned(),
        changed: Changed::Service(ServiceChange { kind: ServiceEventKind::Edited, version_id: None, hold_id: None }),
    }
}

/// Appends again and again, with a pause before each commit, longer for some, and takes a third of it back; gives how
/// many events it committed.
async fn write(db: Db, writer: i64) -> i64 {
    let mut committed = 0;
    for round in 0..ROUNDS {
        let many = 1 + (writer + round) % 3;
        let mut tx = db.begin().await.unwrap();
        let now = tx.now().await.unwrap();
        let appended: Vec<_> = (0..many).map(|_| event(writer)).collect();
        events::append(&mut tx, now, &appended).await.unwrap();
        tokio::time::sleep(Duration::from_micros(rand::random_range(0..4000))).await;
        if rand::random_range(0..3) > 0 {
            tx.commit().await.unwrap();
            committed += many;
        }
        tokio::time::sleep(Duration::from_micros(rand::random_range(0..2000))).await;
    }
    committed
}

/// Reads behind what it saw, as fast as it can, until the writers are done and nothing is left; gives how much it saw.
async fn read(db: Db, done: Arc<AtomicBool>) -> i64 {
    let mut last = 0;
    loop {
        let over = done.load(Ordering::Acquire);
        let found = events::after(&db, last, 1000).await.unwrap();
        for event in &found {
            assert_eq!(event.position, last + 1, "a gap, which a later commit may fill");
            last = event.position;
        }
        if over && found.is_empty() {
            return last;
        }
    }
}

async fn i5_a_reader_never_sees_a_gap_whatever_writers_pause_and_roll_back(kind: &str) {
    let directory = tempfile::tempdir().unwrap();
    let url = databases::fresh(kind, directory.path());
    let writing = Db::open(&url, WRITERS as u32).await.unwrap();
    // On PostgreSQL it reads and follows as another process would.
    let reading = match kind {
        "postgres" => Db::open(&url, 4).await.unwrap(),
        _ => writing.clone(),
    };
    let _hints = [&writing, &reading].map(|db| AbortOnDropHandle::new(tokio::spawn(hints::exchange(db.clone()))));
    let tail = Tail::start(reading.clone(), Waking::default(), CancellationToken::new()).await.unwrap();
    let mut stream = Box::pin(tail.follow(0));
    let done = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn(read(reading.clone(), done.clone()));
    let writers: Vec<_> = (0..WRITERS).map(|writer| tokio::spawn(write(writing.clone(), writer))).collect();
    let mut committed = 0;
    for writer in writers {
        committed += writer.await.unwrap();
    }
    done.store(true, Ordering::Release);
    assert_eq!(reader.await.unwrap(), committed, "{kind}");
    let mut last = 0;
    while last < committed {
        for event in stream.next().await.unwrap().unwrap() {
            last += 1;
            assert_eq!(event.position, last, "{kind}");
        }
    }
}
on_both!(threads i5_a_reader_never_sees_a_gap_whatever_writers_pause_and_roll_back);
