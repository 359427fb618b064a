//! What introspection lacks: the schema's description, and the fields of `__Directive` that say whether it is deprecated.

use super::registry::field;
use async_graphql::extensions::ResolveInfo;
use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaType, Registry};
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};
use std::borrow::Cow;

/// The schema's description of itself.
const DESCRIPTION: &str = "Upgrades and reverts versions of services on fleets of hosts.";

/// The value of a field that the library cannot answer; `None` for all others.
pub fn answer(info: &ResolveInfo<'_>) -> Option<Value> {
    match (info.is_for_introspection, info.parent_type, info.name) {
        (true, "__Schema", "description") => Some(Value::from(DESCRIPTION)),
        (true, "__Directive", "isDeprecated") => Some(Value::from(false)),
        (true, "__Directive", "deprecationReason") => Some(Value::Null),
        _ => None,
    }
}

/// A printed schema with its description.
pub fn described(sdl: &str) -> String {
    sdl.replacen("\nschema {", &format!("\n\"\"\"\n{DESCRIPTION}\n\"\"\"\nschema {{"), 1)
}

/// Registers the fields of `__Directive` that [`answer`] knows. To be registered after all types.
pub struct DirectiveFields;

impl OutputType for DirectiveFields {
    fn type_name() -> Cow<'static, str> {
        "DirectiveFields".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        if let Some(MetaType::Object { fields, .. }) = registry.types.get_mut("__Directive") {
            for (name, about, ty) in [
                ("isDeprecated", "Whether it should no longer be used.", "Boolean!"),
                ("deprecationReason", "Why it should no longer be used.", "String"),
            ] {
                fields.insert(name.to_owned(), field(name, about, ty, Vec::new()));
            }
        }
        Self::type_name().into_owned()
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        unreachable!("it is the type of no field")
    }
}
