use super::node::{HOLD_NODE, INSTANCE_NODE, NODE, SERVICE_NODE};
use super::{INSTANCE, SERVICE};
use crate::read::Where;
use crate::read::declare::{
    BOOLEAN, ListFilter, NEWEST_FIRST, Object, TEXT, TIME, Term, column, columns, id, one, term,
};
use crate::wire::ApiError;
use async_graphql::{ID, InputObject};

columns! {
    pub ROW: HoldRow {
        id: Int,
        instance_id: Int,
        service_id: Int,
        reason: Text,
        includes_reverts: Bool,
        created_by: Text,
        created_at: Time,
        until: Time,
        ended: Time = term!("COALESCE({row}.ended_at, CASE WHEN {row}.until <= {begun} THEN {row}.until END)"),
        ended_by: Text,
    }
}

/// Whether it is in force (R17).
const IN_FORCE: Term = term!("{in_force {row}}");

pub static HOLD: Object = Object::node(
    "Hold",
    "A hold that a caller set on an instance, or a freeze that a caller set on a whole service. While it is in force, new releases are kept off. Several may be in force at the same time.",
    HOLD_NODE,
    ROW.id,
    &[
        id(),
        one(
            "instance",
            "The instance that is held; null for a freeze, which is on the whole service.",
            &INSTANCE,
            ROW.instance_id,
        )
        .nullable(),
        one("service", "The service that is frozen, or the service of the instance that is held.", &SERVICE, ROW.service_id),
        column("reason", "Why it was set.", &TEXT, ROW.reason),
        column("includesReverts", "Whether a freeze also refuses reverts.", &BOOLEAN, ROW.includes_reverts),
        column("createdBy", "Name of the caller who set it.", &TEXT, ROW.created_by),
        column("createdAt", "When it was set.", &TIME, ROW.created_at),
        column("until", "When it ends automatically; null if it does not expire.", &TIME, ROW.until).nullable(),
        column("endedAt", "When it ended; null while it is in force.", &TIME, ROW.ended).nullable(),
        column(
            "endedBy",
            "Name of the caller who ended it; null while it is in force, and if it expired.",
            &TEXT,
            ROW.ended_by,
        )
        .nullable(),
    ],
)
.implements(&NODE)
.order(NEWEST_FIRST);

/// Conditions on holds. A hold is returned if it meets all conditions that are set.
#[derive(InputObject, Clone, Debug, Default)]
pub struct HoldFilter {
    /// On one of these services, or on one of their instances.
    pub service_ids: Option<Vec<ID>>,
    /// On one of these instances.
    pub instance_ids: Option<Vec<ID>>,
    /// Set by one of these callers.
    pub created_by: Option<Vec<String>>,
    /// True: in force. False: ended or expired.
    pub standing: Option<bool>,
}

impl ListFilter for HoldFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        list.ids(ROW.service_id, SERVICE_NODE, "filter.serviceIds", self.service_ids)?;
        list.ids(ROW.instance_id, INSTANCE_NODE, "filter.instanceIds", self.instance_ids)?;
        list.texts(ROW.created_by, self.created_by);
        if let Some(standing) = self.standing {
            list.and_either(IN_FORCE, standing);
        }
        Ok(())
    }
}
