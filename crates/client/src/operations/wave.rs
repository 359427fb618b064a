//! The waves of a release.

use super::list::Label;
use crate::word::words;
use serde::Deserialize;

/// A wave of a release.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wave {
    pub number: u64,
    pub size: u64,
    pub status: WaveStatus,
    /// What its hosts have in common, where waves go by a label.
    pub label: Option<Label>,
    pub progress: WaveProgress,
    pub soak_until: Option<String>,
}

/// How many targets of a wave have ended, and how.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct WaveProgress {
    pub succeeded: u64,
    pub failed: u64,
    pub canceled: u64,
    pub unknown: u64,
}

impl WaveProgress {
    /// Targets that have ended.
    pub fn done(&self) -> u64 {
        self.succeeded + self.failed + self.canceled + self.unknown
    }
}

words! {
    /// The status of a wave.
    WaveStatus { Waiting = "WAITING", Running = "RUNNING", Soaking = "SOAKING", Paused = "PAUSED", Done = "DONE" }
}
