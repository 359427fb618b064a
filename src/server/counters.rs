//! Counters of connections and of refused requests, for `/metrics`.

use super::authentication::AuthError;
use super::connection::clock::CloseReason;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabel {
    /// A setting of `[limits]`.
    limit: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

/// The counters; clones share them.
#[derive(Clone, Default)]
pub struct Counters {
    /// Connections that are open.
    pub connections: Gauge,
    closed: Family<LimitLabel, Counter>,
    limited: Family<LimitLabel, Counter>,
    authentication_failures: Family<ReasonLabel, Counter>,
}

impl Counters {
    /// Counts a connection that the server closed.
    pub fn connection_closed(&self, reason: CloseReason) {
        self.closed.get_or_create(&LimitLabel { limit: reason.setting() }).inc();
    }

    /// Counts a request that was refused because its caller or its address sends more than this setting allows.
    pub fn request_limited(&self, limit: &'static str) {
        self.limited.get_or_create(&LimitLabel { limit }).inc();
    }

    /// Counts a request, or a socket, without a valid token.
    pub fn authentication_failed(&self, error: AuthError) {
        let reason = match error {
            AuthError::MissingToken => "no_token",
            AuthError::InvalidToken => "invalid",
            AuthError::Unavailable => "unavailable",
        };
        self.authentication_failures.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// Adds the counters to what `/metrics` shows.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("connections", "Open connections, sockets included", self.connections.clone());
        let help = "Connections that the server closed, by the setting that they exceeded";
        registry.register("connections_closed", help, self.closed.clone());
        let help = "Requests refused because they came too fast, by the setting that they exceeded";
        registry.register("requests_limited", help, self.limited.clone());
        let help = "Requests and sockets without a valid token, by reason";
        registry.register("authentication_failures", help, self.authentication_failures.clone());
    }
}
