//! The schema that documents are checked against, prepared for looking things up.

use crate::read::{Extent, Extents};
use crate::wire::ScalarCheck;
use apollo_compiler::schema::InputValueDefinition;
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Node, Schema as Definitions};
use async_graphql_value::ConstValue;
use std::collections::HashMap;

/// The definitions of a schema, with what they do not contain.
pub struct SchemaIndex {
    pub definitions: Valid<Definitions>,
    scalars: &'static [ScalarCheck],
    extents: Extents,
    /// The types that implement each interface or belong to each union.
    possible_types: HashMap<Name, Vec<Name>>,
}

impl SchemaIndex {
    pub fn new(sdl: &str, scalars: &'static [ScalarCheck], extents: Extents) -> SchemaIndex {
        let definitions = Definitions::parse_and_validate(sdl, "schema.graphql");
        let definitions = definitions.expect("the program's own schema is valid");
        let below = |name: &Name| {
            let names = definitions.types.keys().filter(|other| definitions.is_subtype(name, other));
            names.cloned().collect::<Vec<_>>()
        };
        let kinds = definitions.types.iter().filter(|(_, ty)| ty.is_interface() || ty.is_union());
        let possible_types = kinds.map(|(name, _)| (name.clone(), below(name))).collect();
        SchemaIndex { definitions, scalars, extents, possible_types }
    }

    /// Returns how many items the list of a field has, or `None` if the field is a single object or a scalar.
    pub fn extent(&self, ty: &str, field: &str) -> Option<&Extent> {
        self.extents.get(ty)?.get(field)
    }

    /// Returns the types that an interface or a union stands for, or nothing for other types.
    pub fn possible_types(&self, ty: &str) -> &[Name] {
        self.possible_types.get(ty).map_or(&[], Vec::as_slice)
    }

    /// Whether a value is valid for a scalar of this schema; for scalars of GraphQL itself, always `true`.
    pub fn is_valid_scalar(&self, scalar: &str, value: &ConstValue) -> bool {
        self.scalars.iter().find(|known| known.name == scalar).is_none_or(|known| (known.is_valid)(value))
    }

    /// Returns a field of an input object, or `None` if it has no such field.
    pub fn input_field(&self, ty: &str, field: &str) -> Option<&Node<InputValueDefinition>> {
        self.definitions.get_input_object(ty)?.fields.get(field)
    }
}
