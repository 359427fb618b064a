//! Asks the same things again and again over as many connections, with little work of its own: it shares the machine
//! with what it measures.

use crate::systems::Kind;
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

    /// A POST of JSON, with further headers, each ended by a line break.
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
    /// What was read and not yet taken.
    read: Vec<u8>,
}

impl Connection {
    pub async fn open(port: u16) -> io::Result<Connection> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, read: Vec::with_capacity(1 << 18) })
    }

    /// The body of the answer, whose status has to be 200.
    pub async fn ask(&mut self, request: &Request) -> io::Result<Vec<u8>> {
        self.stream.write_all(&request.0).await?;
        let head = self.until(b"\r\n\r\n", 0).await?;
        let text = String::from_utf8_lossy(&self.read[..head]).to_ascii_lowercase();
        let header =
            |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
        let ok = text.starts_with("http/1.1 200");
        let length: Option<usize> = header("content-length").and_then(|length| length.parse().ok());
        let body = match length {
            Some(length) => {
                self.fill(head + length).await?;
                let body = self.read[head..head + length].to_vec();
                self.read.drain(..head + length);
                body
            }
            None if header("transfer-encoding") == Some("chunked") => self.chunks(head).await?,
            None => return Err(io::Error::other(format!("an answer without a length: {text}"))),
        };
        match ok {
            true => Ok(body),
            false => Err(io::Error::other(format!("{text}{}", String::from_utf8_lossy(&body)))),
        }
    }

    /// A body in chunks that begins here.
    async fn chunks(&mut self, mut at: usize) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = self.until(b"\r\n", at).await?;
            let size =
                std::str::from_utf8(&self.read[at..end - 2]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
            let size = size.ok_or_else(|| io::Error::other("a chunk without a size"))?;
            at = end + size + 2;
            self.fill(at).await?;
            body.extend_from_slice(&self.read[end..end + size]);
            if size == 0 {
                self.read.drain(..at);
                return Ok(body);
            }
        }
    }

    /// Reads until there is a mark behind this place; gives where it ends.
    async fn until(&mut self, mark: &[u8], from: usize) -> io::Result<usize> {
        let mut searched = from;
        loop {
            if let Some(found) = self.read[searched..].windows(mark.len()).position(|bytes| bytes == mark) {
                return Ok(searched + found + mark.len());
            }
            searched = from.max((self.read.len() + 1).saturating_sub(mark.len()));
            self.more().await?;
        }
    }

    async fn fill(&mut self, length: usize) -> io::Result<()> {
        while self.read.len() < length {
            self.more().await?;
        }
        Ok(())
    }

    async fn more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// Requests, each with how long its answer is: it is the same each time.
pub type Work = Arc<[(Request, usize)]>;

/// What one round came to.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Answers in a second.
    pub rate: f64,
    /// The time that half of the requests, and 99 of 100, stayed below, in milliseconds.
    pub p50: f64,
    pub p99: f64,
}

impl Outcome {
    /// Of how long each took, and all of them together.
    pub fn of(mut times: Vec<Duration>, whole: Duration) -> Outcome {
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100);
        let at = |percent| at(percent).map_or(0.0, Duration::as_secs_f64) * 1000.0;
        let many = f64::from(u32::try_from(times.len()).unwrap_or(u32::MAX));
        Outcome { rate: many / whole.as_secs_f64(), p50: at(50), p99: at(99) }
    }

    pub fn told(&self, kind: Kind) -> String {
        let Outcome { rate, p50, p99 } = self;
        format!("{} {rate:.0}/s, p50 {p50:.2} ms, p99 {p99:.2} ms", kind.name())
    }
}

/// Does the work for so long, over so many connections.
pub async fn round(port: u16, work: &Work, connections: usize, length: Duration) -> io::Result<Outcome> {
    let began = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|number| tokio::spawn(one(port, work.clone(), number * work.len() / connections, began + length)))
        .collect();
    let times = all(tasks).await?;
    Ok(Outcome::of(times, began.elapsed()))
}

/// Asks each of these once, over so many connections; gives how long each took. All answers have to fit.
pub async fn each(
    port: u16,
    requests: &Arc<[Request]>,
    connections: usize,
    fits: fn(&[u8]) -> bool,
) -> io::Result<Vec<Duration>> {
    let next = Arc::new(AtomicUsize::new(0));
    let one = |requests: Arc<[Request]>, next: Arc<AtomicUsize>| async move {
        let mut connection = Connection::open(port).await?;
        let mut times = Vec::new();
        while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
            let began = Instant::now();
            let body = connection.ask(request).await?;
            times.push(began.elapsed());
            if !fits(&body) {
                return Err(io::Error::other(String::from_utf8_lossy(&body).into_owned()));
            }
        }
        Ok(times)
    };
    all((0..connections).map(|_| tokio::spawn(one(requests.clone(), next.clone()))).collect()).await
}

/// What all of these took.
async fn all(tasks: Vec<JoinHandle<io::Result<Vec<Duration>>>>) -> io::Result<Vec<Duration>> {
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.map_err(io::Error::other)??);
    }
    Ok(times)
}

/// Asks one thing after the other until it is time to end.
async fn one(port: u16, work: Work, first: usize, end: Instant) -> io::Result<Vec<Duration>> {
    let mut connection = Connection::open(port).await?;
    let mut times = Vec::new();
    for (request, length) in work.iter().cycle().skip(first) {
        let began = Instant::now();
        if began >= end {
            break;
        }
        let body = connection.ask(request).await?;
        if body.len() != *length {
            return Err(io::Error::other(format!("another answer than before: {}", String::from_utf8_lossy(&body))));
        }
        times.push(began.elapsed());
    }
    Ok(times)
}
