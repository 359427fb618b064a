//! Releases that are undone because too many of their targets failed (`onFailure: UNDO`).

use super::fleet::{Fleet, name, named, problems_of, register_worker};
use super::undoing::failed;
use super::undoing_automatically::Steps;
use crate::catalog::freeze::{self, Freeze, Unfreeze};
use crate::change::Request;
use crate::domain::Kind;
use crate::domain::instance::InstanceStatus::{Running, UpgradeFailed};
use crate::domain::reference::{Reference, SERVICE};
use crate::domain::release::rollout::{Amount, RolloutOverrides};
use crate::domain::release::waves::WaveRequest;
use crate::domain::release::{OnFailure, PauseReason, ReleaseAction, ReleaseStatus, Resume};
use crate::domain::target::{End, TargetFailure};
use crate::release::cancel::Cancellation;
use crate::release::follow_up::FollowUp;
use crate::release::pause::{Resumption, resume};
use crate::release::request::{Aim, Selection};
use crate::store::db::sql::sql;
use crate::worker::WorkerRef;
use crate::worker::claim::claim;
use crate::worker::finish::{Ending, finish};
use std::sync::Arc;
use tokio::task::JoinSet;

/// A rollout that is undone at the first failure, with this many targets at a time.
fn undone(parallel: i64) -> RolloutOverrides {
    RolloutOverrides {
        max_parallel: Some(Amount::Count(parallel)),
        on_failure: Some(OnFailure::Undo),
        ..RolloutOverrides::default()
    }
}

impl Fleet {
    /// Starts an upgrade of all instances.
    async fn upgraded(&self, rollout: RolloutOverrides) -> i64 {
        let mut upgrade = self.upgrade(Selection::All(true));
        upgrade.rollout = rollout;
        self.accepted(&upgrade).await.release_id.unwrap()
    }

    /// How many targets of a release are queued, running, succeeded, failed, canceled and unknown, and whether it was stopped.
    async fn counts(&self, release: i64) -> ([i64; 6], bool) {
        let one = self.app.db.query(sql!(
            "SELECT queued, running, succeeded, failed, canceled, unknown, stopped_at IS NOT NULL AS stopped FROM release
             WHERE id = $1"
        ));
        let (queued, running, succeeded, failed, canceled, unknown, stopped) = one.bind(release).one().await.unwrap();
        ([queued, running, succeeded, failed, canceled, unknown], stopped)
    }

    /// Resumes a release that is paused; of one that is not, nothing changes.
    async fn resume(&self, release: i64) {
        let mut change = self.upgrade(Selection::All(true)).change;
        change.operation = "resumeRelease";
        let release_id = Kind::Release.id(release).to_string();
        let resumption = Resumption { release_id, resume: Resume::default(), deadline_seconds: None };
        resume(&self.app, &change, &resumption).await.unwrap().unwrap();
    }

    async fn pause_of(&self, release: i64) -> Option<PauseReason> {
        let one = self.app.db.query(sql!("SELECT pause_reason FROM release WHERE id = $1"));
        one.bind(release).one::<(Option<PauseReason>,)>().await.unwrap().0
    }

    /// The kinds of the events of the service, each with its cause.
    async fn service_events(&self) -> Vec<(String, String)> {
        let all =
            self.app.db.query(sql!("SELECT kind, caused_by FROM event WHERE subject = 'SERVICE' ORDER BY position"));
        all.all().await.unwrap()
    }

    /// Who withdrew the version that instances are upgraded to, and why.
    async fn withdrawal(&self) -> (Option<String>, Option<String>) {
        let one = self.app.db.query(sql!("SELECT withdrawn_by, withdrawn_reason FROM version WHERE id = $1"));
        one.bind(self.versions[2]).one().await.unwrap()
    }
}

fn hosts(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(name).collect()
}

fn all<'n>(names: &'n [String], end: &End) -> Vec<(&'n str, End)> {
    names.iter().map(|name| (name.as_str(), end.clone())).collect()
}

