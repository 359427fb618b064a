//! Where the items of a subscription come from. The schema implements sources; this room knows none of them.

use crate::events::Demand;
use crate::read::SuppliedRow;
use crate::wire::ApiError;
use futures_util::stream::BoxStream;

/// What becomes one message.
pub struct Item {
    /// Its place in what is followed.
    pub place: i64,
    pub cursor: String,
    /// A row of the type of the subscription.
    pub row: SuppliedRow,
}

/// Items that were read together, in order.
pub struct Batch {
    pub items: Vec<Item>,
    /// The place up to which the source was read.
    pub read_to: i64,
}

/// Ends after an error, or when nothing more can come.
pub type Batches = BoxStream<'static, Result<Batch, ApiError>>;

/// What is followed, from any place on.
pub trait Source: Send + Sync {
    /// What is behind a place, and then what is new, in batches as they are demanded.
    fn follow(&self, after: i64, demand: Demand) -> Batches;

    /// The cursor with which a client goes on behind a place, or `None` if it needs none.
    fn cursor(&self, place: i64) -> Option<String>;
}

/// What a subscription follows, and from where.
pub struct Followed {
    /// Equal for equal sources of one field.
    pub key: String,
    /// The place behind which the subscription begins.
    pub after: i64,
    /// The newest place of the source.
    pub head: i64,
    pub source: Box<dyn Source>,
}
