//! Plain types and the rules of what may happen to them. Nothing here knows of GraphQL, HTTP or SQL,
//! and nothing here waits: a rule is a function from what is known to what is decided.

#[macro_use]
mod word;

pub mod audit;
pub mod caller;
pub mod duration;
pub mod edit;
pub mod event;
pub mod hold;
pub mod id;
pub mod instance;
pub mod name;
pub mod order;
pub mod problem;
pub mod reference;
pub mod release;
pub mod step;
pub mod target;
pub mod time;
pub mod version;

pub use caller::{Caller, Role};
pub use edit::Edit;
pub use id::{Id, Kind};
pub use problem::{Problem, ProblemCode, Problems};
pub use step::Step;
pub use time::Timestamp;
pub use word::{Word, as_word};
