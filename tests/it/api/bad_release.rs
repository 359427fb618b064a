//! Releases that are asked for wrongly: each is refused with the field to blame, and nothing changes.

use crate::api::world::{World, with};
use serde_json::{Value, json};
use testkit::on_both;

const MOVES: [&str; 2] = ["upgradeInstances", "revertInstances"];

async fn r4_an_unknown_service_is_not_found(world: &World) {
    for id in ["svc_999", "svc_012", "shop", ""] {
        let problem = format!("NOT_FOUND input.serviceId [{id}]");
        for mutation in MOVES {
            world.refuses(mutation, world.release(1, json!({ "serviceId": id })), &[&problem]).await;
        }
        let input = world.installation(&[&world.mail.hosts[0]], json!({ "serviceId": id }));
        world.refuses("installInstances", input, &[&problem]).await;
        let input = json!({ "serviceId": id, "hosts": { "all": true } });
        world.refuses("uninstallInstances", input, &[&problem]).await;
    }
}
on_both!(r4_an_unknown_service_is_not_found in World);

async fn r4_an_unknown_version_is_not_found(world: &World) {
    for mutation in MOVES {
        let input = world.release(1, json!({ "versionId": "ver_999" }));
        world.refuses(mutation, input, &["NOT_FOUND input.versionId [ver_999]"]).await;
        let input = world.release(1, json!({ "currentVersionId": "ver_999" }));
        world.refuses(mutation, input, &["NOT_FOUND input.currentVersionId [ver_999]"]).await;
    }
}
on_both!(r4_an_unknown_version_is_not_found in World);

async fn r6_unknown_hosts_are_not_found_each_by_what_was_sent(world: &World) {
    let known = &world.shop.hosts[0];
    let input = world.release(1, json!({ "hosts": { "hostIds": [known, "hst_998", "hst_999"] } }));
    world.refuses("upgradeInstances", input, &["NOT_FOUND input.hosts.hostIds [hst_998 hst_999]"]).await;
    let input = world.release(1, json!({ "hosts": { "hostnames": [world.shop.hostnames[0], "nowhere"] } }));
    world.refuses("upgradeInstances", input, &["NOT_FOUND input.hosts.hostnames [nowhere]"]).await;
}
on_both!(r6_unknown_hosts_are_not_found_each_by_what_was_sent in World);

async fn r4_an_id_of_another_kind_is_the_wrong_type(world: &World) {
    let (service, host) = (&world.shop.service, &world.shop.hosts[0]);
    for mutation in MOVES {
        for (field, id) in [("serviceId", host), ("versionId", service), ("currentVersionId", host)] {
            let problem = format!("WRONG_TYPE input.{field} [{id}]");
            world.refuses(mutation, world.release(1, json!({ field: id })), &[&problem]).await;
        }
        let problem = format!("WRONG_TYPE input.hosts.hostIds [{service}]");
        let input = world.release(1, json!({ "hosts": { "hostIds": [service, host] } }));
        world.refuses(mutation, input, &[&problem]).await;
    }
}
on_both!(r4_an_id_of_another_kind_is_the_wrong_type in World);

async fn r4_a_version_of_another_service_is_refused(world: &World) {
    let foreign = &world.mail.versions[0];
    for mutation in MOVES {
        for field in ["versionId", "currentVersionId"] {
            let problem = format!("OTHER_SERVICE input.{field} [{foreign}]");
            world.refuses(mutation, world.release(1, json!({ field: foreign })), &[&problem]).await;
        }
    }
}
on_both!(r4_a_version_of_another_service_is_refused in World);

async fn r1_a_version_that_is_not_built_is_refused(world: &World) {
    for status in ["PENDING", "BUILDING", "FAILED", "TIMED_OUT", "DUPLICATE"] {
        let name = format!("2.0.0-{}", status.to_lowercase().replace('_', "-"));
        let input = json!({ "serviceId": world.shop.service, "name": name, "buildStatus": status });
        let made = world.client.change("createVersion", input, "version { id }").await;
        let id = &made["version"]["id"];
        let problem = format!("VERSION_NOT_BUILT input.versionId [{}]", id.as_str().unwrap());
        world.refuses("upgradeInstances", world.release(1, json!({ "versionId": id })), &[&problem]).await;
    }
}
on_both!(r1_a_version_that_is_not_built_is_refused in World);

