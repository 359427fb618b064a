//! What the end of a start means for its target: the rules of R13 and of what a lost worker leaves behind.

use super::finish::succeeded;
use crate::domain::release::{ReleaseTargetStatus, TargetFailure};
use crate::executor::{Ended, Found, OnLost, Stop};
use crate::store::target::End;

/// The most starts of one target (R13).
pub(super) const STARTS: i64 = 3;

/// What an end means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The target has ended so.
    Over(End),
    /// It was interrupted, surely runs no more, and what it did has to be found out.
    Interrupted,
    /// Nothing of it ever began, or will.
    NeverBegan,
}

/// Judges how a start ended. `asked` is why it was to be ended before its time, if it was.
pub(super) fn judge(ended: Ended, asked: Option<Stop>) -> Verdict {
    let end = match (ended, asked) {
        (Ended::Exited { status: Some(0), .. }, _) => End { exit_status: Some(0), ..succeeded() },
        (Ended::Exited { status: Some(status), .. }, _) => End {
            exit_status: Some(status.into()),
            ..failed(TargetFailure::Command, format!("The command ended with exit status {status}."))
        },
        (Ended::Exited { signal, .. }, _) => {
            let signal = signal.map(|signal| format!(" {signal}")).unwrap_or_default();
            failed(TargetFailure::Command, format!("The command was ended by signal{signal}."))
        }
        (Ended::Stopped(Stop::Lost), _) | (Ended::Unknown { over: true }, Some(Stop::Lost) | None) => {
            return Verdict::Interrupted;
        }
        (Ended::NeverBegan, Some(Stop::Lost) | None) => return Verdict::NeverBegan,
        (Ended::Stopped(Stop::TimedOut), _)
        | (Ended::Unknown { over: true } | Ended::NotStarted(_) | Ended::NeverBegan, Some(Stop::TimedOut)) => {
            failed(TargetFailure::TimedOut, "It took too long and was stopped.".into())
        }
        (Ended::Stopped(Stop::Canceled), _)
        | (Ended::Unknown { over: true } | Ended::NotStarted(_) | Ended::NeverBegan, Some(Stop::Canceled)) => {
            failed(TargetFailure::Stopped, "It was stopped, since its release was canceled.".into())
        }
        (Ended::NotStarted(why), _) => failed(TargetFailure::NotStarted, why),
        (Ended::Unknown { over: false }, _) => {
            unknown("Its command may still run: nobody could see it end. Look at the host, then confirm the instance.")
        }
    };
    Verdict::Over(end)
}

/// What to do about a start that was interrupted, by what the executor's probe found there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The target has ended so.
    Over(End),
    /// It may be started anew; if that is not to be, it has ended so.
    Again(End),
}

/// Decides what becomes of an interrupted start. `found` is what the executor's probe found.
pub(super) fn interrupted(
    found: &Found,
    to: Option<&str>,
    before: Option<&str>,
    on_lost: OnLost,
    attempt: i64,
) -> Next {
    let end = match found {
        found if found.is(to) => return Next::Over(succeeded()),
        found if found.is(before) => {
            failed(TargetFailure::Interrupted, "It was interrupted, and what ran before still runs.".into())
        }
        _ => unknown("It was interrupted, and what it did is not known. Look at the host, then confirm the instance."),
    };
    match on_lost {
        OnLost::Retry if attempt < STARTS => Next::Again(end),
        _ => Next::Over(end),
    }
}

/// Decides what becomes of a start that never began. Whatever `on_lost` says, there is nothing to repeat.
pub(super) fn never_began(attempt: i64) -> Next {
    let end = failed(TargetFailure::NotStarted, "Its worker was lost before the command was started.".into());
    if attempt < STARTS { Next::Again(end) } else { Next::Over(end) }
}

fn failed(failure: TargetFailure, message: String) -> End {
    End { status: ReleaseTargetStatus::Failed, failure: Some(failure), message: Some(message), exit_status: None }
}

