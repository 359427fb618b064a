//! Random requests that fit the schema, mostly.

use super::{Request, damage};
use apollo_compiler::Schema;
use apollo_compiler::ast::{FieldDefinition, InputValueDefinition, Type};
use apollo_compiler::schema::ExtendedType;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use testkit::choices::Choices;

/// How deep fields nest, and inputs.
const DEEP: usize = 5;
const INPUTS_DEEP: usize = 3;

/// The request of this seed: about half of them are damaged.
pub fn request(schema: &Schema, seed: u64) -> Request {
    let (declared, fragments) = (String::new(), Vec::new());
    let mut maker =
        Maker { schema, choices: Choices::from_seed(seed), declared, fragments, variables: Map::new(), keys: 0 };
    let mut request = maker.request();
    let choices = &mut maker.choices;
    match choices.below(8) {
        0..=2 => request.text = damage::text(choices, &request.text),
        3 => damage::variables(choices, &mut request),
        _ => {}
    }
    request
}

struct Maker<'s> {
    schema: &'s Schema,
    choices: Choices,
    /// Definitions of variables.
    declared: String,
    variables: Map<String, Value>,
    fragments: Vec<String>,
    keys: usize,
}

impl Maker<'_> {
    fn request(&mut self) -> Request {
        let (kind, root) = *self.choices.pick(&[
            ("query", "Query"),
            ("query", "Query"),
            ("mutation", "Mutation"),
            ("subscription", "Subscription"),
        ]);
        let selected = match root {
            "Subscription" => {
                let field = self.any_field(root);
                format!("{{ {} }}", self.field(&field, 1))
            }
            _ => self.selection(root, 0),
        };
        let name = if self.choices.one_in(2) { " Named" } else { "" };
        let declared = match self.declared.is_empty() {
            true => String::new(),
            false => format!("({})", self.declared),
        };
        let mut text = format!("{kind}{name}{declared} {selected}");
        for fragment in &self.fragments {
            let _ = write!(text, " {fragment}");
        }
        Request { text, variables: std::mem::take(&mut self.variables) }
    }

    fn fields(&self, ty: &str) -> Vec<FieldDefinition> {
        let fields = match &self.schema.types[ty] {
            ExtendedType::Object(object) => &object.fields,
            ExtendedType::Interface(interface) => &interface.fields,
            _ => return Vec::new(),
        };
        fields.values().map(|field| (**field).clone()).collect()
    }

    fn any_field(&mut self, ty: &str) -> FieldDefinition {
        let fields = self.fields(ty);
        self.choices.pick(&fields).clone()
    }

    fn is_leaf(&self, ty: &Type) -> bool {
        self.schema.types[ty.inner_named_type()].is_leaf()
    }

    /// What is selected of values of a type, braces included.
    fn selection(&mut self, ty: &str, depth: usize) -> String {
        let mut fields = self.fields(ty);
        if depth >= DEEP {
            fields.retain(|field| self.is_leaf(&field.ty));
        }
        let mut selected = Vec::new();
        for _ in 0..=self.choices.below(4) {
            selected.push(match self.choices.below(12) {
                0 if depth < DEEP => self.inline(ty, depth),
                1 if depth < DEEP => self.spread(ty, depth),
                2 => "__typename".to_owned(),
                _ if fields.is_empty() => "__typename".to_owned(),
                _ => {
                    let field = self.choices.pick(&fields).clone();
                    self.field(&field, depth + 1)
                }
            });
        }
        format!("{{ {} }}", selected.join(" "))
    }

    fn field(&mut self, field: &FieldDefinition, depth: usize) -> String {
        let mut written = String::new();
        // Now and then a key comes twice, and what it stands for may not fit.
        if self.choices.one_in(12) {
            written += "x: ";
        } else if !field.arguments.is_empty() || self.choices.one_in(6) {
            self.keys += 1;
            let _ = write!(written, "k{}: ", self.keys);
        }
        written += &field.name;
        let mut arguments = Vec::new();
        for argument in &field.arguments {
            if is_needed(argument) || self.choices.one_in(3) {
                arguments.push(format!(
                    "{}: {}",
                    argument.name,
                    self.value(&argument.ty, argument.default_value.is_some(), 0)
                ));
            }
        }
        if !arguments.is_empty() {
            let _ = write!(written, "({})", arguments.join(", "));
        }
        written += &self.directive();
        if !self.is_leaf(&field.ty) {
            let _ = write!(written, " {}", self.selection(field.ty.inner_named_type(), depth));
        }
        written
    }

    fn directive(&mut self) -> String {
        if !self.choices.one_in(15) {
            return String::new();
        }
        let condition = self.value(&Type::NonNullNamed(apollo_compiler::name!("Boolean")), false, 0);
        let name = *self.choices.pick(&["skip", "include"]);
        format!(" @{name}(if: {condition})")
    }

    fn inline(&mut self, ty: &str, depth: usize) -> String {
        let on = self.condition(ty);
        let directive = self.directive();
        let written = if on == ty && self.choices.one_in(2) { String::new() } else { format!(" on {on}") };
        format!("...{written}{directive} {}", self.selection(&on, depth + 1))
    }

    fn spread(&mut self, ty: &str, depth: usize) -> String {
        let on = self.condition(ty);
        self.keys += 1;
        let name = format!("F{}", self.keys);
        let fragment = format!("fragment {name} on {on} {}", self.selection(&on, depth + 1));
        self.fragments.push(fragment);
        format!("...{name}{}", self.directive())
    }

    /// A type of which values of a type may be.
    fn condition(&mut self, ty: &str) -> String {
        let schema = self.schema;
        let mut types: Vec<&str> = schema.types.keys().map(apollo_compiler::Name::as_str).collect();
        types.retain(|other| *other == ty || schema.is_subtype(ty, other) || schema.is_subtype(other, ty));
        (*self.choices.pick(&types)).to_owned()
    }

    /// A literal, or a variable that is declared for this place.
    fn value(&mut self, ty: &Type, has_default: bool, depth: usize) -> String {
        if !self.choices.one_in(4) {
            return self.literal(ty, depth);
        }
        let name = format!("v{}", self.variables.len() + self.keys);
        self.keys += 1;
        let mut declared = ty.clone();
        if !ty.is_non_null() && self.choices.one_in(3) {
            declared = declared.non_null();
        }
        let mut default = String::new();
        if self.choices.one_in(6) && (has_default || ty.is_non_null()) {
            declared = declared.nullable();
        }
        if self.choices.one_in(5) {
            default = format!(" = {}", self.constant(&declared, 0));
        }
        let _ = write!(self.declared, "${name}: {declared}{default} ");
        if declared.is_non_null() || !self.choices.one_in(3) {
            let value = self.json(&declared, 0);
            self.variables.insert(name.clone(), value);
        }
        format!("${name}")
    }

    /// A literal without variables.
    fn constant(&mut self, ty: &Type, depth: usize) -> String {
        let mut literal = String::new();
        render(&self.json(ty, depth), ty, self.schema, &mut literal);
        literal
    }

    fn literal(&mut self, ty: &Type, depth: usize) -> String {
        if !ty.is_non_null() && self.choices.one_in(10) {
            return "null".to_owned();
        }
        if ty.is_list() {
            let item = ty.item_type().clone();
            let items = (0..self.choices.below(3)).map(|_| self.value(&item, false, depth)).collect::<Vec<_>>();
            return format!("[{}]", items.join(", "));
        }
        let ExtendedType::InputObject(input) = self.schema.types[ty.inner_named_type()].clone() else {
            return self.constant(ty, depth);
        };
        let fields = self.chosen(&input, depth);
        let fields: Vec<String> = fields
            .iter()
            .map(|field| {
                let ty = if input.is_one_of() { (*field.ty).clone().non_null() } else { (*field.ty).clone() };
                format!("{}: {}", field.name, self.value(&ty, field.default_value.is_some(), depth + 1))
            })
            .collect();
        format!("{{ {} }}", fields.join(", "))
    }

    /// The fields that an input object has.
    fn chosen(&mut self, input: &apollo_compiler::schema::InputObjectType, depth: usize) -> Vec<InputValueDefinition> {
        let fields: Vec<InputValueDefinition> = input.fields.values().map(|field| (**field).clone()).collect();
        if input.is_one_of() {
            return vec![self.choices.pick(&fields).clone()];
        }
        let mut chosen = Vec::new();
        for field in fields {
            if is_needed(&field) || depth < INPUTS_DEEP && self.choices.one_in(3) {
                chosen.push(field);
            }
        }
        chosen
    }

    /// A value as JSON.
    fn json(&mut self, ty: &Type, depth: usize) -> Value {
        if !ty.is_non_null() && self.choices.one_in(10) {
            return Value::Null;
        }
        if ty.is_list() {
            let item = ty.item_type().clone();
            if self.choices.one_in(6) && !item.is_list() {
                return self.json(&item.non_null(), depth);
            }
            return (0..self.choices.below(3)).map(|_| self.json(&item, depth)).collect();
        }
        let name = ty.inner_named_type().as_str();
        match self.schema.types[name].clone() {
            ExtendedType::Enum(words) => {
                let words: Vec<&str> = words.values.keys().map(apollo_compiler::Name::as_str).collect();
                json!(*self.choices.pick(&words))
            }
            ExtendedType::InputObject(input) => {
                let one_of = input.is_one_of();
                let fields = self.chosen(&input, depth);
                let fields = fields.iter().map(|field| {
                    let ty = if one_of { (*field.ty).clone().non_null() } else { (*field.ty).clone() };
                    (field.name.to_string(), self.json(&ty, depth + 1))
                });
                Value::Object(fields.collect())
            }
            _ => match name {
                "Int" => self.choices.pick(&[json!(1), json!(0), json!(3), json!(7)]).clone(),
                "Boolean" => json!(self.choices.one_in(2)),
                "ID" => self.choices.pick(&[json!("svc_1"), json!("x"), json!(7)]).clone(),
                "DateTime" => json!("2026-11-24T08:00:00.000Z"),
                _ => self.choices.pick(&[json!("x"), json!(""), json!("é \" \\ 😀")]).clone(),
            },
        }
    }
}

fn is_needed(input: &InputValueDefinition) -> bool {
    input.ty.is_non_null() && input.default_value.is_none()
}

/// A value of JSON as a literal.
fn render(value: &Value, ty: &Type, schema: &Schema, into: &mut String) {
    match value {
        Value::Array(items) => {
            into.push('[');
            for item in items {
                render(item, ty.item_type(), schema, into);
                into.push(' ');
            }
            into.push(']');
        }
        Value::Object(fields) => {
            let input = schema.get_input_object(ty.inner_named_type()).unwrap();
            into.push('{');
            for (name, value) in fields {
                let _ = write!(into, "{name}: ");
                render(value, &input.fields[name.as_str()].ty, schema, into);
                into.push(' ');
            }
            into.push('}');
        }
        Value::String(word) if schema.get_enum(ty.inner_named_type()).is_some() => into.push_str(word),
        value => {
            let _ = write!(into, "{value}");
        }
    }
}
