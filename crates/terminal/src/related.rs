//! What a refusal is about. The API names it by ids; a person reads names, and a command that helps.

use crate::failure::{Failure, Problem};
use crate::session::Session;
use lockkeeper_client::operations::instance::Lock;
use lockkeeper_client::operations::related::{Related, RelatedData, RelatedNode, RelatedVariables};
use lockkeeper_client::operations::version::BuildStatus;

/// Ids that are looked up in one request.
const MAX_IDS: usize = 100;
/// Names in a message.
const MAX_NAMES: usize = 10;

/// Completes a refusal: the message names the instances and hosts that it is about, and a command helps with the version or
/// the release. All of that is looked up in one request.
pub async fn complete(session: &Session, failure: Failure) -> Failure {
    let is_about = |problem: &Problem| problem.code != "NOT_FOUND" && !problem.related_ids.is_empty();
    let Some(place) = failure.problems.iter().position(is_about) else { return failure };
    let ids = failure.problems[place].related_ids.iter().take(MAX_IDS).cloned().collect();
    match session.client.call::<Related>(&RelatedVariables { ids }).await {
        Ok(data) => completed(failure, place, &data),
        // Without the names, the failure is still what it is.
        Err(_) => failure,
    }
}

/// Whether the caller may let a release through all of these holds and freeze windows: their own, or any if it is an admin.
pub async fn may_pass(session: &Session, holds: &[String]) -> bool {
    let ids: Vec<String> = holds.iter().take(MAX_IDS).cloned().collect();
    let Ok(data) = session.client.call::<Related>(&RelatedVariables { ids }).await else { return false };
    passes(&data)
}

/// Whether the caller may let a release through all that was looked up, holds and freeze windows.
fn passes(data: &RelatedData) -> bool {
    let lets_through = |node: &Option<RelatedNode>| match node {
        Some(RelatedNode::Hold { created_by, .. } | RelatedNode::FreezeWindow { created_by }) => {
            data.viewer.role == "ADMIN" || *created_by == data.viewer.name
        }
        _ => false,
    };
    !data.nodes.is_empty() && data.nodes.iter().all(lets_through)
}

fn completed(mut failure: Failure, place: usize, data: &RelatedData) -> Failure {
    let problem = &mut failure.problems[place];
    let nodes = || data.nodes.iter().flatten();
    let unnamed = nodes().filter_map(|node| described(node, &problem.message));
    let mut names: Vec<String> = unnamed.collect();
    let more = names.len().saturating_sub(MAX_NAMES);
    names.truncate(MAX_NAMES);
    if more > 0 {
        names.push(format!("… {more} more"));
    }
    if !names.is_empty() {
        problem.message = format!("{} This is about {}.", problem.message, names.join(", "));
    }
    let code = problem.code.clone();
    failure.help = failure.help.take().or_else(|| nodes().find_map(|node| help(&code, node)));
    failure
}

/// An instance or a host that a message does not name.
fn described(node: &RelatedNode, message: &str) -> Option<String> {
    match node {
        RelatedNode::Instance { service, host, locks } if !message.contains(&host.hostname) => {
            let place = format!("{}/{}", service.name, host.hostname);
            Some(locks.first().map_or(place.clone(), |lock| format!("{place} ({})", locked(lock))))
        }
        RelatedNode::Host { hostname } if !message.contains(hostname) => Some(hostname.clone()),
        _ => None,
    }
}

/// What locks an instance, in short.
fn locked(lock: &Lock) -> String {
    match lock.is_release() {
        true => format!("locked by {}", lock.holder.id),
        false => format!("locked by {}: {}", lock.by, lock.reason),
    }
}

