//! What an operation selects: fields by response key, fragments opened, `@skip` and `@include` decided, and the values of
//! arguments.

use super::arg::Arg;
use super::args::Args;
use crate::wire::ApiError;
use async_graphql::parser::types::{
    Directive, Field as Node, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::registry::{MetaType, Registry};
use async_graphql::{ContextBase, Name, Positioned, Value, Variables};
use async_graphql_value::Value as Literal;
use std::collections::HashMap;
use std::fmt::Write;

/// The operation that is executed with the values of its variables, and the schema that it is for.
#[derive(Clone, Copy)]
pub struct Document<'a> {
    pub operation: &'a OperationDefinition,
    pub fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    pub variables: &'a Variables,
    pub registry: &'a Registry,
}

/// One response key, with every node of the document that is merged into it.
pub type Merged<'a> = Vec<(&'a Name, Vec<&'a Positioned<Node>>)>;

/// One part of a selection.
enum Selected<'a> {
    Field(&'a Positioned<Node>),
    /// A fragment, and the type that it is for, if it says one.
    Fragment(Option<&'a str>, &'a SelectionSet),
}

impl<'a> Document<'a> {
    /// The operation that async-graphql executes.
    pub fn of<T>(ctx: &ContextBase<'a, T>) -> Document<'a> {
        let env = ctx.query_env;
        Document {
            operation: &env.operation.node,
            fragments: &env.fragments,
            variables: &env.variables,
            registry: &ctx.schema_env.registry,
        }
    }

    /// The root fields of the operation.
    pub fn root(&self, name: &str) -> Merged<'a> {
        self.fields([&self.operation.selection_set.node], name)
    }

    /// The fields that these sets select of a type.
    pub fn fields(&self, sets: impl IntoIterator<Item = &'a SelectionSet>, name: &str) -> Merged<'a> {
        let mut merged = Vec::new();
        for set in sets {
            self.open(set, name, &mut merged);
        }
        merged
    }

    fn open(&self, set: &'a SelectionSet, name: &str, merged: &mut Merged<'a>) {
        for part in self.parts(set) {
            match part {
                Selected::Field(field) => {
                    let key = &field.node.response_key().node;
                    match merged.iter_mut().find(|other| other.0 == key) {
                        Some(other) => other.1.push(field),
                        None => merged.push((key, vec![field])),
                    }
                }
                Selected::Fragment(on, set) => {
                    let on = on.and_then(|on| self.registry.types.get(on));
                    if on.is_none_or(|on| on.is_possible_type(name)) {
                        self.open(set, name, merged);
                    }
                }
            }
        }
    }

    fn parts(self, set: &'a SelectionSet) -> impl Iterator<Item = Selected<'a>> {
        set.items.iter().filter(move |item| self.is_selected(item.node.directives())).filter_map(move |item| {
            let (on, set) = match &item.node {
                Selection::Field(field) => return Some(Selected::Field(field)),
                Selection::FragmentSpread(spread) => {
                    let fragment = &self.fragments.get(&spread.node.fragment_name.node)?.node;
                    (Some(&fragment.type_condition), &fragment.selection_set.node)
                }
                Selection::InlineFragment(fragment) => {
                    (fragment.node.type_condition.as_ref(), &fragment.node.selection_set.node)
                }
            };
            Some(Selected::Fragment(on.map(|on| on.node.on.node.as_str()), set))
        })
    }

    /// Whether neither `@skip` nor `@include` leaves a selection out.
    fn is_selected(self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.node.get_argument("if").and_then(|value| self.constant(&value.node));
            match directive.node.name.node.as_str() {
                "skip" => condition != Some(Value::Boolean(true)),
                "include" => condition != Some(Value::Boolean(false)),
                _ => true,
            }
        })
    }

