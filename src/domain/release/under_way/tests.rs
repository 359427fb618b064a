use super::*;
use crate::domain::Word;
use crate::domain::release::ReleaseState;
use crate::domain::target::ReleaseTargetStatus;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_000_000);

fn under_way(progress: Progress) -> UnderWay {
    UnderWay {
        status: ReleaseStatus::Running,
        origin: ReleaseOrigin::Request,
        max_parallel: 3,
        max_failures: 1,
        max_unreachable: 0,
        on_failure: OnFailure::Stop,
        wave: 1,
        soaks_until: None,
        skips_pauses: false,
        is_stopped: false,
        forgiven_failures: 0,
        forgiven_unreachable: 0,
        version_failures: 0,
        forgiven_version_failures: 0,
        cancel_requested: false,
        deadline_at: Timestamp(NOW.0 + 1),
        deadline_event_at: None,
        progress,
    }
}

fn wave(progress: Progress) -> Wave {
    Wave {
        number: 1,
        max_failures: None,
        soak_seconds: 0,
        pause_after: false,
        ended_at: None,
        soak_until: None,
        forgiven_failures: 0,
        progress,
    }
}

fn places(waves: &[i64]) -> Vec<QueuedPlace> {
    waves.iter().zip(1..).map(|(wave, ordinal)| QueuedPlace { wave: *wave, ordinal }).collect()
}

#[test]
fn r16_the_first_queued_targets_may_start_as_many_as_the_rollout_leaves() {
    let release = |running| under_way(Progress { running, queued: 4, ..Progress::default() });
    let queued = places(&[1, 1, 1, 1]);
    assert_eq!(release(0).may_start(&queued), &queued[..3]);
    assert_eq!(release(2).may_start(&queued), &queued[..1]);
    assert!(release(2).may_start(&[]).is_empty());
    for running in [3, 4] {
        assert!(release(running).may_start(&queued).is_empty(), "{running} run");
    }
}

#[test]
fn r19_no_target_of_a_later_wave_may_start() {
    let release = under_way(Progress { queued: 4, ..Progress::default() });
    let queued = places(&[1, 1, 2, 3]);
    assert_eq!(release.may_start(&queued), &queued[..2]);
    assert_eq!(UnderWay { wave: 2, ..release }.may_start(&queued), &queued[..3]);
}

proptest! {
    #[test]
    fn r16_what_may_start_keeps_to_max_parallel_and_a_release_that_is_paused_or_over_starts_nothing(
        status in (0..ReleaseStatus::ALL.len()).prop_map(|index| ReleaseStatus::ALL[index].0),
        max_parallel in 1_i64..6,
        running in 0_i64..6,
        queued in 0_i64..6,
    ) {
        let progress = Progress { queued, running, ..Progress::default() };
        let release = UnderWay { status, max_parallel, ..under_way(progress) };
        let started = release.may_start(&places(&vec![1; queued as usize])).len() as i64;
        prop_assert_eq!(started, release.start_limit());
        prop_assert!(started == 0 || running + started <= max_parallel);
        let idle = status == ReleaseStatus::Paused || status.is_over();
        prop_assert_eq!(started > 0, !idle && running < max_parallel && queued > 0);
    }
}

#[test]
fn r16_a_release_stops_when_more_failed_than_may_unknown_ones_counted() {
    let progress = Progress { queued: 1, failed: 1, unknown: 1, ..Progress::default() };
    let next = |release: UnderWay| release.next(&wave(Progress::default()), 1, NOW);
    let release = under_way(progress);
    assert_eq!(next(release), Some(Next::Stop));
    assert_eq!(next(UnderWay { max_failures: 2, ..release }), None);
    assert_eq!(next(UnderWay { on_failure: OnFailure::Continue, ..release }), None);
    assert_eq!(next(UnderWay { progress: Progress { queued: 0, ..progress }, ..release }), None);
}

#[test]
fn rollout_example_3_both_canaries_fail_and_the_release_stops() {
    let canaries = Wave { max_failures: Some(0), ..wave(Progress { failed: 1, running: 1, ..Progress::default() }) };
    let progress = Progress { queued: 38, running: 1, failed: 1, ..Progress::default() };
    let release = UnderWay { max_failures: 4, ..under_way(progress) };
    assert_eq!(release.next(&canaries, 3, NOW), Some(Next::Stop));
}

#[test]
fn rollout_example_4_the_limit_is_exceeded_by_the_failure_after_it() {
    let next = |failed| {
        let progress = Progress { queued: 9, failed, ..Progress::default() };
        let release = UnderWay { max_failures: 4, wave: 3, ..under_way(progress) };
        release.next(&Wave { number: 3, ..wave(Progress { failed, ..Progress::default() }) }, 3, NOW)
    };
    assert_eq!((next(4), next(5)), (None, Some(Next::Stop)));
}

