//! Chance comes everywhere: what it never reached would be compared by nobody.

use super::STEPS;
use super::reference::{Answer, Model};
use super::steps::Step;
use crate::domain::Word;
use crate::domain::event::{InstanceEventKind, ReleaseEventKind};
use crate::domain::instance::InstanceStatus;
use crate::domain::release::{PauseReason, ReleaseOrigin, ReleaseStatus, SkipReason};
use crate::domain::target::{ReleaseTargetStatus, TargetFailure};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use proptest_state_machine::ReferenceStateMachine;
use std::collections::BTreeMap;

const SEQUENCES: usize = 200;

/// What a step came to, in words.
fn reached(step: &Step, answer: &Answer) -> Vec<String> {
    match (step, answer) {
        (_, Answer::Refused(problems, skipped)) => {
            let codes = problems.iter().map(|(code, _)| code.to_string());
            codes.chain(skipped.iter().map(|skip| skip.reason.to_string())).collect()
        }
        (Step::Ask(_), Answer::Accepted(accepted)) if accepted.replayed => vec!["replayed".into()],
        (Step::Ask(ask), Answer::Accepted(_)) if ask.dry_run => vec!["dry run".into()],
        (Step::Follow(follow), Answer::Accepted(_)) => vec![format!("{:?} by hand", follow.what)],
        (Step::Finish { ends, .. }, Answer::Did(ended)) if ended.len() < ends.len() => vec!["too late".into()],
        (Step::Finish { .. }, Answer::Did(ended)) if ended.len() > 1 => vec!["several ends at once".into()],
        (Step::TakeOver { .. }, Answer::Did(taken)) if !taken.is_empty() => vec!["taken over".into()],
        (Step::Recover { .. }, Answer::Started(_)) => vec!["started again".into()],
        (Step::Beat { .. }, Answer::Alive(false)) => vec!["lease lost".into()],
        (Step::EndExpired, Answer::Did(swept)) if swept != &[0] => vec!["swept".into()],
        _ => Vec::new(),
    }
}

fn all<T: Word + PartialEq>(aside: &[T]) -> Vec<&'static str> {
    T::ALL.iter().filter(|(value, ..)| !aside.contains(value)).map(|(_, word, _)| *word).collect()
}

#[test]
fn chance_comes_to_everything_that_the_rules_tell() {
    let mut runner = TestRunner::deterministic();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..SEQUENCES {
        let (mut model, steps, _) = Model::sequential_strategy(STEPS).new_tree(&mut runner).unwrap().current();
        let mut found = Vec::new();
        for step in &steps {
            model = model.after(step);
            found.extend(reached(step, &model.answer));
        }
        let rows = model.rows;
        found.extend(rows.events.iter().map(|event| event.kind.clone()));
        found.extend(rows.events.iter().filter_map(|event| event.status.clone()));
        found.extend(rows.skips.iter().map(|skip| skip.reason.to_string()));
        found.extend(rows.targets.iter().map(|target| target.status.to_string()));
        found.extend(rows.targets.iter().filter_map(|target| target.failure).map(|failure| failure.to_string()));
        found.extend(rows.targets.iter().map(|target| format!("attempt {}", target.attempt)));
        found.extend(rows.releases.iter().filter_map(|release| release.pause).map(|reason| reason.to_string()));
        let undone = rows.releases.iter().filter(|release| release.origin == ReleaseOrigin::Undo);
        found
            .extend(undone.map(|undo| if undo.caller == "lockkeeper" { "undone by a limit" } else { "undone" }.into()));
        found.extend(rows.releases.iter().filter(|release| release.not_undone).map(|_| "nothing to undo".to_owned()));
        found.extend(rows.targets.iter().filter(|target| target.took_room).map(|_| "took room".to_owned()));
        found.extend(rows.targets.iter().map(|target| format!("wave {}", target.wave)));
        found.extend(rows.through.iter().map(|_| "through a hold".to_owned()));
        for word in found {
            *times.entry(word).or_default() += 1;
        }
    }
    let expected = [
        all::<ReleaseStatus>(&[]),
        all::<ReleaseTargetStatus>(&[]),
        all::<InstanceStatus>(&[]),
        all(&[SkipReason::VersionUnavailable]),
        all(&[PauseReason::Unreachable]),
        // The model has no command that is stopped by its own times, and no steps beside `run`.
        all(&[
            TargetFailure::TimedOut,
            TargetFailure::Idle,
            TargetFailure::NotStarted,
            TargetFailure::Unreachable,
            TargetFailure::HostKey,
            TargetFailure::Refused,
            TargetFailure::Prepare,
            TargetFailure::Drain,
            TargetFailure::Unhealthy,
        ]),
        all(&[
            InstanceEventKind::Edit,
            InstanceEventKind::Drifted,
            InstanceEventKind::DriftEnded,
            InstanceEventKind::Health,
        ]),
        all(&[ReleaseEventKind::TargetStep, ReleaseEventKind::Deadline, ReleaseEventKind::TargetUnhealthy]),
        vec!["INVALID", "NOT_FOUND", "OTHER_SERVICE", "VERSION_NOT_BUILT", "LOCKED", "FROZEN", "HOST_NOT_DEPLOYED"],
        vec!["HOST_ALREADY_DEPLOYED", "NOTHING_TO_RELEASE", "WRONG_STATE", "IDEMPOTENCY_KEY_REUSED"],
        vec!["replayed", "dry run", "too late", "several ends at once", "taken over", "started again", "attempt 3"],
        vec!["lease lost", "swept", "through a hold", "Undo by hand", "Retry by hand", "undone by a limit", "undone"],
        vec!["nothing to undo", "took room", "wave 1", "wave 2", "wave 3"],
    ];
    for word in expected.concat() {
        assert!(times.contains_key(word), "never in {SEQUENCES} sequences: {word}; but {times:?}");
    }
}
