//! How a release stands, and which of its changes have been shown.

use super::describe::took;
use super::time;
use jiff::Timestamp;
use lockkeeper_client::operations::output::LogLine;
use lockkeeper_client::operations::release::{
    EventKind, Progress, Release, ReleaseEvent, ReleaseStatus, Target, TargetStatus,
};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// Something that is shown as a line of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub at: Timestamp,
    /// The host of the target that changed; `None` if it is the release.
    pub hostname: Option<String>,
    /// The status of the target, or of the release.
    pub status: String,
    /// What happened to the release, where it is not a target that changed.
    pub kind: Option<EventKind>,
    /// The step that a target goes through now, where that is what changed.
    pub step: Option<String>,
    pub exit_status: Option<i64>,
    pub took: Option<Duration>,
    pub progress: Progress,
}

/// A target that runs.
#[derive(Clone, Debug)]
pub struct Running {
    pub target_id: String,
    pub hostname: String,
    pub since: Timestamp,
    /// What it wrote last.
    pub line: Option<String>,
}

/// There is no connection.
#[derive(Clone, Debug)]
pub struct Away {
    pub reason: String,
    pub since: Instant,
    pub next_attempt: Instant,
}

/// A release as far as it is known.
#[derive(Clone, Debug)]
pub struct Model {
    pub release: Release,
    /// Who asked for its cancellation, once that is known.
    pub canceled_by: Option<String>,
    pub status: ReleaseStatus,
    pub progress: Progress,
    /// Those that started first come first.
    pub running: Vec<Running>,
    /// Targets that failed or are unknown.
    pub unwell: Vec<Target>,
    pub away: Option<Away>,
    /// For each target the last start that was shown, and whether its end was shown, too.
    shown: HashMap<String, (u32, bool)>,
    /// Events up to this revision may have been shown already, when the state was read anew.
    maybe_shown: u64,
    /// The revision of the last event.
    revision: u64,
}

impl Model {
    /// A release of which nothing has been shown.
    pub fn new(release: Release) -> Model {
        Model {
            status: release.status.clone(),
            progress: release.progress,
            release,
            canceled_by: None,
            running: Vec::new(),
            unwell: Vec::new(),
            away: None,
            shown: HashMap::new(),
            maybe_shown: 0,
            revision: 0,
        }
    }

    /// Takes in targets that are running, have failed or are unknown.
    pub fn fill(&mut self, targets: Vec<Target>) {
        for target in targets {
            self.place(target);
        }
    }

    /// Takes in an event. Returns what is to be shown of it, or `None` if that has been shown already.
    pub fn apply(&mut self, event: ReleaseEvent) -> Option<Change> {
        if event.revision <= self.revision {
            return None;
        }
        self.revision = event.revision;
        self.status = event.status.clone();
        self.progress = event.progress;
        let Some(target) = event.target else {
            return Some(Change {
                at: time(&event.at),
                hostname: None,
                status: event.status.word().to_owned(),
                kind: Some(event.kind),
                step: None,
                exit_status: None,
                took: None,
                progress: event.progress,
            });
        };
        if event.kind == EventKind::TargetUnhealthy {
            // The target itself stays as it ended.
            let status = UNHEALTHY.to_owned();
            return Some(Change { status, ..started(time(&event.at), &target, event.progress) });
        }
        // What a newer server tells of a target is not known.
        if !matches!(event.kind, EventKind::TargetStarted | EventKind::TargetStep | EventKind::TargetFinished) {
            return None;
        }
        // The target is as it is now, which may be further than the event.
        let has_ended = event.kind == EventKind::TargetFinished;
        let is_step = event.kind == EventKind::TargetStep;
        let step = target.step().filter(|_| is_step).map(str::to_lowercase);
        let change = match has_ended {
            true => change(time(&event.at), &target, event.progress),
            false => Change { step, ..started(time(&event.at), &target, event.progress) },
        };
        let is_new = self.show(&target, has_ended) || event.revision > self.maybe_shown;
        match has_ended {
            true => self.place(target),
            // A step does not begin the target.
            false if is_step => self.run(&target, time(target.started_at.as_deref().unwrap_or(&event.at))),
            false => self.run(&target, time(&event.at)),
        }
        // A step of a target that has ended meanwhile is not known any more.
        (if is_step { change.step.is_some() } else { is_new }).then_some(change)
    }

