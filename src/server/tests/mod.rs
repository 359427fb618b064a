//! The protocol, through a server that listens, with a small schema of its own.

mod connections;
mod front;
mod http;
pub mod log;
mod metrics;
mod rates;
mod sockets;
mod streams;

use super::{Api, Counters, Engine, Metrics, Rates, Readiness, Server, SubscriptionCounts, ws};
use crate::app::App;
use crate::auth::Credentials;
use crate::auth::tokens::create;
use crate::change::Denials;
use crate::domain::retention::Retention;
use crate::domain::{Caller, Role};
use crate::events::{Tail, Waking};
use crate::executor::{Executor, Executors};
use crate::gate::{Gate, PreparedRequest};
use crate::graphql::{self, Place};
use crate::limits::Limits;
use crate::net::Access;
use crate::store::{Db, token};
use crate::upkeep::Upkeep;
use crate::watch::{Groups, Messages, Queues};
use crate::wire;
use async_graphql::{Context, Object, Request, Schema, Subscription};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream, StreamExt};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What the small schema counts.
#[derive(Default)]
struct Calls {
    begun: AtomicUsize,
    mutations: AtomicUsize,
    streams: AtomicUsize,
}

struct Query;

#[Object]
impl Query {
    async fn echo(&self, text: Option<String>) -> String {
        text.unwrap_or_else(|| "nothing".to_owned())
    }

    async fn who(&self, context: &Context<'_>) -> String {
        context.data_unchecked::<Caller>().name.clone()
    }

    async fn slow(&self) -> bool {
        tokio::time::sleep(Duration::from_mins(1)).await;
        true
    }

    async fn broken(&self) -> bool {
        std::hint::black_box(None).expect("a bug")
    }

    async fn fails(&self) -> async_graphql::Result<bool> {
        tokio::task::yield_now().await;
        Err("it failed".into())
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn count(&self, context: &Context<'_>, #[graphql(default)] wait_ms: u64) -> usize {
        let calls = context.data_unchecked::<Arc<Calls>>();
        calls.begun.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        calls.mutations.fetch_add(1, Ordering::SeqCst) + 1
    }
}

struct Open(Arc<Calls>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Watching;

#[Subscription(name = "Subscription")]
impl Watching {
    /// Numbers after a place; never ends without `end`.
    async fn numbers(
        &self,
        context: &Context<'_>,
        after: Option<String>,
        end: Option<u32>,
    ) -> impl Stream<Item = u32> + use<> {
        let counts = context.data_unchecked::<Arc<Calls>>().clone();
        counts.streams.fetch_add(1, Ordering::SeqCst);
        let place = context.data_opt::<Place>().and_then(|place| place.from().map(str::to_owned));
        let from: u32 = place.or(after).and_then(|after| after.parse().ok()).unwrap_or_default();
        futures_util::stream::unfold((from, Open(counts)), move |(last, open)| async move {
            tokio::time::sleep(Duration::from_millis(if last < 3 { 1 } else { 50 })).await;
            (Some(last) < end || end.is_none()).then_some((last + 1, (last + 1, open)))
        })
    }

    /// As much and as fast as the client takes it.
    async fn flood(&self, context: &Context<'_>) -> impl Stream<Item = String> + use<> {
        let counts = context.data_unchecked::<Arc<Calls>>().clone();
        counts.streams.fetch_add(1, Ordering::SeqCst);
        let open = Open(counts);
        futures_util::stream::repeat("x".repeat(64 * 1024)).inspect(move |_| {
            let _ = &open;
        })
    }

    /// Has a stream only if the argument says so.
    async fn refused(&self, open: Option<bool>) -> async_graphql::Result<futures_util::stream::Empty<u32>> {
        tokio::task::yield_now().await;
        open.filter(|open| *open).map(|_| futures_util::stream::empty()).ok_or_else(|| "no stream".into())
    }

    async fn broken(&self) -> impl Stream<Item = u32> + use<> {
        futures_util::stream::poll_fn(|_| std::hint::black_box(None).expect("a bug"))
    }
}

struct Small {
    schema: Schema<Query, Mutation, Watching>,
    gate: Gate,
}

impl Engine for Small {
    fn gate(&self) -> &Gate {
        &self.gate
    }

    fn execute(&self, prepared: PreparedRequest, caller: Caller, id: &str) -> BoxFuture<'static, wire::Response> {
        let (schema, request) = (self.schema.clone(), graphql::prepare(prepared.request(), caller, id));
        async move { graphql::written(schema.execute(request).await) }.boxed()
    }

    fn subscribe(&self, request: Request, caller: Caller, id: &str) -> BoxFuture<'static, Messages> {
        let responses = self.schema.execute_stream(graphql::prepare(request, caller, id));
        async move { responses.map(graphql::written).boxed().into() }.boxed()
    }
}

/// A server of the small schema.
struct Served {
    url: String,
    token: String,
    db: Db,
    counts: Arc<Calls>,
    queues: Queues,
    stopping: CancellationToken,
    closing: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
    /// What it counts of connections.
    edge: Counters,
    http: reqwest::Client,
    _directory: tempfile::TempDir,
}

impl Served {
    /// Waits until this many mutations have begun.
    async fn begun(&self, many: usize) {
        let begun = async || (self.counts.begun.load(Ordering::SeqCst) >= many).then_some(());
        testkit::until("the mutations have begun", begun).await;
    }

