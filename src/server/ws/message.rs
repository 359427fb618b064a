//! The messages of `graphql-transport-ws`, as they are read and written.

use super::super::request::Asked;
use super::close::Close;
use async_graphql::ServerError;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What a client says.
#[derive(Debug)]
pub enum Message {
    /// Who it is; the token as in the header `Authorization`, if there is one.
    Init(Option<String>),
    /// It wants a sign of life, with this payload if there is one.
    Ping(Option<Value>),
    /// A sign of life.
    Pong,
    /// It asks for an operation, under an id of its own.
    Subscribe(String, Asked),
    /// It wants no more of an operation.
    Complete(String),
}

impl Message {
    /// Reads a message.
    ///
    /// # Errors
    /// Whatever the protocol does not know ends the socket.
    pub fn read(text: &str) -> Result<Message, Close> {
        let wrong = Close::bad_message;
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
            return Err(wrong("A message is a JSON object"));
        };
        let Some(Value::String(kind)) = message.remove("type") else {
            return Err(wrong("A message has a `type`, which is a string"));
        };
        match kind.as_str() {
            "connection_init" => {
                let payload = payload(&mut message)?.unwrap_or_default();
                let headers = || payload.get("headers")?.as_object();
                Ok(Message::Init(authorization(&payload).or_else(|| authorization(headers()?))))
            }
            "ping" => Ok(Message::Ping(payload(&mut message)?.map(Value::Object))),
            "pong" => payload(&mut message).map(|_| Message::Pong),
            "subscribe" => {
                let id = id(&mut message)?;
                let payload = payload(&mut message)?.ok_or_else(|| wrong("`subscribe` needs a `payload`"))?;
                let asked = Asked::from_map(payload).map_err(|refused| Close::bad_message(refused.into_message()))?;
                Ok(Message::Subscribe(id, asked))
            }
            "complete" => id(&mut message).map(Message::Complete),
            _ => Err(wrong("A client sends no message of this `type`")),
        }
    }
}

/// Returns the id of the operation that a message begins, or `None` if it begins none. The rest of it is not kept.
pub fn begins(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Head {
        r#type: String,
        id: Option<String>,
    }
    let head: Head = serde_json::from_str(text).ok()?;
    head.id.filter(|_| head.r#type == "subscribe")
}

/// Returns the value of the header `Authorization`, whose name has no case, or `None` if it is not there.
fn authorization(headers: &Map<String, Value>) -> Option<String> {
    let mut values = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    values.find_map(|(_, value)| value.as_str()).map(str::to_owned)
}

fn id(message: &mut Map<String, Value>) -> Result<String, Close> {
    match message.remove("id") {
        Some(Value::String(id)) if !id.is_empty() => Ok(id),
        _ => Err(Close::bad_message("This message needs an `id`, a string that is not empty")),
    }
}

fn payload(message: &mut Map<String, Value>) -> Result<Option<Map<String, Value>>, Close> {
    match message.remove("payload") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(payload)) => Ok(Some(payload)),
        Some(_) => Err(Close::bad_message("A `payload` is an object or null")),
    }
}

/// The server knows the client.
pub fn acknowledged() -> String {
    json!({ "type": "connection_ack" }).to_string()
}

/// The answer to a ping, with the same payload.
pub fn pong(payload: Option<Value>) -> String {
    match payload {
        Some(payload) => json!({ "type": "pong", "payload": payload }).to_string(),
        None => json!({ "type": "pong" }).to_string(),
    }
}

/// How far a subscription has looked, in a ping: the one message that may have such a payload.
pub fn looked(id: &str, cursor: &str) -> String {
    json!({ "type": "ping", "payload": { "id": id, "cursor": cursor } }).to_string()
}

/// What all answers to an operation begin with.
pub fn head_of_next(id: &str) -> String {
    format!("{{\"id\":{},\"type\":\"next\",\"payload\":", Value::from(id))
}

/// An answer to an operation, as it is written, behind this head.
pub fn next(head: &str, answer: &str) -> String {
    [head, answer, "}"].concat()
}

/// An operation that could not begin.
pub fn error(id: &str, errors: &[ServerError]) -> String {
    json!({ "id": id, "type": "error", "payload": errors }).to_string()
}

/// The end of an operation.
pub fn complete(id: &str) -> String {
    json!({ "id": id, "type": "complete" }).to_string()
}
