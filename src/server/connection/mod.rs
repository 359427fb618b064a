//! How connections are accepted, timed and closed. A request that has arrived goes on to the routes; until then, and
//! while its response is read, the client has to keep within the timeouts of `[limits]`.

pub mod clock;
mod open_connection;
mod service;
mod slots;
mod timed_stream;

pub use service::Peer;

use super::counters::Counters;
use super::limits::Throttle;
use super::tls::Certificates;
use crate::limits::Limits;
use axum::Router;
use clock::Clock;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use open_connection::OpenConnection;
use service::ConnectionService;
use slots::Slots;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use timed_stream::TimedStream;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long to wait when the system has no file descriptor for another connection.
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// The buffer for the head of a request. The largest head is smaller: its path has at most 64 KiB.
const BUFFER_BYTES: usize = 128 * 1024;

/// Accepts connections; what all of them share.
pub struct Acceptor {
    pub router: Router,
    pub limits: Limits,
    /// `None` if the server does not use TLS.
    pub certificates: Option<Certificates>,
    pub counters: Counters,
    /// Canceled when no more connections are to be accepted, and open ones are to end after the request under way.
    pub closing: CancellationToken,
    /// Has a task for each connection.
    pub tasks: TaskTracker,
}

impl Acceptor {
    /// Accepts connections until `closing` is canceled.
    pub async fn run(self, listener: TcpListener) {
        let slots = Slots::new(self.limits.max_connections(), self.counters.clone());
        let closing = self.closing.clone();
        let acceptor = Arc::new(self);
        let accepting = async {
            let warnings = Throttle::default();
            loop {
                match listener.accept().await {
                    Ok((stream, peer)) => acceptor.clone().start(&slots, stream, peer).await,
                    Err(error) if concerns_one_connection(&error) => {}
                    Err(error) => {
                        if warnings.is_due() {
                            tracing::warn!(%error, "no connection can be accepted; trying again");
                        }
                        slots.evict();
                        sleep(RETRY_DELAY).await;
                    }
                }
            }
        };
        tokio::select! {
            () = closing.cancelled() => {}
            () = accepting => {}
        }
    }

    async fn start(self: Arc<Self>, slots: &Arc<Slots>, stream: TcpStream, peer: SocketAddr) {
        let Some(slot) = slots.acquire().await else { return };
        // Events are small and must arrive at once. If the peer is gone already, reading will fail.
        let _ = stream.set_nodelay(true);
        let connection = Arc::new(OpenConnection::new(Clock::new(&self.limits, Instant::now()), slot));
        let stream = TimedStream::new(stream, connection.clone());
        let tasks = self.tasks.clone();
        tasks.spawn(async move {
            tokio::select! {
                biased;
                () = self.serve(stream, peer, &connection) => {}
                reason = connection.must_close() => {
                    self.counters.connection_closed(reason);
                    tracing::debug!(%peer, exceeded = reason.setting(), "the server closes a connection");
                }
            }
        });
    }

    async fn serve(&self, stream: TimedStream, peer: SocketAddr, connection: &Arc<OpenConnection>) {
        match &self.certificates {
            None => self.serve_http(stream, peer, connection).await,
            Some(certificates) => match certificates.accept(stream).await {
                Ok(stream) => self.serve_http(stream, peer, connection).await,
                Err(error) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
            },
        }
    }

    async fn serve_http(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
        connection: &Arc<OpenConnection>,
    ) {
        let service = ConnectionService::new(self.router.clone(), Peer(peer), connection.clone());
        let serving = http1::Builder::new()
            // The clock of the connection has this timeout: it tells a slow head from an idle connection.
            .header_read_timeout(None)
            .max_buf_size(BUFFER_BYTES)
            .title_case_headers(true)
            .preserve_header_case(true)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::pin!(serving);
        let ended = tokio::select! {
            ended = serving.as_mut() => ended,
            () = self.closing.cancelled() => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "a connection ended with an error");
        }
    }
}

/// Whether an error concerns only the connection that was to be accepted, and not the next one.
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
