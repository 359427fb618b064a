//! The family of a start: every process that descends from it, in whatever session or process group it is.
//!
//! While its runner lives, the family is what descends from the runner, which is the *subreaper* of its descendants: a
//! process whose parent has ended becomes a child of the runner. After the runner has died, the family is found by its
//! control group, where one could be made; by the session that the runner led; and by the word of the start, which is in
//! the environment of its processes. A process that left the session and lost the environment is then not found.

use super::cgroup;
use super::proc::{self, Process, descending, named};
use crate::domain::order::Stopping;
use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

/// The variable that has the word of a start.
pub const START_VARIABLE: &str = "LOCKKEEPER_START";
/// How long processes that were killed may take to end.
pub(super) const KILL_TIMEOUT: Duration = Duration::from_secs(5);
/// How often to look whether a process has ended.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Makes a word for a start: 128 random bits.
pub fn new_word() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// Identifies the family of one start: enough to find its processes, and no others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// The word of the start.
    word: String,
    boot: String,
    namespace: String,
    /// The process id of the runner, which leads the session of the command.
    leader: i32,
    /// When the runner started, in clock ticks of the system.
    since: u64,
    cgroup: Option<PathBuf>,
}

impl Family {
    /// The family of which this process, which leads its session, will be the runner. `cgroup` is the control group that
    /// it is in with nothing else, if there is one.
    pub(super) fn found(word: &str, cgroup: Option<PathBuf>) -> io::Result<Family> {
        let Process { id: leader, since, .. } = Process::own()?;
        let (boot, namespace) = (proc::boot()?, proc::namespace()?);
        Ok(Family { word: word.to_owned(), boot, namespace, leader, since, cgroup })
    }

    pub(super) fn word(&self) -> &str {
        &self.word
    }

    /// Its processes that still run, without the runner. It spares this process, those that it descends from and those
    /// that it started: a command may have started lockkeeper itself.
    pub(super) fn members(&self) -> io::Result<Vec<Process>> {
        if proc::boot()? != self.boot {
            return Ok(Vec::new());
        }
        let in_group: HashSet<i32> = match &self.cgroup {
            Some(group) => cgroup::members(group)?.into_iter().collect(),
            None => HashSet::new(),
        };
        let all = Process::all()?;
        let runner = all.iter().find(|process| process.id == self.leader);
        // As long as a session has members, no other process gets the id of its leader.
        let is_reused = runner.is_some_and(|process| process.since != self.since);
        let has_session = !is_reused && proc::namespace()? == self.namespace;
        let variable = format!("{START_VARIABLE}={}", self.word);
        let mut spared = own(&all)?;
        if !is_reused {
            spared.insert(self.leader);
        }
        let is_root = |process: &Process| {
            in_group.contains(&process.id)
                || has_session && process.session == self.leader && process.since >= self.since
                || process.has_variable(&variable)
        };
        let mut members = descending(all, is_root, &spared);
        members.retain(|process| !process.ended);
        Ok(members)
    }

    /// Ends the family after its runner has died: asks every member to end, and kills those that are left after `grace`.
    /// Returns how that went, or `None` if nothing ran any more.
    ///
    /// # Errors
    /// Names the members that could not be ended.
    pub(super) fn end(&self, grace: Duration) -> io::Result<Result<Option<Stopping>, String>> {
        let members = self.members()?;
        if members.is_empty() {
            self.remove_group();
            return Ok(Ok(None));
        }
        ask_to_end(&members);
        let began = Instant::now();
        while began.elapsed() < grace {
            thread::sleep(POLL_INTERVAL);
            if self.members()?.is_empty() {
                self.remove_group();
                return Ok(Ok(Some(Stopping::InTime)));
            }
        }
        let after = began.elapsed();
        loop {
            let left = self.members()?;
            if left.is_empty() {
                self.remove_group();
                return Ok(Ok(Some(Stopping::Killed { after })));
            }
            if began.elapsed() > after + KILL_TIMEOUT {
                return Ok(Err(named(&left)));
            }
            kill(&left);
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// Removes the control group, if nothing is in it.
    pub(super) fn remove_group(&self) {
        if let Some(group) = &self.cgroup {
            cgroup::remove(group);
        }
    }
}

/// What descends from this process, the runner, and has not ended.
pub(super) fn descendants() -> io::Result<Vec<Process>> {
    let own = Process::own()?.id;
    let mut found = descending(Process::all()?, |process| process.parent == own, &HashSet::new());
    found.retain(|process| !process.ended);
    Ok(found)
}

/// Asks processes to end.
pub(super) fn ask_to_end(members: &[Process]) {
    for member in members {
        // It may have ended just now. One that is stopped hears nothing before it continues.
        let _ = member.signal(Signal::TERM).and_then(|()| member.signal(Signal::CONT));
    }
}

/// Kills processes.
pub(super) fn kill(members: &[Process]) {
    for member in members {
        // It may have ended just now, or belong to another user: those that are left are looked for again.
        let _ = member.signal(Signal::KILL);
    }
}

/// This process, those that it descends from, and those that descend from it.
fn own(all: &[Process]) -> io::Result<HashSet<i32>> {
    let this = Process::own()?.id;
    let below = descending(all.to_vec(), |process| process.id == this, &HashSet::new());
    let mut found: HashSet<i32> = below.iter().map(|process| process.id).collect();
    let parent = |id: i32| all.iter().find(|process| process.id == id).map(|process| process.parent);
    let mut next = parent(this);
    while let Some(above) = next.filter(|above| found.insert(*above)) {
        next = parent(above);
    }
    Ok(found)
}
