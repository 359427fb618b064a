//! A simulation of the engine on SQLite: callers, two workers, periodic jobs and faults take turns on one thread, in an
//! order that a seed decides. After each step every invariant is checked. In the end the faults stop, time passes, and
//! every release must end.
//!
//! No real time passes: time is virtual, and passes by moving what the rows say about it. Commands are not started; how they
//! end is decided by the seed. `LOCKKEEPER_SEED=7` replays one seed and prints each step, `LOCKKEEPER_SEEDS=1000000` runs more
//! of them, and `LOCKKEEPER_STEPS=160` makes all of them longer.

mod checks;
mod locks;
mod people;
mod seeds;
mod template;
mod time;
mod workers;
mod world;

use seeds::Happened;
use template::Template;
use testkit::environment::number;
use world::World;

/// How many seeds there are, unless `LOCKKEEPER_SEEDS` says otherwise.
const SEEDS: u64 = 2_000;
/// How many steps most seeds have before the faults stop, unless `LOCKKEEPER_STEPS` says otherwise.
const STEPS: usize = 20;
/// How many steps a long seed has.
const LONG_STEPS: usize = 160;
/// One seed in so many is a long one.
const LONG_EVERY: u64 = 50;
/// What must have happened after these seeds: kinds of steps, faults and events.
const EXPECTED: [&str; 26] = [
    "claimed",
    "answer lost",
    "worker lost",
    "worker stalled",
    "taken over",
    "renewed at the last moment",
    "refused the end of a lost worker",
    "restarted",
    "clock stepped",
    "event ACCEPTED",
    "event PAUSED",
    "event RESUMED",
    "event STOPPED",
    "event TARGET_UNHEALTHY",
    "event HEALTH",
    "event FINISHED",
    "event CANCEL_REQUESTED",
    "undo",
    "automatic undo",
    "installation",
    "uninstallation",
    "refused by a freeze",
    "event FROZEN",
    "event HOLD",
    "event VERSION_WITHDRAWN",
    "limited by a label",
];

/// How many steps a seed has before its faults stop: few, since what goes wrong mostly does soon, and more seeds find more
/// than longer ones.
fn steps(seed: u64) -> usize {
    let default = if seed.is_multiple_of(LONG_EVERY) { LONG_STEPS } else { STEPS };
    number("LOCKKEEPER_STEPS").unwrap_or(default)
}

/// Runs one seed. Returns how often each thing happened, and the steps.
async fn simulate(template: &Template, seed: u64, shows_steps: bool) -> (Happened, Vec<String>) {
    let mut world = World::new(template, seed, shows_steps).await;
    // Otherwise many steps of a short seed would find nothing to do.
    world.ask().await;
    for _ in 0..steps(seed) {
        world.step().await;
        world.check().await;
    }
    world.come_to_rest().await;
    world.close().await
}

#[test]
fn i1_to_i8_and_budgets_hold_after_every_step_whatever_fails_and_every_release_ends() {
    if let Some(seed) = number("LOCKKEEPER_SEED") {
        return seeds::replay(seed);
    }
    let first = number("LOCKKEEPER_FIRST_SEED").unwrap_or_default();
    let seeds = number("LOCKKEEPER_SEEDS").unwrap_or(SEEDS);
    let happened = seeds::run(first..first + seeds);
    println!("{happened:#?}");
    let missing: Vec<&str> = EXPECTED.into_iter().filter(|what| !happened.contains_key(*what)).collect();
    assert!(seeds < SEEDS || missing.is_empty(), "this never happened: {missing:?}");
}
