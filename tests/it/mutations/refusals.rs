//! Bad input: each gets a typed problem that names the field, and nothing changes.

use crate::mutations::world::World;
use lockkeeper::domain::Role;
use serde_json::{Value, json};
use testkit::on_both;

fn to(version: &str, hosts: Value) -> Value {
    json!({ "serviceId": "svc_1", "versionId": version, "hosts": hosts })
}

/// Sends what is wrong, and sees that nothing changed.
async fn refused(kind: &str, cases: &[(&str, Value, &[&str])]) {
    let world = World::with_fleet(kind).await;
    let before = world.place().await;
    for (mutation, input, expected) in cases {
        assert_eq!(world.wrong(mutation, input.clone()).await, *expected, "{mutation} {input}");
    }
    assert_eq!(world.place().await, before);
}

async fn r4_what_is_unknown_or_of_another_kind_is_reported_with_its_id(kind: &str) {
    let all = json!({ "all": true });
    refused(
        kind,
        &[
            ("updateService", json!({ "serviceId": "svc_99" }), &["NOT_FOUND input.serviceId svc_99"]),
            ("removeService", json!({ "serviceId": "web" }), &["NOT_FOUND input.serviceId web"]),
            ("freezeService", json!({ "serviceId": "hst_1", "reason": "x" }), &["WRONG_TYPE input.serviceId hst_1"]),
            (
                "unfreezeService",
                json!({ "serviceId": "svc_1", "holdIds": ["hld_99"] }),
                &["NOT_FOUND input.holdIds hld_99"],
            ),
            ("updateHost", json!({ "hostId": "hst_99" }), &["NOT_FOUND input.hostId hst_99"]),
            ("removeHost", json!({ "hostId": "ins_1" }), &["WRONG_TYPE input.hostId ins_1"]),
            ("createVersion", json!({ "serviceId": "svc_99", "name": "9" }), &["NOT_FOUND input.serviceId svc_99"]),
            (
                "reportBuild",
                json!({ "versionId": "ver_99", "status": "BUILDING" }),
                &["NOT_FOUND input.versionId ver_99"],
            ),
            ("withdrawVersion", json!({ "versionId": "svc_1", "reason": "x" }), &["WRONG_TYPE input.versionId svc_1"]),
            ("reinstateVersion", json!({ "versionId": "" }), &["NOT_FOUND input.versionId"]),
            ("removeVersion", json!({ "versionId": "ver_01" }), &["NOT_FOUND input.versionId ver_01"]),
            ("updateInstance", json!({ "instanceId": "ins_99" }), &["NOT_FOUND input.instanceId ins_99"]),
            (
                "holdInstances",
                json!({ "instanceIds": ["ins_1", "ins_99"], "reason": "x" }),
                &["NOT_FOUND input.instanceIds ins_99"],
            ),
            ("endHolds", json!({ "instanceIds": ["svc_1"] }), &["WRONG_TYPE input.instanceIds svc_1"]),
            ("endHolds", json!({ "holdIds": ["ins_1"] }), &["WRONG_TYPE input.holdIds ins_1"]),
            (
                "confirmInstance",
                json!({ "instanceId": "ins_99", "found": { "nothing": true } }),
                &["NOT_FOUND input.instanceId ins_99"],
            ),
            ("cancelRelease", json!({ "releaseId": "rel_99" }), &["NOT_FOUND input.releaseId rel_99"]),
            ("cancelRelease", json!({ "releaseId": "tgt_1" }), &["WRONG_TYPE input.releaseId tgt_1"]),
            ("undoRelease", json!({ "releaseId": "rel_99" }), &["NOT_FOUND input.releaseId rel_99"]),
            ("retryRelease", json!({ "releaseId": "tgt_1" }), &["WRONG_TYPE input.releaseId tgt_1"]),
            (
                "upgradeInstances",
                json!({ "serviceId": "svc_99", "versionId": "ver_99", "hosts": all }),
                &["NOT_FOUND input.serviceId svc_99", "NOT_FOUND input.versionId ver_99"],
            ),
            ("revertInstances", to("ins_1", all.clone()), &["WRONG_TYPE input.versionId ins_1"]),
            (
                "uninstallInstances",
                json!({ "serviceId": "svc_1", "hosts": { "hostnames": ["h1", "h9"] } }),
                &["NOT_FOUND input.hosts.hostnames h9"],
            ),
            (
                "upgradeInstances",
                to("ver_3", json!({ "hostIds": ["hst_1", "hst_9", "svc_1"] })),
                &["WRONG_TYPE input.hosts.hostIds svc_1", "NOT_FOUND input.hosts.hostIds hst_9"],
            ),
        ],
    )
    .await;
}
on_both!(r4_what_is_unknown_or_of_another_kind_is_reported_with_its_id);

