//! What a kind of executor does. Each is a file or folder of its own, and a line in the list of all kinds.

use super::{Line, RunContext};
use crate::domain::order::{Ended, Observed, Order, StopReason};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use std::fmt::Debug;
use tokio::sync::{mpsc, watch};
use toml::de::{Error, ValueDeserializer};

/// A kind of executor. The value is what one `[executors.NAME]` says of it, in settings of its own.
pub(super) trait Kind: for<'de> Deserialize<'de> + Debug + Send + Sync + 'static {
    /// Its name in the configuration and in the API.
    const NAME: &'static str;

    /// Carries out one start, to its end or until `stop` says why to end it. Lines go to `lines` as they come.
    /// Dropped, it leaves nothing running for longer than the grace.
    fn start(
        &self,
        order: &Order,
        run: &RunContext,
        stop: watch::Receiver<Option<StopReason>>,
        lines: mpsc::Sender<Line>,
    ) -> impl Future<Output = Ended> + Send;

    /// Finds out what became of a start whose worker was lost, with every line it wrote. Returns when the start has
    /// surely ended, and ends what is left of it. `begun_in` is the name of the state directory of the worker that
    /// claimed the target, if that is known.
    fn collect(
        &self,
        order: &Order,
        run: &RunContext,
        begun_in: Option<&str>,
    ) -> impl Future<Output = (Ended, Vec<Line>)> + Send;

    /// Removes what a start left behind, once its end is in the database.
    fn forget(&self, order: &Order, run: &RunContext);

    /// Asks the host which version runs there now.
    fn probe(&self, order: &Order, run: &RunContext) -> impl Future<Output = Observed> + Send;
}

/// A kind whose type is not known: what [`Kind`] does, in boxes.
pub(super) trait AnyKind: Debug + Send + Sync {
    fn name(&self) -> &'static str;

    fn start<'a>(
        &'a self,
        order: &'a Order,
        run: &'a RunContext,
        stop: watch::Receiver<Option<StopReason>>,
        lines: mpsc::Sender<Line>,
    ) -> BoxFuture<'a, Ended>;

    fn collect<'a>(
        &'a self,
        order: &'a Order,
        run: &'a RunContext,
        begun_in: Option<&'a str>,
    ) -> BoxFuture<'a, (Ended, Vec<Line>)>;

    fn forget(&self, order: &Order, run: &RunContext);

    fn probe<'a>(&'a self, order: &'a Order, run: &'a RunContext) -> BoxFuture<'a, Observed>;
}

impl<K: Kind> AnyKind for K {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn start<'a>(
        &'a self,
        order: &'a Order,
        run: &'a RunContext,
        stop: watch::Receiver<Option<StopReason>>,
        lines: mpsc::Sender<Line>,
    ) -> BoxFuture<'a, Ended> {
        Box::pin(Kind::start(self, order, run, stop, lines))
    }

    fn collect<'a>(
        &'a self,
        order: &'a Order,
        run: &'a RunContext,
        begun_in: Option<&'a str>,
    ) -> BoxFuture<'a, (Ended, Vec<Line>)> {
        Box::pin(Kind::collect(self, order, run, begun_in))
    }

    fn forget(&self, order: &Order, run: &RunContext) {
        Kind::forget(self, order, run);
    }

    fn probe<'a>(&'a self, order: &'a Order, run: &'a RunContext) -> BoxFuture<'a, Observed> {
        Box::pin(Kind::probe(self, order, run))
    }
}

/// A kind as the configuration names it, and how its settings are read.
pub(super) struct Known {
    pub name: &'static str,
    pub read: fn(ValueDeserializer<'_>) -> Result<Box<dyn AnyKind>, Error>,
}

pub(super) const fn known<K: Kind>() -> Known {
    Known { name: K::NAME, read: |settings| Ok(Box::new(K::deserialize(settings)?)) }
}
