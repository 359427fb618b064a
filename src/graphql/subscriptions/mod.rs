//! Entry points for watching, in one table: what each tells, and where it begins. The selection is planned once; each
//! batch that a source gives is read and written at once, one message for each thing that it tells, for all subscribers
//! that are told the same.

mod events;
mod lines;
mod place;
mod progress;

pub use place::Place;

use super::schema::Schema;
use crate::app::App;
use crate::events::Tail;
use crate::read::declare::{Arg, Object, arg};
use crate::read::{Args, Document, Prepared, argument, caller, field, object_type, register};
use crate::watch::{self, Begun, Groups, Key, Messages, ReadingKey, Subscriber};
use crate::wire::{ApiError, Cursor, ErrorCode};
use async_graphql::registry::{MetaType, Registry};
use async_graphql::{Context, Request, Response, SubscriptionType};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, Stream};
use parking_lot::Mutex;
use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;

/// A field of the root.
pub(super) struct Watch {
    name: &'static str,
    about: &'static str,
    pub of: &'static Object,
    args: &'static [Arg],
    begin: for<'a> fn(Asked<'a>) -> BoxFuture<'a, Result<Begun, ApiError>>,
}

/// What is asked of a field, and of whom.
struct Asked<'a> {
    args: Args,
    /// Where the client says that it is.
    from: Option<&'a str>,
    app: &'a App,
    tail: &'a Tail,
}

impl Asked<'_> {
    /// The cursor to go on behind, if there is one.
    fn after(&self) -> Result<Option<String>, ApiError> {
        match self.from {
            Some(from) => Ok(Some(from.to_owned())),
            None => Ok(self.args.get::<Option<Cursor>>("after")?.map(|Cursor(after)| after)),
        }
    }
}

/// The argument `after` of what tells events.
const AFTER: Arg = arg::<Option<Cursor>>("after", "Begins behind this place in the log; now unless given.");

pub(super) static WATCHES: [&Watch; 5] =
    [&events::INSTANCES, &events::SERVICES, &events::RELEASES, &progress::PROGRESS, &lines::LINES];

/// The root of watching.
pub struct Subscription;

const ROOT: &str = "Subscription";

type Responses<'a> = Pin<Box<dyn Stream<Item = Response> + Send + 'a>>;

impl SubscriptionType for Subscription {
    fn type_name() -> Cow<'static, str> {
        ROOT.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let mut fields = Vec::new();
        for watch in WATCHES {
            let of = register(watch.of, registry);
            let args = watch.args.iter().map(|arg| argument(arg, registry)).collect();
            fields.push(field(watch.name, watch.about, of, args));
        }
        let mut root = object_type(ROOT, "Entry points for watching.", fields);
        if let MetaType::Object { is_subscription, .. } = &mut root {
            *is_subscription = true;
        }
        registry.types.insert(ROOT.into(), root);
        format!("{ROOT}!")
    }

    fn create_field_stream<'a>(&'a self, ctx: &'a Context<'_>) -> Option<Responses<'a>> {
        let watch = WATCHES.into_iter().find(|watch| watch.name == ctx.item.node.name.node)?;
        let prepared = Prepared::given(ctx, ROOT, watch.of, false)?;
        Some(Box::pin(stream::once(begin(ctx, watch, prepared)).filter_map(std::future::ready)))
    }
}

/// Where a subscription that has begun is put: the library would keep the document and all else of the request for as
/// long as it goes on.
#[derive(Clone, Default)]
struct Handed(Arc<Mutex<Option<Subscriber>>>);

impl Handed {
    fn put(&self, subscriber: Subscriber) {
        *self.0.lock() = Some(subscriber);
    }

    fn take(&self) -> Option<Subscriber> {
        self.0.lock().take()
    }
}

/// Begins a subscription: what it tells, or that it is refused.
pub async fn subscribe(schema: &Schema, request: Request, groups: &Groups) -> Messages {
    let handed = Handed::default();
    let mut responses = schema.execute_stream(request.data(groups.clone()).data(handed.clone()));
    let first = responses.next().await;
    match handed.take() {
        Some(subscriber) => subscriber.into(),
        None => stream::iter(first).chain(responses).boxed().into(),
    }
}

/// Begins what a field tells, and hands it out; else says why not.
async fn begin(ctx: &Context<'_>, watch: &Watch, prepared: Prepared) -> Option<Response> {
    match begun(ctx, watch, &prepared).await {
        Ok(Ready { key, begun: Begun { after, head, source, .. }, groups, handed, caller }) => {
            let (group, membership) = groups.join(key, head, prepared, source, &caller);
            handed.put(Subscriber::new(group, membership, after, caller));
            None
        }
        Err(error) => Some(prepared.failed(&error).response(prepared.key())),
    }
}

/// A subscription that can begin, and with whom.
struct Ready<'a> {
    key: Key,
    begun: Begun,
    groups: &'a Groups,
    handed: &'a Handed,
    caller: Arc<str>,
}

async fn begun<'a>(ctx: &'a Context<'_>, watch: &Watch, prepared: &Prepared) -> Result<Ready<'a>, ApiError> {
    prepared.check()?;
    let document = Document::of(ctx);
    let app = ctx.data_opt::<App>().ok_or_else(ApiError::internal)?;
    let groups = ctx.data_opt::<Groups>().ok_or_else(ApiError::internal)?;
    let handed = ctx.data_opt::<Handed>().ok_or_else(ApiError::internal)?;
    let objects = MessageObjects::of(ctx, groups.message_objects())?;
    let caller = caller(ctx)?;
    let args = document.args(watch.args.iter(), ctx.item)?;
    let from = ctx.data_opt::<Place>().and_then(Place::from);
    let begun = (watch.begin)(Asked { args, from, app, tail: groups.tail() }).await?;
    let reading = ReadingKey {
        field: watch.name,
        selected: document.spelled(ctx.item),
        role: caller.role,
        caller: prepared.is_personal().then(|| caller.name.clone()),
        rows: watch::rows(objects, groups.message_objects()),
    };
    let key = Key { reading, followed: begun.followed.clone() };
    Ok(Ready { key, begun, groups, handed, caller: caller.name.as_str().into() })
}

/// How many objects a message of the subscription may hold, put into the request by whoever measured its document.
#[derive(Clone, Copy, Debug)]
pub struct MessageObjects(pub u64);

impl MessageObjects {
    /// Those of a request, one if nobody measured it; at most so many are allowed.
    fn of(ctx: &Context<'_>, most: u64) -> Result<u64, ApiError> {
        match ctx.data_opt::<MessageObjects>().map_or(1, |MessageObjects(objects)| *objects) {
            objects if objects <= most => Ok(objects),
            objects => {
                let message = format!(
                    "By its page sizes, one message of this subscription may hold {objects} objects; `message_objects` \
                     allows {most}. Select less, or smaller pages, and query the rest when a message has come."
                );
                Err(ApiError::new(ErrorCode::TooComplex, message))
            }
        }
    }
}

/// What is behind a place is no longer kept.
fn expired() -> ApiError {
    let message =
        "Events behind this place are no longer kept. Read what there is now, and go on from its `eventCursor`.";
    ApiError::new(ErrorCode::CursorExpired, message)
}
