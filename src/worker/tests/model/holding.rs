//! Holds and freezes, and what a person says of an instance (R15, R17).

use super::reference::{Answer, Model};
use super::rows::{Event, Hold};
use super::steps::{CALLERS, version};
use crate::domain::instance::InstanceStatus::{
    self, InstallFailed, RevertFailed, UninstallFailed, Unknown, UpgradeFailed,
};
use crate::domain::{Kind, ProblemCode};

impl Model {
    pub fn hold(&mut self, by: usize, instances: &[i64]) -> Answer {
        let gone = |id: &&i64| self.rows.instances[**id as usize - 1].status == InstanceStatus::Removed;
        let gone: Vec<i64> = instances.iter().filter(gone).copied().collect();
        if !gone.is_empty() {
            return refused(ProblemCode::NotFound, &gone);
        }
        // Each of them has its hold before the first event.
        let holds: Vec<i64> = instances
            .iter()
            .map(|id| self.set(by, self.rows.instances[*id as usize - 1].service, Some(*id), false))
            .collect();
        for (instance, hold) in instances.iter().zip(&holds) {
            self.tell_hold(*instance, *hold, CALLERS[by].0);
        }
        Answer::Did(holds)
    }

    pub fn unhold(&mut self, by: usize, instances: &[i64]) -> Answer {
        let mut ended: Vec<i64> = instances.iter().flat_map(|id| self.standing(*id)).collect();
        ended.sort_unstable();
        for hold in &ended {
            self.end_hold(*hold, CALLERS[by].0);
        }
        Answer::Did(ended)
    }

    pub fn freeze(&mut self, by: usize, service: i64, reverts: bool) -> Answer {
        let hold = self.set(by, service, None, reverts);
        self.tell_freeze("FROZEN", hold, CALLERS[by].0);
        Answer::Did(vec![hold])
    }

    pub fn unfreeze(&mut self, by: usize, service: i64) -> Answer {
        let holds = self.rows.holds.iter().zip(1..).filter(|(hold, _)| !hold.ended && !hold.expired);
        let freezes = holds.filter(|(hold, _)| (hold.service, hold.instance) == (service, None));
        let freezes: Vec<i64> = freezes.map(|(_, id)| id).collect();
        for hold in &freezes {
            self.end_hold(*hold, CALLERS[by].0);
        }
        Answer::Did(freezes)
    }

    /// It has no effect from now on; no event is recorded yet.
    pub fn expire(&mut self, hold: i64) -> Answer {
        self.rows.holds[hold as usize - 1].expired = true;
        Answer::Nothing
    }

    /// Ends the freezes, then the holds, that have expired.
    pub fn end_expired(&mut self) -> Answer {
        let due = self.rows.holds.iter().zip(1..).filter(|(hold, _)| hold.expired && !hold.ended);
        let (freezes, holds): (Vec<_>, Vec<_>) =
            due.map(|(hold, id)| (hold.instance, id)).partition(|due| due.0.is_none());
        for (_, hold) in freezes.iter().chain(&holds) {
            self.end_hold(*hold, "lockkeeper");
        }
        Answer::Did(vec![(freezes.len() + holds.len()) as i64])
    }

    pub fn confirm(&mut self, by: usize, id: i64, found: Option<i64>) -> Answer {
        let before = self.instance(id).clone();
        match before.status {
            InstanceStatus::Removed => return refused(ProblemCode::NotFound, &[id]),
            Unknown | InstallFailed | UpgradeFailed | RevertFailed | UninstallFailed | InstanceStatus::Running => {}
            _ => return refused(ProblemCode::WrongState, &[id]),
        }
        self.instance(id).version = found.map(|found| version(before.service, found));
        self.instance(id).status = if found.is_some() { InstanceStatus::Running } else { InstanceStatus::Removed };
        let caused_by = CALLERS[by].0.into();
        self.tell_instance(id, &before, Event { kind: "CONFIRMATION".into(), caused_by, ..Event::default() });
        Answer::Did(vec![id])
    }

    fn set(&mut self, by: usize, service: i64, instance: Option<i64>, reverts: bool) -> i64 {
        let caller = CALLERS[by].0.into();
        self.rows.holds.push(Hold { service, instance, caller, reverts, expired: false, ended: false });
        self.rows.holds.len() as i64
    }

    fn end_hold(&mut self, id: i64, by: &str) {
        let hold = &mut self.rows.holds[id as usize - 1];
        hold.ended = true;
        match hold.instance {
            Some(instance) => self.tell_hold(instance, id, by),
            None => self.tell_freeze("UNFROZEN", id, by),
        }
    }

    fn tell_hold(&mut self, instance: i64, hold: i64, by: &str) {
        let before = self.instance(instance).clone();
        let event = Event { kind: "HOLD".into(), caused_by: by.into(), hold: Some(hold), ..Event::default() };
        self.tell_instance(instance, &before, event);
    }

    fn tell_freeze(&mut self, kind: &str, hold: i64, by: &str) {
        let service = self.rows.holds[hold as usize - 1].service;
        self.record(Event { kind: kind.into(), caused_by: by.into(), service, hold: Some(hold), ..Event::default() });
    }
}

fn refused(code: ProblemCode, instances: &[i64]) -> Answer {
    let about = instances.iter().map(|id| Kind::Instance.id(*id).to_string()).collect();
    Answer::Refused(vec![(code, about)], Vec::new())
}
