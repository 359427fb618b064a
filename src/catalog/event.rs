//! The events of changes that no release makes.

use crate::domain::event::{Changed, FleetChange, FleetEventKind, InstanceChange, InstanceEventKind, NewEvent};
use crate::domain::instance::InstanceStatus;
use crate::store::instance::Instance;

/// An event of an instance, to be completed with what is different from before.
pub struct InstanceEventDraft<'a> {
    pub before: &'a Instance,
    pub kind: InstanceEventKind,
    pub status: InstanceStatus,
    pub version_id: Option<i64>,
    pub revision: i64,
    pub locked: bool,
    pub hold_id: Option<i64>,
}

impl InstanceEventDraft<'_> {
    /// A draft in which nothing is different from before.
    pub fn of(before: &Instance, kind: InstanceEventKind) -> InstanceEventDraft<'_> {
        let &Instance { status, version_id, revision, .. } = before;
        InstanceEventDraft { before, kind, status, version_id, revision, locked: false, hold_id: None }
    }

    /// The event, caused by this caller.
    pub fn caused_by(self, caused_by: &str) -> NewEvent {
        NewEvent {
            service_id: Some(self.before.service_id),
            service_name: Some(self.before.service_name.clone()),
            caused_by: caused_by.to_owned(),
            changed: Changed::Instance(InstanceChange {
                kind: self.kind,
                instance_id: self.before.id,
                host_id: self.before.host_id,
                hostname: self.before.hostname.clone(),
                revision: self.revision,
                previous_status: Some(self.before.status),
                status: self.status,
                previous_version_id: self.before.version_id,
                version_id: self.version_id,
                locked: self.locked,
                release_id: None,
                target_id: None,
                target_end: None,
                hold_id: self.hold_id,
            }),
        }
    }
}

/// Returns the event of a change of the fleet: of one of its freezes or freeze windows, or of its suspension.
pub fn fleet_event(kind: FleetEventKind, hold_id: Option<i64>, caused_by: &str) -> NewEvent {
    NewEvent {
        service_id: None,
        service_name: None,
        caused_by: caused_by.to_owned(),
        changed: Changed::Fleet(FleetChange { kind, hold_id }),
    }
}
