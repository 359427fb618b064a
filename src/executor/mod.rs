//! How a target is carried out on a host. Operators declare executors by name in the configuration, each of one kind;
//! callers only choose among the names.

pub mod command;
mod simulate;

mod context;
mod declare;
mod kind;
mod registry;
mod state_dir;

pub use context::{Line, MAX_LINE_BYTES, RunContext};
pub use declare::Mistake;
pub use registry::{Executor, Executors, collect, forget};
pub use state_dir::StateDir;

/// All kinds of executor.
static KINDS: &[kind::Known] =
    &[kind::known::<command::Command>("command"), kind::known::<simulate::Simulate>("simulate")];
