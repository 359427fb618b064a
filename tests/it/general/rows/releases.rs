//! Releases with their targets, what they left out, and their output.

use super::{any, id_of, maybe, time, who};
use crate::general::world::{Cell, Row, World, cell, int, is_null};
use std::collections::HashSet;
use testkit::choices::Choices;
use testkit::rows;

/// A release of one service, with its targets, with what it left out, and its output.
pub fn release(world: &mut World, choices: &mut Choices, id: i64, open: &mut HashSet<i64>) {
    let instances = world.rows("instance").to_vec();
    if instances.is_empty() {
        return;
    }
    let service = int(choices.pick(&instances), "service_id").expect("an instance is of a service");
    let mut taken = Vec::new();
    let mut skipped = Vec::new();
    for instance in instances.iter().filter(|row| int(row, "service_id") == Some(service)) {
        let number = int(instance, "id").unwrap_or_default();
        let finals = ["SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"];
        match choices.below(4) {
            0 if !taken.is_empty() => skipped.push(number),
            1 if open.insert(number) => taken.push((instance.clone(), *choices.pick(&["QUEUED", "RUNNING"]))),
            _ => taken.push((instance.clone(), *choices.pick(&finals))),
        }
    }
    let count = |status: &str| taken.iter().filter(|target| target.1 == status).count() as i64;
    let (queued, running, failed) = (count("QUEUED"), count("RUNNING"), count("FAILED") + count("UNKNOWN"));
    let total = taken.len() as i64;
    let status = match (queued + running, failed, count("CANCELED")) {
        (0, 0, 0) => "SUCCEEDED",
        (0, 0, _) => "CANCELED",
        (0, _, _) => "FAILED",
        _ if queued + count("CANCELED") == total => "PENDING",
        _ => "RUNNING",
    };
    let of_it = |row: &&Row| int(row, "service_id") == Some(service) && !is_null(row, "artifact");
    let versions: Vec<Row> = world.rows("version").iter().filter(of_it).cloned().collect();
    let target_version = if versions.is_empty() { None } else { int(choices.pick(&versions), "id") };
    let parents = world.rows("release").to_vec();
    let parent = if parents.is_empty() || choices.one_in(2) { None } else { int(choices.pick(&parents), "id") };
    let canceled = maybe(choices, 3);
    let why = if canceled == Cell::Null { Cell::Null } else { any(choices) };
    let undo = choices.one_in(2);
    let no_undo = if choices.one_in(2) { any(choices) } else { Cell::Null };
    let label_key = *choices.pick(&[None, Some("rack"), Some("zone")]);
    let finished = if queued + running == 0 { time(choices) } else { Cell::Null };
    world.add(rows::release(id, service, target_version, total).with(row! { "action": *choices.pick(&["UPGRADE", "REVERT"]), "origin": *choices.pick(&["REQUEST", "RETRY"]), "parent_id": parent,
        "max_parallel": 1 + choices.below(9) as i64, "max_failures": choices.below(9) as i64,
        "max_unreachable": choices.below(9) as i64, "deadline_seconds": 1 + choices.below(99) as i64,
        "deadline_at": time(choices), "target_order": *choices.pick(&["BY_HOSTNAME", "UNHEALTHY_FIRST"]),
        "label_key": label_key, "label_count": label_key.map(|_| 1 + choices.below(2) as i64),
        "wave": 1 + choices.below(2) as i64, "soaks_until": maybe(choices, 3),
        "unreachable": choices.below(count("FAILED") as usize + 1) as i64,
        "unhealthy": choices.below(count("SUCCEEDED") as usize + 1) as i64,
        "on_failure": *choices.pick(&["STOP", "CONTINUE", "UNDO"]), "withdraw_on_undo": choices.one_in(2), "status": status,
        "reason": any(choices), "idempotency_key": *choices.pick(&[None, Some("k1"), Some("k2")]),
        "created_at": time(choices), "created_by": who(choices), "started_at": maybe(choices, 2),
        "cancel_requested_at": canceled, "cancel_reason": why, "stopped_at": maybe(choices, 3), "finished_at": finished,
        "undo_requested_by": undo.then_some("ann"), "undo_credential": undo.then_some("token 1"),
        "undo_message": no_undo,
        "revision": 1 + choices.below(9) as i64, "position": choices.below(20) as i64,
        "queued": queued, "running": running, "succeeded": count("SUCCEEDED"), "failed": count("FAILED"),
        "canceled": count("CANCELED"), "unknown": count("UNKNOWN"), "skipped": skipped.len() as i64 }));
    let first = 1 + choices.below(total as usize) as i64;
    waves(world, choices, (id, service), &[first, total - first]);
    for (i, (instance, status)) in taken.iter().enumerate() {
        target(world, choices, (id, i as i64 + 1), instance, status, target_version);
    }
    for (i, instance) in skipped.into_iter().enumerate() {
        skip(world, choices, id * 100 + i as i64, id, instance);
    }
    output(world, choices, id);
}

