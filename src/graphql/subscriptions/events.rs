//! Subscriptions to events of instances, services, releases and the fleet.

use super::subscription::{AFTER, Beginning, Subscription, expired};
use crate::domain::Word;
use crate::domain::event::Subject;
use crate::events::{BatchSize, Demand, Filter, Tail};
use crate::graphql::types::{
    EVENT, EVENT_LOG, FLEET_EVENT, HOST_NAME, HOST_NODE, INSTANCE_EVENT, INSTANCE_NODE, InstanceEventFilter,
    PROGRESS_ROW, RELEASE_EVENT, RELEASE_NODE, ReleaseEventFilter, SERVICE_EVENT, SERVICE_NAME, SERVICE_NODE,
    ServiceEventFilter, VERSION_NODE, at_most,
};
use crate::read::declare::{NameTable, NodeTable, arg};
use crate::read::{ExpectedIds, ExpectedNames, SuppliedRow, head, known, resolve};
use crate::store::Reads;
use crate::store::events::Event;
use crate::watch::{Batch, Batches, Followed, Item, Source};
use crate::wire::{ApiError, cursor};
use async_graphql::{ID, InputType};
use futures_util::{FutureExt, StreamExt, stream};
use std::collections::BTreeSet;
use std::sync::Arc;

pub static INSTANCES: Subscription = Subscription {
    name: "instanceStatusChanged",
    about: "Every change of instances that match the filter, in order, each once.",
    of: &INSTANCE_EVENT,
    args: &[arg::<Option<InstanceEventFilter>>("filter", "Which events; all by default."), AFTER],
    begin: |beginning| begin::<InstanceEventFilter>(beginning).boxed(),
};

pub static SERVICES: Subscription = Subscription {
    name: "serviceChanged",
    about: "Every change of services, of their versions, builds and freezes, in order, each once.",
    of: &SERVICE_EVENT,
    args: &[arg::<Option<ServiceEventFilter>>("filter", "Which events; all by default."), AFTER],
    begin: |beginning| begin::<ServiceEventFilter>(beginning).boxed(),
};

pub static RELEASES: Subscription = Subscription {
    name: "releaseStatusChanged",
    about: "Every change of releases that match the filter, and of their targets, in order, each once.",
    of: &RELEASE_EVENT,
    args: &[arg::<Option<ReleaseEventFilter>>("filter", "Which events; all by default."), AFTER],
    begin: |beginning| begin::<ReleaseEventFilter>(beginning).boxed(),
};

pub static FLEET: Subscription = Subscription {
    name: "fleetChanged",
    about: "Every change of the fleet as a whole, in order, each once: of its suspension, its freezes, and freeze windows.",
    of: &FLEET_EVENT,
    args: &[AFTER],
    begin: |beginning| follow(beginning, FilterDraft::of(Subject::Fleet)).boxed(),
};

/// A filter of events of one subject, as a caller writes it.
trait EventFilterInput: InputType {
    const SUBJECT: Subject;

    /// Adds its conditions, with the numbers of rows.
    fn add_to(self, draft: &mut FilterDraft) -> Result<(), ApiError>;
}

/// A filter that is being built, and the ids and names that have to exist.
struct FilterDraft {
    filter: Filter,
    claims: Vec<ExpectedIds>,
    names: Vec<ExpectedNames>,
    /// For each list of names, the condition that it becomes part of.
    named: Vec<IdCondition>,
}

/// A condition of a filter on ids.
type IdCondition = fn(&mut Filter) -> &mut Option<BTreeSet<i64>>;

impl FilterDraft {
    fn of(subject: Subject) -> FilterDraft {
        FilterDraft { filter: Filter::of(subject), claims: Vec::new(), names: Vec::new(), named: Vec::new() }
    }

    fn ids(&mut self, of: NodeTable, argument: &str, ids: Option<Vec<ID>>) -> Result<Option<BTreeSet<i64>>, ApiError> {
        let Some(ids) = ids else { return Ok(None) };
        at_most(argument, "ids", Some(&ids))?;
        let claim = ExpectedIds::read(of, argument, &ids)?;
        let numbers = claim.numbers().iter().copied().collect();
        self.claims.push(claim);
        Ok(Some(numbers))
    }

