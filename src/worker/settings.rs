//! How a worker works, and its times.

use std::path::PathBuf;
use std::time::Duration;

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// Its name in events and lists.
    pub name: String,
    /// Where commands leave their results; shared by the processes of one machine.
    pub state_dir: PathBuf,
    /// The program that is the runner of commands: this one, except in tests.
    pub runner: PathBuf,
    /// The most targets that are carried out at a time.
    pub max_targets: usize,
    pub timing: Timing,
}

impl WorkerSettings {
    /// The usual settings.
    pub fn new(name: impl Into<String>, state_dir: impl Into<PathBuf>) -> WorkerSettings {
        WorkerSettings {
            name: name.into(),
            state_dir: state_dir.into(),
            // This is the right program even if its file was replaced since this process started.
            runner: "/proc/self/exe".into(),
            max_targets: 256,
            timing: Timing::default(),
        }
    }
}

/// The times of a worker. `fence_after` and twice `grace` together stay below `dead_after`.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How often the queue is looked at, also without a wake-up.
    pub tick: Duration,
    /// How often the lease is renewed.
    pub renew: Duration,
    /// After this time without a renewal, a worker ends its commands and writes nothing more.
    pub fence_after: Duration,
    /// When its beat has not changed for this time, others declare this worker dead.
    pub dead_after: Duration,
    /// The time between asking a command to end and killing it.
    pub grace: Duration,
    /// How long running targets may go on after the worker was asked to stop.
    pub drain: Duration,
}

impl Timing {
    /// The times that go with a lease of this length.
    pub fn of_lease(lease: Duration) -> Timing {
        Timing {
            tick: Duration::from_secs(1),
            renew: lease / 6,
            fence_after: lease * 2 / 3,
            dead_after: lease,
            grace: lease * 2 / 15,
            drain: Duration::from_secs(30),
        }
    }
}

impl Default for Timing {
    fn default() -> Self {
        Timing::of_lease(Duration::from_secs(30))
    }
}
