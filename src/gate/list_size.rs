//! How many items a list may have, by its arguments and by what its field declares.

use super::errors::error;
use super::positions::Positions;
use crate::read::Extent;
use crate::wire::ErrorCode;
use apollo_compiler::ast::{Argument, Value as Literal};
use apollo_compiler::executable::Field;
use async_graphql::{Pos, ServerError, Variables};
use async_graphql_value::{ConstValue, Name};

/// How many items a list may have.
#[derive(Default)]
pub struct ItemCount {
    fixed: u64,
    /// As many items as the values of these variables have.
    inputs: Vec<(Name, Vec<&'static str>)>,
    page: Option<PageSize>,
}

/// A page size that arguments set.
struct PageSize {
    default: u64,
    max: u64,
    arguments: Vec<SizeArgument>,
    position: Pos,
}

/// An argument for a page size.
struct SizeArgument {
    name: &'static str,
    value: SizeValue,
}

enum SizeValue {
    Number(i64),
    Variable(Name),
}

impl ItemCount {
    /// One item.
    pub const ONE: ItemCount = ItemCount { fixed: 1, inputs: Vec::new(), page: None };

    /// Returns how many items a field below a root field has, if its list has this extent. Reports page sizes that are
    /// out of range.
    pub fn of(
        extent: &Extent,
        field: &Field,
        root: &Field,
        positions: &Positions<'_>,
        errors: &mut Vec<ServerError>,
    ) -> ItemCount {
        let (names, default, max) = match extent {
            Extent::AtMost(most) | Extent::Counted(most) => return ItemCount { fixed: *most, ..ItemCount::default() },
            Extent::Inputs(paths) => return as_many_as_inputs(paths, root),
            Extent::Page { default, most } => (["first", "last"].as_slice(), *default, *most),
            Extent::First { default, most } => (["first"].as_slice(), *default, *most),
        };
        let position = positions.of_span(field.name.location());
        let mut page = PageSize { default, max, arguments: Vec::new(), position };
        for name in names {
            let value = match argument(field, name) {
                Some(Literal::Int(number)) => SizeValue::Number(number.as_str().parse().unwrap_or(i64::MAX)),
                Some(Literal::Variable(variable)) => SizeValue::Variable(Name::new(variable)),
                _ => continue,
            };
            page.arguments.push(SizeArgument { name, value });
        }
        match page.arguments.iter().all(|argument| matches!(argument.value, SizeValue::Number(_))) {
            true => ItemCount { fixed: page.items(&Variables::default(), errors), ..ItemCount::default() },
            false => ItemCount { page: Some(page), ..ItemCount::default() },
        }
    }

    /// Whether it does not depend on variables.
    pub fn is_fixed(&self) -> bool {
        self.page.is_none() && self.inputs.is_empty()
    }

    /// Returns how many items there are with these variables. Reports page sizes that are out of range.
    pub fn items(&self, variables: &Variables, errors: &mut Vec<ServerError>) -> u64 {
        let inputs = self.inputs.iter().map(|(name, path)| length(variables.get(name), path));
        let page = self.page.as_ref().map_or(0, |page| page.items(variables, errors));
        self.fixed.saturating_add(page).saturating_add(inputs.sum())
    }
}

impl PageSize {
    fn items(&self, variables: &Variables, errors: &mut Vec<ServerError>) -> u64 {
        let mut found = None;
        for SizeArgument { name, value } in &self.arguments {
            let number = match value {
                SizeValue::Number(number) => *number,
                SizeValue::Variable(variable) => match variables.get(variable) {
                    Some(ConstValue::Number(number)) => number.as_i64().unwrap_or(i64::MAX),
                    _ => continue,
                },
            };
            if found.is_some() {
                let message = "Pass either `first` or `last`, not both.";
                errors.push(self.error(name, message));
            } else if !(0..=self.max as i64).contains(&number) {
                let message = format!("`{name}` is {number}; it must be from 0 to {}.", self.max);
                errors.push(self.error(name, &message));
            }
            found = Some(number.max(0) as u64);
        }
        found.unwrap_or(self.default)
    }

    fn error(&self, argument: &str, message: &str) -> ServerError {
        let mut error = error(ErrorCode::BadUserInput, message, Some(self.position));
        error.extensions.get_or_insert_default().set("argument", argument);
        error
    }
}

fn as_many_as_inputs(paths: &[&'static str], root: &Field) -> ItemCount {
    let mut count = ItemCount::default();
    for path in paths {
        let mut steps = path.split('.');
        let mut value = steps.next().and_then(|name| argument(root, name));
        loop {
            match (value, steps.clone().next()) {
                (Some(Literal::Variable(name)), _) => {
                    count.inputs.push((Name::new(name), steps.collect()));
                    break;
                }
                (Some(Literal::Object(fields)), Some(step)) => {
                    steps.next();
                    value = fields.iter().find(|(name, _)| name == step).map(|(_, value)| &**value);
                }
                (Some(Literal::List(items)), _) => {
                    count.fixed += items.len() as u64;
                    break;
                }
                (None | Some(Literal::Null), _) => break,
                (Some(_), _) => {
                    count.fixed += 1;
                    break;
                }
            }
        }
    }
    count
}

/// Returns how many items the value at the end of a path has; a value that is not a list counts as a list of one.
fn length(value: Option<&ConstValue>, path: &[&str]) -> u64 {
    match (value, path) {
        (Some(ConstValue::Object(fields)), [step, rest @ ..]) => length(fields.get(*step), rest),
        (Some(ConstValue::List(items)), _) => items.len() as u64,
        (None | Some(ConstValue::Null), _) => 0,
        (Some(_), _) => 1,
    }
}

fn argument<'f>(field: &'f Field, name: &str) -> Option<&'f Literal> {
    let argument = field.arguments.iter().find(|argument: &&apollo_compiler::Node<Argument>| argument.name == name);
    argument.map(|argument| &*argument.value)
}
