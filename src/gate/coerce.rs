//! The values of variables: each is checked against the type that its operation declares, and converted to a value of
//! async-graphql.

use super::errors::{MAX_ERRORS, error};
use super::schema_index::SchemaIndex;
use crate::wire::ErrorCode;
use apollo_compiler::ast::Type;
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use async_graphql::{Pos, ServerError, Variables};
use async_graphql_value::indexmap::IndexMap;
use async_graphql_value::{ConstValue, Name, Number};
use serde_json::{Map, Value as Json};
use std::fmt::{self, Write};

/// A variable that an operation declares.
pub struct Variable {
    pub name: Name,
    pub ty: Type,
    /// The value if a request omits the variable.
    pub default: Option<ConstValue>,
    pub position: Pos,
}

impl Variable {
    /// Converts what was sent to a value of the variable's type, or returns everything that is wrong with it.
    pub fn coerce(&self, schema: &SchemaIndex, value: Json) -> Result<ConstValue, Vec<ServerError>> {
        let mut coercion = Coercion { schema, variable: self, path: Vec::new(), errors: Vec::new() };
        let value = coercion.value(&self.ty, value);
        match coercion.errors.is_empty() {
            true => Ok(value),
            false => Err(coercion.errors),
        }
    }
}

/// Returns the values of an operation's variables, defaults included. Values that it does not declare are ignored.
pub fn coerce_all(
    schema: &SchemaIndex,
    declared: &[Variable],
    mut sent: Map<String, Json>,
) -> Result<Variables, Vec<ServerError>> {
    let (mut variables, mut errors) = (Variables::default(), Vec::new());
    for variable in declared {
        let value = match sent.remove(variable.name.as_str()) {
            Some(value) => variable.coerce(schema, value),
            None => match &variable.default {
                Some(default) => Ok(default.clone()),
                None if variable.ty.is_non_null() => {
                    let message = format!("Variable `${}` needs a value of type {}.", variable.name, variable.ty);
                    Err(vec![error(ErrorCode::BadUserInput, message, Some(variable.position))])
                }
                None => continue,
            },
        };
        match value {
            Ok(value) => _ = variables.insert(variable.name.clone(), value),
            Err(more) => errors.extend(more),
        }
    }
    match errors.is_empty() {
        true => Ok(variables),
        false => Err(errors),
    }
}

/// One segment of the path to a part of a value.
enum PathSegment<'s> {
    Field(&'s str),
    Item(usize),
}

struct Coercion<'c> {
    schema: &'c SchemaIndex,
    variable: &'c Variable,
    path: Vec<PathSegment<'c>>,
    errors: Vec<ServerError>,
}

impl<'c> Coercion<'c> {
    /// Converts a value to this type. Reports a value that does not fit, and returns null for it.
    fn value(&mut self, ty: &'c Type, value: Json) -> ConstValue {
        let schema = self.schema;
        match (ty, value) {
            (ty, Json::Null) if ty.is_non_null() => self.wrong(format_args!("null is not a value of type {ty}")),
            (_, Json::Null) => ConstValue::Null,
            (Type::List(item) | Type::NonNullList(item), Json::Array(items)) => {
                let coerced = items.into_iter().enumerate().map(|(index, value)| {
                    self.path.push(PathSegment::Item(index));
                    let value = self.value(item, value);
                    self.path.pop();
                    value
                });
                ConstValue::List(coerced.collect())
            }
            (Type::List(item) | Type::NonNullList(item), value) => ConstValue::List(vec![self.value(item, value)]),
            (Type::Named(name) | Type::NonNullNamed(name), value) => match (&schema.definitions.types[name], value) {
                (ExtendedType::InputObject(ty), Json::Object(fields)) => self.object(ty, fields),
                (ExtendedType::Enum(ty), Json::String(word)) if ty.values.contains_key(word.as_str()) => {
                    ConstValue::Enum(Name::new(word))
                }
                (ExtendedType::Enum(_), Json::String(word)) => {
                    self.unknown(format_args!("{} is not a value of type {name}", Json::String(word)))
                }
                (ExtendedType::Scalar(_), value) => self.scalar(name, value),
                (_, value) => self.not_a(name, &value),
            },
        }
    }

