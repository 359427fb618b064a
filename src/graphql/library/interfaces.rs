//! Interfaces that are the type of no field.

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};
use std::borrow::Cow;
use std::marker::PhantomData;

/// An interface, and the types that implement it.
pub trait Implemented: Send + Sync + 'static {
    const NAME: &'static str;

    /// Registers the interface for each type that implements it.
    fn register(registry: &mut Registry);
}

/// Registers an interface once more, as if a field had it for its type.
pub struct UnreferencedInterface<I>(PhantomData<I>);

impl<I: Implemented> OutputType for UnreferencedInterface<I> {
    fn type_name() -> Cow<'static, str> {
        I::NAME.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        I::register(registry);
        format!("{}!", I::NAME)
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        unreachable!("it is the type of no field")
    }
}
