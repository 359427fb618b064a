//! What the commands of one machine leave in the state directory, so that a later worker can find out what became of
//! them: one lock file for each instance, with the newest start that was seen, and three files and a working directory for
//! each start.

use super::family::Family;
use super::proc;
use crate::domain::order::Ended;
use crate::domain::{StepName, Word, as_word};
use crate::executor::StateDir;
use crate::executor::state_dir::try_lock;
use crate::private;
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Space that is reserved for a result: enough for the last lines of a command in any characters.
const RESULT_BYTES: usize = 8192;
/// The length of a lock file: enough for any fence, step and target, so that each write replaces all of it.
const LOCK_BYTES: usize = 60;

/// The directory of working directories.
const DIRECTORIES: &str = "directories";

/// Names one step of one start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    pub instance_id: i64,
    pub target_id: i64,
    #[serde(with = "as_word")]
    pub step: StepName,
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
    state: StateDir,
    instance_id: i64,
    /// The newest start that was seen.
    newest: Option<Start>,
}

impl StartFiles {
    pub fn new(state: &StateDir, start: Start) -> StartFiles {
        StartFiles { directory: state.path().to_owned(), start }
    }

    /// Notes whose family is about to begin, and reserves space for its result: a disk that is full when the command
    /// has ended then loses nothing.
    pub fn begin(&self, family: &Family) -> io::Result<()> {
        let mut file = private::file().create(true).truncate(true).open(unfinished(&self.path("result")))?;
        file.write_all(&[b' '; RESULT_BYTES])?;
        file.sync_all()?;
        self.write(&self.path("start"), family)
    }

    /// Returns the family that began, or was about to begin, or `None` if it never came to that.
    pub fn begun(&self) -> io::Result<Option<Family>> {
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

    /// Makes an empty working directory for this family, and returns it.
    pub fn make_directory(&self, family: &Family) -> io::Result<PathBuf> {
        let directory = self.working_directory(family);
        DirBuilder::new().recursive(true).mode(0o700).create(self.directory.join(DIRECTORIES))?;
        fs::create_dir(&directory)?;
        Ok(directory)
    }

    /// Removes the working directory of a family of which nothing runs any more.
    pub fn remove_directory(&self, family: &Family) {
        // What a command made there may belong to another user; then it stays.
        let _ = fs::remove_dir_all(self.working_directory(family));
    }

    fn working_directory(&self, family: &Family) -> PathBuf {
        self.directory.join(DIRECTORIES).join(format!("{}-{}", self.name(), family.word()))
    }

    /// Where the command's output is.
    pub fn output(&self) -> PathBuf {
        self.path("output")
    }

    /// Removes the files, once the end of the start is in the database. The working directory stays for as long as a
    /// process works in it: then [`tidy`] removes it later.
    pub fn forget(&self) {
        if let Ok(Some(family)) = self.begun() {
            family.remove_group();
            remove_unused(&self.working_directory(&family));
        }
        for kind in ["start", "output", "result", "result.new"] {
            // Not every start leaves every file.
            let _ = fs::remove_file(self.path(kind));
        }
    }

    fn name(&self) -> String {
        let Start { target_id, step, fence, .. } = self.start;
        format!("target-{target_id}-{}-{fence}", step.word().to_ascii_lowercase())
    }

    fn path(&self, kind: &str) -> PathBuf {
        self.directory.join(format!("{}.{kind}", self.name()))
    }

    /// Writes and renames, so that the file exists completely or not at all, also after a loss of power. Space that was
    /// reserved before is used; what remains of it is blank.
    fn write(&self, path: &Path, value: &impl Serialize) -> io::Result<()> {
        write(&self.directory, path, value)
    }
}

fn write(directory: &Path, path: &Path, value: &impl Serialize) -> io::Result<()> {
    let new = unfinished(path);
    let mut file = private::file().create(true).truncate(false).open(&new)?;
    file.write_all(&serde_json::to_vec(value)?)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(directory)?.sync_all()
}

/// Removes a working directory, unless a process works in it or that cannot be seen.
fn remove_unused(directory: &Path) {
    if directory.exists() && proc::is_worked_in(directory).is_ok_and(|used| !used) {
        // As above.
        let _ = fs::remove_dir_all(directory);
    }
}

/// Removes the working directories of starts that are over, which processes worked in until now.
pub fn tidy(state: &StateDir) {
    for entry in fs::read_dir(state.path().join(DIRECTORIES)).into_iter().flatten().filter_map(Result::ok) {
        let name = entry.file_name();
        let start = name.to_str().and_then(|name| name.rsplit_once('-')).map(|(start, _)| format!("{start}.start"));
        if start.is_some_and(|start| !state.path().join(start).exists()) {
            remove_unused(&entry.path());
        }
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
            text => Some(newest(instance_id, text).ok_or_else(|| {
                let message = format!("{} was not written by this version of lockkeeper", path.display());
                io::Error::new(io::ErrorKind::InvalidData, message)
            })?),
        };
        Ok(Some(InstanceLock { file, state: state.clone(), instance_id, newest }))
    }