#[test]
fn rollout_example_10_what_was_forgiven_never_pauses_again() {
    let pausing = |failed, forgiven_failures| {
        let progress = Progress { queued: 2, failed, ..Progress::default() };
        let release =
            UnderWay { max_failures: 0, on_failure: OnFailure::Pause, forgiven_failures, ..under_way(progress) };
        let of_wave = Wave { forgiven_failures, max_failures: Some(0), ..wave(progress) };
        release.next(&of_wave, 2, NOW)
    };
    assert_eq!(pausing(1, 0), Some(Next::Pause(PauseReason::Failures)));
    assert_eq!(pausing(1, 1), None);
    assert_eq!(pausing(2, 1), Some(Next::Pause(PauseReason::Failures)));
}

#[test]
fn rollout_example_12_three_unreachable_hosts_are_tolerated_and_a_fourth_pauses_the_release() {
    let next = |unreachable| {
        let progress = Progress { queued: 9, failed: unreachable, unreachable, ..Progress::default() };
        let release = UnderWay { max_failures: 0, max_unreachable: 3, ..under_way(progress) };
        release.next(&wave(progress), 1, NOW)
    };
    assert_eq!((next(3), next(4)), (None, Some(Next::Pause(PauseReason::Unreachable))));
}

#[test]
fn r19_after_a_wave_come_its_soak_a_pause_and_the_next_wave() {
    let ended = Timestamp(NOW.0 - 1000);
    let done = Wave { ended_at: Some(ended), soak_seconds: 2, pause_after: true, ..wave(Progress::default()) };
    let release = under_way(Progress { queued: 2, ..Progress::default() });
    let until = Timestamp(ended.0 + 2000);
    assert_eq!(release.next(&done, 2, NOW), Some(Next::Soak(until)));
    let soaking = UnderWay { soaks_until: Some(until), deadline_at: Timestamp(until.0 + 1), ..release };
    let in_soak = Wave { soak_until: Some(until), ..done };
    assert_eq!(soaking.next(&in_soak, 2, NOW), None);
    assert_eq!(soaking.next(&in_soak, 2, until), Some(Next::Pause(PauseReason::Wave)));
    assert_eq!(UnderWay { skips_pauses: true, ..soaking }.next(&in_soak, 2, until), Some(Next::NextWave));
    assert_eq!(UnderWay { origin: ReleaseOrigin::Undo, ..soaking }.next(&in_soak, 2, until), Some(Next::NextWave));
    let paused = UnderWay { status: ReleaseStatus::Paused, ..soaking };
    assert_eq!(paused.next(&in_soak, 2, until), Some(Next::EndSoak));
    assert_eq!(UnderWay { soaks_until: None, ..paused }.next(&in_soak, 2, until), None);
    assert_eq!(release.next(&Wave { number: 2, ..done }, 2, NOW), None, "nothing comes after the last wave");
}

#[test]
fn r21_what_is_queued_at_the_deadline_is_canceled_also_while_the_release_is_paused() {
    for status in [ReleaseStatus::Pending, ReleaseStatus::Running, ReleaseStatus::Paused] {
        let progress = Progress { queued: 1, ..Progress::default() };
        let release = UnderWay { status, ..under_way(progress) };
        assert_eq!(release.next(&wave(progress), 1, release.deadline_at), Some(Next::Expire), "{status}");
        assert_eq!(release.next(&wave(progress), 1, NOW), None, "{status}");
    }
}

#[test]
fn r19_what_becomes_unhealthy_in_a_soak_counts_as_a_failure_also_during_a_pause() {
    let done = |unhealthy| {
        let progress = Progress { total: 4, queued: 2, succeeded: 2, unhealthy, ..Progress::default() };
        let until = Timestamp(NOW.0 + 10);
        let soaking = UnderWay { soaks_until: Some(until), deadline_at: Timestamp(NOW.0 + 99), ..under_way(progress) };
        (soaking, Wave { ended_at: Some(NOW), soak_until: Some(until), ..wave(progress) })
    };
    let (soaking, in_soak) = done(1);
    assert_eq!(soaking.next(&in_soak, 2, NOW), None, "one may fail");
    let (soaking, in_soak) = done(2);
    let paused = UnderWay { status: ReleaseStatus::Paused, ..soaking };
    assert_eq!(soaking.next(&in_soak, 2, NOW), Some(Next::Stop));
    assert_eq!(paused.next(&in_soak, 2, NOW), Some(Next::Stop));
    let pausing = UnderWay { on_failure: OnFailure::Pause, ..soaking };
    assert_eq!(pausing.next(&in_soak, 2, NOW), Some(Next::Pause(PauseReason::Failures)));
    let paused = UnderWay { status: ReleaseStatus::Paused, ..pausing };
    assert_eq!(paused.next(&in_soak, 2, NOW), None, "it is paused, and its soak runs on");
    assert_eq!(paused.next(&in_soak, 2, Timestamp(NOW.0 + 10)), Some(Next::EndSoak));
    assert_eq!(UnderWay { on_failure: OnFailure::Continue, ..soaking }.next(&in_soak, 2, NOW), None);
}

