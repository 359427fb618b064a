//! What would happen, in lines to agree to.

use super::request::{Request, What};
use crate::output::Output;
use crate::watching::length;
use jiff::Timestamp;
use lockkeeper_client::operations::instance::Lock;
use lockkeeper_client::operations::release::ReleaseAction;
use lockkeeper_client::operations::start::{Plan, PlannedWave, SkipReason, Skipped, Started};
use std::collections::BTreeSet;
use std::time::Duration;

/// Versions that are named one by one.
const MAX_VERSIONS: usize = 3;
/// Instances that are left out are named up to this many.
const MAX_SKIPPED: usize = 10;
/// Waves are described up to this many.
const MAX_WAVES: usize = 10;

/// The plan of a release: what moves, how, and what is left out.
pub fn lines(request: &Request, dry: &Started, output: &Output) -> Vec<String> {
    let mut lines = vec![format!("{}{}", moves(request, dry), pace(dry))];
    lines.extend(dry.plan.as_ref().and_then(waves));
    lines.extend(left_out(&dry.skipped, dry.skipped_count, output));
    lines
}

/// `web 1.2.0 → 1.3.0 on 37 of 40 instances`
fn moves(request: &Request, dry: &Started) -> String {
    let Request { service, .. } = request;
    let count = dry.accepted_count;
    let what = if count == 1 { "instance" } else { "instances" };
    let of = match dry.skipped_count {
        0 => format!("{count} {what}"),
        skipped => format!("{count} of {} instances", count + skipped),
    };
    let selected = match &request.what {
        What::Selected(selected) => selected,
        What::FollowUp { earlier, .. } => {
            let (id, action) = (&earlier.id, earlier.action.word().to_lowercase());
            let version = earlier.target_version.as_ref().map(|version| format!(" {}", version.name));
            let version = version.unwrap_or_default();
            return format!("{} of {id} ({action} {service}{version}) on {of}", request.verb());
        }
    };
    let version = selected.version.as_deref().unwrap_or_default();
    match selected.action {
        ReleaseAction::Install => {
            format!("{service} {version} on {count} {}", if count == 1 { "host" } else { "hosts" })
        }
        ReleaseAction::Uninstall => format!("{service}: removed on {of}"),
        _ => format!("{service} {}→ {version} on {of}", from(dry)),
    }
}

