//! One start of one target: what an executor is ordered to do, why it may be stopped, and how it ends.

use super::StepName;
use super::release::ReleaseAction;
use std::fmt;
use std::time::Duration;

/// One start of one target.
#[derive(Clone, Debug)]
pub struct Order {
    pub action: ReleaseAction,
    pub service: String,
    /// The version to reach; `None` for an uninstallation.
    pub version: Option<String>,
    /// The version that ran before; `None` for an installation.
    pub previous_version: Option<String>,
    /// Where the build of the version to reach is kept.
    pub artifact: Option<String>,
    /// The source that it was built from.
    pub reference: Option<String>,
    pub hostname: String,
    pub host_address: String,
    pub port: Option<i64>,
    pub tag: Option<String>,
    pub instance_id: i64,
    pub release_id: i64,
    pub target_id: i64,
    /// 1 for the first start of the target.
    pub attempt: i64,
    /// The step to do, or that was under way when its worker was lost.
    pub step: StepName,
    pub fence: i64,
    /// Where the step `connect` of the target ended, if it has one that ended.
    pub place: HostIdentity,
}

/// Identifies the machine behind an address, as far as that is known: what a start leaves there is found only in the same
/// place.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct HostIdentity {
    /// Changes with each boot of the host.
    pub boot_id: Option<String>,
    /// Of the directory on the host in which starts leave their traces.
    pub state_id: Option<String>,
}

/// Why a host cannot be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ConnectFailure {
    /// It was not reached.
    Unreachable,
    /// Its key is not the known one, or none is known.
    HostKey,
    /// It does not accept the login.
    Refused,
}

/// An instance as a probe outside of a release sees it.
#[derive(Clone, Debug)]
pub struct Site {
    pub service: String,
    /// The version on record; `None` if none is.
    pub version: Option<String>,
    pub hostname: String,
    pub host_address: String,
    pub port: Option<i64>,
    pub tag: Option<String>,
    pub instance_id: i64,
}

/// What happens to a target whose worker was lost, when neither a result nor a probe says what its command did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnLost {
    /// It ends as UNKNOWN, and an operator confirms the instance.
    #[default]
    Resolve,
    /// It is started again: for commands that may be repeated.
    Retry,
}

/// Why a command is stopped before it ends on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum StopReason {
    /// It took longer than its timeout.
    TimedOut,
    /// It printed nothing for longer than the idle timeout of its executor.
    Idle,
    /// Its release was canceled, running targets included.
    Canceled,
    /// Its worker stops: whatever the command did is not its result.
    Lost,
}

/// How a command that was asked to end did so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Stopping {
    /// All its processes ended before they had to be killed.
    InTime,
    /// What was left of it was killed this long after it had been asked to end.
    Killed { after: Duration },
}

/// A sentence.
impl fmt::Display for Stopping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stopping::InTime => f.write_str("It ended in time after it had been asked to end."),
            Stopping::Killed { after } => {
                let seconds = (after.as_secs_f64() * 10.0).round() / 10.0;
                write!(f, "It was killed {seconds} s after it had been asked to end.")
            }
        }
    }
}

/// How one start ended.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Ended {
    /// A step without a command succeeded.
    Succeeded,
    /// A step without a command failed; the text says why, a sentence.
    Failed(String),
    /// The host was reached, and is this one.
    Connected(HostIdentity),
    /// The host was not connected to, and nothing was started there. `why` is a sentence.
    NotConnected { failure: ConnectFailure, why: String },
    /// The command goes on without this worker, for another one to follow.
    GoesOn,
    /// What became of the command cannot be found out; the text says why, in sentences.
    Unknown(String),
    /// The command ended on its own, with an exit status or by a signal. `last_lines` is the end of what it wrote to
    /// standard error, at most 1,000 characters.
    Exited { status: Option<i32>, signal: Option<i32>, last_lines: String },
    /// The program could not be started; the text says why.
    StartFailed(String),
    /// The program was not started and never will be: the process that was to start it is gone.
    NeverStarted,
    /// The command was stopped for this reason, and surely runs no more.
    Stopped { reason: StopReason, stopping: Stopping, last_lines: String },
    /// The command surely runs no more, and its result is unknown. `stopping` says how it ended, if it was seen to.
    ResultUnknown { stopping: Option<Stopping> },
    /// The command may still run: nobody saw it end, or these processes of it could not be ended. They are named with
    /// their process ids; the text is empty if none is known.
    MayStillRun { processes: String },
}

impl Ended {
    /// The end of a command that exited with this status and wrote nothing to standard error.
    pub fn exited(status: i32) -> Ended {
        Ended::Exited { status: Some(status), signal: None, last_lines: String::new() }
    }

    /// Returns how the command was stopped, or `None` if it was not stopped, or not seen to end.
    pub fn stopping(&self) -> Option<Stopping> {
        match self {
            Ended::Stopped { stopping, .. } => Some(*stopping),
            Ended::ResultUnknown { stopping } => *stopping,
            _ => None,
        }
    }
}

/// What a probe observed on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// This version runs.
    Version(String),
    /// Nothing runs.
    Nothing,
    /// No answer: no probe is configured, it failed, or it timed out.
    NoAnswer,
}

impl Observed {
    /// Whether exactly this version runs; for `None`, whether nothing runs.
    pub fn is(&self, version: Option<&str>) -> bool {
        match (self, version) {
            (Observed::Version(observed), Some(version)) => observed == version,
            (Observed::Nothing, None) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_command_was_stopped_is_a_sentence() {
        for (after, text) in [(4000, "4 s"), (10_020, "10 s"), (1449, "1.4 s")] {
            let killed = Stopping::Killed { after: Duration::from_millis(after) };
            assert_eq!(killed.to_string(), format!("It was killed {text} after it had been asked to end."));
        }
        assert_eq!(Stopping::InTime.to_string(), "It ended in time after it had been asked to end.");
    }
}
