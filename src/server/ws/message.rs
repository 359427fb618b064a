//! The messages of `graphql-transport-ws`, as they are read and written.

use super::close::Close;
use crate::server::request::RawRequest;
use async_graphql::ServerError;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A message of a client.
#[derive(Debug)]
pub enum ClientMessage {
    /// `connection_init`, with the token as in the header `Authorization`, if it has one.
    Init(Option<String>),
    /// `ping`, with its payload, if it has one.
    Ping(Option<Value>),
    Pong,
    /// `subscribe`: begins an operation under this id.
    Subscribe(String, RawRequest),
    /// `complete`: stops the operation with this id.
    Complete(String),
}

impl ClientMessage {
    /// Parses a message.
    ///
    /// # Errors
    /// How to close the socket if the message does not follow the protocol.
    pub fn parse(text: &str) -> Result<ClientMessage, Close> {
        let wrong = Close::bad_message;
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
            return Err(wrong("The message is not a JSON object"));
        };
        let Some(Value::String(kind)) = message.remove("type") else {
            return Err(wrong("The message has no `type`, which is a string"));
        };
        match kind.as_str() {
            "connection_init" => {
                let payload = payload(&mut message)?.unwrap_or_default();
                let headers = || payload.get("headers")?.as_object();
                Ok(ClientMessage::Init(authorization(&payload).or_else(|| authorization(headers()?))))
            }
            "ping" => Ok(ClientMessage::Ping(payload(&mut message)?.map(Value::Object))),
            "pong" => payload(&mut message).map(|_| ClientMessage::Pong),
            "subscribe" => {
                let id = id(&mut message)?;
                let payload =
                    payload(&mut message)?.ok_or_else(|| wrong("The message `subscribe` has no `payload`"))?;
                let request = RawRequest::from_map(payload).map_err(|refusal| Close::bad_message(refusal.message))?;
                Ok(ClientMessage::Subscribe(id, request))
            }
            "complete" => id(&mut message).map(ClientMessage::Complete),
            _ => Err(wrong("The message has an unknown `type`")),
        }
    }
}

/// Returns the id of the operation that a message begins, or `None` if it begins none, without parsing the payload.
pub fn begun_operation(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Head {
        r#type: String,
        id: Option<String>,
    }
    let head: Head = serde_json::from_str(text).ok()?;
    head.id.filter(|_| head.r#type == "subscribe")
}

/// Returns the value of the header `Authorization`, in any case, or `None` if it is missing.
fn authorization(headers: &Map<String, Value>) -> Option<String> {
    let mut values = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    values.find_map(|(_, value)| value.as_str()).map(str::to_owned)
}

fn id(message: &mut Map<String, Value>) -> Result<String, Close> {
    match message.remove("id") {
        Some(Value::String(id)) if !id.is_empty() => Ok(id),
        _ => Err(Close::bad_message("The message has no `id`, which is a string that is not empty")),
    }
}

fn payload(message: &mut Map<String, Value>) -> Result<Option<Map<String, Value>>, Close> {
    match message.remove("payload") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(payload)) => Ok(Some(payload)),
        Some(_) => Err(Close::bad_message("The `payload` of the message is neither an object nor null")),
    }
}

/// `connection_ack`: the token is valid.
pub fn acknowledgement() -> String {
    json!({ "type": "connection_ack" }).to_string()
}

/// The answer to a ping, with the same payload.
pub fn pong(payload: Option<Value>) -> String {
    match payload {
        Some(payload) => json!({ "type": "pong", "payload": payload }).to_string(),
        None => json!({ "type": "pong" }).to_string(),
    }
}

/// The cursor up to which a subscription has sent everything, in a ping: the only message that may have such a payload.
pub fn position(id: &str, cursor: &str) -> String {
    json!({ "type": "ping", "payload": { "id": id, "cursor": cursor } }).to_string()
}

/// Returns how all answers to an operation begin.
pub fn next_prefix(id: &str) -> String {
    format!("{{\"id\":{},\"type\":\"next\",\"payload\":", Value::from(id))
}

/// Returns the message of an answer that is written already; `prefix` is that of [`next_prefix`].
pub fn next(prefix: &str, answer: &str) -> String {
    [prefix, answer, "}"].concat()
}

/// The errors of an operation that cannot begin.
pub fn error(id: &str, errors: &[ServerError]) -> String {
    json!({ "id": id, "type": "error", "payload": errors }).to_string()
}

/// The end of an operation.
pub fn complete(id: &str) -> String {
    json!({ "id": id, "type": "complete" }).to_string()
}
