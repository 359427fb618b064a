//! What all mutations are written with.

pub use crate::app::App;
pub use crate::change::Request;
pub use crate::domain::caller::Right;
pub use crate::graphql::mutation::{Mutation, payload};
pub use crate::graphql::types::USER_ERRORS;
pub use crate::read::declare::{Field, Object, one, picked};
pub use crate::read::{DateTime, Given};
pub use crate::wire::ApiError;
pub use async_graphql::{ID, InputObject};

use crate::graphql::types::MUTATION_PAYLOAD;

/// The payload of a mutation.
pub const fn payload_of(name: &'static str, about: &'static str, fields: &'static [Field]) -> Object {
    Object::new(name, about, "", fields).implements(&MUTATION_PAYLOAD)
}

/// Ids as they were sent.
pub fn texts(ids: Vec<ID>) -> Vec<String> {
    ids.into_iter().map(|id| id.0).collect()
}
