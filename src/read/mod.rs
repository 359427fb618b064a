//! The read side as one mechanism: *plan, fetch, write*. A type says its fields once (`declare`); the schema
//! (`graphql::registration`), one statement with a part for each level of a query (`planner`, `lists`, `level`, `statement`, `fetch`) and
//! the bytes of its answer (`write`, `paging`) follow from that. What a mutation answers and what the log of events tells
//! are handed in as given rows, and read their things in the same way.

mod answer;
mod args;
pub mod declare;
mod extent;
mod fetch;
mod filter;
mod level;
mod lists;
mod paging;
mod parents;
mod plan;
mod planner;
mod scene;
mod select;
mod statement;
mod supplied;
mod write;

pub use answer::{Answer, Prepared, Reader, response};
pub use args::Args;
pub use extent::{Extent, Extents, extents};
pub use fetch::{head, known};
pub use filter::{ExpectedIds, Where, not_found, number};
pub use scene::Scene;
pub use select::Document;
pub use supplied::SuppliedRow;
