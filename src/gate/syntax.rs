//! What the parser accepts although a document must not contain it: the parser follows a newer specification than
//! clients and async-graphql, does not apply one rule about values, and drops arguments and input fields without a value.

use super::errors::error;
use super::positions::Positions;
use crate::wire::ErrorCode;
use apollo_compiler::ast::{Argument, Definition, DirectiveList, Document, Selection, Value};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::{Name, Node};
use apollo_parser::{Lexer, TokenKind};
use async_graphql::ServerError;
use std::collections::HashSet;

/// Returns everything that is wrong with the syntax of a document.
pub fn errors(text: &str, document: &Document, positions: &Positions<'_>) -> Vec<ServerError> {
    let mut walk = SyntaxWalk { positions, names: 0, errors: Vec::new() };
    if document.definitions.is_empty() {
        walk.parse_failed("The document has no operation.", None);
    }
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => {
                let is_short = text[operation.location().map_or(0, |span| span.offset())..].starts_with('{');
                walk.names += usize::from(!is_short) + usize::from(operation.name.is_some());
                for variable in &operation.variables {
                    // The name of the variable, and that of its type.
                    walk.names += 2;
                    if let Some(default) = &variable.default_value {
                        walk.value(default);
                    }
                    walk.directives(&variable.directives);
                }
                walk.directives(&operation.directives);
                walk.selections(&operation.selection_set, operation.location());
            }
            Definition::FragmentDefinition(fragment) => {
                // `fragment`, its name, `on`, and the name of its type.
                walk.names += 4;
                walk.directives(&fragment.directives);
                walk.selections(&fragment.selection_set, fragment.location());
            }
            // Type definitions are refused by the validation.
            _ => return walk.errors,
        }
    }
    let is_name =
        |token: &Result<apollo_parser::Token<'_>, _>| token.as_ref().is_ok_and(|token| token.kind() == TokenKind::Name);
    if walk.errors.is_empty() && Lexer::new(text).filter(is_name).count() != walk.names {
        walk.parse_failed("An argument or an input field has no value: write it as `name: value`.", None);
    }
    walk.errors
}

struct SyntaxWalk<'p> {
    positions: &'p Positions<'p>,
    /// The names in the parsed document, keywords included. If its text has more, the parser dropped some.
    names: usize,
    errors: Vec<ServerError>,
}

impl SyntaxWalk<'_> {
    fn parse_failed(&mut self, message: &str, span: Option<SourceSpan>) {
        self.errors.push(error(ErrorCode::GraphqlParseFailed, message, Some(self.positions.of_span(span))));
    }

    fn selections(&mut self, selections: &[Selection], span: Option<SourceSpan>) {
        if selections.is_empty() {
            self.parse_failed("A selection set must not be empty. Select at least one field.", span);
        }
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    self.names += 1 + usize::from(field.alias.is_some());
                    self.directives(&field.directives);
                    self.arguments(&field.arguments);
                    if let Some(selections) = &field.selection_set {
                        self.selections(selections, field.location());
                    }
                }
                Selection::InlineFragment(fragment) => {
                    // `on`, and the name of the type.
                    self.names += if fragment.type_condition.is_some() { 2 } else { 0 };
                    self.directives(&fragment.directives);
                    self.selections(&fragment.selection_set, fragment.location());
                }
                Selection::FragmentSpread(spread) => {
                    self.names += 1;
                    self.directives(&spread.directives);
                }
            }
        }
    }

    fn directives(&mut self, directives: &DirectiveList) {
        for directive in directives {
            self.names += 1;
            self.arguments(&directive.arguments);
        }
    }

    fn arguments(&mut self, arguments: &[Node<Argument>]) {
        for argument in arguments {
            self.names += 1;
            self.value(&argument.value);
        }
    }

    /// Checks a value: each field of an input object may be written only once.
    fn value(&mut self, value: &Node<Value>) {
        match &**value {
            Value::Null | Value::Boolean(_) | Value::Enum(_) | Value::Variable(_) => self.names += 1,
            Value::String(_) | Value::Int(_) | Value::Float(_) => {}
            Value::List(items) => {
                for item in items {
                    self.value(item);
                }
            }
            Value::Object(fields) => {
                let mut known = HashSet::with_capacity(fields.len());
                for (name, value) in fields {
                    self.names += 1;
                    if !known.insert(name) {
                        let message = format!("The input field `{name}` is written more than once.");
                        let position = self.positions.of_span(name.location());
                        self.errors.push(error(ErrorCode::GraphqlValidationFailed, message, Some(position)));
                    }
                    self.value(value);
                }
            }
        }
    }
}

/// Variables whose default is null, each with the name of its operation.
pub type NullDefaults = HashSet<(Option<Name>, Name)>;

/// Removes the defaults that are null from a document and returns them: with such a default, the validation would
/// accept the variable where null is not allowed.
pub fn take_null_defaults(document: &mut Document) -> NullDefaults {
    let mut taken = NullDefaults::new();
    for definition in &mut document.definitions {
        let Definition::OperationDefinition(operation) = definition else { continue };
        for index in 0..operation.variables.len() {
            let variable = &operation.variables[index];
            let is_null = variable.default_value.as_ref().is_some_and(|value| value.is_null());
            if is_null && !variable.ty.is_non_null() {
                taken.insert((operation.name.clone(), variable.name.clone()));
                operation.make_mut().variables[index].make_mut().default_value = None;
            }
        }
    }
    taken
}
