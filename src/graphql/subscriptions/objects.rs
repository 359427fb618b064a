//! How much one message may hold.

use crate::wire::{ApiError, ErrorCode};
use async_graphql::Context;

/// How many objects a message of the subscription may hold: data of the request, since the gate measures documents.
#[derive(Clone, Copy, Debug)]
pub struct MessageObjects(pub u64);

impl MessageObjects {
    /// Those of a request, or one if it was not measured; an error if they are more than `max`.
    pub(super) fn of(ctx: &Context<'_>, max: u64) -> Result<u64, ApiError> {
        match ctx.data_opt::<MessageObjects>().map_or(1, |MessageObjects(objects)| *objects) {
            objects if objects <= max => Ok(objects),
            objects => {
                let message = format!(
                    "By its page sizes, one message of this subscription may hold {objects} objects; `message_objects` \
                     allows {max}. Select less, or smaller pages, and query the rest when a message has come."
                );
                Err(ApiError::new(ErrorCode::TooComplex, message))
            }
        }
    }
}
