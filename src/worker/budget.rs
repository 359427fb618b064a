//! Budgets and limits for labels in a claim: the rows of budgets and releases are locked, so that they hold over all workers,
//! and what they do not admit is left queued (R20, I8).

use crate::domain::budget::{Admitted, Budget, ReleaseRoom, Spending, admit};
use crate::store::queue::{self, Candidate, Queued};
use crate::store::release::ReleaseRow;
use crate::store::{Result, Tx, budget};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The most queued targets of one release that a claim looks at to find those that the budget admits.
const MAX_LOOKED_AT: i64 = 1000;

/// The budgets that a claim has locked.
pub(super) struct Budgets {
    of_services: HashMap<i64, Budget>,
    /// The targets whose claim takes room.
    taking: HashSet<i64>,
}

impl Budgets {
    /// Locks the budgets of these releases' services, if they have any. Returns the ids of the releases that the claim may
    /// go on with: those whose services have a budget that another claim has locked are passed over.
    pub async fn lock(tx: &mut Tx, candidates: &[Candidate]) -> Result<(Budgets, Vec<i64>)> {
        let with_budget: HashSet<i64> =
            candidates.iter().filter(|one| one.has_budget).map(|one| one.service_id).collect();
        let services: Vec<i64> = with_budget.into_iter().collect();
        let of_services: HashMap<i64, Budget> = match services.is_empty() {
            true => HashMap::new(),
            false => budget::lock_free(tx, &services).await?.into_iter().collect(),
        };
        let is_open = |one: &&Candidate| !one.has_budget || of_services.contains_key(&one.service_id);
        let releases = candidates.iter().filter(is_open).map(|one| one.id).collect();
        Ok((Budgets { of_services, taking: HashSet::new() }, releases))
    }

    /// Whether a release's service has a budget, or the release a limit for a label.
    pub fn limits(&self, release: &ReleaseRow) -> bool {
        self.of_services.contains_key(&release.service_id) || release.label_count.is_some()
    }

    /// Returns those of the queued targets of these releases, as far as they are limited, that may start now, by release and
    /// ordinal.
    pub async fn admitted(&mut self, tx: &mut Tx, rows: &[ReleaseRow]) -> Result<Vec<Queued>> {
        let room = |row: &ReleaseRow| ReleaseRoom {
            may_start: row.under_way.start_limit(),
            took_room: false,
            is_idle: row.under_way.progress.running == 0,
            per_label: row.label_count,
            running: HashMap::new(),
        };
        let limited = rows.iter().filter(|row| self.limits(row));
        let mut releases: BTreeMap<i64, ReleaseRoom> = limited.map(|row| (row.id, room(row))).collect();
        if releases.is_empty() {
            return Ok(Vec::new());
        }
        let with_label: Vec<i64> = rows.iter().filter(|row| row.label_count.is_some()).map(|row| row.id).collect();
        if !with_label.is_empty() {
            for (release, label, running) in budget::running_by_label(tx, &with_label).await? {
                if let Some(release) = releases.get_mut(&release) {
                    release.running.insert(label, running);
                }
            }
        }
        let ids: Vec<i64> = releases.keys().copied().collect();
        let mut queued = queue::first_queued(tx, &ids, MAX_LOOKED_AT).await?;
        let targets: Vec<i64> = queued.iter().map(|target| target.id).collect();
        let mut waiting = Vec::with_capacity(targets.len());
        for (target, took_room) in budget::waiting(tx, &targets).await? {
            if let Some(release) = releases.get_mut(&target.release_id) {
                release.took_room |= took_room;
            }
            waiting.push(target);
        }
        let Admitted { targets, taking } = admit(waiting, self.spending(tx).await?, releases);
        self.taking = taking;
        queued.retain(|target| targets.contains(&target.id));
        Ok(queued)
    }

    async fn spending(&self, tx: &mut Tx) -> Result<BTreeMap<i64, Spending>> {
        let services: Vec<i64> = self.of_services.keys().copied().collect();
        if services.is_empty() {
            return Ok(BTreeMap::new());
        }
        let instances: HashMap<i64, i64> = budget::instances(tx, &services).await?.into_iter().collect();
        let spent = |(service, budget): (&i64, &Budget)| {
            let limit = budget.limit(instances.get(service).copied().unwrap_or_default());
            let per_label = budget.max_per_label.as_ref().map(|limit| limit.count);
            (*service, Spending { limit, per_label, unavailable: HashMap::new() })
        };
        let mut spending: BTreeMap<i64, Spending> = self.of_services.iter().map(spent).collect();
        for (service, instance, label) in budget::unavailable(tx, &services).await? {
            if let Some(spending) = spending.get_mut(&service) {
                spending.unavailable.insert(instance, label);
            }
        }
        Ok(spending)
    }

    /// Notes which of the targets that were claimed take room.
    pub async fn record(&self, tx: &mut Tx, claimed: &[i64]) -> Result<()> {
        let taking: Vec<i64> = claimed.iter().copied().filter(|target| self.taking.contains(target)).collect();
        match taking.is_empty() {
            true => Ok(()),
            false => budget::take_room(tx, &taking).await,
        }
    }
}
