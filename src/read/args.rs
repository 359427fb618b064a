//! The arguments of a field, checked, and what they do to a list.

use super::declare::{Arg, ArgRole, Cursors, DEFAULT_FIRST, Field, FieldSource, Order, arg, parse};
use super::filter::{Where, number};
use crate::store::db::rows::Bind;
use crate::wire::{ApiError, Cursor};
use async_graphql::{ID, InputType, Value};

/// Values by the names of their arguments.
#[derive(Default)]
pub struct Args(Vec<(&'static Arg, Value, Option<Bind>)>);

/// How many items a page has when nobody says.
pub const PAGE: i64 = 50;
/// The most items that a page has.
pub const LONGEST_PAGE: i64 = 200;

const FIRST: Arg = arg::<Option<i32>>("first", "How many items from the beginning, 0 to 200; 50 unless said.");
const LAST: Arg = arg::<Option<i32>>("last", "How many items from the end, 0 to 200; not together with `first`.");
const AFTER: &str = "Only items behind this cursor.";
const BEFORE: &str = "Only items before this cursor.";

static PAGES: [Arg; 4] = [FIRST, arg::<Option<String>>("after", AFTER), LAST, arg::<Option<String>>("before", BEFORE)];
static LINES: [Arg; 4] = [FIRST, arg::<Option<Cursor>>("after", AFTER), LAST, arg::<Option<Cursor>>("before", BEFORE)];
static EVENTS: [Arg; 2] = [
    FIRST,
    arg::<Option<Cursor>>(
        "after",
        "Only events behind this place in the log; from the oldest that is kept unless said.",
    ),
];

impl Field {
    /// Its arguments, those of a page included.
    pub fn all_args(&'static self) -> impl Iterator<Item = &'static Arg> {
        let page: &'static [Arg] = match self.source {
            FieldSource::Many { of, by: None, .. } if of.cursors == Cursors::Event => &EVENTS,
            FieldSource::Many { of, .. } if of.cursors == Cursors::Log => &LINES,
            FieldSource::Many { .. } => &PAGES,
            _ => &[],
        };
        page.iter().chain(self.args)
    }
}

/// Which part of a list is wanted.
#[derive(Debug)]
pub struct PageArgs {
    pub long: i64,
    pub backward: bool,
    pub after: Option<String>,
    pub before: Option<String>,
}

impl Args {
    pub(super) fn set(&mut self, arg: &'static Arg, value: Value) -> Result<(), ApiError> {
        let bind = match (&arg.role, &value) {
            (ArgRole::Id(kind), id) => {
                Some(Bind::Int(number(*kind, arg.name, &parse::<ID>(arg.name, Some(id.clone()))?)?))
            }
            (ArgRole::Plain, Value::String(text)) => Some(Bind::Text(text.clone())),
            _ => None,
        };
        self.0.push((arg, value, bind));
        Ok(())
    }

    /// The value of an argument, as the type that it was declared with.
    pub fn get<T: InputType>(&self, name: &str) -> Result<T, ApiError> {
        parse(name, self.value(name).cloned())
    }

    /// The value of an argument as it came, variables and defaults filled in.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(arg, ..)| arg.name == name).map(|(_, value, _)| value)
    }

    /// Takes the value of an argument out.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(arg, ..)| arg.name == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// The number of an id that was declared as one of a kind.
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.0.iter().find(|(arg, ..)| arg.name == name)?.2 {
            Some(Bind::Int(number)) => Some(number),
            _ => None,
        }
    }

    /// What an argument is in a statement.
    pub(super) fn bind(&self, name: &str) -> Option<Bind> {
        self.0.iter().find(|(arg, ..)| arg.name == name)?.2.clone()
    }

    /// Adds the conditions of those that narrow a list.
    pub(super) fn narrow(&self, list: &mut Where) -> Result<(), ApiError> {
        for (arg, value, _) in &self.0 {
            if let ArgRole::Narrow(narrow) = arg.role {
                narrow(value.clone(), list)?;
            }
        }
        Ok(())
    }

    /// The order that is asked for.
    pub(super) fn order(&self) -> Result<Option<Order>, ApiError> {
        let mut orders = self.0.iter().filter(|(_, value, _)| *value != Value::Null);
        let order = orders.find_map(|(arg, value, _)| match arg.role {
            ArgRole::Order(order) => Some(order(value.clone())),
            _ => None,
        });
        order.transpose()
    }

    /// How many of a plain list; none for all.
    pub(super) fn first(&self) -> Result<Option<i64>, ApiError> {
        for (arg, ..) in &self.0 {
            if let ArgRole::First(_) = arg.role {
                return Ok(Some(self.get::<Option<i32>>(arg.name)?.map_or(DEFAULT_FIRST as i64, i64::from)));
            }
        }
        Ok(None)
    }

    /// Which page is asked for. Its size was checked before.
    pub(super) fn page(&self) -> Result<PageArgs, ApiError> {
        let (first, last) = (self.get::<Option<i32>>("first")?, self.get::<Option<i32>>("last")?);
        let long = first.or(last).map_or(PAGE, i64::from);
        let (after, before) = (self.get("after")?, self.get("before")?);
        Ok(PageArgs { long, backward: last.is_some(), after, before })
    }
}
