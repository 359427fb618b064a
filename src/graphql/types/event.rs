use super::instance::STATUS;
use super::node::{HOST_NAME, HOST_NODE, INSTANCE_NODE, RELEASE_NODE, SERVICE_NAME, SERVICE_NODE};
use super::release::{ACTION, PROGRESS, STATUS as RELEASE_STATUS, place};
use super::{HOLD, INSTANCE, RELEASE, TARGET, VERSION};
use crate::domain::Kind;
use crate::domain::event::{InstanceEventKind, ReleaseEventKind};
use crate::read::Where;
use crate::read::declare::{
    BOOLEAN, CURSOR, Column, Cursors, EventLog, Field, INT, Leaf, ListFilter, NameTable, NodeTable, OLDEST_FIRST,
    Object, TEXT, TIME, column, columns, computed, embedded, one, reference, term, word_leaf,
};
use crate::wire::ApiError;
use async_graphql::{ID, InputObject};

static KIND: Leaf = word_leaf::<InstanceEventKind>();
static RELEASE_KIND: Leaf = word_leaf::<ReleaseEventKind>();

/// The most ids or names that a list in a filter of events may have.
const MAX_VALUES: usize = 500;

columns! {
    /// An event, of whichever subject it is.
    pub EVENT: EventRow {
        position: Int,
        kind: Text,
        at: Time,
        caused_by: Text,
        service_id: Int,
        service_name: Text,
        instance_id: Int,
        host_id: Int,
        hostname: Text,
        release_id: Int,
        target_id: Int,
        version_id: Int,
        previous_version_id: Int,
        hold_id: Int,
        revision: Int,
        previous_status: Text,
        status: Text,
        locked: Bool,
        action: Text,
    }
}

pub static EVENT_LOG: EventLog = EventLog { ends: term!("SELECT position, floor FROM event_log") };

/// Where an event is in the log.
pub(super) const POSITION: Field = computed(
    "cursor",
    "Position in the event log. All kinds of events share one log.",
    &CURSOR,
    &[EVENT.position],
    place,
);

pub static INSTANCE_EVENT: Object = Object::new(
    "InstanceEvent",
    "A change of one instance. It shows the instance as it was right after the change.",
    "event",
    EVENT.position,
    &[
        computed(
            "cursor",
            "Position in the event log. Send it as `after` to continue after this event.",
            &CURSOR,
            &[EVENT.position],
            place,
        ),
        column("kind", "The kind of change.", &KIND, EVENT.kind),
        reference("instanceId", "Id of the instance.", Kind::Instance, EVENT.instance_id),
        one("instance", "The instance as it is now.", &INSTANCE, EVENT.instance_id),
        reference("serviceId", "Id of its service.", Kind::Service, EVENT.service_id),
        column("serviceName", "Name of its service.", &TEXT, EVENT.service_name),
        reference("hostId", "Id of its host.", Kind::Host, EVENT.host_id),
        column("hostname", "Name of its host.", &TEXT, EVENT.hostname),
        column(
            "revision",
            "Number of this event in the history of the instance: 1, 2, 3 and so on, without gaps.",
            &INT,
            EVENT.revision,
        ),
        column(
            "previousStatus",
            "Status before the change; null in the first event of the instance.",
            &STATUS,
            EVENT.previous_status,
        )
        .nullable(),
        column("status", "Status after the change.", &STATUS, EVENT.status),
        one(
            "previousVersion",
            "Version before the change; null if none was installed.",
            &VERSION,
            EVENT.previous_version_id,
        )
        .nullable(),
        one("version", "Version after the change; null if none is installed.", &VERSION, EVENT.version_id).nullable(),
        column("locked", "Whether the instance was locked after the change.", &BOOLEAN, EVENT.locked),
        one(
            "release",
            "The release that caused the change; null if it was not caused by a release.",
            &RELEASE,
            EVENT.release_id,
        )
        .nullable(),
        one(
            "target",
            "The target of that release; null if the change was not caused by a release.",
            &TARGET,
            EVENT.target_id,
        )
        .nullable(),
        one("hold", "The hold that was set or ended; null for other kinds of change.", &HOLD, EVENT.hold_id).nullable(),
        column("causedBy", "Name of the caller or worker that caused the change.", &TEXT, EVENT.caused_by),
        column("at", "When the change happened.", &TIME, EVENT.at),
    ],
)
.listed(term!("{row}.subject = 'INSTANCE' AND {known InstanceEventKind {row}.kind}"))
.order(OLDEST_FIRST)
.cursors(Cursors::Events(&EVENT_LOG));

