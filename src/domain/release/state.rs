//! A release with its waves, and how both change together (R14, R19).

use super::deadline::Deadline;
use super::{Next, PauseReason, Progress, ReleaseStatus, UnderWay, Wave};
use crate::domain::Timestamp;
use crate::domain::target::{ReleaseTargetStatus, TargetFailure};

/// A release and its waves, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseState {
    pub under_way: UnderWay,
    pub waves: Vec<Wave>,
}

/// What somebody who resumes a release wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resume {
    /// Whether it passes over all further pauses of its waves.
    pub to_end: bool,
    /// Whether the soak of the wave that is carried out ends.
    pub skip_soak: bool,
}

impl ReleaseState {
    /// Moves a target of this wave from one state to another. `failure` says how it failed, if it did.
    pub fn move_target(
        &mut self,
        wave: i64,
        (from, to): (ReleaseTargetStatus, ReleaseTargetStatus),
        failure: Option<TargetFailure>,
        at: Timestamp,
    ) {
        let moved = |progress: Progress| progress.moved(from, to, 1).with_failure(failure);
        self.under_way.progress = moved(self.under_way.progress);
        let tried = to == ReleaseTargetStatus::Unknown || failure.is_some_and(TargetFailure::tried_version);
        self.under_way.version_failures += i64::from(tried);
        if let Some(wave) = self.waves.iter_mut().find(|one| one.number == wave) {
            wave.progress = moved(wave.progress);
            if wave.progress.queued + wave.progress.running == 0 {
                wave.ended_at = Some(at);
            }
        }
        self.set_status(self.under_way.status == ReleaseStatus::Paused);
    }

    /// Counts an instance that became unhealthy while the release soaks. Its target, of this wave, stays succeeded.
    pub fn add_unhealthy(&mut self, wave: i64) {
        self.under_way.progress.unhealthy += 1;
        self.under_way.version_failures += 1;
        if let Some(wave) = self.waves.iter_mut().find(|one| one.number == wave) {
            wave.progress.unhealthy += 1;
        }
    }

    /// Returns what the release does now of its own accord, if anything.
    pub fn next(&self, now: Timestamp) -> Option<Next> {
        self.under_way.next(self.current()?, self.waves.last()?.number, now)
    }

    /// Does what the release does of its own accord, up to what ends its waiting: that its queued targets are canceled, which
    /// is left to the caller. Returns that, if it comes to it.
    pub fn go_on(&mut self, now: Timestamp) -> Option<Next> {
        while let Some(next) = self.next(now) {
            if next.gives_up() {
                return Some(next);
            }
            self.apply(next);
        }
        None
    }

    /// Does what the release does of its own accord. Canceling its queued targets is left to the caller.
    pub fn apply(&mut self, next: Next) {
        match next {
            Next::Stop | Next::Undo | Next::Expire => {}
            Next::Pause(reason) => {
                if reason == PauseReason::Wave {
                    self.under_way.soaks_until = None;
                }
                self.pause();
            }
            Next::Soak(until) => {
                self.under_way.soaks_until = Some(until);
                if let Some(wave) = self.current_mut() {
                    wave.soak_until = Some(until);
                }
            }
            Next::EndSoak => self.under_way.soaks_until = None,
            Next::NextWave => self.next_wave(),
        }
    }

    /// Stops the release: too many targets failed, and it ends as failed whatever becomes of the others.
    pub fn stop(&mut self) {
        self.under_way.is_stopped = true;
    }

    /// Pauses the release.
    pub fn pause(&mut self) {
        self.set_status(true);
    }

    /// Whether [`resume`](Self::resume) changes anything.
    pub fn can_resume(&self, resume: Resume) -> bool {
        self.under_way.status == ReleaseStatus::Paused || (resume.skip_soak && self.under_way.soaks_until.is_some())
    }

    /// Resumes a release that is paused, or ends its soak. The failures so far are forgiven to one that was paused, and the
    /// pause after the wave that is done is over with it.
    pub fn resume(&mut self, resume: Resume, now: Timestamp) {
        let was_paused = self.under_way.status == ReleaseStatus::Paused;
        if was_paused {
            self.under_way.forgiven_failures = self.under_way.progress.failures();
            self.under_way.forgiven_unreachable = self.under_way.progress.unreachable;
            self.under_way.forgiven_version_failures = self.under_way.version_failures;
            self.under_way.skips_pauses |= resume.to_end;
            for wave in &mut self.waves {
                wave.forgiven_failures = wave.progress.failures();
            }
            self.set_status(false);
        }
        let last = self.waves.last().map(|wave| wave.number);
        let Some(wave) = self.current_mut() else { return };
        if wave.ended_at.is_none() || Some(wave.number) == last {
            return;
        }
        if resume.skip_soak && wave.soak_until.is_none_or(|until| until > now) {
            wave.soak_until = Some(now);
            self.under_way.soaks_until = None;
        }
        if was_paused && !matches!(self.next(now), Some(Next::Soak(_))) && self.under_way.soaks_until.is_none() {
            self.next_wave();
        }
    }

    /// Sets another deadline.
    pub fn set_deadline(&mut self, deadline: Deadline) {
        self.under_way.deadline_at = deadline.at;
        self.under_way.deadline_event_at = deadline.event_at;
    }

    fn next_wave(&mut self) {
        self.under_way.soaks_until = None;
        self.under_way.wave += 1;
    }

    /// A release of which nothing is queued is never paused. One that a limit stopped has failed (R14).
    fn set_status(&mut self, paused: bool) {
        let progress = self.under_way.progress;
        self.under_way.status = match progress.status(paused && progress.queued > 0) {
            status if status.is_over() && self.under_way.is_stopped => ReleaseStatus::Failed,
            status => status,
        };
        if self.under_way.status.is_over() {
            self.under_way.soaks_until = None;
        }
    }

    fn current(&self) -> Option<&Wave> {
        self.waves.iter().find(|wave| wave.number == self.under_way.wave)
    }

    fn current_mut(&mut self) -> Option<&mut Wave> {
        let number = self.under_way.wave;
        self.waves.iter_mut().find(|wave| wave.number == number)
    }
}
