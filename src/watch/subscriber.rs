//! One subscriber: what it is told, alone until it has caught up, and then with its group.

use super::following::LAST;
use super::group::{Group, Membership};
use super::message::Message;
use super::parcel::Parcel;
use crate::wire::Response;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// The messages of a subscription that is under way.
pub struct Messages(From);

enum From {
    /// What is answered to one request alone, that it is refused; and the next one, once it is there.
    Responses(BoxStream<'static, Response>, Option<Arc<Message>>),
    Group(Box<Subscriber>),
}

impl Messages {
    /// Waits for the next message, and says about how many bytes it takes; `None` when there are no more. Nothing is lost
    /// if this is dropped.
    pub async fn ready(&mut self) -> Option<usize> {
        match &mut self.0 {
            From::Responses(responses, next) => {
                if next.is_none() {
                    *next = Some(Arc::new(Message::new(responses.next().await?, None)));
                }
                next.as_ref().map(|message| message.bytes())
            }
            From::Group(subscriber) => subscriber.ready().await,
        }
    }

    /// Takes the message that is ready. Returns `None` if it was discarded meanwhile: then it is read again.
    pub fn take(&mut self) -> Option<Arc<Message>> {
        match &mut self.0 {
            From::Responses(_, next) => next.take(),
            From::Group(subscriber) => subscriber.take(),
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

    /// The cursor up to which all was told or was not wanted, if it is another one than when this was asked last:
    /// whoever goes on behind it misses nothing.
    pub fn looked(&mut self) -> Option<String> {
        match &mut self.0 {
            From::Responses(..) => None,
            From::Group(subscriber) => subscriber.looked(),
        }
    }
}

impl std::convert::From<BoxStream<'static, Response>> for Messages {
    fn from(responses: BoxStream<'static, Response>) -> Messages {
        Messages(From::Responses(responses, None))
    }
}

impl std::convert::From<Subscriber> for Messages {
    fn from(subscriber: Subscriber) -> Messages {
        Messages(From::Group(Box::new(subscriber)))
    }
}

/// A member of a group.
pub struct Subscriber {
    group: Arc<Group>,
    caller: Arc<str>,
    live: Receiver<Arc<Parcel>>,
    /// What it follows by itself, up to which place at least: from there on it is told with the others.
    alone: Option<(BoxStream<'static, Arc<Parcel>>, i64)>,
    /// What it has not yet taken all of, and the number of the next message in it.
    found: Option<(Arc<Parcel>, usize)>,
    /// The place up to which it was told all.
    last: i64,
    /// The place that it has said it is at.
    said: Option<i64>,
}

impl Subscriber {
    /// Begins behind a place.
    pub fn new(group: Arc<Group>, Membership { live, since }: Membership, after: i64, caller: Arc<str>) -> Subscriber {
        let mut subscriber = Subscriber { group, caller, live, alone: None, found: None, last: after, said: None };
        subscriber.catch_up(since);
        subscriber
    }

    /// Follows by itself what will not come live.
    fn catch_up(&mut self, since: i64) {
        self.alone = (self.last < since).then(|| (self.group.alone(self.last, &self.caller), since));
    }

    /// Goes on as one that comes anew, since it was too slow for what waited for it.
    fn fall_behind(&mut self) {
        let Membership { live, since } = self.group.again(&self.live);
        self.live = live;
        self.catch_up(since);
    }

    async fn ready(&mut self) -> Option<usize> {
        loop {
            if let Some((parcel, number)) = &self.found {
                if let Some((_, bytes)) = parcel.told(*number) {
                    return Some(bytes);
                }
                self.last = parcel.looked.max(self.last);
                self.found = None;
            }
            let parcel = match &mut self.alone {
                // It was told why nothing follows.
                _ if self.last == LAST => return None,
                Some((_, since)) if self.last >= *since => {
                    self.alone = None;
                    continue;
                }
                Some((alone, _)) => alone.next().await?,
                None => match self.live.recv().await {
                    Ok(parcel) => parcel,
                    Err(RecvError::Closed) => return None,
                    Err(RecvError::Lagged(_)) => {
                        self.fall_behind();
                        continue;
                    }
                },
            };
            // It may have been told some of it alone.
            let number = parcel.behind(self.last);
            self.found = Some((parcel, number));
        }
    }

    fn take(&mut self) -> Option<Arc<Message>> {
        let (parcel, number) = self.found.as_mut()?;
        let (place, _) = parcel.told(*number)?;
        let Some(message) = parcel.open(*number) else {
            self.found = None;
            self.fall_behind();
            return None;
        };
        *number += 1;
        self.last = place;
        // Nothing is kept for it of what it has.
        if parcel.told(*number).is_none() {
            self.last = parcel.looked.max(self.last);
            self.found = None;
        }
        Some(message)
    }

    fn looked(&mut self) -> Option<String> {
        if self.alone.is_none() && self.found.is_none() {
            self.last = self.group.looked(&self.live).unwrap_or(self.last).max(self.last);
        }
        let new = self.said.replace(self.last) != Some(self.last);
        if new { self.group.cursor(self.last) } else { None }
    }
}
