//! How a target is carried out on a host. Operators declare executors by name in the configuration, each of one kind;
//! callers only choose among the names.

pub mod command;
mod simulate;
mod ssh;

mod context;
mod declare;
mod diagnosis;
mod kind;
mod registry;
mod state_dir;
mod steps;

pub use context::{Begun, Line, MAX_LINE_BYTES, Probing, RunContext, SoakCheck, SshFiles, Stored};
pub use declare::Mistake;
pub use diagnosis::{Finding, Stage};
pub use registry::{Executor, Executors, collect, forget, tidy};
pub use state_dir::StateDir;

/// All kinds of executor.
static KINDS: &[kind::Known] = &[
    kind::known::<command::Command>("command"),
    kind::known::<simulate::Simulate>("simulate"),
    kind::known::<ssh::Ssh>("ssh"),
];