    /// Waits until this many mutations have been carried out.
    async fn carried_out(&self, many: usize) {
        let carried_out = async || (self.counts.mutations.load(Ordering::SeqCst) >= many).then_some(());
        testkit::until("the mutations are carried out", carried_out).await;
        assert_eq!(self.counts.mutations.load(Ordering::SeqCst), many);
    }

    async fn start() -> Served {
        Served::timed(ws::Timings::default()).await
    }

    async fn timed(timings: ws::Timings) -> Served {
        Served::within(timings, Limits::default()).await
    }

    /// A server of the small schema, with a brief deadline, where callers may cost this much otherwise.
    async fn within(timings: ws::Timings, limits: Limits) -> Served {
        let limits = Limits { query_deadline: Duration::from_millis(500), ..limits };
        Served::limited(timings, limits).await
    }

    /// A server of the small schema, where callers may cost this much.
    async fn limited(timings: ws::Timings, limits: Limits) -> Served {
        Served::small(timings, limits, Access::default()).await
    }

    /// A server of the small schema, with this section `[server]`.
    async fn reached(access: &str) -> Served {
        Served::small(ws::Timings::default(), Limits::default(), toml::from_str(access).unwrap()).await
    }

    async fn small(timings: ws::Timings, limits: Limits, access: Access) -> Served {
        let counts = Arc::new(Calls::default());
        let schema =
            Schema::build(Query, Mutation, Watching).data(counts.clone()).extension(graphql::Execution).finish();
        let gate = Gate::new(&schema.sdl(), &[], Default::default(), limits);
        Served::with((timings, limits, access), counts, |_, _| Arc::new(Small { schema, gate })).await
    }

    /// A server of the real schema.
    async fn whole(timings: ws::Timings) -> Served {
        let executors = Executors::from_iter([Executor::parse("none", "kind = 'simulate'").unwrap()]);
        let app = |db: &Db| App { db: db.clone(), executors, rollout: Default::default() };
        let limits = Limits::default();
        let denials = |db: &Db| Denials::new(db.clone(), limits.audit_input);
        let api = |db: &Db, groups| -> Arc<dyn Engine> {
            Arc::new(Api::new(app(db), groups, Gate::for_api(limits), denials(db)))
        };
        Served::with((timings, limits, Access::default()), Arc::default(), api).await
    }

    async fn with(
        (timings, limits, access): (ws::Timings, Limits, Access),
        counts: Arc<Calls>,
        engine: impl FnOnce(&Db, Groups) -> Arc<dyn Engine>,
    ) -> Served {
        let edge = Counters::default();
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("lockkeeper.db").display());
        let db = Db::open(&url, 4).await.unwrap();
        let token = create(&db, "tester", Role::Admin, None).await.unwrap().reveal().to_owned();
        let (stopping, closing) = (CancellationToken::new(), CancellationToken::new());
        let tail = Tail::start(db.clone(), Waking::default(), closing.clone()).await.unwrap();
        let groups = Groups::new(tail, &limits);
        let kept = Duration::from_hours(1);
        let upkeep =
            Upkeep::new(db.clone(), Retention { events: Some(kept), audit: Some(kept), ..Retention::default() });
        let server = Server {
            engine: engine(&db, groups.clone()),
            db: db.clone(),
            credentials: Credentials::new(db.clone()),
            queues: groups.queues().clone(),
            subscriptions: SubscriptionCounts::new(limits.subscriptions_per_caller),
            metrics: Metrics::new(db.clone(), groups.clone(), edge.clone(), upkeep.clone()),
            rates: Rates::new(&limits, edge.clone()),
            counters: edge.clone(),
            access,
            readiness: Readiness::default(),
            limits,
            waiting_bytes: super::WaitingBytes::new(limits),
            stopping: stopping.clone(),
            closing: closing.clone(),
            socket_timings: timings,
            tasks: Default::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(server.serve(listener, None));
        let http = reqwest::Client::new();
        let queues = groups.queues().clone();
        Served { url, token, db, counts, queues, stopping, closing, serving, edge, http, _directory: directory }
    }

    /// A POST to `/graphql` with a token and JSON.
    fn post(&self) -> RequestBuilder {
        self.http
            .post(format!("{}/graphql", self.url))
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
    }

    /// A GET of `/graphql` with a token and these parameters.
    fn get(&self, parameters: &[(&str, &str)]) -> RequestBuilder {
        let mut url = reqwest::Url::parse(&format!("{}/graphql", self.url)).unwrap();
        url.query_pairs_mut().extend_pairs(parameters);
        self.http.get(url).bearer_auth(&self.token)
    }

    /// A POST of this document.
    fn ask(&self, query: &str) -> RequestBuilder {
        self.post().body(json!({ "query": query }).to_string())
    }

    async fn revoke(&self) {
        let mut tx = self.db.begin().await.unwrap();
        token::revoke(&mut tx, token::TokenSelection::Named("tester")).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// Sends it; gives the status, the type without its parameters, and the body.
async fn sent(request: RequestBuilder) -> (StatusCode, String, Value) {
    let response = request.send().await.unwrap();
    let media = header(&response, "content-type").split(';').next().unwrap().to_owned();
    let status = response.status();
    (status, media, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}
