//! Whoever watches a fleet through the schema, and what it is told.

use crate::reads::fleet::Fleet;
use async_graphql::Request;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream, Stream};
use lockkeeper::domain::event::{
    Changed, InstanceChange, InstanceEventKind, NewEvent, ReleaseChange, ReleaseEventKind,
};
use lockkeeper::domain::instance::InstanceStatus;
use lockkeeper::domain::release::{Progress, ReleaseAction, ReleaseStatus};
use lockkeeper::domain::{Caller, Role};
use lockkeeper::events::{Tail, Waking};
use lockkeeper::graphql::Place;
use lockkeeper::limits::Limits;
use lockkeeper::store::Db;
use lockkeeper::store::events::append;
use lockkeeper::watch::{Body, Groups, Message, Messages};
use lockkeeper::wire::{Response, complete};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Whoever watches a fleet; the tail ends when it is dropped.
pub struct Watcher {
    fleet: Fleet,
    groups: Groups,
    _stop: DropGuard,
}

/// Without any wake-up, and without a look in the time of a test: what is told was in the table.
pub const ASLEEP: Waking = Waking { poll: Duration::from_hours(1), hints: false };

impl Watcher {
    pub async fn new(fleet: Fleet, waking: Waking) -> Watcher {
        Watcher::limited(fleet, waking, &Limits::default()).await
    }

    /// As [`Watcher::new`], where subscribers may cost this much.
    pub async fn limited(fleet: Fleet, waking: Waking, limits: &Limits) -> Watcher {
        let stop = CancellationToken::new();
        let tail = Tail::start(fleet.app.db.clone(), waking, stop.clone()).await.unwrap();
        Watcher { fleet, groups: Groups::new(tail, limits), _stop: stop.drop_guard() }
    }

    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The messages of a subscription.
    pub fn watch(&self, document: &str) -> Watched {
        self.watch_from(document, &Place::default())
    }

    /// The same, for a client that comes back to a place.
    pub fn watch_from(&self, document: &str, place: &Place) -> Watched {
        let caller = Caller::new("ann", Role::Viewer, "token 1");
        messages(self.subscribe(caller, Request::new(document).data(place.clone()))).boxed()
    }

    /// Begins a subscription of a caller.
    pub fn subscribe(&self, caller: Caller, request: Request) -> impl Future<Output = Messages> + Send + use<> {
        let request = self.fleet.gated(request);
        let (schema, groups) = (self.fleet.schema.clone(), self.groups.clone());
        async move {
            match request {
                Ok(request) => schema.subscribe(request, caller, "req-1", &groups).await,
                Err(errors) => stream::iter([Response::from_errors(errors)]).boxed().into(),
            }
        }
    }

    /// Subscribers that are told the same.
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// The code of the only message of a subscription that is refused, and the argument to blame.
    pub async fn refused(&self, document: &str) -> (String, String) {
        let messages: Vec<Arc<Message>> = self.watch(document).collect().await;
        assert_eq!(messages.len(), 1, "{document}: {messages:?}");
        let error = parsed(&messages[0])["errors"][0]["extensions"].take();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (format!("{} {}", text(&error["code"]), text(&error["reason"])).trim().to_owned(), text(&error["argument"]))
    }

    /// Appends one event.
    pub async fn append(&self, changed: Changed) {
        append_event(&self.fleet.app.db, changed).await;
    }
}

/// Appends one event of the first service.
pub async fn append_event(db: &Db, changed: Changed) {
    let mut tx = db.begin().await.unwrap();
    let now = tx.now().await.unwrap();
    let event =
        NewEvent { service_id: Some(1), service_name: Some("svc-001".into()), caused_by: "ann".into(), changed };
    append(&mut tx, now, &[event]).await.unwrap();
    tx.commit().await.unwrap();
}

/// The messages of a subscription.
pub type Watched = BoxStream<'static, Arc<Message>>;

fn messages(begin: impl Future<Output = Messages> + Send + 'static) -> impl Stream<Item = Arc<Message>> {
    let each = |mut messages: Messages| async move { Some((messages.next().await?, messages)) };
    stream::once(begin).flat_map(move |messages| stream::unfold(messages, each))
}

/// What a message says, under the request `req-1`.
pub fn parsed(message: &Message) -> Value {
    let body = match &message.body {
        Body::Written(body) => body.clone().into_bytes(),
        Body::Failed(failed) => {
            let mut response = failed.clone();
            complete(&mut response, "req-1");
            lockkeeper::wire::body(&response)
        }
    };
    serde_json::from_slice(&body).unwrap()
}

/// The next message of a stream, in time.
pub async fn next(messages: &mut Watched) -> Option<Arc<Message>> {
    tokio::time::timeout(Duration::from_secs(20), messages.next()).await.expect("a message in time")
}

/// A change of a release of four targets, so many of which have ended.
pub fn release_change(release_id: i64, revision: i64, ended: i64, kind: ReleaseEventKind) -> Changed {
    let progress = Progress { total: 4, queued: 4 - ended, succeeded: ended, ..Progress::default() };
    let status = if ended == 4 { ReleaseStatus::Succeeded } else { ReleaseStatus::Running };
    let action = ReleaseAction::Upgrade;
    Changed::Release(ReleaseChange { kind, release_id, action, target_id: None, revision, status, progress })
}

/// An edit of a running instance on the host of the same number.
pub fn instance_change(instance_id: i64, revision: i64) -> Changed {
    Changed::Instance(InstanceChange {
        kind: InstanceEventKind::Edit,
        instance_id,
        host_id: instance_id,
        hostname: format!("host-{instance_id:03}"),
        revision,
        previous_status: Some(InstanceStatus::Running),
        status: InstanceStatus::Running,
        previous_version_id: None,
        version_id: None,
        locked: false,
        target_end: None,
        release_id: None,
        target_id: None,
        hold_id: None,
    })
}
