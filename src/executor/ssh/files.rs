//! The files of ssh that an operator writes: whom to trust, and how hosts are reached.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Returns why a file cannot be used, a phrase with its path, and with what to do if it is missing. Who can change it can have
/// this worker run anything, or trust any host.
pub(super) fn problem(path: &Path, if_missing: &str) -> Option<String> {
    let name = path.display();
    let found = match std::fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Some(format!("{name} does not exist: {if_missing}"));
        }
        Err(error) => return Some(format!("{name} cannot be used: {error}")),
    };
    if !found.is_file() {
        return Some(format!("{name} is not a file"));
    }
    let own = rustix::process::geteuid().as_raw();
    if found.mode() & 0o022 != 0 {
        return Some(format!("{name} can be changed by other users: chmod go-w {name}"));
    }
    if found.uid() != own && found.uid() != 0 {
        return Some(format!(
            "{name} belongs to another user, who can change it: give it to root, or to lockkeeper's user"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_that_others_can_change_or_that_is_missing_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("known_hosts");
        assert!(problem(&path, "make it").unwrap().ends_with("/known_hosts does not exist: make it"));
        fs::write(&path, "").unwrap();
        for (mode, usable) in [(0o644, true), (0o600, true), (0o664, false), (0o646, false)] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(problem(&path, "").is_none(), usable, "{mode:o}");
        }
        assert!(problem(directory.path(), "").unwrap().contains("is not a file"));
    }
}
