//! Groups: what is new is read, answered and written once for all members.

use super::batch_reader::{BatchReader, Content};
use super::parcels::{Parcel, WrittenBatch};
use super::queues::Queues;
use super::readings::{ReadingKey, Readings};
use super::source::Source;
use crate::events::Tail;
use crate::limits::Limits;
use crate::read::Prepared;
use crate::wire::ApiError;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::{Arc, Weak};
use tokio::sync::broadcast::{Receiver, Sender};
use tokio_util::task::AbortOnDropHandle;

/// A member that is more batches than this behind its group catches up alone.
const MAX_BATCHES_BEHIND: usize = 128;

/// What subscribers of one group have in common.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct GroupKey {
    /// How items are answered.
    pub reading: ReadingKey,
    /// What the field follows.
    pub followed: String,
}

/// The groups of a process, and the tail that they follow. Clones are the same.
#[derive(Clone)]
pub struct Groups {
    tail: Tail,
    all: Arc<Mutex<HashMap<GroupKey, Weak<Group>>>>,
    readings: Readings,
    queues: Queues,
    message_objects: u64,
}

impl Groups {
    /// No groups yet; their subscribers may cost this much.
    pub fn new(tail: Tail, limits: &Limits) -> Groups {
        let queues = Queues::new(limits.queue_bytes_per_subscriber.0, limits.queue_bytes.0);
        let (all, readings, message_objects) = (Arc::default(), Readings::default(), limits.message_objects);
        Groups { tail, all, readings, queues, message_objects }
    }

    /// What waits for subscribers.
    pub fn queues(&self) -> &Queues {
        &self.queues
    }

    /// Objects that one message may hold.
    pub fn message_objects(&self) -> u64 {
        self.message_objects
    }

    pub fn tail(&self) -> &Tail {
        &self.tail
    }

    /// How many groups exist: as many different subscriptions are under way.
    pub fn len(&self) -> usize {
        self.all.lock().len()
    }

    /// Whether there are no subscribers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Joins the group with this key. If none exists, a new one begins behind the place `head` and reads on behalf of this
    /// caller.
    pub fn join(
        &self,
        key: GroupKey,
        head: i64,
        prepared: Prepared,
        source: Box<dyn Source>,
        caller: &Arc<str>,
    ) -> (Arc<Group>, Membership) {
        // Dropped after the lock is released: the last holder of a group takes the lock, too.
        let found: Option<Arc<Group>>;
        let mut all = self.all.lock();
        found = all.get(&key).and_then(Weak::upgrade);
        if let Some((group, membership)) = found.as_ref().and_then(|group| Some((group.clone(), group.member()?))) {
            return (group, membership);
        }
        let sender = Sender::new(MAX_BATCHES_BEHIND);
        let membership = Membership { live: sender.subscribe(), since: head };
        let channel = Mutex::new(LiveChannel { sender: Some(sender), place: head, unread: VecDeque::new() });
        let reading = self.readings.with(&key.reading, prepared, &self.tail);
        let content = Arc::new(Content { source, reading, max_bytes: self.queues.max_bytes_each() });
        let live = Arc::new(LiveMessages { content, queues: self.queues.clone(), channel });
        let task = AbortOnDropHandle::new(tokio::spawn(live.clone().run(head, caller.clone())));
        let group = Arc::new(Group { key: key.clone(), groups: self.clone(), live, _task: task });
        all.insert(key, Arc::downgrade(&group));
        (group, membership)
    }
}

/// Subscribers that get the same messages. It ends with the last of them.
pub struct Group {
    key: GroupKey,
    groups: Groups,
    live: Arc<LiveMessages>,
    _task: AbortOnDropHandle<()>,
}

/// The live messages of a member: all that are behind the place `since`.
pub struct Membership {
    pub(super) live: Receiver<Arc<Parcel>>,
    pub since: i64,
}

/// What a group shares with the task that reads for it.
struct LiveMessages {
    content: Arc<Content>,
    queues: Queues,
    channel: Mutex<LiveChannel>,
}

