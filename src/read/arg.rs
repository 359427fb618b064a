//! Arguments of fields, as the tables declare them.

use super::filter::Where;
use super::order::Order;
use crate::domain::Kind;
use crate::wire::ApiError;
use async_graphql::registry::Registry;
use async_graphql::{ID, InputType, Value};
use std::borrow::Cow;

/// An argument of a field.
pub struct Arg {
    pub name: &'static str,
    pub about: &'static str,
    pub ty: fn(&mut Registry) -> String,
    /// The type's name in the schema, without whether it may be null.
    pub type_name: fn() -> Cow<'static, str>,
    /// The default, as the schema writes it.
    pub default: Option<&'static str>,
    pub role: ArgRole,
}

/// What an argument does to a list.
#[derive(Clone, Copy)]
pub enum ArgRole {
    /// Nothing: terms and computed fields use its value.
    Plain,
    /// As a plain one, a text, which terms use in the form that this function returns.
    Text(fn(&str) -> String),
    /// Leaves out what does not fit.
    Filter(fn(Value, &mut Where) -> Result<(), ApiError>),
    Order(fn(Value) -> Result<Order, ApiError>),
    /// How many items a plain list has; at most this many.
    First(i64),
    /// Names a thing of this kind.
    Id(Kind),
}

/// An input that leaves out of a list what does not fit.
pub trait ListFilter: InputType {
    /// Adds its conditions; errors name their arguments from `filter` on.
    fn narrow(self, list: &mut Where) -> Result<(), ApiError>;
}

/// An input that puts a list in order.
pub trait ListOrder: InputType {
    /// The order that it asks for.
    fn order(self) -> Order;
}

/// An argument of a type that async-graphql parses.
pub const fn arg<T: InputType>(name: &'static str, about: &'static str) -> Arg {
    Arg { name, about, ty: T::create_type_info, type_name: T::type_name, default: None, role: ArgRole::Plain }
}

/// An argument that is a text, which terms use in this form.
pub const fn text_arg(name: &'static str, about: &'static str, form: fn(&str) -> String) -> Arg {
    Arg { role: ArgRole::Text(form), ..arg::<String>(name, about) }
}

/// The argument `filter`.
pub const fn filter<F: ListFilter>(about: &'static str) -> Arg {
    narrowing::<Option<F>>("filter", about, |value, list| match parse::<Option<F>>("filter", Some(value))? {
        Some(filter) => filter.narrow(list),
        None => Ok(()),
    })
}

/// An argument that leaves out what does not fit.
pub const fn narrowing<T: InputType>(
    name: &'static str,
    about: &'static str,
    narrow: fn(Value, &mut Where) -> Result<(), ApiError>,
) -> Arg {
    Arg { role: ArgRole::Filter(narrow), ..arg::<T>(name, about) }
}

/// The argument `orderBy`.
pub const fn ordered<O: ListOrder>(about: &'static str) -> Arg {
    let order = |value| Ok(parse::<O>("orderBy", Some(value))?.order());
    Arg { role: ArgRole::Order(order), ..arg::<Option<O>>("orderBy", about) }
}

/// An argument that names a thing of this kind.
pub const fn id_arg(name: &'static str, about: &'static str, kind: Kind) -> Arg {
    Arg { role: ArgRole::Id(kind), ..arg::<ID>(name, about) }
}

/// How many items a plain list has by default; the same as [`up_to`] spells.
pub const DEFAULT_FIRST: u64 = 200;

/// The argument `first: Int = 200` of a plain list.
pub const fn up_to(most: i64) -> Arg {
    Arg {
        default: Some("200"),
        role: ArgRole::First(most),
        ..arg::<Option<i32>>("first", "Maximum number of items, from the beginning of the list.")
    }
}

/// Reads an input, or says what is wrong with it.
pub fn parse<T: InputType>(name: &str, value: Option<Value>) -> Result<T, ApiError> {
    T::parse(value).map_err(|error| ApiError::bad(name, error.into_server_error(Default::default()).message))
}
