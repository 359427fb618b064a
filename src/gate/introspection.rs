//! How many objects the answer to a question about the schema holds: the schema is at hand, so they are counted one by
//! one, as the answer lists them.

use super::schema::Schema;
use apollo_compiler::ast::{DirectiveDefinition, FieldDefinition, InputValueDefinition, OperationType, Type, Value};
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{ExecutableDocument, Name};

/// A part of the schema, as introspection shows it.
#[derive(Clone, Copy)]
enum Part<'s> {
    Schema,
    Named(&'s ExtendedType),
    /// The type of a field or input; `inner` without the mark that it is not null.
    Typed {
        ty: &'s Type,
        inner: bool,
    },
    Field(&'s FieldDefinition),
    Input(&'s InputValueDefinition),
    Directive(&'s DirectiveDefinition),
    /// A part without parts.
    Word,
}

/// How many steps each object that is allowed may take on average; tools select about ten fields of each.
const STEPS_OF_OBJECT: u64 = 16;
/// The steps that are allowed beside: a variable may name any type, so that each of them is counted.
const MORE_STEPS: u64 = 100_000;

/// Counts the objects of all introspection fields of one operation, no further than to the first excess.
pub struct Counting<'d> {
    schema: &'d Schema,
    document: &'d ExecutableDocument,
    objects: u64,
    most: u64,
    /// How many more selections may be visited. Many may stand for no object: plain fields, fragments, lists that a
    /// type does not have, and types that a variable names but that are not the largest.
    steps: u64,
}

impl<'d> Counting<'d> {
    pub fn new(schema: &'d Schema, document: &'d ExecutableDocument, most: u64) -> Counting<'d> {
        let steps = most.saturating_mul(STEPS_OF_OBJECT).saturating_add(MORE_STEPS);
        Counting { schema, document, objects: 0, most, steps }
    }

    /// Counts the objects of `__schema` or `__type`; none once the fields before have more than are allowed.
    pub fn objects(&mut self, field: &'d Field) -> u64 {
        let before = self.objects;
        let Some(set) = &field.selection_set else { return 0 };
        let types = &self.schema.definitions.types;
        match field.arguments.iter().find(|argument| argument.name == "name").map(|argument| &*argument.value) {
            None => self.part(set, Part::Schema),
            Some(Value::String(name)) => {
                if let Some(ty) = types.get(name.as_str()) {
                    self.part(set, Part::Named(ty));
                }
            }
            // A variable may name any of them.
            Some(_) => {
                let mut most = before;
                for ty in types.values() {
                    if self.is_over() {
                        break;
                    }
                    self.objects = before;
                    self.part(set, Part::Named(ty));
                    most = most.max(self.objects);
                }
                self.objects = most;
            }
        }
        if self.steps == 0 {
            self.objects = self.objects.max(self.most.saturating_add(1));
        }
        self.objects - before
    }

    fn is_over(&self) -> bool {
        self.objects > self.most || self.steps == 0
    }

    fn part(&mut self, set: &'d SelectionSet, part: Part<'d>) {
        if !self.is_over() {
            self.objects += 1;
            self.set(set, part);
        }
    }

    fn set(&mut self, set: &'d SelectionSet, part: Part<'d>) {
        for selection in &set.selections {
            if self.is_over() {
                return;
            }
            self.steps -= 1;
            match selection {
                Selection::Field(field) => {
                    let Some(set) = &field.selection_set else { continue };
                    for below in self.below(part, &field.name) {
                        self.part(set, below);
                    }
                }
                Selection::InlineFragment(fragment) => self.set(&fragment.selection_set, part),
                Selection::FragmentSpread(spread) => {
                    self.set(&self.document.fragments[&spread.fragment_name].selection_set, part);
                }
            }
        }
    }

    /// The objects of a field of a part.
    fn below(&self, part: Part<'d>, field: &str) -> Vec<Part<'d>> {
        let definitions = &self.schema.definitions;
        let named = |name: &str| definitions.types.get(name).map(Part::Named);
        match (part, field) {
            (Part::Schema, "types") => definitions.types.values().map(Part::Named).collect(),
            (Part::Schema, "directives") => {
                definitions.directive_definitions.values().map(|directive| Part::Directive(directive)).collect()
            }
            // The root types.
            (Part::Schema, field) => {
                let kinds = [OperationType::Query, OperationType::Mutation, OperationType::Subscription];
                let kind = kinds.into_iter().find(|kind| field.strip_suffix("Type") == Some(kind.name()));
                let root = kind.and_then(|kind| definitions.root_operation(kind));
                root.and_then(|name| named(name)).into_iter().collect()
            }
            (
                Part::Field(FieldDefinition { arguments, .. }) | Part::Directive(DirectiveDefinition { arguments, .. }),
                "args",
            ) => arguments.iter().map(|argument| Part::Input(argument)).collect(),
            (Part::Field(FieldDefinition { ty, .. }), "type") => vec![Part::Typed { ty, inner: false }],
            (Part::Input(InputValueDefinition { ty, .. }), "type") => vec![Part::Typed { ty, inner: false }],
            (Part::Typed { ty, inner: false }, "ofType") if ty.is_non_null() => vec![Part::Typed { ty, inner: true }],
            (Part::Typed { ty, .. }, "ofType") if ty.is_list() => {
                vec![Part::Typed { ty: ty.item_type(), inner: false }]
            }
            (Part::Typed { ty, inner }, field) if ty.is_named() && (inner || !ty.is_non_null()) => {
                named(ty.inner_named_type()).map_or_else(Vec::new, |part| self.below(part, field))
            }
            (Part::Named(ty), field) => self.below_type(ty, field),
            _ => Vec::new(),
        }
    }

    fn below_type(&self, ty: &'d ExtendedType, field: &str) -> Vec<Part<'d>> {
        let definitions = &self.schema.definitions;
        let types = |names: Vec<&'d str>| {
            names.iter().filter_map(|name| definitions.types.get(*name)).map(Part::Named).collect()
        };
        match (ty, field) {
            (ExtendedType::Object(object), "fields") => {
                object.fields.values().map(|field| Part::Field(field)).collect()
            }
            (ExtendedType::Interface(interface), "fields") => {
                interface.fields.values().map(|field| Part::Field(field)).collect()
            }
            (ExtendedType::Object(object), "interfaces") => {
                types(object.implements_interfaces.iter().map(|name| name.as_str()).collect())
            }
            (ExtendedType::Interface(_) | ExtendedType::Union(_), "possibleTypes") => {
                types(self.schema.possible_types(ty.name()).iter().map(Name::as_str).collect())
            }
            (ExtendedType::Enum(words), "enumValues") => words.values.iter().map(|_| Part::Word).collect(),
            (ExtendedType::InputObject(input), "inputFields") => {
                input.fields.values().map(|field| Part::Input(field)).collect()
            }
            _ => Vec::new(),
        }
    }
}
