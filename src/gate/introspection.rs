//! How many objects the answer to a question about the schema holds: the schema is at hand, so they are counted one by
//! one, as the answer lists them.

use super::schema::Schema;
use apollo_compiler::ExecutableDocument;
use apollo_compiler::ast::{DirectiveDefinition, FieldDefinition, InputValueDefinition, OperationType, Type, Value};
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;

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

/// Counts the objects of `__schema` or `__type`, not further than to `most`.
pub fn objects(schema: &Schema, document: &ExecutableDocument, field: &Field, most: u64) -> u64 {
    let mut counting = Counting { schema, document, objects: 0, most };
    let Some(set) = &field.selection_set else { return 0 };
    let Some(name) = field.arguments.iter().find(|argument| argument.name == "name") else {
        counting.part(set, Part::Schema);
        return counting.objects;
    };
    if let Value::String(name) = &*name.value {
        if let Some(ty) = schema.definitions.types.get(name.as_str()) {
            counting.part(set, Part::Named(ty));
        }
        return counting.objects;
    }
    // A variable may name any of them.
    let types = schema.definitions.types.values().map(|ty| {
        counting.objects = 0;
        counting.part(set, Part::Named(ty));
        counting.objects
    });
    types.max().unwrap_or(0)
}

struct Counting<'d> {
    schema: &'d Schema,
    document: &'d ExecutableDocument,
    objects: u64,
    most: u64,
}

impl<'d> Counting<'d> {
    fn part(&mut self, set: &'d SelectionSet, part: Part<'d>) {
        self.objects += 1;
        self.set(set, part);
    }

    fn set(&mut self, set: &'d SelectionSet, part: Part<'d>) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    let Some(set) = &field.selection_set else { continue };
                    for below in self.below(part, &field.name) {
                        if self.objects > self.most {
                            return;
                        }
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
                let name = ty.name();
                let possible = definitions.types.values().filter(|other| definitions.is_subtype(name, other.name()));
                possible.map(Part::Named).collect()
            }
            (ExtendedType::Enum(words), "enumValues") => words.values.iter().map(|_| Part::Word).collect(),
            (ExtendedType::InputObject(input), "inputFields") => {
                input.fields.values().map(|field| Part::Input(field)).collect()
            }
            _ => Vec::new(),
        }
    }
}
