//! A client that does as little as it can: it counts what comes, and answers pings.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

const TEXT: u8 = 1;
const PING: u8 = 9;
const PONG: u8 = 10;

/// What came to all listeners.
#[derive(Default)]
pub struct Arrivals {
    came: Mutex<Came>,
    more: Notify,
}

#[derive(Default)]
struct Came {
    at: Vec<Instant>,
    /// The newest text, by the filter of its listener.
    texts: Vec<String>,
}

impl Arrivals {
    fn add(&self, filter: usize, text: &[u8]) {
        let mut came = self.came.lock().expect("nobody panics");
        came.at.push(Instant::now());
        if came.texts.len() <= filter {
            came.texts.resize(filter + 1, String::new());
        }
        if came.texts[filter].is_empty() {
            came.texts[filter] = String::from_utf8_lossy(text).into_owned();
        }
        self.more.notify_one();
    }

    /// Waits until so many messages have come.
    pub async fn wait(&self, many: usize) {
        while self.came.lock().expect("nobody panics").at.len() < many {
            let more = tokio::time::timeout(Duration::from_mins(1), self.more.notified()).await;
            more.expect("all messages come");
        }
    }

    /// When they came; from now on they are counted anew.
    pub fn take(&self) -> Vec<Instant> {
        std::mem::take(&mut self.came.lock().expect("nobody panics").at)
    }

    /// A text for each filter.
    pub fn texts(&self) -> Vec<String> {
        self.came.lock().expect("nobody panics").texts.clone()
    }
}

/// One open socket.
pub struct Listener {
    stream: TcpStream,
    /// What was read and not yet understood.
    read: Vec<u8>,
}

impl Listener {
    /// Opens a socket; `address` is a host with its port.
    pub async fn open(address: &str, path: &str) -> Listener {
        let mut stream = TcpStream::connect(address).await.expect("the server is there");
        stream.set_nodelay(true).expect("a socket");
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("it is taken");
        let mut read = Vec::new();
        let end = loop {
            if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(stream.read_buf(&mut read).await.expect("it answers") > 0, "it hangs up");
        };
        assert!(read.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&read));
        read.drain(..end);
        Listener { stream, read }
    }

    /// Sends a text.
    pub async fn say(&mut self, text: &str) {
        self.send(TEXT, text.as_bytes()).await;
    }

    /// Sends a frame, masked with zeros.
    async fn send(&mut self, kind: u8, payload: &[u8]) {
        let mut frame = vec![0x80 | kind];
        match payload.len() {
            short @ 0..126 => frame.push(0x80 | short as u8),
            long => {
                frame.push(0x80 | 0x7e);
                frame.extend(u16::try_from(long).expect("a short message").to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(payload);
        self.stream.write_all(&frame).await.expect("it is taken");
    }

    /// Waits for one text.
    pub async fn hear(&mut self) {
        while self.next(|_| {}).await.expect("the server is there") != TEXT {}
    }

    /// Counts what comes, until the server ends.
    pub async fn listen(mut self, filter: usize, arrivals: Arc<Arrivals>) {
        while self.next(|text| arrivals.add(filter, text)).await.is_some() {}
    }

    /// Takes the next frame; gives its kind, or none when the server hangs up.
    async fn next(&mut self, text: impl FnOnce(&[u8])) -> Option<u8> {
        let (kind, begin, end) = loop {
            if let Some(found) = frame(&self.read) {
                break found;
            }
            if !matches!(self.stream.read_buf(&mut self.read).await, Ok(1..)) {
                return None;
            }
        };
        match kind {
            TEXT => text(&self.read[begin..end]),
            PING => self.send(PONG, &[]).await,
            _ => panic!("a frame of the kind {kind}: {}", String::from_utf8_lossy(&self.read[begin..end])),
        }
        self.read.drain(..end);
        Some(kind)
    }
}

/// The kind of the first frame, and where its payload begins and ends, if it is there as a whole.
fn frame(read: &[u8]) -> Option<(u8, usize, usize)> {
    let (begin, long) = match read.get(1)? {
        126 => (4, usize::from(u16::from_be_bytes(read.get(2..4)?.try_into().ok()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(read.get(2..10)?.try_into().ok()?)).ok()?),
        long => (2, usize::from(*long)),
    };
    (read.len() >= begin + long).then_some((read[0] & 0x0f, begin, begin + long))
}
