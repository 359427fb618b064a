//! Serving, from the first connection to the end of the last one.

use super::connection::Acceptor;
use super::routes::router;
use super::state::Server;
use super::tls::Certificates;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long requests under way may take once the server closes.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

impl Server {
    /// Serves until `closing` is canceled. Streams end then at once, and requests and sockets within
    /// [`SHUTDOWN_TIMEOUT`].
    pub async fn serve(self, listener: TcpListener, certificates: Option<Certificates>) {
        let (closing, tasks) = (self.closing.clone(), self.tasks.clone());
        let acceptor = Acceptor {
            limits: self.limits,
            counters: self.counters.clone(),
            closing: closing.clone(),
            tasks: tasks.clone(),
            certificates,
            // Each layer clones the server for each request.
            router: router(Arc::new(self)),
        };
        let serving = async {
            acceptor.run(listener).await;
            tasks.close();
            tasks.wait().await;
        };
        let timeout = async {
            closing.cancelled().await;
            tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
        };
        tokio::select! {
            () = serving => {}
            () = timeout => {}
        }
    }
}
