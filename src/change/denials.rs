//! Mutations that the caller's role does not allow, on their way into the audit log. Nothing limits how often a caller
//! tries, so attempts are counted here, and written together at most once a second.

use super::audit_input;
use crate::domain::Caller;
use crate::domain::audit::AuditOutcome;
use crate::limits::Bytes;
use crate::store::{Db, Result, audit};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long to wait between two writes.
const WRITE_INTERVAL: Duration = Duration::from_secs(1);

/// Counts denials and writes them. Clones count together.
#[derive(Clone)]
pub struct Denials {
    db: Db,
    audit_input: Bytes,
    waiting: Arc<Mutex<Waiting>>,
    /// Held while some are written.
    writing: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct Waiting {
    /// By caller and operation, of which there is a bounded number.
    denials: BTreeMap<(String, &'static str), Denial>,
    /// Whether a task writes them.
    written: bool,
}

/// Attempts of one caller at one operation, as the first of them was made.
struct Denial {
    caller: Caller,
    request_id: String,
    input: Value,
    count: i64,
}

impl Denials {
    /// With nothing counted yet. Inputs are cut to `audit_input`.
    pub fn new(db: Db, audit_input: Bytes) -> Denials {
        Denials { db, audit_input, waiting: Arc::default(), writing: Arc::default() }
    }

    /// How much of an input an entry keeps.
    pub fn audit_input(&self) -> Bytes {
        self.audit_input
    }

    /// Counts an attempt. It is written soon, in another task.
    pub fn count(&self, caller: &Caller, request_id: &str, operation: &'static str, input: &Value) {
        let mut waiting = self.waiting.lock();
        let new = || Denial {
            caller: caller.clone(),
            request_id: request_id.to_owned(),
            input: audit_input::cut(input, self.audit_input).into_owned(),
            count: 0,
        };
        waiting.denials.entry((caller.name.clone(), operation)).or_insert_with(new).count += 1;
        if !waiting.written {
            waiting.written = true;
            tokio::spawn(self.clone().write_all());
        }
    }

    /// Writes until there are none.
    async fn write_all(self) {
        while self.flush().await {
            self.db.retry_after(WRITE_INTERVAL).await;
        }
    }

    /// Writes what was counted until now. Returns whether there was any.
    pub async fn flush(&self) -> bool {
        let _writing = self.writing.lock().await;
        let denials = {
            let mut waiting = self.waiting.lock();
            waiting.written = !waiting.denials.is_empty();
            std::mem::take(&mut waiting.denials)
        };
        let any = !denials.is_empty();
        if any && let Err(error) = self.write(&denials).await {
            tracing::warn!(%error, "denied mutations could not be written to the audit log; trying again");
            self.count_again(denials);
        }
        any
    }

    async fn write(&self, denials: &BTreeMap<(String, &'static str), Denial>) -> Result<()> {
        let mut tx = self.db.begin().await?;
        for ((_, operation), Denial { caller, request_id, input, count }) in denials {
            let entry = audit::Entry {
                caller: &caller.name,
                credential: &caller.credential,
                address: caller.address,
                request_id: Some(request_id),
                operation,
                outcome: AuditOutcome::Denied,
                input,
                result: json!(["FORBIDDEN"]),
                count: *count,
            };
            audit::record_denials(&mut tx, &entry).await?;
        }
        tx.commit().await
    }

    fn count_again(&self, denials: BTreeMap<(String, &'static str), Denial>) {
        let mut waiting = self.waiting.lock();
        for (key, mut denial) in denials {
            denial.count += waiting.denials.remove(&key).map_or(0, |newer| newer.count);
            waiting.denials.insert(key, denial);
        }
    }
}
