//! Server-sent events of a subscription, read one by one.

use crate::MAX_WAIT;
use lockkeeper_client::{Error, Event, EventStream};
use serde_json::Value;
use tokio::time::timeout;

/// One event as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub event: String,
    pub id: Option<String>,
    pub data: Value,
}

/// A subscription under way. It ends when it is dropped.
pub struct Stream {
    events: EventStream,
    last_id: Option<String>,
}

impl Stream {
    pub(crate) fn new(events: EventStream) -> Stream {
        Stream { events, last_id: None }
    }

    /// What a browser would send as `Last-Event-ID` if it had to connect again now.
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// Reads on until the stream says that it has come to a place, without any event on the way.
    pub async fn quiet_until(&mut self, place: impl Fn(&str) -> bool) {
        while !self.last_id.as_deref().is_some_and(&place) {
            let block = timeout(MAX_WAIT, self.read_block()).await.expect("a sign of life in time").unwrap();
            let event = block.expect("the stream goes on");
            assert!(event.is_none(), "no event was to come: {event:#?}");
        }
    }

    /// The next event; or `None` when the server ended the stream. Signs of life are skipped: comments, and ids
    /// without data, which are kept as the last id.
    pub async fn next(&mut self) -> Option<Sent> {
        timeout(MAX_WAIT, self.read()).await.expect("an event in time").unwrap()
    }

    /// The next event, whenever it comes; or `None` when the stream has ended, for whatever reason.
    pub async fn try_next(&mut self) -> Option<Sent> {
        self.read().await.ok().flatten()
    }

    async fn read(&mut self) -> Result<Option<Sent>, Error> {
        while let Some(block) = self.read_block().await? {
            if let Some(sent) = block {
                return Ok(Some(sent));
            }
        }
        Ok(None)
    }

    /// Whether there is one more block, and the event if it is one.
    async fn read_block(&mut self) -> Result<Option<Option<Sent>>, Error> {
        let Some(Event { kind, id, data }) = self.events.next().await? else { return Ok(None) };
        self.last_id = id.clone().or(self.last_id.take());
        let parse = |data: String| match data.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap(),
        };
        Ok(Some(data.map(|data| Sent { event: kind, id, data: parse(data) })))
    }

    /// The value of this root field in the next event, which must be one without errors.
    pub async fn value(&mut self, field: &str) -> Value {
        let mut sent = self.next().await.expect("the stream goes on");
        assert!(sent.event == "next" && sent.data["errors"].is_null(), "{sent:#?}");
        sent.data["data"][field].take()
    }

    /// All values of this root field up to the first for which `last` holds, that one included.
    pub async fn until(&mut self, field: &str, mut last: impl FnMut(&Value) -> bool) -> Vec<Value> {
        let mut values = Vec::new();
        loop {
            values.push(self.value(field).await);
            if last(&values[values.len() - 1]) {
                return values;
            }
        }
    }
}
