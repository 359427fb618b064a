//! What the answers of health checks in a soak do to instances and to their release.

use super::fleet::{Fleet, name, named, register_worker};
use super::rollouts::{Rolling, wave};
use crate::domain::health::{AnswersInARow, Health};
use crate::domain::release::rollout::{Amount, RolloutOrder, RolloutOverrides};
use crate::domain::release::waves::WaveRequest;
use crate::domain::release::{OnFailure, PauseReason, ReleaseStatus, Resume};
use crate::domain::target::End;
use crate::release::settle::settle_due;
use crate::store::db::sql::sql;
use crate::store::{budget, doctor, health, worker};
use crate::worker::WorkerRef;
use crate::worker::soak::{Answer, record};

const REQUIRED: AnswersInARow = AnswersInARow { successes: 2, failures: 2 };
/// The hosts of the first wave, which soaks.
const SOAKING: i64 = 2;

/// A release over four hosts whose first wave soaks, watched by its worker.
async fn soaking(kind: &str, rollout: RolloutOverrides) -> Rolling {
    let waves = Some(vec![WaveRequest { soak_seconds: 600, max_failures: None, ..wave(SOAKING) }, wave(4)]);
    let rolling = Rolling::new(kind, 4, RolloutOverrides { waves, ..rollout }).await;
    assert_eq!(rolling.succeed().await, 2);
    assert_eq!(watch(&rolling, &rolling.me).await, [rolling.release]);
    rolling
}

/// Watches the release, if no other living worker does.
async fn watch(rolling: &Rolling, me: &WorkerRef) -> Vec<i64> {
    let mut tx = rolling.fleet.app.db.begin().await.unwrap();
    let watched = health::watch(&mut tx, me.id, &[rolling.release]).await.unwrap();
    tx.commit().await.unwrap();
    watched
}

impl Rolling {
    /// Records answers about the instance of this host: `+` is a good one.
    async fn answer(&self, host: usize, answers: &str) {
        let instance_id = self.fleet.instance(&name(host)).await;
        for answer in answers.chars() {
            let result = if answer == '+' { Ok(()) } else { Err("it answered 503.".to_owned()) };
            let answer = Answer { instance_id, hostname: name(host), result };
            record(&self.fleet.app.db, &self.me, self.release, REQUIRED, &[answer]).await.unwrap();
        }
    }

    async fn health(&self, host: usize) -> Option<Health> {
        let one =
            self.fleet.app.db.query(sql!("SELECT health FROM instance WHERE hostname = $1 AND status <> 'REMOVED'"));
        one.bind(name(host)).scalar().await.unwrap()
    }

    /// How many instances became unhealthy: by the release, and by its first wave.
    async fn unhealthy(&self) -> (i64, i64) {
        let one = self.fleet.app.db.query(sql!(
            "SELECT unhealthy, (SELECT w.unhealthy FROM release_wave w WHERE w.release_id = release.id AND w.number = 1) AS first
             FROM release WHERE id = $1"
        ));
        one.bind(self.release).one().await.unwrap()
    }

    async fn assert_sound(&self) {
        assert_eq!(doctor::check(&self.fleet.app.db).await.unwrap(), []);
    }
}

