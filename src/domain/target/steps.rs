//! How a target goes through its steps: what the end of each means, and what follows (R13). The step `run`, which is the
//! only one that must not be repeated, has its own judgment in `verdict`.

use super::end::step_status;
use super::verdict::{with_last_lines, with_stopping};
use super::{End, Leaves, ReleaseTargetStatus, TargetFailure, Undrain};
use crate::domain::order::{Ended, StopReason, Stopping};
use crate::domain::{StepName, StepStatus};

/// A step of a target as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetStep {
    pub name: StepName,
    pub status: StepStatus,
    pub failure: Option<TargetFailure>,
    pub message: Option<String>,
    pub exit_status: Option<i64>,
}

/// What follows the end of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// This step is next. The one before ended like this.
    Begin(StepName, TargetStep),
    /// The target ends.
    End(End),
}

/// Returns what follows a step of a target that ended like this. `steps` are all its steps in their order;
/// `drained_here` says whether this target took its instance, which was in service before, out of service.
///
/// The step `undrain` follows if `run` and, where there is one, `health` succeeded, and also if `run` never began and the
/// target itself had drained the instance. Otherwise the instance stays out of service.
pub fn follow(steps: &[TargetStep], drained_here: bool, step: StepName, end: End) -> Next {
    if step == StepName::Undrain {
        let undrain = match end.status {
            ReleaseTargetStatus::Succeeded => Undrain::Succeeded,
            _ => Undrain::Failed(end.message.unwrap_or_default()),
        };
        return Next::End(before_undrain(steps).after_undrain(undrain));
    }
    let next = match end.status {
        ReleaseTargetStatus::Succeeded => steps.iter().map(|step| step.name).find(|next| *next > step),
        ReleaseTargetStatus::Failed if drained_here && end.leaves == Leaves::AsBefore => {
            steps.iter().map(|step| step.name).find(|next| *next == StepName::Undrain)
        }
        _ => None,
    };
    match next {
        Some(next) => Next::Begin(next, recorded(step, end)),
        // What the step before it, `run`, exited with is the result of the target.
        None if step == StepName::Health && end.status == ReleaseTargetStatus::Succeeded => {
            Next::End(before_undrain(steps))
        }
        None => Next::End(end),
    }
}

fn recorded(name: StepName, end: End) -> TargetStep {
    let End { status, failure, message, exit_status, .. } = end;
    TargetStep { name, status: step_status(status), failure, message, exit_status }
}

/// How a target ends whose last step says nothing about that, by what is recorded of the steps before.
fn before_undrain(steps: &[TargetStep]) -> End {
    let failed = steps.iter().find(|step| step.status == StepStatus::Failed);
    // `undrain` follows a failure only where `run` never began.
    if let Some(TargetStep { failure: Some(failure), message, exit_status, .. }) = failed {
        let end = End::failed(*failure, message.clone().unwrap_or_default()).before_run();
        return End { exit_status: *exit_status, ..end };
    }
    let run = steps.iter().find(|step| step.name == StepName::Run);
    End { exit_status: run.and_then(|run| run.exit_status), ..End::succeeded() }
}