    /// Takes in the state of the release and all of its targets, after events were missed. `revision` is that of the release
    /// after the targets were read. Returns what is to be shown.
    pub fn catch_up(&mut self, release: Release, targets: Vec<Target>, revision: u64) -> Vec<Change> {
        self.status = release.status.clone();
        self.progress = release.progress;
        self.revision = release.revision;
        self.maybe_shown = revision;
        self.release = release;
        self.running.clear();
        self.unwell.clear();
        let mut changes = Vec::new();
        for target in targets {
            let has_ended = target.status.is_final();
            let is_started = has_ended || target.status == TargetStatus::Running;
            if is_started && self.show(&target, has_ended) {
                let at = if has_ended { &target.finished_at } else { &target.started_at };
                changes.push(change(time(at.as_deref().unwrap_or_default()), &target, self.progress));
            }
            self.place(target);
        }
        changes.sort_by_key(|change| change.at);
        changes
    }

    /// Whether all events up to this revision have been taken in.
    pub fn has_seen(&self, revision: u64) -> bool {
        revision <= self.revision
    }

    /// Takes in the release as it was read between two events.
    pub fn refresh(&mut self, release: Release) {
        if release.revision >= self.revision {
            self.status = release.status.clone();
            self.progress = release.progress;
        }
        self.release = release;
    }

    /// Takes in what failed or is unknown at the end.
    pub fn finish(&mut self, unwell: Vec<Target>) {
        self.status = self.release.status.clone();
        self.progress = self.release.progress;
        self.running.clear();
        self.unwell = unwell;
    }

    /// Takes in a line of output.
    pub fn write(&mut self, line: LogLine) {
        if let Some(running) = self.running.iter_mut().find(|running| running.target_id == line.target_id) {
            running.line = Some(line.text);
        }
    }

    /// Takes in that there is no connection.
    pub fn disconnected(&mut self, reason: String, retry_in: Duration) {
        let now = Instant::now();
        let since = self.away.as_ref().map_or(now, |away| away.since);
        self.away = Some(Away { reason, since, next_attempt: now + retry_in });
    }

    /// Takes in that there is a connection again.
    pub fn reconnected(&mut self) {
        self.away = None;
    }

    /// Notes that a start of a target, or its end, is shown. Returns whether it was not yet.
    fn show(&mut self, target: &Target, has_ended: bool) -> bool {
        let now = (target.attempt, has_ended);
        let shown = self.shown.entry(target.id.clone()).or_insert((0, false));
        let is_new = now > *shown;
        *shown = now.max(*shown);
        is_new
    }

    /// Puts a target where it belongs by its status.
    fn place(&mut self, target: Target) {
        match target.status {
            TargetStatus::Running => {
                let since = time(target.started_at.as_deref().unwrap_or_default());
                self.run(&target, since);
            }
            TargetStatus::Failed | TargetStatus::Unknown => {
                self.stop(&target);
                self.unwell.retain(|known| known.id != target.id);
                self.unwell.push(target);
            }
            _ => self.stop(&target),
        }
    }

    fn run(&mut self, target: &Target, since: Timestamp) {
        self.stop(target);
        let line = target.step().map(|step| format!("Step {}.", step.to_lowercase()));
        let running = Running { target_id: target.id.clone(), hostname: target.host.hostname.clone(), since, line };
        let place = self.running.partition_point(|other| other.since <= since);
        self.running.insert(place, running);
    }

    fn stop(&mut self, target: &Target) {
        self.running.retain(|running| running.target_id != target.id);
    }
}

/// What is shown as the status of a target whose instance became unhealthy during a soak.
const UNHEALTHY: &str = "UNHEALTHY";

/// The start of a target.
fn started(at: Timestamp, target: &Target, progress: Progress) -> Change {
    Change {
        at,
        hostname: Some(target.host.hostname.clone()),
        status: TargetStatus::Running.word().to_owned(),
        kind: None,
        step: None,
        exit_status: None,
        took: None,
        progress,
    }
}

/// A target as it is.
fn change(at: Timestamp, target: &Target, progress: Progress) -> Change {
    let status = target.status.word().to_owned();
    let exit_status = target.exit_status.filter(|status| *status != 0);
    Change { status, exit_status, took: took(target), ..started(at, target, progress) }
}

#[cfg(test)]
pub mod samples {
    //! Releases and targets for the tests of the views.

