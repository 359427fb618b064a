use super::*;
use proptest::prelude::*;

const COUNT: fn(i64) -> Amount = Amount::Count;
const PERCENT: fn(i64) -> Amount = Amount::Percent;

fn wave(up_to: Amount) -> WaveRequest {
    WaveRequest { up_to, max_failures: None, soak_seconds: 0, pause_after: false }
}

fn paused(up_to: Amount) -> WaveRequest {
    WaveRequest { pause_after: true, ..wave(up_to) }
}

fn sizes(waves: &[ResolvedWave]) -> Vec<i64> {
    waves.iter().map(|wave| wave.size).collect()
}

fn pauses(waves: &[ResolvedWave]) -> Vec<bool> {
    waves.iter().map(|wave| wave.pause_after).collect()
}

#[test]
fn rollout_example_1_waves_of_twelve() {
    let waves = [wave(COUNT(2)), wave(PERCENT(25)), wave(PERCENT(100))];
    assert_eq!(sizes(&resolve(&waves, 12)), [2, 1, 9]);
}

#[test]
fn rollout_example_2_waves_that_end_at_the_same_target_are_one() {
    let of_3 = resolve(&[wave(COUNT(1)), paused(PERCENT(25)), wave(PERCENT(100))], 3);
    assert_eq!((sizes(&of_3), pauses(&of_3)), (vec![1, 2], vec![true, false]));
    let of_2 = resolve(&[paused(COUNT(2)), wave(PERCENT(25)), wave(PERCENT(100))], 2);
    assert_eq!((sizes(&of_2), pauses(&of_2)), (vec![2], vec![false]));
}

#[test]
fn rollout_example_3_waves_of_forty() {
    let waves = resolve(&[paused(COUNT(2)), wave(PERCENT(25)), wave(PERCENT(100))], 40);
    assert_eq!(sizes(&waves), [2, 8, 30]);
    assert_eq!(waves.iter().map(|wave| wave.max_failures).collect::<Vec<_>>(), [Some(0), None, None]);
}

#[test]
fn rollout_example_13_waves_by_a_label_are_named_ones_first_and_then_the_smallest() {
    let values: Vec<Option<&str>> =
        [("a", 10), ("b", 20), ("c", 10)].iter().flat_map(|(zone, hosts)| vec![Some(*zone); *hosts]).collect();
    let by = WavesBy {
        key: "zone".to_owned(),
        first: vec!["c".to_owned()],
        soak_seconds: 60,
        first_soak_seconds: Some(300),
        pause_after_first: true,
    };
    let (waves, wave_of) = resolve_by(&by, &values);
    let zones: Vec<_> = waves.iter().map(|wave| (wave.label.as_ref().unwrap().1.as_str(), wave.size)).collect();
    assert_eq!(zones, [("c", 10), ("a", 10), ("b", 20)]);
    assert_eq!(waves.iter().map(|wave| wave.soak_seconds).collect::<Vec<_>>(), [300, 60, 0]);
    assert_eq!(pauses(&waves), [true, false, false]);
    assert_eq!([wave_of[0], wave_of[10], wave_of[30]], [1, 2, 0]);
}

#[test]
fn r19_hosts_without_the_label_are_a_wave_of_their_own() {
    let by = WavesBy {
        key: "zone".to_owned(),
        first: vec!["nowhere".to_owned()],
        soak_seconds: 0,
        first_soak_seconds: None,
        pause_after_first: false,
    };
    let (waves, _) = resolve_by(&by, &[None, Some("a"), Some("a"), Some("b")]);
    let labels: Vec<_> = waves.iter().map(|wave| wave.label.as_ref().map(|label| label.1.as_str())).collect();
    assert_eq!(labels, [None, Some("b"), Some("a")]);
}

