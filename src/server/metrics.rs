//! `/metrics`: what an operator wants to see, in the text format that Prometheus reads.

use super::Server;
use super::accept::Media;
use super::access::Sender;
use super::answer::{OK, Refused};
use super::counts::Counts;
use crate::domain::Word;
use crate::domain::release::ReleaseStatus;
use crate::domain::target::ReleaseTargetStatus;
use crate::graphql::RequestId;
use crate::store::{Db, Result, events, stats};
use crate::watch::Groups;
use async_graphql::parser::types::OperationType;
use axum::extract::{Extension, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bounds of the times that are told apart, in seconds.
const BOUNDS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    /// `query`, `mutation` or `subscription`; `none` when there was no document to tell by.
    operation: &'static str,
    /// `ok`, `refused` for a mutation with user errors, or the code of the first error.
    outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Over {
    transport: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Status {
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Connections {
    state: &'static str,
}

/// What a process counts while it serves. Clones count together; all else is looked up when somebody asks.
#[derive(Clone)]
pub struct Metrics {
    db: Db,
    groups: Groups,
    requests: Family<Asked, Histogram, fn() -> Histogram>,
    subscribers: Family<Over, Gauge>,
    counts: Counts,
}

/// How a subscriber listens.
#[derive(Clone, Copy, Debug)]
pub enum Transport {
    Events,
    Socket,
}

/// A subscriber is counted for as long as this is kept, and its subscription as a request when it is dropped.
pub struct Subscriber {
    metrics: Metrics,
    gauge: Gauge,
    began: Instant,
    /// How it ended.
    pub outcome: Cow<'static, str>,
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.gauge.dec();
        self.metrics.request(Some(OperationType::Subscription), &self.outcome, self.began);
    }
}

impl Metrics {
    /// With nothing counted yet.
    pub fn new(db: Db, groups: Groups, counts: Counts) -> Metrics {
        let requests: Family<_, _, fn() -> Histogram> = Family::new_with_constructor(|| Histogram::new(BOUNDS));
        Metrics { db, groups, requests, subscribers: Family::default(), counts }
    }

    /// Counts a request that has ended.
    pub fn request(&self, kind: Option<OperationType>, outcome: &str, began: Instant) {
        let operation = match kind {
            Some(OperationType::Query) => "query",
            Some(OperationType::Mutation) => "mutation",
            Some(OperationType::Subscription) => "subscription",
            None => "none",
        };
        let asked = Asked { operation, outcome: outcome.to_owned() };
        self.requests.get_or_create(&asked).observe(began.elapsed().as_secs_f64());
    }

    /// Counts a subscriber.
    pub fn subscriber(&self, transport: Transport) -> Subscriber {
        let transport = match transport {
            Transport::Events => "sse",
            Transport::Socket => "websocket",
        };
        let gauge = self.subscribers.get_or_create_owned(&Over { transport });
        gauge.inc();
        Subscriber { metrics: self.clone(), gauge, began: Instant::now(), outcome: OK.into() }
    }

    /// Everything there is to tell now.
    async fn tell(&self) -> Result<String> {
        let releases = stats::releases(&self.db).await?;
        let head = events::bounds(&self.db).await?.head;
        let mut registry = Registry::with_prefix("lockkeeper");
        let about = "Requests by kind of operation and outcome, subscriptions when they have ended";
        registry.register_with_unit("request_duration", about, Unit::Seconds, self.requests.clone());
        registry.register("subscribers", "Subscriptions under way, by transport", self.subscribers.clone());
        self.counts.register(&mut registry);
        let groups = gauge(self.groups.len() as i64);
        let about = "Different subscriptions under way: equal ones are carried out once, for all their subscribers";
        registry.register("subscriptions", about, groups);
        let position = gauge(head);
        registry.register("event_position", "Position of the newest event in the log", position);
        let behind = gauge((head - self.groups.tail().position()).max(0));
        registry.register("events_behind", "Events that this process has not yet read from the log", behind);
        let connections = Family::<Connections, Gauge>::default();
        let (used, idle) = self.db.connections();
        for (state, many) in [("used", used), ("idle", idle)] {
            connections.get_or_create(&Connections { state }).set(many as i64);
        }
        registry.register("database_connections", "Connections to the database, in use or idle", connections);
        let statements = ConstCounter::new(self.db.statements());
        registry.register("database_statements", "Statements that this process has run", statements);
        let (by_status, targets, delay) = counted(&releases);
        registry.register("releases", "Releases by status", by_status);
        registry.register("targets", "Targets of releases by status", targets);
        let about = "How long the oldest queued target has waited, those of paused releases apart";
        registry.register_with_unit("queue_delay", about, Unit::Seconds, delay);
        let mut told = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut told, &registry);
        Ok(told)
    }
}

type ByStatus = Family<Status, Gauge>;

/// Releases by status, targets by status, and the longest wait of a queued target.
fn counted(found: &[stats::Releases]) -> (ByStatus, ByStatus, Gauge<f64, std::sync::atomic::AtomicU64>) {
    let (releases, targets) = (ByStatus::default(), ByStatus::default());
    // A status without any is told as 0.
    for (_, status, _) in ReleaseStatus::ALL {
        releases.get_or_create(&Status { status }).set(0);
    }
    let add = |status: ReleaseTargetStatus, many: i64| {
        targets.get_or_create(&Status { status: status.word() }).inc_by(many);
    };
    for (status, ..) in ReleaseTargetStatus::ALL {
        add(*status, 0);
    }
    let mut longest = 0;
    for found in found {
        releases.get_or_create(&Status { status: found.status.word() }).set(found.releases);
        add(ReleaseTargetStatus::Queued, found.queued);
        add(ReleaseTargetStatus::Running, found.running);
        add(ReleaseTargetStatus::Succeeded, found.succeeded);
        add(ReleaseTargetStatus::Failed, found.failed);
        add(ReleaseTargetStatus::Canceled, found.canceled);
        add(ReleaseTargetStatus::Unknown, found.unknown);
        if let Some(since) = found.waiting_since.filter(|_| found.status != ReleaseStatus::Paused) {
            longest = longest.max(found.now.0 - since.0);
        }
    }
    let delay = Gauge::default();
    delay.set(Duration::from_millis(longest as u64).as_secs_f64());
    (releases, targets, delay)
}

fn gauge(value: i64) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(value);
    gauge
}

/// Tells the figures to whoever has a token.
pub async fn get(
    State(server): State<Arc<Server>>,
    Extension(id): Extension<RequestId>,
    Extension(sender): Extension<Sender>,
) -> Response {
    if let Err(stranger) = sender {
        return Refused::from(stranger).respond(Media::Json, &id);
    }
    match server.metrics.tell().await {
        Ok(told) => {
            let content_type = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
            ([(header::CONTENT_TYPE, content_type)], told).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the figures could not be read");
            Refused::unavailable("The database was not reached. Ask again.").respond(Media::Json, &id)
        }
    }
}
