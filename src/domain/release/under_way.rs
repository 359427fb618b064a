//! What a rollout lets a release do while it is under way: which targets may start, and what the release does next of its
//! own accord (R16, R19, R21).

use super::{OnFailure, PauseReason, Progress, ReleaseOrigin, ReleaseStatus};
use crate::domain::Timestamp;

/// A release as its rollout sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnderWay {
    pub status: ReleaseStatus,
    pub origin: ReleaseOrigin,
    pub max_parallel: i64,
    pub max_failures: i64,
    pub max_unreachable: i64,
    pub on_failure: OnFailure,
    /// Number of the wave that is carried out.
    pub wave: i64,
    /// Until when that wave soaks; `None` if it does not soak now.
    pub soaks_until: Option<Timestamp>,
    /// Whether it passes over the pauses of its waves.
    pub skips_pauses: bool,
    /// Whether a limit stopped it.
    pub is_stopped: bool,
    /// The failures that no longer count, since somebody resumed the release after them.
    pub forgiven_failures: i64,
    pub forgiven_unreachable: i64,
    /// Those of the failures that tried the version, and how many of them no longer count.
    pub version_failures: i64,
    pub forgiven_version_failures: i64,
    /// Whether somebody canceled it.
    pub cancel_requested: bool,
    pub deadline_at: Timestamp,
    /// When the event DEADLINE is due; `None` once it was written, and if none is.
    pub deadline_event_at: Option<Timestamp>,
    pub progress: Progress,
}

/// A wave of a release that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wave {
    pub number: i64,
    pub max_failures: Option<i64>,
    pub soak_seconds: i64,
    pub pause_after: bool,
    /// When its last target ended; `None` before.
    pub ended_at: Option<Timestamp>,
    /// Until when it soaks, or soaked; `None` before.
    pub soak_until: Option<Timestamp>,
    /// Its failures that no longer count.
    pub forgiven_failures: i64,
    pub progress: Progress,
}

/// A queued target: its wave and its place in the order of the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuedPlace {
    pub wave: i64,
    pub ordinal: i64,
}

/// What is about to happen to the running targets of a release, before it is known in full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// The most of them that end.
    pub count: i64,
    /// Whether there may be one more failure.
    pub may_fail: bool,
}

/// What a release does of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It cancels its queued targets: too many failed.
    Stop,
    /// The same, also if none is queued any more. It is undone once nothing of it runs.
    Undo,
    /// It cancels its queued targets: its deadline has passed.
    Expire,
    Pause(PauseReason),
    /// The wave that is carried out soaks until then.
    Soak(Timestamp),
    /// The wave that is carried out has soaked. Only of a release that is paused: another goes on at once.
    EndSoak,
    /// The next wave is carried out.
    NextWave,
}

impl Next {
    /// Whether the release gives up its queued targets, which ends its waiting.
    pub fn gives_up(self) -> bool {
        matches!(self, Next::Stop | Next::Undo | Next::Expire)
    }
}