#[test]
fn r14_a_release_that_a_limit_stopped_has_failed_although_no_target_did() {
    let progress = Progress { total: 2, queued: 1, succeeded: 1, ..Progress::default() };
    let waves = vec![wave(progress)];
    let mut state = ReleaseState { under_way: under_way(progress), waves };
    state.add_unhealthy(1);
    assert_eq!((state.under_way.progress.unhealthy, state.waves[0].progress.unhealthy), (1, 1));
    let cancel = (ReleaseTargetStatus::Queued, ReleaseTargetStatus::Canceled);
    let mut stopped = state.clone();
    stopped.stop();
    stopped.move_target(1, cancel, None, NOW);
    assert_eq!(stopped.under_way.status, ReleaseStatus::Failed);
    state.move_target(1, cancel, None, NOW);
    assert_eq!(state.under_way.status, ReleaseStatus::Canceled);
}

#[test]
fn r23_a_release_is_undone_if_a_failure_that_counts_tried_the_version_whatever_is_queued() {
    let next = |release: UnderWay| release.next(&wave(release.progress), 1, NOW);
    for queued in [0, 2] {
        let progress = Progress { queued, failed: 2, ..Progress::default() };
        let release = UnderWay { on_failure: OnFailure::Undo, version_failures: 1, ..under_way(progress) };
        assert_eq!(next(release), Some(Next::Undo), "{queued}");
        assert_eq!(next(UnderWay { status: ReleaseStatus::Paused, ..release }), Some(Next::Undo), "{queued}");
        let stopped = UnderWay { is_stopped: true, ..release };
        assert_ne!(next(stopped), Some(Next::Undo), "{queued}");
        assert_ne!(next(UnderWay { cancel_requested: true, ..release }), Some(Next::Undo), "{queued}");
        assert_eq!(next(UnderWay { max_failures: 2, ..release }), None, "{queued}");
        let untried = UnderWay { forgiven_version_failures: 1, ..release };
        let pause = (queued > 0).then_some(Next::Pause(PauseReason::Failures));
        assert_eq!(next(untried), pause, "{queued}");
    }
}

#[test]
fn r23_only_what_a_limit_stopped_is_undone_of_its_own_accord_and_nothing_that_was_canceled() {
    let release = UnderWay { on_failure: OnFailure::Undo, is_stopped: true, ..under_way(Progress::default()) };
    assert!(release.is_undone_when_over());
    for other in [
        UnderWay { is_stopped: false, ..release },
        UnderWay { cancel_requested: true, ..release },
        UnderWay { on_failure: OnFailure::Stop, ..release },
    ] {
        assert!(!other.is_undone_when_over(), "{other:?}");
    }
}

proptest! {
    #[test]
    fn r23_whatever_is_undone_was_foreseen_before_its_row_was_locked(
        ends in proptest::collection::vec((0..3_usize, any::<bool>()), 0..4),
        more_run in 0_i64..2,
        queued in 0_i64..2,
        failed in 0_i64..3,
        max_failures in 0_i64..3,
        stopped in any::<bool>(),
    ) {
        use crate::domain::target::{ReleaseTargetStatus as Status, TargetFailure};
        let queued = if stopped { 0 } else { queued };
        let progress = Progress { queued, running: ends.len() as i64 + more_run, failed, total: 9, ..Progress::default() };
        let release = UnderWay { on_failure: OnFailure::Undo, max_failures, version_failures: failed, is_stopped: stopped, ..under_way(progress) };
        let mut state = ReleaseState { under_way: release, waves: vec![wave(progress)] };
        // The limit acts as soon as it is exceeded.
        prop_assume!(progress.queued + progress.running > 0 && (stopped || failed <= max_failures));
        let mut foreseen = Ends::default();
        for (end, tried) in ends {
            let (status, failure) = match (end, tried) {
                (0, _) => (Status::Succeeded, None),
                (1, true) => (Status::Failed, Some(TargetFailure::Command)),
                (1, false) => (Status::Failed, Some(TargetFailure::Drain)),
                _ => (Status::Unknown, None),
            };
            foreseen = Ends { count: foreseen.count + 1, may_fail: foreseen.may_fail || status != Status::Succeeded };
            state.move_target(1, (Status::Running, status), failure, NOW);
        }
        if state.go_on(NOW) == Some(Next::Undo) {
            state.stop();
            for _ in 0..state.under_way.progress.queued {
                state.move_target(1, (Status::Queued, Status::Canceled), None, NOW);
            }
        }
        let is_undone = state.under_way.status.is_over() && state.under_way.is_undone_when_over();
        prop_assert!(!is_undone || release.may_be_undone(false, foreseen));
        prop_assert!(!is_undone || state.under_way.status == ReleaseStatus::Failed);
    }
}
