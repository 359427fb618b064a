use super::release::place;
use super::{EVENT, EVENT_LOG, HOLD, SERVICE, VERSION};
use crate::domain::Kind;
use crate::domain::event::ServiceEventKind;
use crate::read::declare::{
    CURSOR, Cursors, Leaf, OLDEST_FIRST, Object, TEXT, TIME, column, computed, one, reference, term, text_leaf,
};
use async_graphql::{ID, InputObject};

static KIND: Leaf = text_leaf::<ServiceEventKind>();

pub static SERVICE_EVENT: Object = Object::new(
    "ServiceEvent",
    "One change of a service, of one of its versions or of its freezes, as it was when it happened.",
    "event",
    EVENT.position,
    &[
        computed(
            "cursor",
            "Place in the log, which it shares with the other events.",
            &CURSOR,
            &[EVENT.position],
            place,
        ),
        column("kind", "What kind of change.", &KIND, EVENT.kind),
        reference("serviceId", "Id of the service.", Kind::Service, EVENT.service_id),
        one("service", "The service as it is now.", &SERVICE, EVENT.service_id),
        one("version", "The version concerned; null when none is.", &VERSION, EVENT.version_id).nullable(),
        one("hold", "The freeze concerned; null when none is.", &HOLD, EVENT.hold_id).nullable(),
        column("causedBy", "Name of the caller who caused it.", &TEXT, EVENT.caused_by),
        column("at", "When it happened.", &TIME, EVENT.at),
    ],
)
.listed(term!("{row}.subject = 'SERVICE' AND {known ServiceEventKind {row}.kind}"))
.order(OLDEST_FIRST)
.cursors(Cursors::Events(&EVENT_LOG));

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
