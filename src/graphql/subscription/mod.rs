//! Entry points for watching, in one table: what each tells, and where it begins. The selection is planned once; each
//! batch that a source gives is read and written at once, one response for each thing that it tells.

mod events;
mod lines;
mod place;
mod progress;

pub use place::{Message, Place, message};

use crate::app::App;
use crate::events::Tail;
use crate::read::declare::{Arg, Object, arg};
use crate::read::{
    ApiError, Args, Cursor, Document, ErrorCode, Given, Prepared, argument, field, object_type, register,
};
use async_graphql::registry::{MetaType, Registry};
use async_graphql::{Context, Response, SubscriptionType};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, Stream};
use std::borrow::Cow;
use std::pin::Pin;

/// What a source has found, in order.
struct Batch {
    /// Rows of the type of the subscription, each with its cursor.
    told: Vec<(String, Given)>,
    /// The place up to which it was looked.
    looked: String,
}

/// Ends after an error, or when there is nothing more to tell.
type Batches = BoxStream<'static, Result<Batch, ApiError>>;

/// A subscription that is under way.
struct Begun {
    /// The cursor behind which it begins.
    from: String,
    batches: Batches,
}

/// A field of the root.
struct Watch {
    name: &'static str,
    about: &'static str,
    of: &'static Object,
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

static WATCHES: [&Watch; 5] =
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
        // Another node of the same key is answered with the first one, and another key is refused with it.
        let first = Document::of(ctx).root(ROOT).first().is_some_and(|(_, nodes)| std::ptr::eq(nodes[0], ctx.item));
        let Some(prepared) = Prepared::given(ctx, ROOT, watch.of, false).filter(|_| first) else {
            return Some(Box::pin(stream::empty()));
        };
        Some(Box::pin(async_graphql::async_stream::stream! {
            let failed = |error| prepared.failed(&error).response(prepared.key());
            let look = |cursor| {
                if let Some(place) = ctx.data_opt::<Place>() {
                    place.look(cursor);
                }
            };
            let (app, tail, Begun { from, mut batches }) = match begin(ctx, watch, &prepared).await {
                Ok(begun) => begun,
                Err(error) => {
                    yield failed(error);
                    return;
                }
            };
            look(from);
            while let Some(batch) = batches.next().await {
                let Batch { told, looked } = match batch {
                    Ok(batch) => batch,
                    Err(error) => {
                        yield failed(error);
                        return;
                    }
                };
                if !told.is_empty() {
                    let (cursors, rows): (Vec<String>, Vec<Given>) = told.into_iter().unzip();
                    let turn = if prepared.reads() { tail.turn().await } else { None };
                    let answers = prepared.answers(&app.db, &rows).await;
                    drop(turn);
                    for (cursor, answer) in cursors.into_iter().zip(answers) {
                        yield place::at(answer.response(prepared.key()), cursor);
                    }
                }
                // All that it tells has been taken.
                look(looked);
            }
        }))
    }
}

async fn begin<'a>(
    ctx: &'a Context<'_>,
    watch: &Watch,
    prepared: &Prepared,
) -> Result<(&'a App, &'a Tail, Begun), ApiError> {
    prepared.check()?;
    if Document::of(ctx).root(ROOT).len() != 1 {
        let message = "A subscription has exactly one field. Send one operation for each.";
        return Err(ApiError::bad(watch.name, message));
    }
    let app = ctx.data_opt::<App>().ok_or_else(ApiError::internal)?;
    let tail = ctx.data_opt::<Tail>().ok_or_else(ApiError::internal)?;
    let args = Document::of(ctx).args(watch.args.iter(), ctx.item)?;
    let from = ctx.data_opt::<Place>().and_then(Place::from);
    Ok((app, tail, (watch.begin)(Asked { args, from, app, tail }).await?))
}

/// What is behind a place is no longer kept.
fn expired() -> ApiError {
    let message =
        "Events behind this place are no longer kept. Read what there is now, and go on from its `eventCursor`.";
    ApiError::new(ErrorCode::CursorExpired, message)
}
