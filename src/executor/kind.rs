//! What a kind of executor does. Each is a file or folder of its own, and a line in the list of all kinds.

use super::diagnosis::Finding;
use super::steps::Place;
use super::{Begun, Line, Probing, RunContext, SshFiles};
use crate::domain::order::{Ended, Observed, Order, Site, StopReason};
use async_trait::async_trait;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use toml::de::{Error, ValueDeserializer};

/// A kind of executor. The value is what one `[executors.NAME]` says of it, in settings of its own.
#[async_trait]
pub(super) trait Kind: Debug + Send + Sync {
    /// Carries out one start, to its end or until `stop` says why to end it. Lines go to `lines` as they come.
    /// Dropped, it leaves nothing running for longer than the grace.
    async fn start(
        &self,
        order: &Order,
        run: &RunContext,
        stop: watch::Receiver<Option<StopReason>>,
        lines: mpsc::Sender<Line>,
    ) -> Ended;

    /// Finds out what became of a start whose worker was lost, with every line it wrote. Returns when the start has
    /// surely ended, and ends what is left of it. `begun_in` is the name of the state directory of the worker that
    /// claimed the target, if that is known.
    async fn collect(&self, order: &Order, run: &RunContext, begun_in: Option<&str>) -> (Ended, Vec<Line>);

    /// Whether the host has to be reached before anything can be started there: the step `connect`.
    fn connects(&self) -> bool {
        false
    }

    /// Carries out the step `connect`.
    async fn connect(&self, _order: &Order, _run: &RunContext) -> Ended {
        Ended::Succeeded
    }

    /// Whether a start goes on when its worker is lost, so that another one can follow it.
    fn goes_on(&self) -> bool {
        false
    }

    /// Follows a start that another worker began, to its end or until `stop` says why to end it, if starts of this kind go
    /// on. Lines that are not stored yet go to `lines`.
    async fn resume(
        &self,
        _order: &Order,
        _run: &RunContext,
        _begun: Begun,
        _stop: watch::Receiver<Option<StopReason>>,
        _lines: mpsc::Sender<Line>,
    ) -> Ended {
        Ended::ResultUnknown { stopping: None }
    }

    /// Runs the program as a check: when this is dropped, it is killed.
    ///
    /// # Errors
    /// Why it did not exit with 0, a sentence.
    async fn check(&self, order: &Order, run: &RunContext) -> Result<(), String>;

    /// Removes what a start left behind, once its end is in the database.
    fn forget(&self, order: &Order, run: &RunContext);

    /// A program beside the executor's own, for one of its steps, with the same environment.
    ///
    /// # Errors
    /// A phrase that says why no program can run there.
    fn program(&self, place: Place, program: PathBuf, args: Vec<String>) -> Result<Arc<dyn Kind>, String>;

    /// How it finds out which version runs, if it can.
    fn probing(&self) -> Option<Probing>;

    /// Asks the host of an instance, outside of a release, which version runs there now.
    async fn observe(&self, site: &Site, run: &RunContext) -> Observed;

    /// Asks the host which version runs there now.
    async fn probe(&self, order: &Order, run: &RunContext) -> Observed;

    /// Whether both streams of the output are one, so that standard output explains a failure.
    fn merges_streams(&self) -> bool {
        false
    }

    /// After how long without a worker its commands are ended, if they go on without one.
    fn orphan_timeout(&self) -> Option<Duration> {
        None
    }

    /// Looks at a host from end to end, if starts are carried out there.
    async fn diagnose(&self, _address: &str, _run: &RunContext) -> Vec<Finding> {
        Vec::new()
    }

    /// How it reaches hosts by ssh, if it does.
    fn ssh_files(&self) -> Option<SshFiles> {
        None
    }

    /// Returns why starts would fail, as far as that can be seen beforehand, with secrets masked.
    fn problems(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A kind as the configuration and the API name it, and how its settings are read.
pub(super) struct Known {
    pub name: &'static str,
    pub read: fn(ValueDeserializer<'_>) -> Result<Arc<dyn Kind>, Error>,
}

pub(super) const fn known<K: Kind + DeserializeOwned + 'static>(name: &'static str) -> Known {
    Known { name, read: |settings| Ok(Arc::new(K::deserialize(settings)?)) }
}