    fn names(
        &mut self,
        of: NameTable,
        argument: &str,
        names: Option<Vec<String>>,
        condition: IdCondition,
    ) -> Result<(), ApiError> {
        at_most(argument, "names", names.as_deref())?;
        if let Some(names) = names {
            self.names.push(ExpectedNames::new(of, argument, names));
            self.named.push(condition);
        }
        Ok(())
    }

    /// Looks all ids and names up, and returns the filter by ids alone.
    async fn finish(mut self, reads: Reads<'_>) -> Result<Filter, ApiError> {
        known(reads, &self.claims).await?;
        for (condition, ids) in self.named.iter().zip(resolve(reads, &self.names).await?) {
            let wanted = condition(&mut self.filter);
            *wanted = Some(match wanted.take() {
                Some(wanted) => &wanted & &ids,
                None => ids,
            });
        }
        Ok(self.filter)
    }

    fn kinds<W: Word>(&mut self, kinds: Option<Vec<W>>) {
        self.filter.kinds = kinds.map(|kinds| kinds.into_iter().map(Word::word).collect());
    }
}

impl EventFilterInput for InstanceEventFilter {
    const SUBJECT: Subject = Subject::Instance;

    fn add_to(self, draft: &mut FilterDraft) -> Result<(), ApiError> {
        draft.kinds(self.kinds);
        draft.filter.services = draft.ids(SERVICE_NODE, "filter.serviceIds", self.service_ids)?;
        draft.names(SERVICE_NAME, "filter.services", self.services, |filter| &mut filter.services)?;
        draft.names(HOST_NAME, "filter.hostnames", self.hostnames, |filter| &mut filter.hosts)?;
        draft.filter.releases = draft.ids(RELEASE_NODE, "filter.releaseIds", self.release_ids)?;
        draft.filter.instances = draft.ids(INSTANCE_NODE, "filter.instanceIds", self.instance_ids)?;
        draft.filter.hosts = draft.ids(HOST_NODE, "filter.hostIds", self.host_ids)?;
        Ok(())
    }
}

impl EventFilterInput for ServiceEventFilter {
    const SUBJECT: Subject = Subject::Service;

    fn add_to(self, draft: &mut FilterDraft) -> Result<(), ApiError> {
        draft.kinds(self.kinds);
        draft.filter.services = draft.ids(SERVICE_NODE, "filter.serviceIds", self.service_ids)?;
        draft.names(SERVICE_NAME, "filter.services", self.services, |filter| &mut filter.services)?;
        draft.filter.versions = draft.ids(VERSION_NODE, "filter.versionIds", self.version_ids)?;
        Ok(())
    }
}

impl EventFilterInput for ReleaseEventFilter {
    const SUBJECT: Subject = Subject::Release;

    fn add_to(self, draft: &mut FilterDraft) -> Result<(), ApiError> {
        draft.kinds(self.kinds);
        draft.filter.services = draft.ids(SERVICE_NODE, "filter.serviceIds", self.service_ids)?;
        draft.names(SERVICE_NAME, "filter.services", self.services, |filter| &mut filter.services)?;
        draft.filter.releases = draft.ids(RELEASE_NODE, "filter.releaseIds", self.release_ids)?;
        Ok(())
    }
}

async fn begin<F: EventFilterInput>(beginning: Beginning<'_>) -> Result<Followed, ApiError> {
    let mut draft = FilterDraft::of(F::SUBJECT);
    if let Some(filter) = beginning.args.get::<Option<F>>("filter")? {
        filter.add_to(&mut draft)?;
    }
    follow(beginning, draft).await
}

async fn follow(beginning: Beginning<'_>, draft: FilterDraft) -> Result<Followed, ApiError> {
    let db = &beginning.app.db;
    // A subscription without a place begins now: the head is read before everything else in the database.
    let head = head(db.reads(), &EVENT_LOG).await?;
    let filter = draft.finish(db.reads()).await?;
    let after = match beginning.after()? {
        Some(after) => cursor::read_event(&after, db.log_id(), "after")?,
        None => head.position,
    };
    head.check(after, "after")?;
    let key = format!("{filter:?}");
    let source = Box::new(Events { tail: beginning.tail.clone(), filter: Arc::new(filter) });
    Ok(Followed { key, after, head: head.position, source })
}

