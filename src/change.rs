//! What every mutation has in common: one transaction, in which the idempotency key is looked up first,
//! and whose effect, events, key and audit entry appear together or not at all (R8, R10, I7).

mod denials;
mod input;
mod keep;

pub use denials::Denials;
pub use keep::keep;

use crate::domain::audit::AuditOutcome;
use crate::domain::event::NewEvent;
use crate::domain::{Caller, Id, Problem, ProblemCode, Problems, Timestamp};
use crate::limits::Bytes;
use crate::store::idempotency::Kept;
use crate::store::{Db, Json, Result, Tx, audit, events, idempotency};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// Who asks for a change, and with what words.
#[derive(Clone, Debug)]
pub struct Request {
    pub caller: Caller,
    /// Told in answers, logs and audit entries alike.
    pub request_id: String,
    /// The mutation's field, for example `upgradeInstances`.
    pub operation: &'static str,
    /// The coerced input, defaults filled in.
    pub input: Value,
    /// The key, if the caller gave one.
    pub idempotency_key: Option<String>,
    /// How much of the input is kept in the audit entry of a refusal.
    pub audit_input: Bytes,
}

impl Request {
    /// What a key stands for: the mutation and its coerced input without `idempotencyKey` and `dryRun`.
    /// Left out, null and the default are equal; lists of hosts are sorted (R10).
    fn fingerprint(&self) -> String {
        let mut input = self.input.clone();
        if let Some(input) = input.as_object_mut() {
            input.remove("idempotencyKey");
            input.remove("dryRun");
            for list in ["hostIds", "hostnames"] {
                if let Some(Value::Array(hosts)) = input.get_mut("hosts").and_then(|hosts| hosts.get_mut(list)) {
                    hosts.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
                }
            }
        }
        let mut text = String::from(self.operation);
        canonical(&input, &mut text);
        hex::encode(Sha256::digest(text))
    }
}

/// One spelling of a value: keys sorted, nulls left out.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().filter(|(_, value)| !value.is_null()).collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in entries {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for value in list {
                canonical(value, out);
                out.push(',');
            }
            out.push(']');
        }
        value => out.push_str(&value.to_string()),
    }
}

/// A change under way. Dropped without `commit`, it leaves nothing behind.
pub struct Change<'r> {
    pub tx: Tx,
    /// One instant for all that it writes, by the database's clock.
    pub now: Timestamp,
    /// Name of the caller who asks for it.
    pub by: &'r str,
    db: &'r Db,
    request: &'r Request,
    events: Vec<NewEvent>,
}

impl<'r> Change<'r> {
    /// Begins the transaction.
    pub async fn begin(db: &'r Db, request: &'r Request) -> Result<Change<'r>> {
        let mut tx = db.begin().await?;
        let now = tx.now().await?;
        Ok(Change { tx, now, by: &request.caller.name, db, request, events: Vec::new() })
    }

    /// What an earlier request with the same key made, if there was one: the numbers of its rows. To be
    /// asked before anything else, so that a replay answers also when its things are gone (R10). What cannot
    /// be a key is noted beside the other problems (R4).
    pub async fn replay(&mut self, problems: &mut Problems) -> Result<Result<Option<Vec<i64>>, Problem>> {
        let Some(key) = &self.request.idempotency_key else { return Ok(Ok(None)) };
        if !(1..=255).contains(&key.chars().count()) || key.chars().any(char::is_control) {
            let message = "An idempotency key has 1 to 255 characters, and no control characters.";
            problems.add(Problem::new(ProblemCode::Invalid, "idempotencyKey", message));
            return Ok(Ok(None));
        }
        let Some(kept) = idempotency::find(&mut self.tx, &self.request.caller.name, key, self.now).await? else {
            return Ok(Ok(None));
        };
        if kept.operation == self.request.operation && kept.fingerprint == self.request.fingerprint() {
            return Ok(Ok(Some(kept.result.0)));
        }
        let message = "This idempotency key was used before, with other arguments. Use a new key for a new request.";
        Ok(Err(Problem::new(ProblemCode::IdempotencyKeyReused, "idempotencyKey", message).about(related(&kept))))
    }

    /// Reads the clock again, after a wait for locks: what had them before is over by now, and what is told of
    /// one thing does not go back in time.
    pub async fn waited(&mut self) -> Result<()> {
        self.now = self.tx.now().await?;
        Ok(())
    }

    /// Notes an event, to be appended at the end.
    pub fn tell(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// Keeps the key with the numbers of the rows that were made, writes the audit entry with the ids of
    /// what was changed, appends the events, commits, and gives what was told.
    pub async fn commit(mut self, made: &[i64], changed: &[Id]) -> Result<Vec<NewEvent>> {
        if let Some(key) = &self.request.idempotency_key {
            let kept = Kept {
                operation: self.request.operation.to_owned(),
                fingerprint: self.request.fingerprint(),
                result: Json(made.to_vec()),
            };
            idempotency::keep(&mut self.tx, &self.request.caller.name, key, self.now, &kept).await?;
        }
        let changed: Vec<String> = changed.iter().take(1000).map(Id::to_string).collect();
        self.audit(AuditOutcome::Accepted, changed.into()).await?;
        if !self.events.is_empty() {
            events::append(&mut self.tx, self.now, &self.events).await?;
        }
        self.tx.commit().await?;
        Ok(self.events)
    }

    /// Ends a change that was made before: only the audit entry is new.
    pub async fn commit_replay(mut self) -> Result<()> {
        self.audit(AuditOutcome::Replayed, Value::Array(Vec::new())).await?;
        self.tx.commit().await
    }

    /// Takes everything back and leaves only an audit entry with the codes of the problems.
    pub async fn refuse(self, problems: &Problems) -> Result<()> {
        let Change { tx, db, request, .. } = self;
        drop(tx);
        let mut change = Change::begin(db, request).await?;
        change.audit(AuditOutcome::Refused, problems.codes().into()).await?;
        change.tx.commit().await
    }

    async fn audit(&mut self, outcome: AuditOutcome, result: Value) -> Result<()> {
        let Request { caller, request_id, operation, input, audit_input, .. } = self.request;
        let input = match outcome {
            AuditOutcome::Refused => input::cut(input, *audit_input),
            // What took effect is told in full; the size of a request bounds it.
            _ => Cow::Borrowed(input),
        };
        let entry = audit::Entry {
            caller: &caller.name,
            credential: &caller.credential,
            address: caller.address,
            request_id: Some(request_id),
            operation,
            outcome,
            input: &input,
            result,
            count: 1,
        };
        audit::record(&mut self.tx, self.now, &entry).await
    }
}

/// Ids of what a key stands for, by the mutation that made it.
fn related(kept: &Kept) -> Vec<Id> {
    use crate::domain::Kind;
    let kind = match kept.operation.as_str() {
        "createVersion" => Kind::Version,
        "holdInstances" | "freezeService" => Kind::Hold,
        _ => Kind::Release,
    };
    kept.result.iter().map(|number| kind.id(*number)).collect()
}
