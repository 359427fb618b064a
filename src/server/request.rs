//! From what was sent to an operation that may be carried out.

use super::answer::Refused;
use crate::gate::{Gate, Prepared, Source};
use crate::wire::ErrorCode;
use async_graphql::ServerError;
use axum::http::StatusCode;
use encoding_rs::{Encoding, UTF_8};
use serde::Deserialize;
use serde_json::{Map, Value};

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What a client asks, its form checked and its document not yet looked at.
#[derive(Debug)]
pub struct Asked {
    document: Source,
    operation_name: Option<String>,
    variables: Map<String, Value>,
}

/// The parameters of a GET.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    query: Option<String>,
    document_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

impl Asked {
    /// From the body of a POST.
    pub fn from_body(body: &[u8]) -> Result<Asked, Refused> {
        // Some programs put a mark in front of all that they write in UTF-8.
        let body: Value = serde_json::from_slice(body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body))
            .map_err(|error| Refused::bad_request(format!("The body is not JSON in UTF-8: {error}.")))?;
        match body {
            Value::Object(body) => Asked::from_map(body),
            Value::Array(_) => {
                Err(Refused::bad_request("Several operations in one request are not taken. Send one at a time."))
            }
            _ => Err(Refused::bad_request("The body has to be a JSON object with the text of a document in `query`.")),
        }
    }

    /// From the parameters of a GET.
    pub fn from_parameters(parameters: Parameters) -> Result<Asked, Refused> {
        let mut map = Map::new();
        let texts = [
            ("query", parameters.query),
            ("documentId", parameters.document_id),
            ("operationName", parameters.operation_name),
        ];
        map.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::String(text?)))));
        for (name, text) in [("variables", parameters.variables), ("extensions", parameters.extensions)] {
            let Some(text) = text.filter(|text| !text.is_empty()) else { continue };
            let value = serde_json::from_str(&text)
                .map_err(|error| Refused::bad_request(format!("The parameter `{name}` is not JSON: {error}.")))?;
            map.insert(name.to_owned(), value);
        }
        Asked::from_map(map)
    }

    /// From the members of a JSON object.
    pub fn from_map(mut map: Map<String, Value>) -> Result<Asked, Refused> {
        let wrong = |name: &str, form: &str| Err(Refused::bad_request(format!("`{name}` has to be {form}.")));
        let query = match map.remove("query") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(_) => return wrong("query", "a string, the text of a document"),
        };
        let mut names = [None, None];
        for (name, place) in ["documentId", "operationName"].into_iter().zip(&mut names) {
            *place = match map.remove(name) {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text).filter(|text| !text.is_empty()),
                Some(_) => return wrong(name, "a string or null"),
            };
        }
        let [id, operation_name] = names;
        let variables = match map.remove("variables") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(variables)) => variables,
            Some(_) => return wrong("variables", "an object or null"),
        };
        let has_hash = match map.remove("extensions") {
            None | Some(Value::Null) => false,
            Some(Value::Object(extensions)) => extensions.get("persistedQuery").is_some_and(Value::is_object),
            Some(_) => return wrong("extensions", "an object or null"),
        };
        // A text that comes with an id or a hash is what runs: clients send both when the other alone was not enough.
        let document = match (query, id) {
            (Some(text), _) if !text.is_empty() => Source::Text(text),
            (_, Some(id)) => Source::Id(id),
            _ if has_hash => Source::Hash,
            (Some(empty), None) => Source::Text(empty),
            (None, None) => {
                let message = "The request names no document: send the text of one in `query`, or the id of a trusted \
                               one in `documentId`.";
                return Err(Refused::bad_request(message));
            }
        };
        Ok(Asked { document, operation_name, variables })
    }

    /// Passes the gate: finds the operation that is meant, and checks it and the values of its variables.
    pub fn prepare(self, gate: &Gate) -> Result<Prepared, Vec<ServerError>> {
        gate.prepare(self.document, self.operation_name, self.variables)
    }
}

/// Whether a body of this type is read: JSON in UTF-8.
pub fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    json && parts.all(|part| match part.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            Encoding::for_label(value.trim_matches('"').as_bytes()) == Some(UTF_8)
        }
        _ => true,
    })
}

impl Refused {
    /// The request has not the form of one.
    pub fn bad_request(message: impl Into<String>) -> Refused {
        Refused::new(StatusCode::BAD_REQUEST, ErrorCode::BadRequest, message)
    }
}
