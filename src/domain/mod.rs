//! Plain types and the rules of what may happen to them. Nothing here knows of GraphQL, HTTP or SQL,
//! and nothing here waits: a rule is a function from what is known to what is decided.

#[macro_use]
mod word;

pub mod audit;
pub mod budget;
pub mod calendar;
pub mod caller;
pub mod drift;
pub mod duration;
pub mod edit;
pub mod event;
pub mod health;
pub mod hold;
pub mod id;
pub mod instance;
pub mod name;
pub mod order;
pub mod precedence;
pub mod problem;
pub mod reference;
pub mod release;
pub mod retention;
pub mod step;
pub mod target;
pub mod time;
pub mod version;

pub use caller::{Caller, Role};
pub use edit::Edit;
pub use id::{Id, Kind};
pub use problem::{Problem, ProblemCode, Problems};
pub use step::{StepName, StepStatus};
pub use time::Timestamp;
pub use word::{Word, as_optional_word, as_word};