fn target(
    world: &mut World,
    choices: &mut Choices,
    (release, ordinal): (i64, i64),
    instance: &Row,
    status: &str,
    to: Option<i64>,
) {
    let begun = !matches!(status, "QUEUED" | "CANCELED");
    let open = matches!(status, "QUEUED" | "RUNNING");
    let workers = world.rows("worker").to_vec();
    let worker = if status != "RUNNING" || workers.is_empty() { None } else { int(choices.pick(&workers), "id") };
    let failure = (status == "FAILED").then_some(*choices.pick(&["COMMAND", "TIMED_OUT", "STOPPED"]));
    let row = rows::target(release, ordinal, id_of(instance), to).with(row! {
    "id": release * 100 + ordinal, "wave": 1 + choices.below(2) as i64, "host_id": int(instance, "host_id"),
    "from_version_id": int(instance, "version_id"), "shares_host": true, "status": status,
    "attempt": if begun { 1 + choices.below(2) as i64 } else { 0 }, "step": begun.then_some("RUN"),
    "failure": failure, "worker_id": worker,
    "message": failure.map(|_| any(choices)), "exit_status": failure.map(|_| choices.below(256) as i64),
    "started_at": begun.then(|| time(choices)), "finished_at": (!open).then(|| time(choices)) });
    world.add_known(row, [("hostname", cell(instance, "hostname"))]);
    if begun {
        steps(world, choices, release * 100 + ordinal);
    }
}

fn steps(world: &mut World, choices: &mut Choices, target: i64) {
    for (place, name) in (1..).zip(["DRAIN", "RUN", "UNDRAIN"]) {
        let status = *choices.pick(&["WAITING", "RUNNING", "SUCCEEDED", "FAILED", "UNKNOWN", "SKIPPED"]);
        let begun = !matches!(status, "WAITING" | "SKIPPED");
        let over = begun && status != "RUNNING";
        world.add(rows::step(target * 10 + place, target, name).with(row! { "status": status,
        "message": choices.one_in(2).then(|| any(choices)), "started_at": begun.then(|| time(choices)),
        "finished_at": over.then(|| time(choices)) }));
    }
}

/// The waves of a release of some labels' hosts, as many as have a target, and the labels that go first.
fn waves(world: &mut World, choices: &mut Choices, (release, service): (i64, i64), sizes: &[i64]) {
    for (number, size) in (1..).zip(sizes).filter(|(_, size)| **size > 0) {
        let succeeded = choices.below(*size as usize + 1) as i64;
        let key = *choices.pick(&[None, Some("zone")]);
        let value = key.map(|_| format!("z{service}"));
        world.add(rows::wave(release, number, *size).with(
            row! { "max_failures": *choices.pick(&[None, Some(0), Some(3)]),
            "soak_seconds": choices.below(99) as i64, "pause_after": choices.one_in(2), "key": key, "value": value,
            "soak_until": maybe(choices, 2), "queued": size - succeeded, "succeeded": succeeded },
        ));
    }
    for place in 1..=choices.below(3) as i64 {
        world.add(rows::first_label(release, place, "rack", &format!("r{place}")));
    }
}

fn skip(world: &mut World, choices: &mut Choices, id: i64, release: i64, instance: i64) {
    let reason = *choices.pick(&["LOCKED", "NOT_NEWER"]);
    world.add(rows::skip(id, release, instance).set("reason", reason));
    for i in 0..choices.below(3) as i64 {
        let holds = world.rows("hold").to_vec();
        let hold = if holds.is_empty() || choices.one_in(2) { None } else { int(choices.pick(&holds), "id") };
        let holder = if hold.is_some() { None } else { Some(release) };
        world.add(rows::skip_lock(id * 10 + i, id, hold).set("holder_release_id", holder));
    }
}

fn output(world: &mut World, choices: &mut Choices, release: i64) {
    let of_it = |row: &&Row| int(row, "release_id") == Some(release);
    let targets: Vec<Row> = world.rows("release_target").iter().filter(of_it).cloned().collect();
    for place in 1..=choices.below(8) as i64 {
        let target = choices.pick(&targets).clone();
        world.add(
            rows::output(release, place, id_of(&target), "")
                .with(row! { "stream": *choices.pick(&["STDOUT", "STDERR", "SYSTEM"]), "text": any(choices),
                "at": time(choices) }),
        );
    }
}
