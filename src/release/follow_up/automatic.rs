//! The undo that follows a release without another request. It is accepted in the transaction that ends the release (R23).

use super::super::arrange::{Arrange, arrange_participants};
use super::super::record::{Acceptance, Recorded, record};
use super::super::transition::Transition;
use super::choose::choose_undo;
use super::undo_rollout;
use crate::domain::audit::AuditOutcome;
use crate::domain::event::{About, BY_LOCKKEEPER, NewEvent, ServiceEventKind, service_event};
use crate::domain::release::rollout::{RolloutDefaults, RolloutOf};
use crate::domain::release::selection::Skipped;
use crate::domain::release::{Ends, ReleaseAction, ReleaseOrigin, SkipReason};
use crate::domain::{Kind, ProblemCode, Problems, Timestamp, Word};
use crate::failpoint;
use crate::store::past_release::{self, ToUndo};
use crate::store::release::{self, ReleaseRow};
use crate::store::{Db, Result, Tx, audit, hold, service, version};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

/// The mutations that the audit entries name.
const UNDO: &str = "undoRelease";
const WITHDRAW: &str = "withdrawVersion";

/// Releases that may have to be undone in this transaction. Their services are locked, since accepting locks them before
/// releases; alone if a version may be withdrawn.
pub(crate) struct Undoable(Vec<i64>);

impl Undoable {
    /// Locks releases whose targets are about to end in this way, and before them the services of those that may have to be
    /// undone.
    pub async fn lock_releases(db: &Db, ends: &BTreeMap<i64, Ends>) -> Result<(Tx, Undoable, Vec<ReleaseRow>)> {
        let ids: Vec<i64> = ends.keys().copied().collect();
        loop {
            let mut tx = db.begin().await?;
            let undoable = Undoable::lock_services(&mut tx, &ids, ends).await?;
            let rows = release::lock(&mut tx, &ids).await?;
            if undoable.covers(&rows, ends) {
                return Ok((tx, undoable, rows));
            }
        }
    }

    /// Finds out which of these releases, not locked yet, may have to be undone, and locks their services.
    async fn lock_services(tx: &mut Tx, ids: &[i64], ends: &BTreeMap<i64, Ends>) -> Result<Undoable> {
        let mut rows = release::undoable(tx, ids).await?;
        rows.retain(|row| may_be_undone(row, ends));
        let services: BTreeSet<i64> = rows.iter().map(|row| row.service_id).collect();
        if !services.is_empty() {
            let services: Vec<i64> = services.into_iter().collect();
            let alone = rows.iter().any(|row| row.withdraw_on_undo);
            service::share_or_lock(tx, &services, alone).await?;
        }
        Ok(Undoable(rows.into_iter().map(|row| row.id).collect()))
    }

    /// Whether it was known of all these releases, locked now, that they may have to be undone. If not, the transaction
    /// starts anew.
    fn covers(&self, rows: &[ReleaseRow], ends: &BTreeMap<i64, Ends>) -> bool {
        rows.iter().all(|row| !may_be_undone(row, ends) || self.0.contains(&row.id))
    }

    /// Returns the instances of these releases: all of them are locked in one statement, in the order of ids.
    pub async fn instances(&self, tx: &mut Tx) -> Result<Vec<i64>> {
        if self.0.is_empty() { Ok(Vec::new()) } else { past_release::instances(tx, &self.0).await }
    }
}

fn may_be_undone(row: &ReleaseRow, ends: &BTreeMap<i64, Ends>) -> bool {
    row.may_be_undone(ends.get(&row.id).copied().unwrap_or_default())
}

/// Accepts the undo of each of these releases that has ended now and is to be undone. They are locked and not saved yet;
/// their targets are. Returns the events of the undos, to be appended after those of the releases.
pub(crate) async fn undo_ended(
    tx: &mut Tx,
    at: Timestamp,
    releases: &BTreeMap<i64, Transition>,
) -> Result<Vec<NewEvent>> {
    let mut events = Vec::new();
    for transition in releases.values().filter(|transition| transition.is_undone_now()) {
        if let Some(first) = past_release::to_undo(tx, transition.row.id).await? {
            events.extend(undo(tx, at, &first).await?);
            failpoint::at("release::follow_up::automatic::after_undo");
        }
    }
    Ok(events)
}

async fn undo(tx: &mut Tx, at: Timestamp, first: &ToUndo) -> Result<Vec<NewEvent>> {
    let Some(action) = first.release.action.opposite() else { return Ok(Vec::new()) };
    let mut events = accept_undo(tx, at, first, action).await?;
    // A version that failed is withdrawn, too, if nothing is left to be put back.
    if first.release.withdraw_on_undo && (first.undo_by.is_none() || !events.is_empty()) {
        events.extend(withdraw(tx, at, first).await?);
    }
    Ok(events)
}

