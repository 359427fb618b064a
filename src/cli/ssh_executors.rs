//! The executors of kind `ssh` of the server's configuration, for commands of the client that run beside a worker.

use crate::config::{CommonArgs, ServeArgs, Settings};
use lockkeeper_terminal::SshExecutor;
use std::path::PathBuf;

/// Reads them from this file, or from the default one.
///
/// # Errors
/// A sentence that says what is wrong with the file.
pub fn read(config: Option<PathBuf>) -> Result<Vec<SshExecutor>, String> {
    let common = CommonArgs { config, ..CommonArgs::default() };
    let settings = Settings::load(&common, &ServeArgs::default()).map_err(|error| format!("{error}"))?;
    let of_kind = settings.executors.iter().filter_map(|executor| {
        let files = executor.ssh_files()?;
        Some(SshExecutor {
            name: executor.name.clone(),
            user: files.user,
            ssh_config: files.ssh_config,
            known_hosts: files.known_hosts,
        })
    });
    Ok(of_kind.collect())
}
