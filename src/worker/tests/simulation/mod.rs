//! A simulation of the engine on SQLite: callers, two workers, periodic jobs and faults take turns on one thread, in an
//! order that a seed decides. After each step every invariant is checked. In the end the faults stop, time passes, and
//! every release must end.
//!
//! No real time passes: time is virtual, and passes by moving what the rows say about it. Commands are not started; how they
//! end is decided by the seed. `LOCKKEEPER_SEED=7` replays one seed and prints each step, `LOCKKEEPER_SEEDS=1000` runs more
//! of them.

mod checks;
mod people;
mod time;
mod workers;
mod world;

use std::collections::BTreeMap;
use testkit::environment::number;
use world::World;

/// How many seeds there are, unless `LOCKKEEPER_SEEDS` says otherwise.
const SEEDS: u64 = 24;
/// How many steps there are before the faults stop.
const STEPS: usize = 160;
/// What must have happened after these seeds: kinds of steps, faults and events.
const EXPECTED: [&str; 19] = [
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
];

/// Runs one seed. Returns how often each thing happened.
async fn simulate(seed: u64, shows_steps: bool) -> BTreeMap<String, u64> {
    let mut world = World::new(seed, shows_steps).await;
    for _ in 0..STEPS {
        world.step().await;
        world.check().await;
    }
    world.come_to_rest().await;
    world.close().await
}

#[test]
fn i1_to_i8_and_budgets_hold_after_every_step_whatever_fails_and_every_release_ends() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Some(seed) = number("LOCKKEEPER_SEED") {
        runtime.block_on(simulate(seed, true));
        return;
    }
    let first = number("LOCKKEEPER_FIRST_SEED").unwrap_or_default();
    let seeds = number("LOCKKEEPER_SEEDS").unwrap_or(SEEDS);
    let mut happened: BTreeMap<String, u64> = BTreeMap::new();
    for seed in first..first + seeds {
        for (what, count) in runtime.block_on(simulate(seed, false)) {
            *happened.entry(what).or_default() += count;
        }
    }
    println!("{seeds} seeds: {happened:#?}");
    let missing: Vec<&str> = EXPECTED.into_iter().filter(|what| !happened.contains_key(*what)).collect();
    assert!(seeds < SEEDS || missing.is_empty(), "this never happened: {missing:?}");
}
