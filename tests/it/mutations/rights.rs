use crate::mutations::world::World;
use lockkeeper::domain::{Role, Word};
use serde_json::json;
use testkit::client::WITHOUT_INPUT;
use testkit::on_both;

/// Every mutation, with who may ask for it.
const RIGHTS: &[(&str, &[Role])] = &[
    ("createService", &[Role::Admin]),
    ("updateService", &[Role::Admin]),
    ("removeService", &[Role::Admin]),
    ("createHosts", &[Role::Admin]),
    ("updateHost", &[Role::Admin]),
    ("updateHosts", &[Role::Admin]),
    ("removeHost", &[Role::Admin]),
    ("removeHosts", &[Role::Admin]),
    ("createVersion", &[Role::Builder, Role::Admin]),
    ("reportBuild", &[Role::Builder, Role::Admin]),
    ("withdrawVersion", &[Role::Operator, Role::Admin]),
    ("reinstateVersion", &[Role::Operator, Role::Admin]),
    ("removeVersion", &[Role::Admin]),
    ("installInstances", &[Role::Operator, Role::Admin]),
    ("upgradeInstances", &[Role::Operator, Role::Admin]),
    ("revertInstances", &[Role::Operator, Role::Admin]),
    ("uninstallInstances", &[Role::Operator, Role::Admin]),
    ("cancelRelease", &[Role::Operator, Role::Admin]),
    ("pauseRelease", &[Role::Operator, Role::Admin]),
    ("resumeRelease", &[Role::Operator, Role::Admin]),
    ("undoRelease", &[Role::Operator, Role::Admin]),
    ("retryRelease", &[Role::Operator, Role::Admin]),
    ("updateInstance", &[Role::Operator, Role::Admin]),
    ("holdInstances", &[Role::Operator, Role::Admin]),
    ("endHolds", &[Role::Operator, Role::Admin]),
    ("holdHosts", &[Role::Operator, Role::Admin]),
    ("unholdHosts", &[Role::Operator, Role::Admin]),
    ("confirmInstance", &[Role::Operator, Role::Admin]),
    ("undrainInstances", &[Role::Operator, Role::Admin]),
    ("probeInstances", &[Role::Operator, Role::Admin]),
    ("confirmInstances", &[Role::Operator, Role::Admin]),
    ("adoptInstances", &[Role::Operator, Role::Admin]),
    ("freezeService", &[Role::Operator, Role::Admin]),
    ("unfreezeService", &[Role::Operator, Role::Admin]),
    ("freezeFleet", &[Role::Operator, Role::Admin]),
    ("unfreezeFleet", &[Role::Operator, Role::Admin]),
    ("createFreezeWindow", &[Role::Operator, Role::Admin]),
    ("removeFreezeWindow", &[Role::Operator, Role::Admin]),
    ("suspendFleet", &[Role::Admin]),
    ("resumeFleet", &[Role::Admin]),
];

/// An input that each mutation takes, and refuses as data: nothing is there yet.
fn input(mutation: &str) -> serde_json::Value {
    match mutation {
        "createService" => json!({ "name": "-", "executor": "sim" }),
        "createHosts" => json!({ "hosts": [] }),
        "updateHost" | "removeHost" => json!({ "hostId": "x" }),
        "updateHosts" => json!({ "hosts": [{ "host": "x" }] }),
        "createVersion" => json!({ "serviceId": "x", "name": "1" }),
        "reportBuild" => json!({ "versionId": "x", "status": "FAILED" }),
        "withdrawVersion" => json!({ "versionId": "x", "reason": "x" }),
        "reinstateVersion" | "removeVersion" => json!({ "versionId": "x" }),
        "installInstances" | "upgradeInstances" | "revertInstances" => {
            json!({ "serviceId": "x", "versionId": "x", "hosts": { "hostnames": ["x"] } })
        }
        "uninstallInstances" => json!({ "serviceId": "x", "hosts": { "all": true } }),
        "cancelRelease" | "pauseRelease" | "resumeRelease" | "undoRelease" | "retryRelease" => {
            json!({ "releaseId": "x" })
        }
        "updateInstance" => json!({ "instanceId": "x" }),
        "holdInstances" => json!({ "instanceIds": ["x"], "reason": "x" }),
        "holdHosts" => json!({ "hostnames": ["x"], "reason": "x" }),
        "removeHosts" | "unholdHosts" => json!({ "hostnames": ["x"] }),
        "confirmInstances" => json!({ "instances": [] }),
        "adoptInstances" => json!({ "serviceId": "x", "versionId": "x", "hosts": { "hostnames": ["x"] } }),
        "confirmInstance" => json!({ "instanceId": "x", "found": { "nothing": true } }),
        "endHolds" | "undrainInstances" | "probeInstances" => json!({ "instanceIds": ["x"] }),
        "freezeService" => json!({ "serviceId": "x", "reason": "x" }),
        "freezeFleet" | "suspendFleet" => json!({ "reason": "" }),
        "createFreezeWindow" => json!({ "timeZone": "x", "days": [], "from": "x", "to": "x", "reason": "x" }),
        "removeFreezeWindow" => json!({ "freezeWindowId": "x" }),
        _ => json!({ "serviceId": "x" }),
    }
}

async fn every_mutation_is_for_its_roles_alone(kind: &str) {
    let world = World::empty(kind).await;
    let fields = world.read("{ __schema { mutationType { fields { name } } } }").await;
    let mut all: Vec<_> = RIGHTS.iter().map(|(name, _)| json!({ "name": name })).collect();
    let mut there = fields["__schema"]["mutationType"]["fields"].as_array().unwrap().clone();
    for list in [&mut all, &mut there] {
        list.sort_by_key(ToString::to_string);
    }
    assert_eq!(all, there);
    for (role, ..) in Role::ALL {
        let queries: &[&str] = match role {
            Role::Admin => &["audit", "server"],
            Role::Operator => &["server"],
            Role::Builder | Role::Viewer => &[],
        };
        let mutations = RIGHTS.iter().filter(|(_, roles)| roles.contains(role)).map(|(mutation, _)| *mutation);
        let mut expected: Vec<&str> = mutations.chain(queries.iter().copied()).collect();
        expected.sort_unstable();
        let response = world.ask(*role, "{ viewer { permissions } }", json!({})).await;
        assert_eq!(response["data"]["viewer"]["permissions"], json!(expected), "{role}");
    }
    for (mutation, roles) in RIGHTS {
        for (role, ..) in Role::ALL {
            let response = world.send(*role, mutation, "userErrors { code }", input(mutation)).await;
            if roles.contains(role) && WITHOUT_INPUT.contains(mutation) {
                assert_eq!(response["data"][mutation]["userErrors"], json!([]), "{role} {response}");
            } else if roles.contains(role) {
                assert!(response["data"][mutation]["userErrors"][0]["code"].is_string(), "{role} {response}");
            } else {
                let error = &response["errors"][0];
                let expected = json!({ "code": "FORBIDDEN", "requestId": "req-1" });
                assert_eq!(error["extensions"], expected, "{role} {mutation}");
                assert_eq!((&error["path"], &response["data"][mutation]), (&json!([mutation]), &json!(null)));
            }
        }
    }
}
on_both!(every_mutation_is_for_its_roles_alone);
