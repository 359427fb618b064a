//! How the server's executors of kind `ssh` reach hosts, as far as commands on the worker's machine need it. The program reads
//! it from the server's configuration, which this crate does not know.

use std::path::PathBuf;

/// An executor of kind `ssh`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshExecutor {
    pub name: String,
    /// The user to log in as; `None` for the one that the configuration of ssh names.
    pub user: Option<String>,
    /// The configuration of ssh; without it, none is read.
    pub ssh_config: Option<PathBuf>,
    /// The only file of known host keys.
    pub known_hosts: PathBuf,
}

/// Reads all executors of kind `ssh` from the server's configuration, by the path of its file, or by the default one.
///
/// # Errors
/// A sentence that says what is wrong with the file.
pub type ReadSshExecutors = fn(Option<PathBuf>) -> Result<Vec<SshExecutor>, String>;