/// Its parts change together.
struct LiveChannel {
    /// `None` once the source has ended.
    sender: Option<Sender<Arc<Parcel>>>,
    /// The place up to which the source was read.
    place: i64,
    /// Parcels that a member may not have read yet, with their bytes.
    unread: VecDeque<(Weak<Parcel>, usize)>,
}

impl LiveChannel {
    /// Sends a parcel. At most this many bytes are kept for the slowest member; one that misses earlier parcels catches up
    /// alone.
    fn send(&mut self, parcel: Arc<Parcel>, max_bytes: usize) {
        let Some(sender) = &self.sender else { return };
        self.unread.retain(|(parcel, _)| parcel.strong_count() > 0);
        let mut all = parcel.bytes() + self.unread.iter().map(|(_, bytes)| bytes).sum::<usize>();
        while all > max_bytes
            && let Some((oldest, bytes)) = self.unread.pop_front()
        {
            oldest.upgrade().inspect(|parcel| parcel.discard());
            all -= bytes;
        }
        self.unread.push_back((Arc::downgrade(&parcel), parcel.bytes()));
        // There may be no member any more.
        let _ = sender.send(parcel);
    }
}

impl Group {
    /// A membership, or `None` if the group has ended.
    pub fn member(&self) -> Option<Membership> {
        let channel = self.live.channel.lock();
        let receiver = channel.sender.as_ref()?.subscribe();
        Some(Membership { live: receiver, since: channel.place })
    }

    /// The membership of one that fell behind, also if the group has ended meanwhile.
    pub(super) fn rejoin(&self, live: &Receiver<Arc<Parcel>>) -> Membership {
        let channel = self.live.channel.lock();
        Membership { live: live.resubscribe(), since: channel.place }
    }

    /// Everything behind a place, for one member alone, read on behalf of its caller.
    pub(super) fn catch_up(&self, after: i64, caller: &Arc<str>) -> BoxStream<'static, Arc<Parcel>> {
        let reader = BatchReader::new(self.live.content.clone(), after, caller.clone());
        let next = async |(mut reader, queues): (BatchReader, Queues)| {
            let parcel = queues.keep(reader.next().await?);
            Some((parcel, (reader, queues)))
        };
        let next = move |state| async move {
            // In a task of its own: the member may be busy with its client, and would keep others waiting while it is its
            // turn to read.
            match AbortOnDropHandle::new(tokio::spawn(next(state))).await {
                Ok(next) => next,
                Err(failed) => failed.try_into_panic().map_or(None, |panic| resume_unwind(panic)),
            }
        };
        stream::unfold((reader, self.live.queues.clone()), next).boxed()
    }

    /// The place up to which the group has read its source, or `None` if this member has not taken all of it.
    pub(super) fn read_to(&self, live: &Receiver<Arc<Parcel>>) -> Option<i64> {
        let channel = self.live.channel.lock();
        live.is_empty().then_some(channel.place)
    }

    /// The cursor of a place.
    pub fn cursor(&self, place: i64) -> Option<String> {
        self.live.content.source.cursor(place)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let mut all = self.groups.all.lock();
        // Another group may have taken its place.
        if all.get(&self.key).is_some_and(|group| group.strong_count() == 0) {
            all.remove(&self.key);
        }
    }
}

impl LiveMessages {
    async fn run(self: Arc<Self>, head: i64, caller: Arc<str>) {
        let reading = async {
            let mut reader = BatchReader::new(self.content.clone(), head, caller);
            while let Some(written) = reader.next().await {
                self.publish(written);
            }
        };
        // A panic ends the subscriptions with an error.
        if AssertUnwindSafe(reading).catch_unwind().await.is_err() {
            self.publish(self.content.failure(&ApiError::internal()));
        }
        self.channel.lock().sender = None;
    }

    fn publish(&self, written: WrittenBatch) {
        let read_to = written.read_to;
        let parcel = (!written.messages.is_empty()).then(|| self.queues.keep(written));
        let mut channel = self.channel.lock();
        channel.place = read_to;
        if let Some(parcel) = parcel {
            channel.send(parcel, self.queues.max_bytes_each());
        }
    }
}
