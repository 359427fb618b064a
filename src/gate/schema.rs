//! The schema that documents are checked against.

use crate::read::{Extent, Extents};
use crate::wire::ScalarCheck;
use apollo_compiler::schema::InputValueDefinition;
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Node, Schema as Definitions};
use async_graphql_value::ConstValue;
use std::collections::HashMap;

/// Definitions, and what they do not say.
pub struct Schema {
    pub definitions: Valid<Definitions>,
    scalars: &'static [ScalarCheck],
    extents: Extents,
    /// The types that implement an interface or belong to a union.
    possible_types: HashMap<Name, Vec<Name>>,
}

impl Schema {
    pub fn new(sdl: &str, scalars: &'static [ScalarCheck], extents: Extents) -> Schema {
        let definitions = Definitions::parse_and_validate(sdl, "schema.graphql");
        let definitions = definitions.expect("the program's own schema is valid");
        let below = |name: &Name| {
            let names = definitions.types.keys().filter(|other| definitions.is_subtype(name, other));
            names.cloned().collect::<Vec<_>>()
        };
        let kinds = definitions.types.iter().filter(|(_, ty)| ty.is_interface() || ty.is_union());
        let possible_types = kinds.map(|(name, _)| (name.clone(), below(name))).collect();
        Schema { definitions, scalars, extents, possible_types }
    }

    /// How many items a field's list has, or `None` if the field has a single object or a plain value.
    pub fn extent(&self, ty: &str, field: &str) -> Option<&Extent> {
        self.extents.get(ty)?.get(field)
    }

    /// The types that an interface or a union stands for; of other types none.
    pub fn possible_types(&self, ty: &str) -> &[Name] {
        self.possible_types.get(ty).map_or(&[], Vec::as_slice)
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
