//! What a server takes that nobody asks anything.

use crate::support::{Server, Socket};
use serde_json::json;
use std::fs;
use std::time::Duration;

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
    let cpu = used(server).await?;
    let memory = resident(server)?;
    let token = server.token("watcher", "viewer");
    let mut sockets = Vec::with_capacity(SUBSCRIBERS);
    for _ in 0..SUBSCRIBERS {
        let mut socket = Socket::open(server, &token).await;
        socket.begin("all", "subscription { instanceStatusChanged { instanceId revision status } }", json!({})).await;
        sockets.push(socket);
    }
    let watched_cpu = used(server).await?;
    Ok(Idle { memory, cpu, watched: resident(server)?, watched_cpu })
}

fn resident(server: &Server) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1000.0)
}

/// The part of one core that is used meanwhile.
async fn used(server: &Server) -> anyhow::Result<f64> {
    let before = run(server)?;
    tokio::time::sleep(WATCHED).await;
    Ok((run(server)? - before) / WATCHED.as_secs_f64())
}

/// How long its threads have run, in seconds.
fn run(server: &Server) -> anyhow::Result<f64> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{}/task", server.pid()))? {
        // A thread may have ended meanwhile.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        nanoseconds += text.split_whitespace().next().unwrap_or("0").parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds).as_secs_f64())
}