    /// The arguments of a field, variables and defaults filled in. A null where there is a default means the default.
    pub fn args(
        &self,
        declared: impl Iterator<Item = &'static Arg>,
        nodes: &[(Positioned<Name>, Positioned<Literal>)],
    ) -> Result<Args, ApiError> {
        let mut args = Args::default();
        for arg in declared {
            let sent = nodes.iter().find(|(name, _)| name.node == arg.name);
            let value = sent.and_then(|(_, value)| self.constant(&value.node));
            let value = value.filter(|value| arg.default.is_none() || *value != Value::Null).or_else(|| {
                let default = arg.default?;
                Some(serde_json::from_str(default).expect("a default that is declared is JSON"))
            });
            if let Some(mut value) = value {
                if matches!(value, Value::Object(_) | Value::List(_)) {
                    self.leave_out_nulls(&(arg.type_name)(), &mut value);
                }
                args.set(arg, value)?;
            }
        }
        Ok(args)
    }

    /// What a node of the root selects, as one text: variables filled in, fragments opened, and with where each field
    /// stands, since errors contain that. Two nodes of one type with equal texts have equal answers.
    pub fn spelled(&self, node: &'a Positioned<Node>) -> String {
        let mut text = String::new();
        self.spell_field(node, &[], &mut text);
        text
    }

    fn spell(&self, set: &'a SelectionSet, text: &mut String) {
        for part in self.parts(set) {
            match part {
                Selected::Field(field) => self.spell_field(field, &field.node.arguments, text),
                Selected::Fragment(on, set) => {
                    let _ = write!(text, "...{}{{", on.unwrap_or_default());
                    self.spell(set, text);
                    text.push('}');
                }
            }
        }
    }

    fn spell_field(
        &self,
        field: &'a Positioned<Node>,
        arguments: &[(Positioned<Name>, Positioned<Literal>)],
        text: &mut String,
    ) {
        let (key, name) = (field.node.response_key(), &field.node.name);
        let _ = write!(text, "{}:{} {key}:{name}(", field.pos.line, field.pos.column);
        for (name, value) in arguments {
            if let Some(value) = self.constant(&value.node) {
                let _ = write!(text, "{name}:{value},");
            }
        }
        text.push_str("){");
        self.spell(&field.node.selection_set.node, text);
        text.push('}');
    }

    /// Leaves out of an input what is null and has a default: its type then fills that in.
    fn leave_out_nulls(&self, ty: &str, value: &mut Value) {
        let named = ty.trim_matches(['[', ']', '!']);
        let Some(MetaType::InputObject { input_fields, .. }) = self.registry.types.get(named) else { return };
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.leave_out_nulls(named, item)),
            Value::Object(fields) => fields.retain(|name, value| match input_fields.get(name.as_str()) {
                Some(field) if *value == Value::Null => field.default_value.is_none(),
                Some(field) => {
                    self.leave_out_nulls(&field.ty, value);
                    true
                }
                None => true,
            }),
            _ => {}
        }
    }

    /// A value with its variables filled in; none where one was left out.
    fn constant(&self, value: &Literal) -> Option<Value> {
        Some(match value {
            Literal::Variable(name) => return self.variables.get(name).cloned(),
            Literal::List(items) => {
                Value::List(items.iter().map(|item| self.constant(item).unwrap_or(Value::Null)).collect())
            }
            Literal::Object(map) => Value::Object(
                map.iter().filter_map(|(key, value)| Some((key.clone(), self.constant(value)?))).collect(),
            ),
            value => value.clone().into_const()?,
        })
    }
}

/// Adds the variables that a value contains.
pub fn variables(value: &Literal, names: &mut Vec<Name>) {
    match value {
        Literal::Variable(name) => names.push(name.clone()),
        Literal::List(items) => items.iter().for_each(|item| variables(item, names)),
        Literal::Object(map) => map.values().for_each(|value| variables(value, names)),
        _ => {}
    }
}

/// What these nodes select below.
pub fn below<'a>(nodes: &[&'a Positioned<Node>]) -> Vec<&'a SelectionSet> {
    nodes.iter().map(|node| &node.node.selection_set.node).collect()
}
