//! How a release goes, minute by minute, by the rules of the program alone: what it does of its own accord and which targets
//! may start is decided by the domain. Only how each target ends is made up.

use lockkeeper::domain::Timestamp;
use lockkeeper::domain::budget::{self, Budget, ReleaseRoom, Spending, Waiting};
use lockkeeper::domain::release::rollout::{RolloutDefaults, RolloutOverrides};
use lockkeeper::domain::release::waves::ResolvedWave;
use lockkeeper::domain::release::{
    Next, PauseReason, Progress, QueuedPlace, ReleaseOrigin, ReleaseState, ReleaseStatus, Resume, UnderWay, Wave,
};
use lockkeeper::domain::target::{ReleaseTargetStatus, TargetFailure};
use std::time::Duration;

/// How long the executor lets a target take; no target here takes as long.
const TIMEOUT: Duration = Duration::from_hours(1);
/// Minutes after which a release that does not end is a mistake of the example.
const MAX_MINUTES: i64 = 2000;

/// A release that is made up.
pub struct Example {
    /// The value of the label that waves go by, for each target; `None` for a host without it.
    pub zones: Vec<Option<&'static str>>,
    pub rollout: RolloutOverrides,
    /// How the target with this place, counted from 1, ends, and after how many minutes.
    pub end_of: fn(usize) -> (ReleaseTargetStatus, i64),
    /// The places of targets whose instances are unavailable when the release is accepted.
    pub unavailable: &'static [i64],
    pub budget: Option<Budget>,
    /// Minutes after which somebody resumes it when it is paused.
    pub resumed_after: i64,
}

/// How it went.
pub struct Course {
    pub waves: Vec<ResolvedWave>,
    /// The targets, in the order of the release.
    pub targets: Vec<Moved>,
    pub stays: Vec<Stay>,
    pub status: ReleaseStatus,
    /// The minute at which it was over.
    pub over_at: i64,
    pub max_parallel: i64,
    /// Whether it is undone once it is over.
    pub is_undone: bool,
    /// From when to when the undo puts each target back; nothing as long as there is none.
    pub put_back: Vec<Option<(i64, i64)>>,
}

/// What became of a target; times are in minutes.
#[derive(Clone, Copy)]
pub struct Moved {
    /// The number of its wave.
    pub wave: i64,
    /// Whether its instance was unavailable when the release was accepted.
    pub was_unavailable: bool,
    pub status: ReleaseTargetStatus,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
}

/// A time in which nothing starts.
pub struct Stay {
    pub why: Why,
    pub from: i64,
    pub to: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Pause(PauseReason),
    Soak,
}

/// The instant of a minute.
pub fn at(minute: i64) -> Timestamp {
    Timestamp(minute * 60_000)
}

/// Carries a release out.
pub fn of(example: &Example) -> Course {
    let (waves, mut state) = accepted(example);
    let wave_of = waves.iter().zip(1..).flat_map(|(wave, number)| (0..wave.size).map(move |_| number));
    let queued = |(wave, place): (i64, i64)| Moved {
        wave,
        was_unavailable: example.unavailable.contains(&place),
        status: ReleaseTargetStatus::Queued,
        started_at: None,
        ended_at: None,
    };
    let mut targets: Vec<Moved> = wave_of.zip(1..).map(queued).collect();
    let mut stays: Vec<Stay> = Vec::new();
    for minute in 0..MAX_MINUTES {
        end_targets(example, &mut state, &mut targets, minute);
        if state.under_way.status == ReleaseStatus::Paused
            && let Some(pause) = stays.iter_mut().rfind(|stay| stay.why != Why::Soak)
            && minute - pause.from >= example.resumed_after
        {
            pause.to = minute;
            state.resume(Resume::default(), at(minute));
        }
        while let Some(next) = state.next(at(minute)) {
            match next {
                Next::Stop | Next::Undo => {
                    state.stop();
                    cancel_queued(&mut state, &mut targets, minute);
                }
                Next::Expire => cancel_queued(&mut state, &mut targets, minute),
                Next::Pause(reason) => stays.push(Stay { why: Why::Pause(reason), from: minute, to: minute }),
                Next::Soak(until) => stays.push(Stay { why: Why::Soak, from: minute, to: until.0 / 60_000 }),
                Next::EndSoak | Next::NextWave => {}
            }
            state.apply(next);
        }
        start_targets(example, &mut state, &mut targets, minute);
        if state.under_way.status.is_over() {
            let UnderWay { status, max_parallel, .. } = state.under_way;
            let (put_back, is_undone) = (vec![None; targets.len()], state.under_way.is_undone_when_over());
            return Course { waves, targets, stays, status, over_at: minute, max_parallel, is_undone, put_back };
        }
    }
    panic!("the release does not end: {:?}", state.under_way)
}

