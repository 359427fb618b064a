//! The state directory: one for each machine, shared by its workers, and kept when they end. It identifies the machine,
//! and shows which of its workers live. Kinds of executor keep their own files there.

use crate::private;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A state directory that exists.
#[derive(Clone, Debug)]
pub struct StateDir {
    path: PathBuf,
    name: String,
}

impl StateDir {
    /// Opens the directory. Makes it if it does not exist, for its owner only.
    pub fn open(path: &Path) -> io::Result<StateDir> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let path = path.canonicalize()?;
        // A random identifier distinguishes it from a directory with the same path on another machine.
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

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Shows that this worker's process lives, for as long as the file is kept.
    pub fn show_alive(&self, worker_id: i64) -> io::Result<File> {
        let new = self.path.join(format!("worker-{worker_id}.new"));
        let file = private::file().create(true).truncate(true).open(&new)?;
        file.lock()?;
        // It is locked before anybody can find it under its name.
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

    /// Removes the file of a worker that has ended.
    pub fn forget_worker(&self, worker_id: i64) {
        // It may have been removed before.
        let _ = fs::remove_file(self.worker_file(worker_id));
    }

    fn worker_file(&self, worker_id: i64) -> PathBuf {
        self.path.join(format!("worker-{worker_id}"))
    }
}

/// Locks a file until it is closed. Returns false if another process has locked it.
pub(super) fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_directory_keeps_its_name() {
        let directory = tempfile::tempdir().unwrap();
        let open = |name: &str| StateDir::open(&directory.path().join(name)).unwrap();
        assert_eq!(open("a").name(), open("a").name());
        assert_ne!(open("a").name().split_once('#').unwrap().1, open("b").name().split_once('#').unwrap().1);
    }
}
