//! The waves and the pause of a release, in a line.

use super::time;
use crate::times::Clock;
use jiff::Timestamp;
use lockkeeper_client::operations::pause::{Pause, PauseReason};
use lockkeeper_client::operations::release::Release;
use lockkeeper_client::operations::wave::{Wave, WaveStatus};

/// The wave that a release is in, or `None` if it has only one: `wave 2 of 3: 3/8, soaks until 16:40`.
pub fn line(release: &Release, clock: &Clock, now: Timestamp) -> Option<String> {
    let wave = current(release)?;
    let (number, count) = (wave.number, release.waves.len());
    let label = wave.label.as_ref().map_or_else(String::new, |label| format!(" ({}={})", label.key, label.value));
    let line = format!("wave {number} of {count}{label}: {}/{}", wave.progress.done(), wave.size);
    let soak = wave.soak_until.as_deref().filter(|_| wave.status == WaveStatus::Soaking);
    Some(match soak {
        Some(until) => format!("{line}, soaks until {}", clock.show_near(time(until), now)),
        None => line,
    })
}

/// The wave that is not done yet, the last one where all are; `None` where there is only one.
fn current(release: &Release) -> Option<&Wave> {
    let waves = &release.waves;
    let open = waves.iter().find(|wave| wave.status != WaveStatus::Done);
    open.or(waves.last()).filter(|_| waves.len() > 1)
}

/// Why a release is paused, or `None` if it is not: `paused after wave 1 of 3`.
pub fn pause(release: &Release) -> Option<String> {
    let Pause { reason, by, message, .. } = release.pause.as_ref()?;
    Some(match reason {
        PauseReason::Wave => current(release).map_or_else(
            || "paused after a wave".to_owned(),
            |wave| format!("paused after wave {} of {}", wave.number, release.waves.len()),
        ),
        PauseReason::Failures => "paused, since too many failed".to_owned(),
        PauseReason::Unreachable => "paused, since too many hosts were not reached".to_owned(),
        PauseReason::Requested | PauseReason::Other(_) if message.is_empty() => format!("paused by {by}"),
        PauseReason::Requested | PauseReason::Other(_) => format!("paused by {by}: {message}"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::model::samples::{progress, release, wave};
    use super::*;
    use serde_json::{from_value, json};

    fn paused(reason: &str, message: &str) -> Release {
        let mut release = release("PAUSED", progress(40, 0, 2, 0));
        release.waves = vec![wave(1, 2, 2, "PAUSED"), wave(2, 8, 0, "WAITING"), wave(3, 30, 0, "WAITING")];
        release.pause =
            from_value(json!({ "reason": reason, "since": "2026-11-28T16:20:00Z", "by": "ana", "message": message }))
                .unwrap();
        release
    }

    #[test]
    fn a_release_with_waves_says_in_which_it_is() {
        let (clock, now) = (Clock::new(true, true), "2026-11-28T16:30:00Z".parse().unwrap());
        let mut release = release("RUNNING", progress(40, 0, 2, 0));
        assert_eq!(line(&release, &clock, now), None, "one wave is none");
        release.waves = vec![wave(1, 2, 2, "DONE"), wave(2, 8, 3, "RUNNING"), wave(3, 30, 0, "WAITING")];
        assert_eq!(line(&release, &clock, now).as_deref(), Some("wave 2 of 3: 3/8"));
        release.waves[1] = wave(2, 8, 8, "SOAKING");
        assert_eq!(line(&release, &clock, now).as_deref(), Some("wave 2 of 3: 8/8, soaks until 16:40"));
        release.waves[1].label = from_value(json!({ "key": "zone", "value": "a" })).unwrap();
        assert!(line(&release, &clock, now).unwrap().starts_with("wave 2 of 3 (zone=a): "));
        release.waves.iter_mut().for_each(|wave| wave.status = WaveStatus::Done);
        assert!(line(&release, &clock, now).unwrap().starts_with("wave 3 of 3: "));
    }

    #[test]
    fn a_pause_says_why() {
        for (reason, message, says) in [
            ("WAVE", "The wave is done.", "paused after wave 1 of 3"),
            ("REQUESTED", "errors", "paused by ana: errors"),
            ("FAILURES", "", "paused, since too many failed"),
            ("UNREACHABLE", "", "paused, since too many hosts were not reached"),
            ("REQUESTED", "", "paused by ana"),
            ("TIDE", "", "paused by ana"),
        ] {
            assert_eq!(pause(&paused(reason, message)).as_deref(), Some(says));
        }
    }
}
