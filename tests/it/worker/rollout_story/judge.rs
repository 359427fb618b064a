//! Whether all records of the story tell the same.

use super::{CANARIES, LOST, MAX_PARALLEL, SICK};
use crate::worker::fleet::Fleet;
use std::collections::HashMap;
use testkit::Database;

/// What happened, by which the records are judged.
pub struct Story {
    pub hosts: usize,
    /// How many hosts the first two waves had.
    pub quarter: usize,
    pub first: i64,
    pub undo: i64,
    pub second: i64,
}

fn texts(rows: &[&[&str]]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row.iter().map(|&cell| cell.to_owned()).collect()).collect()
}

impl Story {
    pub async fn judge(&self, fleet: &Fleet) {
        self.judge_rows(&fleet.rows).await;
        self.judge_events(&fleet.rows).await;
        self.judge_audit(&fleet.rows).await;
        self.judge_output(&fleet.rows).await;
        self.judge_journal(fleet).await;
    }

    /// The targets of each wave, and the order of the undo.
    async fn judge_rows(&self, rows: &Database) {
        let [canaries, quarter] = [CANARIES, self.quarter].map(|many| many.to_string());
        let [second, rest] = [self.quarter - CANARIES, self.hosts - self.quarter].map(|many| many.to_string());
        let waves = |release| {
            format!(
                "SELECT wave, status, attempt, count(*) AS targets FROM release_target \
                 WHERE release_id = {release} GROUP BY wave, status, attempt ORDER BY wave"
            )
        };
        let stopped = texts(&[
            &["1", "SUCCEEDED", "1", &canaries],
            &["2", "SUCCEEDED", "1", &second],
            &["3", "CANCELED", "0", &rest],
        ]);
        assert_eq!(rows.rows(&waves(self.first)).await, stopped);
        assert_eq!(rows.rows(&waves(self.undo)).await, texts(&[&["1", "SUCCEEDED", "1", &quarter]]));
        let through = texts(&[
            &["1", "SUCCEEDED", "1", &canaries],
            &["2", "SUCCEEDED", "1", &second],
            &["3", "SUCCEEDED", "1", &rest],
        ]);
        assert_eq!(rows.rows(&waves(self.second)).await, through);
        let begun = format!(
            "SELECT instance_id FROM release_target WHERE release_id = {} AND attempt > 0 ORDER BY started_at DESC, ordinal DESC",
            self.first
        );
        let undone =
            format!("SELECT instance_id FROM release_target WHERE release_id = {} ORDER BY ordinal", self.undo);
        assert_eq!(rows.rows(&undone).await, rows.rows(&begun).await);
        let releases =
            rows.rows("SELECT status, origin, created_by, parent_id, unhealthy FROM release ORDER BY id").await;
        let parent = self.first.to_string();
        assert_eq!(
            releases,
            texts(&[
                &["FAILED", "REQUEST", "olga", "", "1"],
                &["SUCCEEDED", "UNDO", "lockkeeper", &parent, "0"],
                &["SUCCEEDED", "REQUEST", "olga", "", "0"]
            ])
        );
    }

    /// Each fact is one event, in order: of each release, of each of its targets, and of each instance.
    async fn judge_events(&self, rows: &Database) {
        let of_release = |release| {
            format!(
                "SELECT kind, caused_by FROM event WHERE subject = 'RELEASE' AND release_id = {release} \
                 AND kind NOT IN ('TARGET_STARTED', 'TARGET_STEP', 'TARGET_FINISHED') ORDER BY position"
            )
        };
        let first = texts(&[
            &["ACCEPTED", "olga"],
            &["PAUSED", "worker"],
            &["RESUMED", "olga"],
            &["TARGET_UNHEALTHY", "worker"],
            &["STOPPED", "worker"],
            &["FINISHED", "worker"],
        ]);
        assert_eq!(rows.rows(&of_release(self.first)).await, first);
        let undo = texts(&[&["ACCEPTED", "lockkeeper"], &["FINISHED", "worker"]]);
        assert_eq!(rows.rows(&of_release(self.undo)).await, undo);
        let second = texts(&[
            &["ACCEPTED", "olga"],
            &["PAUSED", "worker"],
            &["RESUMED", "olga"],
            &["RESUMED", "olga"],
            &["FINISHED", "worker"],
        ]);
        assert_eq!(rows.rows(&of_release(self.second)).await, second);

        let mut of_targets: HashMap<String, Vec<String>> = HashMap::new();
        let events = "SELECT target_id, kind FROM event WHERE subject = 'RELEASE' AND kind LIKE 'TARGET_%' \
                    AND kind <> 'TARGET_UNHEALTHY' ORDER BY position";
        for row in rows.rows(events).await {
            of_targets.entry(row[0].clone()).or_default().push(row[1].clone());
        }
        // A step for each of CONNECT, RUN and HEALTH; nothing but its end for one that was canceled before it began.
        let whole = ["TARGET_STARTED", "TARGET_STEP", "TARGET_STEP", "TARGET_STEP", "TARGET_FINISHED"];
        for target in rows.rows("SELECT id, attempt FROM release_target").await {
            let expected = if target[1] == "0" { &whole[4..] } else { &whole };
            assert_eq!(of_targets[&target[0]], expected, "{target:?}");
        }

        // Every event of an instance begins where the one before it ended, and the last one ends at the record.
        let mut newest: HashMap<String, Vec<String>> = HashMap::new();
        let changes = "SELECT hostname, previous_status, previous_version_id, status, version_id, revision FROM event \
                       WHERE subject = 'INSTANCE' ORDER BY position";
        for row in rows.rows(changes).await {
            if let Some(before) = newest.get(&row[0]) {
                assert_eq!(before[3], row[1], "{before:?} {row:?}");
                let numbers = [before, &row].map(|row| row[5].parse::<i64>().unwrap());
                assert_eq!(numbers[0] + 1, numbers[1], "{before:?} {row:?}");
            }
            newest.insert(row[0].clone(), row);
        }
        let records = rows.rows("SELECT hostname, status, version_id, revision FROM instance").await;
        assert_eq!(records.len(), newest.len());
        for record in records {
            assert_eq!(record[1..], newest[&record[0]][3..], "{}", record[0]);
        }
        let verdicts = "SELECT hostname, count(*) AS verdicts FROM event WHERE kind = 'HEALTH' GROUP BY hostname";
        let verdicts = rows.rows(verdicts).await;
        assert_eq!(verdicts.len(), self.quarter);
        for row in verdicts {
            // Healthy in both releases; and the one, unhealthy in the first.
            assert_eq!(row[1], if row[0] == SICK { "3" } else { "2" }, "{}", row[0]);
        }
        let unhealthy = "SELECT i.hostname FROM event e JOIN release_target t ON t.id = e.target_id \
                         JOIN instance i ON i.id = t.instance_id WHERE e.kind = 'TARGET_UNHEALTHY'";
        assert_eq!(rows.texts(unhealthy).await, [SICK]);
    }