pub static RELEASE_EVENT: Object = Object::new(
    "ReleaseEvent",
    "A change of one release or of one of its targets. It shows the release as it was right after the change.",
    "event",
    EVENT.position,
    &[
        POSITION,
        column("kind", "The kind of change.", &RELEASE_KIND, EVENT.kind),
        reference("releaseId", "Id of the release.", Kind::Release, EVENT.release_id),
        one("release", "The release as it is now.", &RELEASE, EVENT.release_id),
        column(
            "revision",
            "Number of this event in the history of the release: 1, 2, 3 and so on, without gaps.",
            &INT,
            EVENT.revision,
        ),
        reference("serviceId", "Id of its service.", Kind::Service, EVENT.service_id),
        column("serviceName", "Name of its service.", &TEXT, EVENT.service_name),
        column("action", "What the release does to instances.", &ACTION, EVENT.action),
        one(
            "target",
            "The target that started, went on or finished; null for other kinds of change.",
            &TARGET,
            EVENT.target_id,
        )
        .nullable(),
        column("status", "Status of the release after the change.", &RELEASE_STATUS, EVENT.status),
        embedded("progress", "Numbers of targets after the change.", &PROGRESS),
        column("causedBy", "Name of the caller or worker that caused the change.", &TEXT, EVENT.caused_by),
        column("at", "When the change happened.", &TIME, EVENT.at),
    ],
)
.listed(term!("{row}.subject = 'RELEASE' AND {known ReleaseEventKind {row}.kind}"))
.order(OLDEST_FIRST)
.cursors(Cursors::Events(&EVENT_LOG));

/// Conditions on instance events. An event is returned if it meets all conditions that are set.
#[derive(InputObject, Clone, Debug, Default)]
pub struct InstanceEventFilter {
    /// Events of one of these kinds.
    pub kinds: Option<Vec<InstanceEventKind>>,
    /// Events of instances of one of these services, at most 500.
    pub service_ids: Option<Vec<ID>>,
    /// Events of instances of one of the services with these names, at most 500. Each name must exist.
    pub services: Option<Vec<String>>,
    /// Events caused by one of these releases, at most 500.
    pub release_ids: Option<Vec<ID>>,
    /// Events of one of these instances, at most 500.
    pub instance_ids: Option<Vec<ID>>,
    /// Events of instances on one of these hosts, at most 500.
    pub host_ids: Option<Vec<ID>>,
    /// Events of instances on one of the hosts with these names, at most 500. Each name must exist.
    pub hostnames: Option<Vec<String>>,
}

impl ListFilter for InstanceEventFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        list.words(EVENT.kind, self.kinds);
        few(list, EVENT.service_id, SERVICE_NODE, "filter.serviceIds", self.service_ids)?;
        few_names(list, EVENT.service_id, SERVICE_NAME, "filter.services", self.services)?;
        few(list, EVENT.release_id, RELEASE_NODE, "filter.releaseIds", self.release_ids)?;
        few(list, EVENT.instance_id, INSTANCE_NODE, "filter.instanceIds", self.instance_ids)?;
        few(list, EVENT.host_id, HOST_NODE, "filter.hostIds", self.host_ids)?;
        few_names(list, EVENT.host_id, HOST_NAME, "filter.hostnames", self.hostnames)
    }
}

/// Conditions on release events. An event is returned if it meets all conditions that are set.
#[derive(InputObject, Clone, Debug, Default)]
pub struct ReleaseEventFilter {
    /// Events of releases of one of these services, at most 500.
    pub service_ids: Option<Vec<ID>>,
    /// Events of releases of one of the services with these names, at most 500. Each name must exist.
    pub services: Option<Vec<String>>,
    /// Events of one of these releases, at most 500.
    pub release_ids: Option<Vec<ID>>,
    /// Events of one of these kinds.
    pub kinds: Option<Vec<ReleaseEventKind>>,
}

impl ListFilter for ReleaseEventFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        few(list, EVENT.service_id, SERVICE_NODE, "filter.serviceIds", self.service_ids)?;
        few_names(list, EVENT.service_id, SERVICE_NAME, "filter.services", self.services)?;
        few(list, EVENT.release_id, RELEASE_NODE, "filter.releaseIds", self.release_ids)?;
        list.words(EVENT.kind, self.kinds);
        Ok(())
    }
}

pub(super) fn few(
    list: &mut Where,
    column: Column,
    of: NodeTable,
    argument: &str,
    ids: Option<Vec<ID>>,
) -> Result<(), ApiError> {
    at_most(argument, "ids", ids.as_deref())?;
    list.ids(column, of, argument, ids)
}

pub(super) fn few_names(
    list: &mut Where,
    column: Column,
    of: NameTable,
    argument: &str,
    names: Option<Vec<String>>,
) -> Result<(), ApiError> {
    at_most(argument, "names", names.as_deref())?;
    list.names(column, of, argument, names);
    Ok(())
}

/// Refuses more ids or names than a list in a filter of events may have.
pub fn at_most<T>(argument: &str, what: &str, values: Option<&[T]>) -> Result<(), ApiError> {
    match values.map_or(0, <[T]>::len) {
        many if many > MAX_VALUES => {
            Err(ApiError::bad(argument, format!("{many} {what} were sent; at most {MAX_VALUES} are allowed.")))
        }
        _ => Ok(()),
    }
}
