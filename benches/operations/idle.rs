//! What a server takes that nobody asks anything.

use crate::taken;
use serde_json::json;
use std::time::Duration;
use testkit::{Server, Socket};

const SUBSCRIBERS: usize = 1000;
/// How long it is watched.
const WATCHED: Duration = Duration::from_secs(10);

/// Resident memory in MB, and the part of one core that is used; `watched` with subscribers.
pub struct Idle {
    pub memory: f64,
    pub cpu: f64,
    pub watched: f64,
    pub watched_cpu: f64,
}

/// Watches a server for a while, and again with subscribers, each with a socket of its own.
pub async fn measure(server: &Server) -> anyhow::Result<Idle> {
    let cpu = taken::processor(server, WATCHED).await?;
    let memory = taken::memory(server)?;
    let token = server.token("watcher", "viewer");
    let mut sockets = Vec::with_capacity(SUBSCRIBERS);
    for _ in 0..SUBSCRIBERS {
        let mut socket = Socket::open(server, &token).await;
        socket.begin("all", "subscription { instanceStatusChanged { instanceId revision status } }", json!({})).await;
        sockets.push(socket);
    }
    let watched_cpu = taken::processor(server, WATCHED).await?;
    Ok(Idle { memory, cpu, watched: taken::memory(server)?, watched_cpu })
}