async fn r1_a_withdrawn_version_is_refused_until_it_is_reinstated(world: &World) {
    let version = &world.shop.versions[1];
    let input = json!({ "versionId": version, "reason": "It leaks." });
    world.client.change("withdrawVersion", input, "__typename").await;
    let problem = format!("VERSION_WITHDRAWN input.versionId [{version}]");
    world.refuses("upgradeInstances", world.release(1, json!({})), &[&problem]).await;
    world.client.change("reinstateVersion", json!({ "versionId": version }), "__typename").await;
    assert_eq!(world.shop.release("upgradeInstances", version).await["acceptedCount"], 3);
}
on_both!(r1_a_withdrawn_version_is_refused_until_it_is_reinstated in World);

async fn r7_the_wrong_direction_leaves_nothing_to_release_and_says_why_for_each(world: &World) {
    world.shop.finish("upgradeInstances", &world.shop.versions[1]).await;
    for (mutation, version, reason) in [
        ("upgradeInstances", 0, "NOT_NEWER"),
        ("revertInstances", 2, "NOT_OLDER"),
        ("upgradeInstances", 1, "ALREADY_AT_VERSION"),
        ("revertInstances", 1, "ALREADY_AT_VERSION"),
    ] {
        let input = world.release(version, json!({}));
        world.refuses(mutation, input.clone(), &["NOTHING_TO_RELEASE input.hosts []"]).await;
        let selection = "release { id } acceptedCount skippedCount skipped { reason } skippedCounts { reason count }";
        let payload = world.client.mutate(mutation, input, selection).await;
        assert_eq!((&payload["release"], &payload["acceptedCount"]), (&Value::Null, &json!(0)));
        assert_eq!(payload["skipped"], json!([{ "reason": reason }, { "reason": reason }, { "reason": reason }]));
        assert_eq!(payload["skippedCounts"], json!([{ "reason": reason, "count": 3 }]));
    }
}
on_both!(r7_the_wrong_direction_leaves_nothing_to_release_and_says_why_for_each in World);

async fn r5_hosts_are_chosen_in_exactly_one_way(world: &World) {
    for hosts in [json!({}), json!({ "all": true, "hostnames": ["shop-01"] }), json!({ "all": null }), Value::Null] {
        world.rejects("upgradeInstances", world.release(1, json!({ "hosts": hosts }))).await;
    }
    let input = world.release(1, json!({ "hosts": { "all": false } }));
    world.refuses("upgradeInstances", input, &["INVALID input.hosts.all []"]).await;
    let input = world.installation(&[], json!({ "hosts": { "all": true } }));
    world.refuses("installInstances", input, &["INVALID input.hosts.all []"]).await;
}
on_both!(r5_hosts_are_chosen_in_exactly_one_way in World);

async fn r6_an_empty_list_of_hosts_is_refused(world: &World) {
    for way in ["hostIds", "hostnames", "labels"] {
        let problem = format!("REQUIRED input.hosts.{way} []");
        let hosts = json!({ "hosts": { way: [] } });
        for mutation in MOVES {
            world.refuses(mutation, world.release(1, hosts.clone()), &[&problem]).await;
        }
        world.refuses("installInstances", world.installation(&[], hosts.clone()), &[&problem]).await;
        let input = with(json!({ "serviceId": world.shop.service }), hosts);
        world.refuses("uninstallInstances", input, &[&problem]).await;
    }
}
on_both!(r6_an_empty_list_of_hosts_is_refused in World);

async fn r6_a_host_that_is_given_twice_is_refused(world: &World) {
    let (id, name) = (&world.shop.hosts[1], &world.shop.hostnames[1]);
    let input = world.release(1, json!({ "hosts": { "hostIds": [id, world.shop.hosts[0], id] } }));
    world.refuses("upgradeInstances", input, &[&format!("INVALID input.hosts.hostIds [{id}]")]).await;
    let input = world.release(1, json!({ "hosts": { "hostnames": [name, name, world.shop.hostnames[0]] } }));
    world.refuses("upgradeInstances", input, &[&format!("INVALID input.hosts.hostnames [{name}]")]).await;
}
on_both!(r6_a_host_that_is_given_twice_is_refused in World);

async fn r6_ten_thousand_hostnames_are_looked_up_and_one_more_is_refused(world: &World) {
    let mut names: Vec<String> = (0..10_000).map(|number| format!("nowhere-{number:05}")).collect();
    names[0].clone_from(&world.shop.hostnames[0]);
    let message = names[1..=100].join(" ");
    let input = world.release(1, json!({ "hosts": { "hostnames": names } }));
    world.refuses("upgradeInstances", input, &[&format!("NOT_FOUND input.hosts.hostnames [{message}]")]).await;
    names.push("one-too-many".to_owned());
    let input = world.release(1, json!({ "hosts": { "hostnames": names } }));
    world.refuses("upgradeInstances", input, &["INVALID input.hosts.hostnames []"]).await;
}
on_both!(r6_ten_thousand_hostnames_are_looked_up_and_one_more_is_refused in World);

