//! What every mutation has in common: one transaction, in which the idempotency key is looked up first,
//! and whose effect, events, key and audit entry appear together or not at all (R8, R10, I7).

mod audit_input;
mod denials;
mod expiry;
mod host_refs;
mod names;
mod outcome;
mod refs;
mod request;

pub use denials::Denials;
pub use expiry::{delete_old_audit, delete_old_keys};
pub use outcome::{Answer, Done, Failure, Refusal};
pub use request::Request;

use crate::domain::audit::AuditOutcome;
use crate::domain::event::NewEvent;
use crate::domain::{Caller, Id, Problem, ProblemCode, Problems, Timestamp};
use crate::store::idempotency::Kept;
use crate::store::{Db, Json, Result, Tx, audit, events, idempotency};
use serde_json::Value;
use std::borrow::Cow;

/// The most ids that an audit entry names.
const MAX_AUDITED_IDS: usize = 1000;

/// A change under way. Dropped without being concluded, it leaves nothing behind.
pub struct Change<'r> {
    pub tx: Tx,
    /// One instant for all that it writes, by the database's clock.
    pub now: Timestamp,
    /// Name of the caller.
    pub by: &'r str,
    db: &'r Db,
    request: &'r Request,
    rehearsal: bool,
    events: Vec<NewEvent>,
}

/// Whether an earlier request with the same key took effect (R10).
pub enum Replay {
    /// None did.
    New,
    /// It made these things.
    Made(Vec<Id>),
}

impl<'r> Change<'r> {
    /// Begins the transaction.
    pub async fn begin(db: &'r Db, request: &'r Request) -> Result<Change<'r>> {
        let mut tx = db.begin().await?;
        let now = tx.now().await?;
        let by = &request.caller.name;
        Ok(Change { tx, now, by, db, request, rehearsal: false, events: Vec::new() })
    }

    /// Begins a change that is never written, not even to the audit log: a dry run (R11).
    pub async fn rehearse(db: &'r Db, request: &'r Request) -> Result<Change<'r>> {
        Ok(Change { rehearsal: true, ..Change::begin(db, request).await? })
    }

    /// Looks the idempotency key up, also in a dry run. To be called before anything else, so that a replay is answered
    /// also when its things are gone (R10, R11). A text that cannot be a key is added to the other problems (R4).
    ///
    /// # Errors
    /// `IDEMPOTENCY_KEY_REUSED` if the key stands for another request.
    pub async fn replay<R: From<Problems>>(&mut self, problems: &mut Problems) -> Result<Replay, Failure<R>> {
        let Some(key) = &self.request.idempotency_key else { return Ok(Replay::New) };
        if !(1..=255).contains(&key.chars().count()) || key.chars().any(char::is_control) {
            let message = "An idempotency key must have 1 to 255 characters, and no control characters.";
            problems.add(Problem::new(ProblemCode::Invalid, "idempotencyKey", message));
            return Ok(Replay::New);
        }
        let Some(kept) = idempotency::find(&mut self.tx, &self.request.caller.name, key, self.now).await? else {
            return Ok(Replay::New);
        };
        let made = kept.result.iter().filter_map(|id| Id::parse(id)).collect();
        if kept.operation == self.request.operation && kept.fingerprint == self.request.fingerprint() {
            return Ok(Replay::Made(made));
        }
        let message =
            "This idempotency key was used for a request with other arguments. Use a new key for a new request.";
        Err(Problem::new(ProblemCode::IdempotencyKeyReused, "idempotencyKey", message).about(made).into())
    }

    /// The caller.
    pub fn caller(&self) -> &'r Caller {
        &self.request.caller
    }

    /// Reads the clock again after a wait for locks: events of one thing must not go back in time.
    pub async fn refresh_clock(&mut self) -> Result<()> {
        self.now = self.tx.now().await?;
        Ok(())
    }

    /// Adds an event, to be appended at the end.
    pub fn record(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// Adds events, to be appended at the end.
    pub fn record_all(&mut self, events: Vec<NewEvent>) {
        self.events.extend(events);
    }

    /// Keeps the key with the ids of what was made, writes the audit entry with the ids of what was changed, appends
    /// the events and commits. Returns the events.
    async fn commit(mut self, made: &[Id], changed: &[Id]) -> Result<Vec<NewEvent>> {
        if let Some(key) = &self.request.idempotency_key {
            let kept = Kept {
                operation: self.request.operation.to_owned(),
                fingerprint: self.request.fingerprint(),
                result: Json(made.iter().map(Id::to_string).collect()),
            };
            idempotency::keep(&mut self.tx, &self.request.caller.name, key, self.now, &kept).await?;
        }
        let changed: Vec<String> = changed.iter().take(MAX_AUDITED_IDS).map(Id::to_string).collect();
        self.audit(AuditOutcome::Accepted, changed.into()).await?;
        if !self.events.is_empty() {
            events::append(&mut self.tx, self.now, &self.events).await?;
        }
        self.tx.commit().await?;
        Ok(self.events)
    }

    /// Ends a change that an earlier request made: only the audit entry is new.
    async fn commit_replay(mut self) -> Result<()> {
        self.audit(AuditOutcome::Replayed, Value::Array(Vec::new())).await?;
        self.tx.commit().await
    }

    /// Rolls everything back and leaves only an audit entry with the codes of the problems.
    async fn refuse(self, problems: &Problems) -> Result<()> {
        let Change { tx, db, request, .. } = self;
        drop(tx);
        let mut change = Change::begin(db, request).await?;
        change.audit(AuditOutcome::Refused, problems.codes().into()).await?;
        change.tx.commit().await
    }

    async fn audit(&mut self, outcome: AuditOutcome, result: Value) -> Result<()> {
        let Request { caller, request_id, operation, input, audit_input, .. } = self.request;
        let input = match outcome {
            AuditOutcome::Refused => audit_input::cut(input, *audit_input),
            // The input of what took effect is kept in full; the size of a request bounds it.
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
