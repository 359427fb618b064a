//! What must hold for any input, with one function for each kind of input. `fuzz/` calls them from a fuzzer; the tests
//! here call them with random and damaged inputs in every run.

#[cfg(test)]
mod tests;

use crate::config;
use crate::domain::Id;
use crate::gate::Gate;
use crate::limits::Limits;
use crate::server::request::RawRequest;
use crate::server::ws::message::ClientMessage;
use crate::wire::cursor;
use async_graphql::{ServerError, Value};
use serde_json::Map;
use std::sync::LazyLock;

/// The gate of the API, created once.
static GATE: LazyLock<Gate> = LazyLock::new(|| Gate::for_api(Limits::default()));

/// The most characters of an error message: names in it are cut, and it contains no source text.
const MAX_MESSAGE_CHARS: usize = 1_000;

/// The codes that an error of the gate may have.
const CODES: [&str; 4] = ["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "TOO_COMPLEX"];

/// The body of a request: it is refused or passes the gate, with the same result each time.
pub fn body(bytes: &[u8]) {
    check(|| RawRequest::from_body(bytes).ok());
}

/// A document, the name of an operation and variables as JSON, separated by zero bytes.
pub fn request(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.splitn(3, '\0');
    let mut map = Map::new();
    for name in ["query", "operationName"] {
        if let Some(part) = parts.next() {
            map.insert(name.to_owned(), part.into());
        }
    }
    if let Some(variables) = parts.next().and_then(|part| serde_json::from_str(part).ok()) {
        map.insert("variables".to_owned(), variables);
    }
    check(|| RawRequest::from_map(map.clone()).ok());
}

/// Checks that a request gets the same result when its document is new and when it is cached.
fn check(request: impl Fn() -> Option<RawRequest>) {
    let verdict = || request().map(|request| request.prepare(&GATE).map(|prepared| (prepared.kind, prepared.objects)));
    let (Some(first), Some(second)) = (verdict(), verdict()) else { return };
    assert_eq!(first, second, "a cached document has another result");
    if let Err(errors) = first {
        assert!((1..=100).contains(&errors.len()), "{} errors", errors.len());
        errors.iter().for_each(check_error);
    }
}

fn check_error(error: &ServerError) {
    assert!(error.message.chars().count() <= MAX_MESSAGE_CHARS, "a message of {} characters", error.message.len());
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    let is_known = matches!(code, Some(Value::String(code)) if CODES.contains(&code.as_str()));
    assert!(is_known, "the code {code:?}: {}", error.message);
}

/// An id or a cursor: what can be parsed is written back unchanged.
pub fn id(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(id) = Id::parse(&text) {
        assert_eq!(id.to_string(), text);
    }
    if let Ok(position) = cursor::read_event(&text, "log", "after") {
        assert_eq!(cursor::read_event(&cursor::event("log", position), "log", "after"), Ok(position));
    }
    if let Ok((release, place)) = cursor::read_line(&text, "after") {
        assert_eq!(cursor::read_line(&cursor::line(release, place), "after"), Ok((release, place)));
    }
}

/// A message over a socket: it follows the protocol, or closes the socket with a code of the protocol.
pub fn message(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match ClientMessage::parse(&text) {
        Ok(ClientMessage::Subscribe(_, request)) => drop(request.prepare(&GATE)),
        Ok(_) => {}
        Err(close) => {
            assert_eq!(close.code(), 4400);
            assert!(close.frame().reason.len() <= 123, "the reason is too long for a frame");
        }
    }
}

/// The text of a configuration: it is read, or refused with a message.
pub fn configuration(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(problem) = config::check(&text) {
        assert!(!problem.is_empty());
    }
}
