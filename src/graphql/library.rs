//! Where the library departs from what the API says, and how it is kept from it.

use crate::read::field;
use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextResolve, NextValidation, ResolveInfo,
};
use async_graphql::registry::{MetaType, Registry};
use async_graphql::{
    CacheControl, ContextSelectionSet, OutputType, Positioned, ServerError, ServerResult, ValidationResult, Value,
};
use std::borrow::Cow;
use std::sync::Arc;

/// What the schema says about itself: the library would describe what a schema is.
const DESCRIPTION: &str = "Upgrades and reverts versions of services on fleets of hosts.";

/// Executes documents as they come, since they were validated before, and answers what the library does not know of
/// introspection. By default the library validates each of them, and refuses what is valid: it looks at the values of one
/// request's variables, for operations that are not meant, too.
pub struct Validated;

impl ExtensionFactory for Validated {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Validated)
    }
}

#[async_trait]
impl Extension for Validated {
    async fn validation(
        &self,
        _: &ExtensionContext<'_>,
        _: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        Ok(ValidationResult { cache_control: CacheControl::default(), complexity: 0, depth: 0 })
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        match (info.is_for_introspection, info.parent_type, info.name) {
            (true, "__Schema", "description") => Ok(Some(Value::from(DESCRIPTION))),
            (true, "__Directive", "isDeprecated") => Ok(Some(Value::from(false))),
            (true, "__Directive", "deprecationReason") => Ok(Some(Value::Null)),
            _ => next.run(ctx, info).await,
        }
    }
}

/// A printed schema with its description, which the library leaves out.
pub fn described(sdl: &str) -> String {
    sdl.replacen("\nschema {", &format!("\n\"\"\"\n{DESCRIPTION}\n\"\"\"\nschema {{"), 1)
}

/// Corrects what was entered before it: it is registered like a type, after all others.
///
/// Inputs with a default become nullable. The library says that they are never null, which makes client generators
/// require them; null means the default. Directives get the fields that [`Validated`] answers.
pub struct Corrections;

impl OutputType for Corrections {
    fn type_name() -> Cow<'static, str> {
        "Corrections".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let plain = |ty: &mut String| ty.truncate(ty.trim_end_matches('!').len());
        for (name, ty) in &mut registry.types {
            match ty {
                MetaType::InputObject { input_fields, .. } => {
                    let inputs = input_fields.values_mut().filter(|input| input.default_value.is_some());
                    inputs.for_each(|input| plain(&mut input.ty));
                }
                MetaType::Object { fields, .. } if name == "__Directive" => {
                    for (name, about, ty) in [
                        ("isDeprecated", "Whether it should no longer be used.", "Boolean!"),
                        ("deprecationReason", "Why it should no longer be used.", "String"),
                    ] {
                        fields.insert(name.to_owned(), field(name, about, ty, Vec::new()));
                    }
                }
                MetaType::Object { fields, .. } if !name.starts_with("__") => {
                    let inputs = fields.values_mut().flat_map(|field| field.args.values_mut());
                    inputs.filter(|input| input.default_value.is_some()).for_each(|input| plain(&mut input.ty));
                }
                _ => {}
            }
        }
        Self::type_name().into_owned()
    }

    async fn resolve(
        &self,
        _: &ContextSelectionSet<'_>,
        _: &Positioned<async_graphql::parser::types::Field>,
    ) -> ServerResult<Value> {
        unreachable!("no field has it for its type")
    }
}