    /// What callers did is entered as theirs, what happened by itself as lockkeeper's.
    async fn judge_audit(&self, rows: &Database) {
        let entries = rows.rows("SELECT caller, operation, outcome, result FROM audit ORDER BY id").await;
        let entered: Vec<String> = entries
            .iter()
            .map(|row| {
                let releases = [self.first, self.undo, self.second].map(|release| format!("rel_{release}"));
                let about = releases.iter().position(|id| row[3].contains(id.as_str())).map_or(0, |place| place + 1);
                format!("{} {} {} {about}", row[0], row[1], row[2])
            })
            .collect();
        let expected = [
            "olga upgradeInstances ACCEPTED 1",
            "olga resumeRelease ACCEPTED 1",
            "lockkeeper undoRelease ACCEPTED 2",
            "olga upgradeInstances ACCEPTED 3",
            "olga resumeRelease ACCEPTED 3",
            "olga resumeRelease ACCEPTED 3",
        ];
        assert_eq!(entered, expected, "{entries:?}");
    }

    /// Every command printed its line once, whichever worker read it; and what was followed and what was unhealthy is said.
    async fn judge_output(&self, rows: &Database) {
        let differing = "SELECT t.id, v.name FROM release_target t JOIN version v ON v.id = t.to_version_id WHERE t.attempt > 0 \
            AND (SELECT string_agg(l.text, '|' ORDER BY l.place) FROM output_line l \
            WHERE l.target_id = t.id AND l.stream = 'STDOUT') IS DISTINCT FROM 'version ' || v.name";
        assert_eq!(rows.rows(differing).await, Vec::<Vec<String>>::new());
        let printed = rows.number("SELECT count(*) AS lines FROM output_line WHERE stream = 'STDOUT'").await;
        assert_eq!(printed, (2 * self.quarter + self.hosts) as i64);
        let followed = rows.rows(&format!("SELECT DISTINCT target_id FROM output_line WHERE {LOST}")).await;
        let times = rows.rows(&format!("SELECT target_id FROM output_line WHERE {LOST}")).await;
        assert_eq!((followed.len(), times.len()), (2 * self.quarter - CANARIES, 2 * self.quarter - CANARIES));
        let unhealthy = "SELECT hostname FROM output_line WHERE text LIKE 'Unhealthy: %503%'";
        assert_eq!(rows.texts(unhealthy).await, [SICK]);
    }

    /// On the hosts, each target that began ran once and to its end, and no more of them at a time than allowed.
    async fn judge_journal(&self, fleet: &Fleet) {
        fleet.assert_never_beside();
        let mut said: HashMap<String, String> = HashMap::new();
        let (mut running, mut most) = (0, 0);
        for line in fleet.journal() {
            match line[0].as_str() {
                "start" => running += 1,
                "end" => running -= 1,
                "held" => continue,
                _ => {}
            }
            most = most.max(running);
            let target = line[3].rsplit('_').next().unwrap_or_default().to_owned();
            let words = said.entry(target).or_default();
            words.push_str(&line[0]);
            words.push(' ');
        }
        assert_eq!(running, 0);
        assert!((CANARIES..=MAX_PARALLEL).contains(&most), "{most} at a time");
        let moved =
            "SELECT t.id, v.name FROM release_target t JOIN version v ON v.id = t.to_version_id WHERE t.attempt > 0";
        let moved = fleet.rows.rows(moved).await;
        assert_eq!(said.len(), moved.len());
        for target in moved {
            assert_eq!(said[&target[0]], format!("start to-{} end ", target[1]), "target {}", target[0]);
        }
    }
}