async fn rollout_example_5_at_the_limit_the_release_is_undone_once_nothing_of_it_runs(kind: &str) {
    let fleet = Fleet::new(kind, 40).await;
    let first = fleet.upgraded(undone(10)).await;
    let mut worker = Steps::new(&fleet).await;
    assert_eq!(worker.claim(&fleet).await, 10);
    worker.end(&fleet, &all(&hosts(1..=10), &End::succeeded())).await;
    assert_eq!(worker.claim(&fleet).await, 10);
    worker.end(&fleet, &all(&hosts(11..=16), &End::succeeded())).await;
    assert_eq!(worker.claim(&fleet).await, 6);
    worker.end(&fleet, &[("h00017", failed())]).await;
    assert_eq!(fleet.counts(first).await, ([0, 9, 16, 1, 14, 0], true), "9 others run, and 14 are canceled");
    assert_eq!(worker.claim(&fleet).await, 0);
    worker.end(&fleet, &all(&hosts(18..=25), &End::succeeded())).await;
    assert!(fleet.undos(first).await.is_empty(), "one target still runs");
    worker.end(&fleet, &[("h00026", End::unknown("lost"))]).await;
    assert_eq!(fleet.counts(first).await, ([0, 0, 24, 1, 14, 1], true));
    assert_eq!(fleet.status(first).await, (ReleaseStatus::Failed, None));

    let [undo] = &fleet.undos(first).await[..] else { panic!("one undo") };
    let why = format!("More targets of the release {} failed than maxFailures allows.", Kind::Release.id(first));
    assert_eq!((undo.1, undo.2.as_str(), &undo.3), (ReleaseAction::Revert, "lockkeeper", &why));
    let order: Vec<String> = fleet.order_of(undo.0).await.into_iter().map(|(host, _)| host).collect();
    let expected = hosts((18..=25).rev().chain((1..=16).rev()).chain([17, 26]));
    assert_eq!(order, expected, "24 in reverse order, the failed one, and the unknown one last");
    let made = format!("[\"{}\"]", Kind::Release.id(undo.0));
    let expected = ("lockkeeper".to_owned(), "lockkeeper".to_owned(), "ACCEPTED".to_owned(), made);
    assert_eq!(fleet.audited_undos().await, [expected]);

    // An undo goes on after a failure, and is never undone.
    fleet.carry_out(&[("h00003", failed())]).await;
    assert_eq!(fleet.status(undo.0).await, (ReleaseStatus::Failed, None));
    assert!(fleet.undos(undo.0).await.is_empty());
    for host in hosts((1..=40).filter(|number| *number != 3)) {
        let (status, version, _) = fleet.state(&host).await;
        assert_eq!((status, version), (Running, Some(fleet.versions[1])), "{host}");
    }
    assert!(crate::store::doctor::check(&fleet.app.db).await.unwrap().iter().all(|finding| finding.invariant != "I7"));
}
testkit::on_both!(rollout_example_5_at_the_limit_the_release_is_undone_once_nothing_of_it_runs);

async fn rollout_example_4_the_fifth_failure_of_the_third_wave_stops_the_release_and_at_most_14_fail(kind: &str) {
    let fleet = Fleet::new(kind, 40).await;
    let wave = |up_to| WaveRequest { up_to, max_failures: None, soak_seconds: 0, pause_after: false };
    let rollout = RolloutOverrides {
        max_parallel: Some(Amount::Count(10)),
        max_failures: Some(Amount::Percent(10)),
        waves: Some(vec![
            WaveRequest { pause_after: true, ..wave(Amount::Count(2)) },
            wave(Amount::Percent(25)),
            wave(Amount::Percent(100)),
        ]),
        ..RolloutOverrides::default()
    };
    let mut upgrade = fleet.upgrade(Selection::All(true));
    upgrade.rollout = rollout;
    let accepted = fleet.accepted(&upgrade).await;
    assert_eq!(accepted.plan.unwrap().worst_case_failures(), 14);
    let first = accepted.release_id.unwrap();
    let mut worker = Steps::new(&fleet).await;
    for (number, wave) in [(2, 1..=2), (8, 3..=10)] {
        assert_eq!(worker.claim(&fleet).await, number);
        worker.end(&fleet, &all(&hosts(wave), &End::succeeded())).await;
        fleet.resume(first).await;
    }
    assert_eq!(worker.claim(&fleet).await, 10);
    worker.end(&fleet, &all(&hosts(11..=14), &failed())).await;
    assert_eq!(fleet.counts(first).await, ([20, 6, 10, 4, 0, 0], false), "it goes on");
    assert_eq!(worker.claim(&fleet).await, 4);
    worker.end(&fleet, &[("h00015", failed())]).await;
    assert_eq!(fleet.counts(first).await, ([0, 9, 10, 5, 16, 0], true));
    worker.end(&fleet, &all(&hosts(16..=24), &failed())).await;
    assert_eq!(fleet.counts(first).await, ([0, 0, 10, 14, 16, 0], true));
    assert!(fleet.undos(first).await.is_empty(), "STOP undoes nothing");
}
testkit::on_both!(rollout_example_4_the_fifth_failure_of_the_third_wave_stops_the_release_and_at_most_14_fail);

