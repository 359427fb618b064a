//! The files of this process's connections, in a folder of its own below the state directory, and what processes that are
//! gone left there.

use crate::executor::StateDir;
use crate::executor::command::proc::end_those_naming;
use crate::executor::state_dir::try_lock;
use crate::private;
use std::collections::HashMap;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};

/// The longest path of a socket, without what ssh appends to it while it makes one.
const MAX_SOCKET_PATH_BYTES: usize = 107 - 18;

/// The folders of this process, by state directory, with the locks that show that it lives.
static OWN: LazyLock<Mutex<HashMap<PathBuf, (PathBuf, File)>>> = LazyLock::new(Mutex::default);

/// The folder of everything that belongs to ssh.
fn all(state: &StateDir) -> PathBuf {
    state.path().join("ssh")
}

/// Returns the folder of this process, and makes it if it is not there.
pub(super) fn own_folder(state: &StateDir) -> io::Result<PathBuf> {
    let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((folder, _)) = own.get(state.path())
        && folder.exists()
    {
        return Ok(folder.clone());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(all(state))?;
    let name = format!("{:06x}", rand::random::<u32>() >> 8);
    // It is locked before anybody looks for it.
    let lock = private::file().create_new(true).open(all(state).join(format!("{name}.lock")))?;
    lock.lock()?;
    let folder = all(state).join(&name);
    DirBuilder::new().mode(0o700).create(&folder)?;
    own.insert(state.path().to_owned(), (folder.clone(), lock));
    Ok(folder)
}

/// Returns a new path for the socket of a connection.
pub(super) fn new_socket(state: &StateDir) -> io::Result<PathBuf> {
    let path = own_folder(state)?.join(format!("{:08x}", rand::random::<u32>()));
    match path.as_os_str().len() <= MAX_SOCKET_PATH_BYTES {
        true => Ok(path),
        false => Err(io::Error::other(format!(
            "the path of the state directory is too long for a socket of ssh: choose one of at most {} bytes",
            MAX_SOCKET_PATH_BYTES - "/ssh/012345/01234567".len()
        ))),
    }
}

/// Ends the connections of processes that are gone, and removes their folders.
pub(in crate::executor) fn tidy(state: &StateDir) {
    for entry in fs::read_dir(all(state)).into_iter().flatten().filter_map(Result::ok) {
        let lock = entry.path();
        if lock.extension().is_some_and(|extension| extension == "lock")
            && File::open(&lock).and_then(|file| try_lock(&file)).unwrap_or(false)
        {
            // Also those that are still being made.
            end_those_naming(&lock.with_extension(""));
            // Another process may have done the same.
            let _ = fs::remove_dir_all(lock.with_extension(""));
            let _ = fs::remove_file(lock);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};

    #[test]
    fn a_folder_is_removed_once_its_process_is_gone_and_the_processes_of_its_connections_end() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(directory.path()).unwrap();
        let own = own_folder(&state).unwrap();
        assert_eq!(own_folder(&state).unwrap(), own);
        fs::create_dir(all(&state).join("ffffff")).unwrap();
        fs::write(all(&state).join("ffffff.lock"), "").unwrap();
        let config = all(&state).join("ffffff/config");
        fs::write(&config, "").unwrap();
        let mut left = Command::new("tail").arg("-f").arg(&config).stdout(Stdio::null()).spawn().unwrap();
        tidy(&state);
        assert_eq!(left.wait().unwrap().signal(), Some(15));
        assert!(own.exists() && !all(&state).join("ffffff").exists());
    }

    #[test]
    fn a_state_directory_whose_path_is_too_long_is_refused_with_the_longest() {
        let directory = tempfile::tempdir().unwrap();
        let state = StateDir::open(&directory.path().join("x".repeat(90))).unwrap();
        assert!(new_socket(&state).unwrap_err().to_string().contains("at most 69 bytes"));
    }
}
