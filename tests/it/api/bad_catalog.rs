//! Things that are registered, edited or removed wrongly: each is refused with the field to blame, and nothing
//! changes.

use crate::api::world::{World, with};
use serde_json::{Value, json};
use testkit::on_both;

/// Names that no service, host or version may have.
fn odd_names() -> Vec<String> {
    ["-begins", "two words", "line\nbreak", "null\u{0}byte", "bell\u{7}", "ümlaut", "a/b", "$(reboot)"]
        .map(str::to_owned)
        .into()
}

fn service(name: &str) -> Value {
    json!({ "name": name, "executor": "quick" })
}

fn host(hostname: &str) -> Value {
    json!({ "hosts": [{ "hostname": hostname, "address": "192.0.2.7" }] })
}

fn version(world: &World, name: &str) -> Value {
    json!({ "serviceId": world.shop.service, "name": name })
}

async fn an_empty_name_is_required(world: &World) {
    world.refuses("createService", service(""), &["REQUIRED input.name []"]).await;
    world.refuses("createHosts", host(""), &["REQUIRED input.hosts []"]).await;
    world.refuses("createVersion", version(world, ""), &["REQUIRED input.name []"]).await;
}
on_both!(an_empty_name_is_required in World);

async fn a_name_that_begins_with_a_hyphen_or_holds_odd_characters_is_invalid(world: &World) {
    for name in odd_names() {
        world.refuses("createService", service(&name), &["INVALID input.name []"]).await;
        let problems = world.client.problems("createHosts", host(&name)).await;
        assert_eq!(problems, [format!("INVALID input.hosts [{name}]")]);
        world.refuses("createVersion", version(world, &name), &["INVALID input.name []"]).await;
    }
    world.refuses("createService", service("Shop"), &["INVALID input.name []"]).await;
}
on_both!(a_name_that_begins_with_a_hyphen_or_holds_odd_characters_is_invalid in World);

async fn a_name_that_is_too_long_is_invalid_and_the_longest_is_not(world: &World) {
    world.refuses("createService", service(&"s".repeat(64)), &["INVALID input.name []"]).await;
    world.client.change("createService", service(&"s".repeat(63)), "__typename").await;
    let long = "h".repeat(254);
    world.refuses("createHosts", host(&long), &[&format!("INVALID input.hosts [{long}]")]).await;
    world.client.change("createHosts", host(&"h".repeat(253)), "__typename").await;
    world.refuses("createVersion", version(world, &"1".repeat(129)), &["INVALID input.name []"]).await;
    world.client.change("createVersion", version(world, &"1".repeat(128)), "__typename").await;
}
on_both!(a_name_that_is_too_long_is_invalid_and_the_longest_is_not in World);

async fn a_name_that_is_taken_is_refused_with_who_has_it(world: &World) {
    let problem = format!("TAKEN input.name [{}]", world.shop.service);
    world.refuses("createService", service("shop"), &[&problem]).await;
    let problem = format!("TAKEN input.hosts [{}]", world.shop.hosts[0]);
    world.refuses("createHosts", host("shop-01"), &[&problem]).await;
    let problem = format!("TAKEN input.name [{}]", world.shop.versions[0]);
    world.refuses("createVersion", version(world, "1.0.0"), &[&problem]).await;
}
on_both!(a_name_that_is_taken_is_refused_with_who_has_it in World);

async fn hosts_are_registered_all_or_none_and_each_once(world: &World) {
    world.refuses("createHosts", json!({ "hosts": [] }), &["REQUIRED input.hosts []"]).await;
    let one = json!({ "hostname": "new", "address": "192.0.2.7" });
    let problems = ["INVALID input.hosts [new]"];
    world.refuses("createHosts", json!({ "hosts": [one, one] }), &problems).await;
    let taken = json!({ "hostname": "shop-02", "address": "192.0.2.7" });
    let problem = format!("TAKEN input.hosts [{}]", world.shop.hosts[1]);
    world.refuses("createHosts", json!({ "hosts": [one, taken] }), &[&problem]).await;
    let many: Vec<_> =
        (0..1001).map(|number| json!({ "hostname": format!("new-{number}"), "address": "192.0.2.7" })).collect();
    world.refuses("createHosts", json!({ "hosts": many }), &["INVALID input.hosts []"]).await;
}
on_both!(hosts_are_registered_all_or_none_and_each_once in World);

async fn an_executor_that_is_not_configured_is_unknown(world: &World) {
    let input = json!({ "name": "new", "executor": "carrier-pigeon" });
    world.refuses("createService", input, &["UNKNOWN_EXECUTOR input.executor []"]).await;
    let input = json!({ "serviceId": world.shop.service, "executor": "carrier-pigeon" });
    world.refuses("updateService", input, &["UNKNOWN_EXECUTOR input.executor []"]).await;
}
on_both!(an_executor_that_is_not_configured_is_unknown in World);

