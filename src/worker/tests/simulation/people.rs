//! What callers do.

use super::world::{HOSTS, LABEL, World};
use crate::catalog::{instance, suspension};
use crate::change;
use crate::domain::instance::InstanceSettings;
use crate::domain::reference::{CURRENT_VERSION, FOUND_VERSION, INSTANCE, Reference, SERVICE, VERSION};
use crate::domain::release::rollout::{Amount, PerLabel, RolloutOverrides};
use crate::domain::release::waves::WaveRequest;
use crate::domain::release::{OnFailure, ReleaseAction, Resume};
use crate::domain::{Kind, Problems};
use crate::release::cancel::{Cancellation, cancel};
use crate::release::follow_up::{FollowUp, FollowUpRequest, follow_up};
use crate::release::pause::{Resumption, pause, resume};
use crate::release::request::{Accepted, Aim, Refused, ReleaseRequest, Selection};
use crate::store::db::sql::sql;
use crate::worker::tests::fleet;

const ON_FAILURE: [OnFailure; 4] = [OnFailure::Stop, OnFailure::Continue, OnFailure::Pause, OnFailure::Undo];

impl World {
    /// Somebody does something. That it is refused is as good.
    pub async fn person(&mut self) {
        // Otherwise little would ever start.
        if self.is_suspended().await && self.choices.one_in(2) {
            return self.resume_fleet().await;
        }
        if self.choices.one_in(2) && self.open_releases().await.is_empty() {
            return self.ask().await;
        }
        match self.choices.below(16) {
            0..=4 => self.ask().await,
            5 => self.pause_release().await,
            6 | 7 => self.resume_release().await,
            8 => self.cancel_release().await,
            9 | 10 => self.follow(FollowUp::Undo).await,
            11 => self.follow(FollowUp::Retry).await,
            12 => self.lock().await,
            13 => self.unlock().await,
            14 => self.confirm().await,
            _ => self.suspend_or_resume_fleet().await,
        }
    }

    pub fn sent(&self, operation: &'static str) -> change::Request {
        change::Request { operation, ..self.fleet.upgrade(Selection::All(true)).change }
    }

    /// The id of a release, mostly one that is open.
    async fn any_release(&mut self) -> Option<String> {
        let all = self.fleet.app.db.query(sql!("SELECT id, finished_at IS NULL AS is_open FROM release ORDER BY id"));
        let all: Vec<(i64, bool)> = all.all().await.unwrap();
        let open: Vec<i64> = all.iter().filter(|(_, is_open)| *is_open).map(|(id, _)| *id).collect();
        let is_any = open.is_empty() || self.choices.one_in(4);
        let chosen = if is_any { all.into_iter().map(|(id, _)| id).collect() } else { open };
        (!chosen.is_empty()).then(|| Kind::Release.id(*self.choices.pick(&chosen)).to_string())
    }

    fn rollout(&mut self) -> RolloutOverrides {
        let choices = &mut self.choices;
        let mut wave = |up_to| WaveRequest {
            up_to: Amount::Count(up_to),
            max_failures: choices.one_in(2).then(|| Amount::Count(choices.below(2) as i64)),
            soak_seconds: *choices.pick(&[0, 65, 605, 605]),
            pause_after: choices.one_in(4),
        };
        let waves = [wave(1), wave(3)];
        let waves = match choices.below(4) {
            0 | 1 => None,
            2 => Some(waves[..1].to_vec()),
            _ => Some(waves.to_vec()),
        };
        RolloutOverrides {
            waves,
            max_parallel: Some(Amount::Count(1 + choices.below(4) as i64)),
            max_failures: Some(Amount::Count(choices.below(3) as i64)),
            max_unreachable: choices.one_in(2).then(|| Amount::Count(choices.below(2) as i64)),
            on_failure: Some(*choices.pick(&ON_FAILURE)),
            withdraw_on_undo: choices.one_in(3).then_some(true),
            max_per_label: choices.one_in(4).then(|| PerLabel { key: LABEL.to_owned(), count: 1 }),
            deadline_seconds: choices.one_in(3).then(|| *choices.pick(&[1_205, 7_305, 90_005])),
            ..RolloutOverrides::default()
        }
    }

    /// Requests a release. Its answer may be lost, and then the request is repeated.
    pub async fn ask(&mut self) {
        let of = self.choices.below(self.services.len());
        let id = |number| Kind::Version.id(number).to_string();
        let version = *self.choices.pick(&self.services[of].versions);
        let version = Reference::by_id(&VERSION, id(version));
        let current_version = Reference::omitted(&CURRENT_VERSION);
        let aim = match self.choices.below(14) {
            0 => Aim::Uninstall,
            1 | 2 => Aim::Install { version, settings: InstanceSettings::default() },
            3..=8 => Aim::Upgrade { version, current_version },
            _ => Aim::Revert { version, current_version },
        };
        let hosts = match &aim {
            Aim::Install { .. } => Selection::Hostnames(self.free_hosts(self.services[of].id).await),
            _ if self.choices.one_in(3) => {
                let first = 1 + self.choices.below(HOSTS);
                Selection::Hostnames((first..=HOSTS).map(fleet::name).collect())
            }
            _ => Selection::All(true),
        };
        let rollout = self.rollout();
        let plain = self.fleet.request(aim, hosts);
        self.keys += 1;
        let change = change::Request { idempotency_key: Some(format!("key {}", self.keys)), ..plain.change };
        let service = Reference::by_id(&SERVICE, Kind::Service.id(self.services[of].id).to_string());
        let request = ReleaseRequest { change, service, rollout, ..plain };
        let is_frozen = self.is_frozen(self.services[of].id, request.aim.action()).await;
        let answer = self.fleet.ask(&request).await;
        assert!(!is_frozen || answer.is_err(), "accepted in spite of a freeze: {answer:?}");
        if is_frozen {
            self.count("refused by a freeze");
        }
        if answer.as_ref().is_ok_and(|accepted| !accepted.accepted.is_empty()) {
            self.count(match request.aim.action() {
                ReleaseAction::Install => "installation",
                ReleaseAction::Uninstall => "uninstallation",
                ReleaseAction::Upgrade => "upgrade",
                ReleaseAction::Revert => "revert",
            });
        }
        self.say(format!("{:?} with {:?}: {}", request.aim.action(), request.rollout, outcome(&answer)));
        if let Ok(accepted) = answer
            && self.fault(6)
        {
            let again = self.fleet.accepted(&request).await;
            assert_eq!((again.release_id, again.replayed), (accepted.release_id, true), "requested twice");
            self.count("answer lost");
        }
    }

