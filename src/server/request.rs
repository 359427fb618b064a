//! From what was sent to an operation that may be executed.

use super::refusal::Refusal;
use crate::gate::{DocumentSource, Gate, PreparedRequest};
use async_graphql::ServerError;
use encoding_rs::{Encoding, UTF_8};
use serde::Deserialize;
use serde_json::{Map, Value};

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A request as it was sent: its form is checked, and its document is not yet looked at.
#[derive(Debug)]
pub struct RawRequest {
    document: DocumentSource,
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

impl RawRequest {
    /// Reads the body of a POST.
    pub fn from_body(body: &[u8]) -> Result<RawRequest, Refusal> {
        // Some programs put a byte order mark in front of everything that they write in UTF-8.
        let body: Value = serde_json::from_slice(body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body))
            .map_err(|error| Refusal::bad_request(format!("The body is not JSON in UTF-8: {error}.")))?;
        match body {
            Value::Object(body) => RawRequest::from_map(body),
            Value::Array(_) => Err(Refusal::bad_request(
                "The body is an array, but batches of operations are not supported. Send one request for each operation.",
            )),
            _ => Err(Refusal::bad_request(
                "The body must be a JSON object with the text of a GraphQL document in `query`.",
            )),
        }
    }

    /// Reads the parameters of a GET.
    pub fn from_parameters(parameters: Parameters) -> Result<RawRequest, Refusal> {
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
                .map_err(|error| Refusal::bad_request(format!("The parameter `{name}` is not JSON: {error}.")))?;
            map.insert(name.to_owned(), value);
        }
        RawRequest::from_map(map)
    }

    /// Reads the members of a JSON object.
    pub fn from_map(mut map: Map<String, Value>) -> Result<RawRequest, Refusal> {
        let malformed = |name: &str, form: &str| Err(Refusal::bad_request(format!("`{name}` must be {form}.")));
        let query = match map.remove("query") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(_) => return malformed("query", "a string, the text of a GraphQL document"),
        };
        let mut names = [None, None];
        for (name, found) in ["documentId", "operationName"].into_iter().zip(&mut names) {
            *found = match map.remove(name) {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text).filter(|text| !text.is_empty()),
                Some(_) => return malformed(name, "a string or null"),
            };
        }
        let [id, operation_name] = names;
        let variables = match map.remove("variables") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(variables)) => variables,
            Some(_) => return malformed("variables", "an object or null"),
        };
        let has_hash = match map.remove("extensions") {
            None | Some(Value::Null) => false,
            Some(Value::Object(extensions)) => extensions.get("persistedQuery").is_some_and(Value::is_object),
            Some(_) => return malformed("extensions", "an object or null"),
        };
        // If a text comes with an id or a hash, the text is used: clients send both when the other was not enough.
        let document = match (query, id) {
            (Some(text), _) if !text.is_empty() => DocumentSource::Text(text),
            (_, Some(id)) => DocumentSource::Id(id),
            _ if has_hash => DocumentSource::Hash,
            (Some(empty), None) => DocumentSource::Text(empty),
            (None, None) => {
                return Err(Refusal::bad_request(
                    "The request has no document. Send the text of one in `query`, or the id of a trusted one in \
                     `documentId`.",
                ));
            }
        };
        Ok(RawRequest { document, operation_name, variables })
    }

    /// Passes the gate: finds the operation that the request names, and checks it and the values of its variables.
    pub fn prepare(self, gate: &Gate) -> Result<PreparedRequest, Vec<ServerError>> {
        gate.prepare(self.document, self.operation_name, self.variables)
    }
}

/// Whether this content type is JSON in UTF-8.
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
