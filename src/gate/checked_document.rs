//! From a text to a valid document.

use super::errors::{MAX_ERRORS, error, too_complex};
use super::positions::Positions;
use super::schema_index::SchemaIndex;
use super::syntax::{self, NullDefaults};
use super::{cursor_variables, list_conflicts};
use crate::limits::Limits;
use crate::wire::ErrorCode;
use apollo_compiler::ast::{Definition, Document};
use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::executable::Operation;
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticData, DiagnosticList, Valid, WithErrors};
use apollo_compiler::{ExecutableDocument, Node};
use async_graphql::ServerError;
use std::collections::HashSet;

/// How many levels of brackets the parser accepts: it recurses over them. A larger `depth` needs more of them; the
/// maximum fits on a small stack.
const MIN_NESTING: u64 = 64;
const MAX_NESTING: u64 = 200;
/// How many levels of brackets values may have below the deepest field.
const VALUE_NESTING: u64 = 32;

/// A valid document with all of its operations.
pub struct CheckedDocument {
    pub document: Valid<ExecutableDocument>,
    pub null_defaults: NullDefaults,
}

impl CheckedDocument {
    /// Parses and validates a text.
    pub fn parse(
        schema: &SchemaIndex,
        limits: &Limits,
        text: &str,
        positions: &Positions<'_>,
    ) -> Result<CheckedDocument, Vec<ServerError>> {
        let mut document = parsed(limits, text, positions)?;
        let errors = syntax::errors(text, &document, positions);
        if !errors.is_empty() {
            return Err(errors);
        }
        let null_defaults = syntax::take_null_defaults(&mut document);
        cursor_variables::declare_as_strings(&mut document);
        // Unknown names are reported alone: all other errors about them would follow from these.
        let built = document.to_executable(&schema.definitions).map_err(|found| invalid(&found.errors, positions))?;
        let document = validated(schema, built, &document, positions)?;
        Ok(CheckedDocument { document, null_defaults })
    }

    /// Returns the operation that a request names, or the only one.
    pub fn operation(&self, name: Option<&str>) -> Result<&Node<Operation>, ServerError> {
        let found = self.document.operations.get(name).ok();
        found.ok_or_else(|| {
            let message = match name {
                Some(name) => format!("The document has no operation named `{name}`."),
                None => "The document has several operations. Name one of them in `operationName`.".to_owned(),
            };
            error(ErrorCode::GraphqlValidationFailed, message, None)
        })
    }
}

fn parsed(limits: &Limits, text: &str, positions: &Positions<'_>) -> Result<Document, Vec<ServerError>> {
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
        let message = format!("The document has more than {nesting} levels of brackets; `depth` is {limit}.");
        return Err(vec![too_complex(&message)]);
    }
    let document = parsed.map_err(|found| {
        converted(found.errors.iter().map(|found| found.error), ErrorCode::GraphqlParseFailed, positions)
    })?;
    let operations = document.definitions.iter();
    let operations = operations.filter(|definition| matches!(definition, Definition::OperationDefinition(_))).count();
    if operations > limits.document_operations {
        let limit = limits.document_operations;
        let message = format!("The document has {operations} operations; `document_operations` is {limit}.");
        return Err(vec![too_complex(&message)]);
    }
    Ok(document)
}

/// Validates a document that was built from `written`.
fn validated(
    schema: &SchemaIndex,
    document: ExecutableDocument,
    written: &Document,
    positions: &Positions<'_>,
) -> Result<Valid<ExecutableDocument>, Vec<ServerError>> {
    let mut found_errors = Vec::new();
    let document = match document.validate(&schema.definitions) {
        Ok(document) => {
            found_errors.extend(list_conflicts(schema, written, positions));
            document
        }
        Err(WithErrors { partial, errors }) => {
            found_errors = invalid(&errors, positions);
            Valid::assume_valid(partial)
        }
    };
    found_errors
        .extend(document.operations.iter().filter_map(|operation| root_field_error(operation, &document, positions)));
    match found_errors.is_empty() {
        true => Ok(document),
        false => Err(found_errors),
    }
}

/// Returns the conflicts between lists that validation misses.
fn list_conflicts(schema: &SchemaIndex, written: &Document, positions: &Positions<'_>) -> Vec<ServerError> {
    let found = list_conflicts::find(schema, written);
    let found = found.iter().flat_map(|found| found.iter().map(|found| found.error));
    let conflicts = found.filter(|found| found.unstable_error_name() == Some("ConflictingFieldArgument"));
    converted(conflicts, ErrorCode::GraphqlValidationFailed, positions)
}

/// Returns the error of a subscription with several response keys at its root. One key may be selected several times.
fn root_field_error(
    operation: &Node<Operation>,
    document: &ExecutableDocument,
    positions: &Positions<'_>,
) -> Option<ServerError> {
    if !operation.is_subscription() {
        return None;
    }
    let keys: HashSet<_> = operation.root_fields(document).map(|field| field.response_name()).collect();
    (keys.len() > 1).then(|| {
        let message = "A subscription must have exactly one root field. Send a separate operation for each field.";
        error(ErrorCode::GraphqlValidationFailed, message, Some(positions.of_span(operation.location())))
    })
}

fn invalid(found: &DiagnosticList, positions: &Positions<'_>) -> Vec<ServerError> {
    converted(found.iter().map(|found| found.error), ErrorCode::GraphqlValidationFailed, positions)
}

/// Returns the diagnostics of the parser as errors of the API.
fn converted<'d>(
    found: impl Iterator<Item = &'d DiagnosticData>,
    code: ErrorCode,
    positions: &Positions<'_>,
) -> Vec<ServerError> {
    // The parser counts the root fields of a subscription rather than their response keys.
    let found = found.filter(|found| found.unstable_error_name() != Some("SubscriptionUsesMultipleFields"));
    let converted =
        found.map(|found| error(code, found.to_string(), Some(positions.of_span(ToCliReport::location(found)))));
    let mut errors: Vec<_> = converted.take(MAX_ERRORS).collect();
    // The parser reports the end of the text once for each open brace.
    errors.dedup();
    errors
}
