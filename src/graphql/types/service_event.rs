use super::release::place;
use super::{HOLD, SERVICE, VERSION};
use crate::domain::Kind;
use crate::domain::event::ServiceEventKind;
use crate::read::declare::{
    CURSOR, Cursors, Leaf, OLDEST_FIRST, Object, TEXT, TIME, column, computed, one, reference, text_leaf,
};
use crate::store::db::rows::CellKind;
use async_graphql::{ID, InputObject};

static KIND: Leaf = text_leaf::<ServiceEventKind>();

pub static SERVICE_EVENT: Object = Object::new(
    "ServiceEvent",
    "One change of a service, of one of its versions or of its freezes, as it was when it happened.",
    "event",
    &[
        computed(
            "cursor",
            "Place in the log, which it shares with the other events.",
            &CURSOR,
            &[("position", CellKind::Int)],
            place,
        ),
        column("kind", "What kind of change.", &KIND, "kind"),
        reference("serviceId", "Id of the service.", Kind::Service, "service_id"),
        one("service", "The service as it is now.", &SERVICE, "service_id"),
        one("version", "The version concerned; null when none is.", &VERSION, "version_id").nullable(),
        one("hold", "The freeze concerned; null when none is.", &HOLD, "hold_id").nullable(),
        column("causedBy", "Name of the caller who caused it.", &TEXT, "caused_by"),
        column("at", "When it happened.", &TIME, "at"),
    ],
)
.key("position")
.listed("@.subject = 'SERVICE' AND {known ServiceEventKind @.kind}")
.order(OLDEST_FIRST)
.cursors(Cursors::Event);

/// Which service events. All given conditions must hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct ServiceEventFilter {
    /// Of one of these services, at most 500.
    pub service_ids: Option<Vec<ID>>,
    /// Of one of these versions, at most 500.
    pub version_ids: Option<Vec<ID>>,
    /// Of one of these kinds.
    pub kinds: Option<Vec<ServiceEventKind>>,
}
