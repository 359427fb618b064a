//! The state directory: what the commands of one machine leave behind, so that a worker that comes later
//! knows what became of them. One lock file per instance with the newest fence that was seen, and three
//! files for each start, named by target and fence.

use crate::domain::order::Ended;
use crate::private;
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Room for a result, in bytes.
const RESULT: usize = 256;

/// A state directory, shared by the processes of one machine.
#[derive(Clone, Debug)]
pub struct StateDir {
    path: PathBuf,
    name: String,
}

/// Names one start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    pub instance_id: i64,
    pub target_id: i64,
    pub fence: i64,
}

/// Who ran a command: enough to find its processes again, and no others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Of the system's start; after another one nothing of before runs.
    boot: String,
    /// The runner, which leads the session of all its processes.
    session: i32,
    /// When the runner started, in the system's ticks.
    since: String,
}

/// The right to run commands for an instance, until it is dropped.
pub struct InstanceLock {
    file: File,
    fence: i64,
}

impl StateDir {
    /// Opens the directory, made if need be, readable by its owner only.
    pub fn open(path: &Path) -> io::Result<StateDir> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let path = path.canonicalize()?;
        // A name of its own tells it from one of the same path on another machine.
        let id = path.join("id");
        if !id.exists() {
            let own = path.join(format!("id-{:08x}", rand::random::<u32>()));
            write!(private::file().create_new(true).open(&own)?, "{:016x}", rand::random::<u64>())?;
            // Of two processes that make it at once, one wins.
            let _ = fs::hard_link(&own, &id);
            fs::remove_file(&own)?;
        }
        let name = format!("{}#{}", path.display(), fs::read_to_string(&id)?.trim());
        Ok(StateDir { path, name })
    }

    /// Its name, which no directory of another machine has.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Shows that this worker's process lives, for as long as the file is kept.
    pub fn show_alive(&self, worker_id: i64) -> io::Result<File> {
        let new = self.path.join(format!("worker-{worker_id}.new"));
        let file = private::file().create(true).truncate(true).open(&new)?;
        file.lock()?;
        // Whoever finds it under its name finds it locked.
        fs::rename(new, self.worker_file(worker_id))?;
        Ok(file)
    }

    /// Whether this worker's process has surely ended.
    pub fn is_gone(&self, worker_id: i64) -> io::Result<bool> {
        match File::open(self.worker_file(worker_id)) {
            Ok(file) => try_lock(&file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Forgets a worker that has ended.
    pub fn forget_worker(&self, worker_id: i64) {
        // Already gone is as good.
        let _ = fs::remove_file(self.worker_file(worker_id));
    }

    /// The lock of an instance; none while a runner has it.
    pub fn lock_instance(&self, instance_id: i64) -> io::Result<Option<InstanceLock>> {
        let path = self.path.join(format!("instance-{instance_id}"));
        let mut file = private::file().create(true).truncate(false).read(true).open(path)?;
        if !try_lock(&file)? {
            return Ok(None);
        }
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok(Some(InstanceLock { file, fence: text.trim().parse().unwrap_or(0) }))
    }

    /// Notes who is about to run a command, and takes the room for its result: a disk that is full when the command
    /// has ended then takes nothing away.
    pub fn begin(&self, start: Start, mark: &Mark) -> io::Result<()> {
        let mut file = private::file().create(true).truncate(true).open(new(&self.file(start, "result")))?;
        file.write_all(&[b' '; RESULT])?;
        file.sync_all()?;
        self.put(&self.file(start, "start"), mark)
    }

    /// Who ran, or was about to run, the command; none if it never came to that.
    pub fn begun(&self, start: Start) -> io::Result<Option<Mark>> {
        get(&self.file(start, "start"))
    }

    /// Notes how the command ended.
    pub fn end(&self, start: Start, ended: &Ended) -> io::Result<()> {
        self.put(&self.file(start, "result"), ended)
    }

    /// How the command ended, if that was noted.
    pub fn ended(&self, start: Start) -> io::Result<Option<Ended>> {
        get(&self.file(start, "result"))
    }

    /// Where the command's output is.
    pub fn output(&self, start: Start) -> PathBuf {
        self.file(start, "output")
    }

    /// Forgets a start whose end is in the database.
    pub fn forget(&self, start: Start) {
        for kind in ["start", "output", "result", "result.new"] {
            // Not every start leaves every file.
            let _ = fs::remove_file(self.file(start, kind));
        }
    }

    fn file(&self, start: Start, kind: &str) -> PathBuf {
        self.path.join(format!("target-{}-{}.{kind}", start.target_id, start.fence))
    }

    fn worker_file(&self, worker_id: i64) -> PathBuf {
        self.path.join(format!("worker-{worker_id}"))
    }

    /// Writes and renames, so that it is there in whole or not at all, also after a loss of power. Room that was taken
    /// before is used; what is left of it is blank.
    fn put(&self, path: &Path, value: &impl Serialize) -> io::Result<()> {
        let new = new(path);
        let mut file = private::file().create(true).truncate(false).open(&new)?;
        serde_json::to_writer(&mut file, value)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        File::open(&self.path)?.sync_all()
    }
}

/// What a file is called before it is whole.
fn new(path: &Path) -> PathBuf {
    path.with_added_extension("new")
}

fn get<T: for<'de> Deserialize<'de>>(path: &Path) -> io::Result<Option<T>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

impl InstanceLock {
    /// Raises the fence to this one. False if one as high was seen before: then nothing may be started (I3).
    pub fn raise(&mut self, fence: i64) -> io::Result<bool> {
        if fence <= self.fence {
            return Ok(false);
        }
        self.file.rewind()?;
        // Fences only rise, so a shorter text never leaves the end of a longer one.
        write!(self.file, "{fence}")?;
        self.file.sync_all()?;
        self.fence = fence;
        Ok(true)
    }
}

impl Mark {
    /// The mark of this process, which leads its session.
    pub fn own() -> io::Result<Mark> {
        let id = rustix::process::getpid().as_raw_nonzero().get();
        let since = stat(id).ok_or_else(|| io::Error::other("/proc does not show this process"))?.since;
        Ok(Mark { boot: boot()?, session: id, since })
    }

    /// Its processes that still run, the leader aside.
    pub fn members(&self) -> io::Result<Vec<Pid>> {
        let reused = stat(self.session).is_some_and(|leader| leader.since != self.since);
        if reused || boot()? != self.boot {
            return Ok(Vec::new());
        }
        let ids = fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
        let members = ids.filter(|id| {
            *id != self.session && stat(*id).is_some_and(|stat| stat.session == self.session && !stat.over)
        });
        Ok(members.filter_map(Pid::from_raw).collect())
    }

    /// Kills what still runs of it. True when nothing does.
    pub fn kill(&self) -> io::Result<bool> {
        let members = self.members()?;
        for member in &members {
            // It may have ended just now.
            let _ = kill_process(*member, Signal::KILL);
        }
        Ok(members.is_empty())
    }
}

/// How often to look whether something has ended.
pub const LOOK: Duration = Duration::from_millis(20);

fn boot() -> io::Result<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned())
}