async fn rollout_example_11_a_cancel_undoes_nothing_unless_it_says_so(kind: &str) {
    let fleet = Fleet::new(kind, 6).await;
    let stopped = || End::failed(TargetFailure::Stopped, "stopped");
    for (then_undo, undos) in [(false, 0), (true, 1)] {
        let first = fleet.upgraded(undone(2)).await;
        let mut worker = Steps::new(&fleet).await;
        assert_eq!(worker.claim(&fleet).await, 2);
        let cancellation = Cancellation { stop_running: true, then_undo, ..Cancellation::default() };
        assert!(fleet.cancel(first, cancellation).await.is_empty());
        worker.end(&fleet, &[("h00001", stopped()), ("h00002", stopped())]).await;
        assert_eq!(fleet.status(first).await, (ReleaseStatus::Failed, None));
        assert_eq!(fleet.undos(first).await.len(), undos, "thenUndo: {then_undo}");
        fleet.carry_out(&[]).await;
    }
    // Nor is one undone that a limit had stopped before.
    let first = fleet.upgraded(undone(2)).await;
    let mut worker = Steps::new(&fleet).await;
    worker.claim(&fleet).await;
    worker.end(&fleet, &[("h00001", failed())]).await;
    assert_eq!(fleet.counts(first).await, ([0, 1, 0, 1, 4, 0], true));
    assert!(fleet.cancel(first, Cancellation::default()).await.is_empty());
    worker.end(&fleet, &[("h00002", End::succeeded())]).await;
    assert_eq!(fleet.status(first).await, (ReleaseStatus::Failed, None));
    assert!(fleet.undos(first).await.is_empty());
}
testkit::on_both!(rollout_example_11_a_cancel_undoes_nothing_unless_it_says_so);

async fn r23_a_release_is_only_undone_for_a_failure_that_tried_the_version(kind: &str) {
    let fleet = Fleet::new(kind, 6).await;
    let first = fleet.upgraded(undone(2)).await;
    let mut worker = Steps::new(&fleet).await;
    worker.claim(&fleet).await;
    worker.end(&fleet, &[("h00001", End::failed(TargetFailure::HostKey, "changed"))]).await;
    assert_eq!(fleet.status(first).await.0, ReleaseStatus::Paused);
    assert_eq!(fleet.pause_of(first).await, Some(PauseReason::Failures));
    assert_eq!(fleet.counts(first).await, ([4, 1, 0, 1, 0, 0], false));
    // What was forgiven counts no more, and what runs may still exceed the limit during a pause.
    fleet.resume(first).await;
    worker.claim(&fleet).await;
    worker.end(&fleet, &[("h00002", End::failed(TargetFailure::Interrupted, "lost"))]).await;
    assert_eq!(fleet.pause_of(first).await, Some(PauseReason::Failures));
    worker.end(&fleet, &[("h00003", failed())]).await;
    assert_eq!(fleet.counts(first).await, ([0, 0, 0, 3, 3, 0], true));
    let undo = fleet.undos(first).await[0].0;
    let order: Vec<String> = fleet.order_of(undo).await.into_iter().map(|(host, _)| host).collect();
    assert_eq!(order, ["h00003", "h00002"], "on h00001 nothing was changed");
}
testkit::on_both!(r23_a_release_is_only_undone_for_a_failure_that_tried_the_version);

