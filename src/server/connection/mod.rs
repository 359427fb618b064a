//! How connections are accepted, watched and let go. A request that has arrived in whole goes on to the routes; until
//! then, and while its answer is read, the client has to keep within the times of `[limits]`.

mod clock;
mod opened;
mod places;
mod requests;
mod wire;

pub use clock::Why;
pub use requests::Peer;

use super::counts::Counts;
use super::seldom::Seldom;
use super::tls::Certificates;
use crate::limits::Limits;
use axum::Router;
use clock::Clock;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use opened::Opened;
use places::Places;
use requests::Requests;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wire::Wire;

/// How long to wait when the system has no descriptor for another connection.
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// What is read before it is looked at: more than the largest head, whose path has at most 64 KiB.
const BUFFER_BYTES: usize = 128 * 1024;

/// What all connections share.
pub struct Acceptor {
    pub router: Router,
    pub limits: Limits,
    /// `None` where TLS is not spoken.
    pub certificates: Option<Certificates>,
    pub counts: Counts,
    /// Canceled when no connection is accepted any more, and open ones end with the request under way.
    pub closing: CancellationToken,
    /// Has a task for each connection.
    pub underway: TaskTracker,
}

impl Acceptor {
    /// Accepts connections until `closing` is canceled.
    pub async fn run(self, listener: TcpListener) {
        let places = Places::new(self.limits.max_connections(), self.counts.clone());
        let closing = self.closing.clone();
        let acceptor = Arc::new(self);
        let accepting = async {
            let refused = Seldom::default();
            loop {
                match listener.accept().await {
                    Ok((stream, peer)) => acceptor.clone().take(&places, stream, peer).await,
                    Err(error) if is_of_one_connection(&error) => {}
                    Err(error) => {
                        if refused.is_due() {
                            tracing::warn!(%error, "a connection cannot be accepted; trying again");
                        }
                        places.evict();
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

    async fn take(self: Arc<Self>, places: &Arc<Places>, stream: TcpStream, peer: SocketAddr) {
        let Some(place) = places.take().await else { return };
        // An event is small, and is to arrive at once. A peer that has gone is found out when it is read from.
        let _ = stream.set_nodelay(true);
        let opened = Arc::new(Opened::new(Clock::new(&self.limits, Instant::now()), place));
        let wire = Wire::new(stream, opened.clone());
        let underway = self.underway.clone();
        underway.spawn(async move {
            tokio::select! {
                biased;
                () = self.attend(wire, peer, &opened) => {}
                why = opened.ended() => {
                    self.counts.closed(why);
                    tracing::debug!(%peer, reason = why.word(), "a connection is closed");
                }
            }
        });
    }

    async fn attend(&self, wire: Wire, peer: SocketAddr, opened: &Arc<Opened>) {
        match &self.certificates {
            None => self.converse(wire, peer, opened).await,
            Some(certificates) => match certificates.accept(wire).await {
                Ok(stream) => self.converse(stream, peer, opened).await,
                Err(error) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
            },
        }
    }

    async fn converse(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: SocketAddr,
        opened: &Arc<Opened>,
    ) {
        let requests = Requests::new(self.router.clone(), Peer(peer), opened.clone());
        let conversation = http1::Builder::new()
            // The clock of the connection tells a head from silence.
            .header_read_timeout(None)
            .max_buf_size(BUFFER_BYTES)
            .title_case_headers(true)
            .preserve_header_case(true)
            .serve_connection(TokioIo::new(stream), requests)
            .with_upgrades();
        tokio::pin!(conversation);
        let ended = tokio::select! {
            ended = conversation.as_mut() => ended,
            () = self.closing.cancelled() => {
                conversation.as_mut().graceful_shutdown();
                conversation.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "a connection ended with an error");
        }
    }
}

/// Whether the error says something about the connection that was to be accepted, and nothing about the next one.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
