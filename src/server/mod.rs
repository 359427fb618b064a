//! The API over HTTP: GraphQL by POST and GET, subscriptions over server-sent events, and all of it over WebSocket;
//! metrics for Prometheus, and health checks. An [`Engine`] executes the requests; this module speaks HTTP and knows
//! no types of the schema.
//!
//! ```text
//! connection/ → access_log → origins → access → pages, graphql, ws/ → execute → Engine
//! ```

mod access;
mod access_log;
mod access_record;
mod answer;
mod assets;
mod authentication;
mod body;
mod connection;
mod counters;
mod engine;
mod execute;
mod graphql;
mod limits;
mod media_type;
mod metrics;
mod monitoring;
mod origins;
mod pages;
mod readiness;
mod refusal;
pub(crate) mod request;
mod response;
mod routes;
mod serve;
mod sse;
mod state;
#[cfg(test)]
mod tests;
pub mod tls;
mod upkeep_metrics;
pub mod ws;

pub use counters::Counters;
pub use engine::{Api, Engine};
pub use limits::{Rates, SubscriptionCounts, WaitingBytes};
pub use metrics::Metrics;
pub use readiness::Readiness;
pub use state::Server;
