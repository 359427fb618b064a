use super::*;
use crate::domain::release::rollout::RolloutDefaults;
use crate::domain::release::waves::WavesBy;
use std::time::Duration;

fn rollout(on_failure: OnFailure, max_failures: i64, max_parallel: i64) -> Rollout {
    let defaults = RolloutOverrides::default().resolve(&RolloutDefaults::default(), Duration::from_mins(1), 10);
    Rollout { max_parallel, max_failures, on_failure, ..defaults }
}

fn target(from: Option<i64>, to: Option<i64>) -> PlanTarget {
    PlanTarget { host_id: 1, instance_id: Some(1), wave: 1, from_version_id: from, to_version_id: to }
}

fn version(id: i64, is_withdrawn: bool) -> PlanVersion {
    PlanVersion { id, name: format!("{id}.0"), is_withdrawn }
}

fn facts<'a>(rollout: &'a Rollout, targets: &'a [PlanTarget], versions: &'a [PlanVersion]) -> PlanFacts<'a> {
    PlanFacts {
        action: ReleaseAction::Upgrade,
        goes_back: false,
        rollout,
        waves: &[],
        targets,
        without_way_back: 0,
        versions,
        executor: "sim",
        has_worker: true,
    }
}

fn codes(warnings: &[PlanWarning]) -> Vec<PlanWarningCode> {
    warnings.iter().map(|warning| warning.code).collect()
}

#[test]
fn the_worst_case_is_the_limit_and_what_runs_at_a_time() {
    for (on_failure, max_failures, max_parallel, targets, expected) in [
        (OnFailure::Stop, 4, 10, 40, 14),
        (OnFailure::Pause, 4, 10, 40, 14),
        (OnFailure::Stop, 0, 1, 40, 1),
        (OnFailure::Stop, 4, 10, 12, 12),
        (OnFailure::Continue, 0, 1, 40, 40),
    ] {
        assert_eq!(worst_case_failures(&rollout(on_failure, max_failures, max_parallel), targets), expected);
    }
}

#[test]
fn the_way_back_of_an_upgrade_is_where_its_instances_are_and_that_of_an_undo_is_where_they_go() {
    let rollout = rollout(OnFailure::Stop, 0, 1);
    let targets = [target(Some(1), Some(2)), target(Some(1), Some(2))];
    let withdrawn = [version(1, true), version(2, false)];
    let upgrade = facts(&rollout, &targets, &withdrawn);
    let found = warnings(&upgrade);
    assert_eq!(codes(&found), [PlanWarningCode::WithdrawnWayBack]);
    assert!(found[0].message.contains("1.0 (2 instances)"), "{}", found[0].message);
    let undo = PlanFacts { goes_back: true, ..upgrade };
    assert_eq!(warnings(&undo), []);
    let target_withdrawn = [version(1, false), version(2, true)];
    let undo = PlanFacts { versions: &target_withdrawn, ..undo };
    assert_eq!(codes(&warnings(&undo)), [PlanWarningCode::WithdrawnWayBack]);
    // An undo leaves out what has no way back; a retry leaves it out for another reason.
    let lost = PlanFacts { without_way_back: 3, versions: &[], ..upgrade };
    assert_eq!(codes(&warnings(&PlanFacts { goes_back: true, ..lost })), [PlanWarningCode::NoWayBack]);
    assert_eq!(warnings(&lost), []);
    // There is no way back from an uninstallation, and none is needed from an installation.
    for action in [ReleaseAction::Uninstall, ReleaseAction::Install] {
        assert_eq!(warnings(&PlanFacts { action, ..upgrade }), []);
    }
}

#[test]
fn different_versions_are_counted_the_most_frequent_first() {
    let rollout = rollout(OnFailure::Stop, 0, 1);
    let targets = [target(Some(1), Some(3)), target(Some(2), Some(3)), target(None, Some(3)), target(Some(2), Some(3))];
    let versions = [version(1, false), version(2, false), version(3, false)];
    let found = warnings(&facts(&rollout, &targets, &versions));
    assert_eq!(codes(&found), [PlanWarningCode::MixedVersions]);
    let counts: Vec<_> = found[0].counts.iter().map(|of| (of.version_id, of.count)).collect();
    assert_eq!(counts, [(Some(2), 2), (None, 1), (Some(1), 1)]);
    let expected = "The instances of this release have different versions now: 2.0 (2), no version (1), 1.0 (1).";
    assert_eq!(found[0].message, expected);
    assert_eq!(warnings(&facts(&rollout, &targets[1..2], &versions)), []);
}

#[test]
fn soaks_of_more_than_half_of_the_time_and_missing_workers_are_warned_of() {
    let rollout = Rollout { deadline_seconds: 100, ..rollout(OnFailure::Stop, 0, 1) };
    let wave = |soak_seconds| ResolvedWave { soak_seconds, ..ResolvedWave::of(1) };
    let half = [wave(20), wave(30)];
    let plain = facts(&rollout, &[], &[]);
    assert_eq!(warnings(&PlanFacts { waves: &half, ..plain }), []);
    let more = [wave(20), wave(31)];
    assert_eq!(codes(&warnings(&PlanFacts { waves: &more, ..plain })), [PlanWarningCode::DeadlineClose]);
    assert_eq!(codes(&warnings(&PlanFacts { has_worker: false, ..plain })), [PlanWarningCode::NoWorker]);
}

#[test]
fn labels_that_hosts_do_not_have_are_warned_of() {
    let zones = [Some("a"), None, Some("b")];
    let value = |host: usize, key: &str| if key == "zone" { zones[host] } else { None };
    let label = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let by = |first: &[&str]| WavesBy {
        key: "zone".into(),
        first: first.iter().map(|value| (*value).to_owned()).collect(),
        soak_seconds: 0,
        first_soak_seconds: None,
        pause_after_first: false,
    };
    let asked = RolloutOverrides { waves_by: Some(by(&["c", "a"])), ..RolloutOverrides::default() };
    let found = label_warnings(&asked, zones.len(), value);
    assert_eq!(codes(&found), [PlanWarningCode::HostsWithoutLabel, PlanWarningCode::LabelWithoutHost]);
    assert!(found[0].message.starts_with("1 of 3 hosts do not have the label zone"), "{}", found[0].message);
    assert!(found[1].message.contains("zone=c.") && !found[1].message.contains("zone=a"), "{}", found[1].message);
    let asked = RolloutOverrides {
        first: Some(vec![label("zone", "a"), label("canary", "yes")]),
        ..RolloutOverrides::default()
    };
    let found = label_warnings(&asked, zones.len(), value);
    assert_eq!(codes(&found), [PlanWarningCode::LabelWithoutHost]);
    assert!(found[0].message.contains("canary=yes"), "{}", found[0].message);
    let per_zone = Some(crate::domain::release::rollout::PerLabel { key: "zone".into(), count: 1 });
    let found = label_warnings(&RolloutOverrides { max_per_label: per_zone, ..RolloutOverrides::default() }, 3, value);
    assert_eq!(codes(&found), [PlanWarningCode::HostsWithoutLabel]);
    assert_eq!(label_warnings(&RolloutOverrides::default(), zones.len(), value), []);
}

#[test]
fn a_message_names_ten_things_at_most() {
    assert_eq!(named(["a", "b"].iter()), "a, b");
    let many: Vec<usize> = (0..12).collect();
    assert_eq!(named(many.iter()), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, and 2 more");
}
