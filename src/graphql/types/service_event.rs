use super::event::{POSITION, few, few_names};
use super::node::{SERVICE_NAME, SERVICE_NODE, VERSION_NODE};
use super::{EVENT, EVENT_LOG, HOLD, SERVICE, VERSION};
use crate::domain::Kind;
use crate::domain::event::ServiceEventKind;
use crate::read::Where;
use crate::read::declare::{
    Cursors, Leaf, ListFilter, OLDEST_FIRST, Object, TEXT, TIME, column, one, reference, term, word_leaf,
};
use crate::wire::ApiError;
use async_graphql::{ID, InputObject};

static KIND: Leaf = word_leaf::<ServiceEventKind>();

pub static SERVICE_EVENT: Object = Object::new(
    "ServiceEvent",
    "A change of a service, of one of its versions, or of one of its freezes.",
    "event",
    EVENT.position,
    &[
        POSITION,
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
    /// Events of one of the services with these names, at most 500. Each name must exist.
    pub services: Option<Vec<String>>,
    /// Events about one of these versions, at most 500.
    pub version_ids: Option<Vec<ID>>,
    /// Events of one of these kinds.
    pub kinds: Option<Vec<ServiceEventKind>>,
}

impl ListFilter for ServiceEventFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        few(list, EVENT.service_id, SERVICE_NODE, "filter.serviceIds", self.service_ids)?;
        few_names(list, EVENT.service_id, SERVICE_NAME, "filter.services", self.services)?;
        few(list, EVENT.version_id, VERSION_NODE, "filter.versionIds", self.version_ids)?;
        list.words(EVENT.kind, self.kinds);
        Ok(())
    }
}