async fn r1_r2_a_version_that_cannot_be_the_target_is_refused(kind: &str) {
    let world = World::with_fleet(kind).await;
    world.done("withdrawVersion", json!({ "versionId": "ver_3", "reason": "bad" })).await;
    world.done("removeVersion", json!({ "versionId": "ver_1" })).await;
    let all = json!({ "all": true });
    for (mutation, version, expected) in [
        ("upgradeInstances", "ver_4", "VERSION_NOT_BUILT input.versionId ver_4"),
        ("upgradeInstances", "ver_3", "VERSION_WITHDRAWN input.versionId ver_3"),
        ("upgradeInstances", "ver_5", "OTHER_SERVICE input.versionId ver_5"),
        ("revertInstances", "ver_1", "NOT_FOUND input.versionId ver_1"),
    ] {
        assert_eq!(world.wrong(mutation, to(version, all.clone())).await, [expected]);
    }
    let mut input = to("ver_4", all);
    input["currentVersionId"] = json!("ver_5");
    let expected = ["OTHER_SERVICE input.currentVersionId ver_5", "VERSION_NOT_BUILT input.versionId ver_4"];
    assert_eq!(world.wrong("upgradeInstances", input).await, expected);
}
on_both!(r1_r2_a_version_that_cannot_be_the_target_is_refused);

async fn r7_the_wrong_direction_moves_nothing(kind: &str) {
    refused(
        kind,
        &[
            ("upgradeInstances", to("ver_1", json!({ "all": true })), &["NOTHING_TO_RELEASE input.hosts"]),
            ("revertInstances", to("ver_3", json!({ "hostnames": ["h1"] })), &["NOTHING_TO_RELEASE input.hosts"]),
        ],
    )
    .await;
}
on_both!(r7_the_wrong_direction_moves_nothing);

async fn r5_r6_a_selection_that_chooses_nothing_or_something_twice_is_refused(kind: &str) {
    let many: Vec<_> = (0..10_001).map(|number| format!("h{number}")).collect();
    refused(
        kind,
        &[
            ("upgradeInstances", to("ver_3", json!({ "all": false })), &["INVALID input.hosts.all"]),
            ("upgradeInstances", to("ver_3", json!({ "hostIds": [] })), &["REQUIRED input.hosts.hostIds"]),
            ("upgradeInstances", to("ver_3", json!({ "hostnames": [] })), &["REQUIRED input.hosts.hostnames"]),
            ("upgradeInstances", to("ver_3", json!({ "labels": [] })), &["REQUIRED input.hosts.labels"]),
            (
                "upgradeInstances",
                to("ver_3", json!({ "hostnames": ["h1", "h2", "h1"] })),
                &["INVALID input.hosts.hostnames h1"],
            ),
            ("upgradeInstances", to("ver_3", json!({ "hostnames": many })), &["INVALID input.hosts.hostnames"]),
            (
                "upgradeInstances",
                to("ver_3", json!({ "labels": [{ "key": "disk", "value": "none" }] })),
                &["NOTHING_TO_RELEASE input.hosts"],
            ),
            ("installInstances", to("ver_3", json!({ "all": true })), &["INVALID input.hosts.all"]),
            (
                "installInstances",
                to("ver_3", json!({ "hostnames": ["h1"] })),
                &["HOST_ALREADY_DEPLOYED input.hosts.hostnames hst_1"],
            ),
            ("createHosts", json!({ "hosts": [] }), &["REQUIRED input.hosts"]),
            ("holdInstances", json!({ "instanceIds": [], "reason": "x" }), &["REQUIRED input.instanceIds"]),
            ("endHolds", json!({}), &["REQUIRED"]),
        ],
    )
    .await;
}
on_both!(r5_r6_a_selection_that_chooses_nothing_or_something_twice_is_refused);

async fn names_that_are_empty_too_long_begin_with_a_hyphen_or_hold_control_characters_are_refused(kind: &str) {
    let bad = ["x".repeat(254), "-x".to_owned(), "x\0".to_owned(), "x\n".to_owned(), "x y".to_owned()];
    let world = World::empty(kind).await;
    world.done("createService", json!({ "name": "web", "executor": "sim" })).await;
    let inputs = |name: &str| {
        [
            ("createService", json!({ "name": name, "executor": "sim" }), "name"),
            ("createVersion", json!({ "serviceId": "svc_1", "name": name }), "name"),
            ("createHosts", json!({ "hosts": [{ "hostname": name, "address": "::1" }] }), "hosts"),
        ]
    };
    for name in &bad {
        for (mutation, input, field) in inputs(name) {
            let payload = world.mutate(mutation, "__typename", input).await;
            let expected = (&payload["userErrors"][0]["code"], &payload["userErrors"][0]["field"]);
            assert_eq!(expected, (&json!("INVALID"), &json!(["input", field])), "{mutation} {name:?}");
        }
    }
    for (mutation, input, field) in inputs("") {
        assert_eq!(world.wrong(mutation, input).await[0].trim(), format!("REQUIRED input.{field}"));
    }
}
on_both!(names_that_are_empty_too_long_begin_with_a_hyphen_or_hold_control_characters_are_refused);

