//! The pictures of `docs/rollouts.md`: releases as the program itself would carry them out. They are compared with what is in
//! the repository; `LOCKKEEPER_DRAW=1` draws them anew.

mod course;
mod draw;
mod undo;

use super::script::ROOT;
use course::{Course, Example};
use lockkeeper::domain::budget::Budget;
use lockkeeper::domain::release::OnFailure;
use lockkeeper::domain::release::rollout::{Amount, RolloutOverrides};
use lockkeeper::domain::release::waves::{self, ResolvedWave, WaveRequest, WavesBy};
use lockkeeper::domain::target::ReleaseTargetStatus::{self, Failed, Succeeded};
use std::fs;
use std::path::Path;

/// Asserts that this is the picture with this name, or draws it anew.
fn assert_drawn(name: &str, svg: &str) {
    let path = Path::new(ROOT).join("docs/rollouts").join(name);
    if std::env::var_os("LOCKKEEPER_DRAW").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, svg).unwrap();
    }
    let drawn = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        drawn == svg,
        "docs/rollouts/{name} is not what the program does: draw it with LOCKKEEPER_DRAW=1, and look at it"
    );
}

fn wave(up_to: Amount, soak_minutes: i64, pause_after: bool) -> WaveRequest {
    WaveRequest { up_to, max_failures: None, soak_seconds: soak_minutes * 60, pause_after }
}

/// `2p,25%,100%`
fn canaries() -> Vec<WaveRequest> {
    vec![wave(Amount::Count(2), 0, true), wave(Amount::Percent(25), 0, false), wave(Amount::Percent(100), 0, false)]
}

/// `1p,5%@10m,25%@10m,100%`
fn careful() -> Vec<WaveRequest> {
    vec![
        wave(Amount::Count(1), 0, true),
        wave(Amount::Percent(5), 10, false),
        wave(Amount::Percent(25), 10, false),
        wave(Amount::Percent(100), 0, false),
    ]
}

/// A release of this many targets on hosts without labels, 10 at a time.
fn example(targets: usize, waves: Vec<WaveRequest>) -> Example {
    let rollout =
        RolloutOverrides { max_parallel: Some(Amount::Count(10)), waves: Some(waves), ..RolloutOverrides::default() };
    Example {
        zones: vec![None; targets],
        rollout,
        end_of: |_| (Succeeded, 2),
        unavailable: &[],
        budget: None,
        resumed_after: 5,
    }
}

fn sizes_of(course: &Course) -> Vec<i64> {
    course.waves.iter().map(|wave| wave.size).collect()
}

fn count(course: &Course, status: ReleaseTargetStatus) -> usize {
    course.targets.iter().filter(|target| target.status == status).count()
}

#[test]
fn the_picture_of_sizes_shows_how_waves_are_made() {
    let two_and_half = || vec![wave(Amount::Count(2), 0, false), wave(Amount::Percent(50), 0, false)];
    let pause_in_the_middle = || {
        vec![wave(Amount::Count(1), 0, false), wave(Amount::Percent(25), 0, true), wave(Amount::Percent(100), 0, false)]
    };
    let releases: Vec<(&str, Vec<ResolvedWave>)> = vec![
        ("2p,25%,100% of 12", waves::resolve(&canaries(), 12)),
        ("2p,25%,100% of 40", waves::resolve(&canaries(), 40)),
        ("2p,25%,100% of 2: no pause is left", waves::resolve(&canaries(), 2)),
        ("1,25%p,100% of 3", waves::resolve(&pause_in_the_middle(), 3)),
        ("2,50% of 10: the rest is a wave", waves::resolve(&two_and_half(), 10)),
        ("1p,5%@10m,25%@10m,100% of 40", waves::resolve(&careful(), 40)),
    ];
    assert_drawn("sizes.svg", &draw::sizes("Waves that are asked for, and those that become of them", &releases));
}

#[test]
fn the_picture_of_a_release_without_failures_shows_pauses_and_soaks() {
    let course = course::of(&example(40, careful()));
    assert_eq!((sizes_of(&course), count(&course, Succeeded)), (vec![1, 1, 8, 30], 40));
    assert_drawn("waves.svg", &draw::course("--waves 1p,5%@10m,25%@10m,100% --max-parallel 10, 40 instances", &course));
}

/// Waves `2p,25%,100%`, of which 10 % may fail.
fn with_limit(end_of: fn(usize) -> (ReleaseTargetStatus, i64)) -> Course {
    let example = example(40, canaries());
    let rollout = RolloutOverrides { max_failures: Some(Amount::Percent(10)), ..example.rollout };
    course::of(&Example { rollout, end_of, ..example })
}

#[test]
fn the_picture_of_canaries_that_fail_ends_after_two_hosts() {
    let course = with_limit(|place| (if place <= 2 { Failed } else { Succeeded }, 2));
    assert_eq!((count(&course, Failed), count(&course, Succeeded)), (2, 0));
    assert_drawn("canaries.svg", &draw::course("2p,25%,100%, --max-failures 10%: both canaries fail", &course));
}

