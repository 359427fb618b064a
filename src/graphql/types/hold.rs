use super::node::{HOLD_NODE, HOST_NAME, HOST_NODE, INSTANCE_NODE, NODE, SERVICE_NAME, SERVICE_NODE};
use super::{FREEZE_WINDOW, HOST, INSTANCE, SERVICE};
use crate::domain::hold::HoldKind;
use crate::read::Where;
use crate::read::declare::{
    BOOLEAN, ListFilter, NEWEST_FIRST, Object, TEXT, TIME, Term, column, columns, id, one, term,
};
use crate::store::db::rows::Bind;
use crate::wire::ApiError;
use async_graphql::{ID, InputObject};

columns! {
    pub ROW: HoldRow {
        id: Int,
        instance_id: Int,
        service_id: Int,
        host_id: Int,
        reason: Text,
        includes_reverts: Bool,
        created_by: Text,
        created_at: Time,
        until: Time = term!(
            "CASE WHEN {row}.is_window THEN (SELECT x.closes_at FROM freeze_period x WHERE x.window_id = {row}.id \
             AND x.opens_at <= {begun} AND x.closes_at > {begun} AND {row}.ended_at IS NULL) ELSE {row}.until END"
        ),
        window_id: Int = term!("CASE WHEN {row}.is_window THEN {row}.id END"),
        ended: Time = term!("COALESCE({row}.ended_at, CASE WHEN {row}.until <= {begun} THEN {row}.until END)"),
        ended_by: Text,
    }
}

columns! {
    /// What the freezes of services have beside.
    pub FROZEN_ROW: FrozenRow { frozen_service_id: Int }
}

/// Whether it is in force (R17).
const STANDING: Term = term!("{standing {row}}");

pub static HOLD: Object = Object::node(
    "Hold",
    "A hold that a caller set on an instance or on a host, or a freeze that a caller set on a service, on every service, or by the calendar of a freeze window. While it is in force, new releases are kept off. Several may be in force at the same time.",
    HOLD_NODE,
    ROW.id,
    &[
        id(),
        one(
            "instance",
            "The instance that is held; null for a freeze and for a hold on a host.",
            &INSTANCE,
            ROW.instance_id,
        )
        .nullable(),
        one(
            "service",
            "The service that is frozen, or the service of the instance that is held; null for a hold on a host, a freeze of every service, and a freeze window.",
            &SERVICE,
            ROW.service_id,
        )
        .nullable(),
        one(
            "host",
            "The host that is held, with every instance on it; null for a freeze and for a hold on an instance.",
            &HOST,
            ROW.host_id,
        )
        .nullable(),
        one("freezeWindow", "The freeze window that this freeze is; null for any other.", &FREEZE_WINDOW, ROW.window_id)
            .nullable(),
        column("reason", "Why it was set.", &TEXT, ROW.reason),
        column("includesReverts", "Whether a freeze also refuses reverts.", &BOOLEAN, ROW.includes_reverts),
        column("createdBy", "Name of the caller who set it.", &TEXT, ROW.created_by),
        column("createdAt", "When it was set.", &TIME, ROW.created_at),
        column("until", "When it ends automatically; null if it does not expire. For a freeze window, when it closes; null while it is not open.", &TIME, ROW.until).nullable(),
        column("endedAt", "When it ended; null before. A freeze window ends when it is removed.", &TIME, ROW.ended).nullable(),
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
    /// Of one of these kinds.
    pub kinds: Option<Vec<HoldKind>>,
    /// On one of these services, or on one of their instances.
    pub service_ids: Option<Vec<ID>>,
    /// On one of the services with these names, or on one of their instances. Each name must exist.
    pub services: Option<Vec<String>>,
    /// On one of these instances.
    pub instance_ids: Option<Vec<ID>>,
    /// On one of these hosts, or on an instance on one of them.
    pub host_ids: Option<Vec<ID>>,
    /// On one of the hosts with these names, or on an instance on one of them. Each name must exist.
    pub hostnames: Option<Vec<String>>,
    /// Set by one of these callers.
    pub created_by: Option<Vec<String>>,
    /// True: in force. False: ended or expired, or a freeze window that is not open.
    pub standing: Option<bool>,
}

impl ListFilter for HoldFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        if let Some(kinds) = self.kinds {
            let is_of = term!(
                "CASE WHEN {row}.host_id IS NOT NULL THEN 'HOST' WHEN {row}.instance_id IS NOT NULL THEN 'INSTANCE' \
                 WHEN {row}.service_id IS NOT NULL THEN 'SERVICE' WHEN {row}.is_window THEN 'WINDOW' ELSE 'FLEET' END \
                 {any_value}"
            );
            list.and(is_of, [Bind::words(&kinds)]);
        }
        list.ids(ROW.service_id, SERVICE_NODE, "filter.serviceIds", self.service_ids)?;
        list.names(ROW.service_id, SERVICE_NAME, "filter.services", self.services);
        list.ids(ROW.instance_id, INSTANCE_NODE, "filter.instanceIds", self.instance_ids)?;
        let on_hosts = term!(
            "{row}.id IN (SELECT h.id FROM hold h WHERE h.host_id {any_value} UNION ALL \
             SELECT h.id FROM hold h JOIN instance x ON x.id = h.instance_id WHERE x.host_id {any_value})"
        );
        list.ids_where(on_hosts, HOST_NODE, "filter.hostIds", self.host_ids)?;
        let on_hosts_named = term!(
            "{row}.id IN (SELECT h.id FROM hold h JOIN host x ON x.id = h.host_id \
             WHERE x.removed_at IS NULL AND x.folded_hostname {any_value} UNION ALL \
             SELECT h.id FROM hold h JOIN instance l ON l.id = h.instance_id JOIN host x ON x.id = l.host_id \
             WHERE x.removed_at IS NULL AND x.folded_hostname {any_value})"
        );
        list.names_where(on_hosts_named, HOST_NAME, "filter.hostnames", self.hostnames);
        list.texts(ROW.created_by, self.created_by);
        if let Some(standing) = self.standing {
            list.and_either(STANDING, standing);
        }
        Ok(())
    }
}
