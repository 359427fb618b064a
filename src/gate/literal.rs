//! Values that are written in a document, converted to values of async-graphql.

use super::errors::error;
use super::positions::Positions;
use super::schema_index::SchemaIndex;
use crate::wire::ErrorCode;
use apollo_compiler::Node;
use apollo_compiler::ast::{Type, Value as Literal};
use async_graphql::ServerError;
use async_graphql_value::indexmap::IndexMap;
use async_graphql_value::{ConstValue, Name, Number, Value};
use serde_json::Value as Json;

/// Converts literals, and collects what is wrong with them.
pub struct LiteralConverter<'d> {
    pub schema: &'d SchemaIndex,
    pub positions: &'d Positions<'d>,
    pub errors: Vec<ServerError>,
}

impl LiteralConverter<'_> {
    /// Converts a value where this type is expected. Scalars of this schema are checked here, since the validation does
    /// not know what they accept.
    pub fn value(&mut self, value: &Node<Literal>, ty: &Type) -> Value {
        let (Type::Named(name) | Type::NonNullNamed(name)) = ty else {
            return match &**value {
                Literal::Variable(name) => Value::Variable(Name::new(name)),
                Literal::Null => Value::Null,
                Literal::List(items) => {
                    Value::List(items.iter().map(|item| self.value(item, ty.item_type())).collect())
                }
                // A single value stands for a list of one.
                _ => self.value(value, ty.item_type()),
            };
        };
        match &**value {
            Literal::Variable(name) => Value::Variable(Name::new(name)),
            Literal::Null => Value::Null,
            Literal::Object(fields) if self.schema.definitions.get_input_object(name).is_some() => {
                let mut object = IndexMap::with_capacity(fields.len());
                for (key, value) in fields {
                    let field = self.schema.input_field(name, key).expect("the document is valid");
                    object.insert(Name::new(key), self.value(value, &field.ty));
                }
                Value::Object(object)
            }
            // An id is a string, even if it is written as a number.
            Literal::Int(number) if *name == "ID" => Value::String(number.as_str().to_owned()),
            literal => {
                let plain = plain(literal);
                if !self.schema.is_valid_scalar(name, &plain) {
                    let message = format!("{plain} is not a valid {name}.");
                    let position = self.positions.of_span(value.location());
                    self.errors.push(error(ErrorCode::GraphqlValidationFailed, message, Some(position)));
                }
                plain.into_value()
            }
        }
    }
}

/// Returns a literal without variables as a value of async-graphql.
fn plain(literal: &Literal) -> ConstValue {
    match literal {
        Literal::Null | Literal::Variable(_) => ConstValue::Null,
        Literal::Enum(word) => ConstValue::Enum(Name::new(word)),
        Literal::String(text) => ConstValue::String(text.clone()),
        Literal::Boolean(truth) => ConstValue::Boolean(*truth),
        Literal::Int(number) => numeric(number.as_str()),
        Literal::Float(number) => numeric(number.as_str()),
        Literal::List(items) => ConstValue::List(items.iter().map(|item| plain(item)).collect()),
        Literal::Object(fields) => {
            ConstValue::Object(fields.iter().map(|(name, value)| (Name::new(name), plain(value))).collect())
        }
    }
}

fn numeric(text: &str) -> ConstValue {
    // `-0` is a whole number; the JSON parser would make it a float.
    let whole = text.parse::<i64>().ok().map(Number::from);
    whole.or_else(|| text.parse().ok()).map_or(ConstValue::Null, ConstValue::Number)
}

/// Returns a literal without variables as JSON, as a request would send it.
pub fn json(literal: &Literal) -> Json {
    match literal {
        Literal::Enum(word) => Json::String(word.to_string()),
        Literal::List(items) => items.iter().map(|item| json(item)).collect(),
        Literal::Object(fields) => fields.iter().map(|(name, value)| (name.to_string(), json(value))).collect(),
        literal => plain(literal).into_json().unwrap_or_default(),
    }
}
