//! Releases: accepting them (`accept.rs`), how they were planned (`plan.rs`), and their rows (`row.rs`) and waves (`wave.rs`) as they change.

mod accept;
mod plan;
mod row;
pub mod wave;

pub use accept::*;
pub use plan::plan;
pub use row::*;
