//! The read side as one mechanism: *declare, plan, fetch, write*. A type says its fields once, as a table (`declare`, with
//! SQL in the notation of `term`); the schema (`graphql::registration`), one statement with a part for each level of a query (`planner`,
//! `lists`, `page`, `level`, `statement`, `fetch`) and the bytes of its answer (`write`, `page`) follow from that. The
//! results of mutations and the events of the log are supplied as rows, and read their things in the same way.

mod answer;
mod arg;
mod args;
mod column;
mod computed;
pub mod declare;
mod expected;
mod extent;
mod fetch;
mod filter;
mod leaf;
mod level;
mod lists;
mod names;
mod one_of;
mod order;
mod page;
mod parents;
mod plan;
mod plan_statement;
mod planner;
mod scene;
mod select;
mod statement;
mod supplied;
mod term;
mod text;
mod write;

pub use answer::{Answer, Prepared, Reader, response};
pub use args::Args;
pub use expected::{ExpectedIds, Sibling, SiblingKey, not_found, number};
pub use extent::{Extent, Extents, extents};
pub use fetch::{head, known};
pub use filter::Where;
pub use names::{ExpectedNames, resolve};
pub use scene::Scene;
pub use select::{Document, variables};
pub use supplied::SuppliedRow;