/// Accepts the undo of a release, with this action, and returns its events: none if nothing is left to be undone.
async fn accept_undo(tx: &mut Tx, at: Timestamp, first: &ToUndo, action: ReleaseAction) -> Result<Vec<NewEvent>> {
    let passed = past_release::through(tx, first.release.id).await?;
    let through: HashSet<i64> = passed.iter().copied().collect();
    let mut chosen = choose_undo(tx, at, &first.release, &through).await?;
    if chosen.participants.is_empty() {
        let why = nothing_to_undo(&chosen.skipped);
        past_release::set_undo_message(tx, first.release.id, &why).await?;
        let codes = json!([ProblemCode::NothingToRelease.word()]);
        record_audit(tx, at, first, (UNDO, about(first)), (AuditOutcome::Refused, codes)).await?;
        return Ok(Vec::new());
    }
    let freezes: Vec<i64> = hold::by_ids(tx, &passed)
        .await?
        .into_iter()
        .filter(|hold| hold.is_freeze() && hold.is_in_force(at))
        .map(|hold| hold.id)
        .collect();
    let timeout = Duration::from_secs(u64::try_from(first.release.timeout_seconds).unwrap_or_default());
    let rollout = undo_rollout(&first.release);
    let reason = reason(first);
    let arrange = Arrange {
        own: &rollout,
        effective: &rollout,
        of: RolloutOf { action, is_undo: true },
        defaults: &RolloutDefaults::default(),
        executor_timeout: timeout,
        hosts: None,
    };
    // Nothing of this rollout can be refused.
    let arranged = arrange_participants(tx, &arrange, &mut chosen, &mut Problems::default()).await?;
    let acceptance = Acceptance {
        service_id: first.release.service_id,
        service_name: &first.service_name,
        action,
        target_version_id: None,
        settings: None,
        origin: ReleaseOrigin::Undo,
        parent_id: Some(first.release.id),
        executor: &first.executor,
        shares_host: first.shares_host,
        arranged,
        thawed: &freezes,
        reason: &reason,
        idempotency_key: None,
        by: by(first),
        at,
    };
    let Recorded { id, events, .. } = record(tx, &acceptance, &chosen).await?;
    let made = json!([Kind::Release.id(id).to_string()]);
    record_audit(tx, at, first, (UNDO, about(first)), (AuditOutcome::Accepted, made)).await?;
    Ok(events)
}

/// Withdraws the version of a release that is undone, unless that was done before, and returns the event. The service is
/// locked alone.
async fn withdraw(tx: &mut Tx, at: Timestamp, first: &ToUndo) -> Result<Option<NewEvent>> {
    let Some(id) = first.release.target_version_id else { return Ok(None) };
    let version = version::by_id(tx, id).await?;
    if version.is_none_or(|version| version.withdrawn_at.is_some() || version.removed_at.is_some()) {
        return Ok(None);
    }
    let why = match reason(first) {
        why if why.is_empty() => format!("The release {} was canceled and undone.", Kind::Release.id(first.release.id)),
        why => why,
    };
    version::withdraw(tx, id, &why, by(first), at).await?;
    let version_id = Kind::Version.id(id).to_string();
    let (input, changed) = (json!({ "versionId": version_id, "reason": why }), json!([version_id]));
    record_audit(tx, at, first, (WITHDRAW, input), (AuditOutcome::Accepted, changed)).await?;
    let service = (first.release.service_id, first.service_name.as_str());
    Ok(Some(service_event(service, ServiceEventKind::VersionWithdrawn, About::Version(id), by(first))))
}

/// Who undoes the release: the caller who asked for it, or lockkeeper.
fn by(first: &ToUndo) -> &str {
    first.undo_by.as_deref().unwrap_or(BY_LOCKKEEPER)
}

/// Why the release is undone; empty if the caller who asked for it gave no reason.
fn reason(first: &ToUndo) -> String {
    match &first.undo_by {
        Some(_) => first.cancel_reason.clone().unwrap_or_default(),
        None => {
            format!(
                "More targets of the release {} failed than maxFailures allows.",
                Kind::Release.id(first.release.id)
            )
        }
    }
}

/// The input of the mutation that an undo stands for.
fn about(first: &ToUndo) -> Value {
    json!({ "releaseId": Kind::Release.id(first.release.id).to_string() })
}

/// What follows the end of a release has audit entries of its own.
async fn record_audit(
    tx: &mut Tx,
    at: Timestamp,
    first: &ToUndo,
    (operation, input): (&str, Value),
    (outcome, result): (AuditOutcome, Value),
) -> Result<()> {
    let entry = audit::Entry {
        caller: by(first),
        credential: first.undo_credential.as_deref().unwrap_or(BY_LOCKKEEPER),
        address: None,
        request_id: None,
        operation,
        outcome,
        input: &input,
        result,
        count: 1,
    };
    audit::record(tx, at, &entry).await
}

/// Why there is no undo.
fn nothing_to_undo(skipped: &[Skipped]) -> String {
    let mut counts: BTreeMap<SkipReason, usize> = BTreeMap::new();
    for skip in skipped {
        *counts.entry(skip.reason).or_default() += 1;
    }
    if counts.is_empty() {
        return "Nothing was undone: the release changed no instance.".to_owned();
    }
    let counts: Vec<String> = counts.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    format!("Nothing was undone. Instances were left out: {}.", counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_says_why_there_is_no_undo() {
        let skipped = |reason| Skipped { instance_id: 1, reason, locks: Vec::new() };
        assert_eq!(nothing_to_undo(&[]), "Nothing was undone: the release changed no instance.");
        let all = [SkipReason::MovedSince, SkipReason::Locked, SkipReason::Locked].map(skipped);
        assert_eq!(nothing_to_undo(&all), "Nothing was undone. Instances were left out: 2 LOCKED, 1 MOVED_SINCE.");
    }
}
