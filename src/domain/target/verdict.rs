//! What the end of the step `run` means for its target (R13), also after its worker was lost.

use super::end::MAX_MESSAGE_CHARS;
use super::{End, TargetFailure};
use crate::domain::order::{Ended, Observed, OnLost, Order, StopReason, Stopping};

/// The most starts of one target (R13).
pub const MAX_STARTS: i64 = 3;

/// What becomes of a target after one of its starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The target ends like this.
    End(End),
    /// The target may be started again. If that is not possible, it ends like this.
    Retry { or_else: End },
}

/// Judges how a start of the step `run` ended. `stopped` is why it was to be stopped, if it was. Returns `None` if the start was
/// interrupted, surely runs no more, and its effect is unknown: then [`judge_interrupted`] decides.
pub fn judge(ended: Ended, stopped: Option<StopReason>, attempt: i64) -> Option<Outcome> {
    let end = match (ended, stopped) {
        (Ended::Succeeded | Ended::Connected(_), _) => End::succeeded(),
        (Ended::NotConnected { failure, why }, _) => End::failed(failure.into(), why),
        (Ended::Unknown(why), _) => End::unknown(why),
        (Ended::Failed(why), _) => End::failed(TargetFailure::Command, why),
        (Ended::Exited { status: Some(0), .. }, _) => End::succeeded().with_exit_status(0),
        (Ended::Exited { status: Some(status), last_lines, .. }, _) => {
            let message = with_last_lines(format!("The command ended with exit status {status}."), &last_lines);
            End::failed(TargetFailure::Command, message).with_exit_status(status)
        }
        (Ended::Exited { signal, last_lines, .. }, _) => {
            let signal = signal.map_or_else(|| "a signal".to_owned(), |signal| format!("signal {signal}"));
            let message = with_last_lines(format!("The command was ended by {signal}."), &last_lines);
            End::failed(TargetFailure::Command, message)
        }
        (Ended::Stopped { reason: StopReason::Lost, .. } | Ended::GoesOn, _)
        | (Ended::ResultUnknown { .. }, Some(StopReason::Lost) | None) => return None,
        (Ended::NeverStarted, Some(StopReason::Lost) | None) => return Some(judge_never_started(attempt)),
        (Ended::Stopped { reason, stopping, last_lines }, _) => judge_stopped(reason, Some(stopping), &last_lines),
        (Ended::ResultUnknown { stopping }, Some(reason)) => judge_stopped(reason, stopping, ""),
        (
            Ended::StartFailed(_) | Ended::NeverStarted,
            Some(reason @ (StopReason::TimedOut | StopReason::Idle | StopReason::Canceled)),
        ) => judge_stopped(reason, None, ""),
        (Ended::StartFailed(why), _) => End::failed(TargetFailure::NotStarted, why),
        (Ended::MayStillRun { processes }, _) if processes.is_empty() => End::unknown(
            "The command may still be running: its end was not observed. Check the host, then confirm the instance.",
        ),
        (Ended::MayStillRun { processes }, _) => End::unknown(format!(
            "The command still runs and could not be ended: {processes}. End it on the host, then confirm the instance."
        )),
    };
    Some(Outcome::End(end))
}

/// Judges a start that was stopped before it ended on its own, and surely runs no more.
fn judge_stopped(reason: StopReason, stopping: Option<Stopping>, last_lines: &str) -> End {
    let (failure, sentence) = match reason {
        StopReason::TimedOut => (TargetFailure::TimedOut, "The command took longer than its timeout and was stopped."),
        StopReason::Idle => (TargetFailure::Idle, "The command wrote nothing for too long and was stopped."),
        StopReason::Canceled | StopReason::Lost => {
            (TargetFailure::Stopped, "The command was stopped because its release was canceled.")
        }
    };
    End::failed(failure, with_last_lines(with_stopping(sentence, stopping), last_lines))
}

/// Adds how the command was stopped to a sentence about it.
pub(super) fn with_stopping(sentence: &str, stopping: Option<Stopping>) -> String {
    stopping.map_or_else(|| sentence.to_owned(), |stopping| format!("{sentence} {stopping}"))
}