async fn r14_a_limit_that_is_exceeded_in_a_soak_stops_the_release_at_once_also_while_it_is_paused(kind: &str) {
    let rolling = soaking(kind, RolloutOverrides::default()).await;
    rolling.pause().await.unwrap();
    rolling.answer(1, "+-").await;
    assert_eq!((rolling.status().await.0, rolling.health(1).await), (ReleaseStatus::Paused, None), "one of two");
    rolling.answer(1, "-").await;
    assert_eq!((rolling.status().await.0, rolling.health(1).await), (ReleaseStatus::Failed, Some(Health::Unhealthy)));
    assert_eq!(rolling.unhealthy().await, (1, 1));
    let targets = rolling.fleet.app.db.query(sql!("SELECT status FROM release_target ORDER BY ordinal"));
    let targets: Vec<String> = targets.scalars().await.unwrap();
    assert_eq!(targets, ["SUCCEEDED", "SUCCEEDED", "CANCELED", "CANCELED"]);
    assert_eq!(rolling.kinds().await, ["ACCEPTED", "PAUSED", "STOPPED", "FINISHED"]);
    // There is an event for those who follow the instance, and one for those who follow the release.
    let events: Vec<(String, String, Option<i64>, i64)> = rolling
        .fleet
        .app
        .db
        .query(sql!(
            "SELECT kind, status, unhealthy, target_id FROM event WHERE kind IN ('HEALTH', 'TARGET_UNHEALTHY') AND release_id = $1
             ORDER BY position"
        ))
        .bind(rolling.release)
        .all()
        .await
        .unwrap();
    let target = events[0].3;
    let expected = [
        ("HEALTH".to_owned(), "RUNNING".to_owned(), None, target),
        ("TARGET_UNHEALTHY".to_owned(), "PAUSED".to_owned(), Some(1), target),
    ];
    assert_eq!(events, expected);
    let lines = rolling.fleet.app.db.query(sql!("SELECT text FROM output_line WHERE target_id = $1"));
    let lines: Vec<String> = lines.bind(target).scalars().await.unwrap();
    assert_eq!(lines, ["Unhealthy: it answered 503."]);
    rolling.assert_sound().await;
}
testkit::on_both!(r14_a_limit_that_is_exceeded_in_a_soak_stops_the_release_at_once_also_while_it_is_paused);

async fn r22_an_instance_counts_once_and_resuming_forgives_what_became_unhealthy(kind: &str) {
    let waves = vec![WaveRequest { soak_seconds: 600, max_failures: Some(Amount::Count(1)), ..wave(SOAKING) }, wave(4)];
    let rollout = RolloutOverrides {
        max_failures: Some(Amount::Count(1)),
        on_failure: Some(OnFailure::Pause),
        waves: Some(waves),
        ..RolloutOverrides::default()
    };
    let rolling = Rolling::new(kind, 4, rollout).await;
    rolling.succeed().await;
    watch(&rolling, &rolling.me).await;
    rolling.answer(1, "--++--").await;
    assert_eq!(rolling.unhealthy().await, (1, 1), "the same instance");
    assert_eq!(rolling.status().await.0, ReleaseStatus::Running);
    rolling.answer(2, "--").await;
    assert_eq!(rolling.status().await, (ReleaseStatus::Paused, Some(PauseReason::Failures)));
    assert_eq!(rolling.unhealthy().await, (2, 2));
    // The soak ends during the pause, and the release stays paused.
    let times = sql!("UPDATE release SET soaks_until = created_at WHERE id = $1");
    rolling.fleet.changed(|tx| tx.query(times).bind(rolling.release)).await;
    let wave_times = sql!("UPDATE release_wave SET soak_until = ended_at WHERE release_id = $1 AND number = 1");
    rolling.fleet.changed(|tx| tx.query(wave_times).bind(rolling.release)).await;
    assert_eq!(
        (settle_due(&rolling.fleet.app.db).await.unwrap(), settle_due(&rolling.fleet.app.db).await.unwrap()),
        (1, 0)
    );
    assert_eq!(rolling.status().await, (ReleaseStatus::Paused, Some(PauseReason::Failures)));
    // After the soak, only what is unhealthy is judged, until it is healthy again.
    rolling.answer(1, "++").await;
    assert_eq!(rolling.health(1).await, Some(Health::Healthy));
    rolling.answer(1, "---").await;
    assert_eq!(rolling.health(1).await, Some(Health::Healthy));
    rolling.resume(Resume::default(), None).await.unwrap();
    assert_eq!(rolling.succeed().await, 2);
    assert_eq!(rolling.status().await.0, ReleaseStatus::Succeeded);
    assert_eq!(rolling.unhealthy().await, (2, 2));
    // It is over, and its unhealthy instance is watched on.
    assert_eq!(unwatched(&rolling).await, [rolling.release]);
    rolling.answer(2, "++").await;
    assert_eq!(rolling.health(2).await, Some(Health::Healthy));
    assert!(unwatched(&rolling).await.is_empty());
    rolling.assert_sound().await;
}
testkit::on_both!(r22_an_instance_counts_once_and_resuming_forgives_what_became_unhealthy);

