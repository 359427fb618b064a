//! Pages whose commands work on the fleet of the demo.

use super::script;
use super::script::run;
use crate::cli::demo::Demo;
use crate::cli::program::Place;

/// Runs a script as a person does who pasted what the demo says comes first.
#[track_caller]
fn on_the_demo(script: &str) -> String {
    let place = Place::new("sqlite");
    let demo = Demo::start(&place);
    let home = place.path().to_str().unwrap();
    let environment = [("HOME", home), ("XDG_CONFIG_HOME", home)];
    run(&format!("exec 2>&1\n{}\n{script}", demo.export()), place.path(), &environment)
        .unwrap_or_else(|printed| panic!("{printed}"))
}

#[test]
fn a_first_release_of_the_readme_is_seen_to_succeed_and_to_go_back() {
    let printed = on_the_demo(&script("README.md", "first-release"));
    assert_eq!(printed.matches("SUCCEEDED in ").count(), 3, "{printed}");
    let (_, status) = printed.rsplit_once("SUCCEEDED in ").unwrap();
    assert!(status.contains("shop") && status.contains("1.0.0"), "{printed}");
}

#[test]
fn an_operators_day_works_as_written() {
    let printed = on_the_demo(&script("docs/day.md", "day"));
    for expected in ["fails on host-05", "new disk", "quarter end", "CANCELED", "unfreezeService"] {
        assert!(printed.contains(expected), "{expected} is missing in\n{printed}");
    }
}

#[test]
fn rollouts_pause_go_on_and_go_back_as_written() {
    let printed = on_the_demo(&script("docs/rollouts.md", "rollouts"));
    for expected in ["paused after wave 1 of 3", "8 succeeded of 8", "7 succeeded of 7", "at most 2", "weekend"] {
        assert!(printed.contains(expected), "{expected} is missing in\n{printed}");
    }
}
