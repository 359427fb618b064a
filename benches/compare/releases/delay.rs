//! How long it takes from requesting a release until a subscriber has the final status of its instances.

use super::moves::{INSTANCES_PER_RELEASE, Move, is_accepted};
use crate::direction::Direction;
use crate::listener::{Arrivals, Listener};
use crate::load::{Connection, RoundResult};
use crate::queries::Protocol;
use crate::systems::{System, SystemKind};
use anyhow::{Context, ensure};
use lockkeeper::domain::Kind;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

/// The delays of one system.
pub struct DeliveryDelay {
    pub kind: SystemKind,
    /// How many instances a release moves in parallel.
    pub max_parallel: usize,
    pub result: RoundResult,
}

/// Requests releases, one after the other while nothing else happens, first with all instances in parallel and then one
/// by one.
pub async fn measure(system: &System, one: &Move, releases: usize) -> anyhow::Result<Vec<DeliveryDelay>> {
    let arrivals = Arc::new(Arrivals::default());
    let mut connection = Connection::open(system.port).await?;
    subscribe(system, one, &mut connection, &arrivals).await?;
    let mut delays = Vec::new();
    for max_parallel in [INSTANCES_PER_RELEASE, 1] {
        let (mut times, start) = (Vec::new(), Instant::now());
        for direction in Direction::BOTH.into_iter().cycle().take(releases.next_multiple_of(2)) {
            let request = one.request(&system.protocol, system.port, direction, max_parallel);
            let sent = Instant::now();
            let body = connection.send(&request).await?;
            ensure!(is_accepted(&body), "{}", String::from_utf8_lossy(&body));
            // Each instance has two events: that it is being moved, and that it runs.
            arrivals.wait(2 * INSTANCES_PER_RELEASE).await;
            times.extend(arrivals.take().last().map(|last| *last - sent));
        }
        let result = RoundResult::new(times, start.elapsed());
        delays.push(DeliveryDelay { kind: system.kind, max_parallel, result });
    }
    Ok(delays)
}

/// Subscribes to the service's events from now on, which are counted as they arrive.
async fn subscribe(
    system: &System,
    one: &Move,
    connection: &mut Connection,
    arrivals: &Arc<Arrivals>,
) -> anyhow::Result<()> {
    let Protocol::Graphql { headers, .. } = &system.protocol else { anyhow::bail!("the floor has no subscriptions") };
    let body = connection.send(&system.protocol.request(system.port, "{ eventCursor }", &json!({}))).await?;
    let after = serde_json::from_slice::<Value>(&body)?["data"]["eventCursor"].take();
    let service = Kind::Service.id(one.service).to_string();
    let payload = json!({
        "query": include_str!("../documents/lockkeeper/watch.graphql"),
        "variables": { "service": service, "after": after },
    });
    let authorization = headers.trim().strip_prefix("Authorization: ").context("requests have a token")?;
    let mut listener = Listener::open(&format!("127.0.0.1:{}", system.port), "/graphql/ws").await;
    let init = json!({ "type": "connection_init", "payload": { "authorization": authorization } });
    listener.send_text(&init.to_string()).await;
    listener.receive_text().await;
    listener.send_text(&json!({ "id": "1", "type": "subscribe", "payload": payload }).to_string()).await;
    tokio::spawn(listener.listen(0, arrivals.clone()));
    Ok(())
}
