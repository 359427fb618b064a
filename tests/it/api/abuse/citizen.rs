//! The client that behaves well: it reads a page, registers a version now and then, and hears of each on its stream.

use serde_json::{Value, json};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};
use testkit::Client;

const PAGE: &str = "{ services(first: 5) { nodes { name versions(first: 5) { nodes { name buildStatus } }
    instances(first: 5) { nodes { status host { hostname } version { name } } } } } }";

/// Each this many pages, a version is registered.
const PAGES_FOR_A_VERSION: u64 = 10;

/// What it found in some time.
pub struct Measured {
    /// How many answers it got.
    pub answers: usize,
    /// In which time half of them came.
    pub median: Duration,
    /// In which time all but a hundredth of them came.
    pub slowest_hundredth: Duration,
    /// Whatever was not as it should be.
    pub errors: Vec<String>,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Measured { answers, median, slowest_hundredth, .. } = self;
        write!(f, "{answers} answers, half of them in {median:?}, all but a hundredth in {slowest_hundredth:?}")
    }
}

/// The client. It has a thread of its own, so that nothing but the server can make it wait.
#[derive(Clone)]
pub struct Citizen(Arc<Shared>);

struct Shared {
    took: Mutex<Vec<Duration>>,
    errors: Mutex<Vec<String>>,
    registered: AtomicU64,
    heard: AtomicU64,
    over: AtomicBool,
}

impl Citizen {
    /// Begins to ask.
    pub fn begin(url: String, token: String, service: String) -> Citizen {
        let shared = Arc::new(Shared {
            took: Mutex::default(),
            errors: Mutex::default(),
            registered: AtomicU64::new(0),
            heard: AtomicU64::new(0),
            over: AtomicBool::new(false),
        });
        let (subscribed, is_subscribed) = mpsc::channel();
        let (hearing, client, filter) = (shared.clone(), Client::new(&url, &token), service.clone());
        std::thread::spawn(move || hearing.hear_in_turn(&client, &filter, &subscribed));
        is_subscribed.recv().unwrap();
        let (asking, client) = (shared.clone(), Client::new(&url, &token));
        std::thread::spawn(move || asking.ask_in_turn(&client, &service));
        Citizen(shared)
    }

    /// Returns what it found within this time.
    pub fn measure(&self, time: Duration) -> Measured {
        self.0.took.lock().unwrap().clear();
        std::thread::sleep(time);
        let mut took = std::mem::take(&mut *self.0.took.lock().unwrap());
        // Each version that was registered is heard of.
        let registered = self.0.registered.load(Ordering::SeqCst);
        let end = Instant::now() + Duration::from_secs(30);
        while self.0.heard.load(Ordering::SeqCst) < registered && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(50));
        }
        let heard = self.0.heard.load(Ordering::SeqCst);
        took.sort();
        let mut errors = self.0.errors.lock().unwrap().clone();
        if heard < registered {
            errors.push(format!("of {registered} versions, {heard} were heard of"));
        }
        let at = |percent: usize| took.get(took.len() * percent / 100).copied().unwrap_or(Duration::MAX);
        Measured { answers: took.len(), median: at(50), slowest_hundredth: at(99), errors }
    }

    /// Has it end.
    pub fn end(&self) {
        self.0.over.store(true, Ordering::SeqCst);
    }
}

fn on_a_runtime(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

impl Shared {
    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::SeqCst)
    }

    fn wrong(&self, what: String) {
        if self.goes_on() {
            self.errors.lock().unwrap().push(what);
        }
    }

    fn ask_in_turn(&self, client: &Client, service: &str) {
        on_a_runtime(async {
            for round in 1_u64.. {
                if !self.goes_on() {
                    return;
                }
                self.ask(client, PAGE, Value::Null, |data| data["services"]["nodes"][4].is_object()).await;
                if round.is_multiple_of(PAGES_FOR_A_VERSION) {
                    self.register(client, service, round).await;
                }
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
        });
    }

    async fn register(&self, client: &Client, service: &str, round: u64) {
        let document = "mutation($input: CreateVersionInput!) {
            createVersion(input: $input) { version { id } userErrors { message } } }";
        let input = json!({ "serviceId": service, "name": format!("2.0.{round}"), "buildStatus": "BUILDING" });
        self.registered.fetch_add(1, Ordering::SeqCst);
        let made = |data: &Value| data["createVersion"]["version"].is_object();
        self.ask(client, document, json!({ "input": input }), made).await;
    }

    async fn ask(&self, client: &Client, document: &str, variables: Value, right: impl Fn(&Value) -> bool) {
        let began = Instant::now();
        match client.try_send(document, variables).await {
            Ok(answer) if answer.status == 200 && right(&answer.body["data"]) => {
                self.took.lock().unwrap().push(began.elapsed());
            }
            Ok(answer) => self.wrong(format!("{} {}", answer.status, answer.body)),
            Err(error) => self.wrong(format!("{error:?}")),
        }
    }

    fn hear_in_turn(&self, client: &Client, service: &str, subscribed: &mpsc::Sender<()>) {
        on_a_runtime(async {
            let document = "subscription($filter: ServiceEventFilter) { serviceChanged(filter: $filter) { kind } }";
            let filter = json!({ "filter": { "serviceIds": [service], "kinds": ["VERSION_REGISTERED"] } });
            let mut stream = client.try_subscribe(document, filter).await.unwrap();
            subscribed.send(()).unwrap();
            while self.goes_on() {
                match stream.try_next().await {
                    Some(sent) if sent.data["errors"].is_null() => {
                        self.heard.fetch_add(1, Ordering::SeqCst);
                    }
                    other => return self.wrong(format!("the stream ended: {other:?}")),
                }
            }
        });
    }
}
