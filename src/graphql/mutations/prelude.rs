//! What all mutations are written with.

pub use super::mutation::{Changed, Mutation, action, action_without_input, answer, payload_of};
pub use crate::app::App;
pub use crate::change::Request;
pub use crate::domain::caller::Right;
pub use crate::graphql::types::{PAYLOAD, USER_ERRORS};
pub use crate::read::SuppliedRow;
pub use crate::read::declare::{Field, one, supplied_ids};
pub use crate::wire::DateTime;
pub use async_graphql::{ID, InputObject};
pub use futures_util::FutureExt;

/// Ids as they were sent.
pub fn texts(ids: Vec<ID>) -> Vec<String> {
    ids.into_iter().map(|id| id.0).collect()
}