    /// The hosts on which nothing of a service is.
    async fn free_hosts(&self, service: i64) -> Vec<String> {
        let free = self.fleet.app.db.query(sql!(
            "SELECT hostname FROM host h WHERE NOT EXISTS
                (SELECT 1 FROM instance i WHERE i.host_id = h.id AND i.service_id = $1 AND i.status <> 'REMOVED')
             ORDER BY id"
        ));
        free.bind(service).scalars().await.unwrap()
    }

    async fn follow(&mut self, what: FollowUp) {
        let Some(release_id) = self.any_release().await else { return };
        let include_unknown = self.choices.one_in(2);
        let request = FollowUpRequest { release_id, include_unknown, ..self.fleet.following_up(what, 1) };
        let answer = follow_up(&self.fleet.app, &request).await.unwrap();
        if answer.is_ok() {
            self.count(match what {
                FollowUp::Undo => "undo",
                FollowUp::Retry => "retry",
            });
        }
        self.say(format!("{what:?} of {}: {}", request.release_id, outcome(&answer)));
    }

    async fn pause_release(&mut self) {
        let Some(id) = self.any_release().await else { return };
        let answer = pause(&self.fleet.app, &self.sent("pauseRelease"), &id, None).await.unwrap();
        self.say(format!("pause {id}: {}", answered(&answer)));
    }

    async fn resume_release(&mut self) {
        let Some(release_id) = self.any_release().await else { return };
        let resumed = Resume { to_end: self.choices.one_in(4), skip_soak: self.choices.one_in(4) };
        let resumption = Resumption { release_id, resume: resumed, deadline_seconds: None };
        let answer = resume(&self.fleet.app, &self.sent("resumeRelease"), &resumption).await.unwrap();
        self.say(format!("resume {}, {resumed:?}: {}", resumption.release_id, answered(&answer)));
    }

    async fn cancel_release(&mut self) {
        let Some(id) = self.any_release().await else { return };
        let (stop_running, then_undo) = (self.choices.one_in(2), self.choices.one_in(2));
        let cancellation = Cancellation { stop_running, then_undo, ..Cancellation::of(id) };
        let answer = cancel(&self.fleet.app, &self.sent("cancelRelease"), &cancellation).await.unwrap();
        self.say(format!("{cancellation:?}: {}", answered(&answer)));
    }

    /// The id of any instance: those of the second service have the greater numbers.
    pub fn any_instance(&mut self) -> i64 {
        1 + self.choices.below(self.services.len() * HOSTS) as i64
    }

    /// Somebody looked at a host and says which version runs there.
    async fn confirm(&mut self) {
        let number = self.any_instance();
        let of = (number - 1) as usize / HOSTS;
        let found = Kind::Version.id(*self.choices.pick(&self.services[of].versions)).to_string();
        let finding = instance::Finding {
            instance: Reference::by_id(&INSTANCE, Kind::Instance.id(number).to_string()),
            found: instance::FoundState::Version(Reference::by_id(&FOUND_VERSION, found)),
            expected_revision: None,
        };
        let answer = instance::confirm(&self.fleet.app, &self.sent("confirmInstance"), &finding).await.unwrap();
        self.say(format!("confirm ins_{number}: {}", answered(&answer)));
    }

    async fn suspend_or_resume_fleet(&mut self) {
        if self.choices.one_in(3) {
            let answer = suspension::suspend(&self.fleet.app, &self.sent("suspendFleet"), "because").await.unwrap();
            self.say(format!("suspend the fleet: {}", answered(&answer)));
        } else {
            self.resume_fleet().await;
        }
    }

    pub async fn resume_fleet(&mut self) {
        let answer = suspension::resume(&self.fleet.app, &self.sent("resumeFleet")).await.unwrap();
        self.say(format!("resume the fleet: {}", answered(&answer)));
    }
}

fn outcome(answer: &Result<Accepted, Refused>) -> String {
    match answer {
        Ok(accepted) => format!("release {:?} of {:?}", accepted.release_id, accepted.accepted),
        Err(refused) => format!("{:?}", codes(&refused.problems)),
    }
}

pub fn answered<T>(answer: &Result<T, Problems>) -> String {
    answer.as_ref().map_or_else(|problems| format!("{:?}", codes(problems)), |_| "done".to_owned())
}

fn codes(problems: &Problems) -> Vec<String> {
    problems.0.iter().map(|problem| problem.code.to_string()).collect()
}
