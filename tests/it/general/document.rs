//! Random documents. A key stands for one field with the same arguments wherever it is in a document, so that what is
//! merged can be merged.

use crate::general::arguments::{Place, arguments};
use crate::general::schema::{Schema, named};
use crate::general::world::World;
use async_graphql::parser::types::{BaseType, FieldDefinition, Type};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fmt::Write;
use testkit::choices::Choices;

#[derive(Clone, Debug)]
pub struct Document {
    pub text: String,
    pub variables: Map<String, Value>,
}

/// How deep documents are, and within how many lists.
const DEEP: usize = 7;
const LISTS: usize = 3;

/// A field as it was selected once.
#[derive(Clone)]
struct UsedField {
    name: String,
    /// With its alias and arguments.
    head: String,
    lists: usize,
}

struct Fragment {
    name: String,
    on: String,
    depth: usize,
    lists: usize,
}

pub struct Maker<'a> {
    choices: Choices,
    schema: &'a Schema,
    world: &'a World,
    log_id: &'a str,
    keys: HashMap<String, String>,
    used_fields: HashMap<String, Vec<UsedField>>,
    fragments: Vec<Fragment>,
    definitions: String,
    declared: Vec<String>,
    variables: Map<String, Value>,
}

impl<'a> Maker<'a> {
    pub fn new(choices: Choices, schema: &'a Schema, world: &'a World, log_id: &'a str) -> Maker<'a> {
        Maker {
            choices,
            schema,
            world,
            log_id,
            keys: HashMap::new(),
            used_fields: HashMap::new(),
            fragments: Vec::new(),
            definitions: String::new(),
            declared: Vec::new(),
            variables: Map::new(),
        }
    }

    pub fn document(mut self) -> Document {
        let set = self.set("Query", 0, 0);
        let declared = match self.declared.is_empty() {
            true => String::new(),
            false => format!("({})", self.declared.join(", ")),
        };
        Document { text: format!("query q{declared} {set}{}", self.definitions), variables: self.variables }
    }

    fn set(&mut self, ty: &str, depth: usize, lists: usize) -> String {
        let mut set = String::from("{");
        for _ in 0..=self.choices.below(if depth < 4 { 5 } else { 3 }) {
            let item = match self.choices.below(10) {
                0..6 => self.field(ty, depth, lists),
                6 => self.again(ty, depth, lists),
                7 => self.inline(ty, depth, lists),
                8 => self.spread(ty, depth, lists),
                _ => "__typename".to_owned(),
            };
            let _ = write!(set, " {item}");
        }
        set + " }"
    }

    /// `@skip` or `@include`, now and then.
    fn directive(&mut self) -> String {
        if !self.choices.one_in(8) {
            return String::new();
        }
        let name = *self.choices.pick(&["include", "skip"]);
        let truth = self.choices.one_in(3) != (name == "include");
        if self.choices.one_in(2) {
            return format!(" @{name}(if: {truth})");
        }
        let variable = format!("if{}", self.declared.len());
        self.declared.push(format!("${variable}: Boolean!"));
        self.variables.insert(variable.clone(), truth.into());
        format!(" @{name}(if: ${variable})")
    }

    fn field(&mut self, ty: &str, depth: usize, lists: usize) -> String {
        let schema = self.schema;
        let fits = |field: &&FieldDefinition| {
            let ty = named(&field.ty.node);
            let is_list = ty.ends_with("Connection") || field.ty.node.to_string().starts_with('[');
            schema.is_leaf(ty) || (depth < DEEP && (lists < LISTS || !is_list))
        };
        let mut fields: Vec<&FieldDefinition> = schema.fields(ty).into_iter().filter(fits).collect();
        fields.sort_by_key(|field| !schema.is_leaf(named(&field.ty.node)));
        if fields.is_empty() {
            return "__typename".to_owned();
        }
        let field = *self.choices.pick(&fields);
        let name = field.name.node.to_string();
        let place = Place { schema, world: self.world, log_id: self.log_id, ty, lists };
        let args = arguments(&mut self.choices, &place, field);
        let mut written = Vec::new();
        for arg in field.arguments.iter().map(|arg| &arg.node) {
            let (name, default) = (&arg.name.node, arg.default_value.is_some());
            match args.get(name.as_str()) {
                Some(value) => written.push(format!("{name}: {}", self.value(value, &arg.ty.node, default))),
                None if arg.ty.node.nullable && self.choices.one_in(9) => {
                    written.push(format!("{name}: {}", self.nothing(&arg.ty.node)));
                }
                None => {}
            }
        }
        let args = if written.is_empty() { String::new() } else { format!("({})", written.join(", ")) };
        let signature = format!("{name}{args}: {}", field.ty.node);
        let plain = self.keys.entry(name.clone()).or_insert_with(|| signature.clone());
        let head = if *plain == signature && !self.choices.one_in(8) {
            format!("{name}{args}")
        } else {
            let key = format!("k{}", self.keys.len());
            self.keys.insert(key.clone(), signature);
            format!("{key}: {name}{args}")
        };
        let used = UsedField { name, head, lists };
        self.used_fields.entry(ty.to_owned()).or_default().push(used.clone());
        self.written(ty, &used, depth, lists)
    }

    /// A field that was selected before, with other fields below.
    fn again(&mut self, ty: &str, depth: usize, lists: usize) -> String {
        let fits = |used: &&UsedField| used.lists >= lists && depth < DEEP;
        let used: Vec<UsedField> = self.used_fields.get(ty).into_iter().flatten().filter(fits).cloned().collect();
        if used.is_empty() {
            return self.field(ty, depth, lists);
        }
        let used = self.choices.pick(&used).clone();
        self.written(ty, &used, depth, lists)
    }

    fn written(&mut self, ty: &str, used: &UsedField, depth: usize, lists: usize) -> String {
        let schema = self.schema;
        let field = schema.fields(ty).into_iter().find(|field| field.name.node == used.name).unwrap();
        let directive = self.directive();
        let below = named(&field.ty.node);
        if schema.is_leaf(below) {
            return format!("{}{directive}", used.head);
        }
        let in_connection = ty.ends_with("Connection");
        let is_list = below.ends_with("Connection") || (field.ty.node.to_string().starts_with('[') && !in_connection);
        let set = self.set(below, depth + 1, lists + usize::from(is_list));
        format!("{}{directive} {set}", used.head)
    }

    fn inline(&mut self, ty: &str, depth: usize, lists: usize) -> String {
        if depth >= DEEP {
            return "__typename".to_owned();
        }
        let conditions = self.schema.conditions(ty);
        let on = *self.choices.pick(&conditions);
        let (condition, on) = if self.choices.one_in(5) { (String::new(), ty) } else { (format!(" on {on}"), on) };
        let directive = self.directive();
        format!("...{condition}{directive} {}", self.set(on, depth + 1, lists))
    }

    fn spread(&mut self, ty: &str, depth: usize, lists: usize) -> String {
        if depth >= DEEP {
            return "__typename".to_owned();
        }
        let conditions = self.schema.conditions(ty);
        let fits = |fragment: &&Fragment| {
            fragment.depth >= depth && fragment.lists >= lists && conditions.contains(&fragment.on.as_str())
        };
        let known: Vec<String> = self.fragments.iter().filter(fits).map(|fragment| fragment.name.clone()).collect();
        let name = if known.is_empty() || self.choices.one_in(2) {
            let on = (*self.choices.pick(&conditions)).to_owned();
            let set = self.set(&on, depth + 1, lists);
            let name = format!("F{}", self.fragments.len());
            let _ = write!(self.definitions, " fragment {name} on {on} {set}");
            self.fragments.push(Fragment { name: name.clone(), on, depth, lists });
            name
        } else {
            self.choices.pick(&known).clone()
        };
        format!("...{name}{}", self.directive())
    }

    /// A value as a document writes it, in whole or in part by variables.
    fn value(&mut self, value: &Value, ty: &Type, default: bool) -> String {
        if self.choices.one_in(5) {
            return self.variable(value, ty, default);
        }
        match (value, &ty.base) {
            (Value::Array(items), BaseType::List(item)) => {
                if items.len() == 1 && self.choices.one_in(6) {
                    // A variable would have to be a list itself.
                    return self.literal(&items[0], item);
                }
                let items: Vec<String> = items.iter().map(|value| self.value(value, item, false)).collect();
                format!("[{}]", items.join(", "))
            }
            (Value::Object(map), BaseType::Named(name)) => {
                let schema = self.schema;
                let mut fields = Vec::new();
                for input in schema.inputs(name) {
                    if let Some(value) = map.get(input.name.node.as_str()) {
                        let text = self.value(value, &input.ty.node, input.default_value.is_some());
                        fields.push(format!("{}: {text}", input.name.node));
                    }
                }
                format!("{{ {} }}", fields.join(", "))
            }
            _ => self.literal(value, ty),
        }
    }

    fn literal(&self, value: &Value, ty: &Type) -> String {
        match (value, &ty.base) {
            (Value::Array(items), BaseType::List(item)) => {
                let items: Vec<String> = items.iter().map(|value| self.literal(value, item)).collect();
                format!("[{}]", items.join(", "))
            }
            (Value::Object(map), BaseType::Named(name)) => {
                let inputs =
                    self.schema.inputs(name).into_iter().filter(|input| map.contains_key(input.name.node.as_str()));
                let fields: Vec<String> = inputs
                    .map(|input| {
                        format!("{}: {}", input.name.node, self.literal(&map[input.name.node.as_str()], &input.ty.node))
                    })
                    .collect();
                format!("{{ {} }}", fields.join(", "))
            }
            (Value::String(text), BaseType::Named(name)) if !self.schema.words(name).is_empty() => text.clone(),
            (value, _) => value.to_string(),
        }
    }

    /// A variable of this value: given, or left out with the value as its default, or given in place of a default.
    fn variable(&mut self, value: &Value, ty: &Type, has_default: bool) -> String {
        let variable = format!("v{}", self.declared.len());
        let literal = self.literal(value, ty);
        let loose = ty.to_string().trim_end_matches('!').to_owned();
        let how = self.choices.below(4);
        let declared = match how {
            0 if has_default && self.choices.one_in(2) => loose,
            0 => ty.to_string(),
            1 => format!("{ty} = {literal}"),
            2 => format!("{loose} = {literal}"),
            _ if ty.nullable => format!("{loose} = null"),
            _ => ty.to_string(),
        };
        self.declared.push(format!("${variable}: {declared}"));
        if !matches!(how, 1 | 2) {
            self.variables.insert(variable.clone(), value.clone());
        }
        format!("${variable}")
    }

    /// A variable that nobody gives.
    fn nothing(&mut self, ty: &Type) -> String {
        let variable = format!("v{}", self.declared.len());
        self.declared.push(format!("${variable}: {ty}"));
        format!("${variable}")
    }
}
