//! What the commands of one machine leave in the state directory, so that a later worker can find out what became of
//! them: one lock file for each instance, with the newest start that was seen, and three files for each start.

use super::processes::Session;
use crate::domain::order::Ended;
use crate::domain::{Step, Word, as_word};
use crate::executor::StateDir;
use crate::executor::state_dir::try_lock;
use crate::private;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Space that is reserved for a result.
const RESULT_BYTES: usize = 256;
/// The length of a lock file: enough for any fence and step, so that each write replaces all of it.
const LOCK_BYTES: usize = 40;

/// Names one step of one start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    pub instance_id: i64,
    pub target_id: i64,
    #[serde(with = "as_word")]
    pub step: Step,
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
    /// The fence and the step of the newest start that was seen.
    newest: Option<(i64, Step)>,
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
        let Start { target_id, step, fence, .. } = self.start;
        self.directory.join(format!("target-{target_id}-{}-{fence}.{kind}", step.word().to_ascii_lowercase()))
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
        let mut file = private::file().create(true).truncate(false).read(true).open(&path)?;
        if !try_lock(&file)? {
            return Ok(None);
        }
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let newest = match text.trim() {
            "" => None,
            text => Some(newest(text).ok_or_else(|| {
                let message = format!("{} was not written by this version of lockkeeper", path.display());
                io::Error::new(io::ErrorKind::InvalidData, message)
            })?),
        };
        Ok(Some(InstanceLock { file, newest }))
    }

    /// Notes that a step of a start is the newest one. Returns false if it, or a newer one, was noted before: then
    /// nothing may be started (I3).
    pub fn raise(&mut self, start: Start) -> io::Result<bool> {
        let this = Some((start.fence, start.step));
        if this <= self.newest {
            return Ok(false);
        }
        self.file.rewind()?;
        write!(self.file, "{:<LOCK_BYTES$}", format!("{} {}", start.fence, start.step.word()))?;
        self.file.sync_all()?;
        self.newest = this;
        Ok(true)
    }
}

/// Reads the text of a lock file.
fn newest(text: &str) -> Option<(i64, Step)> {
    let (fence, step) = text.split_once(' ')?;
    Some((fence.parse().ok()?, Step::from_word(step)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(fence: i64, step: Step) -> Start {
        Start { instance_id: 1, target_id: 1, step, fence }
    }

    #[test]
    fn i3_an_instance_accepts_only_a_start_that_is_newer_than_all_before() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let lock = |instance_id| InstanceLock::try_take(&state, instance_id).unwrap();
        let mut held = lock(1).unwrap();
        assert!(held.raise(start(9, Step::Run)).unwrap());
        assert!(lock(1).is_none(), "it is held");
        assert!(lock(2).is_some(), "another instance is free");
        drop(held);
        for (fence, step, accepted) in [
            (8, Step::Undrain, false),
            (9, Step::Drain, false),
            // A claim starts each step once.
            (9, Step::Run, false),
            (9, Step::Undrain, true),
            (10, Step::Run, true),
            (9, Step::Undrain, false),
        ] {
            assert_eq!(lock(1).unwrap().raise(start(fence, step)).unwrap(), accepted, "{fence} {step}");
        }
    }

    #[test]
    fn the_files_of_a_start_are_found_by_its_step_and_those_of_others_are_not_misread() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let files = |step| StartFiles::new(&state, start(7, step));
        let ended = Ended::Exited { status: Some(0), signal: None };
        files(Step::Run).end(&ended).unwrap();
        assert_eq!(files(Step::Run).ended().unwrap(), Some(ended));
        assert_eq!(files(Step::Health).ended().unwrap(), None);
        assert!(directory.path().join("target-1-run-7.result").exists());
        for foreign in ["7", "7 DANCE", "run 7", "7 RUN 8"] {
            fs::write(directory.path().join("instance-3"), foreign).unwrap();
            let error = InstanceLock::try_take(&state, 3).err().unwrap().to_string();
            assert!(error.contains("instance-3 was not written by this version"), "{error}");
        }
        fs::write(directory.path().join("target-1-health-7.result"), "0 ok").unwrap();
        assert!(files(Step::Health).ended().is_err());
    }
}
