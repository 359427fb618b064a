//! One start of one target: what an executor is ordered to do, why it may be stopped, and how it ends.

use super::Step;
use super::release::ReleaseAction;

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
    pub step: Step,
    pub fence: i64,
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
    /// Its release was canceled, running targets included.
    Canceled,
    /// Its worker stops: whatever the command did is not its result.
    Lost,
}

/// How one start ended.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Ended {
    /// The command ended on its own, with an exit status or by a signal.
    Exited { status: Option<i32>, signal: Option<i32> },
    /// The program could not be started; the text says why.
    StartFailed(String),
    /// The program was not started and never will be: the process that was to start it is gone.
    NeverStarted,
    /// The command was stopped for this reason, and surely runs no more.
    Stopped(StopReason),
    /// The command surely runs no more, and its result is unknown.
    ResultUnknown,
    /// Nobody saw the command end: it may still run.
    MayStillRun,
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
