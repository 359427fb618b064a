//! Processes as `/proc` shows them, and signals that reach only the process that was seen. All numbers are those of
//! `/proc`, which may be that of an outer namespace.

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::process::{Signal, pidfd_send_signal};
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A process at the moment when it was seen.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub id: i32,
    pub parent: i32,
    pub session: i32,
    /// When it started, in clock ticks since the boot of the system. With the id, it identifies the process.
    pub since: u64,
    /// It has ended, and its parent has not waited for it yet.
    pub ended: bool,
    /// The name of its program, at most 15 bytes, as the process itself says it.
    name: String,
}

impl Process {
    /// The process that asks.
    pub(super) fn own() -> io::Result<Process> {
        let link = fs::read_link("/proc/self")?;
        let id = link.to_str().and_then(|id| id.parse().ok());
        id.and_then(Process::of).ok_or_else(|| io::Error::other("/proc does not show this process"))
    }

    /// The process with this id, if there is one.
    pub(super) fn of(id: i32) -> Option<Process> {
        parse(id, &fs::read(format!("/proc/{id}/stat")).ok()?)
    }

    /// All processes.
    pub(super) fn all() -> io::Result<Vec<Process>> {
        let ids = fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        Ok(ids.filter_map(Process::of).collect())
    }

    /// Sends it a signal. Another process that has got its id since then gets nothing.
    pub(super) fn signal(&self, signal: Signal) -> rustix::io::Result<()> {
        // The directory is that of one process, also when its id is used again.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(format!("/proc/{}", self.id), flags, Mode::empty())?;
        let mut text = Vec::new();
        let mut stat = File::from(openat(&directory, "stat", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?);
        stat.read_to_end(&mut text).map_err(|_| Errno::SRCH)?;
        match parse(self.id, &text) {
            Some(seen) if seen.since == self.since => pidfd_send_signal(directory, signal),
            _ => Err(Errno::SRCH),
        }
    }

    /// Whether its environment, as it was when its program was started, has this variable with this value.
    pub(super) fn has_variable(&self, variable: &str) -> bool {
        let environment = fs::read(format!("/proc/{}/environ", self.id)).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|entry| entry == variable.as_bytes())
    }

    /// Its working directory, if this process may know it.
    pub(super) fn directory(&self) -> Option<PathBuf> {
        fs::read_link(format!("/proc/{}/cwd", self.id)).ok()
    }
}

/// How people are told of processes: `4711 (java), 4712 (sleep)`, the first ones by name.
pub(super) fn named(processes: &[Process]) -> String {
    const MAX_NAMED: usize = 5;
    let one = |process: &Process| format!("{} ({})", process.id, process.name);
    let named: Vec<String> = processes.iter().take(MAX_NAMED).map(one).collect();
    match processes.len().saturating_sub(MAX_NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// Asks all processes to end that have an argument with a path below this directory.
pub(in crate::executor) fn end_those_naming(directory: &Path) {
    let names = |argument: &[u8]| Path::new(OsStr::from_bytes(argument)).starts_with(directory);
    for process in Process::all().into_iter().flatten() {
        let arguments = fs::read(format!("/proc/{}/cmdline", process.id)).unwrap_or_default();
        if arguments.split(|byte| *byte == 0).any(names) {
            // It may have ended meanwhile.
            let _ = process.signal(Signal::TERM);
        }
    }
}

/// Returns those of all processes that are roots, or descend from one. Of `spared` ones and their descendants, none is
/// returned.
pub(super) fn descending(all: Vec<Process>, is_root: impl Fn(&Process) -> bool, spared: &HashSet<i32>) -> Vec<Process> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for process in &all {
        children.entry(process.parent).or_default().push(process.id);
    }
    let mut open: Vec<i32> =
        all.iter().filter(|process| !spared.contains(&process.id) && is_root(process)).map(|root| root.id).collect();
    let mut found: HashSet<i32> = open.iter().copied().collect();
    while let Some(parent) = open.pop() {
        for child in children.get(&parent).into_iter().flatten() {
            if !spared.contains(child) && found.insert(*child) {
                open.push(*child);
            }
        }
    }
    all.into_iter().filter(|process| found.contains(&process.id)).collect()
}

/// Whether a living process works in this directory, as far as this process may know.
pub(super) fn is_worked_in(directory: &Path) -> io::Result<bool> {
    Ok(Process::all()?.iter().any(|process| process.directory().is_some_and(|path| path.starts_with(directory))))
}

/// Identifies the boot of the system: after another boot, no process of before runs.
pub(super) fn boot() -> io::Result<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned())
}

