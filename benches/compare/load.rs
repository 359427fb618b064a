//! Sends the same requests again and again over a number of connections. It does little work of its own, since it shares
//! the machine with the server that it measures.

use crate::systems::SystemKind;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// A whole HTTP request, ready to be sent.
#[derive(Clone, Debug)]
pub struct Request(Vec<u8>);

impl Request {
    /// A GET.
    pub fn get(port: u16, path: &str) -> Request {
        Request(format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").into_bytes())
    }

    /// A POST of JSON, with further headers, each of which ends with a line break.
    pub fn post(port: u16, path: &str, headers: &str, body: &str) -> Request {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
             Accept: application/json\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        Request((head + body).into_bytes())
    }
}

/// A connection that is kept open.
pub struct Connection {
    stream: TcpStream,
    /// Bytes that were read and belong to no response yet.
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(port: u16) -> io::Result<Connection> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: Vec::with_capacity(1 << 18) })
    }

    /// Sends a request and returns the body of its response, whose status must be 200.
    pub async fn send(&mut self, request: &Request) -> io::Result<Vec<u8>> {
        self.stream.write_all(&request.0).await?;
        let head = self.read_until(b"\r\n\r\n", 0).await?;
        let text = String::from_utf8_lossy(&self.buffer[..head]).to_ascii_lowercase();
        let header =
            |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
        let ok = text.starts_with("http/1.1 200");
        let length: Option<usize> = header("content-length").and_then(|length| length.parse().ok());
        let body = match length {
            Some(length) => {
                self.read_to(head + length).await?;
                let body = self.buffer[head..head + length].to_vec();
                self.buffer.drain(..head + length);
                body
            }
            None if header("transfer-encoding") == Some("chunked") => self.read_chunks(head).await?,
            None => return Err(io::Error::other(format!("a response without a length: {text}"))),
        };
        match ok {
            true => Ok(body),
            false => Err(io::Error::other(format!("{text}{}", String::from_utf8_lossy(&body)))),
        }
    }

    /// Reads a body in chunks that begins at this position.
    async fn read_chunks(&mut self, mut position: usize) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = self.read_until(b"\r\n", position).await?;
            let size = std::str::from_utf8(&self.buffer[position..end - 2]).ok();
            let size = size.and_then(|size| usize::from_str_radix(size, 16).ok());
            let size = size.ok_or_else(|| io::Error::other("a chunk without a size"))?;
            position = end + size + 2;
            self.read_to(position).await?;
            body.extend_from_slice(&self.buffer[end..end + size]);
            if size == 0 {
                self.buffer.drain(..position);
                return Ok(body);
            }
        }
    }

    /// Reads until the mark occurs at or after this position; returns the position where the mark ends.
    async fn read_until(&mut self, mark: &[u8], from: usize) -> io::Result<usize> {
        let mut searched = from;
        loop {
            if let Some(found) = self.buffer[searched..].windows(mark.len()).position(|bytes| bytes == mark) {
                return Ok(searched + found + mark.len());
            }
            searched = from.max((self.buffer.len() + 1).saturating_sub(mark.len()));
            self.read_more().await?;
        }
    }

    /// Reads until the buffer has this length.
    async fn read_to(&mut self, length: usize) -> io::Result<()> {
        while self.buffer.len() < length {
            self.read_more().await?;
        }
        Ok(())
    }

    async fn read_more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// Requests, each with the length of its response, which is always the same.
pub type Workload = Arc<[(Request, usize)]>;

/// What one round measured.
#[derive(Clone, Copy, Debug)]
pub struct RoundResult {
    /// Responses per second.
    pub rate: f64,
    /// The times that 50 and 99 percent of the requests did not exceed, in milliseconds.
    pub p50: f64,
    pub p99: f64,
}

impl RoundResult {
    /// From the time of each request, and the time of the whole round.
    pub fn new(mut times: Vec<Duration>, total: Duration) -> RoundResult {
        times.sort_unstable();
        let percentile = |percent: usize| times.get(times.len() * percent / 100);
        let percentile = |percent| percentile(percent).map_or(0.0, Duration::as_secs_f64) * 1000.0;
        let count = f64::from(u32::try_from(times.len()).unwrap_or(u32::MAX));
        RoundResult { rate: count / total.as_secs_f64(), p50: percentile(50), p99: percentile(99) }
    }

    /// A line for the terminal.
    pub fn summary(&self, kind: SystemKind) -> String {
        let RoundResult { rate, p50, p99 } = self;
        format!("{} {rate:.0}/s, p50 {p50:.2} ms, p99 {p99:.2} ms", kind.name())
    }
}

/// Repeats the workload over a number of connections until the time is over.
pub async fn run_round(
    port: u16,
    workload: &Workload,
    connections: usize,
    length: Duration,
) -> io::Result<RoundResult> {
    let start = Instant::now();
    let first = |number| number * workload.len() / connections;
    let tasks =
        (0..connections).map(|number| tokio::spawn(repeat(port, workload.clone(), first(number), start + length)));
    let times = join(tasks.collect()).await?;
    Ok(RoundResult::new(times, start.elapsed()))
}

/// Sends each request once, over a number of connections, and returns the time of each. All responses must pass the
/// check.
pub async fn send_once(
    port: u16,
    requests: &Arc<[Request]>,
    connections: usize,
    is_expected: fn(&[u8]) -> bool,
) -> io::Result<Vec<Duration>> {
    let next = Arc::new(AtomicUsize::new(0));
    let send_rest = |requests: Arc<[Request]>, next: Arc<AtomicUsize>| async move {
        let mut connection = Connection::open(port).await?;
        let mut times = Vec::new();
        while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
            let start = Instant::now();
            let body = connection.send(request).await?;
            times.push(start.elapsed());
            if !is_expected(&body) {
                return Err(io::Error::other(String::from_utf8_lossy(&body).into_owned()));
            }
        }
        Ok(times)
    };
    join((0..connections).map(|_| tokio::spawn(send_rest(requests.clone(), next.clone()))).collect()).await
}

/// The times that these tasks measured.
async fn join(tasks: Vec<JoinHandle<io::Result<Vec<Duration>>>>) -> io::Result<Vec<Duration>> {
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.map_err(io::Error::other)??);
    }
    Ok(times)
}

/// Sends one request after the other, beginning with the one at `first`, until the end.
async fn repeat(port: u16, workload: Workload, first: usize, end: Instant) -> io::Result<Vec<Duration>> {
    let mut connection = Connection::open(port).await?;
    let mut times = Vec::new();
    for (request, length) in workload.iter().cycle().skip(first) {
        let start = Instant::now();
        if start >= end {
            break;
        }
        let body = connection.send(request).await?;
        if body.len() != *length {
            return Err(io::Error::other(format!("the response has changed: {}", String::from_utf8_lossy(&body))));
        }
        times.push(start.elapsed());
    }
    Ok(times)
}