/// The versions that run now.
fn from(dry: &Started) -> String {
    let names = dry.accepted.iter().filter_map(|instance| Some(instance.version.as_ref()?.name.as_str()));
    let names: BTreeSet<&str> = names.collect();
    match names.len() {
        0 => String::new(),
        count if count > MAX_VERSIONS => format!("{count} versions "),
        _ => format!("{} ", names.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

/// How fast it goes and when it stops.
fn pace(dry: &Started) -> String {
    let Some(Plan { rollout: pace, .. }) = &dry.plan else { return String::new() };
    let stops = match (pace.on_failure.as_str(), pace.max_failures) {
        ("STOP", 0) => "stops when one fails".to_owned(),
        ("STOP", failures) if failures < dry.accepted_count => format!("stops when more than {failures} fail"),
        ("PAUSE", 0) => "pauses when one fails".to_owned(),
        ("PAUSE", failures) if failures < dry.accepted_count => format!("pauses when more than {failures} fail"),
        ("UNDO", 0) => "is undone when one fails".to_owned(),
        ("UNDO", failures) if failures < dry.accepted_count => format!("is undone when more than {failures} fail"),
        _ => "goes on when some fail".to_owned(),
    };
    // A single one neither waits for others nor stops them.
    match dry.accepted_count {
        1 => String::new(),
        count => format!(", {} at a time; {stops}", pace.max_parallel.min(count)),
    }
}

/// `  3 waves    2 then a pause, 8 then a soak of 5:00, 30; at worst 14 fail`
fn waves(plan: &Plan) -> Option<String> {
    let count = plan.waves.len();
    if count < 2 {
        return None;
    }
    let mut parts: Vec<String> = plan.waves.iter().take(MAX_WAVES).map(wave).collect();
    if count > MAX_WAVES {
        parts.push(format!("… {} more", count - MAX_WAVES));
    }
    let worst = plan.worst_case_failures;
    let total: u64 = plan.waves.iter().map(|wave| wave.size).sum();
    let worst = if worst < total { format!("; at worst {worst} fail") } else { String::new() };
    Some(format!("  {count} waves    {}{worst}", parts.join(", ")))
}

fn wave(wave: &PlannedWave) -> String {
    let label = wave.label.as_ref().map_or_else(String::new, |label| format!(" ({}={})", label.key, label.value));
    let soak = (wave.soak_seconds > 0).then(|| format!("a soak of {}", length(Duration::from_secs(wave.soak_seconds))));
    let pause = wave.pause_after.then(|| "a pause".to_owned());
    let then: Vec<String> = soak.into_iter().chain(pause).collect();
    let then = if then.is_empty() { String::new() } else { format!(" then {}", then.join(" and ")) };
    format!("{}{label}{then}", wave.size)
}

/// What deserves attention. That versions differ is said by the versions themselves.
pub fn warnings(dry: &Started) -> impl Iterator<Item = &str> {
    let warnings = dry.plan.iter().flat_map(|plan| &plan.warnings);
    warnings.filter(|warning| warning.code != "MIXED_VERSIONS").map(|warning| warning.message.as_str())
}

/// `  left out   host-31 (locked by ana: kernel work, until 18:00), db-07 (unknown)`
pub fn left_out(skipped: &[Skipped], count: u64, output: &Output) -> Option<String> {
    if skipped.is_empty() {
        return None;
    }
    let named = skipped.iter().take(MAX_SKIPPED);
    let mut parts: Vec<_> =
        named.map(|skipped| format!("{} ({})", skipped.instance.host.hostname, why(skipped, output))).collect();
    let more = count.saturating_sub(parts.len() as u64);
    if more > 0 {
        parts.push(format!("… {more} more"));
    }
    Some(format!("  left out   {}", parts.join(", ")))
}

/// Why an instance is left out.
pub fn why(skipped: &Skipped, output: &Output) -> String {
    let version = skipped.instance.version.as_ref().map_or("no version", |version| version.name.as_str());
    match &skipped.reason {
        SkipReason::Locked => match skipped.locks.first() {
            Some(lock) => locked(lock, output),
            None => "locked".to_owned(),
        },
        SkipReason::AlreadyAtVersion => format!("is at {version}"),
        SkipReason::UnknownState => "unknown".to_owned(),
        SkipReason::NotNewer => format!("is at {version}, which is newer"),
        SkipReason::NotOlder => format!("is at {version}, which is older"),
        SkipReason::NotInstalled => "is not installed".to_owned(),
        SkipReason::VersionUnavailable => format!("is at {version}, which is no longer available"),
        SkipReason::MovedSince => "has moved since".to_owned(),
        SkipReason::Other(word) => word.to_lowercase().replace('_', " "),
    }
}

/// What locks an instance.
fn locked(lock: &Lock, output: &Output) -> String {
    if lock.is_release() {
        return format!("locked by {}", lock.holder.id);
    }
    let until = lock.until.as_deref().and_then(|until| until.parse().ok());
    let until = until.map(|until| format!(", until {}", output.clock.show_near(until, Timestamp::now())));
    format!("locked by {}: {}{}", lock.by, lock.reason, until.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn plan(waves: Value, worst: u64) -> Plan {
        serde_json::from_value(json!({
            "rollout": { "maxParallel": 10, "maxFailures": 4, "onFailure": "STOP" }, "waves": waves, "worstCaseFailures": worst,
            "warnings": [], "targets": { "nodes": [], "pageInfo": {} },
        }))
        .unwrap()
    }

    fn planned(size: u64, soak: u64, pause: bool, label: Value) -> Value {
        json!({ "number": 1, "size": size, "maxFailures": null, "soakSeconds": soak, "pauseAfter": pause, "label": label })
    }

    #[test]
    fn the_waves_of_a_plan_are_a_line() {
        let zone = json!({ "key": "zone", "value": "a" });
        let waves_of = |sizes: Value, worst| waves(&plan(sizes, worst));
        assert_eq!(waves_of(json!([planned(40, 0, false, Value::Null)]), 14), None);
        let three = json!([
            planned(2, 300, true, zone),
            planned(8, 300, false, Value::Null),
            planned(30, 0, false, Value::Null)
        ]);
        let line =
            "  3 waves    2 (zone=a) then a soak of 5:00 and a pause, 8 then a soak of 5:00, 30; at worst 14 fail";
        assert_eq!(waves_of(three, 14).as_deref(), Some(line));
        let twelve: Vec<Value> = (0..12).map(|_| planned(1, 0, false, Value::Null)).collect();
        assert!(waves_of(json!(twelve), 12).unwrap().ends_with("1, 1, … 2 more"));
    }
}
