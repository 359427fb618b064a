//! What the parser takes and a document must not have: it follows a specification that is newer than what clients and
//! the library know, leaves a rule about values out, and drops an argument or an input field that has no value.

use super::places::Places;
use super::problem::problem;
use crate::wire::ErrorCode;
use apollo_compiler::ast::{Argument, Definition, DirectiveList, Document, Selection, Value};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::{Name, Node};
use apollo_parser::{Lexer, TokenKind};
use async_graphql::ServerError;
use std::collections::HashSet;

/// Everything that is wrong with the form of a document.
pub fn problems(text: &str, document: &Document, places: &Places<'_>) -> Vec<ServerError> {
    let mut walk = Walk { places, names: 0, problems: Vec::new() };
    if document.definitions.is_empty() {
        walk.parse_failed("The document has no operation.", None);
    }
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => {
                let is_short = text[operation.location().map_or(0, |span| span.offset())..].starts_with('{');
                walk.names += usize::from(!is_short) + usize::from(operation.name.is_some());
                for variable in &operation.variables {
                    // Its own, and that of its type.
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
                // `fragment`, its own, `on`, and that of its type.
                walk.names += 4;
                walk.directives(&fragment.directives);
                walk.selections(&fragment.selection_set, fragment.location());
            }
            // Definitions of types are refused by the validation.
            _ => return walk.problems,
        }
    }
    let is_name =
        |token: &Result<apollo_parser::Token<'_>, _>| token.as_ref().is_ok_and(|token| token.kind() == TokenKind::Name);
    if walk.problems.is_empty() && Lexer::new(text).filter(is_name).count() != walk.names {
        walk.parse_failed("An argument or an input field has no value: write it as `name: value`.", None);
    }
    walk.problems
}

struct Walk<'p> {
    places: &'p Places<'p>,
    /// Names that the document has, keywords included: as many as its text, or the parser dropped some.
    names: usize,
    problems: Vec<ServerError>,
}

impl Walk<'_> {
    fn parse_failed(&mut self, message: &str, span: Option<SourceSpan>) {
        self.problems.push(problem(ErrorCode::GraphqlParseFailed, message, Some(self.places.of_span(span))));
    }

    fn selections(&mut self, selections: &[Selection], span: Option<SourceSpan>) {
        if selections.is_empty() {
            self.parse_failed("A selection between braces must not be empty.", span);
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
                        let place = self.places.of_span(name.location());
                        self.problems.push(problem(ErrorCode::GraphqlValidationFailed, message, Some(place)));
                    }
                    self.value(value);
                }
            }
        }
    }
}

/// Variables whose default is null, by the names of their operations.
pub type NullDefaults = HashSet<(Option<Name>, Name)>;

/// Takes the defaults that are null out of a document and returns which they were: the validation would let such a
/// variable stand where null is not allowed, as if its default were a value.
pub fn take_null_defaults(document: &mut Document) -> NullDefaults {
    let mut taken = NullDefaults::new();
    for definition in &mut document.definitions {
        let Definition::OperationDefinition(operation) = definition else { continue };
        for place in 0..operation.variables.len() {
            let variable = &operation.variables[place];
            let is_null = variable.default_value.as_ref().is_some_and(|value| value.is_null());
            if is_null && !variable.ty.is_non_null() {
                taken.insert((operation.name.clone(), variable.name.clone()));
                operation.make_mut().variables[place].make_mut().default_value = None;
            }
        }
    }
    taken
}