/// Judges how a step other than `run` ended. `stopped` is why it was to be stopped, if it was. Returns `None` if it was
/// interrupted: then it is repeated, which every step but `run` must bear.
pub fn judge_step(step: StepName, ended: Ended, stopped: Option<StopReason>) -> Option<End> {
    let label = step.label();
    let failed = |why: String| match step {
        StepName::Connect => End::failed(TargetFailure::NotStarted, why),
        StepName::Prepare => End::failed(TargetFailure::Prepare, why),
        StepName::Drain => End::failed(TargetFailure::Drain, why),
        StepName::Health => End::failed(TargetFailure::Unhealthy, why),
        // What failed is decided by the steps before it.
        StepName::Run | StepName::Undrain => End { failure: None, ..End::failed(TargetFailure::Stopped, why) },
    };
    let ended_by = |reason: StopReason, stopping: Option<Stopping>, last_lines: &str| match reason {
        StopReason::Canceled => canceled(step),
        // Only `run` has an idle timeout.
        StopReason::TimedOut | StopReason::Idle | StopReason::Lost => {
            let sentence = format!("Step {label} took longer than its timeout and was stopped.");
            failed(with_last_lines(with_stopping(&sentence, stopping), last_lines))
        }
    };
    Some(match (ended, stopped) {
        (Ended::Succeeded | Ended::Connected(_) | Ended::Exited { status: Some(0), .. }, _) => End::succeeded(),
        (Ended::NotConnected { failure, why }, _) if step < StepName::Run => End::failed(failure.into(), why),
        (Ended::Unknown(why), _) => End::unknown(why),
        (Ended::Exited { status: Some(status), last_lines, .. }, _) => {
            let sentence = format!("Step {label} failed: its command ended with exit status {status}.");
            failed(with_last_lines(sentence, &last_lines)).with_exit_status(status)
        }
        (Ended::Exited { signal, last_lines, .. }, _) => {
            let signal = signal.map_or_else(|| "a signal".to_owned(), |signal| format!("signal {signal}"));
            let sentence = format!("Step {label} failed: its command was ended by {signal}.");
            failed(with_last_lines(sentence, &last_lines))
        }
        (Ended::Stopped { reason: StopReason::Lost, .. } | Ended::GoesOn, _)
        | (Ended::ResultUnknown { .. } | Ended::NeverStarted, Some(StopReason::Lost) | None) => return None,
        (Ended::Stopped { reason, stopping, last_lines }, _) => ended_by(reason, Some(stopping), &last_lines),
        (Ended::ResultUnknown { stopping }, Some(reason)) => ended_by(reason, stopping, ""),
        (Ended::NeverStarted, Some(reason)) => ended_by(reason, None, ""),
        (Ended::StartFailed(_), Some(StopReason::Canceled)) => canceled(step),
        (Ended::Failed(why) | Ended::StartFailed(why) | Ended::NotConnected { why, .. }, _) => {
            failed(format!("Step {label} failed: {why}"))
        }
        (Ended::MayStillRun { processes }, _) => {
            let which = if processes.is_empty() { "its end was not observed".to_owned() } else { processes };
            End::unknown(format!(
                "The command of step {label} may still be running: {which}. Check the host, then confirm the instance."
            ))
        }
    })
}

/// The end of a target whose release was canceled during this step.
pub fn canceled(step: StepName) -> End {
    let end = End::failed(
        TargetFailure::Stopped,
        format!("Step {} was stopped because the release was canceled.", step.label()),
    );
    if step < StepName::Run { end.before_run() } else { end }
}

/// Whether a step is stopped for this reason. Putting an instance back into service is not stopped by a cancellation: the
/// instance would stay out of service.
pub fn stops(reason: StopReason, step: StepName) -> bool {
    step != StepName::Undrain || reason == StopReason::Lost
}

#[cfg(test)]
mod tests {
    use super::*;
    use StepName::{Drain, Health, Prepare, Run, Undrain as PutBack};

    const ALL: [StepName; 5] = [Prepare, Drain, Run, Health, PutBack];

    fn steps(names: &[StepName]) -> Vec<TargetStep> {
        let waiting = |name: &StepName| TargetStep {
            name: *name,
            status: StepStatus::Waiting,
            failure: None,
            message: None,
            exit_status: None,
        };
        names.iter().map(waiting).collect()
    }

    /// Goes through the steps, each of which succeeds unless it is the one that fails like this.
    fn walk(names: &[StepName], drained_before: bool, failing: Option<(StepName, End)>) -> (Vec<StepName>, End) {
        let mut steps = steps(names);
        let (mut step, mut gone) = (names[0], vec![names[0]]);
        loop {
            let end = match &failing {
                Some((failing, end)) if *failing == step => end.clone(),
                _ if step == Run => End::succeeded().with_exit_status(0),
                _ => End::succeeded(),
            };
            let drained_here = gone.contains(&Drain) && !drained_before;
            match follow(&steps, drained_here, step, end) {
                Next::Begin(next, done) => {
                    let place = steps.iter().position(|step| step.name == done.name).unwrap();
                    steps[place] = done;
                    gone.push(next);
                    step = next;
                }
                Next::End(end) => return (gone, end),
            }
        }
    }

    fn failed(step: StepName) -> End {
        judge_step(step, Ended::exited(3), None).unwrap()
    }

    #[test]
    fn r13_steps_follow_each_other_and_the_result_of_run_is_that_of_the_target() {
        let (gone, end) = walk(&ALL, false, None);
        assert_eq!(gone, ALL);
        assert_eq!(end, End::succeeded().with_exit_status(0).after_undrain(Undrain::Succeeded));
        assert_eq!(walk(&[Run, Health], false, None).1, End::succeeded().with_exit_status(0));
        assert_eq!(walk(&[Run], false, None).1, End::succeeded().with_exit_status(0));
    }

