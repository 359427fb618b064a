//! The processes of a command: found by the session that its runner leads, also after the runner has died.

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use std::{fs, io};

/// Identifies the runner of a command: enough to find the command's processes, and no others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Identifies the boot of the system; after another boot, none of the processes runs.
    boot: String,
    /// The process id of the runner, which leads the session of all processes of the command.
    leader: i32,
    /// When the runner started, in clock ticks of the system.
    since: String,
}

impl Session {
    /// The session of this process, which leads it.
    pub fn own() -> io::Result<Session> {
        let leader = rustix::process::getpid().as_raw_nonzero().get();
        let since = stat(leader).ok_or_else(|| io::Error::other("/proc does not show this process"))?.since;
        Ok(Session { boot: boot()?, leader, since })
    }

    /// Its processes that still run, without the leader.
    pub fn members(&self) -> io::Result<Vec<Pid>> {
        let reused = stat(self.leader).is_some_and(|leader| leader.since != self.since);
        if reused || boot()? != self.boot {
            return Ok(Vec::new());
        }
        let ids = fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
        let members = ids.filter(|id| {
            *id != self.leader && stat(*id).is_some_and(|stat| stat.session == self.leader && !stat.ended)
        });
        Ok(members.filter_map(Pid::from_raw).collect())
    }

    /// Kills the processes that still run. Returns whether there were none.
    pub fn kill(&self) -> io::Result<bool> {
        let members = self.members()?;
        for member in &members {
            // It may have ended just now.
            let _ = kill_process(*member, Signal::KILL);
        }
        Ok(members.is_empty())
    }
}

fn boot() -> io::Result<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned())
}

/// What `/proc` says of a process.
struct Stat {
    /// It has ended, and its parent has not waited for it yet.
    ended: bool,
    session: i32,
    since: String,
}

fn stat(id: i32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ended = matches!(*fields.first()?, "Z" | "X");
    Some(Stat { ended, session: fields.get(3)?.parse().ok()?, since: (*fields.get(19)?).to_owned() })
}
