//! The API: types and their fields as tables (`types`), entry points (`query`, `mutations`, `subscriptions`), and how a
//! request is made ready and executed (`request`). Everything that is read goes through `read`; what has to be done about
//! the library under the schema is in `library`.

mod direct;
mod enums;
mod executable;
mod kept_plans;
mod library;
mod mutations;
mod query;
mod registration;
mod request;
mod schema;
mod subscriptions;
#[cfg(test)]
mod tests;
mod types;
mod viewer;

pub use direct::DirectQuery;
pub use executable::ExecutableSchema;
pub use library::{Execution, written};
pub use request::{RequestId, prepare};
pub use schema::{Query, extents, sdl};
pub use subscriptions::{MessageObjects, Place};
