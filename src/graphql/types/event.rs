use super::instance::STATUS;
use super::release::{ACTION, PROGRESS, STATUS as RELEASE_STATUS, place};
use super::{HOLD, INSTANCE, RELEASE, TARGET, VERSION};
use crate::domain::Kind;
use crate::domain::event::{InstanceEventKind, ReleaseEventKind};
use crate::read::Where;
use crate::read::declare::{
    BOOLEAN, CURSOR, Cursors, INT, Leaf, ListFilter, OLDEST_FIRST, Object, TEXT, TIME, column, computed, embedded, one,
    reference, text_leaf,
};
use crate::store::db::rows::CellKind;
use crate::wire::ApiError;
use async_graphql::{ID, InputObject};

static KIND: Leaf = text_leaf::<InstanceEventKind>();
static RELEASE_KIND: Leaf = text_leaf::<ReleaseEventKind>();

/// The most ids that a filter of events may name.
const MOST_IDS: usize = 500;

pub static INSTANCE_EVENT: Object = Object::new(
    "InstanceEvent",
    "One change of one instance, as it was when it happened.",
    "event",
    &[
        computed(
            "cursor",
            "Place in the log. Send it back as `after` to go on behind this event.",
            &CURSOR,
            &[("position", CellKind::Int)],
            place,
        ),
        column("kind", "What kind of change.", &KIND, "kind"),
        reference("instanceId", "Id of the instance.", Kind::Instance, "instance_id"),
        one("instance", "The instance as it is now.", &INSTANCE, "instance_id"),
        reference("serviceId", "Id of its service.", Kind::Service, "service_id"),
        column("serviceName", "Name of its service.", &TEXT, "service_name"),
        reference("hostId", "Id of its host.", Kind::Host, "host_id"),
        column("hostname", "Name of its host.", &TEXT, "hostname"),
        column(
            "revision",
            "Number of this event in the history of its instance, from 1 without gaps.",
            &INT,
            "revision",
        ),
        column("previousStatus", "Status before the change; null for the first event.", &STATUS, "previous_status")
            .nullable(),
        column("status", "Status after the change.", &STATUS, "status"),
        one("previousVersion", "Version before the change; null when none ran.", &VERSION, "previous_version_id")
            .nullable(),
        one("version", "Version after the change; null when none runs.", &VERSION, "version_id").nullable(),
        column("locked", "Whether it was locked after the change.", &BOOLEAN, "locked"),
        one("release", "The release that caused it; null when none did.", &RELEASE, "release_id").nullable(),
        one("target", "Its target; null when none did.", &TARGET, "target_id").nullable(),
        one("hold", "The hold that was set or ended; null for other kinds.", &HOLD, "hold_id").nullable(),
        column("causedBy", "Name of the caller or worker that caused it.", &TEXT, "caused_by"),
        column("at", "When it happened.", &TIME, "at"),
    ],
)
.key("position")
.listed("@.subject = 'INSTANCE' AND {known InstanceEventKind @.kind}")
.order(OLDEST_FIRST)
.cursors(Cursors::Event);

pub static RELEASE_EVENT: Object = Object::new(
    "ReleaseEvent",
    "One change of one release or of one of its targets, as it was when it happened.",
    "event",
    &[
        computed(
            "cursor",
            "Place in the log, which it shares with instance events.",
            &CURSOR,
            &[("position", CellKind::Int)],
            place,
        ),
        column("kind", "What kind of change.", &RELEASE_KIND, "kind"),
        reference("releaseId", "Id of the release.", Kind::Release, "release_id"),
        one("release", "The release as it is now.", &RELEASE, "release_id"),
        column(
            "revision",
            "Number of this event in the history of its release, from 1 without gaps.",
            &INT,
            "revision",
        ),
        reference("serviceId", "Id of its service.", Kind::Service, "service_id"),
        column("serviceName", "Name of its service.", &TEXT, "service_name"),
        column("action", "What the release does.", &ACTION, "action"),
        one("target", "The target that began or ended; null for other kinds.", &TARGET, "target_id").nullable(),
        column("status", "Status of the release after the change.", &RELEASE_STATUS, "status"),
        embedded("progress", "Counts after the change.", &PROGRESS),
        column("causedBy", "Name of the caller or worker that caused it.", &TEXT, "caused_by"),
        column("at", "When it happened.", &TIME, "at"),
    ],
)
.key("position")
.listed("@.subject = 'RELEASE' AND {known ReleaseEventKind @.kind}")
.order(OLDEST_FIRST)
.cursors(Cursors::Event);

/// Which instance events. All given conditions must hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct InstanceEventFilter {
    /// Of one of these kinds.
    pub kinds: Option<Vec<InstanceEventKind>>,
    /// Of instances of one of these services, at most 500.
    pub service_ids: Option<Vec<ID>>,
    /// Caused by one of these releases, at most 500.
    pub release_ids: Option<Vec<ID>>,
    /// Of one of these instances, at most 500.
    pub instance_ids: Option<Vec<ID>>,
    /// Of instances on one of these hosts, at most 500.
    pub host_ids: Option<Vec<ID>>,
}

impl ListFilter for InstanceEventFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        list.words("@.kind", self.kinds);
        few(list, "@.service_id {any $}", Kind::Service, "filter.serviceIds", self.service_ids)?;
        few(list, "@.release_id {any $}", Kind::Release, "filter.releaseIds", self.release_ids)?;
        few(list, "@.instance_id {any $}", Kind::Instance, "filter.instanceIds", self.instance_ids)?;
        few(list, "@.host_id {any $}", Kind::Host, "filter.hostIds", self.host_ids)
    }
}

/// Which release events. All given conditions must hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct ReleaseEventFilter {
    /// Of releases of one of these services, at most 500.
    pub service_ids: Option<Vec<ID>>,
    /// Of one of these releases, at most 500.
    pub release_ids: Option<Vec<ID>>,
    /// Of one of these kinds.
    pub kinds: Option<Vec<ReleaseEventKind>>,
}

impl ListFilter for ReleaseEventFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        few(list, "@.service_id {any $}", Kind::Service, "filter.serviceIds", self.service_ids)?;
        few(list, "@.release_id {any $}", Kind::Release, "filter.releaseIds", self.release_ids)?;
        list.words("@.kind", self.kinds);
        Ok(())
    }
}

fn few(list: &mut Where, such: &str, kind: Kind, argument: &str, ids: Option<Vec<ID>>) -> Result<(), ApiError> {
    at_most(argument, ids.as_deref())?;
    list.ids(such, kind, argument, ids)
}

/// Refuses more ids than a filter of events may name.
pub fn at_most(argument: &str, ids: Option<&[ID]>) -> Result<(), ApiError> {
    match ids.map_or(0, <[ID]>::len) {
        many if many > MOST_IDS => {
            Err(ApiError::bad(argument, format!("{many} ids are too many; give at most {MOST_IDS}.")))
        }
        _ => Ok(()),
    }
}
