//! One subscriber: its messages, read alone until it has caught up, and then with its group.

use super::batch_reader::END;
use super::group::{Group, Membership};
use super::message::Message;
use super::parcels::Parcel;
use crate::wire::Response;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// The messages of a subscription.
pub struct Messages(Origin);

enum Origin {
    /// Answers to one request, which say why it has no subscription; and the next one, once it is ready.
    Responses(BoxStream<'static, Response>, Option<Arc<Message>>),
    Group(Box<Subscriber>),
}

impl Messages {
    /// Waits for the next message, and says about how many bytes it takes; `None` when there are no more. Nothing is lost
    /// if this is dropped.
    pub async fn ready(&mut self) -> Option<usize> {
        match &mut self.0 {
            Origin::Responses(responses, next) => {
                if next.is_none() {
                    *next = Some(Arc::new(Message::new(responses.next().await?, None)));
                }
                next.as_ref().map(|message| message.bytes())
            }
            Origin::Group(subscriber) => subscriber.ready().await,
        }
    }

    /// Takes the message that is ready. Returns `None` if it was discarded meanwhile: then it is read again.
    pub fn take(&mut self) -> Option<Arc<Message>> {
        match &mut self.0 {
            Origin::Responses(_, next) => next.take(),
            Origin::Group(subscriber) => subscriber.take(),
        }
    }

    /// The next message, as soon as it is ready; `None` when there are no more. Nothing is lost if this is dropped.
    pub async fn next(&mut self) -> Option<Arc<Message>> {
        loop {
            self.ready().await?;
            if let Some(message) = self.take() {
                return Some(message);
            }
        }
    }

    /// The cursor up to which nothing is missing, or `None` if it is the same as at the last call: a client that goes on
    /// behind it misses nothing.
    pub fn read_to(&mut self) -> Option<String> {
        match &mut self.0 {
            Origin::Responses(..) => None,
            Origin::Group(subscriber) => subscriber.read_to(),
        }
    }
}

impl From<BoxStream<'static, Response>> for Messages {
    fn from(responses: BoxStream<'static, Response>) -> Messages {
        Messages(Origin::Responses(responses, None))
    }
}

impl From<Subscriber> for Messages {
    fn from(subscriber: Subscriber) -> Messages {
        Messages(Origin::Group(Box::new(subscriber)))
    }
}

/// A member of a group.
pub struct Subscriber {
    group: Arc<Group>,
    caller: Arc<str>,
    live: Receiver<Arc<Parcel>>,
    /// What it reads alone, and the place from which on it gets live messages.
    catching_up: Option<(BoxStream<'static, Arc<Parcel>>, i64)>,
    /// The parcel whose messages it takes, and the number of the next one.
    current: Option<(Arc<Parcel>, usize)>,
    /// The place up to which it has everything.
    last: i64,
    /// The place that [`Messages::read_to`] returned last.
    reported: Option<i64>,
}

impl Subscriber {
    /// Begins behind a place.
    pub fn new(group: Arc<Group>, Membership { live, since }: Membership, after: i64, caller: Arc<str>) -> Subscriber {
        let mut subscriber =
            Subscriber { group, caller, live, catching_up: None, current: None, last: after, reported: None };
        subscriber.catch_up(since);
        subscriber
    }

    /// Reads alone what will not come live.
    fn catch_up(&mut self, since: i64) {
        self.catching_up = (self.last < since).then(|| (self.group.catch_up(self.last, &self.caller), since));
    }

    /// Goes on like a new member, since it was too slow for the messages that waited for it.
    fn fall_behind(&mut self) {
        let Membership { live, since } = self.group.rejoin(&self.live);
        self.live = live;
        self.catch_up(since);
    }

    async fn ready(&mut self) -> Option<usize> {
        loop {
            if let Some((parcel, number)) = &self.current {
                if let Some((_, bytes)) = parcel.size_of(*number) {
                    return Some(bytes);
                }
                self.last = parcel.read_to.max(self.last);
                self.current = None;
            }
            let parcel = match &mut self.catching_up {
                // The last message said why nothing follows.
                _ if self.last == END => return None,
                Some((_, since)) if self.last >= *since => {
                    self.catching_up = None;
                    continue;
                }
                Some((parcels, _)) => parcels.next().await?,
                None => match self.live.recv().await {
                    Ok(parcel) => parcel,
                    Err(RecvError::Closed) => return None,
                    Err(RecvError::Lagged(_)) => {
                        self.fall_behind();
                        continue;
                    }
                },
            };
            // It may have read some of these messages alone.
            let number = parcel.first_behind(self.last);
            self.current = Some((parcel, number));
        }
    }

    fn take(&mut self) -> Option<Arc<Message>> {
        let (parcel, number) = self.current.as_mut()?;
        let (place, _) = parcel.size_of(*number)?;
        let Some(message) = parcel.message(*number) else {
            self.current = None;
            self.fall_behind();
            return None;
        };
        *number += 1;
        self.last = place;
        // A parcel that it has read is released at once.
        if parcel.size_of(*number).is_none() {
            self.last = parcel.read_to.max(self.last);
            self.current = None;
        }
        Some(message)
    }

    fn read_to(&mut self) -> Option<String> {
        if self.catching_up.is_none() && self.current.is_none() {
            self.last = self.group.read_to(&self.live).unwrap_or(self.last).max(self.last);
        }
        let is_new = self.reported.replace(self.last) != Some(self.last);
        if is_new { self.group.cursor(self.last) } else { None }
    }
}