/// The events that a filter lets through. Their places are their positions.
struct Events {
    tail: Tail,
    filter: Arc<Filter>,
}

impl Source for Events {
    fn follow(&self, after: i64, Demand { size, caller }: Demand) -> Batches {
        let (filter, log_id) = (self.filter.clone(), Arc::from(self.tail.db().log_id()));
        let read = BatchSize::new(size.get());
        let batches = self.tail.follow_by(after, Demand { size: read.clone(), caller }).flat_map(move |batch| {
            let pieces = batch.map(|events| {
                let (count, read_to) = (events.len(), events.last().map_or(after, |event| event.position));
                let wanted: Vec<_> = events.into_iter().filter(|event| filter.matches(event)).collect();
                // The next events are expected to match as often: what cannot be answered at once would wait here.
                read.set(match wanted.len() {
                    0 => 2 * count,
                    wanted => size.get() * count / wanted,
                });
                Pieces {
                    wanted: wanted.into_iter(),
                    read_to: Some(read_to),
                    size: size.clone(),
                    log_id: Arc::clone(&log_id),
                }
            });
            let (pieces, failed) = pieces.map_or_else(|_| (None, Some(Err(expired()))), |pieces| (Some(pieces), None));
            stream::iter(pieces.into_iter().flatten().map(Ok).chain(failed))
        });
        batches.boxed()
    }

    fn cursor(&self, place: i64) -> Option<String> {
        Some(cursor::event(self.tail.db().log_id(), place))
    }
}

/// Matching events, in batches that can be answered at once.
struct Pieces {
    wanted: std::vec::IntoIter<Arc<Event>>,
    /// The place up to which the log was read, until a batch says so.
    read_to: Option<i64>,
    size: BatchSize,
    log_id: Arc<str>,
}

impl Iterator for Pieces {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let read_to = self.read_to?;
        let item = |event: Arc<Event>| Item {
            place: event.position,
            cursor: cursor::event(&self.log_id, event.position),
            row: row(&event),
        };
        let items: Vec<Item> = self.wanted.by_ref().take(self.size.get()).map(item).collect();
        let is_last = self.wanted.len() == 0;
        let up_to = items.last().filter(|_| !is_last).map_or(read_to, |last| last.place);
        self.read_to = self.read_to.filter(|_| !is_last);
        Some(Batch { items, read_to: up_to })
    }
}

/// An event, its values named like the columns of the table.
fn row(event: &Event) -> SuppliedRow {
    SuppliedRow::new()
        .int(EVENT.position, event.position)
        .text(EVENT.kind, event.kind.clone())
        .time(EVENT.at, event.at)
        .text(EVENT.caused_by, event.caused_by.clone())
        .int(EVENT.service_id, event.service_id)
        .text(EVENT.service_name, event.service_name.clone())
        .int(EVENT.instance_id, event.instance_id)
        .int(EVENT.host_id, event.host_id)
        .text(EVENT.hostname, event.hostname.clone())
        .int(EVENT.release_id, event.release_id)
        .int(EVENT.target_id, event.target_id)
        .int(EVENT.version_id, event.version_id)
        .int(EVENT.previous_version_id, event.previous_version_id)
        .int(EVENT.hold_id, event.hold_id)
        .int(EVENT.revision, event.revision)
        .text(EVENT.previous_status, event.previous_status.clone())
        .text(EVENT.status, event.status.clone())
        .truth(EVENT.locked, event.locked)
        .text(EVENT.action, event.action.clone())
        .int(PROGRESS_ROW.total, event.total)
        .int(PROGRESS_ROW.queued, event.queued)
        .int(PROGRESS_ROW.running, event.running)
        .int(PROGRESS_ROW.succeeded, event.succeeded)
        .int(PROGRESS_ROW.failed, event.failed)
        .int(PROGRESS_ROW.canceled, event.canceled)
        .int(PROGRESS_ROW.unknown, event.unknown)
        .int(PROGRESS_ROW.skipped, event.skipped)
        .int(PROGRESS_ROW.unreachable, event.unreachable)
        .int(PROGRESS_ROW.unhealthy, event.unhealthy)
}
