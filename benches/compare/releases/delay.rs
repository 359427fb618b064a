//! How long it takes from asking for a release until a subscriber has the last status of its instances.

use super::moves::{MOVED, Move, is_accepted};
use crate::listener::{Arrivals, Listener};
use crate::load::{Connection, Outcome};
use crate::systems::{Kind, System};
use crate::way::Way;
use crate::work::Speaks;
use anyhow::{Context, ensure};
use lockkeeper::domain;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

/// What was measured of one system.
pub struct Delay {
    pub kind: Kind,
    /// How many instances a release moves at a time.
    pub at_a_time: usize,
    pub outcome: Outcome,
}

/// So many releases, one after the other while nothing else happens, all their instances at a time, and one by one.
pub async fn measure(system: &System, one: &Move, releases: usize) -> anyhow::Result<Vec<Delay>> {
    let arrivals = Arc::new(Arrivals::default());
    let mut connection = Connection::open(system.port).await?;
    subscribe(system, one, &mut connection, &arrivals).await?;
    let mut delays = Vec::new();
    for at_a_time in [MOVED, 1] {
        let (mut times, began) = (Vec::new(), Instant::now());
        for way in Way::BOTH.into_iter().cycle().take(releases.next_multiple_of(2)) {
            let request = one.request(&system.speaks, system.port, way, at_a_time);
            let asked = Instant::now();
            let body = connection.ask(&request).await?;
            ensure!(is_accepted(&body), "{}", String::from_utf8_lossy(&body));
            // Each instance is told of twice: that it is being moved, and that it runs.
            arrivals.wait(2 * MOVED).await;
            times.extend(arrivals.take().last().map(|last| *last - asked));
        }
        delays.push(Delay { kind: system.kind, at_a_time, outcome: Outcome::of(times, began.elapsed()) });
    }
    Ok(delays)
}

/// Has the events of the service counted from now on.
async fn subscribe(
    system: &System,
    one: &Move,
    connection: &mut Connection,
    arrivals: &Arc<Arrivals>,
) -> anyhow::Result<()> {
    let Speaks::Graphql { headers, .. } = &system.speaks else { anyhow::bail!("it has no subscriptions") };
    let body = connection.ask(&system.speaks.ask(system.port, "{ eventCursor }", &json!({}))).await?;
    let after = serde_json::from_slice::<Value>(&body)?["data"]["eventCursor"].take();
    let service = domain::Kind::Service.id(one.service).to_string();
    let payload = json!({
        "query": include_str!("../documents/lockkeeper/watch.graphql"),
        "variables": { "service": service, "after": after },
    });
    let authorization = headers.trim().strip_prefix("Authorization: ").context("it has a token")?;
    let mut listener = Listener::open(&format!("127.0.0.1:{}", system.port), "/graphql/ws").await;
    let init = json!({ "type": "connection_init", "payload": { "authorization": authorization } });
    listener.say(&init.to_string()).await;
    listener.hear().await;
    listener.say(&json!({ "id": "1", "type": "subscribe", "payload": payload }).to_string()).await;
    tokio::spawn(listener.listen(0, arrivals.clone()));
    Ok(())
}
