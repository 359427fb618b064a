//! Files that only their owner may read and write: the database, and the state of commands.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

/// Returns options that create such a file with its mode, so that no umask of the process can widen it.
pub fn file() -> OpenOptions {
    let mut options = File::options();
    options.write(true).mode(0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::Mode;
    use rustix::process::umask;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn no_umask_opens_a_file_to_others() {
        let directory = tempfile::tempdir().unwrap();
        let before = umask(Mode::empty());
        let file = file().create_new(true).open(directory.path().join("file"));
        umask(before);
        assert_eq!(file.unwrap().metadata().unwrap().mode() & 0o777, 0o600);
    }
}