async fn r6_labels_that_choose_nothing_leave_nothing_to_release(world: &World) {
    let labels = json!({ "hosts": { "labels": [{ "key": "side", "value": "middle" }] } });
    let nothing = ["NOTHING_TO_RELEASE input.hosts []"];
    world.refuses("upgradeInstances", world.release(1, labels.clone()), &nothing).await;
    world.refuses("installInstances", world.installation(&[], labels), &nothing).await;
}
on_both!(r6_labels_that_choose_nothing_leave_nothing_to_release in World);

async fn r6_a_named_host_without_the_service_is_refused(world: &World) {
    let (id, name) = (&world.mail.hosts[0], &world.mail.hostnames[0]);
    let problem = format!("HOST_NOT_DEPLOYED input.hosts.hostIds [{id}]");
    let input = world.release(1, json!({ "hosts": { "hostIds": [world.shop.hosts[0], id] } }));
    world.refuses("upgradeInstances", input, &[&problem]).await;
    let input = world.release(1, json!({ "hosts": { "hostnames": [name] } }));
    let problem = format!("HOST_NOT_DEPLOYED input.hosts.hostnames [{id}]");
    world.refuses("upgradeInstances", input, &[&problem]).await;
    // On the host, but at another version than the one named.
    let host = &world.shop.hosts[0];
    let current = &world.shop.versions[1];
    let input = world.release(2, json!({ "hosts": { "hostIds": [host] }, "currentVersionId": current }));
    world.refuses("upgradeInstances", input, &[&format!("HOST_NOT_DEPLOYED input.hosts.hostIds [{host}]")]).await;
}
on_both!(r6_a_named_host_without_the_service_is_refused in World);

async fn r15_a_second_installation_on_a_host_is_refused(world: &World) {
    let [has, free] = [&world.shop.hosts[2], &world.mail.hosts[0]];
    let problem = format!("HOST_ALREADY_DEPLOYED input.hosts.hostIds [{has}]");
    world.refuses("installInstances", world.installation(&[free, has], json!({})), &[&problem]).await;
}
on_both!(r15_a_second_installation_on_a_host_is_refused in World);

async fn r4_all_problems_of_a_request_are_reported_at_once(world: &World) {
    let foreign = &world.mail.versions[0];
    let input = world.release(
        1,
        json!({
            "versionId": foreign,
            "currentVersionId": "ver_999",
            "hosts": { "hostIds": ["hst_998", world.shop.service] },
            "rollout": { "maxParallel": { "count": 0 }, "timeoutSeconds": 90_000 },
            "reason": "x".repeat(1001),
        }),
    );
    let mut message = world.client.problems("upgradeInstances", input).await;
    message.sort();
    assert_eq!(
        message,
        [
            "INVALID input.reason []".to_owned(),
            "INVALID input.rollout.maxParallel []".to_owned(),
            "INVALID input.rollout.timeoutSeconds []".to_owned(),
            "NOT_FOUND input.currentVersionId [ver_999]".to_owned(),
            "NOT_FOUND input.hosts.hostIds [hst_998]".to_owned(),
            format!("OTHER_SERVICE input.versionId [{foreign}]"),
            format!("WRONG_TYPE input.hosts.hostIds [{}]", world.shop.service),
        ]
    );
}
on_both!(r4_all_problems_of_a_request_are_reported_at_once in World);

async fn r9_r17_what_is_held_or_frozen_is_refused_when_asked_to(world: &World) {
    let instance = world.shop.instance(0).await;
    let input = json!({ "instanceIds": [instance], "reason": "Disk is being replaced." });
    world.client.change("holdInstances", input, "__typename").await;
    let problem = format!("LOCKED input.hosts [{instance}]");
    world.refuses("upgradeInstances", world.release(1, json!({ "onLocked": "REJECT" })), &[&problem]).await;
    let frozen = json!({ "serviceId": world.shop.service, "reason": "Holidays." });
    let freeze = world.client.change("freezeService", frozen, "hold { id }").await;
    let problem = format!("FROZEN input.serviceId [{}]", freeze["hold"]["id"].as_str().unwrap());
    world.refuses("upgradeInstances", world.release(1, json!({})), &[&problem]).await;
}
on_both!(r9_r17_what_is_held_or_frozen_is_refused_when_asked_to in World);
