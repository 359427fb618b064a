//! What a worker and its executors exchange beside the order and the end of a start.

use super::StateDir;
use crate::domain::Timestamp;
use crate::domain::health::AnswersInARow;
use crate::domain::target::LogStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// What all starts of one worker share.
#[derive(Clone, Debug)]
pub struct RunContext {
    pub state: StateDir,
    /// The name of the database whose targets are carried out. Hosts know starts by it.
    pub database_id: String,
    /// The program that is the runner of commands: this one.
    pub runner: PathBuf,
    /// A runner that gets no beat for this time ends its command.
    pub fence_after: Duration,
    /// From the request to end until the command is killed.
    pub grace: Duration,
    /// When the lease was last renewed; changes with each renewal.
    pub renewed: watch::Receiver<Instant>,
}

/// How an executor finds out which version runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probing {
    /// How long an answer may take.
    pub timeout: Duration,
    /// How often each instance is asked, to notice a drift; `None` for never.
    pub every: Option<Duration>,
}

/// How an executor checks instances while a release soaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoakCheck {
    /// From the end of one round of checks to the next.
    pub interval: Duration,
    pub required: AnswersInARow,
}

/// The files of an executor that reaches hosts by ssh, and its user there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshFiles {
    /// The user to log in as; `None` for the one that the configuration of ssh names.
    pub user: Option<String>,
    /// The configuration of ssh; without it, none is read.
    pub ssh_config: Option<PathBuf>,
    /// The only file of known host keys.
    pub known_hosts: PathBuf,
}

/// A line that a command wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub stream: LogStream,
    /// At most [`MAX_LINE_BYTES`], without the line end.
    pub text: String,
    pub at: Timestamp,
    /// Where the line ends in its stream, in bytes from the beginning, if the stream can be read again from there.
    pub stream_end: Option<u64>,
}

/// What another worker did of a start that goes on.
#[derive(Clone, Debug, Default)]
pub struct Begun {
    /// What is stored of standard output, and of standard error.
    pub stdout: Stored,
    pub stderr: Stored,
    /// The last lines of the stream that explains a failure.
    pub last_lines: Vec<String>,
    /// How long the step may take, counted from its begin; `None` if it ends on its own.
    pub timeout: Option<Duration>,
}

/// What is stored of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    pub lines: u64,
    pub bytes: u64,
    /// Where the last stored line ends.
    pub end: u64,
}

/// A longer line is cut.
pub const MAX_LINE_BYTES: usize = 8192;
