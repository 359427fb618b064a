//! What a subscriber gets, written down event by event, over any number of reconnects.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testkit::Client;
use testkit::Database;
use testkit::MAX_WAIT;
use tokio_util::task::AbortOnDropHandle;

const WATCH: &str = "subscription($after: String) { instanceStatusChanged(after: $after) {
    cursor instanceId revision previousStatus status } }";

/// An instance's event, as `ins_7 3 UPGRADING`.
pub type Told = String;

/// A subscriber of all instances. It goes on behind the last event that it got, whatever happens to its connection. Each
/// connection may be to another server, so it follows the cursors itself.
pub struct Record {
    seen: Arc<Mutex<Vec<Told>>>,
    reconnects: Arc<Mutex<usize>>,
    _task: AbortOnDropHandle<()>,
}

impl Record {
    /// Subscribes behind this cursor, at the address that this gives whenever it has to connect.
    pub fn start(after: Value, client: impl Fn() -> Client + Send + 'static) -> Record {
        let (seen, reconnects) = (Arc::<Mutex<Vec<Told>>>::default(), Arc::<Mutex<usize>>::default());
        let (keep, count) = (seen.clone(), reconnects.clone());
        let task = tokio::spawn(async move {
            let mut after = after;
            loop {
                // A connection that is lost, or refused, is made anew.
                if let Ok(mut stream) = client().try_subscribe(WATCH, json!({ "after": after })).await {
                    while let Some(sent) = stream.try_next().await {
                        assert!(sent.data["errors"].is_null(), "{sent:#?}");
                        let event = &sent.data["data"]["instanceStatusChanged"];
                        let text = |key: &str| event[key].as_str().unwrap().to_owned();
                        keep.lock().unwrap().push(format!(
                            "{} {} {}",
                            text("instanceId"),
                            event["revision"],
                            text("status")
                        ));
                        after = event["cursor"].clone();
                    }
                }
                *count.lock().unwrap() += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        Record { seen, reconnects, _task: AbortOnDropHandle::new(task) }
    }

    /// How often it had to connect anew.
    pub fn reconnects(&self) -> usize {
        *self.reconnects.lock().unwrap()
    }

    /// Waits until it has all that is stored, and asserts that it got each event once, in order (I5).
    pub async fn assert_complete(&self, stored: &Database) -> usize {
        let all = stored
            .texts(
                "SELECT 'ins_' || CAST(instance_id AS text) || ' ' || CAST(revision AS text) || ' ' || status
                 FROM event WHERE subject = 'INSTANCE' ORDER BY position",
            )
            .await;
        let began = Instant::now();
        while self.seen.lock().unwrap().len() < all.len() && began.elapsed() < MAX_WAIT {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let seen = self.seen.lock().unwrap().clone();
        assert!(seen == all, "seen {} of {}: {:?}", seen.len(), all.len(), difference(&seen, &all));
        let mut revisions: HashMap<&str, u64> = HashMap::new();
        for received in &seen {
            let (instance, rest) = received.split_once(' ').unwrap();
            let last = revisions.entry(instance).or_default();
            *last += 1;
            assert!(rest.starts_with(&format!("{last} ")), "{received} after revision {}", *last - 1);
        }
        seen.len()
    }
}

fn difference<'a>(seen: &'a [Told], all: &'a [Told]) -> Option<(usize, Option<&'a Told>, Option<&'a Told>)> {
    let first = (0..seen.len().max(all.len())).find(|place| seen.get(*place) != all.get(*place))?;
    Some((first, seen.get(first), all.get(first)))
}
