//! Holds and freezes that callers set and end.

use super::people::answered;
use super::world::{HOSTS, World};
use crate::catalog::freeze::{self, FleetFreeze, Freeze, Unfreeze};
use crate::catalog::hold::{self, EndHolds, HoldInstances};
use crate::catalog::host_hold::{self, HoldHosts, UnholdHosts};
use crate::domain::reference::{self, INSTANCES, Reference, SERVICE};
use crate::domain::release::ReleaseAction;
use crate::domain::{Kind, Timestamp};
use crate::store::db::sql::sql;

/// How long a lock lasts that ends by itself, in milliseconds: never exactly as long as time that passes.
const LOCKED_FOR: i64 = 1_205_000;

impl World {
    /// Somebody holds an instance or a host, or freezes a service or the fleet, for a while or until it is ended.
    pub async fn lock(&mut self) {
        let until = self.choices.one_in(2).then(|| Timestamp(Timestamp::now().0 + LOCKED_FOR));
        let (reason, include_reverts) = ("because".to_owned(), self.choices.one_in(3));
        let (app, what) = (self.fleet.app.clone(), self.choices.below(6));
        let (what, answer) = match what {
            0 | 1 => {
                let id = Kind::Instance.id(self.any_instance()).to_string();
                let held = HoldInstances { instances: Reference::by_id(&INSTANCES, vec![id.clone()]), reason, until };
                let answer = hold::hold_instances(&app, &self.sent("holdInstances"), &held).await;
                (format!("hold {id}"), answered(&answer.unwrap()))
            }
            2 | 3 => {
                let id = Kind::Host.id(1 + self.choices.below(HOSTS) as i64).to_string();
                let held = HoldHosts { hosts: Reference::by_id(&reference::HOSTS, vec![id.clone()]), reason, until };
                let answer = host_hold::hold_hosts(&app, &self.sent("holdHosts"), &held).await;
                (format!("hold {id}"), answered(&answer.unwrap()))
            }
            4 => {
                let of = self.choices.below(self.services.len());
                let frozen = Freeze { service: self.service(of), reason, until, include_reverts };
                let answer = freeze::freeze(&app, &self.sent("freezeService"), &frozen).await;
                (format!("freeze service {of}"), answered(&answer.unwrap()))
            }
            _ => {
                let frozen = FleetFreeze { reason, until, include_reverts };
                let answer = freeze::freeze_fleet(&app, &self.sent("freezeFleet"), &frozen).await;
                ("freeze the fleet".to_owned(), answered(&answer.unwrap()))
            }
        };
        let duration = if until.is_some() { "for a while" } else { "until it is ended" };
        self.say(format!("{what} {duration}: {answer}"));
    }

    /// Somebody ends every hold, and every freeze.
    pub async fn unlock(&mut self) {
        let app = self.fleet.app.clone();
        let every =
            |kind: Kind, count: usize| (1..=count as i64).map(|number| kind.id(number).to_string()).collect::<Vec<_>>();
        let instances = Reference::by_id(&INSTANCES, every(Kind::Instance, self.services.len() * HOSTS));
        let answer = hold::end_holds(&app, &self.sent("endHolds"), &EndHolds { instances, hold_ids: None }).await;
        self.say(format!("end all holds on instances: {}", answered(&answer.unwrap())));
        let hosts = Reference::by_id(&reference::HOSTS, every(Kind::Host, HOSTS));
        let answer =
            host_hold::unhold_hosts(&app, &self.sent("unholdHosts"), &UnholdHosts { hosts, hold_ids: None }).await;
        self.say(format!("end all holds on hosts: {}", answered(&answer.unwrap())));
        for of in 0..self.services.len() {
            let unfrozen = Unfreeze { service: self.service(of), hold_ids: None };
            let answer = freeze::unfreeze(&app, &self.sent("unfreezeService"), &unfrozen).await;
            self.say(format!("unfreeze service {of}: {}", answered(&answer.unwrap())));
        }
        let answer = freeze::unfreeze_fleet(&app, &self.sent("unfreezeFleet")).await;
        self.say(format!("unfreeze the fleet: {}", answered(&answer.unwrap())));
    }

    fn service(&self, of: usize) -> Reference {
        Reference::by_id(&SERVICE, Kind::Service.id(self.services[of].id).to_string())
    }

    /// Whether a freeze refuses this action of a service (R17).
    pub async fn is_frozen(&self, service: i64, action: ReleaseAction) -> bool {
        let frozen = self.fleet.app.db.query(sql!(
            "SELECT count(*) AS counted FROM hold WHERE ended_at IS NULL AND (until IS NULL OR until > {now})
                AND instance_id IS NULL AND host_id IS NULL AND (service_id IS NULL OR service_id = $1)
                AND (includes_reverts OR NOT $2)"
        ));
        let frozen: i64 = frozen.bind(service).bind(action == ReleaseAction::Revert).scalar().await.unwrap();
        frozen > 0
    }
}
