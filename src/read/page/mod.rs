//! Pages of lists: their arguments, how they are planned and how they are written.

mod args;
mod plan;
mod write;

pub use args::{DEFAULT_PAGE, MAX_PAGE};