async fn r23_a_release_of_which_nothing_is_queued_any_more_is_undone_too_and_its_version_withdrawn(kind: &str) {
    let fleet = Fleet::new(kind, 2).await;
    let rollout = || RolloutOverrides { withdraw_on_undo: Some(true), ..undone(2) };
    let first = fleet.upgraded(rollout()).await;
    let mut worker = Steps::new(&fleet).await;
    worker.claim(&fleet).await;
    worker.end(&fleet, &[("h00001", End::succeeded())]).await;
    // Not even a freeze prevents it.
    fleet.hold(None, "ann", None).await;
    worker.end(&fleet, &[("h00002", failed())]).await;
    assert_eq!(fleet.counts(first).await, ([0, 0, 1, 1, 0, 0], true));
    let undo = fleet.undos(first).await[0].0;
    let why = format!("More targets of the release {} failed than maxFailures allows.", Kind::Release.id(first));
    assert_eq!(fleet.withdrawal().await, (Some("lockkeeper".into()), Some(why)));
    assert_eq!(fleet.service_events().await, [("VERSION_WITHDRAWN".into(), "lockkeeper".into())]);
    let audited = fleet
        .app
        .db
        .query(sql!("SELECT caller, CAST(result AS text) AS result FROM audit WHERE operation = 'withdrawVersion'"));
    let audited: Vec<(String, String)> = audited.all().await.unwrap();
    assert_eq!(audited, [("lockkeeper".to_owned(), format!("[\"{}\"]", fleet.id(2)))]);
    fleet.carry_out(&[]).await;
    assert_eq!(fleet.status(undo).await, (ReleaseStatus::Succeeded, None));
}
testkit::on_both!(r23_a_release_of_which_nothing_is_queued_any_more_is_undone_too_and_its_version_withdrawn);

async fn r23_a_release_ends_as_well_if_nothing_is_left_to_be_undone(kind: &str) {
    let fleet = Fleet::new(kind, 3).await;
    let first = fleet.upgraded(undone(1)).await;
    let mut worker = Steps::new(&fleet).await;
    worker.claim(&fleet).await;
    fleet.hold(Some("h00001"), "ann", None).await;
    worker.end(&fleet, &[("h00001", failed())]).await;
    let why = "Nothing was undone. Instances were left out: 1 LOCKED.".to_owned();
    assert_eq!(fleet.status(first).await, (ReleaseStatus::Failed, Some(why)));
    assert_eq!(fleet.audited_undos().await[0].2, "REFUSED");
    assert_eq!(fleet.state("h00001").await.0, UpgradeFailed);
    assert_eq!(fleet.withdrawal().await, (None, None), "nobody requested that");
}
testkit::on_both!(r23_a_release_ends_as_well_if_nothing_is_left_to_be_undone);