/// Adds the last lines that a command wrote to the sentence about its failure, as many as a message can have.
pub(super) fn with_last_lines(sentence: String, last_lines: &str) -> String {
    let room = MAX_MESSAGE_CHARS.saturating_sub(sentence.chars().count() + 1);
    let surplus = last_lines.chars().count().saturating_sub(room);
    let mut shown: String = last_lines.chars().skip(surplus).collect();
    // A line is shown from its beginning, if that leaves one.
    if surplus > 0
        && let Some(line_end) = shown.find('\n')
    {
        shown.drain(..=line_end);
    }
    if shown.is_empty() { sentence } else { format!("{sentence}\n{shown}") }
}

/// Judges a start that was interrupted, by what the executor's probe observed on the host afterwards. `stopping` says
/// how the command was stopped, if that is known.
pub fn judge_interrupted(order: &Order, observed: &Observed, on_lost: OnLost, stopping: Option<Stopping>) -> Outcome {
    let end = if observed.is(order.version.as_deref()) {
        return Outcome::End(End::succeeded());
    } else if observed.is(order.previous_version.as_deref()) {
        let message = "The command was interrupted before it changed what runs on the host.";
        End::failed(TargetFailure::Interrupted, with_stopping(message, stopping))
    } else {
        let message =
            "The command was interrupted, and its effect is unknown. Check the host, then confirm the instance.";
        End::unknown(with_stopping(message, stopping))
    };
    match on_lost {
        OnLost::Retry if order.attempt < MAX_STARTS => Outcome::Retry { or_else: end },
        _ => Outcome::End(end),
    }
}

