//! What a subscription says about itself, in a table.

use crate::app::App;
use crate::events::Tail;
use crate::read::Args;
use crate::read::declare::{Arg, Object, arg};
use crate::watch::Followed;
use crate::wire::{ApiError, ErrorCode};
use futures_util::future::BoxFuture;

/// A field of the root.
pub struct Subscription {
    pub name: &'static str,
    /// The description in the schema.
    pub about: &'static str,
    /// The type of its messages.
    pub of: &'static Object,
    pub args: &'static [Arg],
    /// Finds out what is followed, and from where.
    pub begin: for<'a> fn(Beginning<'a>) -> BoxFuture<'a, Result<Followed, ApiError>>,
}

/// What a subscription begins with.
pub struct Beginning<'a> {
    pub args: Args,
    /// The cursor of the last message that the client saw, if its transport says so.
    pub last_seen: Option<&'a str>,
    pub app: &'a App,
    pub tail: &'a Tail,
}

impl Beginning<'_> {
    /// The cursor to go on behind, if there is one.
    pub fn after(&self) -> Result<Option<String>, ApiError> {
        match self.last_seen {
            Some(cursor) => Ok(Some(cursor.to_owned())),
            None => self.args.get("after"),
        }
    }
}

/// The argument `after` of subscriptions to events.
pub const AFTER: Arg = arg::<Option<String>>("after", "Begins behind this place in the log; now by default.");

/// The error that events behind a place are no longer kept.
pub fn expired() -> ApiError {
    let message =
        "Events behind this place are no longer kept. Read what there is now, and go on from its `eventCursor`.";
    ApiError::new(ErrorCode::CursorExpired, message)
}