async fn r3_what_is_in_use_is_not_removed(world: &World) {
    let shop = &world.shop;
    for (mutation, field, id) in [
        ("removeService", "serviceId", &shop.service),
        ("removeHost", "hostId", &shop.hosts[0]),
        ("removeVersion", "versionId", &shop.versions[0]),
    ] {
        let stored = world.server.stored().await;
        let before = stored.state().await;
        let problems = world.client.problems(mutation, json!({ field: id })).await;
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(&format!("IN_USE input.{field} [ins_")), "{problems:?}");
        assert_eq!(stored.state().await, before);
    }
}
on_both!(r3_what_is_in_use_is_not_removed in World);

async fn r4_an_unknown_id_or_one_of_another_kind_is_refused_by_every_mutation_that_takes_one(world: &World) {
    let (service, host) = (&world.shop.service, &world.shop.hosts[0]);
    for (mutation, field, unknown, wrong, rest) in [
        ("updateService", "serviceId", "svc_999", host, json!({ "description": "x" })),
        ("removeService", "serviceId", "svc_999", host, json!({})),
        ("updateHost", "hostId", "hst_999", service, json!({ "address": "192.0.2.9" })),
        ("removeHost", "hostId", "hst_999", service, json!({})),
        ("createVersion", "serviceId", "svc_999", host, json!({ "name": "9.9.9" })),
        ("reportBuild", "versionId", "ver_999", service, json!({ "status": "BUILDING" })),
        ("withdrawVersion", "versionId", "ver_999", service, json!({ "reason": "x" })),
        ("reinstateVersion", "versionId", "ver_999", service, json!({})),
        ("removeVersion", "versionId", "ver_999", service, json!({})),
        ("updateInstance", "instanceId", "ins_999", service, json!({ "weight": 1 })),
        ("confirmInstance", "instanceId", "ins_999", service, json!({ "found": { "nothing": true } })),
        ("freezeService", "serviceId", "svc_999", host, json!({ "reason": "x" })),
        ("unfreezeService", "serviceId", "svc_999", host, json!({})),
        ("cancelRelease", "releaseId", "rel_999", service, json!({})),
        ("pauseRelease", "releaseId", "rel_999", service, json!({})),
        ("resumeRelease", "releaseId", "rel_999", service, json!({})),
        ("undoRelease", "releaseId", "rel_999", service, json!({})),
        ("retryRelease", "releaseId", "rel_999", service, json!({})),
    ] {
        for (code, id) in [("NOT_FOUND", unknown), ("NOT_FOUND", "nonsense"), ("WRONG_TYPE", wrong)] {
            let input = with(rest.clone(), json!({ field: id }));
            world.refuses(mutation, input, &[&format!("{code} input.{field} [{id}]")]).await;
        }
    }
    for (mutation, field, unknown, rest) in [
        ("holdInstances", "instanceIds", "ins_999", json!({ "reason": "x" })),
        ("endHolds", "instanceIds", "ins_999", json!({})),
        ("endHolds", "holdIds", "hld_999", json!({})),
    ] {
        for (code, id) in [("NOT_FOUND", unknown), ("WRONG_TYPE", service.as_str())] {
            let input = with(rest.clone(), json!({ field: [id] }));
            world.refuses(mutation, input, &[&format!("{code} input.{field} [{id}]")]).await;
        }
    }
}
on_both!(r4_an_unknown_id_or_one_of_another_kind_is_refused_by_every_mutation_that_takes_one in World);

async fn numbers_outside_their_range_are_invalid(world: &World) {
    let instance = world.shop.instance(0).await;
    for (field, value) in [("port", 0), ("port", 65_536), ("weight", -1), ("weight", 1001)] {
        let input = json!({ "instanceId": instance, field: value });
        world.refuses("updateInstance", input, &[&format!("INVALID input.{field} []")]).await;
        let input = world.installation(&[&world.mail.hosts[0]], json!({ field: value }));
        world.refuses("installInstances", input, &[&format!("INVALID input.{field} []")]).await;
    }
    let input = json!({ "instanceId": instance, "weight": 7, "expectedRevision": 1 });
    let problem = format!("STALE input.expectedRevision [{instance}]");
    world.refuses("updateInstance", input, &[&problem]).await;
}
on_both!(numbers_outside_their_range_are_invalid in World);

async fn a_build_needs_an_artifact_and_its_final_state_is_never_left(world: &World) {
    let input = with(version(world, "2.0.0"), json!({ "buildStatus": "SUCCEEDED" }));
    world.refuses("createVersion", input, &["REQUIRED input.artifact []"]).await;
    let built = &world.shop.versions[0];
    let problem = format!("WRONG_STATE input.versionId [{built}]");
    world.refuses("reportBuild", json!({ "versionId": built, "status": "FAILED" }), &[&problem]).await;
}
on_both!(a_build_needs_an_artifact_and_its_final_state_is_never_left in World);