/// Whatever `on_lost` says, nothing is repeated here.
fn judge_never_started(attempt: i64) -> Outcome {
    let end = End::failed(TargetFailure::NotStarted, "The worker was lost before it started the command.");
    if attempt < MAX_STARTS { Outcome::Retry { or_else: end } } else { Outcome::End(end) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::StepName;
    use crate::domain::order::HostIdentity;
    use crate::domain::release::ReleaseAction;
    use crate::domain::target::ReleaseTargetStatus;
    use std::time::Duration;

    fn end(outcome: Option<Outcome>) -> (ReleaseTargetStatus, Option<TargetFailure>) {
        match outcome {
            Some(Outcome::End(end)) => (end.status, end.failure),
            outcome => panic!("{outcome:?}"),
        }
    }

    fn order(previous_version: Option<&str>, version: Option<&str>, attempt: i64) -> Order {
        Order {
            action: ReleaseAction::Upgrade,
            service: "web".into(),
            version: version.map(Into::into),
            previous_version: previous_version.map(Into::into),
            artifact: None,
            reference: None,
            hostname: "h".into(),
            host_address: "10.0.0.1".into(),
            port: None,
            tag: None,
            instance_id: 1,
            release_id: 1,
            target_id: 1,
            attempt,
            step: StepName::Run,
            fence: 1,
            place: HostIdentity::default(),
        }
    }

    fn stopped(reason: StopReason) -> Ended {
        Ended::Stopped { reason, stopping: Stopping::InTime, last_lines: String::new() }
    }

    fn message(ended: Ended, stopped: Option<StopReason>) -> String {
        match judge(ended, stopped, 1) {
            Some(Outcome::End(end)) => end.message.unwrap(),
            outcome => panic!("{outcome:?}"),
        }
    }

    #[test]
    fn a_message_says_how_a_command_was_stopped_and_what_could_not_be_ended() {
        let killed = Stopping::Killed { after: Duration::from_secs(10) };
        let ended =
            Ended::Stopped { reason: StopReason::TimedOut, stopping: killed, last_lines: "waiting for lock".into() };
        assert_eq!(
            message(ended, Some(StopReason::TimedOut)),
            "The command took longer than its timeout and was stopped. It was killed 10 s after it had been asked to \
             end.\nwaiting for lock"
        );
        let named = message(Ended::MayStillRun { processes: "4711 (java)".into() }, None);
        assert!(named.contains("could not be ended: 4711 (java)."), "{named}");
        let Outcome::End(end) =
            judge_interrupted(&order(Some("1"), Some("2"), 1), &Observed::NoAnswer, OnLost::Resolve, Some(killed))
        else {
            panic!("it ends")
        };
        assert!(end.message.unwrap().ends_with("It was killed 10 s after it had been asked to end."));
    }

    #[test]
    fn the_message_of_a_failure_has_the_last_lines_within_its_limit() {
        let failed = |last_lines: String| message(Ended::Exited { status: Some(3), signal: None, last_lines }, None);
        assert_eq!(failed(String::new()), "The command ended with exit status 3.");
        assert_eq!(failed("a\nb".into()), "The command ended with exit status 3.\na\nb");
        let long = failed(format!("{}\nFATAL: migration 42 failed", "ä".repeat(2000)));
        assert_eq!(long, "The command ended with exit status 3.\nFATAL: migration 42 failed");
        let single = failed("ä".repeat(2000));
        assert_eq!(single.chars().count(), MAX_MESSAGE_CHARS, "{single}");
    }

    #[test]
    fn r13_what_was_stopped_failed_if_it_surely_ended_and_is_unknown_otherwise() {
        use StopReason::{Canceled, Idle, Lost, TimedOut};
        let failed = |failure| (ReleaseTargetStatus::Failed, Some(failure));
        let failures = [TargetFailure::TimedOut, TargetFailure::Idle, TargetFailure::Stopped];
        for (stop, failure) in [TimedOut, Idle, Canceled].into_iter().zip(failures) {
            assert_eq!(end(judge(stopped(stop), Some(stop), 1)), failed(failure));
            assert_eq!(end(judge(Ended::ResultUnknown { stopping: None }, Some(stop), 1)), failed(failure));
            let unknown = end(judge(Ended::MayStillRun { processes: String::new() }, Some(stop), 1));
            assert_eq!(unknown, (ReleaseTargetStatus::Unknown, None));
            let done = judge(Ended::exited(0), Some(stop), 1);
            assert_eq!(end(done).0, ReleaseTargetStatus::Succeeded, "it was faster");
        }
        assert_eq!(judge(stopped(Lost), None, 1), None);
        assert_eq!(judge(Ended::ResultUnknown { stopping: None }, None, 1), None);
        let never = judge(Ended::StartFailed("no".into()), Some(Lost), 1);
        assert_eq!(end(never), failed(TargetFailure::NotStarted), "what never started needs no probe");
    }

    #[test]
    fn what_never_started_is_started_again_unless_it_was_stopped_or_had_all_its_starts() {
        for stop in [None, Some(StopReason::Lost)] {
            let outcome = judge(Ended::NeverStarted, stop, MAX_STARTS - 1);
            assert!(matches!(outcome, Some(Outcome::Retry { .. })), "{stop:?}");
        }
        let stopped = (ReleaseTargetStatus::Failed, Some(TargetFailure::Stopped));
        assert_eq!(end(judge(Ended::NeverStarted, Some(StopReason::Canceled), 1)), stopped);
        let not_started = (ReleaseTargetStatus::Failed, Some(TargetFailure::NotStarted));
        assert_eq!(end(judge(Ended::NeverStarted, None, MAX_STARTS)), not_started);
    }

    #[test]
    fn an_interrupted_start_is_judged_by_what_runs_there() {
        use OnLost::{Resolve, Retry};
        use ReleaseTargetStatus::{Failed, Succeeded, Unknown};
        let version = |name: &str| Observed::Version(name.to_owned());
        for (observed, on_lost, attempt, expected) in [
            (version("2"), Resolve, 1, (Succeeded, false)),
            (version("2"), Retry, 1, (Succeeded, false)),
            (version("1"), Resolve, 1, (Failed, false)),
            (version("1"), Retry, 2, (Failed, true)),
            (version("1"), Retry, MAX_STARTS, (Failed, false)),
            (Observed::Nothing, Resolve, 1, (Unknown, false)),
            (version("3"), Retry, 1, (Unknown, true)),
            (Observed::NoAnswer, Resolve, 1, (Unknown, false)),
            (Observed::NoAnswer, Retry, 1, (Unknown, true)),
            (Observed::NoAnswer, Retry, MAX_STARTS, (Unknown, false)),
        ] {
            let judged = match judge_interrupted(&order(Some("1"), Some("2"), attempt), &observed, on_lost, None) {
                Outcome::End(end) => (end.status, false),
                Outcome::Retry { or_else } => (or_else.status, true),
            };
            assert_eq!(judged, expected, "{observed:?} {on_lost:?} {attempt}");
        }
    }

    #[test]
    fn nothing_that_runs_is_the_goal_of_a_removal_and_the_past_of_an_installation() {
        let judged = |order| end(Some(judge_interrupted(&order, &Observed::Nothing, OnLost::Resolve, None))).0;
        assert_eq!(judged(order(Some("1"), None, 1)), ReleaseTargetStatus::Succeeded);
        assert_eq!(judged(order(None, Some("1"), 1)), ReleaseTargetStatus::Failed);
    }
}
