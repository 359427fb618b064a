//! Holds, which people set on instances, and freezes, which they set on services (R17).

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
    /// Whether it is in force at this instant. It has no effect from its `until` on, ended or not (R17).
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.until.is_none_or(|until| now < until)
    }

    /// Whether it refuses all releases with this action: a freeze does, and reverts only if it includes them (R17).
    pub fn refuses(&self, action: ReleaseAction) -> bool {
        self.instance_id.is_none() && (action != ReleaseAction::Revert || self.includes_reverts)
    }

    /// Whether this caller may let a release through it: its setter, or an admin (R17).
    pub fn lets_through(&self, caller: &Caller) -> bool {
        caller.role == Role::Admin || self.created_by == caller.name
    }
}

/// Says that these freezes refuse a release of the service.
pub fn frozen(service: &str, freezes: &[&Hold], now: Timestamp) -> String {
    let by = |freeze: &&Hold| {
        let until = freeze.until.map(|until| format!(" until {}", until.short(now))).unwrap_or_default();
        format!("by {}{until} ({})", freeze.created_by, freeze.reason)
    };
    let mut setters: Vec<String> = freezes.iter().take(MAX_FREEZES_SHOWN).map(by).collect();
    if freezes.len() > setters.len() {
        setters.push(format!("{} more", freezes.len() - setters.len()));
    }
    let (ids, them) = match freezes.len() {
        1 => ("the freeze's id", "it"),
        _ => ("the freezes' ids", "them"),
    };
    format!(
        "Service {service} is frozen {}. Wait, or pass {ids} in `throughHoldIds` if you set {them} or are an admin.",
        setters.join(" and ")
    )
}

/// The most freezes that a message describes.
const MAX_FREEZES_SHOWN: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn freeze(created_by: &str, reason: &str, until: Option<&str>) -> Hold {
        Hold {
            id: 1,
            service_id: 1,
            instance_id: None,
            includes_reverts: false,
            reason: reason.into(),
            created_by: created_by.into(),
            until: until.and_then(Timestamp::parse),
            ended_at: None,
        }
    }

    #[test]
    fn r17_a_frozen_service_says_who_froze_it_until_when_and_why() {
        let now = Timestamp::parse("2026-11-28T12:00:00Z").unwrap();
        let ana = freeze("ana", "quarter end", Some("2026-11-28T18:00:00Z"));
        let bob = freeze("bob", "audit", Some("2026-12-01T08:30:15Z"));
        let eve = freeze("eve", "no reason", None);
        assert_eq!(
            frozen("web", &[&ana], now),
            "Service web is frozen by ana until 18:00 UTC (quarter end). Wait, or pass the freeze's id in \
             `throughHoldIds` if you set it or are an admin."
        );
        assert_eq!(
            frozen("web", &[&ana, &bob, &eve, &eve], now),
            "Service web is frozen by ana until 18:00 UTC (quarter end) and by bob until 2026-12-01 08:30:15 UTC \
             (audit) and by eve (no reason) and 1 more. Wait, or pass the freezes' ids in `throughHoldIds` if you set \
             them or are an admin."
        );
    }
}
