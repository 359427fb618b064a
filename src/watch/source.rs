//! Where what is told comes from.

use crate::events::Demand;
use crate::read::SuppliedRow;
use crate::wire::ApiError;
use futures_util::stream::BoxStream;

/// One thing that is told.
pub struct Told {
    /// Where it is in what is followed.
    pub place: i64,
    pub cursor: String,
    /// A row of the type of the subscription.
    pub row: SuppliedRow,
}

/// What was found, in order.
pub struct Batch {
    pub told: Vec<Told>,
    /// The place up to which it was looked.
    pub looked: i64,
}

/// Ends after an error, or when there is nothing more to tell.
pub type Batches = BoxStream<'static, Result<Batch, ApiError>>;

/// What is followed, from any place on.
pub trait Source: Send + Sync {
    /// What is behind a place, then what comes, in batches as they are demanded.
    fn follow(&self, after: i64, demand: Demand) -> Batches;

    /// The cursor with which a client goes on behind a place, if it needs one.
    fn cursor(&self, place: i64) -> Option<String>;
}

/// A subscription that can begin.
pub struct Begun {
    /// What is followed, in words: of which it is equal, the sources are equal.
    pub followed: String,
    /// The place behind which it begins.
    pub after: i64,
    /// How far what is followed is.
    pub head: i64,
    pub source: Box<dyn Source>,
}
