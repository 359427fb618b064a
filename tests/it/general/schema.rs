//! The program's schema, from its own printed form.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, Type, TypeKind, TypeSystemDefinition,
};
use std::collections::BTreeMap;

pub struct Schema(BTreeMap<String, TypeKind>);

/// The name of the type that a type is made of.
pub fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => named(inner),
    }
}

impl Schema {
    pub fn read() -> Schema {
        let sdl = lockkeeper::graphql::sdl();
        // The library's parser knows no description of a schema, which stands with it at the end.
        let (types, _) = sdl.rsplit_once("\nschema {").unwrap();
        let (types, _) = types.trim_end().trim_end_matches("\"\"\"").rsplit_once("\"\"\"").unwrap();
        let document = parse_schema(types).unwrap();
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(ty) => Some((ty.node.name.node.to_string(), ty.node.kind)),
            _ => None,
        });
        Schema(types.collect())
    }

    pub fn kind(&self, ty: &str) -> &TypeKind {
        self.0.get(ty).unwrap_or(&TypeKind::Scalar)
    }

    /// Whether nothing is selected below values of this type.
    pub fn is_leaf(&self, ty: &str) -> bool {
        matches!(self.kind(ty), TypeKind::Scalar | TypeKind::Enum(_))
    }

    pub fn fields(&self, ty: &str) -> Vec<&FieldDefinition> {
        match self.kind(ty) {
            TypeKind::Object(object) => object.fields.iter().map(|field| &field.node).collect(),
            TypeKind::Interface(interface) => interface.fields.iter().map(|field| &field.node).collect(),
            _ => Vec::new(),
        }
    }

    /// The fields of an input, by name.
    pub fn inputs(&self, ty: &str) -> Vec<&InputValueDefinition> {
        match self.kind(ty) {
            TypeKind::InputObject(input) => input.fields.iter().map(|field| &field.node).collect(),
            _ => Vec::new(),
        }
    }

    pub fn words(&self, ty: &str) -> Vec<&str> {
        match self.kind(ty) {
            TypeKind::Enum(words) => words.values.iter().map(|word| word.node.value.node.as_str()).collect(),
            _ => Vec::new(),
        }
    }

    /// The types of which values of this type may be.
    pub fn possible(&self, ty: &str) -> Vec<&str> {
        match self.kind(ty) {
            TypeKind::Object(_) => self.0.get_key_value(ty).map(|(name, _)| name.as_str()).into_iter().collect(),
            TypeKind::Union(union) => union.members.iter().map(|member| member.node.as_str()).collect(),
            TypeKind::Interface(_) => {
                let has = |kind: &TypeKind| matches!(kind, TypeKind::Object(object) if object.implements.iter().any(|name| name.node == ty));
                self.0.iter().filter(|(_, kind)| has(kind)).map(|(name, _)| name.as_str()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The types on which a fragment may be where values are of this type.
    pub fn conditions(&self, ty: &str) -> Vec<&str> {
        let here = self.possible(ty);
        let overlaps = |other: &str| self.possible(other).iter().any(|name| here.contains(name));
        self.0.keys().map(String::as_str).filter(|other| overlaps(other)).collect()
    }
}
