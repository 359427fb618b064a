//! Subscriptions that outlive their request.

use super::response::written;
use super::roots::merged;
use crate::read::Answer;
use crate::watch::{Messages, Subscriber};
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{Context, ObjectType, Positioned, Request, Response, Schema, SubscriptionType};
use futures_util::StreamExt;
use futures_util::stream::{self, Stream};
use parking_lot::Mutex;
use std::borrow::Cow;
use std::future::ready;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

/// The root of subscriptions.
pub trait SubscriptionRoot: Send + Sync + 'static {
    const NAME: &'static str;

    /// Registers its type.
    fn register(registry: &mut Registry);

    /// Begins the subscription of a field, of which these nodes of the document are merged; or answers why it cannot.
    fn begin<'a>(
        ctx: &Context<'a>,
        nodes: Vec<&'a Positioned<Field>>,
    ) -> impl Future<Output = Result<Subscriber, Answer>> + Send;
}

/// The root of subscriptions as the library has it.
pub struct SubscriptionRootType<R>(PhantomData<R>);

impl<R> SubscriptionRootType<R> {
    pub fn new() -> SubscriptionRootType<R> {
        SubscriptionRootType(PhantomData)
    }
}

impl<R: SubscriptionRoot> SubscriptionType for SubscriptionRootType<R> {
    fn type_name() -> Cow<'static, str> {
        R::NAME.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        R::register(registry);
        format!("{}!", R::NAME)
    }

    fn create_field_stream<'a>(
        &'a self,
        ctx: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        let handed_out = ctx.data_opt::<HandedOut>()?;
        let nodes = merged(ctx, R::NAME)?;
        let begin = async move {
            match R::begin(ctx, nodes).await {
                Ok(subscriber) => {
                    *handed_out.0.lock() = Some(subscriber);
                    None
                }
                Err(answer) => Some(Response::from_errors(answer.errors)),
            }
        };
        Some(stream::once(begin).filter_map(ready).boxed())
    }
}

/// Where a subscription that has begun is put: data of its request. Clones are the same.
#[derive(Clone, Default)]
struct HandedOut(Arc<Mutex<Option<Subscriber>>>);

/// Begins the subscription of a request. Its messages do not keep the request; if there is no subscription, they say why.
pub async fn subscribe<Q, M, R>(schema: &Schema<Q, M, SubscriptionRootType<R>>, request: Request) -> Messages
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    R: SubscriptionRoot,
{
    let handed_out = HandedOut::default();
    let mut responses = schema.execute_stream(request.data(handed_out.clone())).map(written).boxed();
    let first = responses.next().await;
    match handed_out.0.lock().take() {
        Some(subscriber) => subscriber.into(),
        None => stream::iter(first).chain(responses).boxed().into(),
    }
}
