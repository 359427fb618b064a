use super::release::place;
use super::{EVENT, EVENT_LOG, HOLD, SERVICE, VERSION};
use crate::domain::Kind;
use crate::domain::event::ServiceEventKind;
use crate::read::declare::{
    CURSOR, Cursors, Leaf, OLDEST_FIRST, Object, TEXT, TIME, column, computed, one, reference, term, word_leaf,
};
use async_graphql::{ID, InputObject};

static KIND: Leaf = word_leaf::<ServiceEventKind>();

pub static SERVICE_EVENT: Object = Object::new(
    "ServiceEvent",
    "A change of a service, of one of its versions, or of one of its freezes.",
    "event",
    EVENT.position,
    &[
        computed(
            "cursor",
            "Position in the event log. All kinds of events share one log.",
            &CURSOR,
            &[EVENT.position],
            place,
        ),
        column("kind", "The kind of change.", &KIND, EVENT.kind),
        reference("serviceId", "Id of the service.", Kind::Service, EVENT.service_id),
        one("service", "The service as it is now.", &SERVICE, EVENT.service_id),
        one(
            "version",
            "The version that the change is about; null if it is not about a version.",
            &VERSION,
            EVENT.version_id,
        )
        .nullable(),
        one("hold", "The freeze that the change is about; null if it is not about a freeze.", &HOLD, EVENT.hold_id)
            .nullable(),
        column("causedBy", "Name of the caller who caused the change.", &TEXT, EVENT.caused_by),
        column("at", "When the change happened.", &TIME, EVENT.at),
    ],
)
.listed(term!("{row}.subject = 'SERVICE' AND {known ServiceEventKind {row}.kind}"))
.order(OLDEST_FIRST)
.cursors(Cursors::Events(&EVENT_LOG));

/// Conditions on service events. An event is returned if it meets all conditions that are set.
#[derive(InputObject, Clone, Debug, Default)]
pub struct ServiceEventFilter {
    /// Events of one of these services, at most 500.
    pub service_ids: Option<Vec<ID>>,
    /// Events about one of these versions, at most 500.
    pub version_ids: Option<Vec<ID>>,
    /// Events of one of these kinds.
    pub kinds: Option<Vec<ServiceEventKind>>,
}
