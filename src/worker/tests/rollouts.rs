//! Waves, limits, pauses and deadlines, as workers and the upkeep carry them out.

use super::fleet::{Fleet, register_worker};
use crate::change::Request;
use crate::domain::release::rollout::{Amount, RolloutOverrides};
use crate::domain::release::waves::WaveRequest;
use crate::domain::release::{OnFailure, PauseReason, ReleaseStatus, Resume};
use crate::domain::target::{End, TargetFailure};
use crate::domain::{Kind, ProblemCode, Timestamp};
use crate::release::pause::{Resumption, pause, resume};
use crate::release::request::Selection;
use crate::release::settle::settle_due;
use crate::store::db::sql::sql;
use crate::store::queue::Claimed;
use crate::worker::WorkerRef;
use crate::worker::claim::claim;
use crate::worker::finish::{Ending, finish};

/// A release of a fleet, and the worker that carries it out.
pub struct Rolling {
    pub fleet: Fleet,
    pub me: WorkerRef,
    pub release: i64,
}

pub fn wave(up_to: i64) -> WaveRequest {
    WaveRequest { up_to: Amount::Count(up_to), max_failures: None, soak_seconds: 0, pause_after: false }
}

fn paused(up_to: i64) -> WaveRequest {
    WaveRequest { pause_after: true, ..wave(up_to) }
}

impl Rolling {
    pub async fn new(kind: &str, hosts: usize, rollout: RolloutOverrides) -> Rolling {
        let fleet = Fleet::new(kind, hosts).await;
        let me = WorkerRef { id: register_worker(&fleet.app.db, "w").await, name: "w".into() };
        let mut request = fleet.upgrade(Selection::All(true));
        request.rollout = RolloutOverrides { max_parallel: Some(Amount::Count(100)), ..rollout };
        let release = fleet.accepted(&request).await.release_id.unwrap();
        Rolling { fleet, me, release }
    }

    pub async fn claim(&self) -> Vec<Claimed> {
        claim(&self.fleet.app, &self.me, 100).await.unwrap()
    }

    /// Ends targets in this way.
    pub async fn end(&self, claimed: &[Claimed], end: &End) {
        let ending = |claimed: &Claimed| Ending {
            target_id: claimed.order.target_id,
            release_id: claimed.order.release_id,
            fence: claimed.order.fence,
            end: end.clone(),
        };
        let endings: Vec<Ending> = claimed.iter().map(ending).collect();
        finish(&self.fleet.app.db, &self.me, &endings).await.unwrap();
    }

    /// Claims what may start, ends it well, and returns how many targets that were.
    pub async fn succeed(&self) -> usize {
        let claimed = self.claim().await;
        self.end(&claimed, &End::succeeded()).await;
        claimed.len()
    }

    fn sent(&self, operation: &'static str) -> Request {
        Request { operation, ..self.fleet.upgrade(Selection::All(true)).change }
    }

    pub async fn status(&self) -> (ReleaseStatus, Option<PauseReason>) {
        let one = self.fleet.app.db.query(sql!("SELECT status, pause_reason FROM release WHERE id = $1"));
        one.bind(self.release).one().await.unwrap()
    }

    pub async fn resume(&self, resume_as: Resume, deadline_seconds: Option<i64>) -> Result<(), Vec<ProblemCode>> {
        let release_id = Kind::Release.id(self.release).to_string();
        let resumption = Resumption { release_id, resume: resume_as, deadline_seconds };
        let answer = resume(&self.fleet.app, &self.sent("resumeRelease"), &resumption).await.unwrap();
        answer.map(|_| ()).map_err(|problems| problems.0.iter().map(|problem| problem.code).collect())
    }

    pub async fn pause(&self) -> Result<(), Vec<ProblemCode>> {
        let id = Kind::Release.id(self.release).to_string();
        let answer = pause(&self.fleet.app, &self.sent("pauseRelease"), &id, Some("wait")).await.unwrap();
        answer.map(|_| ()).map_err(|problems| problems.0.iter().map(|problem| problem.code).collect())
    }

    /// Lets so much time pass for the release: its times are as much earlier.
    async fn let_pass(&self, seconds: i64) {
        let times = sql!("SELECT deadline_at, deadline_event_at, soaks_until FROM release WHERE id = $1");
        let times: (Timestamp, Option<Timestamp>, Option<Timestamp>) =
            self.fleet.app.db.query(times).bind(self.release).one().await.unwrap();
        let earlier = |at: Timestamp| Timestamp(at.0 - seconds * 1000);
        let statement =
            sql!("UPDATE release SET deadline_at = $2, deadline_event_at = $3, soaks_until = $4 WHERE id = $1");
        let (id, (deadline, event, soak)) = (self.release, times);
        self.fleet
            .changed(|tx| {
                let statement = tx.query(statement).bind(id).bind(earlier(deadline));
                statement.bind(event.map(earlier)).bind(soak.map(earlier))
            })
            .await;
    }

