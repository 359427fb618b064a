//! What the log of events tells: of instances, of services, of releases.

use super::subscription::{AFTER, Beginning, Subscription, expired};
use crate::domain::Word;
use crate::domain::event::Subject;
use crate::events::{BatchSize, Demand, Filter, Tail};
use crate::graphql::types::{
    EVENT, EVENT_LOG, HOST_NODE, INSTANCE_EVENT, INSTANCE_NODE, InstanceEventFilter, PROGRESS_ROW, RELEASE_EVENT,
    RELEASE_NODE, ReleaseEventFilter, SERVICE_EVENT, SERVICE_NODE, ServiceEventFilter, VERSION_NODE, at_most,
};
use crate::read::declare::{NodeTable, arg};
use crate::read::{ExpectedIds, SuppliedRow, head, known};
use crate::store::events::Event;
use crate::watch::{Batch, Batches, Begun, Source, Told};
use crate::wire::{ApiError, cursor};
use async_graphql::{ID, InputType};
use futures_util::{FutureExt, StreamExt, stream};
use std::collections::BTreeSet;
use std::sync::Arc;

pub static INSTANCES: Subscription = Subscription {
    name: "instanceStatusChanged",
    about: "Every change of the chosen instances, in order, each once.",
    of: &INSTANCE_EVENT,
    args: &[arg::<Option<InstanceEventFilter>>("filter", "Which events; all unless given."), AFTER],
    begin: |beginning| begin::<InstanceEventFilter>(beginning).boxed(),
};

pub static SERVICES: Subscription = Subscription {
    name: "serviceChanged",
    about: "Every change of services, of their versions, builds and freezes, in order, each once.",
    of: &SERVICE_EVENT,
    args: &[arg::<Option<ServiceEventFilter>>("filter", "Which events; all unless given."), AFTER],
    begin: |beginning| begin::<ServiceEventFilter>(beginning).boxed(),
};

pub static RELEASES: Subscription = Subscription {
    name: "releaseStatusChanged",
    about: "Every change of the chosen releases and of their targets, in order, each once.",
    of: &RELEASE_EVENT,
    args: &[arg::<Option<ReleaseEventFilter>>("filter", "Which events; all unless given."), AFTER],
    begin: |beginning| begin::<ReleaseEventFilter>(beginning).boxed(),
};

/// Which events of one subject are wanted, as a caller says it.
trait Chosen: InputType {
    const SUBJECT: Subject;

    /// The conditions, by the numbers of rows.
    fn choose(self, choice: &mut Choice) -> Result<(), ApiError>;
}

/// A filter in the making, and the ids that must name something.
struct Choice {
    filter: Filter,
    claims: Vec<ExpectedIds>,
}

impl Choice {
    fn ids(&mut self, of: NodeTable, argument: &str, ids: Option<Vec<ID>>) -> Result<Option<BTreeSet<i64>>, ApiError> {
        let Some(ids) = ids else { return Ok(None) };
        at_most(argument, Some(&ids))?;
        let claim = ExpectedIds::read(of, argument, &ids)?;
        let numbers = claim.numbers().iter().copied().collect();
        self.claims.push(claim);
        Ok(Some(numbers))
    }

    fn kinds<W: Word>(&mut self, kinds: Option<Vec<W>>) {
        self.filter.kinds = kinds.map(|kinds| kinds.into_iter().map(Word::word).collect());
    }
}

impl Chosen for InstanceEventFilter {
    const SUBJECT: Subject = Subject::Instance;

    fn choose(self, choice: &mut Choice) -> Result<(), ApiError> {
        choice.kinds(self.kinds);
        choice.filter.services = choice.ids(SERVICE_NODE, "filter.serviceIds", self.service_ids)?;
        choice.filter.releases = choice.ids(RELEASE_NODE, "filter.releaseIds", self.release_ids)?;
        choice.filter.instances = choice.ids(INSTANCE_NODE, "filter.instanceIds", self.instance_ids)?;
        choice.filter.hosts = choice.ids(HOST_NODE, "filter.hostIds", self.host_ids)?;
        Ok(())
    }
}

impl Chosen for ServiceEventFilter {
    const SUBJECT: Subject = Subject::Service;

    fn choose(self, choice: &mut Choice) -> Result<(), ApiError> {
        choice.kinds(self.kinds);
        choice.filter.services = choice.ids(SERVICE_NODE, "filter.serviceIds", self.service_ids)?;
        choice.filter.versions = choice.ids(VERSION_NODE, "filter.versionIds", self.version_ids)?;
        Ok(())
    }
}

impl Chosen for ReleaseEventFilter {
    const SUBJECT: Subject = Subject::Release;

    fn choose(self, choice: &mut Choice) -> Result<(), ApiError> {
        choice.kinds(self.kinds);
        choice.filter.services = choice.ids(SERVICE_NODE, "filter.serviceIds", self.service_ids)?;
        choice.filter.releases = choice.ids(RELEASE_NODE, "filter.releaseIds", self.release_ids)?;
        Ok(())
    }
}

async fn begin<F: Chosen>(beginning: Beginning<'_>) -> Result<Begun, ApiError> {
    let db = &beginning.app.db;
    // Whoever says no place begins now: before anything else is beginning.
    let head = head(db.reads(), &EVENT_LOG).await?;
    let mut choice = Choice { filter: Filter::of(F::SUBJECT), claims: Vec::new() };
    if let Some(filter) = beginning.args.get::<Option<F>>("filter")? {
        filter.choose(&mut choice)?;
    }
    known(db.reads(), &choice.claims).await?;
    let after = match beginning.after()? {
        Some(after) => cursor::read_event(&after, db.log_id(), "after")?,
        None => head.position,
    };
    head.check(after, "after")?;
    let followed = format!("{:?}", choice.filter);
    let source = Box::new(Events { tail: beginning.tail.clone(), filter: Arc::new(choice.filter) });
    Ok(Begun { followed, after, head: head.position, source })
}

/// Those events of the log that are wanted; their places are their positions.
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
                let (many, looked) = (events.len(), events.last().map_or(after, |event| event.position));
                let wanted: Vec<_> = events.into_iter().filter(|event| filter.matches(event)).collect();
                // About as many are wanted of the next ones: what cannot be answered at once would wait here.
                read.set(match wanted.len() {
                    0 => 2 * many,
                    wanted => size.get() * many / wanted,
                });
                Pieces {
                    wanted: wanted.into_iter(),
                    looked: Some(looked),
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

/// Events that are wanted, in batches that can be answered at once.
struct Pieces {
    wanted: std::vec::IntoIter<Arc<Event>>,
    /// The place up to which it was looked, until it was said.
    looked: Option<i64>,
    size: BatchSize,
    log_id: Arc<str>,
}

impl Iterator for Pieces {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let looked = self.looked?;
        let told = |event: Arc<Event>| Told {
            place: event.position,
            cursor: cursor::event(&self.log_id, event.position),
            row: row(&event),
        };
        let told: Vec<Told> = self.wanted.by_ref().take(self.size.get()).map(told).collect();
        let is_last = self.wanted.len() == 0;
        let looked = told.last().filter(|_| !is_last).map_or(looked, |last| last.place);
        self.looked = self.looked.filter(|_| !is_last);
        Some(Batch { told, looked })
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
}