struct Stat {
    /// Ended, and not yet waited for.
    over: bool,
    session: i32,
    since: String,
}

fn stat(id: i32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let over = matches!(*fields.first()?, "Z" | "X");
    Some(Stat { over, session: fields.get(3)?.parse().ok()?, since: (*fields.get(19)?).to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i3_an_instance_takes_only_a_fence_that_is_higher_than_all_before() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let mut lock = state.lock_instance(1).unwrap().unwrap();
        assert!(lock.raise(9).unwrap());
        assert!(state.lock_instance(1).unwrap().is_none(), "another has it");
        assert!(state.lock_instance(2).unwrap().is_some(), "another instance is free");
        drop(lock);
        let mut lock = state.lock_instance(1).unwrap().unwrap();
        assert!(!lock.raise(8).unwrap());
        assert!(!lock.raise(9).unwrap(), "a claim starts one command");
        assert!(lock.raise(10).unwrap());
    }

    #[test]
    fn a_state_directory_keeps_its_name() {
        let directory = tempfile::tempdir().unwrap();
        let open = |name: &str| StateDir::open(&directory.path().join(name)).unwrap();
        assert_eq!(open("a").name(), open("a").name());
        assert_ne!(open("a").name().split_once('#').unwrap().1, open("b").name().split_once('#').unwrap().1);
    }
}
