//! Subscribers that are told the same are a *group*: what is new is read, answered and written once for all of them.
//! Who is behind, since it began at an earlier place or is slow, catches up by itself from the same source and then
//! goes on with its group: in order, each once, no gap (I5).

use super::message::Message;
use super::reading::{self, Reading, Readings};
use super::source::{Batch, Source};
use crate::events::Tail;
use crate::read::{Answer, ApiError, Given, Prepared};
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::broadcast::{Receiver, Sender};
use tokio_util::task::AbortOnDropHandle;

/// A subscriber that is this many batches behind its group catches up by itself.
const BACKLOG: usize = 128;

/// So many bytes are kept for the slowest of a group; whoever misses what was before them catches up by itself.
const UNREAD: usize = 1024 * 1024;

/// The place behind everything: of what ends a subscription by an error.
const LAST: i64 = i64::MAX;

/// What subscribers are told in the same way.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// How what is followed is answered.
    pub reading: reading::Key,
    /// What is followed by the field.
    pub followed: String,
}

/// The groups of a process, and the tail that they follow. Clones are the same.
#[derive(Clone)]
pub struct Groups {
    tail: Tail,
    all: Arc<Mutex<HashMap<Key, Weak<Group>>>>,
    readings: Readings,
}

impl Groups {
    /// None yet.
    pub fn new(tail: Tail) -> Groups {
        Groups { tail, all: Arc::default(), readings: Readings::default() }
    }

    pub fn tail(&self) -> &Tail {
        &self.tail
    }

