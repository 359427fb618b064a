//! Control groups, version 2: where the system lets lockkeeper make one, all processes of a start are in a group of their
//! own, which none of them leaves by a session or an environment of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How the groups of starts are named.
const PREFIX: &str = "lockkeeper-";

/// How often a group is made anew that was removed before anything was in it.
const MAX_TRIES: usize = 3;

/// Moves this process into a new group of this name, and with it all that it will start. Returns the group, or `None`
/// where that is not allowed.
pub(super) fn join(name: &str) -> Option<PathBuf> {
    let group = own()?.join(format!("{PREFIX}{name}"));
    for _ in 0..MAX_TRIES {
        fs::create_dir(&group).ok()?;
        // 0 is the process that writes.
        match fs::write(group.join("cgroup.procs"), "0") {
            Ok(()) => return Some(group),
            // A worker that started just now removed it, since nothing was in it yet.
            Err(_) if !group.exists() => {}
            Err(_) => break,
        }
    }
    remove(&group);
    None
}

/// The ids of the processes in a group and the groups below it. A group that does not exist has none.
pub(super) fn members(group: &Path) -> io::Result<Vec<i32>> {
    let text = match fs::read_to_string(group.join("cgroup.procs")) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        // The last process of the group has just ended, or the group is being removed.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NODEV.raw_os_error()) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut members: Vec<i32> = text.lines().filter_map(|line| line.parse().ok()).collect();
    for below in fs::read_dir(group).into_iter().flatten().filter_map(Result::ok) {
        if below.file_type().is_ok_and(|kind| kind.is_dir()) {
            members.extend(self::members(&below.path())?);
        }
    }
    Ok(members)
}

/// Removes the groups of starts, made by this process or one beside it, that no process is in any more.
pub(super) fn remove_empty() {
    let Some(own) = own() else { return };
    for entry in fs::read_dir(own).into_iter().flatten().filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            // It fails for a group that has processes.
            let _ = fs::remove_dir(entry.path());
        }
    }
}

/// Removes a group, if no process is in it.
pub(super) fn remove(group: &Path) {
    // It fails for a group that has processes; those are removed later.
    let _ = fs::remove_dir(group);
}

/// The group of this process in the file system, or `None` if there is none of version 2.
fn own() -> Option<PathBuf> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    path(&fs::read_to_string("/proc/self/mountinfo").ok()?, own)
}

/// Where a group is, by the file systems that are mounted.
fn path(mounts: &str, group: &str) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        if kind.split(' ').next()? != "cgroup2" {
            return None;
        }
        let mut fields = mount.split(' ').skip(3);
        let (root, at) = (fields.next()?, fields.next()?);
        let below = Path::new(group).strip_prefix(root).ok()?;
        Some(Path::new(at).join(below))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_found_where_it_is_mounted() {
        let mounts = "30 24 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
                      31 24 0:27 /user.slice /mnt/cg rw,nosuid shared:9 - cgroup2 cgroup2 rw\n";
        let at = |group| path(mounts, group);
        assert_eq!(at("/user.slice/a"), Some("/mnt/cg/a".into()));
        assert_eq!(at("/system.slice/a"), None, "it is not below what is mounted");
        assert_eq!(path("30 24 0:26 / /x rw - ext4 /dev/x rw\n", "/"), None);
    }
}
