//! Entry points for watching. The selection is planned once; each batch of events that the log's tail gives is
//! then read and written at once, one response for each event.

use super::types::{INSTANCE_EVENT, InstanceEventFilter, at_most};
use crate::app::App;
use crate::domain::Kind;
use crate::events::Filter;
use crate::read::declare::{Arg, arg, filter};
use crate::read::{
    ApiError, Cursor, Document, Given, Prepared, argument, body, cursor, field, head, number, object_type, register,
};
use async_graphql::registry::{MetaType, Registry};
use async_graphql::{Context, ID, Response, SubscriptionType, Value};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream, Stream};
use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;

/// Events that follow each other, each with its place in the log, as rows of the type of the subscription.
pub type Batch = Vec<(i64, Given)>;

/// Where subscriptions have their events from. Requests carry one as `Arc<dyn EventSource>`.
pub trait EventSource: Send + Sync {
    /// Every wanted event behind a place in the log, in order, each once; the rows are named like the columns
    /// of the table of events. An error ends the stream.
    fn instance_events(&self, filter: Filter, after: i64) -> BoxStream<'static, Result<Batch, ApiError>>;
}

/// A message of a subscription, ready to be sent.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its place in the log; none for an error.
    pub cursor: Option<String>,
    pub body: Vec<u8>,
}

/// The extension in which a response carries its cursor to the transport.
const CURSOR: &str = "cursor";

/// Makes a message of a response of a subscription.
pub fn message(mut response: Response) -> Message {
    let cursor = match response.extensions.remove(CURSOR) {
        Some(Value::String(cursor)) => Some(cursor),
        _ => None,
    };
    Message { cursor, body: body(&response) }
}

/// The root of watching.
pub struct Subscription;

const ROOT: &str = "Subscription";
const FIELD: &str = "instanceStatusChanged";

static ARGS: [Arg; 2] = [
    filter::<InstanceEventFilter>("Which events; all unless given."),
    arg::<Option<Cursor>>("after", "Begins behind this place in the log; now unless given."),
];

impl InstanceEventFilter {
    /// The same, by numbers.
    fn numbers(self) -> Result<Filter, ApiError> {
        let ids = |kind, argument: &str, ids: Option<Vec<ID>>| {
            at_most(argument, ids.as_deref())?;
            ids.map(|ids| ids.iter().map(|id| number(kind, argument, id)).collect::<Result<Vec<_>, _>>()).transpose()
        };
        Ok(Filter {
            kinds: self.kinds,
            services: ids(Kind::Service, "filter.serviceIds", self.service_ids)?,
            releases: ids(Kind::Release, "filter.releaseIds", self.release_ids)?,
            instances: ids(Kind::Instance, "filter.instanceIds", self.instance_ids)?,
            hosts: ids(Kind::Host, "filter.hostIds", self.host_ids)?,
        })
    }
}

/// What a subscriber asked for: which events, and behind which place.
async fn asked(ctx: &Context<'_>, app: &App) -> Result<(Filter, i64), ApiError> {
    let args = Document::of(ctx).args(ARGS.iter(), ctx.item)?;
    let filter = args.get::<Option<InstanceEventFilter>>("filter")?.unwrap_or_default().numbers()?;
    let head = head(&app.db).await?;
    let Some(Cursor(after)) = args.get("after")? else { return Ok((filter, head.position)) };
    let after = cursor::read_event(&after, app.db.log_id(), "after")?;
    head.check(after, "after")?;
    Ok((filter, after))
}

type Responses<'a> = Pin<Box<dyn Stream<Item = Response> + Send + 'a>>;

impl SubscriptionType for Subscription {
    fn type_name() -> Cow<'static, str> {
        ROOT.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let event = register(&INSTANCE_EVENT, registry);
        let args = ARGS.iter().map(|arg| argument(arg, registry)).collect();
        let about = "Every change of the chosen instances, in order, each once.";
        let mut root = object_type(ROOT, "Entry points for watching.", vec![field(FIELD, about, event, args)]);
        if let MetaType::Object { is_subscription, .. } = &mut root {
            *is_subscription = true;
        }
        registry.types.insert(ROOT.into(), root);
        format!("{ROOT}!")
    }

    fn create_field_stream<'a>(&'a self, ctx: &'a Context<'_>) -> Option<Responses<'a>> {
        if ctx.item.node.name.node != FIELD {
            return None;
        }
        // Another node of the same key is answered with the first one.
        let Some(prepared) = Prepared::given(ctx, ROOT, &INSTANCE_EVENT, false) else {
            return Some(Box::pin(stream::empty()));
        };
        Some(Box::pin(async_graphql::async_stream::stream! {
            let mut events = match begin(ctx, &prepared).await {
                Ok(events) => events,
                Err(error) => {
                    yield prepared.failed(&error).response(prepared.key());
                    return;
                }
            };
            let Some(app) = ctx.data_opt::<App>() else { return };
            while let Some(batch) = events.next().await {
                let (places, rows): (Vec<i64>, Vec<Given>) = match batch {
                    Ok(batch) => batch.into_iter().unzip(),
                    Err(error) => {
                        yield prepared.failed(&error).response(prepared.key());
                        return;
                    }
                };
                for (place, answer) in places.into_iter().zip(prepared.answers(&app.db, &rows).await) {
                    let cursor = cursor::event(app.db.log_id(), place);
                    yield answer.response(prepared.key()).extension(CURSOR, Value::from(cursor));
                }
            }
        }))
    }
}

async fn begin(
    ctx: &Context<'_>,
    prepared: &Prepared,
) -> Result<BoxStream<'static, Result<Batch, ApiError>>, ApiError> {
    prepared.check()?;
    if Document::of(ctx).root(ROOT).len() != 1 {
        let message = "A subscription has exactly one field. Send one operation for each.";
        return Err(ApiError::bad(FIELD, message));
    }
    let app = ctx.data_opt::<App>().ok_or_else(ApiError::internal)?;
    let source = ctx.data_opt::<Arc<dyn EventSource>>().ok_or_else(ApiError::internal)?;
    let (filter, after) = asked(ctx, app).await?;
    Ok(source.instance_events(filter, after))
}
