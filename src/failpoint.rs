//! Places at which a test has the process end as by `kill -9`: at exactly that place, which a random kill hardly ever
//! hits. Only builds for tests have them. `FAILPOINTS` arms one, in the form of the crate `fail`: `NAME=return`,
//! `NAME=3*off->return` at the fourth time, `NAME=10%return` by chance.

/// All of them, by the path of their module and what is before or after them.
pub const ALL: [&str; 31] = [
    "release::accept::before_commit",
    "release::accept::after_commit",
    "release::cancel::before_commit",
    "release::cancel::after_commit",
    "release::follow_up::automatic::after_undo",
    "worker::claim::before_commit",
    "worker::claim::after_commit",
    "worker::advance::before_commit",
    "worker::advance::after_commit",
    "worker::carry::before_collect",
    "worker::carry::before_end",
    "worker::finish::before_commit",
    "worker::finish::after_commit",
    "worker::output::before_commit",
    "worker::output::after_commit",
    "worker::lease::before_beat",
    "worker::lease::after_beat",
    "worker::lease::before_end",
    "worker::lease::after_end",
    "worker::recover::before_take_over",
    "worker::recover::after_take_over",
    "worker::recover::before_again",
    "worker::recover::after_again",
    "executor::command::start::before_runner",
    "executor::command::start::after_runner",
    "executor::command::runner::before_fence",
    "executor::command::runner::before_begin",
    "executor::command::runner::before_spawn",
    "executor::command::runner::after_spawn",
    "executor::command::runner::before_result",
    "executor::command::runner::after_result",
];

/// Those that only executors over ssh come by.
pub const OVER_SSH: [&str; 3] =
    ["executor::ssh::attend::before_call", "executor::ssh::attend::after_call", "executor::ssh::attend::before_end"];

/// Those that only workers come by which check the health of what a release moved.
pub const IN_SOAKS: [&str; 3] =
    ["worker::soak::before_record", "worker::soak::record::before_commit", "worker::soak::record::after_commit"];

/// Arms what the environment names, for the life of this process.
pub fn arm() {
    if fail::has_failpoints() {
        std::mem::forget(fail::FailScenario::setup());
    }
}

/// A place of this name: here the process ends if a test wants it to.
#[inline]
pub fn at(name: &'static str) {
    // Without failpoints, the name is not used.
    let _ = name;
    fail::fail_point!(name, |_| end(name));
}

/// Ends this process as a crash would: nothing is flushed, nothing is dropped.
#[allow(dead_code, reason = "where there are no failpoints, nothing ends at one")]
fn end(name: &str) {
    eprintln!("killed at {name}");
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    // The signal is on its way.
    std::thread::park();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// The names in the code, and the files in which they are.
    fn places() -> Vec<(String, PathBuf)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let (mut found, mut folders) = (Vec::new(), vec![root.clone()]);
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = fs::read_to_string(&path).unwrap();
                let file = path.strip_prefix(&root).unwrap();
                let names = text.split("failpoint::at(\"").skip(1).filter_map(|rest| rest.split('"').next());
                found.extend(names.map(|name| (name.to_owned(), file.to_owned())));
            }
        }
        found.retain(|(_, file)| file != Path::new("failpoint.rs"));
        found
    }

    #[test]
    fn each_failpoint_stands_at_one_place_of_the_module_that_it_names() {
        let places = places();
        for (name, file) in &places {
            let module = file.with_extension("").display().to_string().replace('/', "::");
            let module = module.trim_end_matches("::mod");
            assert!(name.starts_with(&format!("{module}::")), "{name} in {}", file.display());
        }
        let mut names: Vec<&str> = places.iter().map(|(name, _)| name.as_str()).collect();
        let mut all = [&ALL[..], &OVER_SSH, &IN_SOAKS].concat();
        names.sort_unstable();
        all.sort_unstable();
        assert_eq!(names, all);
    }
}