/// The releases that a worker with this executor would begin to watch.
async fn unwatched(rolling: &Rolling) -> Vec<i64> {
    let found = health::unwatched(&rolling.fleet.app.db, &["web".into()], rolling.me.id, &[], 9).await.unwrap();
    found.into_iter().map(|(release, _)| release).collect()
}

async fn i3_one_living_worker_watches_a_release_and_no_other_records_an_answer(kind: &str) {
    let rolling = soaking(kind, RolloutOverrides::default()).await;
    let db = &rolling.fleet.app.db;
    let other = Rolling { me: WorkerRef { id: register_worker(db, "x").await, name: "x".into() }, ..rolling };
    let db = &other.fleet.app.db;
    assert!(unwatched(&other).await.is_empty());
    assert!(watch(&other, &other.me).await.is_empty());
    other.answer(1, "--").await;
    assert_eq!(other.health(1).await, None, "it does not watch the release");
    let first: i64 = db.query(sql!("SELECT worker_id FROM health_watch")).scalar().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let at = tx.now().await.unwrap();
    worker::end(&mut tx, at, first).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(unwatched(&other).await, [other.release]);
    let lost = Rolling { me: WorkerRef { id: first, name: "w".into() }, ..other };
    lost.answer(1, "--").await;
    assert_eq!(lost.health(1).await, None, "it was declared dead");
    let other = Rolling { me: WorkerRef { id: first + 1, name: "x".into() }, ..lost };
    assert_eq!(watch(&other, &other.me).await, [other.release]);
    other.answer(1, "--").await;
    assert_eq!(other.health(1).await, Some(Health::Unhealthy));
}
testkit::on_both!(i3_one_living_worker_watches_a_release_and_no_other_records_an_answer);

/// The hosts of the targets of a release, in their order.
async fn hosts_of(fleet: &Fleet, release: i64) -> Vec<String> {
    let all = fleet.app.db.query(sql!(
        "SELECT h.hostname FROM release_target t JOIN host h ON h.id = t.host_id WHERE t.release_id = $1 ORDER BY t.ordinal"
    ));
    all.bind(release).scalars().await.unwrap()
}

/// The instances of the service that a budget counts.
async fn unavailable(fleet: &Fleet) -> Vec<i64> {
    let mut tx = fleet.app.db.begin().await.unwrap();
    let counted = budget::unavailable(&mut tx, &[fleet.service]).await.unwrap();
    counted.into_iter().map(|(_, instance, _)| instance).collect()
}