/// The release as it was accepted, and its waves.
fn accepted(example: &Example) -> (Vec<ResolvedWave>, ReleaseState) {
    let Example { rollout, zones, .. } = example;
    let total = i64::try_from(zones.len()).unwrap();
    let resolved = rollout.resolve(&RolloutDefaults::default(), TIMEOUT, total);
    let (waves, _) = rollout.resolve_waves(zones);
    let under_way = UnderWay {
        status: ReleaseStatus::Pending,
        origin: ReleaseOrigin::Request,
        max_parallel: resolved.max_parallel,
        max_failures: resolved.max_failures,
        max_unreachable: resolved.max_unreachable,
        on_failure: resolved.on_failure,
        wave: 1,
        is_stopped: false,
        soaks_until: None,
        skips_pauses: false,
        forgiven_failures: 0,
        forgiven_unreachable: 0,
        version_failures: 0,
        forgiven_version_failures: 0,
        cancel_requested: false,
        deadline_at: Timestamp(resolved.deadline_seconds * 1000),
        deadline_event_at: None,
        progress: Progress::accepted(total, 0),
    };
    let wave = |(wave, number): (&ResolvedWave, i64)| Wave {
        number,
        max_failures: wave.max_failures,
        soak_seconds: wave.soak_seconds,
        pause_after: wave.pause_after,
        ended_at: None,
        soak_until: None,
        forgiven_failures: 0,
        progress: Progress::accepted(wave.size, 0),
    };
    let state = ReleaseState { under_way, waves: waves.iter().zip(1..).map(wave).collect() };
    (waves, state)
}

fn end_targets(example: &Example, state: &mut ReleaseState, targets: &mut [Moved], minute: i64) {
    for (target, place) in targets.iter_mut().zip(1..) {
        let (end, took) = (example.end_of)(place);
        let is_due = target.started_at.is_some_and(|started| started + took <= minute);
        if target.status == ReleaseTargetStatus::Running && is_due {
            let failure = (end == ReleaseTargetStatus::Failed).then_some(TargetFailure::Command);
            state.move_target(target.wave, (target.status, end), failure, at(minute));
            (target.status, target.ended_at) = (end, Some(minute));
        }
    }
}

fn cancel_queued(state: &mut ReleaseState, targets: &mut [Moved], minute: i64) {
    for target in targets.iter_mut().filter(|target| target.status == ReleaseTargetStatus::Queued) {
        state.move_target(target.wave, (target.status, ReleaseTargetStatus::Canceled), None, at(minute));
        (target.status, target.ended_at) = (ReleaseTargetStatus::Canceled, Some(minute));
    }
}

fn start_targets(example: &Example, state: &mut ReleaseState, targets: &mut [Moved], minute: i64) {
    let queued = targets.iter().zip(1..).filter(|(target, _)| target.status == ReleaseTargetStatus::Queued);
    let queued: Vec<QueuedPlace> = queued.map(|(target, ordinal)| QueuedPlace { wave: target.wave, ordinal }).collect();
    let starting: Vec<i64> = match &example.budget {
        None => state.under_way.may_start(&queued).iter().map(|place| place.ordinal).collect(),
        Some(budget) => admitted(budget, &state.under_way, targets, &queued),
    };
    for place in starting {
        let target = &mut targets[usize::try_from(place - 1).unwrap()];
        state.move_target(target.wave, (target.status, ReleaseTargetStatus::Running), None, at(minute));
        (target.status, target.started_at) = (ReleaseTargetStatus::Running, Some(minute));
    }
}

/// The places of the targets that may start within a budget.
fn admitted(budget: &Budget, under_way: &UnderWay, targets: &[Moved], queued: &[QueuedPlace]) -> Vec<i64> {
    let is_unavailable = |target: &Moved| match target.status {
        ReleaseTargetStatus::Queued | ReleaseTargetStatus::Canceled => target.was_unavailable,
        ReleaseTargetStatus::Succeeded => false,
        ReleaseTargetStatus::Running | ReleaseTargetStatus::Failed | ReleaseTargetStatus::Unknown => true,
    };
    let unavailable = targets.iter().zip(1..).filter(|(target, _)| is_unavailable(target));
    let spending = Spending {
        limit: budget.limit(i64::try_from(targets.len()).unwrap()),
        per_label: None,
        unavailable: unavailable.map(|(_, place)| (place, None)).collect(),
    };
    let waiting = queued.iter().map(|place| Waiting {
        target_id: place.ordinal,
        release_id: 1,
        ordinal: place.ordinal,
        service_id: 1,
        instance_id: place.ordinal,
        release_label: None,
        label: None,
        is_undo: false,
        is_open: place.wave <= under_way.wave,
        is_counted: true,
    });
    let is_idle = under_way.progress.running == 0;
    let room =
        ReleaseRoom { may_start: under_way.start_limit(), took_room: !is_idle, is_idle, ..ReleaseRoom::default() };
    let admitted = budget::admit(waiting.collect(), [(1, spending)].into(), [(1, room)].into());
    let mut places: Vec<i64> = admitted.targets.into_iter().collect();
    places.sort_unstable();
    places
}
