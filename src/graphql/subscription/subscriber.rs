//! One subscriber: what it is told, alone until it has caught up, and then with its group.

use super::group::{Group, Membership, Parcel, Written};
use super::message::Message;
use async_graphql::Response;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// The messages of a subscription that is under way.
pub struct Messages(From);

enum From {
    /// What is answered to one request alone: that it is refused.
    Responses(BoxStream<'static, Response>),
    Group(Box<Subscriber>),
}

impl Messages {
    /// The next one; none when it has ended. Nothing is lost if this is dropped.
    pub async fn next(&mut self) -> Option<Arc<Message>> {
        match &mut self.0 {
            From::Responses(responses) => Some(Arc::new(Message::new(responses.next().await?, None))),
            From::Group(subscriber) => subscriber.next().await,
        }
    }

    /// The cursor up to which all was told or was not wanted, if it is another one than when this was asked last:
    /// whoever goes on behind it misses nothing.
    pub fn looked(&mut self) -> Option<String> {
        match &mut self.0 {
            From::Responses(_) => None,
            From::Group(subscriber) => subscriber.looked(),
        }
    }
}

impl std::convert::From<BoxStream<'static, Response>> for Messages {
    fn from(responses: BoxStream<'static, Response>) -> Messages {
        Messages(From::Responses(responses))
    }
}

impl std::convert::From<Subscriber> for Messages {
    fn from(subscriber: Subscriber) -> Messages {
        Messages(From::Group(Box::new(subscriber)))
    }
}

/// A member of a group.
pub(super) struct Subscriber {
    group: Arc<Group>,
    live: Receiver<Arc<Parcel>>,
    /// What it follows by itself, up to which place at least: from there on it is told with the others.
    alone: Option<(BoxStream<'static, Arc<Written>>, i64)>,
    /// What it has not yet taken, and how much of that it has.
    found: Option<(Arc<Written>, usize)>,
    /// The place up to which it was told all.
    last: i64,
    /// The place that it has said it is at.
    said: Option<i64>,
}

impl Subscriber {
    /// Begins behind a place.
    pub fn new(group: Arc<Group>, Membership { live, since }: Membership, after: i64) -> Subscriber {
        let mut subscriber = Subscriber { group, live, alone: None, found: None, last: after, said: None };
        subscriber.catch_up(since);
        subscriber
    }

    /// Follows by itself what will not come live.
    fn catch_up(&mut self, since: i64) {
        self.alone = (self.last < since).then(|| (self.group.alone(self.last), since));
    }

    async fn next(&mut self) -> Option<Arc<Message>> {
        loop {
            if let Some(message) = self.take() {
                return Some(message);
            }
            let written = match &mut self.alone {
                Some((_, since)) if self.last >= *since => {
                    self.alone = None;
                    continue;
                }
                Some((alone, _)) => alone.next().await?,
                None => {
                    let parcel = match self.live.recv().await {
                        Ok(parcel) => parcel.open(),
                        Err(RecvError::Closed) => return None,
                        Err(RecvError::Lagged(_)) => None,
                    };
                    // Whoever was too slow for it goes on as one that comes anew.
                    let Some(written) = parcel else {
                        let Membership { live, since } = self.group.again(&self.live);
                        self.live = live;
                        self.catch_up(since);
                        continue;
                    };
                    written
                }
            };
            // It may have been told some of it alone.
            let new = written.told.partition_point(|(place, _)| *place <= self.last);
            self.found = Some((written, new));
        }
    }

    /// The next of what was found.
    fn take(&mut self) -> Option<Arc<Message>> {
        let (written, taken) = self.found.as_mut()?;
        if let Some((place, message)) = written.told.get(*taken) {
            *taken += 1;
            self.last = *place;
            return Some(message.clone());
        }
        self.last = written.looked.max(self.last);
        self.found = None;
        None
    }

    fn looked(&mut self) -> Option<String> {
        // Whoever is told all that was found has looked further.
        if self.found.as_ref().is_some_and(|(written, taken)| *taken == written.told.len()) {
            self.take();
        }
        if self.alone.is_none() && self.found.is_none() {
            self.last = self.group.looked(&self.live).unwrap_or(self.last).max(self.last);
        }
        let new = self.said.replace(self.last) != Some(self.last);
        if new { self.group.cursor(self.last) } else { None }
    }
}