async fn r23_uninstallations_and_undos_are_not_undone_and_defaults_do_not_apply_to_them(kind: &str) {
    let mut fleet = Fleet::new(kind, 3).await;
    fleet.app.rollout.on_failure = OnFailure::Undo;
    fleet.app.rollout.withdraw_on_undo = true;
    let withdrawing = RolloutOverrides { withdraw_on_undo: Some(true), ..undone(1) };
    let codes = ["rollout.onFailure", "rollout.withdrawOnUndo"]
        .map(|field| ("INVALID".into(), format!("input.{field}"), vec![]));
    let mut removal = fleet.request(Aim::Uninstall, named(&["h00001"]));
    removal.rollout = withdrawing.clone();
    assert_eq!(problems_of(&fleet.ask(&removal).await.unwrap_err()), codes);
    let mut revert = fleet.revert(named(&["h00001"]));
    revert.rollout = withdrawing.clone();
    assert_eq!(problems_of(&fleet.ask(&revert).await.unwrap_err()), codes[1..]);

    removal.rollout = RolloutOverrides::default();
    let removal = fleet.accepted(&removal).await;
    let rollout = removal.plan.unwrap().rollout;
    assert_eq!((rollout.on_failure, rollout.withdraw_on_undo), (OnFailure::Stop, false));
    let first = fleet.accepted(&fleet.upgrade(named(&["h00002"]))).await;
    let rollout = first.plan.unwrap().rollout;
    assert_eq!((rollout.on_failure, rollout.withdraw_on_undo), (OnFailure::Undo, true));
    fleet.carry_out(&[]).await;

    let mut undo = fleet.following_up(FollowUp::Undo, first.release_id.unwrap());
    undo.rollout = withdrawing.clone();
    assert_eq!(problems_of(&fleet.follow_up(&undo).await.unwrap_err()), codes);
    undo.rollout = RolloutOverrides::default();
    let undo = fleet.follow_up(&undo).await.unwrap();
    let rollout = undo.plan.unwrap().rollout;
    assert_eq!((rollout.on_failure, rollout.withdraw_on_undo), (OnFailure::Continue, false));
    fleet.carry_out(&[("h00002", failed())]).await;
    let mut retry = fleet.following_up(FollowUp::Retry, undo.release_id.unwrap());
    retry.rollout = withdrawing;
    assert_eq!(problems_of(&fleet.follow_up(&retry).await.unwrap_err()), codes, "it undoes the first release");
}
testkit::on_both!(r23_uninstallations_and_undos_are_not_undone_and_defaults_do_not_apply_to_them);

async fn r23_ends_that_race_with_each_other_a_cancel_and_a_freeze_lead_to_exactly_one_undo(kind: &str) {
    let fleet = Arc::new(Fleet::new(kind, 4).await);
    let me = WorkerRef { id: register_worker(&fleet.app.db, "w").await, name: "w".into() };
    for round in 0..3 {
        let first = fleet.upgraded(RolloutOverrides { withdraw_on_undo: Some(round == 2), ..undone(4) }).await;
        let mut acts = JoinSet::new();
        for claimed in claim(&fleet.app, &me, 100).await.unwrap() {
            let end = if claimed.order.hostname == "h00002" { failed() } else { End::succeeded() };
            let order = claimed.order;
            let ending = Ending { target_id: order.target_id, release_id: first, fence: order.fence, end };
            let (fleet, me) = (fleet.clone(), me.clone());
            acts.spawn(async move { drop(finish(&fleet.app.db, &me, &[ending]).await.unwrap()) });
        }
        let canceling = fleet.clone();
        acts.spawn(async move {
            let cancellation = Cancellation { then_undo: true, ..Cancellation::default() };
            // It may be over before.
            let refused = canceling.cancel(first, cancellation).await;
            assert!(refused.is_empty() || refused == ["WRONG_STATE"], "{refused:?}");
        });
        let freezing = fleet.clone();
        acts.spawn(async move {
            let service = || Reference::by_id(&SERVICE, Kind::Service.id(freezing.service).to_string());
            let request = |operation| Request { operation, ..freezing.upgrade(Selection::All(true)).change };
            let freeze = Freeze { service: service(), reason: "x".into(), until: None, include_reverts: true };
            freeze::freeze(&freezing.app, &request("freezeService"), &freeze).await.unwrap().unwrap();
            let unfreeze = Unfreeze { service: service(), hold_ids: None };
            freeze::unfreeze(&freezing.app, &request("unfreezeService"), &unfreeze).await.unwrap().unwrap();
        });
        acts.join_all().await;
        assert_eq!(fleet.status(first).await, (ReleaseStatus::Failed, None));
        assert_eq!(fleet.undos(first).await.len(), 1, "{kind} {round}");
        fleet.carry_out(&[]).await;
    }
    assert!(fleet.withdrawal().await.0.is_some());
}
testkit::on_both!(r23_ends_that_race_with_each_other_a_cancel_and_a_freeze_lead_to_exactly_one_undo);
