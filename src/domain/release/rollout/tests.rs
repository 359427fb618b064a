use super::*;

/// The rollout of a release with this number of targets.
fn resolved(overrides: &RolloutOverrides, targets: i64) -> Rollout {
    overrides.resolve(&RolloutDefaults::default(), Duration::from_mins(10), targets)
}

#[test]
fn r16_what_is_left_out_has_its_default() {
    let rollout = Rollout {
        max_parallel: 1,
        max_failures: 0,
        max_unreachable: 0,
        on_failure: OnFailure::Stop,
        withdraw_on_undo: false,
        timeout_seconds: 600,
        deadline_seconds: 86_400,
        order: RolloutOrder::ByHostname,
        first: Vec::new(),
        max_per_label: None,
    };
    assert_eq!(resolved(&RolloutOverrides::default(), 10), rollout);
}

#[test]
fn rollout_example_1_limits_round_down_and_at_least_one_moves() {
    let of = |parallel, failures, targets| {
        let overrides = RolloutOverrides {
            max_parallel: Some(Amount::Percent(parallel)),
            max_failures: Some(Amount::Percent(failures)),
            ..RolloutOverrides::default()
        };
        let rollout = resolved(&overrides, targets);
        (rollout.max_parallel, rollout.max_failures)
    };
    assert_eq!([of(25, 10, 12), of(25, 5, 12), of(25, 1, 5), of(0, 0, 10)], [(3, 1), (3, 0), (1, 0), (1, 0)]);
    assert_eq!([of(100, 100, 7), of(100, 0, 10_000)], [(7, 7), (MAX_PARALLEL, 0)]);
}

#[test]
fn r16_as_many_hosts_may_be_unreachable_as_targets_may_fail_unless_the_request_says_otherwise() {
    let of = |max_unreachable| {
        let max_failures = Some(Amount::Count(3));
        resolved(&RolloutOverrides { max_failures, max_unreachable, ..RolloutOverrides::default() }, 5).max_unreachable
    };
    assert_eq!([of(None), of(Some(Amount::Count(9))), of(Some(Amount::Percent(39)))], [3, 5, 1]);
}

#[test]
fn r16_a_request_cannot_go_beyond_its_executors_timeout() {
    let seconds = |timeout_seconds| {
        RolloutOverrides { timeout_seconds, ..RolloutOverrides::default() }
            .resolve(&RolloutDefaults::default(), Duration::from_mins(1), 1)
            .timeout_seconds
    };
    assert_eq!([seconds(None), seconds(Some(5)), seconds(Some(61))], [60, 5, 60]);
}

/// The fields of the problems of this request.
fn fields(overrides: &RolloutOverrides) -> Vec<String> {
    let mut problems = Problems::default();
    overrides.check(false, &mut problems);
    problems.0.iter().map(|problem| problem.field.join(".")).collect()
}

#[test]
fn r4_amounts_and_times_have_bounds() {
    for max_parallel in [Amount::Count(0), Amount::Count(1001), Amount::Percent(-1), Amount::Percent(101)] {
        let overrides = RolloutOverrides { max_parallel: Some(max_parallel), ..RolloutOverrides::default() };
        assert_eq!(fields(&overrides), ["input.rollout.maxParallel"]);
    }
    let overrides = RolloutOverrides {
        max_failures: Some(Amount::Count(-1)),
        max_unreachable: Some(Amount::Percent(101)),
        timeout_seconds: Some(0),
        deadline_seconds: Some(0),
        ..RolloutOverrides::default()
    };
    let expected = ["maxFailures", "maxUnreachable", "timeoutSeconds", "deadlineSeconds"];
    assert_eq!(fields(&overrides), expected.map(|field| format!("input.rollout.{field}")));
    let overrides = RolloutOverrides {
        max_parallel: Some(Amount::Percent(0)),
        timeout_seconds: Some(86_401),
        ..RolloutOverrides::default()
    };
    assert_eq!(fields(&overrides), ["input.rollout.timeoutSeconds"]);
}

fn by_zone() -> WavesBy {
    WavesBy {
        key: "zone".to_owned(),
        first: Vec::new(),
        soak_seconds: 0,
        first_soak_seconds: None,
        pause_after_first: false,
    }
}

#[test]
fn r4_waves_orders_and_labels_are_checked() {
    let both = RolloutOverrides { waves: Some(Vec::new()), waves_by: Some(by_zone()), ..RolloutOverrides::default() };
    assert_eq!(fields(&both), ["input.rollout.wavesBy"]);
    let by = WavesBy { key: String::new(), first: vec!["a".to_owned(); 2], first_soak_seconds: Some(-1), ..by_zone() };
    let wrong = RolloutOverrides { waves_by: Some(by), ..RolloutOverrides::default() };
    let expected = ["key", "first", "firstSoakSeconds"].map(|field| format!("input.rollout.wavesBy.{field}"));
    assert_eq!(fields(&wrong), expected);
    let as_given = RolloutOverrides { order: Some(RolloutOrder::AsGiven), ..RolloutOverrides::default() };
    assert_eq!(fields(&as_given), ["input.rollout.order"]);
    let twice = vec![("rack".to_owned(), "1".to_owned()); 2];
    let first = RolloutOverrides { first: Some(twice), ..RolloutOverrides::default() };
    assert_eq!(fields(&first), ["input.rollout.first"]);
}

#[test]
fn r4_soaks_alone_fit_into_the_deadline_and_a_label_makes_at_most_a_hundred_waves() {
    let check = |overrides: &RolloutOverrides, values: &[Option<&str>]| {
        let (waves, _) = overrides.resolve_waves(values);
        let mut problems = Problems::default();
        overrides.check_resolved(&resolved(overrides, values.len() as i64), &waves, &mut problems);
        problems.0.iter().map(|problem| problem.field.join(".")).collect::<Vec<_>>()
    };
    let wave = WaveRequest { up_to: Amount::Count(1), max_failures: None, soak_seconds: 60, pause_after: false };
    let soaking = |seconds| RolloutOverrides {
        waves: Some(vec![wave]),
        deadline_seconds: Some(seconds),
        ..RolloutOverrides::default()
    };
    assert_eq!(check(&soaking(59), &[None, None]), ["input.rollout.deadlineSeconds"]);
    assert!(check(&soaking(60), &[None, None]).is_empty());
    let values: Vec<String> = (0..101).map(|value| value.to_string()).collect();
    let values: Vec<Option<&str>> = values.iter().map(|value| Some(value.as_str())).collect();
    let by = RolloutOverrides { waves_by: Some(by_zone()), ..RolloutOverrides::default() };
    assert_eq!(check(&by, &values), ["input.rollout.wavesBy"]);
    assert!(check(&by, &values[..100]).is_empty());
}

#[test]
fn r16_a_request_is_kept_as_it_was_written() {
    let overrides = RolloutOverrides {
        max_parallel: Some(Amount::Percent(25)),
        on_failure: Some(OnFailure::Continue),
        waves: Some(Vec::new()),
        order: Some(RolloutOrder::UnhealthyFirst),
        ..RolloutOverrides::default()
    };
    let kept = serde_json::to_value(&overrides).unwrap();
    let expected = serde_json::json!({
        "max_parallel": { "percent": 25 }, "on_failure": "CONTINUE", "waves": [], "order": "UNHEALTHY_FIRST",
    });
    assert_eq!(kept, expected);
    assert_eq!(serde_json::from_value::<RolloutOverrides>(kept).unwrap(), overrides);
}