    /// Notes that a step of a start is the newest one. Returns false if it, or a newer one, was noted before: then
    /// nothing may be started (I3). What was newest until then and never got a result may have left processes: they
    /// are remembered.
    pub fn raise(&mut self, start: Start) -> io::Result<bool> {
        let this = Some((start.fence, start.step));
        if this <= self.newest.map(|newest| (newest.fence, newest.step)) {
            return Ok(false);
        }
        if let Some(newest) = self.newest {
            let files = StartFiles::new(&self.state, newest);
            if let Some(family) = files.begun()?.filter(|_| files.ended().is_ok_and(|ended| ended.is_none())) {
                self.remember(family)?;
            }
        }
        self.file.rewind()?;
        let text = format!("{} {} {}", start.fence, start.step.word(), start.target_id);
        write!(self.file, "{text:<LOCK_BYTES$}")?;
        self.file.sync_all()?;
        self.newest = Some(start);
        Ok(true)
    }

    /// Remembers a family that may still run, so that no later command of the instance runs beside it.
    pub fn remember(&self, family: Family) -> io::Result<()> {
        let mut remembered = self.remembered()?;
        if !remembered.contains(&family) {
            remembered.push(family);
            write(self.state.path(), &self.remembered_path(), &remembered)?;
        }
        Ok(())
    }

    /// Families of earlier starts of the instance that may still run.
    pub fn remembered(&self) -> io::Result<Vec<Family>> {
        Ok(read(&self.remembered_path())?.unwrap_or_default())
    }

    /// Forgets them: none of them runs any more.
    pub fn forget_remembered(&self) {
        // Usually there is no such file.
        let _ = fs::remove_file(self.remembered_path());
    }

    fn remembered_path(&self) -> PathBuf {
        self.state.path().join(format!("instance-{}.remembered", self.instance_id))
    }
}

/// Reads the text of a lock file.
fn newest(instance_id: i64, text: &str) -> Option<Start> {
    let mut words = text.split(' ');
    let (fence, step, target) = (words.next()?, words.next()?, words.next()?);
    let (fence, target_id) = (fence.parse().ok()?, target.parse().ok()?);
    words.next().is_none().then_some(Start { instance_id, target_id, step: StepName::from_word(step)?, fence })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::command::family::new_word;

    fn start(fence: i64, step: StepName) -> Start {
        Start { instance_id: 1, target_id: 1, step, fence }
    }

    #[test]
    fn i3_an_instance_accepts_only_a_start_that_is_newer_than_all_before() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let lock = |instance_id| InstanceLock::try_take(&state, instance_id).unwrap();
        let mut held = lock(1).unwrap();
        assert!(held.raise(start(9, StepName::Run)).unwrap());
        assert!(lock(1).is_none(), "it is held");
        assert!(lock(2).is_some(), "another instance is free");
        drop(held);
        for (fence, step, accepted) in [
            (8, StepName::Undrain, false),
            (9, StepName::Drain, false),
            // A claim starts each step once.
            (9, StepName::Run, false),
            (9, StepName::Undrain, true),
            (10, StepName::Run, true),
            (9, StepName::Undrain, false),
        ] {
            assert_eq!(lock(1).unwrap().raise(start(fence, step)).unwrap(), accepted, "{fence} {step}");
        }
    }

    #[test]
    fn the_files_of_a_start_are_found_by_its_step_and_those_of_others_are_not_misread() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let files = |step| StartFiles::new(&state, start(7, step));
        let ended = Ended::exited(0);
        files(StepName::Run).end(&ended).unwrap();
        assert_eq!(files(StepName::Run).ended().unwrap(), Some(ended));
        assert_eq!(files(StepName::Health).ended().unwrap(), None);
        assert!(directory.path().join("target-1-run-7.result").exists());
        for foreign in ["7", "7 DANCE 8", "run 7 8", "7 RUN", "7 RUN 8 9"] {
            fs::write(directory.path().join("instance-3"), foreign).unwrap();
            let error = InstanceLock::try_take(&state, 3).err().unwrap().to_string();
            assert!(error.contains("instance-3 was not written by this version"), "{error}");
        }
        fs::write(directory.path().join("target-1-health-7.result"), "0 ok").unwrap();
        assert!(files(StepName::Health).ended().is_err());
    }

    #[test]
    fn a_working_directory_goes_with_its_start_unless_a_process_works_in_it() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let [left, used] = [1, 2].map(|fence| StartFiles::new(&state, start(fence, StepName::Run)));
        let family = Family::found(&new_word(), None).unwrap();
        for files in [&left, &used] {
            files.begin(&family).unwrap();
        }
        let (gone, kept) = (left.make_directory(&family).unwrap(), used.make_directory(&family).unwrap());
        assert!(left.make_directory(&family).is_err(), "it would not be empty");
        fs::create_dir_all(gone.join("a/b")).unwrap();
        let mut process = std::process::Command::new("sleep").arg("1000").current_dir(&kept).spawn().unwrap();
        left.forget();
        used.forget();
        assert_eq!((gone.exists(), kept.exists()), (false, true));
        tidy(&state);
        assert!(kept.exists());
        process.kill().unwrap();
        process.wait().unwrap();
        tidy(&state);
        assert!(!kept.exists());
    }
}
