//! What the library walks over: things, those that the union has, and the root.

use super::{Thing, resolve};
use crate::general::world::Row;
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::resolve_container;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value,
};
use lockkeeper::graphql::Query;
use std::borrow::Cow;
use std::collections::BTreeMap;

impl OutputType for Thing {
    fn type_name() -> Cow<'static, str> {
        "Thing".into()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.ty.clone().into()
    }

    fn create_type_info(_: &mut Registry) -> String {
        unreachable!("the schema has its types from the program")
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl ContainerType for Thing {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        resolve(self, ctx).await
    }
}

/// A thing that can be in the union: to the library, fragments on a union are for the Rust type of its name.
pub struct Holder(pub Thing);

impl OutputType for Holder {
    fn type_name() -> Cow<'static, str> {
        "LockHolder".into()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.ty.clone().into()
    }

    fn create_type_info(_: &mut Registry) -> String {
        unreachable!("the schema has its types from the program")
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl ContainerType for Holder {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        resolve(&self.0, ctx).await
    }
}

/// The root, with the program's own declarations.
pub struct Root;

impl OutputType for Root {
    fn type_name() -> Cow<'static, str> {
        "Query".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Query::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl ContainerType for Root {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        resolve(&Thing { ty: "Query".into(), row: Row::default(), ready: BTreeMap::new() }, ctx).await
    }
}

impl ObjectType for Root {}