    #[test]
    fn r13_a_failure_before_run_leaves_the_instance_as_before_and_in_service() {
        let (gone, end) = walk(&ALL, false, Some((Prepare, failed(Prepare))));
        assert_eq!((gone, end.failure, end.leaves), (vec![Prepare], Some(TargetFailure::Prepare), Leaves::AsBefore));
        assert_eq!((end.undrain, end.exit_status), (None, Some(3)), "it was never taken out of service");
        let (gone, end) = walk(&ALL, false, Some((Drain, failed(Drain))));
        assert_eq!(gone, [Prepare, Drain, PutBack]);
        assert_eq!((end.failure, end.leaves), (Some(TargetFailure::Drain), Leaves::AsBefore));
        assert_eq!((end.undrain, end.exit_status), (Some(Undrain::Succeeded), Some(3)));
        let not_started = End::failed(TargetFailure::NotStarted, "no such file");
        let (gone, end) = walk(&ALL, false, Some((Run, not_started.clone())));
        assert_eq!(gone, [Prepare, Drain, Run, PutBack]);
        assert_eq!(end, not_started.after_undrain(Undrain::Succeeded));
        let (gone, end) = walk(&ALL, false, Some((Drain, canceled(Drain))));
        assert_eq!(gone, [Prepare, Drain, PutBack]);
        assert_eq!((end.failure, end.leaves), (Some(TargetFailure::Stopped), Leaves::AsBefore));
    }

    #[test]
    fn an_instance_that_was_out_of_service_before_is_put_back_only_by_success() {
        let (gone, end) = walk(&ALL, true, Some((Drain, failed(Drain))));
        assert_eq!((gone, end.undrain), (vec![Prepare, Drain], None));
        assert_eq!(walk(&ALL, true, None).1.undrain, Some(Undrain::Succeeded));
    }

    #[test]
    fn a_failure_from_run_on_leaves_the_instance_failed_and_out_of_service() {
        for (step, end) in [
            (Run, End::failed(TargetFailure::Command, "no")),
            (Run, End::unknown("no")),
            (Health, failed(Health)),
            (Health, canceled(Health)),
            (Drain, End::unknown("it may still run")),
        ] {
            let (gone, ended) = walk(&ALL, false, Some((step, end.clone())));
            assert_eq!((gone.last(), &ended), (Some(&step), &end));
            assert_eq!((ended.leaves, ended.undrain), (Leaves::Failed, None), "{step}");
        }
        assert_eq!(failed(Health).failure, Some(TargetFailure::Unhealthy));
    }

    #[test]
    fn an_undrain_that_fails_leaves_the_target_succeeded() {
        let (_, end) = walk(&ALL, false, Some((PutBack, failed(PutBack))));
        assert_eq!((end.status, end.exit_status), (ReleaseTargetStatus::Succeeded, Some(0)));
        let why = "Step undrain failed: its command ended with exit status 3.";
        assert_eq!(end.undrain, Some(Undrain::Failed(why.into())));
        assert_eq!(end.last_step(), (StepStatus::Failed, Some(why)));
    }

    #[test]
    fn a_step_that_was_interrupted_is_repeated_unless_it_was_stopped() {
        use StopReason::{Canceled, Lost, TimedOut};
        let stopped = |reason| Ended::Stopped { reason, stopping: Stopping::InTime, last_lines: String::new() };
        for step in [Prepare, Drain, Health, PutBack] {
            assert_eq!(judge_step(step, Ended::ResultUnknown { stopping: None }, None), None);
            assert_eq!(judge_step(step, Ended::NeverStarted, Some(Lost)), None);
            assert_eq!(judge_step(step, stopped(Lost), None), None);
            let end = judge_step(step, stopped(TimedOut), Some(TimedOut)).unwrap();
            assert_eq!(end.status, ReleaseTargetStatus::Failed);
            assert_eq!(judge_step(step, stopped(Canceled), Some(Canceled)), Some(canceled(step)));
            let unknown = judge_step(step, Ended::MayStillRun { processes: String::new() }, None).unwrap();
            assert_eq!(unknown.status, ReleaseTargetStatus::Unknown);
        }
    }
}
