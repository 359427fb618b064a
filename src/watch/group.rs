//! Subscribers that are told the same are a *group*: what is new is read, answered and written once for all of them.
//! Who is behind, since it began at an earlier place or is slow, catches up by itself from the same source and then
//! goes on with its group: in order, each once, no gap (I5).

use super::following::{Following, Telling};
use super::parcel::{Parcel, Written};
use super::queues::Queues;
use super::reading::{self, Readings};
use super::source::Source;
use crate::events::Tail;
use crate::limits::Limits;
use crate::read::Prepared;
use crate::wire::ApiError;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use parking_lot::{Mutex, MutexGuard};
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::{Arc, Weak};
use tokio::sync::broadcast::{Receiver, Sender};
use tokio_util::task::AbortOnDropHandle;

/// A subscriber that is this many batches behind its group catches up by itself.
const BACKLOG: usize = 128;

/// What subscribers are told in the same way.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key {
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
    queues: Queues,
    message_objects: u64,
}

impl Groups {
    /// None yet, for subscribers that may cost this much.
    pub fn new(tail: Tail, limits: &Limits) -> Groups {
        let queues = Queues::new(limits.queue_bytes_per_subscriber.0, limits.queue_bytes.0);
        let (all, readings, message_objects) = (Arc::default(), Readings::default(), limits.message_objects);
        Groups { tail, all, readings, queues, message_objects }
    }

    /// What waits for subscribers to read it.
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

    /// How many groups there are: as many different subscriptions are under way.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nobody is subscribed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The group with this key and a membership in it; a new one, behind the place `head`, if there is none, which
    /// reads in the name of this caller.
    pub fn join(
        &self,
        key: Key,
        head: i64,
        prepared: Prepared,
        source: Box<dyn Source>,
        caller: &Arc<str>,
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
        let reading = self.readings.with(&key.reading, prepared, &self.tail);
        let telling = Arc::new(Telling { reading, source, bytes: self.queues.each() });
        let shared = Arc::new(Shared { telling, queues: self.queues.clone(), live });
        let task = AbortOnDropHandle::new(tokio::spawn(shared.clone().run(head, caller.clone())));
        let group = Arc::new(Group { key: key.clone(), groups: self.clone(), shared, _task: task });
        all.insert(key, Arc::downgrade(&group));
        (group, membership)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Weak<Group>>> {
        self.all.lock()
    }
}

/// Subscribers that are told the same. It ends with the last of them.
pub struct Group {
    key: Key,
    groups: Groups,
    shared: Arc<Shared>,
    _task: AbortOnDropHandle<()>,
}

/// What a member is told from now on: all that is behind the place `since`.
pub struct Membership {
    pub(super) live: Receiver<Arc<Parcel>>,
    pub since: i64,
}

struct Shared {
    telling: Arc<Telling>,
    queues: Queues,
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
    /// Sends a parcel. At most this many bytes are kept for the slowest of the group; a member that misses what was
    /// before them catches up alone.
    fn send(&mut self, parcel: Arc<Parcel>, most: usize) {
        let Some(sender) = &self.sender else { return };
        self.unread.retain(|(parcel, _)| parcel.strong_count() > 0);
        let mut all = parcel.bytes() + self.unread.iter().map(|(_, bytes)| bytes).sum::<usize>();
        while all > most
            && let Some((oldest, bytes)) = self.unread.pop_front()
        {
            oldest.upgrade().inspect(|parcel| parcel.discard());
            all -= bytes;
        }
        self.unread.push_back((Arc::downgrade(&parcel), parcel.bytes()));
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
    pub(super) fn again(&self, live: &Receiver<Arc<Parcel>>) -> Membership {
        let now = self.shared.live();
        Membership { live: live.resubscribe(), since: now.place }
    }

    /// Everything behind a place, for one member alone, read in the name of its caller.
    pub(super) fn alone(&self, after: i64, caller: &Arc<str>) -> BoxStream<'static, Arc<Parcel>> {
        let following = Following::new(self.shared.telling.clone(), after, caller.clone());
        let next = async |(mut following, queues): (Following, Queues)| {
            let parcel = queues.keep(following.next().await?);
            Some((parcel, (following, queues)))
        };
        let next = move |state| async move {
            // In a task of its own: the member may be busy with its client, and it would keep others waiting if it were
            // its turn to read and it did not come to do so.
            match AbortOnDropHandle::new(tokio::spawn(next(state))).await {
                Ok(next) => next,
                Err(failed) => failed.try_into_panic().map_or(None, |panic| resume_unwind(panic)),
            }
        };
        stream::unfold((following, self.shared.queues.clone()), next).boxed()
    }

    /// The place up to which the group has looked, if this member has taken all.
    pub(super) fn looked(&self, live: &Receiver<Arc<Parcel>>) -> Option<i64> {
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
    async fn run(self: Arc<Self>, head: i64, caller: Arc<str>) {
        let telling = async {
            let mut following = Following::new(self.telling.clone(), head, caller);
            while let Some(written) = following.next().await {
                self.publish(written);
            }
        };
        // A bug in a resolver ends the subscriptions, and their clients are told.
        if AssertUnwindSafe(telling).catch_unwind().await.is_err() {
            self.publish(self.telling.failed(&ApiError::internal()));
        }
        self.live().sender = None;
    }

    fn publish(&self, written: Written) {
        let looked = written.looked;
        let parcel = (!written.told.is_empty()).then(|| self.queues.keep(written));
        let mut live = self.live();
        live.place = looked;
        if let Some(parcel) = parcel {
            live.send(parcel, self.queues.each());
        }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock()
    }
}
