//! Inputs that have a default are nullable.

use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaType, Registry};
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};
use std::borrow::Cow;

/// Makes arguments and input fields with a default nullable, so that client generators do not require them. To be
/// registered after all types.
pub struct NullableDefaults;

impl OutputType for NullableDefaults {
    fn type_name() -> Cow<'static, str> {
        "NullableDefaults".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let nullable = |ty: &mut String| ty.truncate(ty.trim_end_matches('!').len());
        for (name, ty) in &mut registry.types {
            match ty {
                MetaType::InputObject { input_fields, .. } => {
                    let inputs = input_fields.values_mut().filter(|input| input.default_value.is_some());
                    inputs.for_each(|input| nullable(&mut input.ty));
                }
                MetaType::Object { fields, .. } if !name.starts_with("__") => {
                    let inputs = fields.values_mut().flat_map(|field| field.args.values_mut());
                    inputs.filter(|input| input.default_value.is_some()).for_each(|input| nullable(&mut input.ty));
                }
                _ => {}
            }
        }
        Self::type_name().into_owned()
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        unreachable!("it is the type of no field")
    }
}
