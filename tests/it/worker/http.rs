//! A small HTTP service of the tests, which answers as it is told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// How a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Status(u16),
    /// To a place that would answer 200.
    Redirect,
    /// Nothing is sent, and the connection stays open.
    Hang,
    /// A status, and then a body of 1 GiB, as fast as it is read.
    Huge(u16),
}

/// The service, until it is dropped.
pub struct Service {
    pub address: SocketAddr,
    requests: Arc<AtomicUsize>,
    _task: AbortOnDropHandle<()>,
}

impl Service {
    /// Answers each request by its path and its number, from 1.
    pub async fn start(answer: impl Fn(&str, usize) -> Answer + Send + Sync + 'static) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (answer, requests) = (Arc::new(answer), Arc::new(AtomicUsize::new(0)));
        let count = requests.clone();
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (answer, count) = (answer.clone(), count.clone());
                tokio::spawn(async move {
                    let mut stream = stream;
                    let path = path(&mut stream).await;
                    let answer = answer(&path, count.fetch_add(1, Ordering::SeqCst) + 1);
                    // The client may have gone.
                    let _ = send(&mut stream, answer).await;
                });
            }
        });
        Service { address, requests, _task: AbortOnDropHandle::new(task) }
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn path(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).split(' ').take(2).collect::<Vec<_>>().join(" ")
}

async fn send(stream: &mut TcpStream, answer: Answer) -> std::io::Result<()> {
    match answer {
        Answer::Status(status) => {
            let text = format!(
                "HTTP/1.1 {status} X\r\ncontent-length: 9\r\nconnection: close\r\n\r\nbecause {}",
                status / 100
            );
            stream.write_all(text.as_bytes()).await
        }
        Answer::Redirect => {
            let text = "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(text.as_bytes()).await
        }
        Answer::Hang => std::future::pending().await,
        Answer::Huge(status) => {
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", 1_u64 << 30);
            stream.write_all(head.as_bytes()).await?;
            let block = vec![b'x'; 1 << 20];
            for _ in 0..1 << 10 {
                stream.write_all(&block).await?;
            }
            Ok(())
        }
    }
}
