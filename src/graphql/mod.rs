//! The API: types and their fields as tables (`types`), entry points (`query`, `mutations`, `subscriptions`), and
//! how a request is made ready and answered. Everything that is read goes through `read`.

mod direct;
mod enums;
mod executable;
mod library;
mod mutations;
mod query;
mod request;
mod schema;
mod subscriptions;
mod types;

pub use direct::DirectQuery;
pub use executable::ExecutableSchema;
pub use library::Validated;
pub use query::Query;
pub use request::{RequestId, is_refused, prepare};
pub use schema::{extents, sdl};
pub use subscriptions::{MessageObjects, Place};
