//! What the end of a start means for its target (R13), also after its worker was lost.

use super::{End, TargetFailure};
use crate::domain::order::{Ended, Observed, OnLost, Order, StopReason};

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

/// Judges how a start ended. `stopped` is why it was to be stopped, if it was. Returns `None` if the start was
/// interrupted, surely runs no more, and its effect is unknown: then [`judge_interrupted`] decides.
pub fn judge(ended: Ended, stopped: Option<StopReason>, attempt: i64) -> Option<Outcome> {
    let end = match (ended, stopped) {
        (Ended::Exited { status: Some(0), .. }, _) => End::succeeded().with_exit_status(0),
        (Ended::Exited { status: Some(status), .. }, _) => {
            End::failed(TargetFailure::Command, format!("The command ended with exit status {status}."))
                .with_exit_status(status)
        }
        (Ended::Exited { signal: Some(signal), .. }, _) => {
            End::failed(TargetFailure::Command, format!("The command was ended by signal {signal}."))
        }
        (Ended::Exited { .. }, _) => End::failed(TargetFailure::Command, "The command was ended by a signal."),
        (Ended::Stopped(StopReason::Lost), _) | (Ended::ResultUnknown, Some(StopReason::Lost) | None) => return None,
        (Ended::NeverStarted, Some(StopReason::Lost) | None) => return Some(judge_never_started(attempt)),
        (Ended::Stopped(StopReason::TimedOut), _)
        | (Ended::ResultUnknown | Ended::StartFailed(_) | Ended::NeverStarted, Some(StopReason::TimedOut)) => {
            End::failed(TargetFailure::TimedOut, "The command took longer than its timeout and was stopped.")
        }
        (Ended::Stopped(StopReason::Canceled), _)
        | (Ended::ResultUnknown | Ended::StartFailed(_) | Ended::NeverStarted, Some(StopReason::Canceled)) => {
            End::failed(TargetFailure::Stopped, "The command was stopped because its release was canceled.")
        }
        (Ended::StartFailed(why), _) => End::failed(TargetFailure::NotStarted, why),
        (Ended::MayStillRun, _) => End::unknown(
            "The command may still be running: its end was not observed. Check the host, then confirm the instance.",
        ),
    };
    Some(Outcome::End(end))
}

/// Judges a start that was interrupted, by what the executor's probe observed on the host afterwards.
pub fn judge_interrupted(order: &Order, observed: &Observed, on_lost: OnLost) -> Outcome {
    let end = if observed.is(order.version.as_deref()) {
        return Outcome::End(End::succeeded());
    } else if observed.is(order.previous_version.as_deref()) {
        let message = "The command was interrupted before it changed what runs on the host.";
        End::failed(TargetFailure::Interrupted, message)
    } else {
        let message =
            "The command was interrupted, and its effect is unknown. Check the host, then confirm the instance.";
        End::unknown(message)
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
    use crate::domain::Step;
    use crate::domain::release::ReleaseAction;
    use crate::domain::target::ReleaseTargetStatus;

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
            step: Step::Run,
            fence: 1,
        }
    }

    #[test]
    fn r13_what_was_stopped_failed_if_it_surely_ended_and_is_unknown_otherwise() {
        use StopReason::{Canceled, Lost, TimedOut};
        let failed = |failure| (ReleaseTargetStatus::Failed, Some(failure));
        for (stop, failure) in [(TimedOut, TargetFailure::TimedOut), (Canceled, TargetFailure::Stopped)] {
            assert_eq!(end(judge(Ended::Stopped(stop), Some(stop), 1)), failed(failure));
            assert_eq!(end(judge(Ended::ResultUnknown, Some(stop), 1)), failed(failure));
            let unknown = end(judge(Ended::MayStillRun, Some(stop), 1));
            assert_eq!(unknown, (ReleaseTargetStatus::Unknown, None));
            let done = judge(Ended::Exited { status: Some(0), signal: None }, Some(stop), 1);
            assert_eq!(end(done).0, ReleaseTargetStatus::Succeeded, "it was faster");
        }
        assert_eq!(judge(Ended::Stopped(Lost), None, 1), None);
        assert_eq!(judge(Ended::ResultUnknown, None, 1), None);
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
            let judged = match judge_interrupted(&order(Some("1"), Some("2"), attempt), &observed, on_lost) {
                Outcome::End(end) => (end.status, false),
                Outcome::Retry { or_else } => (or_else.status, true),
            };
            assert_eq!(judged, expected, "{observed:?} {on_lost:?} {attempt}");
        }
    }

    #[test]
    fn nothing_that_runs_is_the_goal_of_a_removal_and_the_past_of_an_installation() {
        let judged = |order| end(Some(judge_interrupted(&order, &Observed::Nothing, OnLost::Resolve))).0;
        assert_eq!(judged(order(Some("1"), None, 1)), ReleaseTargetStatus::Succeeded);
        assert_eq!(judged(order(None, Some("1"), 1)), ReleaseTargetStatus::Failed);
    }
}
