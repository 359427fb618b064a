//! What is counted of connections and of those who are refused, for `/metrics`.

use super::connection::Why;
use super::who::Stranger;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Setting {
    /// A setting of `[limits]`.
    limit: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// The counters; clones count together.
#[derive(Clone, Default)]
pub struct Counts {
    /// Connections that are open.
    pub connections: Gauge,
    closed: Family<Setting, Counter>,
    limited: Family<Setting, Counter>,
    strangers: Family<Reason, Counter>,
}

impl Counts {
    /// A connection was closed by the server, for this reason.
    pub fn closed(&self, why: Why) {
        self.closed.get_or_create(&Setting { limit: why.word() }).inc();
    }

    /// A request was refused, since its caller or its address sends more than this setting allows.
    pub fn limited(&self, limit: &'static str) {
        self.limited.get_or_create(&Setting { limit }).inc();
    }

    /// A request, or a socket, brought no valid token.
    pub fn stranger(&self, stranger: Stranger) {
        let reason = match stranger {
            Stranger::NoToken => "no_token",
            Stranger::NoMore => "invalid",
            Stranger::Unavailable => "unavailable",
        };
        self.strangers.get_or_create(&Reason { reason }).inc();
    }

    /// Adds all of them to what `/metrics` shows.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("connections", "Connections that are open, sockets included", self.connections.clone());
        let about = "Connections that the server closed, by the setting that they did not keep to";
        registry.register("connections_closed", about, self.closed.clone());
        let about = "Requests that came too fast, by the setting that refused them";
        registry.register("requests_limited", about, self.limited.clone());
        let about = "Requests and sockets without a valid token, by reason";
        registry.register("authentication_failures", about, self.strangers.clone());
    }
}
