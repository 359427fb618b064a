//! A small file system, which a test can fill.

use crate::cluster::is_root;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small file system on a directory. Unmounted when it is dropped, and its directory removed if it is empty then.
pub struct SmallDisk {
    at: PathBuf,
    /// What takes all of the room, while it is there.
    filler: PathBuf,
}

impl SmallDisk {
    /// Mounts one of this size on an empty directory. Returns `None`, and says so, if this is not root: nobody else can.
    pub fn mount(at: &Path, mebibytes: u32) -> Option<SmallDisk> {
        if !is_root() {
            eprintln!("left out: only root can mount a small file system");
            return None;
        }
        let size = format!("size={mebibytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "lockkeeper"]).arg(at).status();
        assert!(mounted.unwrap().success());
        Some(SmallDisk { at: at.to_owned(), filler: at.join("filler") })
    }

    /// Fills it to the last byte: in the end one by one.
    pub fn fill(&self) {
        let mut file = fs::File::create(&self.filler).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![b'x'; size]).is_ok() {}
        }
    }

    /// Makes room again.
    pub fn free(&self) {
        fs::remove_file(&self.filler).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What the test was about has been shown before.
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
        let _ = fs::remove_dir(&self.at);
    }
}