    fn object(&mut self, ty: &'c InputObjectType, mut sent: Map<String, Json>) -> ConstValue {
        if ty.is_one_of() && (sent.len() != 1 || sent.values().any(Json::is_null)) {
            return self.wrong(format_args!(
                "{} must have exactly one of its fields, and that field must not be null",
                ty.name
            ));
        }
        let mut object = IndexMap::with_capacity(sent.len());
        for (name, field) in &ty.fields {
            self.path.push(PathSegment::Field(name));
            let value = match (sent.remove(name.as_str()), &field.default_value) {
                (Some(value), _) => Some(value),
                (None, Some(default)) => Some(super::literal::json(default)),
                (None, None) if field.ty.is_non_null() => {
                    self.wrong(format_args!("a value of type {} is required", field.ty));
                    None
                }
                (None, None) => None,
            };
            if let Some(value) = value {
                object.insert(Name::new(name), self.value(&field.ty, value));
            }
            self.path.pop();
        }
        for name in sent.keys() {
            self.unknown(format_args!("{} has no field `{name}`", ty.name));
        }
        ConstValue::Object(object)
    }

    fn scalar(&mut self, name: &'c str, value: Json) -> ConstValue {
        match (name, value) {
            ("Int", Json::Number(number)) => match whole(&number).and_then(|whole| i32::try_from(whole).ok()) {
                Some(whole) => ConstValue::Number(whole.into()),
                None => self.not_a(name, &Json::Number(number)),
            },
            ("Float", Json::Number(number)) => ConstValue::Number(number),
            ("Boolean", Json::Bool(truth)) => ConstValue::Boolean(truth),
            ("String" | "ID", Json::String(text)) => ConstValue::String(text),
            ("ID", Json::Number(number)) => match id(&number) {
                Some(text) => ConstValue::String(text),
                None => self.not_a(name, &Json::Number(number)),
            },
            ("Int" | "Float" | "Boolean" | "String" | "ID", value) => self.not_a(name, &value),
            (_, value) => match ConstValue::from_json(value) {
                Ok(value) if self.schema.is_valid_scalar(name, &value) => value,
                Ok(value) => self.wrong(format_args!("{value} is not a valid {name}")),
                Err(error) => self.wrong(format_args!("{error}")),
            },
        }
    }

    fn not_a(&mut self, name: &str, value: &Json) -> ConstValue {
        match value {
            Json::Array(_) => self.wrong(format_args!("a list is not a value of type {name}")),
            Json::Object(_) => self.wrong(format_args!("an object is not a value of type {name}")),
            value => self.wrong(format_args!("{value} is not a value of type {name}")),
        }
    }

    fn wrong(&mut self, what: fmt::Arguments<'_>) -> ConstValue {
        self.report(what, None)
    }

    /// Reports a field or a word that this schema does not have: clients of another version may have it.
    fn unknown(&mut self, what: fmt::Arguments<'_>) -> ConstValue {
        self.report(what, Some("UNKNOWN_INPUT"))
    }

    fn report(&mut self, what: fmt::Arguments<'_>, reason: Option<&'static str>) -> ConstValue {
        if self.errors.len() < MAX_ERRORS {
            let mut path = String::new();
            for segment in &self.path {
                match segment {
                    PathSegment::Field(name) => path.extend([".", name]),
                    PathSegment::Item(index) => _ = write!(path, "[{index}]"),
                }
            }
            let message = format!("Variable `${}{path}`: {what}.", self.variable.name);
            let mut error = error(ErrorCode::BadUserInput, message, Some(self.variable.position));
            if let Some(reason) = reason {
                error.extensions.get_or_insert_default().set("reason", reason);
            }
            self.errors.push(error);
        }
        ConstValue::Null
    }
}

/// Returns a number as a whole number, or `None` if it is not one. JSON has one kind of number: 1.0 is 1.
fn whole(number: &Number) -> Option<i64> {
    let of_float = |float: f64| (float.fract() == 0.0 && float.abs() < 2_f64.powi(53)).then_some(float as i64);
    number.as_i64().or_else(|| number.as_f64().and_then(of_float))
}

/// Returns an id that was sent as a number, in the digits that JavaScript would write, or `None` if it is not whole.
fn id(number: &Number) -> Option<String> {
    if number.is_i64() || number.is_u64() {
        return Some(number.to_string());
    }
    let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
    Some(if float.abs() < 1e21 { format!("{float:.0}") } else { format!("{float:e}").replace('e', "e+") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_recognized() {
        let number = |text: &str| serde_json::from_str::<Number>(text).unwrap();
        for (text, expected) in
            [("7", Some(7)), ("-7.0", Some(-7)), ("1e3", Some(1000)), ("1.5", None), ("1e300", None)]
        {
            assert_eq!(whole(&number(text)), expected, "{text}");
        }
        for (text, expected) in [
            ("9223372036854775807", Some("9223372036854775807")),
            ("18446744073709551615", Some("18446744073709551615")),
            ("-1.0", Some("-1")),
            ("1e20", Some("100000000000000000000")),
            ("1.5e21", Some("1.5e+21")),
            ("0.5", None),
        ] {
            assert_eq!(id(&number(text)).as_deref(), expected, "{text}");
        }
    }
}
