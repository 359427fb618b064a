//! What a worker and its executors exchange beside the order and the end of a start.

use super::StateDir;
use crate::domain::Timestamp;
use crate::domain::target::LogStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// What all starts of one worker share.
#[derive(Clone, Debug)]
pub struct RunContext {
    pub state: StateDir,
    /// The program that is the runner of commands: this one.
    pub runner: PathBuf,
    /// A runner that gets no beat for this time ends its command.
    pub fence_after: Duration,
    /// From the request to end until the command is killed.
    pub grace: Duration,
    /// When the lease was last renewed; changes with each renewal.
    pub renewed: watch::Receiver<Instant>,
}

/// A line that a command wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub stream: LogStream,
    /// At most [`MAX_LINE_BYTES`], without the line end.
    pub text: String,
    pub at: Timestamp,
}

/// A longer line is cut.
pub const MAX_LINE_BYTES: usize = 8192;