    /// How many groups there are: as many different subscriptions are under way.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nobody is subscribed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The group with this key and a membership in it; a new one, behind the place `head`, if there is none.
    pub(super) fn join(
        &self,
        key: Key,
        head: i64,
        prepared: Prepared,
        source: Box<dyn Source>,
    ) -> (Arc<Group>, Membership) {
        // Let go after the lock: the last one to have it takes the lock, too.
        let found: Option<Arc<Group>>;
        let mut all = self.lock();
        found = all.get(&key).and_then(Weak::upgrade);
        if let Some((group, membership)) = found.as_ref().and_then(|group| Some((group.clone(), group.member()?))) {
            return (group, membership);
        }
        let sender = Sender::new(BACKLOG);
        let membership = Membership { live: sender.subscribe(), since: head };
        let live = Mutex::new(Live { sender: Some(sender), place: head, unread: VecDeque::new() });
        let telling = Telling { reading: self.readings.with(&key.reading, prepared, &self.tail), source };
        let shared = Arc::new(Shared { telling, live });
        let task = AbortOnDropHandle::new(tokio::spawn(shared.clone().run(head)));
        let group = Arc::new(Group { key: key.clone(), groups: self.clone(), shared, _task: task });
        all.insert(key, Arc::downgrade(&group));
        (group, membership)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Weak<Group>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a group tells, and from where.
struct Telling {
    reading: Arc<Reading>,
    source: Box<dyn Source>,
}

impl Telling {
    /// Answers for each thing that a batch tells.
    async fn write(&self, batch: Result<Batch, ApiError>) -> Written {
        let Batch { told, looked } = match batch {
            Ok(batch) => batch,
            Err(error) => return self.failed(&error),
        };
        if told.is_empty() {
            return Written { told: Vec::new(), looked };
        }
        let (places, rows): (Vec<_>, Vec<Given>) =
            told.into_iter().map(|told| ((told.place, told.cursor), told.row)).unzip();
        let answers = self.reading.answers(rows).await;
        let message = |((place, cursor), answer): ((i64, String), Answer)| {
            (place, Arc::new(Message::new(answer.response(self.reading.prepared().key()), Some(cursor))))
        };
        Written { told: places.into_iter().zip(answers).map(message).collect(), looked }
    }

    fn failed(&self, error: &ApiError) -> Written {
        let prepared = self.reading.prepared();
        let response = prepared.failed(error).response(prepared.key());
        Written { told: vec![(LAST, Arc::new(Message::new(response, None)))], looked: LAST }
    }
}

/// Messages with their places, in order, and the place up to which it was looked.
pub(super) struct Written {
    pub told: Vec<(i64, Arc<Message>)>,
    pub looked: i64,
}

impl Written {
    fn bytes(&self) -> usize {
        self.told.iter().map(|(_, message)| message.bytes()).sum()
    }
}

/// Messages on their way to all members: gone when everybody has them, or when they were too many.
pub(super) struct Parcel(Mutex<Option<Arc<Written>>>);

impl Parcel {
    /// What is in it, unless that was too much to be kept for so long.
    pub fn open(&self) -> Option<Arc<Written>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn discard(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Subscribers that are told the same. It ends with the last of them.
pub(super) struct Group {
    key: Key,
    groups: Groups,
    shared: Arc<Shared>,
    _task: AbortOnDropHandle<()>,
}

/// What a member is told from now on: all that is behind the place `since`.
pub(super) struct Membership {
    pub live: Receiver<Arc<Parcel>>,
    pub since: i64,
}

struct Shared {
    telling: Telling,
    live: Mutex<Live>,
}

/// Both change together.
struct Live {
    /// None once the source has ended.
    sender: Option<Sender<Arc<Parcel>>>,
    /// The place up to which all was told or was not wanted.
    place: i64,
    /// What was sent and somebody may not have yet, with its bytes.
    unread: VecDeque<(Weak<Parcel>, usize)>,
}

impl Live {
    fn send(&mut self, written: Written) {
        let Some(sender) = &self.sender else { return };
        let bytes = written.bytes();
        self.unread.retain(|(parcel, _)| parcel.strong_count() > 0);
        let mut all = bytes + self.unread.iter().map(|(_, bytes)| bytes).sum::<usize>();
        while all > UNREAD
            && let Some((oldest, bytes)) = self.unread.pop_front()
        {
            oldest.upgrade().inspect(|parcel| parcel.discard());
            all -= bytes;
        }
        let parcel = Arc::new(Parcel(Mutex::new(Some(Arc::new(written)))));
        self.unread.push_back((Arc::downgrade(&parcel), bytes));
        // Nobody may be there any more.
        let _ = sender.send(parcel);
    }
}

impl Group {
    /// Takes part; not if it has ended.
    pub fn member(&self) -> Option<Membership> {
        let live = self.shared.live();
        let receiver = live.sender.as_ref()?.subscribe();
        Some(Membership { live: receiver, since: live.place })
    }

    /// The same for one that fell behind: also if it has ended meanwhile.
    pub fn again(&self, live: &Receiver<Arc<Parcel>>) -> Membership {
        let now = self.shared.live();
        Membership { live: live.resubscribe(), since: now.place }
    }

    /// Everything behind a place, for one member alone.
    pub fn alone(&self, after: i64) -> BoxStream<'static, Arc<Written>> {
        let shared = self.shared.clone();
        let batches = self.shared.telling.source.follow(after);
        let write = move |batch| {
            let shared = shared.clone();
            async move { Arc::new(shared.telling.write(batch).await) }
        };
        batches.then(write).boxed()
    }

    /// The place up to which the group has looked, if this member has taken all.
    pub fn looked(&self, live: &Receiver<Arc<Parcel>>) -> Option<i64> {
        let now = self.shared.live();
        live.is_empty().then_some(now.place)
    }

    /// The cursor of a place.
    pub fn cursor(&self, place: i64) -> Option<String> {
        self.shared.telling.source.cursor(place)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let mut all = self.groups.lock();
        // Another one may have taken its place.
        if all.get(&self.key).is_some_and(|group| group.strong_count() == 0) {
            all.remove(&self.key);
        }
    }
}

impl Shared {
    async fn run(self: Arc<Self>, head: i64) {
        let telling = async {
            let mut batches = self.telling.source.follow(head);
            while let Some(batch) = batches.next().await {
                self.publish(self.telling.write(batch).await);
            }
        };
        // A bug in a resolver ends the subscriptions, and their clients are told.
        if AssertUnwindSafe(telling).catch_unwind().await.is_err() {
            self.publish(self.telling.failed(&ApiError::internal()));
        }
        self.live().sender = None;
    }

    fn publish(&self, written: Written) {
        let mut live = self.live();
        live.place = written.looked;
        if !written.told.is_empty() {
            live.send(written);
        }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