#[test]
fn the_picture_of_the_fifth_failure_ends_where_the_limit_of_four_is_exceeded() {
    // The fourth failure comes late, the fifth while others run.
    let course = with_limit(|place| match place {
        12 | 15 | 18 | 22 => (Failed, 1),
        25 => (Failed, 3),
        _ => (Succeeded, 3 + i64::try_from(place % 3).unwrap()),
    });
    assert_eq!(sizes_of(&course), [2, 8, 30]);
    assert_eq!(count(&course, Failed), 5);
    assert!(count(&course, ReleaseTargetStatus::Canceled) > 0);
    assert_drawn(
        "limit.svg",
        &draw::course("2p,25%,100%, --max-failures 10%: the fifth failure exceeds the limit", &course),
    );
}

#[test]
fn the_picture_of_forgiven_failures_pauses_once_for_each() {
    let rollout = RolloutOverrides {
        max_parallel: Some(Amount::Count(1)),
        max_failures: Some(Amount::Count(0)),
        on_failure: Some(OnFailure::Pause),
        ..RolloutOverrides::default()
    };
    let end_of = |place| (if place == 2 || place == 5 { Failed } else { Succeeded }, 2);
    let course = course::of(&Example { rollout, end_of, ..example(8, Vec::new()) });
    assert_eq!((course.stays.len(), count(&course, Failed)), (2, 2));
    let title = "--on-failure pause --max-failures 0: each failure pauses once, and is forgiven when somebody resumes";
    assert_drawn("pause.svg", &draw::course(title, &course));
}

#[test]
fn the_picture_of_an_undo_goes_back_in_reverse_order_with_the_unknown_last() {
    let rollout = RolloutOverrides {
        max_parallel: Some(Amount::Count(10)),
        max_failures: Some(Amount::Count(0)),
        on_failure: Some(OnFailure::Undo),
        ..RolloutOverrides::default()
    };
    // When the seventeenth fails, nine others run.
    let end_of = |place| match place {
        1..=10 => (Succeeded, 2),
        11..=16 => (Succeeded, 1),
        17 => (Failed, 2),
        20 => (ReleaseTargetStatus::Unknown, 4),
        _ => (Succeeded, 3),
    };
    let mut course = course::of(&Example { rollout, end_of, ..example(40, Vec::new()) });
    assert!(course.is_undone);
    course.put_back = undo::spans(&course);
    assert_eq!((count(&course, Succeeded), count(&course, ReleaseTargetStatus::Canceled)), (24, 14));
    let mut order: Vec<(i64, usize)> = Vec::new();
    order.extend(course.put_back.iter().zip(1..).filter_map(|(span, place)| Some((span.as_ref()?.0, place))));
    assert_eq!(order.len(), 26);
    let begun = |place: usize| course.put_back[place - 1].unwrap().0;
    assert!(begun(26) < begun(10) && begun(1) <= begun(17) && begun(17) <= begun(20), "{order:?}");
    let title = "--undo-on-failure --max-failures 0 --max-parallel 10, 40 instances: the seventeenth fails";
    assert_drawn("undo.svg", &draw::course(title, &course));
}

#[test]
fn the_picture_of_zones_begins_with_the_one_that_is_named() {
    let zones = [("a", 10), ("b", 20), ("c", 10)];
    let zones = zones.iter().flat_map(|(zone, hosts)| vec![Some(*zone); *hosts]).collect();
    let by = WavesBy {
        key: "zone".to_owned(),
        first: vec!["c".to_owned()],
        soak_seconds: 300,
        first_soak_seconds: None,
        pause_after_first: true,
    };
    let rollout =
        RolloutOverrides { max_parallel: Some(Amount::Count(10)), waves_by: Some(by), ..RolloutOverrides::default() };
    let course = course::of(&Example { zones, rollout, ..example(0, Vec::new()) });
    let labels: Vec<&str> = course.waves.iter().map(|wave| wave.label.as_ref().unwrap().1.as_str()).collect();
    assert_eq!((labels, sizes_of(&course)), (vec!["c", "a", "b"], vec![10, 10, 20]));
    let title = "--waves-by zone --wave-first c --pause-after-first --soak 5m, zones of 10, 20 and 10 hosts";
    assert_drawn("zones.svg", &draw::course(title, &course));
}

#[test]
fn the_picture_of_a_budget_moves_first_what_is_broken_and_then_as_many_as_there_is_room_for() {
    let budget = Budget { max_unavailable: Some(Amount::Percent(25)), max_per_label: None };
    let end_of = |place| (Succeeded, if place == 7 { 4 } else { 2 });
    let course = course::of(&Example { budget: Some(budget), unavailable: &[3, 7], end_of, ..example(10, Vec::new()) });
    let started = |place: usize| course.targets[place - 1].started_at.unwrap();
    assert_eq!([started(3), started(7), started(1), started(2), started(4)], [0, 0, 2, 4, 4]);
    let title = "Budget --max-unavailable 25% of 10: the third and the seventh are broken, and spend it";
    assert_drawn("budget.svg", &draw::course(title, &course));
}