/// The command that helps with what a problem is about.
fn help(code: &str, node: &RelatedNode) -> Option<String> {
    match (code, node) {
        ("VERSION_NOT_BUILT" | "TAKEN", RelatedNode::Version { name, build_status, service }) => {
            let service = &service.name;
            match build_status {
                BuildStatus::Pending | BuildStatus::Building => {
                    Some(format!("lockkeeper version report {service} {name} --status succeeded --artifact …"))
                }
                _ => Some(format!("lockkeeper versions {service}")),
            }
        }
        ("VERSION_WITHDRAWN", RelatedNode::Version { name, service, .. }) => {
            Some(format!("lockkeeper reinstate {} {name}", service.name))
        }
        ("LOCKED" | "IN_USE" | "WRONG_STATE", RelatedNode::Release { id }) => Some(format!("lockkeeper watch {id}")),
        ("LOCKED" | "IN_USE" | "WRONG_STATE", RelatedNode::Instance { service, locks, .. }) => {
            let release = locks.iter().find(|lock| lock.is_release());
            let instances = || format!("lockkeeper instances {}", service.name);
            Some(release.map_or_else(instances, |lock| format!("lockkeeper watch {}", lock.holder.id)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::ExitStatus;
    use serde_json::{Value, json};

    fn refused(code: &str, nodes: Value) -> Failure {
        let data = json!({ "viewer": { "name": "ana", "role": "ADMIN" }, "nodes": nodes });
        let data: RelatedData = serde_json::from_value(data).unwrap();
        completed(Failure::new(ExitStatus::Refused, code, "It is so."), 0, &data)
    }

    #[test]
    fn instances_and_hosts_are_named_with_what_locks_them_and_not_without_end() {
        let lock = json!({ "reason": "", "by": "ana", "since": "", "until": null,
                           "holder": { "__typename": "Release", "id": "rel_15" } });
        let instance = |number: usize| {
            json!({ "__typename": "Instance", "service": { "name": "web" }, "host": { "hostname": format!("h{number}") },
                    "locks": [lock] })
        };
        let failure = refused("LOCKED", json!([instance(1), null, { "__typename": "Host", "hostname": "db" }]));
        assert_eq!(failure.message(), "It is so. This is about web/h1 (locked by rel_15), db.");
        assert_eq!(failure.help.as_deref(), Some("lockkeeper watch rel_15"));
        let failure = refused("LOCKED", (0..13).map(instance).collect());
        assert!(failure.message().ends_with("web/h9 (locked by rel_15), … 3 more."), "{}", failure.message());
        let unknown = refused("LOCKED", json!([{ "__typename": "Wave", "id": "wav_1" }]));
        assert_eq!(unknown.message(), "It is so.");
    }

    #[test]
    fn holds_are_passed_by_those_who_set_them_and_by_admins() {
        let hold = |by: &str| json!({ "__typename": "Hold", "id": "hld_1", "createdBy": by });
        let window = |by: &str| json!({ "__typename": "FreezeWindow", "createdBy": by });
        for (role, nodes, may_pass) in [
            ("OPERATOR", json!([hold("ana")]), true),
            ("OPERATOR", json!([hold("ana"), hold("bob")]), false),
            ("ADMIN", json!([hold("ana"), hold("bob")]), true),
            ("OPERATOR", json!([hold("ana"), window("bob")]), false),
            ("ADMIN", json!([hold("ana"), window("bob")]), true),
            ("ADMIN", json!([null]), false),
            ("ADMIN", json!([]), false),
        ] {
            let data = json!({ "viewer": { "name": "ana", "role": role }, "nodes": nodes });
            assert_eq!(passes(&serde_json::from_value(data).unwrap()), may_pass, "{role} {nodes}");
        }
    }

    #[test]
    fn the_command_puts_the_version_right() {
        let version = |status: &str| json!([{ "__typename": "Version", "name": "1", "buildStatus": status, "service": { "name": "mine" } }]);
        for (code, status, helps) in [
            ("VERSION_NOT_BUILT", "PENDING", "lockkeeper version report mine 1 --status succeeded --artifact …"),
            ("TAKEN", "PENDING", "lockkeeper version report mine 1 --status succeeded --artifact …"),
            ("TAKEN", "SUCCEEDED", "lockkeeper versions mine"),
            ("VERSION_NOT_BUILT", "FAILED", "lockkeeper versions mine"),
            ("VERSION_WITHDRAWN", "SUCCEEDED", "lockkeeper reinstate mine 1"),
        ] {
            assert_eq!(refused(code, version(status)).help.as_deref(), Some(helps), "{code} {status}");
        }
    }
}
