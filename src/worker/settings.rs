//! How a worker works, and how long it waits for what.

use crate::store::{Db, Result, idempotency};
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// Its name in events and lists.
    pub name: String,
    /// Where its commands leave what became of them; shared by the processes of one machine.
    pub state_dir: PathBuf,
    /// The program that is the runner, this one unless a test says otherwise.
    pub runner: PathBuf,
    /// The most targets that it carries out at a time.
    pub max_targets: usize,
    pub timing: Timing,
    /// What is done from time to time beside releases.
    pub sweeps: Vec<Sweep>,
}

impl WorkerSettings {
    /// The usual settings.
    pub fn new(name: impl Into<String>, state_dir: impl Into<PathBuf>) -> WorkerSettings {
        WorkerSettings {
            name: name.into(),
            state_dir: state_dir.into(),
            // Also the right one when the file was replaced since this process began.
            runner: "/proc/self/exe".into(),
            max_targets: 256,
            timing: Timing::default(),
            sweeps: vec![Sweep { name: "idempotency keys", every: Duration::from_mins(1), run: sweep_keys }],
        }
    }
}

/// How long a worker waits for what. `fence_after` and twice `grace` together stay below `dead_after`.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How often there is a look at the queue, also without a hint.
    pub tick: Duration,
    /// How often the lease is renewed.
    pub renew: Duration,
    /// Without a renewal for so long, a worker ends its commands and writes nothing more.
    pub fence_after: Duration,
    /// When its beat stood still for so long, others take this worker for dead.
    pub dead_after: Duration,
    /// From the request to a command to end until it is killed.
    pub grace: Duration,
    /// How long running targets may go on after the worker was asked to stop.
    pub drain: Duration,
}

impl Timing {
    /// The usual shares of a lease of this length.
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

/// Something that is done from time to time.
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    /// What is swept, for logs.
    pub name: &'static str,
    pub every: Duration,
    pub run: fn(Db) -> Sweeping,
}

/// A sweep under way.
pub type Sweeping = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

fn sweep_keys(db: Db) -> Sweeping {
    Box::pin(async move {
        let mut tx = db.begin().await?;
        let now = tx.now().await?;
        idempotency::sweep(&mut tx, now).await?;
        tx.commit().await
    })
}
