//! A network between lockkeeper and PostgreSQL that a test disturbs. It knows of their protocol only what it needs to see
//! a COMMIT go by.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// What becomes of what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// It arrives.
    Passes,
    /// It arrives after so long.
    Delays(Duration),
    /// It vanishes. Connections of this time are dead for ever, and neither side is told.
    Swallows,
    /// All connections are reset.
    Resets,
}

/// A way to the PostgreSQL at a port of this machine, until it is dropped.
pub struct Proxy {
    port: u16,
    network: Arc<watch::Sender<Network>>,
    commits: Arc<Commits>,
    _task: AbortOnDropHandle<()>,
}

#[derive(Default)]
struct Commits {
    /// How many answers are still to be lost.
    to_lose: AtomicUsize,
    lost: AtomicUsize,
}

impl Proxy {
    pub async fn start(to: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (network, commits) = (Arc::new(watch::Sender::new(Network::Passes)), Arc::<Commits>::default());
        let (of, by) = (network.clone(), commits.clone());
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (network, commits) = (of.subscribe(), by.clone());
                connections.spawn(connection(client, to, network, commits));
            }
        });
        Proxy { port, network, commits, _task: AbortOnDropHandle::new(task) }
    }

    /// The URL by which this database is reached through it.
    pub fn url(&self, database: &str) -> String {
        let (_, name) = database.rsplit_once('/').unwrap();
        format!("postgres://lockkeeper@127.0.0.1:{}/{name}?sslmode=disable", self.port)
    }

    /// From now on, this becomes of what is sent.
    pub fn set(&self, network: Network) {
        self.network.send_replace(network);
    }

    /// The next so many COMMITs arrive, and their answers do not: their connections are reset instead.
    pub fn lose_answers(&self, many: usize) {
        self.commits.to_lose.store(many, Ordering::Release);
    }

    /// How many answers to a COMMIT were lost.
    pub fn lost_answers(&self) -> usize {
        self.commits.lost.load(Ordering::Acquire)
    }
}

/// What both directions of a connection know.
struct Line {
    network: watch::Receiver<Network>,
    commits: Arc<Commits>,
    /// Something of it vanished.
    dead: AtomicBool,
    /// The next answer is one to a COMMIT, and is to be lost.
    losing: AtomicBool,
}

/// Carries one connection until it ends, on both sides or by a reset.
async fn connection(client: TcpStream, to: u16, mut network: watch::Receiver<Network>, commits: Arc<Commits>) {
    client.set_nodelay(true).unwrap();
    // Refused while PostgreSQL is not there.
    let server = TcpStream::connect(("127.0.0.1", to)).await.and_then(|server| {
        server.set_nodelay(true)?;
        Ok(server)
    });
    let Ok(server) = server else { return reset(client) };
    let line = Line { network: network.clone(), commits, dead: AtomicBool::default(), losing: AtomicBool::default() };
    let ((from_client, mut to_client), (from_server, mut to_server)) = (client.into_split(), server.into_split());
    let (mut from_client, mut from_server) = (from_client, from_server);
    tokio::select! {
        () = line.ask(&mut from_client, &mut to_server) => {}
        () = line.answer(&mut from_server, &mut to_client) => {}
        _ = network.wait_for(|network| *network == Network::Resets) => {}
    }
    // Whichever way it ended, an answer that was sent is not cut short by it: nobody waits for one.
    let orderly = !line.losing.load(Ordering::Acquire) && *network.borrow() != Network::Resets;
    if !orderly {
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
    /// Carries what the client says.
    async fn ask(&self, from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) {
        let (mut bytes, mut messages) = (vec![0; 64 * 1024], Messages::default());
        while let Some(many) = self.read(from, &mut bytes).await {
            for _ in 0..messages.commits_in(&bytes[..many]) {
                let lose = |many: usize| many.checked_sub(1);
                if self.commits.to_lose.fetch_update(Ordering::AcqRel, Ordering::Acquire, lose).is_ok() {
                    self.losing.store(true, Ordering::Release);
                }
            }
            if to.write_all(&bytes[..many]).await.is_err() {
                return;
            }
        }
    }

    /// Carries what the server says.
    async fn answer(&self, from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) {
        let mut bytes = vec![0; 64 * 1024];
        while let Some(many) = self.read(from, &mut bytes).await {
            if self.losing.load(Ordering::Acquire) {
                self.commits.lost.fetch_add(1, Ordering::AcqRel);
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
            let network = *self.network.borrow();
            if network == Network::Swallows {
                self.dead.store(true, Ordering::Release);
            }
            match read {
                _ if self.dead.load(Ordering::Acquire) => match read {
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

/// The messages of a client, cut where they end.
#[derive(Default)]
struct Messages {
    begun: Vec<u8>,
    /// The first message has no type.
    greeted: bool,
}

impl Messages {
    /// How many COMMITs are complete with these bytes.
    fn commits_in(&mut self, bytes: &[u8]) -> usize {
        self.begun.extend_from_slice(bytes);
        let mut commits = 0;
        loop {
            let head = usize::from(self.greeted);
            let Some(length) = self.begun.get(head..head + 4) else { return commits };
            let end = head + u32::from_be_bytes(length.try_into().unwrap()) as usize;
            if self.begun.len() < end {
                return commits;
            }
            let message: Vec<u8> = self.begun.drain(..end).collect();
            commits += usize::from(self.greeted && message[0] == b'Q' && message[5..] == *b"COMMIT\0");
            self.greeted = true;
        }
    }
}

#[test]
fn a_commit_is_seen_wherever_its_bytes_are_cut() {
    let said = b"\0\0\0\x09ab\0c\0B\0\0\0\x08QQQQQ\0\0\0\x0aBEGIN\0Q\0\0\0\x0bCOMMIT\0P\0\0\0\x0bCOMMIT\0";
    for cut in 0..said.len() {
        let mut messages = Messages::default();
        let (one, two) = said.split_at(cut);
        assert_eq!(messages.commits_in(one) + messages.commits_in(two), 1, "cut at {cut}");
    }
}
