//! Types of the registry, with what the schema says of them and nothing else.

use crate::read::declare::Arg;
use async_graphql::indexmap::{IndexMap, IndexSet};
use async_graphql::registry::{MetaField, MetaInputValue, MetaType, Registry};

/// An object type with these fields.
pub fn object_type(name: &str, about: &str, fields: Vec<MetaField>) -> MetaType {
    MetaType::Object {
        name: name.into(),
        description: Some(about.into()),
        fields: by_name(fields),
        cache_control: Default::default(),
        extends: false,
        shareable: false,
        resolvable: true,
        inaccessible: false,
        interface_object: false,
        tags: Vec::new(),
        keys: None,
        visible: None,
        is_subscription: false,
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

/// A field of a type.
pub fn field(name: &str, about: &str, ty: impl Into<String>, args: Vec<MetaInputValue>) -> MetaField {
    MetaField {
        name: name.into(),
        description: Some(about.into()),
        args: args.into_iter().map(|arg| (arg.name.clone(), arg)).collect(),
        ty: ty.into(),
        deprecation: Default::default(),
        cache_control: Default::default(),
        external: false,
        requires: None,
        provides: None,
        visible: None,
        shareable: false,
        inaccessible: false,
        tags: Vec::new(),
        override_from: None,
        compute_complexity: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

/// An argument of a field.
pub fn argument(arg: &Arg, registry: &mut Registry) -> MetaInputValue {
    MetaInputValue {
        name: arg.name.into(),
        description: Some(arg.about.into()),
        ty: (arg.ty)(registry),
        deprecation: Default::default(),
        default_value: arg.default.map(str::to_owned),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        is_secret: false,
        directive_invocations: Vec::new(),
    }
}

fn by_name(fields: Vec<MetaField>) -> IndexMap<String, MetaField> {
    fields.into_iter().map(|field| (field.name.clone(), field)).collect()
}

/// An interface with these fields, which no type implements yet.
pub fn interface_type(name: &str, about: &str, fields: Vec<MetaField>) -> MetaType {
    MetaType::Interface {
        name: name.into(),
        description: Some(about.into()),
        fields: by_name(fields),
        possible_types: IndexSet::new(),
        extends: false,
        inaccessible: false,
        tags: Vec::new(),
        keys: None,
        visible: None,
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

/// The root of subscriptions, with these fields.
pub fn subscription_type(name: &str, about: &str, fields: Vec<MetaField>) -> MetaType {
    let mut root = object_type(name, about, fields);
    if let MetaType::Object { is_subscription, .. } = &mut root {
        *is_subscription = true;
    }
    root
}

/// A union of the types with these names.
pub fn union_type(name: &str, about: &str, of: &[&str]) -> MetaType {
    MetaType::Union {
        name: name.into(),
        description: Some(about.into()),
        possible_types: of.iter().map(|name| (*name).to_owned()).collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
    }
}
