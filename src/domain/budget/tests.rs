use super::*;

/// A queued target of release 1 and service 1 on the instance of the same number.
fn waiting(target_id: i64) -> Waiting {
    Waiting {
        target_id,
        release_id: 1,
        ordinal: target_id,
        service_id: 1,
        instance_id: target_id,
        label: None,
        release_label: None,
        is_undo: false,
        is_open: true,
        is_counted: true,
    }
}

fn spending(limit: i64, unavailable: &[i64]) -> BTreeMap<i64, Spending> {
    let unavailable = unavailable.iter().map(|instance| (*instance, None)).collect();
    BTreeMap::from([(1, Spending { limit: Some(limit), per_label: None, unavailable })])
}

/// The targets that may start, and those that take room, in the order of their ids.
fn admitted(waiting: Vec<Waiting>, spending: BTreeMap<i64, Spending>, took_room: &[i64]) -> (Vec<i64>, Vec<i64>) {
    let room = |release: i64| ReleaseRoom {
        may_start: 100,
        took_room: took_room.contains(&release),
        is_idle: true,
        ..ReleaseRoom::default()
    };
    let releases = waiting.iter().map(|target| (target.release_id, room(target.release_id))).collect();
    let Admitted { targets, taking } = admit(waiting, spending, releases);
    let sorted = |ids: HashSet<i64>| {
        let mut ids: Vec<i64> = ids.into_iter().collect();
        ids.sort_unstable();
        ids
    };
    (sorted(targets), sorted(taking))
}

#[test]
fn r20_a_share_is_rounded_down_to_at_least_one() {
    let limit = |percent, instances| {
        Budget { max_unavailable: Some(Amount::Percent(percent)), max_per_label: None }.limit(instances)
    };
    assert_eq!([limit(25, 10), limit(25, 3), limit(0, 10), limit(100, 7)], [Some(2), Some(1), Some(1), Some(7)]);
    assert_eq!(Budget::default().limit(10), None);
}

#[test]
fn r20_what_is_unavailable_already_costs_nothing_and_the_rest_needs_room() {
    assert_eq!(admitted((1..=9).map(waiting).collect(), spending(2, &[3, 7]), &[]), (vec![3, 7], vec![]));
    assert_eq!(admitted((1..=9).map(waiting).collect(), spending(3, &[3, 7]), &[]), (vec![1, 3, 7], vec![1]));
    // It is overspent, and still what is counted may be mended.
    assert_eq!(admitted((1..=9).map(waiting).collect(), spending(1, &[3, 7]), &[]), (vec![3, 7], vec![]));
    let installing = Waiting { is_counted: false, ..waiting(5) };
    assert_eq!(admitted(vec![waiting(4), installing], spending(1, &[3]), &[]), (vec![5], vec![]));
}

#[test]
fn r20_an_undo_may_always_have_one_target_that_takes_room_and_goes_first() {
    let undo = |target_id| Waiting { is_undo: true, release_id: 2, ..waiting(target_id) };
    let all = || vec![waiting(1), waiting(2), undo(3), undo(4)];
    assert_eq!(admitted(all(), spending(2, &[8, 9]), &[]), (vec![3], vec![3]));
    assert_eq!(admitted(all(), spending(2, &[8, 9]), &[2]), (vec![], vec![]));
    // What costs nothing runs beside it.
    assert_eq!(admitted(all(), spending(2, &[4, 9]), &[2]), (vec![4], vec![]));
    assert_eq!(admitted(all(), spending(2, &[9]), &[]), (vec![3], vec![3]));
    assert_eq!(admitted(all(), spending(3, &[9]), &[]), (vec![3, 4], vec![3, 4]));
}

#[test]
fn r20_older_releases_go_first_and_what_has_no_room_is_passed_over() {
    let younger = |target_id| Waiting { release_id: 2, ..waiting(target_id) };
    let all = vec![younger(1), waiting(2), waiting(3), younger(4)];
    assert_eq!(admitted(all, spending(2, &[4]), &[]), (vec![2, 4], vec![2]));
    let of_rack = |target_id, rack: Option<&str>| Waiting { label: rack.map(str::to_owned), ..waiting(target_id) };
    let per_label = |unavailable: &[(i64, Option<&str>)]| {
        let unavailable = unavailable.iter().map(|(id, rack)| (*id, rack.map(str::to_owned))).collect();
        BTreeMap::from([(1, Spending { limit: None, per_label: Some(1), unavailable })])
    };
    let racks = || {
        vec![of_rack(1, Some("a")), of_rack(2, Some("a")), of_rack(3, Some("b")), of_rack(4, None), of_rack(5, None)]
    };
    assert_eq!(admitted(racks(), per_label(&[]), &[]).0, [1, 3, 4]);
    assert_eq!(admitted(racks(), per_label(&[(2, Some("a")), (9, Some("b"))]), &[]).0, [2, 4]);
}

