use super::super::message::Message;
use super::*;
use crate::wire::Response;
use async_graphql::Name;
use futures_util::FutureExt;

/// Messages of this many bytes, or a few less.
fn batch(bytes: usize) -> WrittenBatch {
    let text = "x".repeat(bytes - size_of::<Message>() - 20);
    let response = Response { data: Some(vec![(Name::new("text"), text.into())]), ..Response::default() };
    WrittenBatch { messages: vec![(1, Arc::new(Message::new(response, None)))], read_to: 1 }
}

#[test]
fn what_is_kept_is_counted_once_and_until_nobody_has_it() {
    let queues = Queues::new(1000, 100_000);
    let parcel = queues.keep(batch(10_000));
    let other = parcel.clone();
    let used = queues.used();
    assert!((9_900..=10_000).contains(&used), "{used}");
    drop(parcel);
    assert_eq!(queues.used(), used);
    drop(other);
    assert_eq!((queues.used(), queues.parcels.len()), (0, 0));
}

#[test]
fn the_oldest_are_discarded_when_all_together_are_too_much() {
    let queues = Queues::new(1000, 35_000);
    let parcels: Vec<_> = (0..5).map(|_| queues.keep(batch(10_000))).collect();
    let kept: Vec<_> = parcels.iter().map(|parcel| parcel.message(0).is_some()).collect();
    assert_eq!(kept, [false, false, true, true, true]);
    assert!(queues.used() <= 35_000, "{}", queues.used());
    // The newest one is kept, however large it is.
    let large = queues.keep(batch(100_000));
    assert!(large.message(0).is_some() && parcels.iter().all(|parcel| parcel.message(0).is_none()));
    drop((large, parcels));
    assert_eq!(queues.used(), 0);
}

#[test]
fn what_was_handed_out_displaces_parcels_and_then_waits() {
    let queues = Queues::new(1000, 35_000);
    let parcel = queues.keep(batch(10_000));
    let first = queues.hold(30_000).now_or_never().expect("it fits without the parcel");
    assert!(parcel.message(0).is_none());
    let second = queues.hold(6_000);
    tokio::pin!(second);
    assert!(second.as_mut().now_or_never().is_none());
    // What is small never waits.
    let small = queues.hold(SMALL_MESSAGE_BYTES).now_or_never().expect("it is small");
    drop(first);
    let second = second.now_or_never().expect("there is room");
    drop((second, small));
    assert_eq!(queues.used(), 0);
    // What is larger than all of it has it alone.
    let alone = queues.hold(50_000).now_or_never().expect("nothing else is held");
    assert!(queues.hold(5_000).now_or_never().is_none());
    drop(alone);
}

#[tokio::test]
async fn everybody_who_waits_is_woken_in_the_end() {
    let queues = Queues::new(1000, 10_000);
    let held = queues.hold(10_000).await;
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let queues = queues.clone();
        waiting.spawn(async move { drop(queues.hold(5_000).await) });
    }
    tokio::task::yield_now().await;
    assert_eq!(queues.held.waiters(), 20);
    drop(held);
    while let Some(ended) = waiting.join_next().await {
        ended.unwrap();
    }
    assert_eq!((queues.used(), queues.held.waiters()), (0, 0));
}

#[tokio::test]
async fn a_subscriber_has_its_bytes_or_one_message() {
    let queue = Queues::new(1000, 100_000).queue();
    let small = queue.reserve(600).await;
    assert!(queue.reserve(600).now_or_never().is_none());
    drop(small);
    let large = queue.reserve(50_000).now_or_never().expect("the queue is empty");
    assert!(queue.reserve(1).now_or_never().is_none());
    let queued = queue.hold(large, 50_000).await;
    assert!(queue.reserve(1).now_or_never().is_none());
    drop(queued);
    assert_eq!(queue.queues.used(), 0);
    queue.reserve(1000).now_or_never().expect("all of it is free");
}
