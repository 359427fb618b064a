//! From a text to a valid document.

use super::places::Places;
use super::problem::{problem, too_complex};
use super::schema::Schema;
use super::syntax::{self, NullDefaults};
use crate::limits::Limits;
use crate::wire::ErrorCode;
use apollo_compiler::ast::{Definition, Document};
use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::executable::Operation;
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticList, Valid, WithErrors};
use apollo_compiler::{ExecutableDocument, Node};
use async_graphql::ServerError;
use std::collections::HashSet;

/// Levels of brackets that the parser takes: it recurses over them. A deeper `depth` needs more of them, and even a
/// small stack has room for the last.
const MIN_NESTING: u64 = 64;
const MAX_NESTING: u64 = 200;
/// Levels of brackets that values may have below the deepest field.
const VALUE_NESTING: u64 = 32;

/// A document that is valid, all its operations included.
pub struct Checked {
    pub document: Valid<ExecutableDocument>,
    pub null_defaults: NullDefaults,
}

impl Checked {
    /// Parses and validates a text.
    pub fn read(
        schema: &Schema,
        limits: &Limits,
        text: &str,
        places: &Places<'_>,
    ) -> Result<Checked, Vec<ServerError>> {
        let mut document = parsed(limits, text, places)?;
        let problems = syntax::problems(text, &document, places);
        if !problems.is_empty() {
            return Err(problems);
        }
        let null_defaults = syntax::take_null_defaults(&mut document);
        // What does not exist is reported alone: all that would be said of its parts follows from it.
        let built = document.to_executable(&schema.definitions).map_err(|found| invalid(&found.errors, places))?;
        let document = valid(schema, built, places)?;
        Ok(Checked { document, null_defaults })
    }

    /// Returns the operation that a request means.
    pub fn operation(&self, name: Option<&str>) -> Result<&Node<Operation>, ServerError> {
        let found = self.document.operations.get(name).ok();
        found.ok_or_else(|| {
            let message = match name {
                Some(name) => format!("The document has no operation named `{name}`."),
                None => "The document has several operations: name one of them in `operationName`.".to_owned(),
            };
            problem(ErrorCode::GraphqlValidationFailed, message, None)
        })
    }
}

fn parsed(limits: &Limits, text: &str, places: &Places<'_>) -> Result<Document, Vec<ServerError>> {
    let nesting = (limits.depth.saturating_add(VALUE_NESTING)).clamp(MIN_NESTING, MAX_NESTING) as usize;
    let mut parser = Parser::new().recursion_limit(nesting).token_limit(limits.document_tokens);
    let parsed = parser.parse_ast(text, "");
    if parser.tokens_reached() > limits.document_tokens {
        let limit = limits.document_tokens;
        let message = format!("The document has too many tokens, white space included; `document_tokens` is {limit}.");
        return Err(vec![too_complex(&message)]);
    }
    if parser.recursion_reached() > nesting {
        let limit = limits.depth;
        let message = format!("The document nests more than {nesting} levels of brackets; `depth` is {limit}.");
        return Err(vec![too_complex(&message)]);
    }
    let document = parsed.map_err(|found| problems(&found.errors, ErrorCode::GraphqlParseFailed, places))?;
    let operations = document.definitions.iter();
    let operations = operations.filter(|definition| matches!(definition, Definition::OperationDefinition(_))).count();
    if operations > limits.document_operations {
        let limit = limits.document_operations;
        let message = format!("The document has {operations} operations; `document_operations` is {limit}.");
        return Err(vec![too_complex(&message)]);
    }
    Ok(document)
}

fn valid(
    schema: &Schema,
    document: ExecutableDocument,
    places: &Places<'_>,
) -> Result<Valid<ExecutableDocument>, Vec<ServerError>> {
    let mut problems = Vec::new();
    let document = match document.validate(&schema.definitions) {
        Ok(document) => document,
        Err(WithErrors { partial, errors }) => {
            problems = invalid(&errors, places);
            Valid::assume_valid(partial)
        }
    };
    problems.extend(document.operations.iter().filter_map(|operation| streams(operation, &document, places)));
    match problems.is_empty() {
        true => Ok(document),
        false => Err(problems),
    }
}

/// What is wrong with the root of a subscription: it has one response key, however often that is selected.
fn streams(operation: &Node<Operation>, document: &ExecutableDocument, places: &Places<'_>) -> Option<ServerError> {
    if !operation.is_subscription() {
        return None;
    }
    let keys: HashSet<_> = operation.root_fields(document).map(|field| field.response_name()).collect();
    (keys.len() > 1).then(|| {
        let message = "A subscription has exactly one field at its root. Send one operation for each.";
        problem(ErrorCode::GraphqlValidationFailed, message, Some(places.of_span(operation.location())))
    })
}

fn invalid(found: &DiagnosticList, places: &Places<'_>) -> Vec<ServerError> {
    problems(found, ErrorCode::GraphqlValidationFailed, places)
}

fn problems(found: &DiagnosticList, code: ErrorCode, places: &Places<'_>) -> Vec<ServerError> {
    let found = found.iter().map(|found| found.error);
    // The parser counts root fields of a subscription, and not their keys.
    let found = found.filter(|found| found.unstable_error_name() != Some("SubscriptionUsesMultipleFields"));
    let reported =
        |found: &_| problem(code, ToString::to_string(found), Some(places.of_span(ToCliReport::location(found))));
    found.take(super::problem::MAX_ERRORS).map(reported).collect()
}
