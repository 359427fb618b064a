//! Files that only their owner may read and write: the database, and the state of commands.

use rustix::process::geteuid;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;

/// Returns options that create such a file with its mode, so that no umask of the process can widen it.
pub fn file() -> OpenOptions {
    let mut options = File::options();
    options.write(true).mode(0o600);
    options
}

/// Why a file or a directory cannot be used. Where a permission is missing, also as which user this process asked for it:
/// in a container, nothing else shows that.
pub fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => format!("{error}, as the user {}", geteuid().as_raw()),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::Mode;
    use rustix::process::umask;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_missing_permission_is_explained_with_the_user() {
        let user = geteuid().as_raw();
        assert_eq!(
            why(&io::Error::from_raw_os_error(13)),
            format!("Permission denied (os error 13), as the user {user}")
        );
        assert_eq!(why(&io::Error::from_raw_os_error(2)), "No such file or directory (os error 2)");
    }

    #[test]
    fn no_umask_opens_a_file_to_others() {
        let directory = tempfile::tempdir().unwrap();
        let before = umask(Mode::empty());
        let file = file().create_new(true).open(directory.path().join("file"));
        umask(before);
        assert_eq!(file.unwrap().metadata().unwrap().mode() & 0o777, 0o600);
    }
}
