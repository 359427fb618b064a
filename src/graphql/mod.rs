//! The API: types and their fields as tables (`types`), entry points (`query`, `mutation`, `subscription`), and
//! how a request is made ready and answered. Everything that is read goes through `read`.

mod enums;
mod library;
mod mutation;
mod mutations;
mod query;
mod schema;
mod subscriptions;
mod types;

pub use library::Validated;
pub use mutation::{Mutation, RequestId, is_refused};
pub use query::{Ahead, Query};
pub use schema::{Schema, extents, prepare, schema, sdl};
pub use subscriptions::{MessageObjects, Place, subscribe};
