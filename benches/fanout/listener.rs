//! A client that does as little as possible: it counts the messages that arrive, and answers pings.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

const TEXT: u8 = 1;
const PING: u8 = 9;
const PONG: u8 = 10;

/// How long the next message may take.
const ARRIVAL_TIMEOUT: Duration = Duration::from_mins(1);

/// The messages that arrived at all listeners.
#[derive(Default)]
pub struct Arrivals {
    received: Mutex<Received>,
    changed: Notify,
}

#[derive(Default)]
struct Received {
    times: Vec<Instant>,
    /// The first text, by the filter of its listener.
    texts: Vec<String>,
}

impl Arrivals {
    fn add(&self, filter: usize, text: &[u8]) {
        let mut received = self.lock();
        received.times.push(Instant::now());
        if received.texts.len() <= filter {
            received.texts.resize(filter + 1, String::new());
        }
        if received.texts[filter].is_empty() {
            received.texts[filter] = String::from_utf8_lossy(text).into_owned();
        }
        self.changed.notify_one();
    }

    /// Waits until this number of messages has arrived.
    pub async fn wait(&self, count: usize) {
        while self.lock().times.len() < count {
            let changed = tokio::time::timeout(ARRIVAL_TIMEOUT, self.changed.notified()).await;
            changed.expect("all messages arrive");
        }
    }

    /// Returns the times of the arrivals and forgets them.
    pub fn take(&self) -> Vec<Instant> {
        std::mem::take(&mut self.lock().times)
    }

    /// A text for each filter.
    pub fn texts(&self) -> Vec<String> {
        self.lock().texts.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Received> {
        self.received.lock().expect("no thread panics while it holds the lock")
    }
}

/// One open socket.
pub struct Listener {
    stream: TcpStream,
    /// Bytes that were read and belong to no frame yet.
    buffer: Vec<u8>,
}

impl Listener {
    /// Opens a socket; `address` is a host with a port.
    pub async fn open(address: &str, path: &str) -> Listener {
        let mut stream = TcpStream::connect(address).await.expect("the server runs");
        stream.set_nodelay(true).expect("a socket");
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("the request is sent");
        let mut buffer = Vec::new();
        let end = loop {
            if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(stream.read_buf(&mut buffer).await.expect("a response") > 0, "the server closed the connection");
        };
        assert!(buffer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&buffer));
        buffer.drain(..end);
        Listener { stream, buffer }
    }

    /// Sends a text.
    pub async fn send_text(&mut self, text: &str) {
        self.send_frame(TEXT, text.as_bytes()).await;
    }

    /// Sends a frame, masked with zeros.
    async fn send_frame(&mut self, kind: u8, payload: &[u8]) {
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
        self.stream.write_all(&frame).await.expect("the frame is sent");
    }

    /// Waits for one text.
    pub async fn receive_text(&mut self) {
        while self.next(|_| {}).await.expect("the connection is open") != TEXT {}
    }

    /// Counts the texts that arrive, until the server closes the connection.
    pub async fn listen(mut self, filter: usize, arrivals: Arc<Arrivals>) {
        while self.next(|text| arrivals.add(filter, text)).await.is_some() {}
    }

    /// Reads the next frame. Returns its kind, or `None` if the server has closed the connection.
    async fn next(&mut self, on_text: impl FnOnce(&[u8])) -> Option<u8> {
        let (kind, start, end) = loop {
            if let Some(frame) = first_frame(&self.buffer) {
                break frame;
            }
            if !matches!(self.stream.read_buf(&mut self.buffer).await, Ok(1..)) {
                return None;
            }
        };
        match kind {
            TEXT => on_text(&self.buffer[start..end]),
            PING => self.send_frame(PONG, &[]).await,
            _ => panic!("a frame of the kind {kind}: {}", String::from_utf8_lossy(&self.buffer[start..end])),
        }
        self.buffer.drain(..end);
        Some(kind)
    }
}

/// Returns the kind of the first frame with the start and the end of its payload, or `None` if it is not complete.
fn first_frame(buffer: &[u8]) -> Option<(u8, usize, usize)> {
    let (start, length) = match buffer.get(1)? {
        126 => (4, usize::from(u16::from_be_bytes(buffer.get(2..4)?.try_into().ok()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(buffer.get(2..10)?.try_into().ok()?)).ok()?),
        length => (2, usize::from(*length)),
    };
    (buffer.len() >= start + length).then_some((buffer[0] & 0x0f, start, start + length))
}
