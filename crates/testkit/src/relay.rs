//! A network that a test disturbs, between a client and a server of any protocol.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// What becomes of what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// It arrives.
    Passes,
    /// It arrives after so long.
    Delays(Duration),
    /// It vanishes. Connections of this time are dead for ever, and neither side notices.
    Swallows,
    /// All connections are reset.
    Resets,
}

/// Where connections lead now, and what becomes of what they carry.
#[derive(Clone, Copy, Debug)]
struct Way {
    port: u16,
    network: Network,
    /// Each change breaks the connections that exist.
    breaks: usize,
}

/// Returns how many marked requests are complete with the next bytes of one connection.
pub type CountMarks = Box<dyn FnMut(&[u8]) -> usize + Send>;
type NewCountMarks = Arc<dyn Fn() -> CountMarks + Send + Sync>;

/// A way to a server on this machine, which stays the same when the server moves, until it is dropped.
pub struct Relay {
    /// Its own URL, by which a server over HTTP is reached.
    pub url: String,
    way: watch::Sender<Way>,
    answers: Arc<Answers>,
    task: JoinHandle<()>,
}

/// The answers to marked requests.
#[derive(Default)]
struct Answers {
    /// How many are still to be lost.
    to_lose: AtomicUsize,
    lost: AtomicUsize,
    marked: AtomicUsize,
}

impl Relay {
    /// A relay to the server at this port. `new_count` makes, for each connection, what finds its marked requests, whose
    /// answers can be lost.
    pub async fn start(to: u16, new_count: impl Fn() -> CountMarks + Send + Sync + 'static) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let way = watch::Sender::new(Way { port: to, network: Network::Passes, breaks: 0 });
        let (ways, answers) = (way.subscribe(), Arc::<Answers>::default());
        let (counted, new_count): (_, NewCountMarks) = (Arc::clone(&answers), Arc::new(new_count));
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(connection(client, ways.clone(), Arc::clone(&counted), new_count()));
            }
        });
        Relay { url, way, answers, task }
    }

    /// A relay to the server with this URL. Requests that contain this text are marked.
    pub async fn to_url(server: &str, mark: &'static str) -> Relay {
        Relay::start(port(server), move || count_texts(mark)).await
    }

    /// The port at which it listens.
    pub fn port(&self) -> u16 {
        port(&self.url)
    }

    /// From now on it leads to this server, and all arrives. Existing connections break.
    pub fn lead_to(&self, server: &str) {
        let port = port(server);
        self.way.send_modify(|way| *way = Way { port, network: Network::Passes, breaks: way.breaks + 1 });
    }

    /// Breaks all connections, and lets no other through.
    pub fn cut(&self) {
        self.set(Network::Resets);
    }

    /// From now on, this becomes of what is sent.
    pub fn set(&self, network: Network) {
        let breaks = usize::from(network == Network::Resets);
        self.way.send_modify(|way| *way = Way { network, breaks: way.breaks + breaks, ..*way });
    }

    /// This number of marked requests arrive next, and their answers do not: their connections are reset instead.
    pub fn lose_answers(&self, many: usize) {
        self.answers.to_lose.store(many, Ordering::Release);
    }

    /// How many answers to marked requests were lost.
    pub fn lost_answers(&self) -> usize {
        self.answers.lost.load(Ordering::Acquire)
    }

    /// How many marked requests have come.
    pub fn marked(&self) -> usize {
        self.answers.marked.load(Ordering::Acquire)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The port of a URL.
fn port(url: &str) -> u16 {
    url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a URL with a port")
}

/// Counts the places of a text.
fn count_texts(mark: &'static str) -> CountMarks {
    let mut text = String::new();
    Box::new(move |bytes| {
        text.push_str(&String::from_utf8_lossy(bytes));
        let mut count = 0;
        while let Some(at) = text.find(mark) {
            text.drain(..at + mark.len());
            count += 1;
        }
        count
    })
}

/// What both directions of a connection know.
struct Line {
    way: watch::Receiver<Way>,
    answers: Arc<Answers>,
    /// Something of it vanished.
    is_dead: AtomicBool,
    /// The next answer is one to a marked request, and is to be lost.
    loses: AtomicBool,
}

/// Carries one connection until either side ends it, or it is broken.
async fn connection(client: TcpStream, mut ways: watch::Receiver<Way>, answers: Arc<Answers>, count: CountMarks) {
    let way = *ways.borrow_and_update();
    if way.network == Network::Resets {
        return reset(client);
    }
    // Refused while the server is not there.
    let Ok(server) = TcpStream::connect(("127.0.0.1", way.port)).await else { return reset(client) };
    for stream in [&client, &server] {
        stream.set_nodelay(true).unwrap();
    }
    let line = Line { way: ways.clone(), answers, is_dead: AtomicBool::default(), loses: AtomicBool::default() };
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    tokio::select! {
        () = line.carry_requests(&mut from_client, &mut to_server, count) => {}
        () = line.carry_answers(&mut from_server, &mut to_client) => {}
        _ = ways.wait_for(|now| now.breaks != way.breaks) => {}
    }
    // Whichever way it ended, an answer that was sent is not cut short by it: nobody waits for one.
    if line.loses.load(Ordering::Acquire) || ways.borrow().breaks != way.breaks {
        reset(from_client.reunite(to_client).unwrap());
        reset(from_server.reunite(to_server).unwrap());
    }
}

/// Ends a connection without a farewell.
fn reset(stream: TcpStream) {
    // It may have ended already.
    let _ = stream.set_zero_linger();
}

impl Line {
    async fn carry_requests(&self, from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf, mut count: CountMarks) {
        let mut bytes = vec![0; 64 * 1024];
        while let Some(many) = self.read(from, &mut bytes).await {
            for _ in 0..count(&bytes[..many]) {
                self.answers.marked.fetch_add(1, Ordering::AcqRel);
                let one_less = |many: usize| many.checked_sub(1);
                if self.answers.to_lose.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_less).is_ok() {
                    self.loses.store(true, Ordering::Release);
                }
            }
            if to.write_all(&bytes[..many]).await.is_err() {
                return;
            }
        }
    }

    /// Returns when the connection ends, or an answer was lost.
    async fn carry_answers(&self, from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) {
        let mut bytes = vec![0; 64 * 1024];
        while let Some(many) = self.read(from, &mut bytes).await {
            if self.loses.load(Ordering::Acquire) {
                self.answers.lost.fetch_add(1, Ordering::AcqRel);
                return;
            }
            if to.write_all(&bytes[..many]).await.is_err() {
                return;
            }
        }
    }

    /// What is to be passed on; none when the connection has ended.
    async fn read(&self, from: &mut OwnedReadHalf, bytes: &mut [u8]) -> Option<usize> {
        loop {
            let read = from.read(bytes).await;
            let network = self.way.borrow().network;
            if network == Network::Swallows {
                self.is_dead.store(true, Ordering::Release);
            }
            match read {
                _ if self.is_dead.load(Ordering::Acquire) => match read {
                    Ok(many) if many > 0 => {}
                    // The other side never hears of the end either.
                    _ => std::future::pending().await,
                },
                Ok(many) if many > 0 => {
                    if let Network::Delays(time) = network {
                        tokio::time::sleep(time).await;
                    }
                    return Some(many);
                }
                _ => return None,
            }
        }
    }
}