#[test]
fn r20_no_more_start_than_the_release_allows_with_and_without_a_budget() {
    let room = ReleaseRoom { may_start: 1, is_idle: true, ..ReleaseRoom::default() };
    let releases = BTreeMap::from([(1, room)]);
    let admitted = admit((1..=3).map(waiting).collect(), spending(9, &[]), releases.clone());
    assert_eq!(admitted, Admitted { targets: HashSet::from([1]), taking: HashSet::from([1]) });
    let admitted = admit((1..=3).map(waiting).collect(), BTreeMap::new(), releases);
    assert_eq!(admitted, Admitted { targets: HashSet::from([1]), taking: HashSet::new() });
}

#[test]
fn r20_the_limits_of_a_release_and_of_its_service_hold_together() {
    let on = |target_id, zone: Option<&str>, rack: &str| Waiting {
        label: Some(rack.to_owned()),
        release_label: zone.map(str::to_owned),
        ..waiting(target_id)
    };
    let all = || {
        vec![
            on(1, Some("a"), "r1"),
            on(2, Some("a"), "r2"),
            on(3, Some("b"), "r1"),
            on(4, None, "r3"),
            on(5, None, "r4"),
        ]
    };
    let started = |running: &[(Option<&str>, i64)], spending: BTreeMap<i64, Spending>| {
        let running = running.iter().map(|(zone, count)| (zone.map(str::to_owned), *count)).collect();
        let room = ReleaseRoom { may_start: 100, is_idle: true, per_label: Some(1), running, ..ReleaseRoom::default() };
        let mut targets: Vec<i64> = admit(all(), spending, BTreeMap::from([(1, room)])).targets.into_iter().collect();
        targets.sort_unstable();
        targets
    };
    assert_eq!(started(&[], BTreeMap::new()), [1, 3, 4], "hosts without the label share one value");
    assert_eq!(started(&[(Some("a"), 1), (None, 1)], BTreeMap::new()), [3]);
    let one_per_rack = BTreeMap::from([(1, Spending { limit: None, per_label: Some(1), unavailable: HashMap::new() })]);
    assert_eq!(started(&[], one_per_rack), [1, 4], "the third is on the rack of the first");
}

#[test]
fn r20_a_target_of_a_later_wave_that_costs_nothing_starts_where_nothing_else_can() {
    let later = |target_id| Waiting { is_open: false, ..waiting(target_id) };
    let all = || vec![waiting(1), waiting(2), later(3), later(4), later(7)];
    assert_eq!(admitted(all(), spending(2, &[3, 7]), &[]), (vec![3], vec![]), "one at a time");
    assert_eq!(admitted(all(), spending(3, &[3, 7]), &[]).0, [1], "its own wave has room");
    assert_eq!(admitted(all(), spending(2, &[8, 9]), &[]).0, Vec::<i64>::new(), "nothing costs nothing");
    let soaking = vec![later(3), later(4)];
    assert_eq!(admitted(soaking, spending(2, &[3, 7]), &[]).0, Vec::<i64>::new(), "its wave waits for something else");
    let releases =
        |may_start, is_idle| BTreeMap::from([(1, ReleaseRoom { may_start, is_idle, ..ReleaseRoom::default() })]);
    for (may_start, is_idle) in [(0, true), (1, false)] {
        let admitted = admit(all(), spending(2, &[3, 7]), releases(may_start, is_idle));
        assert_eq!(admitted, Admitted::default(), "it is paused, or runs something");
    }
}

#[test]
fn r20_a_limit_has_bounds() {
    let fields = |budget: Budget| {
        let mut problems = Problems::default();
        budget.check(&mut problems);
        problems.0.into_iter().map(|problem| problem.field[1..].join(".")).collect::<Vec<_>>()
    };
    let per_label =
        |key: &str, count| Budget { max_per_label: Some(PerLabel { key: key.into(), count }), ..Budget::default() };
    for amount in [Amount::Count(0), Amount::Count(-1), Amount::Percent(101), Amount::Percent(-1)] {
        assert_eq!(fields(Budget { max_unavailable: Some(amount), max_per_label: None }), ["maxUnavailable"]);
    }
    assert_eq!(fields(per_label("rack", 0)), ["maxPerLabel.count"]);
    assert_eq!(fields(per_label("", 1)), ["maxPerLabel.key"]);
    assert_eq!(fields(per_label("rack", 1000)), Vec::<String>::new());
    assert_eq!(fields(Budget { max_unavailable: Some(Amount::Percent(0)), max_per_label: None }), Vec::<String>::new());
}