fn unknown(message: &str) -> End {
    End { status: ReleaseTargetStatus::Unknown, message: Some(message.to_owned()), ..succeeded() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(verdict: Verdict) -> (ReleaseTargetStatus, Option<TargetFailure>) {
        match verdict {
            Verdict::Over(end) => (end.status, end.failure),
            verdict => panic!("{verdict:?}"),
        }
    }

    #[test]
    fn r13_what_was_stopped_failed_if_it_surely_ended_and_is_unknown_otherwise() {
        let failed = |failure| (ReleaseTargetStatus::Failed, Some(failure));
        for (stop, failure) in [(Stop::TimedOut, TargetFailure::TimedOut), (Stop::Canceled, TargetFailure::Stopped)] {
            assert_eq!(over(judge(Ended::Stopped(stop), Some(stop))), failed(failure));
            assert_eq!(over(judge(Ended::Unknown { over: true }, Some(stop))), failed(failure));
            let unknown = over(judge(Ended::Unknown { over: false }, Some(stop)));
            assert_eq!(unknown, (ReleaseTargetStatus::Unknown, None));
            let done = judge(Ended::Exited { status: Some(0), signal: None }, Some(stop));
            assert_eq!(over(done).0, ReleaseTargetStatus::Succeeded, "it was faster");
        }
        assert_eq!(judge(Ended::Stopped(Stop::Lost), None), Verdict::Interrupted);
        assert_eq!(judge(Ended::Unknown { over: true }, None), Verdict::Interrupted);
        let never = judge(Ended::NotStarted("no".into()), Some(Stop::Lost));
        assert_eq!(over(never), failed(TargetFailure::NotStarted), "what never began needs no finding out");
    }

    #[test]
    fn what_never_began_is_begun_anew_unless_it_was_stopped_or_that_went_on_too_long() {
        assert_eq!(judge(Ended::NeverBegan, None), Verdict::NeverBegan);
        assert_eq!(judge(Ended::NeverBegan, Some(Stop::Lost)), Verdict::NeverBegan);
        let stopped = (ReleaseTargetStatus::Failed, Some(TargetFailure::Stopped));
        assert_eq!(over(judge(Ended::NeverBegan, Some(Stop::Canceled))), stopped);
        assert!(matches!(never_began(STARTS - 1), Next::Again(_)));
        let Next::Over(end) = never_began(STARTS) else { panic!("for ever") };
        assert_eq!((end.status, end.failure), (ReleaseTargetStatus::Failed, Some(TargetFailure::NotStarted)));
    }

    #[test]
    fn an_interrupted_start_is_decided_by_what_runs_there() {
        use OnLost::{Resolve, Retry};
        use ReleaseTargetStatus::{Failed, Succeeded, Unknown};
        let version = |name: &str| Found::Version(name.to_owned());
        for (found, on_lost, attempt, expected) in [
            (version("2"), Resolve, 1, (Succeeded, false)),
            (version("2"), Retry, 1, (Succeeded, false)),
            (version("1"), Resolve, 1, (Failed, false)),
            (version("1"), Retry, 2, (Failed, true)),
            (version("1"), Retry, STARTS, (Failed, false)),
            (Found::Nothing, Resolve, 1, (Unknown, false)),
            (version("3"), Retry, 1, (Unknown, true)),
            (Found::NoAnswer, Resolve, 1, (Unknown, false)),
            (Found::NoAnswer, Retry, 1, (Unknown, true)),
            (Found::NoAnswer, Retry, STARTS, (Unknown, false)),
        ] {
            let decided = match interrupted(&found, Some("2"), Some("1"), on_lost, attempt) {
                Next::Over(end) => (end.status, false),
                Next::Again(end) => (end.status, true),
            };
            assert_eq!(decided, expected, "{found:?} {on_lost:?} {attempt}");
        }
    }

    #[test]
    fn nothing_that_runs_is_the_goal_of_a_removal_and_the_past_of_an_installation() {
        let is = |next: Next, status| matches!(next, Next::Over(end) if end.status == status);
        let removal = interrupted(&Found::Nothing, None, Some("1"), OnLost::Resolve, 1);
        assert!(is(removal, ReleaseTargetStatus::Succeeded));
        let installation = interrupted(&Found::Nothing, Some("1"), None, OnLost::Resolve, 1);
        assert!(is(installation, ReleaseTargetStatus::Failed));
    }
}