/// Identifies the namespace whose processes this process sees.
pub(super) fn namespace() -> io::Result<String> {
    Ok(fs::read_link("/proc/self/ns/pid")?.display().to_string())
}

fn parse(id: i32, stat: &[u8]) -> Option<Process> {
    let text = String::from_utf8_lossy(stat);
    // The second field is the program's name in parentheses, which may hold anything.
    let (before, after) = text.rsplit_once(')')?;
    let name = before.split_once('(')?.1.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    let fields: Vec<&str> = after.split_whitespace().collect();
    let threads: i64 = fields.get(17)?.parse().ok()?;
    // A process whose first thread has ended runs on with the others.
    let ended = matches!(*fields.first()?, "Z" | "X") && threads <= 1;
    let parent = fields.get(1)?.parse().ok()?;
    let session = fields.get(3)?.parse().ok()?;
    Some(Process { id, parent, session, since: fields.get(19)?.parse().ok()?, ended, name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    fn process(id: i32, parent: i32) -> Process {
        Process { id, parent, session: 1, since: 0, ended: false, name: "x".into() }
    }

    #[test]
    fn a_name_may_hold_what_it_likes() {
        let stat = b"7 (a) R 1 (b\n) S 3 7 9 0 -1 4 1 0 0 0 0 0 0 0 20 0 2 0 4242 0 0\n";
        let seen = parse(7, stat).unwrap();
        assert_eq!((seen.parent, seen.session, seen.since, seen.ended), (3, 9, 4242, false));
        assert_eq!(named(&[seen]), "7 (a) R 1 (b )");
        let zombie = |threads| format!("7 (x) Z 3 7 9 0 -1 4 1 0 0 0 0 0 0 0 20 0 {threads} 0 4242 0 0");
        assert!(parse(7, zombie(1).as_bytes()).unwrap().ended);
        assert!(!parse(7, zombie(2).as_bytes()).unwrap().ended, "other threads of it run");
    }

    #[test]
    fn descendants_are_found_and_spared_branches_are_not() {
        let all = vec![process(1, 0), process(5, 1), process(6, 5), process(7, 6), process(8, 5), process(9, 8)];
        let ids = |found: Vec<Process>| found.into_iter().map(|process| process.id).collect::<Vec<_>>();
        let root = |process: &Process| process.id == 5;
        assert_eq!(ids(descending(all.clone(), root, &HashSet::new())), [5, 6, 7, 8, 9]);
        assert_eq!(ids(descending(all, root, &HashSet::from([8]))), [5, 6, 7]);
    }

    #[test]
    fn a_signal_reaches_only_the_process_that_was_seen() {
        let mut child = Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().unwrap();
        let own = Process::own().unwrap();
        let seen =
            Process::all().unwrap().into_iter().find(|process| process.parent == own.id && process.name == "sleep");
        let seen = seen.unwrap();
        let another = Process { since: seen.since + 1, ..seen.clone() };
        assert_eq!(another.signal(Signal::KILL), Err(Errno::SRCH));
        assert_eq!(child.try_wait().unwrap(), None);
        seen.signal(Signal::KILL).unwrap();
        assert!(!child.wait().unwrap().success());
        assert_eq!(seen.signal(Signal::KILL), Err(Errno::NOENT));
    }
}