    use super::*;
    use lockkeeper_client::operations::wave::Wave;
    use serde_json::{Value, from_value, json};

    pub fn progress(total: u64, running: u64, succeeded: u64, failed: u64) -> Value {
        let queued = total - running - succeeded - failed;
        json!({
            "total": total, "queued": queued, "running": running, "succeeded": succeeded, "failed": failed,
            "canceled": 0, "unknown": 0, "skipped": 0,
        })
    }

    pub fn release(status: &str, progress: Value) -> Release {
        from_value(json!({
            "id": "rel_41", "status": status, "action": "UPGRADE", "reason": "", "executor": "web", "cursor": "c0",
            "revision": 1, "createdBy": "ana", "createdAt": "2026-11-28T16:00:00Z", "startedAt": "2026-11-28T16:00:01Z",
            "finishedAt": "2026-11-28T16:21:04Z", "service": { "name": "web" }, "targetVersion": { "name": "1.3.0" },
            "rollout": { "maxParallel": 10, "maxFailures": 3, "onFailure": "STOP", "timeoutSeconds": 600 },
            "progress": progress, "waves": [], "pause": null, "undoMessage": null,
            "followUps": { "nodes": [] },
        }))
        .unwrap()
    }

    /// A wave of `size` targets.
    pub fn wave(number: u64, size: u64, succeeded: u64, status: &str) -> Wave {
        from_value(json!({
            "number": number, "size": size, "status": status, "label": null, "soakUntil": "2026-11-28T16:40:00Z",
            "progress": { "succeeded": succeeded, "failed": 0, "canceled": 0, "unknown": 0 },
        }))
        .unwrap()
    }

    pub fn target(number: u32, status: &str) -> Target {
        let failed = status == "FAILED";
        from_value(json!({
            "id": format!("tgt_{number}"), "status": status, "attempt": 1,
            "failure": failed.then_some("COMMAND"), "message": failed.then_some("The command ended with exit status 3."),
            "exitStatus": if failed { Some(3) } else { None }, "startedAt": "2026-11-28T16:10:00Z",
            "finishedAt": (status != "RUNNING").then_some("2026-11-28T16:10:41Z"),
            "host": { "hostname": format!("host-{number}") }, "fromVersion": { "name": "1.2.0" },
            "toVersion": { "name": "1.3.0" }, "steps": [],
            "log": { "nodes": if failed {
                json!([{ "stream": "STDERR", "text": "rsync: No space left on device (28)" }, { "stream": "STDOUT", "text": "bye" }])
            } else { json!([]) } },
        }))
        .unwrap()
    }

