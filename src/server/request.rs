//! From what was sent to a document that may be carried out.

use super::answer::Refused;
use super::limits::{self, Refusal};
use crate::graphql::{self, Document, Documents};
use crate::read::ErrorCode;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::parser::{Error as SyntaxError, parse_query};
use async_graphql::{Request, ServerError, Variables};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// What a client asks, its form checked and its document not yet looked at.
#[derive(Debug)]
pub struct Asked {
    query: String,
    operation_name: Option<String>,
    variables: Map<String, Value>,
}

/// The parameters of a GET.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

impl Asked {
    /// From the body of a POST.
    pub fn from_body(body: &[u8]) -> Result<Asked, Refused> {
        let body: Value = serde_json::from_slice(body)
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
        let texts = [("query", parameters.query), ("operationName", parameters.operation_name)];
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
        let Some(Value::String(query)) = map.remove("query") else {
            return wrong("query", "a string, the text of a document");
        };
        let operation_name = match map.remove("operationName") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name).filter(|name| !name.is_empty()),
            Some(_) => return wrong("operationName", "a string or null"),
        };
        let variables = match map.remove("variables") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(variables)) => variables,
            Some(_) => return wrong("variables", "an object or null"),
        };
        match map.remove("extensions") {
            None | Some(Value::Null | Value::Object(_)) => Ok(Asked { query, operation_name, variables }),
            Some(_) => wrong("extensions", "an object or null"),
        }
    }

    /// Parses the document, unless it is one that is kept, checks what it asks for, and finds the operation that is
    /// meant.
    ///
    /// # Errors
    /// One error, before anything was carried out.
    pub fn prepare(self, documents: &Documents) -> Result<Prepared, ServerError> {
        let asked = match documents.find(&self.query) {
            Some(asked) => asked,
            None => graphql::Asked { document: Arc::new(parse(self.query)?), valid: false },
        };
        let document = &asked.document.parsed;
        let operation = operation(document, self.operation_name.as_deref())?;
        let mut variables = Variables::from_json(Value::Object(self.variables));
        fill_in(operation, &mut variables);
        limits::check(document, &variables).map_err(refused)?;
        let (document, kind) = (document.clone(), operation.ty);
        Ok(Prepared { asked, document, variables, kind, name: self.operation_name })
    }
}

fn parse(text: String) -> Result<Document, ServerError> {
    limits::check_text(&text).map_err(refused)?;
    let parsed = parse_query(&text).map_err(|error| match error {
        SyntaxError::RecursionLimitExceeded => refused(Refusal::TooComplex("This document nests too deep.".to_owned())),
        error => coded(error.into(), ErrorCode::BadRequest),
    })?;
    Ok(Document { text, parsed })
}

/// A document that may be carried out, and the operation of it that is meant.
#[derive(Debug)]
pub struct Prepared {
    asked: graphql::Asked,
    /// To be carried out.
    pub document: ExecutableDocument,
    pub variables: Variables,
    pub kind: OperationType,
    pub name: Option<String>,
}

impl Prepared {
    /// What the library takes.
    pub fn request(self) -> Request {
        let mut request = Request::new(String::new()).variables(self.variables).data(self.asked);
        request.operation_name = self.name;
        request.set_parsed_query(self.document);
        request
    }
}

/// The operation that is meant.
fn operation<'d>(document: &'d ExecutableDocument, name: Option<&str>) -> Result<&'d OperationDefinition, ServerError> {
    let missing = |message: &str| coded(ServerError::new(message, None), ErrorCode::BadRequest);
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Multiple(named), Some(name)) => named.get(name),
        (DocumentOperations::Multiple(named), None) if named.len() == 1 => named.values().next(),
        (DocumentOperations::Multiple(_), None) => {
            let message = "This document has several operations. Say in `operationName` which one is meant.";
            return Err(missing(message));
        }
        (DocumentOperations::Single(_), Some(_)) => None,
    };
    let found = found.map(|operation| &operation.node);
    found.ok_or_else(|| missing(&format!("This document has no operation of the name {:?}.", name.unwrap_or_default())))
}

/// Gives variables that were left out their defaults, so that a page is measured by them, too.
fn fill_in(operation: &OperationDefinition, variables: &mut Variables) {
    for variable in operation.variable_definitions.iter().map(|definition| &definition.node) {
        if let Some(default) = &variable.default_value {
            variables.entry(variable.name.node.clone()).or_insert_with(|| default.node.clone());
        }
    }
}

fn refused(refusal: Refusal) -> ServerError {
    match refusal {
        Refusal::TooComplex(message) => coded(ServerError::new(message, None), ErrorCode::TooComplex),
        Refusal::Wrong(message) => coded(ServerError::new(message, None), ErrorCode::BadRequest),
    }
}

fn coded(mut error: ServerError, code: ErrorCode) -> ServerError {
    error.extensions.get_or_insert_default().set("code", code.word());
    error
}

/// Whether a body of this type is read: JSON in UTF-8.
pub fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    json && parts.all(|part| match part.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
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