impl UnderWay {
    /// Returns those of the queued targets that may start now: those of the wave that is carried out and of the waves before
    /// it, as many as the rollout leaves. They come in the order of the release. This decides alone what is claimed: the
    /// database only finds candidates.
    pub fn may_start<'q>(&self, queued: &'q [QueuedPlace]) -> &'q [QueuedPlace] {
        let count = usize::try_from(self.start_limit()).unwrap_or_default();
        let open = queued.partition_point(|place| place.wave <= self.wave);
        &queued[..count.min(open)]
    }

    /// The most targets that [`may_start`](Self::may_start) returns, whatever is queued.
    pub fn start_limit(&self) -> i64 {
        match self.status {
            ReleaseStatus::Pending | ReleaseStatus::Running => {
                self.max_parallel.saturating_sub(self.progress.running).clamp(0, self.progress.queued)
            }
            ReleaseStatus::Paused | ReleaseStatus::Succeeded | ReleaseStatus::Failed | ReleaseStatus::Canceled => 0,
        }
    }

    /// Whether more failed than the rollout allows, since the release was last resumed: in all, or in this wave.
    fn exceeds_failures(&self, wave: &Wave) -> bool {
        let in_all = self.progress.failures() - self.forgiven_failures > self.max_failures;
        let in_wave = wave.progress.failures() - wave.forgiven_failures;
        in_all || wave.max_failures.is_some_and(|max| in_wave > max)
    }

    fn exceeds_unreachable(&self) -> bool {
        self.progress.unreachable - self.forgiven_unreachable > self.max_unreachable
    }

    /// Whether too many failed, and a failure that counts tried the version, so that the release is to be undone. Nothing
    /// undoes it of its own accord once somebody has canceled it.
    fn calls_for_undo(&self, wave: &Wave) -> bool {
        self.on_failure == OnFailure::Undo
            && !self.cancel_requested
            && self.exceeds_failures(wave)
            && self.version_failures > self.forgiven_version_failures
    }

    /// Whether it is undone of its own accord once nothing of it runs.
    pub fn is_undone_when_over(&self) -> bool {
        self.on_failure == OnFailure::Undo && self.is_stopped && !self.cancel_requested
    }

    /// Whether it may have to be undone once its targets have ended in this way: nothing of it runs then, and either nothing is
    /// queued or a limit may be exceeded. `requested` says whether somebody wants it to be undone.
    pub fn may_be_undone(&self, requested: bool, ends: Ends) -> bool {
        let is_wanted = requested || (self.on_failure == OnFailure::Undo && !self.cancel_requested);
        let may_exceed = ends.may_fail || self.progress.failures() > self.forgiven_failures;
        is_wanted
            && !self.status.is_over()
            && self.progress.running <= ends.count
            && (self.progress.queued == 0 || may_exceed)
    }

    /// Returns what the release does now, if anything. `wave` is the one that is carried out, `last` the number of the last
    /// one. Of a release of which nothing is queued, and so of one that was canceled, only the undo is left; an undo never
    /// pauses.
    pub fn next(&self, wave: &Wave, last: i64, now: Timestamp) -> Option<Next> {
        if !self.is_stopped && self.calls_for_undo(wave) {
            return Some(Next::Undo);
        }
        if self.progress.queued == 0 || self.status.is_over() {
            return None;
        }
        if self.deadline_at <= now {
            return Some(Next::Expire);
        }
        let is_paused = self.status == ReleaseStatus::Paused;
        let may_pause = !is_paused && self.origin != ReleaseOrigin::Undo;
        let pause = |reason| may_pause.then_some(Next::Pause(reason));
        if self.on_failure != OnFailure::Continue {
            if self.exceeds_failures(wave) {
                // The wave is not done: of what follows it, only a soak that has begun comes to its end.
                if is_paused && self.on_failure == OnFailure::Pause {
                    return self.soaks_until.filter(|until| *until <= now).map(|_| Next::EndSoak);
                }
                return match self.on_failure {
                    OnFailure::Stop => Some(Next::Stop),
                    // The version was not tried, or the release is being undone.
                    OnFailure::Pause | OnFailure::Undo => pause(PauseReason::Failures),
                    OnFailure::Continue => None,
                };
            }
            if self.exceeds_unreachable() {
                return pause(PauseReason::Unreachable);
            }
        }
        let ended_at = wave.ended_at.filter(|_| wave.number < last)?;
        let soaked_at = wave.soaked_at(ended_at);
        if soaked_at > now {
            return (self.soaks_until != Some(soaked_at)).then_some(Next::Soak(soaked_at));
        }
        if is_paused {
            return self.soaks_until.map(|_| Next::EndSoak);
        }
        let pauses = wave.pause_after && !self.skips_pauses && may_pause;
        Some(if pauses { Next::Pause(PauseReason::Wave) } else { Next::NextWave })
    }
}

impl Wave {
    /// When its soak is over, given when its last target ended.
    fn soaked_at(&self, ended_at: Timestamp) -> Timestamp {
        self.soak_until.unwrap_or(Timestamp(ended_at.0 + self.soak_seconds * 1000))
    }
}

#[cfg(test)]
mod tests;
