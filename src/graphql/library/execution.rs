//! Executes documents that were validated before.

use super::introspection;
use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextResolve, NextValidation, ResolveInfo,
};
use async_graphql::{
    CacheControl, ObjectType, Schema, SchemaBuilder, ServerError, ServerResult, SubscriptionType, ValidationResult,
    Value,
};
use std::sync::Arc;

/// Executes documents without validating them, and answers the fields of introspection that only
/// [`introspection`](super::introspection) knows.
pub struct Execution;

impl ExtensionFactory for Execution {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Execution)
    }
}

#[async_trait]
impl Extension for Execution {
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
        match introspection::answer(&info) {
            Some(value) => Ok(Some(value)),
            None => next.run(ctx, info).await,
        }
    }
}

/// A schema of these roots, in which documents may nest as deep as the gate allows.
pub fn builder<Q, M, S>(query: Q, mutation: M, subscription: S) -> SchemaBuilder<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    Schema::build(query, mutation, subscription).limit_recursive_depth(usize::MAX)
}
