//! What a kind of executor does. Each is a file or folder of its own, and a line in the list of all kinds.

use super::{Line, RunContext};
use crate::domain::order::{Ended, Observed, Order, StopReason};
use async_trait::async_trait;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::sync::Arc;
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

    /// Removes what a start left behind, once its end is in the database.
    fn forget(&self, order: &Order, run: &RunContext);

    /// Asks the host which version runs there now.
    async fn probe(&self, order: &Order, run: &RunContext) -> Observed;
}

/// A kind as the configuration and the API name it, and how its settings are read.
pub(super) struct Known {
    pub name: &'static str,
    pub read: fn(ValueDeserializer<'_>) -> Result<Arc<dyn Kind>, Error>,
}

pub(super) const fn known<K: Kind + DeserializeOwned + 'static>(name: &'static str) -> Known {
    Known { name, read: |settings| Ok(Arc::new(K::deserialize(settings)?)) }
}
