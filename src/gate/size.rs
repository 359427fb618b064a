//! How many items a list has, by its arguments and by what its field declares.

use super::places::Places;
use super::problem::problem;
use crate::read::Extent;
use crate::wire::ErrorCode;
use apollo_compiler::ast::{Argument, Value as Literal};
use apollo_compiler::executable::Field;
use async_graphql::{Pos, ServerError, Variables};
use async_graphql_value::{ConstValue, Name};

/// The number of items of a list.
#[derive(Default)]
pub struct Count {
    fixed: u64,
    /// Items as many as the values of these variables have.
    inputs: Vec<(Name, Vec<&'static str>)>,
    page: Option<Page>,
}

/// A number of items that arguments say.
struct Page {
    default: u64,
    most: u64,
    sizes: Vec<Size>,
    place: Pos,
}

/// An argument for a number of items.
struct Size {
    name: &'static str,
    value: Given,
}

enum Given {
    Number(i64),
    Variable(Name),
}

impl Count {
    /// One item.
    pub const ONE: Count = Count { fixed: 1, inputs: Vec::new(), page: None };

    /// The items of a field below a root field, whose list has this extent; reports a size that it does not take.
    pub fn of(
        extent: &Extent,
        field: &Field,
        root: &Field,
        places: &Places<'_>,
        problems: &mut Vec<ServerError>,
    ) -> Count {
        let (arguments, default, most) = match extent {
            Extent::AtMost(most) | Extent::Counted(most) => return Count { fixed: *most, ..Count::default() },
            Extent::Inputs(paths) => return as_many_as(paths, root),
            Extent::Page { default, most } => (["first", "last"].as_slice(), *default, *most),
            Extent::First { default, most } => (["first"].as_slice(), *default, *most),
        };
        let mut page = Page { default, most, sizes: Vec::new(), place: places.of_span(field.name.location()) };
        for name in arguments {
            let value = match argument(field, name) {
                Some(Literal::Int(number)) => Given::Number(number.as_str().parse().unwrap_or(i64::MAX)),
                Some(Literal::Variable(variable)) => Given::Variable(Name::new(variable)),
                _ => continue,
            };
            page.sizes.push(Size { name, value });
        }
        match page.sizes.iter().all(|size| matches!(size.value, Given::Number(_))) {
            true => Count { fixed: page.items(&Variables::default(), problems), ..Count::default() },
            false => Count { page: Some(page), ..Count::default() },
        }
    }

    /// Whether it is the same whatever the variables are.
    pub fn is_fixed(&self) -> bool {
        self.page.is_none() && self.inputs.is_empty()
    }

    /// How many items there are with these variables; reports a size that the field does not take.
    pub fn items(&self, variables: &Variables, problems: &mut Vec<ServerError>) -> u64 {
        let inputs = self.inputs.iter().map(|(name, path)| length(variables.get(name), path));
        let page = self.page.as_ref().map_or(0, |page| page.items(variables, problems));
        self.fixed.saturating_add(page).saturating_add(inputs.sum())
    }
}

impl Page {
    fn items(&self, variables: &Variables, problems: &mut Vec<ServerError>) -> u64 {
        let mut found = None;
        for Size { name, value } in &self.sizes {
            let number = match value {
                Given::Number(number) => *number,
                Given::Variable(variable) => match variables.get(variable) {
                    Some(ConstValue::Number(number)) => number.as_i64().unwrap_or(i64::MAX),
                    _ => continue,
                },
            };
            if found.is_some() {
                let message = "Ask for the first items of a list or for the last ones, not for both.";
                problems.push(self.problem(name, message));
            } else if !(0..=self.most as i64).contains(&number) {
                problems.push(self.problem(name, &format!("`{name}` is {number}; it can be 0 to {}.", self.most)));
            }
            found = Some(number.max(0) as u64);
        }
        found.unwrap_or(self.default)
    }

    fn problem(&self, argument: &str, message: &str) -> ServerError {
        let mut error = problem(ErrorCode::BadUserInput, message, Some(self.place));
        error.extensions.get_or_insert_default().set("argument", argument);
        error
    }
}

fn as_many_as(paths: &[&'static str], root: &Field) -> Count {
    let mut count = Count::default();
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

/// How many items the value at the end of a path has; a value that is not a list stands for a list of it.
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