    /// The kinds of the release's own events, without those of its targets.
    pub async fn kinds(&self) -> Vec<String> {
        let all = self.fleet.app.db.query(sql!(
            "SELECT kind FROM event WHERE subject = 'RELEASE' AND release_id = $1 AND target_id IS NULL ORDER BY position"
        ));
        all.bind(self.release).scalars().await.unwrap()
    }
}

async fn rollout_example_3_waves_start_one_after_the_other_and_both_canaries_that_fail_stop_the_release(kind: &str) {
    let rollout = || RolloutOverrides {
        max_failures: Some(Amount::Percent(10)),
        waves: Some(vec![paused(2), WaveRequest { up_to: Amount::Percent(25), ..wave(1) }, wave(40)]),
        ..RolloutOverrides::default()
    };
    let rolling = Rolling::new(kind, 40, rollout()).await;
    let canaries = rolling.claim().await;
    assert_eq!(canaries.len(), 2);
    assert!(rolling.claim().await.is_empty(), "the second wave waits");
    rolling.end(&canaries, &End::succeeded()).await;
    assert_eq!(rolling.status().await, (ReleaseStatus::Paused, Some(PauseReason::Wave)));
    assert!(rolling.claim().await.is_empty());
    rolling.resume(Resume::default(), None).await.unwrap();
    assert_eq!([rolling.succeed().await, rolling.succeed().await], [8, 30]);
    assert_eq!(rolling.status().await, (ReleaseStatus::Succeeded, None));
    assert_eq!(rolling.kinds().await, ["ACCEPTED", "PAUSED", "RESUMED", "FINISHED"]);

    let failing = Rolling::new(kind, 40, rollout()).await;
    let canaries = failing.claim().await;
    failing.end(&canaries, &End::failed(TargetFailure::Command, "no")).await;
    assert_eq!(failing.status().await, (ReleaseStatus::Failed, None), "stopped after 2 hosts");
}
testkit::on_both!(rollout_example_3_waves_start_one_after_the_other_and_both_canaries_that_fail_stop_the_release);

async fn rollout_example_9_a_release_that_stays_paused_is_canceled_at_its_deadline(kind: &str) {
    let waves = Some(vec![paused(1), wave(3)]);
    let rolling = Rolling::new(kind, 3, RolloutOverrides { waves, ..RolloutOverrides::default() }).await;
    assert_eq!(rolling.succeed().await, 1);
    assert_eq!(settle_due(&rolling.fleet.app.db).await.unwrap(), 0);
    rolling.let_pass(23 * 3600).await;
    assert_eq!(settle_due(&rolling.fleet.app.db).await.unwrap(), 1);
    assert_eq!(rolling.status().await, (ReleaseStatus::Paused, Some(PauseReason::Wave)));
    assert_eq!(settle_due(&rolling.fleet.app.db).await.unwrap(), 0, "the event comes once");
    rolling.let_pass(3600).await;
    settle_due(&rolling.fleet.app.db).await.unwrap();
    assert_eq!(rolling.status().await, (ReleaseStatus::Canceled, None));
    assert_eq!(rolling.kinds().await, ["ACCEPTED", "PAUSED", "DEADLINE", "FINISHED"]);
}
testkit::on_both!(rollout_example_9_a_release_that_stays_paused_is_canceled_at_its_deadline);

async fn rollout_example_10_the_same_failure_never_pauses_a_release_twice(kind: &str) {
    let rollout = RolloutOverrides {
        max_failures: Some(Amount::Count(0)),
        on_failure: Some(OnFailure::Pause),
        waves: Some(vec![wave(2), wave(4), wave(6)]),
        ..RolloutOverrides::default()
    };
    let rolling = Rolling::new(kind, 6, rollout).await;
    for _ in 0..2 {
        let claimed = rolling.claim().await;
        assert_eq!(claimed.len(), 2);
        rolling.end(&claimed[..1], &End::failed(TargetFailure::Command, "no")).await;
        assert_eq!(rolling.status().await, (ReleaseStatus::Paused, Some(PauseReason::Failures)));
        rolling.end(&claimed[1..], &End::succeeded()).await;
        rolling.resume(Resume::default(), None).await.unwrap();
        assert_eq!(rolling.status().await, (ReleaseStatus::Running, None));
    }
    assert_eq!(rolling.succeed().await, 2);
    assert_eq!(rolling.status().await, (ReleaseStatus::Failed, None));
}
testkit::on_both!(rollout_example_10_the_same_failure_never_pauses_a_release_twice);