#[test]
fn r19_one_wave_of_several_keeps_the_longest_soak_and_the_smallest_limit() {
    let soaking = |up_to, soak_seconds, limit| WaveRequest { soak_seconds, max_failures: limit, ..wave(up_to) };
    let waves = [
        soaking(COUNT(4), 5, Some(PERCENT(50))),
        soaking(PERCENT(20), 9, Some(COUNT(3))),
        soaking(COUNT(4), 0, None),
        wave(COUNT(8)),
    ];
    let resolved = resolve(&waves, 20);
    assert_eq!(sizes(&resolved), [4, 4, 12]);
    assert_eq!((resolved[0].soak_seconds, resolved[0].max_failures), (9, Some(2)));
    assert_eq!(resolved[1].max_failures, None);
}

#[test]
fn r19_one_wave_has_no_limit_of_its_own_by_default() {
    assert_eq!(resolve(&[], 7), [ResolvedWave::of(7)]);
    assert_eq!(resolve(&[wave(PERCENT(100))], 7), [ResolvedWave::of(7)]);
}

fn fields(waves: &[WaveRequest]) -> Vec<String> {
    let mut problems = Problems::default();
    check(waves, "rollout.waves", &mut problems);
    problems.0.iter().map(|problem| problem.field.join(".")).collect()
}

#[test]
fn r4_waves_have_bounds() {
    for up_to in [COUNT(0), PERCENT(0), PERCENT(101), PERCENT(-1)] {
        assert_eq!(fields(&[wave(up_to)]), ["input.rollout.waves"], "{up_to:?}");
    }
    assert_eq!(fields(&vec![wave(COUNT(1)); MAX_WAVES + 1]), ["input.rollout.waves"]);
    assert!(fields(&vec![wave(COUNT(1)); MAX_WAVES]).is_empty());
    let soaks = WaveRequest { soak_seconds: MAX_SOAK_SECONDS + 1, ..wave(COUNT(1)) };
    let limit = WaveRequest { max_failures: Some(PERCENT(101)), ..wave(COUNT(1)) };
    assert_eq!(
        (fields(&[soaks]), fields(&[limit])),
        (vec!["input.rollout.waves".to_owned()], vec!["input.rollout.waves".to_owned()])
    );
}

#[test]
fn r4_waves_do_not_fall() {
    for (before, now) in [(COUNT(3), COUNT(2)), (PERCENT(50), PERCENT(20))] {
        assert_eq!(fields(&[wave(before), wave(now)]), ["input.rollout.waves"]);
    }
    assert!(fields(&[wave(COUNT(3)), wave(PERCENT(1)), wave(COUNT(1))]).is_empty());
    assert_eq!(sizes(&resolve(&[wave(COUNT(3)), wave(PERCENT(1)), wave(COUNT(1))], 10)), [3, 7]);
}

#[test]
fn r4_nothing_happens_after_the_last_wave_of_a_request_that_reaches_all() {
    let fields = |waves: &[WaveRequest], targets| {
        let mut problems = Problems::default();
        check_last(waves, targets, "rollout.waves", &mut problems);
        problems.0.iter().map(|problem| problem.field.join(".")).collect::<Vec<_>>()
    };
    let soaks = WaveRequest { soak_seconds: 1, ..wave(COUNT(9)) };
    assert_eq!(fields(&[wave(COUNT(1)), paused(PERCENT(100))], 10), ["input.rollout.waves"]);
    assert_eq!(fields(&[soaks], 9), ["input.rollout.waves"]);
    assert!(fields(&[soaks], 10).is_empty());
    assert!(fields(&[paused(COUNT(9)), wave(PERCENT(100))], 9).is_empty());
    assert!(fields(&[], 9).is_empty());
}

proptest! {
    #[test]
    fn r19_every_target_is_in_one_wave(
        amounts in proptest::collection::vec(prop_oneof![(1_i64..50).prop_map(COUNT), (1_i64..=100).prop_map(PERCENT)], 0..6),
        targets in 1_i64..60,
    ) {
        let waves: Vec<WaveRequest> = amounts.into_iter().map(paused).collect();
        let resolved = resolve(&waves, targets);
        prop_assert_eq!(resolved.iter().map(|wave| wave.size).sum::<i64>(), targets);
        prop_assert!(resolved.iter().all(|wave| wave.size > 0));
        prop_assert!(resolved.last().is_some_and(|last| !last.pause_after));
        prop_assert!(resolved.len() <= waves.len() + 1);
    }
}
