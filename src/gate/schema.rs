//! The schema that documents are checked against.

use crate::read::{Extent, Extents, ScalarCheck};
use apollo_compiler::schema::{ExtendedType, InputValueDefinition};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Node, Schema as Definitions};
use async_graphql_value::ConstValue;

/// Fields of introspection that the parser's schema has and the library does not answer.
const UNANSWERED_FIELDS: [(&str, &str); 2] = [("__Directive", "isDeprecated"), ("__Directive", "deprecationReason")];
/// Fields of introspection whose arguments the library does not know.
const UNANSWERED_ARGUMENTS: [(&str, &str); 1] = [("__Schema", "directives")];

/// Definitions, and what they do not say.
pub struct Schema {
    pub definitions: Valid<Definitions>,
    scalars: &'static [ScalarCheck],
    extents: Extents,
}

impl Schema {
    pub fn new(sdl: &str, scalars: &'static [ScalarCheck], extents: Extents) -> Schema {
        let parsed = Definitions::parse_and_validate(sdl, "schema.graphql");
        let mut definitions = parsed.expect("the program's own schema is valid").into_inner();
        for (name, field) in UNANSWERED_FIELDS {
            if let Some(ExtendedType::Object(object)) = definitions.types.get_mut(name) {
                object.make_mut().fields.shift_remove(field);
            }
        }
        for (name, field) in UNANSWERED_ARGUMENTS {
            if let Some(ExtendedType::Object(object)) = definitions.types.get_mut(name)
                && let Some(field) = object.make_mut().fields.get_mut(field)
            {
                field.make_mut().arguments.clear();
            }
        }
        Schema { definitions: Valid::assume_valid(definitions), scalars, extents }
    }

    /// How many items a field's list has, or `None` if the field has a single object or a plain value.
    pub fn extent(&self, ty: &str, field: &str) -> Option<&Extent> {
        self.extents.get(ty)?.get(field)
    }

    /// Whether a value is one of a scalar of the schema's own.
    pub fn takes(&self, scalar: &str, value: &ConstValue) -> bool {
        self.scalars.iter().find(|known| known.name == scalar).is_none_or(|known| (known.is_valid)(value))
    }

    /// Returns the field of an input object, or `None` if it has no such field.
    pub fn input_field(&self, ty: &str, field: &str) -> Option<&Node<InputValueDefinition>> {
        self.definitions.get_input_object(ty)?.fields.get(field)
    }
}
