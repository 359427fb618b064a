//! Places at which a test has the process end as by `kill -9`: at exactly that place, which a random kill hardly ever
//! hits. Only builds for tests have them. `FAILPOINTS` arms one, in the form of the crate `fail`: `NAME=return`,
//! `NAME=3*off->return` at the fourth time, `NAME=10%return` by chance.

/// All of them, by the path of their module and what is before or after them.
pub const ALL: [&str; 28] = [
    "release::accept::before_commit",
    "release::accept::after_commit",
    "release::cancel::before_commit",
    "release::cancel::after_commit",
    "release::claim::before_commit",
    "release::claim::after_commit",
    "release::carry::before_collect",
    "release::carry::before_end",
    "release::finish::before_commit",
    "release::finish::after_commit",
    "release::output::before_commit",
    "release::output::after_commit",
    "release::lease::before_beat",
    "release::lease::after_beat",
    "release::lease::before_end",
    "release::lease::after_end",
    "release::recover::before_take_over",
    "release::recover::after_take_over",
    "release::recover::before_again",
    "release::recover::after_again",
    "executor::command::before_runner",
    "executor::command::after_runner",
    "executor::runner::before_fence",
    "executor::runner::before_begin",
    "executor::runner::before_spawn",
    "executor::runner::after_spawn",
    "executor::runner::before_result",
    "executor::runner::after_result",
];

/// Arms what the environment names, for the life of this process.
pub fn arm() {
    if fail::has_failpoints() {
        std::mem::forget(fail::FailScenario::setup());
    }
}

/// A place of this name: here the process ends if a test wants it to.
#[inline]
pub fn at(name: &'static str) {
    // Where there are no failpoints, nobody asks for the name.
    let _ = name;
    fail::fail_point!(name, |_| end(name));
}

/// Ends this process as a crash would: nothing is flushed, nothing is dropped.
fn end(name: &str) {
    eprintln!("killed at {name}");
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    // The signal is on its way.
    std::thread::park();
}
