//! A deployment script that writes down each sign of life, and what must hold of its journal.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use testkit::Database;
use testkit::Server;

/// Appends lines such as `start host-1 ins_7 tgt_55 3`: word, host, instance, target and fence. Every other instance's command
/// does not listen when it is asked to end, and some take so long that their worker is missed meanwhile. Where the
/// executor sets `LONG`, that is how long the first start of an upgrade takes. Each command has a process in a session of
/// its own, which writes that it runs (`member`) until the command comes to its end; for some instances it does not listen,
/// or its parent has ended.
const SCRIPT: &str = r#"#!/bin/sh
say() { echo "$1 $LOCKKEEPER_HOSTNAME $LOCKKEEPER_INSTANCE_ID $LOCKKEEPER_TARGET_ID $LOCKKEEPER_FENCE" >>journal; }
id=$LOCKKEEPER_TARGET_ID-$LOCKKEEPER_FENCE
if [ "$1" = member ]; then
    case $LOCKKEEPER_INSTANCE_ID in *[369]) trap '' TERM ;; esac
    until [ -e "done-$id" ]; do
        say member
        sleep 0.1
    done
    : >"gone-$id"
    exit
fi
case $LOCKKEEPER_INSTANCE_ID in *[13579]) trap '' TERM ;; esac
say start
case $LOCKKEEPER_INSTANCE_ID in
    *[2468]) ( setsid "$0" member >/dev/null 2>&1 & ) & ;;
    *) setsid "$0" member & ;;
esac
ticks=2
case $LOCKKEEPER_INSTANCE_ID in *[17]) ticks=20 ;; esac
case $LOCKKEEPER_ACTION$LOCKKEEPER_ATTEMPT in UPGRADE1) ticks=${LONG:-$ticks} ;; esac
while [ $ticks -gt 0 ]; do
    sleep 0.1
    say tick
    ticks=$((ticks - 1))
done
: >"done-$id"
until [ -e "gone-$id" ]; do sleep 0.05; done
say end
"#;

/// What the commands of one database wrote, in the order in which they wrote it.
pub struct Journal(PathBuf);

impl Journal {
    /// Puts the script in place, as `deploy` in the directory of the server.
    pub fn keep(server: &Server) -> Journal {
        let script = server.path("deploy");
        fs::write(&script, SCRIPT).unwrap();
        fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
        Journal(server.path("journal"))
    }

    /// All that was written.
    pub fn text(&self) -> String {
        fs::read_to_string(&self.0).unwrap_or_default()
    }

    /// How many lines begin with this word.
    pub fn count(&self, word: &str) -> usize {
        self.text().lines().filter(|line| line.split(' ').next() == Some(word)).count()
    }

    /// What is recorded agrees with the journal, and nothing ran beside another: gives how many starts there were.
    pub async fn assert_agrees(&self, stored: &Database) -> usize {
        let text = self.text();
        let said = |said: &str| -> HashSet<(&str, &str)> {
            let lines = text.lines().map(|line| line.split(' ').collect::<Vec<_>>());
            let lines = lines.filter(|line| line[0] == said);
            lines.map(|line| (line[3], line[4])).collect()
        };
        let (started, ended) = (said("start"), said("end"));
        assert!(ended.is_subset(&started), "what ended had started");
        let targets = stored
            .texts(
                "SELECT 'tgt_' || CAST(id AS text) || ' ' || CAST(fence AS text) || ' ' || status || ' '
                    || CAST(attempt AS text) || ' ' || COALESCE(failure, '-') FROM release_target",
            )
            .await;
        for row in &targets {
            let [target, fence, status, attempt, failure] = row.split(' ').collect::<Vec<_>>()[..] else {
                panic!("no target: {row}")
            };
            let starts = started.iter().filter(|(started, _)| *started == target).count();
            assert!(starts <= attempt.parse().unwrap(), "{starts} starts of {row}");
            // The only way to succeed here: there is no probe. A repeated step after `run` has a higher fence.
            let starts_of = started.iter().filter(|(started, _)| *started == target);
            let last = starts_of.max_by_key(|(_, fence)| fence.parse::<i64>().unwrap());
            assert!(status != "SUCCEEDED" || last.is_some_and(|last| ended.contains(last)), "it did not end: {row}");
            let began = started.contains(&(target, fence));
            assert!(failure != "NOT_STARTED" || !began, "it was started: {row}");
        }
        let known: HashSet<&str> = targets.iter().filter_map(|row| row.split(' ').next()).collect();
        assert!(started.iter().all(|(target, _)| known.contains(target)), "what was started was claimed");
        self.assert_never_beside()
    }

    /// No target was started twice with one fence, fences of an instance rise, and no command showed a sign of life
    /// after another one had started on its host (I3, I8). Gives how many starts there were.
    pub fn assert_never_beside(&self) -> usize {
        let text = self.text();
        let (mut starts, mut ends, mut fences) = (HashSet::new(), HashSet::new(), HashMap::new());
        let mut newest: HashMap<&str, (&str, &str)> = HashMap::new();
        for line in text.lines() {
            let [word, host, instance, target, fence] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("no line of the journal: {line:?}")
            };
            if word == "start" {
                assert!(starts.insert((target, fence)), "started twice: {line}");
                let number: i64 = fence.parse().unwrap();
                let before = fences.insert(instance, number).unwrap_or(0);
                assert!(number > before, "fence {before} was newer: {line}");
                newest.insert(host, (target, fence));
            }
            assert!(word != "end" || ends.insert((target, fence)), "ended twice: {line}");
            assert_eq!(newest.get(host), Some(&(target, fence)), "beside a newer command of its host: {line}");
        }
        starts.len()
    }
}