async fn rollout_example_12_unreachable_hosts_have_a_limit_of_their_own(kind: &str) {
    let rollout = RolloutOverrides {
        max_failures: Some(Amount::Count(0)),
        max_unreachable: Some(Amount::Count(1)),
        waves: Some(vec![wave(3), wave(6)]),
        ..RolloutOverrides::default()
    };
    let rolling = Rolling::new(kind, 6, rollout).await;
    let claimed = rolling.claim().await;
    let unreachable = End::failed(TargetFailure::Unreachable, "no route");
    rolling.end(&claimed[..1], &unreachable).await;
    assert_eq!(rolling.status().await, (ReleaseStatus::Running, None));
    rolling.end(&claimed[1..2], &unreachable).await;
    assert_eq!(rolling.status().await, (ReleaseStatus::Paused, Some(PauseReason::Unreachable)));
    rolling.end(&claimed[2..], &End::succeeded()).await;
    rolling.resume(Resume::default(), None).await.unwrap();
    assert_eq!(rolling.succeed().await, 3);
    let counts: (i64, i64, i64, ReleaseStatus) = rolling
        .fleet
        .app
        .db
        .query(sql!("SELECT succeeded, failed, unreachable, status FROM release WHERE id = $1"))
        .bind(rolling.release)
        .one()
        .await
        .unwrap();
    assert_eq!(counts, (4, 2, 2, ReleaseStatus::Failed));
}
testkit::on_both!(rollout_example_12_unreachable_hosts_have_a_limit_of_their_own);

async fn r19_a_wave_soaks_before_the_next_one_and_a_soak_can_be_skipped(kind: &str) {
    let soaking = |up_to| WaveRequest { soak_seconds: 60, ..wave(up_to) };
    let waves = Some(vec![soaking(1), soaking(2), wave(3)]);
    let rolling = Rolling::new(kind, 3, RolloutOverrides { waves, ..RolloutOverrides::default() }).await;
    assert_eq!([rolling.succeed().await, rolling.succeed().await], [1, 0]);
    assert_eq!(rolling.status().await, (ReleaseStatus::Running, None));
    rolling.resume(Resume { skip_soak: true, to_end: false }, None).await.unwrap();
    assert_eq!([rolling.succeed().await, rolling.succeed().await], [1, 0]);
    // Soaks run on during a pause, and the release stays paused after them.
    rolling.pause().await.unwrap();
    let ended = sql!("UPDATE release_wave SET soak_until = ended_at WHERE release_id = $1 AND number = 2");
    rolling.fleet.changed(|tx| tx.query(ended).bind(rolling.release)).await;
    rolling.let_pass(60).await;
    settle_due(&rolling.fleet.app.db).await.unwrap();
    assert_eq!(rolling.status().await, (ReleaseStatus::Paused, Some(PauseReason::Requested)));
    rolling.resume(Resume::default(), None).await.unwrap();
    assert_eq!(rolling.succeed().await, 1);
    assert_eq!(rolling.kinds().await, ["ACCEPTED", "RESUMED", "PAUSED", "RESUMED", "FINISHED"]);
}
testkit::on_both!(r19_a_wave_soaks_before_the_next_one_and_a_soak_can_be_skipped);

async fn r22_pausing_and_resuming_twice_or_when_it_is_over(kind: &str) {
    let waves = Some(vec![paused(1), paused(2), wave(3)]);
    let rolling = Rolling::new(kind, 3, RolloutOverrides { waves, ..RolloutOverrides::default() }).await;
    rolling.pause().await.unwrap();
    rolling.pause().await.unwrap();
    assert_eq!(rolling.status().await, (ReleaseStatus::Paused, Some(PauseReason::Requested)));
    assert!(rolling.claim().await.is_empty());
    assert_eq!(rolling.resume(Resume::default(), Some(0)).await, Err(vec![ProblemCode::Invalid]));
    rolling.resume(Resume { to_end: true, skip_soak: false }, Some(7200)).await.unwrap();
    assert_eq!(rolling.status().await, (ReleaseStatus::Pending, None));
    rolling.resume(Resume::default(), None).await.unwrap();
    for _ in 0..2 {
        assert_eq!(rolling.succeed().await, 1);
    }
    let last = rolling.claim().await;
    assert_eq!(rolling.pause().await, Err(vec![ProblemCode::WrongState]), "nothing is queued");
    rolling.end(&last, &End::succeeded()).await;
    assert_eq!(rolling.pause().await, Err(vec![ProblemCode::WrongState]));
    assert_eq!(rolling.resume(Resume::default(), None).await, Err(vec![ProblemCode::WrongState]));
    assert_eq!(rolling.kinds().await, ["ACCEPTED", "PAUSED", "RESUMED", "FINISHED"]);
}
testkit::on_both!(r22_pausing_and_resuming_twice_or_when_it_is_over);
