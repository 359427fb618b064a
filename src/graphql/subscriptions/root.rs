//! The root of watching: it plans the selection and joins the group of subscribers that get the same messages.

use super::SUBSCRIPTIONS;
use super::objects::MessageObjects;
use super::place::Place;
use super::subscription::{Beginning, Subscription};
use crate::graphql::library::{SubscriptionRoot, argument, field, subscription_type};
use crate::graphql::registration::register;
use crate::graphql::request::{app, caller, reader};
use crate::read::{Answer, Document, Prepared};
use crate::watch::{self, Followed, GroupKey, Groups, ReadingKey, Subscriber};
use crate::wire::ApiError;
use async_graphql::parser::types::Field as Node;
use async_graphql::registry::Registry;
use async_graphql::{Context, Positioned};
use std::sync::Arc;

/// The root of watching.
pub struct Subscriptions;

impl SubscriptionRoot for Subscriptions {
    const NAME: &'static str = "Subscription";

    fn register(registry: &mut Registry) {
        let fields = SUBSCRIPTIONS.iter().map(|subscription| {
            let of = register(subscription.of, registry);
            let args = subscription.args.iter().map(|arg| argument(arg, registry)).collect();
            field(subscription.name, subscription.about, of, args)
        });
        let fields = fields.collect();
        registry.types.insert(Self::NAME.into(), subscription_type(Self::NAME, "Entry points for watching.", fields));
    }

    async fn begin<'a>(ctx: &Context<'a>, nodes: Vec<&'a Positioned<Node>>) -> Result<Subscriber, Answer> {
        let name = ctx.item.node.name.node.as_str();
        let found = SUBSCRIPTIONS.iter().find(|subscription| subscription.name == name);
        let subscription = found.expect("the gate lets only subscriptions of the schema through");
        let prepared = Prepared::supplied(reader(ctx), subscription.of, false, &nodes);
        match followed(ctx, subscription, &prepared).await {
            Ok((groups, key, Followed { after, head, source, .. })) => {
                let caller: Arc<str> = match caller(ctx) {
                    Ok(caller) => caller.name.as_str().into(),
                    Err(error) => return Err(prepared.failed(&error)),
                };
                let (group, membership) = groups.join(key, head, prepared, source, &caller);
                Ok(Subscriber::new(group, membership, after, caller))
            }
            Err(error) => Err(prepared.failed(&error)),
        }
    }
}

/// What a field follows, if it can begin, and the key of those that get the same messages.
async fn followed<'a>(
    ctx: &Context<'a>,
    subscription: &Subscription,
    prepared: &Prepared,
) -> Result<(&'a Groups, GroupKey, Followed), ApiError> {
    prepared.check()?;
    let document = Document::of(ctx);
    let groups = ctx.data_opt::<Groups>().ok_or_else(ApiError::internal)?;
    let objects = MessageObjects::of(ctx, groups.message_objects())?;
    let caller = caller(ctx)?;
    let args = document.args(subscription.args.iter(), &ctx.item.node.arguments)?;
    let last_seen = ctx.data_opt::<Place>().and_then(Place::from);
    let followed = (subscription.begin)(Beginning { args, last_seen, app: app(ctx)?, tail: groups.tail() }).await?;
    let reading = ReadingKey {
        field: subscription.name,
        selected: document.spelled(ctx.item),
        role: caller.role,
        caller: prepared.is_personal().then(|| caller.name.clone()),
        max_rows: watch::max_rows(objects, groups.message_objects()),
    };
    let key = GroupKey { reading, followed: followed.key.clone() };
    Ok((groups, key, followed))
}
