//! Whether the values of variables are of the types that their operation declares. The library looks at some of them,
//! where they are used, and only when it validates a document.

use crate::read::ErrorCode;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition};
use async_graphql::registry::{MetaType, MetaTypeName, Registry};
use async_graphql::{ServerError, ServerResult, Value, Variables};

/// Checks the variables of the operation that is meant. That there is none, or no such type, is for others to say.
pub fn check(
    registry: &Registry,
    document: &ExecutableDocument,
    name: Option<&str>,
    variables: &Variables,
) -> ServerResult<()> {
    let Some(operation) = operation(document, name) else { return Ok(()) };
    for definition in &operation.variable_definitions {
        let variable = &definition.node;
        let (name, ty) = (&variable.name.node, variable.var_type.to_string());
        let message = match variables.get(name) {
            None if variable.default_value.is_some() || variable.var_type.node.nullable => continue,
            None | Some(Value::Null) if !variable.var_type.node.nullable => {
                format!("The variable ${name} needs a value of the type {ty}.")
            }
            None => continue,
            Some(value) => match wrong(registry, &ty, value) {
                Some(wrong) => format!("The variable ${name} is no {ty}: {wrong}."),
                None => continue,
            },
        };
        let mut error = ServerError::new(message, Some(definition.pos));
        error.extensions.get_or_insert_default().set("code", ErrorCode::BadRequest.word());
        return Err(error);
    }
    Ok(())
}

fn operation<'d>(document: &'d ExecutableDocument, name: Option<&str>) -> Option<&'d OperationDefinition> {
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(operation), _) => Some(operation),
        (DocumentOperations::Multiple(named), Some(name)) => named.get(name),
        (DocumentOperations::Multiple(named), None) => named.values().next(),
    };
    found.map(|operation| &operation.node)
}

/// What is wrong with a value that should be of a type.
fn wrong(registry: &Registry, ty: &str, value: &Value) -> Option<String> {
    let ty = match (MetaTypeName::create(ty), value) {
        (MetaTypeName::NonNull(_), Value::Null) => return Some("null is not allowed".to_owned()),
        (MetaTypeName::NonNull(ty), _) => return wrong(registry, ty, value),
        (_, Value::Null) => return None,
        (MetaTypeName::List(ty), Value::List(items)) => {
            return items.iter().enumerate().find_map(|(i, item)| at(i, wrong(registry, ty, item)));
        }
        (MetaTypeName::List(ty), _) => return wrong(registry, ty, value),
        (MetaTypeName::Named(ty), _) => ty,
    };
    match registry.types.get(ty)? {
        MetaType::Scalar { is_valid, .. } => {
            let fits = is_valid.as_ref().is_none_or(|is_valid| is_valid(value));
            (!fits).then(|| format!("{value} is no {ty}"))
        }
        MetaType::Enum { enum_values, .. } => {
            let known = match value {
                Value::Enum(word) => enum_values.contains_key(word.as_str()),
                Value::String(word) => enum_values.contains_key(word),
                _ => false,
            };
            (!known).then(|| format!("{value} is no {ty}"))
        }
        MetaType::InputObject { input_fields, oneof, .. } => {
            let Value::Object(given) = value else { return Some(format!("{value} is no {ty}")) };
            if let Some(name) = given.keys().find(|name| !input_fields.contains_key(name.as_str())) {
                return Some(format!("there is no {name} in {ty}"));
            }
            if *oneof && (given.len() != 1 || given.values().any(|value| *value == Value::Null)) {
                return Some(format!("{ty} takes exactly one of its fields"));
            }
            input_fields.values().find_map(|field| match given.get(field.name.as_str()) {
                Some(value) => at(&field.name, wrong(registry, &field.ty, value)),
                None if field.ty.ends_with('!') && field.default_value.is_none() => {
                    Some(format!("{} is needed", field.name))
                }
                None => None,
            })
        }
        _ => None,
    }
}

/// The same, one step further inside.
fn at(place: impl std::fmt::Display, wrong: Option<String>) -> Option<String> {
    wrong.map(|wrong| format!("in {place}, {wrong}"))
}
