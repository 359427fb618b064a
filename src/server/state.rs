//! What the handlers share.

use super::counters::Counters;
use super::engine::Engine;
use super::limits::{Rates, SubscriptionCounts, WaitingBytes};
use super::metrics::Metrics;
use super::readiness::Readiness;
use super::ws::timings::Timings;
use crate::auth::Credentials;
use crate::limits::Limits;
use crate::net::Access;
use crate::store::Db;
use crate::watch::Queues;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The parts of one server, shared by all of its requests and connections.
pub struct Server {
    pub engine: Arc<dyn Engine>,
    /// For `/readyz`, which checks that the database answers and can be written.
    pub db: Db,
    pub credentials: Credentials,
    pub metrics: Metrics,
    pub counters: Counters,
    /// What callers may cost.
    pub limits: Limits,
    /// Messages that wait for subscribers to read them.
    pub queues: Queues,
    /// How many subscriptions each caller has.
    pub subscriptions: SubscriptionCounts,
    /// Bytes of requests that were read and wait.
    pub waiting_bytes: WaitingBytes,
    /// The origins and proxies of `[server]`.
    pub access: Access,
    pub rates: Rates,
    pub readiness: Readiness,
    /// Canceled when the server should get no new work: `/readyz` says so.
    pub stopping: CancellationToken,
    /// Canceled when streams are to end.
    pub closing: CancellationToken,
    pub socket_timings: Timings,
    /// Sockets, connections and mutations: serving has not ended before they have.
    pub tasks: TaskTracker,
}
