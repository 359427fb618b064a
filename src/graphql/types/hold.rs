use super::{INSTANCE, NODE, SERVICE};
use crate::domain::Kind;
use crate::read::Where;
use crate::read::declare::{BOOLEAN, ListFilter, NEWEST_FIRST, Object, TEXT, TIME, column, id, one};
use crate::wire::ApiError;
use async_graphql::{ID, InputObject};

/// Whether it is in force (R17).
const IN_FORCE: &str = "{in_force @}";

pub static HOLD: Object = Object::new(
    "Hold",
    "A lock on an instance, or a freeze of a service, set by a person. Several may stand at once.",
    "hold",
    &[
        id(),
        one(
            "instance",
            "The instance held; null for a freeze, which is on the whole service.",
            &INSTANCE,
            "instance_id",
        )
        .nullable(),
        one("service", "The service, also of the instance.", &SERVICE, "service_id"),
        column("reason", "Why.", &TEXT, "reason"),
        column("includesReverts", "Whether a freeze refuses reverts too.", &BOOLEAN, "includes_reverts"),
        column("createdBy", "Name of the caller who set it.", &TEXT, "created_by"),
        column("createdAt", "When it was set.", &TIME, "created_at"),
        column("until", "When it ends by itself; null when it does not.", &TIME, "until").nullable(),
        column(
            "endedAt",
            "When it ended; null while it stands.",
            &TIME,
            "COALESCE(@.ended_at, CASE WHEN @.until <= {begun} THEN @.until END)",
        )
        .nullable(),
        column(
            "endedBy",
            "Name of the caller who ended it; null while it stands and when it ended by itself.",
            &TEXT,
            "ended_by",
        )
        .nullable(),
    ],
)
.node(Kind::Hold, &NODE)
.order(NEWEST_FIRST);

/// Which holds. All given conditions must hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct HoldFilter {
    /// On one of these services or their instances.
    pub service_ids: Option<Vec<ID>>,
    /// On one of these instances.
    pub instance_ids: Option<Vec<ID>>,
    /// Set by one of these callers.
    pub created_by: Option<Vec<String>>,
    /// That stand, or that have ended.
    pub standing: Option<bool>,
}

impl ListFilter for HoldFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        list.ids("@.service_id {any $}", Kind::Service, "filter.serviceIds", self.service_ids)?;
        list.ids("@.instance_id {any $}", Kind::Instance, "filter.instanceIds", self.instance_ids)?;
        list.texts("@.created_by", self.created_by);
        if let Some(standing) = self.standing {
            list.and_either(IN_FORCE, standing);
        }
        Ok(())
    }
}
