//! How targets are described in a line.

use super::time;
use jiff::Timestamp;
use lockkeeper_client::operations::output::LogStream;
use lockkeeper_client::operations::release::{Release, Target};
use std::time::Duration;

/// A length of time as a clock shows it: `0:41`, `21:04`, `1:02:03`.
pub fn length(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// The time from one moment to another; clocks of two machines may disagree.
pub fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// How long a target took, if it was started and has ended.
pub fn took(target: &Target) -> Option<Duration> {
    Some(between(time(target.started_at.as_deref()?), time(target.finished_at.as_deref()?)))
}

/// `canceled by ana: wrong version`, of a release whose cancellation was requested.
pub fn canceled(release: &Release, by: Option<&str>) -> String {
    let by = by.map_or_else(String::new, |by| format!(" by {by}"));
    let why = release.cancel_reason.as_deref().filter(|reason| !reason.is_empty());
    format!("canceled{by}{}", why.map_or_else(String::new, |why| format!(": {why}")))
}

/// Why a target did not succeed: `exit 3: no space left`, or what the server says.
pub fn reason(target: &Target) -> String {
    match exit(target) {
        Some(exit) => with_line(&exit, target),
        None => message(target).unwrap_or_default().to_owned(),
    }
}

/// As [`reason`], with how long it took: `exit 3 after 0:41: no space left`.
pub fn reason_with_time(target: &Target) -> String {
    let after = took(target).map(|took| format!("after {}", length(took)));
    let begin = [exit(target), after].into_iter().flatten().collect::<Vec<_>>().join(" ");
    match (exit(target), message(target)) {
        (Some(_), _) => with_line(&begin, target),
        (None, Some(message)) if begin.is_empty() => message.to_owned(),
        (None, Some(message)) => format!("{begin}: {message}"),
        (None, None) => begin,
    }
}

/// What the server says; the lines after the first are output.
fn message(target: &Target) -> Option<&str> {
    target.message.as_deref()?.lines().next()
}

/// The exit status of a command that failed by it.
fn exit(target: &Target) -> Option<String> {
    let failed = target.failure.as_deref() == Some("COMMAND");
    target.exit_status.filter(|_| failed).map(|status| format!("exit {status}"))
}

/// What the command wrote last says why; errors say it best.
fn with_line(begin: &str, target: &Target) -> String {
    let lines = &target.log.nodes;
    let last = |stream: &LogStream| lines.iter().rfind(|line| line.stream == *stream && !line.text.trim().is_empty());
    match last(&LogStream::Stderr).or_else(|| last(&LogStream::Stdout)) {
        Some(line) => format!("{begin}: {}", line.text.trim()),
        None => begin.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_look_as_on_a_clock() {
        let of = |seconds| length(Duration::from_secs(seconds));
        assert_eq!(
            (of(0), of(41), of(1264), of(3723)),
            ("0:00".into(), "0:41".into(), "21:04".into(), "1:02:03".into())
        );
    }

    #[test]
    fn clocks_that_disagree_give_no_negative_time() {
        let (one, two) = (time("2026-11-28T16:00:00Z"), time("2026-11-28T16:00:41.5Z"));
        assert_eq!(between(one, two), Duration::from_millis(41_500));
        assert_eq!(between(two, one), Duration::ZERO);
    }
}
