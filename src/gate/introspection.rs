//! How many objects the answer to an introspection query has. The schema is known, so they are counted one by one, in
//! the order of the answer.

use super::schema_index::SchemaIndex;
use apollo_compiler::ast::{DirectiveDefinition, FieldDefinition, InputValueDefinition, OperationType, Type, Value};
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{ExecutableDocument, Name};

/// An element of the schema, as introspection shows it.
#[derive(Clone, Copy)]
enum SchemaElement<'s> {
    Schema,
    Named(&'s ExtendedType),
    /// The type of a field or input; with `inner`, the type without its outermost `!`.
    Typed {
        ty: &'s Type,
        inner: bool,
    },
    Field(&'s FieldDefinition),
    Input(&'s InputValueDefinition),
    Directive(&'s DirectiveDefinition),
    /// A value of an enum.
    EnumValue,
}

/// How many selections may be visited on average for each object that is allowed; tools select about ten fields.
const VISITS_PER_OBJECT: u64 = 16;
/// How many selections may be visited in addition: a variable may name any type, so that each type is counted.
const ADDITIONAL_VISITS: u64 = 100_000;

/// Counts the objects of all introspection fields of one operation, and stops when they are too many.
pub struct IntrospectionCounter<'d> {
    schema: &'d SchemaIndex,
    document: &'d ExecutableDocument,
    objects: u64,
    max: u64,
    /// How many more selections may be visited. Many selections add no object: scalar fields, fragments, lists that a
    /// type does not have, and types that a variable may name but that are not the largest.
    visits_left: u64,
}

impl<'d> IntrospectionCounter<'d> {
    pub fn new(schema: &'d SchemaIndex, document: &'d ExecutableDocument, max: u64) -> IntrospectionCounter<'d> {
        let visits_left = max.saturating_mul(VISITS_PER_OBJECT).saturating_add(ADDITIONAL_VISITS);
        IntrospectionCounter { schema, document, objects: 0, max, visits_left }
    }

    /// Returns the objects of `__schema` or `__type`, or 0 if the fields before already have too many.
    pub fn objects(&mut self, field: &'d Field) -> u64 {
        let before = self.objects;
        let Some(set) = &field.selection_set else { return 0 };
        let types = &self.schema.definitions.types;
        match field.arguments.iter().find(|argument| argument.name == "name").map(|argument| &*argument.value) {
            None => self.element(set, SchemaElement::Schema),
            Some(Value::String(name)) => {
                if let Some(ty) = types.get(name.as_str()) {
                    self.element(set, SchemaElement::Named(ty));
                }
            }
            // A variable may name any type.
            Some(_) => {
                let mut largest = before;
                for ty in types.values() {
                    if self.is_over() {
                        break;
                    }
                    self.objects = before;
                    self.element(set, SchemaElement::Named(ty));
                    largest = largest.max(self.objects);
                }
                self.objects = largest;
            }
        }
        if self.visits_left == 0 {
            self.objects = self.objects.max(self.max.saturating_add(1));
        }
        self.objects - before
    }

    fn is_over(&self) -> bool {
        self.objects > self.max || self.visits_left == 0
    }

    fn element(&mut self, set: &'d SelectionSet, element: SchemaElement<'d>) {
        if !self.is_over() {
            self.objects += 1;
            self.set(set, element);
        }
    }

    fn set(&mut self, set: &'d SelectionSet, element: SchemaElement<'d>) {
        for selection in &set.selections {
            if self.is_over() {
                return;
            }
            self.visits_left -= 1;
            match selection {
                Selection::Field(field) => {
                    let Some(set) = &field.selection_set else { continue };
                    for child in self.children(element, &field.name) {
                        self.element(set, child);
                    }
                }
                Selection::InlineFragment(fragment) => self.set(&fragment.selection_set, element),
                Selection::FragmentSpread(spread) => {
                    self.set(&self.document.fragments[&spread.fragment_name].selection_set, element);
                }
            }
        }
    }

    /// Returns the elements of a field of an element.
    fn children(&self, element: SchemaElement<'d>, field: &str) -> Vec<SchemaElement<'d>> {
        let definitions = &self.schema.definitions;
        let named = |name: &str| definitions.types.get(name).map(SchemaElement::Named);
        match (element, field) {
            (SchemaElement::Schema, "types") => definitions.types.values().map(SchemaElement::Named).collect(),
            (SchemaElement::Schema, "directives") => definitions
                .directive_definitions
                .values()
                .map(|directive| SchemaElement::Directive(directive))
                .collect(),
            // The root types.
            (SchemaElement::Schema, field) => {
                let kinds = [OperationType::Query, OperationType::Mutation, OperationType::Subscription];
                let kind = kinds.into_iter().find(|kind| field.strip_suffix("Type") == Some(kind.name()));
                let root = kind.and_then(|kind| definitions.root_operation(kind));
                root.and_then(|name| named(name)).into_iter().collect()
            }
            (
                SchemaElement::Field(FieldDefinition { arguments, .. })
                | SchemaElement::Directive(DirectiveDefinition { arguments, .. }),
                "args",
            ) => arguments.iter().map(|argument| SchemaElement::Input(argument)).collect(),
            (SchemaElement::Field(FieldDefinition { ty, .. }), "type") => {
                vec![SchemaElement::Typed { ty, inner: false }]
            }
            (SchemaElement::Input(InputValueDefinition { ty, .. }), "type") => {
                vec![SchemaElement::Typed { ty, inner: false }]
            }
            (SchemaElement::Typed { ty, inner: false }, "ofType") if ty.is_non_null() => {
                vec![SchemaElement::Typed { ty, inner: true }]
            }
            (SchemaElement::Typed { ty, .. }, "ofType") if ty.is_list() => {
                vec![SchemaElement::Typed { ty: ty.item_type(), inner: false }]
            }
            (SchemaElement::Typed { ty, inner }, field) if ty.is_named() && (inner || !ty.is_non_null()) => {
                named(ty.inner_named_type()).map_or_else(Vec::new, |element| self.children(element, field))
            }
            (SchemaElement::Named(ty), field) => self.children_of_type(ty, field),
            _ => Vec::new(),
        }
    }

    fn children_of_type(&self, ty: &'d ExtendedType, field: &str) -> Vec<SchemaElement<'d>> {
        let definitions = &self.schema.definitions;
        let types = |names: Vec<&'d str>| {
            names.iter().filter_map(|name| definitions.types.get(*name)).map(SchemaElement::Named).collect()
        };
        match (ty, field) {
            (ExtendedType::Object(object), "fields") => {
                object.fields.values().map(|field| SchemaElement::Field(field)).collect()
            }
            (ExtendedType::Interface(interface), "fields") => {
                interface.fields.values().map(|field| SchemaElement::Field(field)).collect()
            }
            (ExtendedType::Object(object), "interfaces") => {
                types(object.implements_interfaces.iter().map(|name| name.as_str()).collect())
            }
            (ExtendedType::Interface(_) | ExtendedType::Union(_), "possibleTypes") => {
                types(self.schema.possible_types(ty.name()).iter().map(Name::as_str).collect())
            }
            (ExtendedType::Enum(words), "enumValues") => {
                words.values.iter().map(|_| SchemaElement::EnumValue).collect()
            }
            (ExtendedType::InputObject(input), "inputFields") => {
                input.fields.values().map(|field| SchemaElement::Input(field)).collect()
            }
            _ => Vec::new(),
        }
    }
}
