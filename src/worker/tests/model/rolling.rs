//! Waves, limits and pauses (R16, R19, R22).

use super::reference::{Answer, Model};
use super::steps::CALLERS;
use crate::domain::release::rollout::{Amount, RolloutOverrides};
use crate::domain::release::waves::{ResolvedWave, WaveRequest};
use crate::domain::release::{OnFailure, PauseReason, ReleaseOrigin};
use crate::domain::target::ReleaseTargetStatus::{Failed, Queued, Unknown};
use crate::domain::target::TargetFailure;
use crate::domain::{Kind, ProblemCode};

/// How a release moves, beside what its row shows.
#[derive(Clone, Debug, Default)]
pub struct Course {
    pub waves: Vec<ResolvedWave>,
    pub requested: RolloutOverrides,
    pub skips_pauses: bool,
    /// The failures that no longer count: in all, those that tried the version, and those of each wave.
    pub forgiven: i64,
    pub forgiven_tried: i64,
    pub forgiven_in: Vec<i64>,
    /// Who wants it to be undone when it ends.
    pub undo_by: Option<String>,
}

/// The number that was requested.
pub fn count(amount: Amount) -> i64 {
    match amount {
        Amount::Count(count) => count,
        Amount::Percent(_) => unreachable!("nobody asks for a share"),
    }
}

/// The waves of `targets` targets. One more takes what those that were requested leave.
pub fn in_waves(requested: &[WaveRequest], targets: i64) -> Vec<ResolvedWave> {
    let (mut waves, mut end): (Vec<ResolvedWave>, i64) = (Vec::new(), 0);
    for wave in requested {
        let up_to = count(wave.up_to).min(targets);
        if up_to > end {
            waves.push(ResolvedWave::of(up_to - end));
            end = up_to;
        }
        let last = waves.last_mut().unwrap();
        last.pause_after |= wave.pause_after;
        if let Some(most) = wave.max_failures.map(count) {
            last.max_failures = Some(last.max_failures.map_or(most, |max| max.min(most)));
        }
    }
    if end < targets {
        waves.push(ResolvedWave::of(targets - end));
    }
    if waves.len() > 1 {
        waves[0].max_failures.get_or_insert(0);
    }
    waves.last_mut().unwrap().pause_after = false;
    waves
}

impl Model {
    pub fn course(&mut self, id: i64) -> &mut Course {
        &mut self.courses[id as usize - 1]
    }

    fn failures(&self, release: i64, counts: impl Fn(i64, Option<TargetFailure>) -> bool) -> i64 {
        let of_release = self.rows.targets.iter().filter(|target| target.release == release);
        let failed = of_release.filter(|target| matches!(target.status, Failed | Unknown));
        failed.filter(|target| counts(target.wave, target.failure)).count() as i64
    }

    fn in_all(&self, release: i64) -> i64 {
        self.failures(release, |_, _| true)
    }

    fn in_wave(&self, release: i64, number: i64) -> i64 {
        self.failures(release, |wave, _| wave == number)
    }

    /// Those that tried the version: not those of which it is known that nothing happened.
    fn tried(&self, release: i64) -> i64 {
        let untried = [Some(TargetFailure::Interrupted), Some(TargetFailure::NotStarted)];
        self.failures(release, |_, failure| !untried.contains(&failure))
    }

    fn exceeds(&self, id: i64, wave: i64) -> bool {
        let (row, course) = (&self.rows.releases[id as usize - 1], &self.courses[id as usize - 1]);
        let place = wave as usize - 1;
        let in_wave = self.in_wave(id, wave) - course.forgiven_in[place];
        self.in_all(id) - course.forgiven > row.max_failures
            || course.waves[place].max_failures.is_some_and(|max| in_wave > max)
    }

    /// Whether all targets of a wave that another follows have ended.
    fn is_done(&self, id: i64, wave: i64) -> bool {
        let mut targets = self.rows.targets.iter().filter(|target| (target.release, target.wave) == (id, wave));
        (wave as usize) < self.courses[id as usize - 1].waves.len() && targets.all(|target| !target.status.is_open())
    }

    /// What a release does of its own accord: it stops, pauses, or goes on with the next wave.
    pub fn go_on(&mut self, id: i64, by: &str) {
        let mut wave = self.release(id).wave;
        loop {
            let (row, course) = (self.release(id).clone(), self.course(id).clone());
            let queued = !self.targets(id, Queued).is_empty();
            let exceeds = row.on_failure != OnFailure::Continue && self.exceeds(id, wave);
            let stops = match row.on_failure {
                OnFailure::Stop => queued,
                OnFailure::Undo => !row.stopped && !row.canceled && self.tried(id) > course.forgiven_tried,
                OnFailure::Pause | OnFailure::Continue => false,
            };
            if exceeds && stops {
                self.release(id).stopped = true;
                self.tell_release(id, "STOPPED", None, by);
                return self.give_up(id, by);
            }
            let may_pause = row.pause.is_none() && row.origin != ReleaseOrigin::Undo;
            if !queued || exceeds {
                if queued && may_pause {
                    self.pause_for(id, PauseReason::Failures, by);
                }
                break;
            }
            if !self.is_done(id, wave) || row.pause.is_some() {
                break;
            }
            if course.waves[wave as usize - 1].pause_after && !course.skips_pauses && may_pause {
                self.pause_for(id, PauseReason::Wave, by);
                break;
            }
            wave += 1;
        }
        self.release(id).wave = wave;
    }

    fn pause_for(&mut self, id: i64, reason: PauseReason, by: &str) {
        self.release(id).pause = Some(reason);
        self.tell_release(id, "PAUSED", None, by);
    }

    pub fn pause(&mut self, by: usize, id: i64) -> Answer {
        if self.targets(id, Queued).is_empty() {
            return wrong_state(id);
        }
        if self.release(id).pause.is_none() {
            self.pause_for(id, PauseReason::Requested, CALLERS[by].0);
        }
        Answer::Did(vec![id])
    }

    /// What failed so far counts no more, and the pause after a wave that is done is over.
    pub fn resume(&mut self, by: usize, id: i64, to_end: bool) -> Answer {
        let by = CALLERS[by].0;
        if self.release(id).status.is_over() {
            return wrong_state(id);
        }
        if self.release(id).pause.take().is_some() {
            let waves = self.course(id).waves.len() as i64;
            let forgiven_in = (1..=waves).map(|wave| self.in_wave(id, wave)).collect();
            let (forgiven, forgiven_tried) = (self.in_all(id), self.tried(id));
            let course = self.course(id);
            (course.forgiven, course.forgiven_tried, course.forgiven_in) = (forgiven, forgiven_tried, forgiven_in);
            course.skips_pauses |= to_end;
            let wave = self.release(id).wave;
            self.release(id).wave += i64::from(self.is_done(id, wave));
            self.tell_release(id, "RESUMED", None, by);
            self.go_on(id, by);
        }
        Answer::Did(vec![id])
    }
}

fn wrong_state(release: i64) -> Answer {
    Answer::Refused(vec![(ProblemCode::WrongState, vec![Kind::Release.id(release).to_string()])], Vec::new())
}
