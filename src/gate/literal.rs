//! Values that are written in a document, as the library knows them.

use super::problem::problem;
use super::tree::Tree;
use crate::wire::ErrorCode;
use apollo_compiler::Node;
use apollo_compiler::ast::{Type, Value as Literal};
use async_graphql_value::indexmap::IndexMap;
use async_graphql_value::{ConstValue, Name, Number, Value};
use serde_json::Value as Json;

impl Tree<'_> {
    /// A value at a place of this type. Scalars of the schema's own are checked here, as no rule of the validation
    /// knows them.
    pub fn value(&mut self, value: &Node<Literal>, ty: &Type) -> Value {
        let (Type::Named(name) | Type::NonNullNamed(name)) = ty else {
            return match &**value {
                Literal::Variable(name) => Value::Variable(Name::new(name)),
                Literal::Null => Value::Null,
                Literal::List(items) => {
                    Value::List(items.iter().map(|item| self.value(item, ty.item_type())).collect())
                }
                // One value stands for a list of it.
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
            // An id is a text, however it is written.
            Literal::Int(number) if *name == "ID" => Value::String(number.as_str().to_owned()),
            literal => {
                let plain = plain(literal);
                if !self.schema.takes(name, &plain) {
                    let message = format!("{plain} is not a {name}.");
                    let place = self.places.of_span(value.location());
                    self.problems.push(problem(ErrorCode::GraphqlValidationFailed, message, Some(place)));
                }
                plain.into_value()
            }
        }
    }
}

/// A literal without variables, as it is written.
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
    // `-0` is a whole number; JSON would make it a float.
    let whole = text.parse::<i64>().ok().map(Number::from);
    whole.or_else(|| text.parse().ok()).map_or(ConstValue::Null, ConstValue::Number)
}

/// A literal without variables, as it would come in JSON.
pub fn json(literal: &Literal) -> Json {
    match literal {
        Literal::Enum(word) => Json::String(word.to_string()),
        Literal::List(items) => items.iter().map(|item| json(item)).collect(),
        Literal::Object(fields) => fields.iter().map(|(name, value)| (name.to_string(), json(value))).collect(),
        literal => plain(literal).into_json().unwrap_or_default(),
    }
}
