//! Holds, which people set on instances and hosts, and freezes, which they set on services (R17).

use super::calendar::WeeklyWindow;
use super::release::ReleaseAction;
use super::{Caller, Id, Kind, Role, Timestamp};

words! {
    /// What a hold is on.
    HoldKind {
        /// An instance.
        Instance = "INSTANCE",
        /// A host: every instance on it is locked.
        Host = "HOST",
        /// A whole service: a freeze.
        Service = "SERVICE",
        /// Every service: a freeze of the fleet.
        Fleet = "FLEET",
        /// Some or all services, by a weekly calendar: a freeze window, in force while it is open.
        Window = "WINDOW",
    }
}

/// A hold or a freeze, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub id: i64,
    /// The service that is frozen, or that of the instance that is held; `None` for a hold on a host, a freeze of the fleet
    /// and a freeze window.
    pub service_id: Option<i64>,
    /// The instance that is held.
    pub instance_id: Option<i64>,
    /// The host that is held: every instance on it is locked.
    pub host_id: Option<i64>,
    /// Whether it is a freeze window: [`Freeze`] has its calendar.
    pub is_window: bool,
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

    /// Whether it is a freeze, which is on whole services.
    pub fn is_freeze(&self) -> bool {
        self.instance_id.is_none() && self.host_id.is_none()
    }

    /// Its global id: a freeze window has one of its own kind.
    pub fn global_id(&self) -> Id {
        match self.is_window {
            true => Kind::FreezeWindow.id(self.id),
            false => Kind::Hold.id(self.id),
        }
    }

    /// Whether it can keep off releases of this service: a hold on a host and a freeze of the fleet keep off those of every
    /// service. Which services a freeze window is for is not known here.
    pub fn concerns(&self, service_id: i64) -> bool {
        self.service_id.is_none_or(|own| own == service_id)
    }

    /// Whether it refuses all releases with this action: a freeze does, and reverts only if it includes them (R17).
    pub fn refuses(&self, action: ReleaseAction) -> bool {
        self.is_freeze() && (action != ReleaseAction::Revert || self.includes_reverts)
    }

    /// Whether this caller may let a release through it: its setter, or an admin (R17).
    pub fn lets_through(&self, caller: &Caller) -> bool {
        caller.role == Role::Admin || self.created_by == caller.name
    }
}

/// A freeze, with its calendar if it is a freeze window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    pub hold: Hold,
    pub window: Option<WeeklyWindow>,
}

impl Freeze {
    /// Whether it is in force at this instant: a window is while it is open.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.hold.is_in_force(now) && self.window.as_ref().is_none_or(|window| window.is_open(now))
    }

    /// When it ends, or closes, by itself.
    fn until(&self, now: Timestamp) -> Option<Timestamp> {
        match &self.window {
            Some(window) => window.next_closing(now),
            None => self.hold.until,
        }
    }
}

/// Says that these freezes refuse a release of the service.
pub fn frozen(service: &str, freezes: &[&Freeze], now: Timestamp) -> String {
    let by = |freeze: &&Freeze| {
        let until = freeze.until(now).map(|until| format!(" until {}", until.short(now))).unwrap_or_default();
        format!("by {}{until} ({})", freeze.hold.created_by, freeze.hold.reason)
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
    use crate::domain::calendar::Weekday;

    fn freeze(created_by: &str, reason: &str, until: Option<&str>) -> Hold {
        Hold {
            id: 1,
            service_id: Some(1),
            instance_id: None,
            host_id: None,
            is_window: false,
            includes_reverts: false,
            reason: reason.into(),
            created_by: created_by.into(),
            until: until.and_then(Timestamp::parse),
            ended_at: None,
        }
    }

    #[test]
    fn r17_a_hold_on_a_host_refuses_no_release_as_a_whole_and_concerns_every_service() {
        let freeze = freeze("ana", "quarter end", None);
        let host = Hold { service_id: None, host_id: Some(3), ..freeze.clone() };
        let instance = Hold { instance_id: Some(7), ..freeze.clone() };
        for action in [ReleaseAction::Install, ReleaseAction::Upgrade, ReleaseAction::Uninstall] {
            assert!(freeze.refuses(action) && !host.refuses(action) && !instance.refuses(action));
        }
        assert!(host.concerns(1) && host.concerns(2) && freeze.concerns(1) && !instance.concerns(2));
        assert!(freeze.is_freeze() && !host.is_freeze() && !instance.is_freeze());
    }

    #[test]
    fn r17_a_frozen_service_says_who_froze_it_until_when_and_why() {
        let now = Timestamp::parse("2026-11-28T12:00:00Z").unwrap();
        let freeze = |created_by: &str, reason: &str, until: Option<&str>| Freeze {
            hold: freeze(created_by, reason, until),
            window: None,
        };
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
        // 2026-11-28 is a Saturday.
        let window = WeeklyWindow::parse("Europe/Berlin", &[Weekday::Saturday], "08:00", "17:00").unwrap();
        let weekend =
            Freeze { hold: Hold { is_window: true, ..freeze("bob", "weekend", None).hold }, window: Some(window) };
        assert!(weekend.is_in_force(now) && !weekend.is_in_force(Timestamp(now.0 + 5 * 3_600_000)));
        assert!(
            !Freeze { hold: Hold { ended_at: Some(now), ..weekend.hold.clone() }, ..weekend.clone() }.is_in_force(now)
        );
        assert!(frozen("web", &[&weekend], now).starts_with("Service web is frozen by bob until 16:00 UTC (weekend)."));
        assert_eq!(weekend.hold.global_id().to_string(), "win_1");
    }
}
