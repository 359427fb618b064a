//! Server-sent events of a subscription, read one by one.

use crate::MAX_WAIT;
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
    response: reqwest::Response,
    buffer: String,
    last_id: Option<String>,
}

impl Stream {
    pub(crate) fn new(response: reqwest::Response) -> Stream {
        let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        assert!(
            kind.as_deref().is_some_and(|kind| kind.starts_with("text/event-stream")),
            "{}: no event stream but {kind:?}",
            response.status()
        );
        Stream { response, buffer: String::new(), last_id: None }
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

    async fn read(&mut self) -> reqwest::Result<Option<Sent>> {
        while let Some(block) = self.read_block().await? {
            if let Some(sent) = block {
                return Ok(Some(sent));
            }
        }
        Ok(None)
    }

    /// Whether there is one more block, and the event if it is one.
    async fn read_block(&mut self) -> reqwest::Result<Option<Option<Sent>>> {
        loop {
            if let Some(end) = self.buffer.find("\n\n") {
                let block: String = self.buffer.drain(..end + 2).collect();
                let sent = parse(&block);
                self.last_id = sent.id.clone().or(self.last_id.take());
                let is_event = block.lines().any(|line| line.starts_with("data:"));
                return Ok(Some(is_event.then_some(sent)));
            }
            let Some(chunk) = self.response.chunk().await? else { return Ok(None) };
            self.buffer += std::str::from_utf8(&chunk).unwrap();
        }
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

/// Reads one block.
fn parse(block: &str) -> Sent {
    let mut sent = Sent { event: "message".to_owned(), ..Sent::default() };
    let mut data = String::new();
    for line in block.lines().filter(|line| !line.starts_with(':')) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut sent.event),
            "id" => sent.id = Some(value.to_owned()),
            "data" => data += value,
            _ => {}
        }
    }
    sent.data = if data.is_empty() { Value::Null } else { serde_json::from_str(&data).unwrap() };
    sent
}
