//! Holds and freezes: claims that people set (R17).

use super::release::ReleaseAction;
use super::{Caller, Role, Timestamp};

/// A hold or a freeze, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub id: i64,
    pub service_id: i64,
    /// The instance held; `None` for a freeze, which is on the whole service.
    pub instance_id: Option<i64>,
    /// Whether a freeze refuses reverts, too.
    pub includes_reverts: bool,
    pub reason: String,
    /// Name of the caller who set it.
    pub created_by: String,
    pub until: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

impl Hold {
    /// Whether it counts at this instant: from its `until` on it does not, swept or not (R17).
    pub fn stands(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.until.is_none_or(|until| now < until)
    }

    /// Whether it refuses every release of this kind: a freeze does, a revert only where it says so (R17).
    pub fn freezes(&self, action: ReleaseAction) -> bool {
        self.instance_id.is_none() && (action != ReleaseAction::Revert || self.includes_reverts)
    }

    /// Whether this caller may let a release through it: its setter, or an admin (R17).
    pub fn lets_through(&self, caller: &Caller) -> bool {
        caller.role == Role::Admin || self.created_by == caller.name
    }
}
