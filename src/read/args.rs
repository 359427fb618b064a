//! The values of a field's arguments, checked, and what they do to a list.

use super::arg::{Arg, ArgRole, DEFAULT_FIRST, parse};
use super::expected::number;
use super::filter::Where;
use super::order::Order;
use crate::store::db::rows::Bind;
use crate::wire::ApiError;
use async_graphql::{ID, InputType, Value};
use std::mem::discriminant;

/// Values by the names of their arguments.
#[derive(Default)]
pub struct Args {
    values: Vec<(&'static Arg, Value, Option<Bind>)>,
    /// The number of the field in a plan that can be kept for other values.
    pub(super) field: Option<usize>,
}

/// The arguments of a field that has none.
pub(super) static NO_ARGS: Args = Args { values: Vec::new(), field: None };

impl Args {
    pub(super) fn set(&mut self, arg: &'static Arg, value: Value) -> Result<(), ApiError> {
        let bind = match (&arg.role, &value) {
            (ArgRole::Id(kind), id) => {
                Some(Bind::Int(number(*kind, arg.name, &parse::<ID>(arg.name, Some(id.clone()))?)?))
            }
            (ArgRole::Plain, Value::String(text)) => Some(Bind::Text(text.clone())),
            (ArgRole::Text(form), Value::String(text)) => Some(Bind::Text(form(text))),
            _ => None,
        };
        self.values.push((arg, value, bind));
        Ok(())
    }

    /// The value of an argument, as the type that it was declared with.
    pub fn get<T: InputType>(&self, name: &str) -> Result<T, ApiError> {
        parse(name, self.value(name).cloned())
    }

    /// The value of an argument as it came, variables and defaults filled in.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(arg, ..)| arg.name == name).map(|(_, value, _)| value)
    }

    /// Takes the value of an argument out.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.values.iter().position(|(arg, ..)| arg.name == name)?;
        Some(self.values.swap_remove(at).1)
    }

    /// The number of an id that was declared with [`id_arg`](super::arg::id_arg).
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.values.iter().find(|(arg, ..)| arg.name == name)?.2 {
            Some(Bind::Int(number)) => Some(number),
            _ => None,
        }
    }

    /// What an argument is in a statement: a text or an id, else `None`.
    pub(super) fn bind(&self, name: &str) -> Option<Bind> {
        self.values.iter().find(|(arg, ..)| arg.name == name)?.2.clone()
    }

    /// Whether the same arguments are there, with values of the same kinds in a statement.
    pub(super) fn binds_like(&self, other: &Args) -> bool {
        let kind = |bind: &Option<Bind>| bind.as_ref().map(discriminant);
        self.values.len() == other.values.len()
            && self
                .values
                .iter()
                .zip(&other.values)
                .all(|(one, other)| one.0.name == other.0.name && kind(&one.2) == kind(&other.2))
    }

    /// Adds the conditions of those that narrow a list.
    pub(super) fn narrow(&self, list: &mut Where) -> Result<(), ApiError> {
        for (arg, value, _) in &self.values {
            if let ArgRole::Filter(narrow) = arg.role {
                narrow(value.clone(), list)?;
            }
        }
        Ok(())
    }

    /// The order that is asked for.
    pub(super) fn order(&self) -> Result<Option<Order>, ApiError> {
        let mut orders = self.values.iter().filter(|(_, value, _)| *value != Value::Null);
        let order = orders.find_map(|(arg, value, _)| match arg.role {
            ArgRole::Order(order) => Some(order(value.clone())),
            _ => None,
        });
        order.transpose()
    }

    /// How many items of a plain list, or `None` for all.
    pub(super) fn first(&self) -> Result<Option<i64>, ApiError> {
        for (arg, ..) in &self.values {
            if let ArgRole::First(_) = arg.role {
                return Ok(Some(self.get::<Option<i32>>(arg.name)?.map_or(DEFAULT_FIRST as i64, i64::from)));
            }
        }
        Ok(None)
    }
}
