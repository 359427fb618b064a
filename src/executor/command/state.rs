//! What the commands of one machine leave in the state directory, so that a later worker can find out what became of
//! them: one lock file for each instance, with the highest fence that was seen, and three files for each start.

use super::processes::Session;
use crate::domain::order::Ended;
use crate::executor::StateDir;
use crate::executor::state_dir::try_lock;
use crate::private;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Space that is reserved for a result.
const RESULT_BYTES: usize = 256;

/// Names one start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    pub instance_id: i64,
    pub target_id: i64,
    pub fence: i64,
}

/// The files of one start.
#[derive(Clone, Debug)]
pub struct StartFiles {
    directory: PathBuf,
    start: Start,
}

/// The right to run commands for an instance, until it is dropped.
pub struct InstanceLock {
    file: File,
    fence: i64,
}

impl StartFiles {
    pub fn new(state: &StateDir, start: Start) -> StartFiles {
        StartFiles { directory: state.path().to_owned(), start }
    }

    /// Notes who is about to run the command, and reserves space for its result: a disk that is full when the command
    /// has ended then loses nothing.
    pub fn begin(&self, runner: &Session) -> io::Result<()> {
        let mut file = private::file().create(true).truncate(true).open(unfinished(&self.path("result")))?;
        file.write_all(&[b' '; RESULT_BYTES])?;
        file.sync_all()?;
        self.write(&self.path("start"), runner)
    }

    /// Returns who ran, or was about to run, the command, or `None` if it never came to that.
    pub fn begun(&self) -> io::Result<Option<Session>> {
        read(&self.path("start"))
    }

    /// Notes how the command ended.
    pub fn end(&self, ended: &Ended) -> io::Result<()> {
        self.write(&self.path("result"), ended)
    }

    /// Returns how the command ended, or `None` if that was not noted.
    pub fn ended(&self) -> io::Result<Option<Ended>> {
        read(&self.path("result"))
    }

    /// Where the command's output is.
    pub fn output(&self) -> PathBuf {
        self.path("output")
    }

    /// Removes the files, once the end of the start is in the database.
    pub fn forget(&self) {
        for kind in ["start", "output", "result", "result.new"] {
            // Not every start leaves every file.
            let _ = fs::remove_file(self.path(kind));
        }
    }

    fn path(&self, kind: &str) -> PathBuf {
        let Start { target_id, fence, .. } = self.start;
        self.directory.join(format!("target-{target_id}-{fence}.{kind}"))
    }

    /// Writes and renames, so that the file exists completely or not at all, also after a loss of power. Space that was
    /// reserved before is used; what remains of it is blank.
    fn write(&self, path: &Path, value: &impl Serialize) -> io::Result<()> {
        let new = unfinished(path);
        let mut file = private::file().create(true).truncate(false).open(&new)?;
        serde_json::to_writer(&mut file, value)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        File::open(&self.directory)?.sync_all()
    }
}

/// The name of a file until it is complete.
fn unfinished(path: &Path) -> PathBuf {
    path.with_added_extension("new")
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> io::Result<Option<T>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl InstanceLock {
    /// Locks an instance. Returns `None` while a runner or another worker holds the lock.
    pub fn try_take(state: &StateDir, instance_id: i64) -> io::Result<Option<InstanceLock>> {
        let path = state.path().join(format!("instance-{instance_id}"));
        let mut file = private::file().create(true).truncate(false).read(true).open(path)?;
        if !try_lock(&file)? {
            return Ok(None);
        }
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok(Some(InstanceLock { file, fence: text.trim().parse().unwrap_or(0) }))
    }

    /// Raises the fence to this one. Returns false if one as high was seen before: then nothing may be started (I3).
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i3_an_instance_accepts_only_a_fence_that_is_higher_than_all_before() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let lock = |instance_id| InstanceLock::try_take(&state, instance_id).unwrap();
        let mut held = lock(1).unwrap();
        assert!(held.raise(9).unwrap());
        assert!(lock(1).is_none(), "it is held");
        assert!(lock(2).is_some(), "another instance is free");
        drop(held);
        let mut held = lock(1).unwrap();
        assert!(!held.raise(8).unwrap());
        assert!(!held.raise(9).unwrap(), "a claim starts one command");
        assert!(held.raise(10).unwrap());
    }
}