async fn r3_what_is_in_use_is_not_removed_and_what_is_there_is_not_made_again(kind: &str) {
    let users = "ins_1 ins_2 ins_3";
    refused(
        kind,
        &[
            ("removeService", json!({ "serviceId": "svc_1" }), &[&format!("IN_USE input.serviceId {users}")]),
            ("removeVersion", json!({ "versionId": "ver_2" }), &[&format!("IN_USE input.versionId {users}")]),
            ("removeHost", json!({ "hostId": "hst_1" }), &["IN_USE input.hostId ins_1"]),
            ("createService", json!({ "name": "web", "executor": "sim" }), &["TAKEN input.name svc_1"]),
            ("createVersion", json!({ "serviceId": "svc_1", "name": "3" }), &["TAKEN input.name ver_3"]),
            ("createHosts", json!({ "hosts": [{ "hostname": "h2", "address": "::1" }] }), &["TAKEN input.hosts hst_2"]),
        ],
    )
    .await;
}
on_both!(r3_what_is_in_use_is_not_removed_and_what_is_there_is_not_made_again);

async fn values_out_of_their_range_are_refused(kind: &str) {
    let mut rollout = to("ver_3", json!({ "all": true }));
    rollout["rollout"] =
        json!({ "maxParallel": { "count": 0 }, "maxFailures": { "percent": 101 }, "timeoutSeconds": 0 });
    rollout["expectedCount"] = json!(-1);
    rollout["reason"] = json!("x".repeat(1001));
    refused(
        kind,
        &[
            ("createService", json!({ "name": "new", "executor": "nowhere" }), &["UNKNOWN_EXECUTOR input.executor"]),
            (
                "updateService",
                json!({ "serviceId": "svc_1", "executor": "nowhere" }),
                &["UNKNOWN_EXECUTOR input.executor"],
            ),
            (
                "createVersion",
                json!({ "serviceId": "svc_1", "name": "9", "buildStatus": "SUCCEEDED" }),
                &["REQUIRED input.artifact"],
            ),
            (
                "reportBuild",
                json!({ "versionId": "ver_2", "status": "FAILED" }),
                &["WRONG_STATE input.versionId ver_2"],
            ),
            (
                "updateInstance",
                json!({ "instanceId": "ins_1", "port": 0, "weight": -1 }),
                &["INVALID input.port", "INVALID input.weight"],
            ),
            (
                "updateInstance",
                json!({ "instanceId": "ins_1", "expectedRevision": 1 }),
                &["STALE input.expectedRevision ins_1"],
            ),
            (
                "confirmInstance",
                json!({ "instanceId": "ins_1", "found": { "nothing": false }, "expectedRevision": 1 }),
                &["STALE input.expectedRevision ins_1", "INVALID input.found.nothing"],
            ),
            (
                "holdInstances",
                json!({ "instanceIds": ["ins_1"], "reason": "", "until": "2020-01-01T00:00:00Z" }),
                &["REQUIRED input.reason", "INVALID input.until"],
            ),
            (
                "upgradeInstances",
                rollout,
                &[
                    "INVALID input.rollout.maxParallel",
                    "INVALID input.rollout.maxFailures",
                    "INVALID input.rollout.timeoutSeconds",
                    "INVALID input.reason",
                    "INVALID input.expectedCount",
                ],
            ),
        ],
    )
    .await;
}
on_both!(values_out_of_their_range_are_refused);

async fn an_input_that_does_not_fit_the_schema_is_a_bad_request_and_changes_nothing(kind: &str) {
    let world = World::with_fleet(kind).await;
    let before = world.place().await;
    for (mutation, input) in [
        ("createService", json!({ "name": "new" })),
        ("createService", json!({ "name": "new", "executor": null })),
        ("createService", json!({ "name": "new", "executor": "sim", "colour": "red" })),
        ("reportBuild", json!({ "versionId": "ver_4", "status": "DONE" })),
        ("holdInstances", json!({ "instanceIds": ["ins_1"], "reason": "x", "until": "tomorrow" })),
        ("updateInstance", json!({ "instanceId": "ins_1", "weight": 3_000_000_000_i64 })),
        ("confirmInstance", json!({ "instanceId": "ins_1", "found": {} })),
        ("upgradeInstances", to("ver_3", json!({}))),
        ("upgradeInstances", to("ver_3", json!({ "all": true, "hostIds": ["hst_1"] }))),
        ("upgradeInstances", to("ver_3", json!({ "all": null }))),
    ] {
        let response = world.send(Role::Admin, mutation, "userErrors { code }", input.clone()).await;
        assert_eq!(response["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{mutation} {input} {response}");
    }
    assert_eq!(world.place().await, before);
}
on_both!(an_input_that_does_not_fit_the_schema_is_a_bad_request_and_changes_nothing);