async fn r20_what_is_unhealthy_is_unavailable_until_a_target_begins_on_it_or_it_is_confirmed(kind: &str) {
    let rollout = RolloutOverrides { on_failure: Some(OnFailure::Continue), ..RolloutOverrides::default() };
    let rolling = soaking(kind, rollout).await;
    rolling.answer(2, "--").await;
    let fleet = &rolling.fleet;
    assert_eq!(unavailable(fleet).await, [fleet.instance(&name(2)).await]);
    // Those that the budget counts go first where that was requested, and what a release has is not checked.
    let mut again = fleet.upgrade(named(&[&name(1), &name(2)]));
    again.included.reapply = true;
    again.rollout.order = Some(RolloutOrder::UnhealthyFirst);
    again.rollout.waves = Some(Vec::new());
    again.rollout.max_parallel = Some(Amount::Count(2));
    let second = fleet.accepted(&again).await.release_id.unwrap();
    assert_eq!(hosts_of(fleet, second).await[0], name(2));
    assert_eq!(health::checked(&fleet.app.db, rolling.release, true).await.unwrap().len(), 0);
    rolling.answer(2, "++").await;
    assert_eq!(rolling.health(2).await, Some(Health::Unhealthy), "a release has it");
    let claimed = rolling.claim().await;
    assert_eq!(rolling.health(2).await, None, "a target begins on it");
    rolling.end(&claimed, &End::succeeded()).await;
    assert!(unavailable(fleet).await.is_empty());
    // The release that moved it last has it.
    assert_eq!(health::checked(&fleet.app.db, second, true).await.unwrap().len(), 2);
    assert_eq!(health::checked(&fleet.app.db, rolling.release, true).await.unwrap().len(), 0);
    let unhealthy =
        sql!("UPDATE instance SET health = 'UNHEALTHY', health_at = updated_at, bad_answers = 2 WHERE hostname = $1");
    rolling.fleet.changed(|tx| tx.query(unhealthy).bind(name(2))).await;
    rolling.fleet.confirm(&name(2), 2).await;
    assert_eq!(rolling.health(2).await, None, "somebody said what runs there");
    rolling.assert_sound().await;
}
testkit::on_both!(r20_what_is_unhealthy_is_unavailable_until_a_target_begins_on_it_or_it_is_confirmed);

async fn rollout_example_15_what_becomes_unhealthy_in_a_soak_has_the_release_undone_in_that_transaction(kind: &str) {
    let rollout = RolloutOverrides { on_failure: Some(OnFailure::Undo), ..RolloutOverrides::default() };
    let rolling = soaking(kind, rollout).await;
    rolling.answer(1, "++").await;
    rolling.answer(2, "-").await;
    let before: i64 = rolling.fleet.app.db.query(sql!("SELECT position FROM event_log")).scalar().await.unwrap();
    rolling.answer(2, "-").await;
    assert_eq!(rolling.status().await.0, ReleaseStatus::Failed);
    let targets =
        rolling.fleet.app.db.query(sql!("SELECT status FROM release_target WHERE release_id = $1 ORDER BY ordinal"));
    let targets: Vec<String> = targets.bind(rolling.release).scalars().await.unwrap();
    assert_eq!(targets, ["SUCCEEDED", "SUCCEEDED", "CANCELED", "CANCELED"]);
    let [undo] = &rolling.fleet.undos(rolling.release).await[..] else { panic!("one undo") };
    assert_eq!(hosts_of(&rolling.fleet, undo.0).await, [name(2), name(1)], "what was moved, in reverse order");
    // What one transaction writes has one time.
    let since: Vec<(String, i64)> = rolling
        .fleet
        .app
        .db
        .query(sql!(
            "SELECT kind, (SELECT count(DISTINCT o.at) FROM event o WHERE o.position > $1) AS times FROM event
             WHERE position > $1 AND (subject = 'RELEASE' AND target_id IS NULL OR kind = 'HEALTH') ORDER BY position"
        ))
        .bind(before)
        .all()
        .await
        .unwrap();
    let kinds: Vec<&str> = since.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["HEALTH", "STOPPED", "FINISHED", "ACCEPTED"]);
    assert!(since.iter().all(|(_, times)| *times == 1), "{since:?}");
    rolling.assert_sound().await;
    // The undo has it now, and forgets what was known of it as it begins.
    assert_eq!(rolling.health(2).await, Some(Health::Unhealthy));
    while rolling.succeed().await > 0 {}
    assert_eq!(rolling.health(2).await, None);
    assert!(unwatched(&rolling).await.is_empty());
    rolling.assert_sound().await;
}
testkit::on_both!(rollout_example_15_what_becomes_unhealthy_in_a_soak_has_the_release_undone_in_that_transaction);
