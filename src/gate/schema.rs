//! The schema that documents are checked against.

use crate::read::{Extent, Extents, ScalarCheck};
use apollo_compiler::schema::InputValueDefinition;
use apollo_compiler::validation::Valid;
use apollo_compiler::{Node, Schema as Definitions};
use async_graphql_value::ConstValue;

/// Definitions, and what they do not say.
pub struct Schema {
    pub definitions: Valid<Definitions>,
    scalars: &'static [ScalarCheck],
    extents: Extents,
}

impl Schema {
    pub fn new(sdl: &str, scalars: &'static [ScalarCheck], extents: Extents) -> Schema {
        let definitions = Definitions::parse_and_validate(sdl, "schema.graphql");
        Schema { definitions: definitions.expect("the program's own schema is valid"), scalars, extents }
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
