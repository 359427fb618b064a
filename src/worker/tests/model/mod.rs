//! Random steps of callers, workers and crashes, taken by the real thing on each database and by a model of the
//! rules. After each step both must have given the same answer and have the same rows. A sequence on which they part
//! is shortened, and printed. No time passes: whatever waits for time is a step.
//!
//! Workers and callers take turns here; the tests of races let them act at once.

mod accepting;
mod carrying;
mod chance;
mod following;
mod holding;
mod reach;
mod reference;
mod rolling;
mod rows;
mod steps;
mod system;

use crate::domain::release::{OnLocked, ReleaseAction};
use crate::domain::target::ReleaseTargetStatus;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use proptest_state_machine::ReferenceStateMachine;
use reference::{Answer, Model};
use std::sync::atomic::Ordering;
use steps::{Ask, HOSTS, Hosts, SERVICES, Step};
use system::System;

/// How many sequences there are for each database, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 8;
/// How many steps a sequence has.
const STEPS: std::ops::Range<usize> = 20..60;

impl ReferenceStateMachine for Model {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        Just(beginning().iter().fold(Model::default(), Model::after)).boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        chance::steps(model)
    }

    fn preconditions(model: &Model, step: &Step) -> bool {
        step.fits(model)
    }

    fn apply(model: Model, step: &Step) -> Model {
        model.after(step)
    }
}

/// Two workers, and the first two services installed on all hosts, at version 2.
fn beginning() -> Vec<Step> {
    let mut steps = vec![Step::Register, Step::Register];
    let starts: Vec<usize> = (0..2 * HOSTS.len()).collect();
    for (service, starts) in (1..SERVICES.len() as i64).zip(starts.chunks(HOSTS.len())) {
        steps.extend([
            Step::Ask(Ask {
                by: 0,
                action: ReleaseAction::Install,
                service,
                version: 2,
                current_version: None,
                hosts: Hosts::Named(HOSTS.to_vec()),
                on_locked: OnLocked::Skip,
                include_unknown: false,
                reapply: false,
                through: Vec::new(),
                max_parallel: Some(HOSTS.len() as i64),
                max_failures: None,
                on_failure: None,
                waves: None,
                key: None,
                dry_run: false,
            }),
            Step::Claim { worker: 1, room: HOSTS.len() as i64 },
            Step::Finish {
                worker: 1,
                ends: starts.iter().map(|start| (*start, ReleaseTargetStatus::Succeeded)).collect(),
            },
        ]);
    }
    steps
}

/// Takes the steps in both, and compares after each.
async fn follow(kind: &str, steps: &[Step], taken: impl Fn()) -> Result<(), TestCaseError> {
    let mut system = System::new(kind).await;
    let mut model = Model::default();
    for (number, step) in beginning().iter().chain(steps).enumerate() {
        if number >= beginning().len() {
            taken();
        }
        model = model.after(step);
        let answer = system.take(step).await.map_err(|error| TestCaseError::fail(format!("{step}: {error}")))?;
        prop_assert_eq!(
            in_order(answer),
            in_order(model.answer.clone()),
            "on {} it was not answered as it should be: {}",
            kind,
            step
        );
        let differences = system.rows().await.differences(&model.rows);
        prop_assert!(differences.is_empty(), "on {} after: {}\n{}", kind, step, differences);
    }
    prop_assert_eq!(system.findings().await, []);
    system.close().await;
    Ok(())
}

/// Problems come in any order, and so do the ids of each.
fn in_order(answer: Answer) -> Answer {
    match answer {
        Answer::Refused(mut problems, skipped) => {
            for (_, about) in &mut problems {
                about.sort();
            }
            problems.sort_by_key(|(code, about)| (code.to_string(), about.clone()));
            Answer::Refused(problems, skipped)
        }
        answer => answer,
    }
}

fn agree(kind: &str) {
    let mut config =
        ProptestConfig { max_shrink_time: 600_000, failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let agreed = TestRunner::new(config).run(&Model::sequential_strategy(STEPS), |(_, steps, taken)| {
        let count = || {
            if let Some(taken) = &taken {
                taken.fetch_add(1, Ordering::SeqCst);
            }
        };
        runtime().block_on(follow(kind, &steps, count))
    });
    if let Err(parted) = agreed {
        panic!("{parted}");
    }
}

#[test]
fn r1_to_r23_sqlite_does_what_the_model_says() {
    agree("sqlite");
}

#[test]
fn r1_to_r23_postgres_does_what_the_model_says() {
    agree("postgres");
}
