//! The units in `packaging/systemd/`, checked by systemd itself.

use super::{ROOT, succeed};
use crate::PROGRAM;
use lockkeeper::worker::Timing;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

const UNITS: [&str; 2] = ["lockkeeper.service", "lockkeeper-worker.service"];
/// The most that `systemd-analyze security` may find, of 100: "OK" in its own words ends at 50.
const MAX_EXPOSURE: u32 = 25;

fn text(unit: &str) -> String {
    fs::read_to_string(format!("{ROOT}/packaging/systemd/{unit}")).unwrap()
}

/// The value of a setting that a unit has once.
fn setting<'a>(text: &'a str, name: &str) -> &'a str {
    let mut values = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    values.next().unwrap_or_else(|| panic!("{name} is not set"))
}

/// Copies of the units that start the program of this build.
fn copies(directory: &tempfile::TempDir) -> [PathBuf; 2] {
    UNITS.map(|unit| {
        let copy = directory.path().join(unit);
        fs::write(&copy, text(unit).replace("/usr/bin/lockkeeper", PROGRAM)).unwrap();
        copy
    })
}

#[test]
fn systemd_finds_no_mistake_in_the_units() {
    let directory = tempfile::tempdir().unwrap();
    let verify = ["verify", "--man=no", "--recursive-errors=no"];
    let printed = succeed(Command::new("systemd-analyze").args(verify).args(copies(&directory)));
    assert!(!printed.contains("lockkeeper"), "{printed}");
}

#[test]
fn the_units_expose_little() {
    let directory = tempfile::tempdir().unwrap();
    let threshold = format!("--threshold={MAX_EXPOSURE}");
    for unit in copies(&directory) {
        succeed(
            Command::new("systemd-analyze").args(["security", "--no-pager", "--offline=true", &threshold]).arg(unit),
        );
    }
}

#[test]
fn a_unit_gives_running_targets_their_time_and_keeps_what_outlives_it() {
    for unit in UNITS {
        let text = text(unit);
        let stop = Duration::from_secs(setting(&text, "TimeoutStopSec").parse().unwrap());
        assert!(stop > Timing::default().drain + Duration::from_secs(30), "{unit}: {stop:?}");
        assert_eq!(
            setting(&text, "KillMode"),
            "mixed",
            "{unit}: commands are not asked to stop before the drain is over"
        );
        assert_eq!(setting(&text, "User"), "lockkeeper");
        assert_eq!(setting(&text, "WorkingDirectory"), format!("/var/lib/{}", setting(&text, "StateDirectory")));
        assert!(setting(&text, "LimitNOFILE").parse::<u32>().unwrap() >= 65_536);
    }
}
