//! What an operator wants to see of a server, in the text format that Prometheus reads.

use super::answer::OK;
use super::counters::Counters;
use super::upkeep_metrics;
use crate::domain::Word;
use crate::domain::release::ReleaseStatus;
use crate::domain::target::ReleaseTargetStatus;
use crate::store::{Db, Result, events, fleet, stats};
use crate::upkeep::Upkeep;
use crate::watch::Groups;
use async_graphql::parser::types::OperationType;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// Upper bounds of the histogram's buckets, in seconds.
const BUCKETS_SECONDS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    /// `query`, `mutation` or `subscription`; `none` if the document was not read.
    operation: &'static str,
    /// `ok`, `refused` for a mutation with user errors, or the code of the first error.
    outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TransportLabel {
    transport: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabel {
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ConnectionLabel {
    state: &'static str,
}

/// What a process counts while it serves. Clones share the counts; everything else is read when it is rendered.
#[derive(Clone)]
pub struct Metrics {
    db: Db,
    groups: Groups,
    requests: Family<RequestLabels, Histogram, fn() -> Histogram>,
    subscribers: Family<TransportLabel, Gauge>,
    counters: Counters,
    upkeep: Upkeep,
}

/// How a subscription is sent.
#[derive(Clone, Copy, Debug)]
pub enum Transport {
    EventStream,
    WebSocket,
}

/// A subscription under way: counted as such until this is dropped, and then as a request.
pub struct ActiveSubscription {
    metrics: Metrics,
    gauge: Gauge,
    began: Instant,
    /// With which outcome it ends.
    pub outcome: Cow<'static, str>,
}

impl Drop for ActiveSubscription {
    fn drop(&mut self) {
        self.gauge.dec();
        self.metrics.request(Some(OperationType::Subscription), &self.outcome, self.began);
    }
}

impl Metrics {
    /// Returns metrics with nothing counted yet.
    pub fn new(db: Db, groups: Groups, counters: Counters, upkeep: Upkeep) -> Metrics {
        let requests: Family<_, _, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(BUCKETS_SECONDS));
        Metrics { db, groups, requests, subscribers: Family::default(), counters, upkeep }
    }

    /// Counts a request that has ended.
    pub fn request(&self, kind: Option<OperationType>, outcome: &str, began: Instant) {
        let operation = match kind {
            Some(OperationType::Query) => "query",
            Some(OperationType::Mutation) => "mutation",
            Some(OperationType::Subscription) => "subscription",
            None => "none",
        };
        let labels = RequestLabels { operation, outcome: outcome.to_owned() };
        self.requests.get_or_create(&labels).observe(began.elapsed().as_secs_f64());
    }

    /// Counts a subscription that has begun.
    pub fn subscription(&self, transport: Transport) -> ActiveSubscription {
        let transport = match transport {
            Transport::EventStream => "sse",
            Transport::WebSocket => "websocket",
        };
        let gauge = self.subscribers.get_or_create_owned(&TransportLabel { transport });
        gauge.inc();
        ActiveSubscription { metrics: self.clone(), gauge, began: Instant::now(), outcome: OK.into() }
    }

    /// Returns all metrics as text.
    pub async fn render(&self) -> Result<String> {
        let releases = stats::releases(&self.db).await?;
        let head = events::bounds(&self.db).await?.head;
        let is_suspended = fleet::is_suspended(&self.db).await?;
        let mut registry = Registry::with_prefix("lockkeeper");
        let help = "Requests by kind of operation and outcome; subscriptions are counted when they have ended";
        registry.register_with_unit("request_duration", help, Unit::Seconds, self.requests.clone());
        registry.register("subscribers", "Subscriptions under way, by transport", self.subscribers.clone());
        self.counters.register(&mut registry);
        let groups = gauge(self.groups.len() as i64);
        let help = "Different subscriptions under way: equal ones are read once for all of their subscribers";
        registry.register("subscriptions", help, groups);
        let position = gauge(head);
        registry.register("event_position", "Position of the newest event in the event log", position);
        let behind = gauge((head - self.groups.tail().position()).max(0));
        registry.register("events_behind", "Events that this process has not yet read from the event log", behind);
        let connections = Family::<ConnectionLabel, Gauge>::default();
        let (used, idle) = self.db.connections();
        for (state, count) in [("used", used), ("idle", idle)] {
            connections.get_or_create(&ConnectionLabel { state }).set(count as i64);
        }
        registry.register("database_connections", "Connections to the database, used or idle", connections);
        let statements = ConstCounter::new(self.db.statements());
        registry.register("database_statements", "Statements that this process has run", statements);
        let (by_status, targets, delay) = release_gauges(&releases);
        registry.register("releases", "Releases by status", by_status);
        registry.register("targets", "Release targets by status", targets);
        let help = "How long the oldest queued target has waited, without those of paused releases";
        registry.register_with_unit("queue_delay", help, Unit::Seconds, delay);
        let help = "Whether the fleet is suspended, so that no target is started: 1, or 0";
        registry.register("suspended", help, gauge(is_suspended.into()));
        upkeep_metrics::register(&mut registry, &self.upkeep.report());
        let mut rendered = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut rendered, &registry);
        Ok(rendered)
    }
}

type ByStatus = Family<StatusLabel, Gauge>;

/// Returns releases by status, targets by status, and the longest wait of a queued target.
fn release_gauges(by_status: &[stats::Releases]) -> (ByStatus, ByStatus, Gauge<f64, std::sync::atomic::AtomicU64>) {
    let (releases, targets) = (ByStatus::default(), ByStatus::default());
    // A status that no release has is shown as 0.
    for (_, status, _) in ReleaseStatus::ALL {
        releases.get_or_create(&StatusLabel { status }).set(0);
    }
    let add = |status: ReleaseTargetStatus, count: i64| {
        targets.get_or_create(&StatusLabel { status: status.word() }).inc_by(count);
    };
    for (status, ..) in ReleaseTargetStatus::ALL {
        add(*status, 0);
    }
    let mut longest_millis = 0;
    for found in by_status {
        releases.get_or_create(&StatusLabel { status: found.status.word() }).set(found.releases);
        add(ReleaseTargetStatus::Queued, found.queued);
        add(ReleaseTargetStatus::Running, found.running);
        add(ReleaseTargetStatus::Succeeded, found.succeeded);
        add(ReleaseTargetStatus::Failed, found.failed);
        add(ReleaseTargetStatus::Canceled, found.canceled);
        add(ReleaseTargetStatus::Unknown, found.unknown);
        if let Some(since) = found.waiting_since.filter(|_| found.status != ReleaseStatus::Paused) {
            longest_millis = longest_millis.max(found.now.0 - since.0);
        }
    }
    let delay = Gauge::default();
    delay.set(Duration::from_millis(longest_millis as u64).as_secs_f64());
    (releases, targets, delay)
}

fn gauge(value: i64) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(value);
    gauge
}
