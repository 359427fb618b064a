//! Roots whose fields are answered as a whole: planned, read and written as JSON by `read`.

use crate::read::{Answer, Document, Prepared};
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value,
};
use std::borrow::Cow;
use std::marker::PhantomData;

/// A root of the schema.
pub trait Root: Send + Sync + 'static {
    const NAME: &'static str;

    /// Registers its type.
    fn register(registry: &mut Registry);

    /// Answers a field, of which these nodes of the document are merged. Returns `None` if there is no such field.
    fn answer<'a>(
        ctx: &Context<'a>,
        nodes: &[&'a Positioned<Field>],
    ) -> impl Future<Output = Option<(Prepared, Answer)>> + Send;
}

/// A root as the library has it.
pub struct RootType<R>(PhantomData<R>);

impl<R> RootType<R> {
    pub fn new() -> RootType<R> {
        RootType(PhantomData)
    }
}

/// Every node that is merged into the field that is being resolved, if it is the first of them. The library merges what
/// they are answered with: the first answers for all, and the others are null, which it drops.
pub fn merged<'a>(ctx: &Context<'a>, root: &str) -> Option<Vec<&'a Positioned<Field>>> {
    let key = &ctx.item.node.response_key().node;
    let (_, nodes) = Document::of(ctx).root(root).into_iter().find(|(other, _)| *other == key)?;
    std::ptr::eq(*nodes.first()?, ctx.item).then_some(nodes)
}

impl<R: Root> ContainerType for RootType<R> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let Some(nodes) = merged(ctx, R::NAME) else { return Ok(Some(Value::Null)) };
        match R::answer(ctx, &nodes).await {
            Some((prepared, answer)) => value(ctx, &prepared, answer).map(Some),
            None => Ok(None),
        }
    }
}

/// An answer as a value. Its JSON travels as a binary value, which [`written`](super::written) takes out again.
fn value(ctx: &Context<'_>, prepared: &Prepared, answer: Answer) -> ServerResult<Value> {
    let Answer { bytes, mut errors } = answer;
    // The library adds the error of a field that is never null.
    let spreading = match (&bytes, prepared.is_nullable()) {
        (None, false) => errors.pop(),
        _ => None,
    };
    for error in errors {
        ctx.add_error(error);
    }
    match (spreading, bytes) {
        (Some(error), _) => Err(error),
        (None, Some(bytes)) => Ok(Value::Binary(bytes.into())),
        (None, None) => Ok(Value::Null),
    }
}

impl<R: Root> OutputType for RootType<R> {
    fn type_name() -> Cow<'static, str> {
        R::NAME.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        R::register(registry);
        format!("{}!", R::NAME)
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        unreachable!("the fields of a root are resolved one by one")
    }
}

impl<R: Root> ObjectType for RootType<R> {}