    pub fn event(revision: u64, kind: &str, target: Option<Target>, progress: Value) -> ReleaseEvent {
        let mut event: ReleaseEvent = from_value(json!({
            "cursor": format!("c{revision}"), "kind": kind, "revision": revision, "status": "RUNNING",
            "at": "2026-11-28T16:18:02.5Z", "causedBy": "worker@a", "progress": progress, "target": null,
        }))
        .unwrap();
        event.target = target;
        event
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{event, progress, release, target};
    use super::*;
    use lockkeeper_client::operations::release::TargetStep;

    fn seen(change: &Change) -> (Option<&str>, &str) {
        (change.hostname.as_deref(), &change.status)
    }

    #[test]
    fn starts_and_ends_are_shown_once_each_in_their_order() {
        let mut model = Model::new(release("RUNNING", progress(2, 0, 0, 0)));
        let start = model.apply(event(2, "TARGET_STARTED", Some(target(1, "RUNNING")), progress(2, 1, 0, 0))).unwrap();
        assert_eq!(seen(&start), (Some("host-1"), "RUNNING"));
        assert_eq!(model.running.len(), 1);
        let end = event(3, "TARGET_FINISHED", Some(target(1, "FAILED")), progress(2, 0, 0, 1));
        let change = model.apply(end.clone()).unwrap();
        assert_eq!((seen(&change), change.exit_status), ((Some("host-1"), "FAILED"), Some(3)));
        assert_eq!(change.took, Some(Duration::from_secs(41)));
        assert_eq!((model.running.len(), model.unwell.len(), model.progress.done()), (0, 1, 1));
        assert_eq!(model.apply(end), None, "an event that comes again");
    }

    #[test]
    fn what_a_newer_server_tells_of_a_target_is_passed_over() {
        let mut model = Model::new(release("RUNNING", progress(2, 0, 0, 0)));
        for (revision, kind) in [(2, "TARGET_STEP"), (3, "TARGET_WHATEVER")] {
            assert_eq!(model.apply(event(revision, kind, Some(target(1, "RUNNING")), progress(2, 1, 0, 0))), None);
        }
        assert_eq!(model.progress.running, 1);
    }

    #[test]
    fn an_instance_that_becomes_unhealthy_in_a_soak_is_shown_and_its_target_stays_as_it_ended() {
        let mut model = Model::new(release("RUNNING", progress(2, 0, 1, 0)));
        let event = event(2, "TARGET_UNHEALTHY", Some(target(1, "SUCCEEDED")), progress(2, 0, 1, 0));
        assert_eq!(seen(&model.apply(event).unwrap()), (Some("host-1"), "UNHEALTHY"));
        assert!(model.running.is_empty() && model.unwell.is_empty());
    }

    #[test]
    fn a_step_is_shown_while_the_target_is_in_it_and_does_not_begin_it_anew() {
        let mut model = Model::new(release("RUNNING", progress(2, 0, 0, 0)));
        let running = || progress(2, 1, 0, 0);
        model.apply(event(2, "TARGET_STARTED", Some(target(1, "RUNNING")), running())).unwrap();
        let step = |name: &str, status: &str| TargetStep { name: name.to_owned(), status: status.to_owned() };
        let drained = Target { steps: vec![step("DRAIN", "RUNNING"), step("RUN", "WAITING")], ..target(1, "RUNNING") };
        let change = model.apply(event(3, "TARGET_STEP", Some(drained), running())).unwrap();
        assert_eq!((seen(&change), change.step.as_deref()), ((Some("host-1"), "RUNNING"), Some("drain")));
        assert_eq!(model.running[0].line.as_deref(), Some("Step drain."));
        assert_eq!(model.running[0].since, time("2026-11-28T16:10:00Z"));
        assert_eq!(model.apply(event(4, "TARGET_STEP", Some(target(1, "SUCCEEDED")), running())), None);
    }

    #[test]
    fn a_start_that_is_read_late_is_still_a_start() {
        let mut model = Model::new(release("RUNNING", progress(2, 0, 0, 0)));
        let change = model.apply(event(2, "TARGET_STARTED", Some(target(1, "SUCCEEDED")), progress(2, 1, 0, 0)));
        assert_eq!(seen(&change.unwrap()), (Some("host-1"), "RUNNING"));
        let change = model.apply(event(3, "TARGET_FINISHED", Some(target(1, "SUCCEEDED")), progress(2, 0, 1, 0)));
        assert_eq!(seen(&change.unwrap()), (Some("host-1"), "SUCCEEDED"));
        assert!(model.running.is_empty());
    }

    #[test]
    fn what_was_missed_is_shown_from_the_state_and_then_not_again() {
        let mut model = Model::new(release("RUNNING", progress(4, 0, 0, 0)));
        model.apply(event(2, "TARGET_STARTED", Some(target(1, "RUNNING")), progress(4, 1, 0, 0))).unwrap();
        let mut now = release("RUNNING", progress(4, 1, 1, 0));
        now.revision = 5;
        let targets = vec![target(1, "SUCCEEDED"), target(2, "RUNNING"), target(3, "SUCCEEDED"), target(4, "QUEUED")];
        let changes = model.catch_up(now, targets, 6);
        let seen_all: Vec<_> = changes.iter().map(seen).collect();
        assert_eq!(seen_all.len(), 3);
        for shown in [(Some("host-1"), "SUCCEEDED"), (Some("host-2"), "RUNNING"), (Some("host-3"), "SUCCEEDED")] {
            assert!(seen_all.contains(&shown), "{seen_all:?}");
        }
        // The third ended while the state was read.
        let late = event(6, "TARGET_FINISHED", Some(target(3, "SUCCEEDED")), progress(4, 1, 2, 0));
        assert_eq!(model.apply(late), None);
        let next = event(7, "TARGET_FINISHED", Some(target(2, "SUCCEEDED")), progress(4, 0, 3, 0));
        assert_eq!(seen(&model.apply(next).unwrap()), (Some("host-2"), "SUCCEEDED"));
    }
}
