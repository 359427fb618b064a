//! Every filter, against a model that is as plain as can be.

use crate::reads::model::{Row, hostname, ids, model};
use serde_json::json;
use testkit::on_both;
use testkit::rows::{self, Cell};

/// Conditions as they are written, with what they mean.
type Condition = (&'static str, fn(&Row) -> bool);

const CONDITIONS: &[Condition] = &[
    ("serviceIds: [\"svc_2\"]", |row| row.service == 2),
    ("versionIds: [\"ver_11\", \"ver_22\"]", |row| [11, 22].contains(&row.version)),
    ("hostIds: [\"hst_4\", \"hst_5\", \"hst_7\", \"hst_8\"]", |row| [4, 5, 7, 8].contains(&row.host)),
    ("statuses: [RUNNING, REMOVED]", |row| ["RUNNING", "REMOVED"].contains(&row.status)),
    ("tags: [\"prod\"]", |row| row.tag == Some("prod")),
    ("services: [\"svc-2\"]", |row| row.service == 2),
    ("services: [\"svc-2\", \"svc-1\"]", |_| true),
    ("versions: [\"1.1\", \"1.3\"]", |row| [1, 3].contains(&(row.version % 10))),
    ("hostnames: [\"A-4.\", \"a-5\", \"b-9\"]", |row| [4, 5, 9].contains(&row.host)),
    ("hostnameStartsWith: \"A-1\"", |row| hostname(row.host).starts_with("a-1")),
    ("hostLabels: [{ key: \"zone\", value: \"y\" }, { key: \"disk\", value: \"ssd\" }]", |row| {
        row.host % 2 == 1 && row.host > 6
    }),
    ("hostLabels: [{ key: \"zone\", value: \"y\" }, { key: \"zone\", value: \"y\" }]", |row| row.host % 2 == 1),
    ("hostLabels: [{ key: \"zone\", value: \"y\" }, { key: \"zone\", value: \"x\" }]", |_| false),
    ("locked: true", |row| row.locked),
    ("locked: false", |row| !row.locked),
    ("held: true", |row| row.id == 107),
    ("held: false", |row| row.id != 107),
    ("tags: []", |_| false),
    ("hostLabels: []", |_| false),
    ("serviceIds: null", |_| true),
];

async fn every_condition_on_instances_alone_and_every_two_together_are_as_the_model_says(kind: &str) {
    let (fleet, mut rows) = model(kind).await;
    rows.sort_by_key(|row| (hostname(row.host).to_lowercase(), row.id));
    for (i, (one, holds)) in CONDITIONS.iter().enumerate() {
        for (other, also) in &CONDITIONS[i..] {
            let name = |text: &str| text.split(':').next().unwrap().to_owned();
            if one != other && name(one) == name(other) {
                continue;
            }
            let asks_removed = one.starts_with("statuses") || other.starts_with("statuses");
            let such = |row: &&Row| holds(row) && also(row) && (asks_removed || row.status != "REMOVED");
            let expected: Vec<String> = rows.iter().filter(such).map(|row| format!("ins_{}", row.id)).collect();
            let filter = if one == other { (*one).to_owned() } else { format!("{one}, {other}") };
            let query = format!("{{ instances(filter: {{ {filter} }}) {{ totalCount nodes {{ id locked }} }} }}");
            let data = fleet.data(&query).await;
            assert_eq!(ids(&data["instances"]), expected, "{kind}: {filter}");
            assert_eq!(data["instances"]["totalCount"], json!(expected.len()));
            for node in data["instances"]["nodes"].as_array().unwrap() {
                let row = rows.iter().find(|row| node["id"] == format!("ins_{}", row.id)).unwrap();
                assert_eq!(node["locked"], json!(row.locked), "{kind}");
            }
        }
    }
}
on_both!(every_condition_on_instances_alone_and_every_two_together_are_as_the_model_says);

async fn other_lists_are_filtered_too(kind: &str) {
    let (fleet, _) = model(kind).await;
    let failed = rows::version(14, 1, "2.0").set("build_status", "FAILED").set("artifact", Cell::Null);
    fleet.insert([failed]).await;
    fleet
        .rows
        .execute(
            "UPDATE version SET withdrawn_at = {at 3}, withdrawn_by = 'ann', withdrawn_reason = 'Bad.' WHERE id = 13",
        )
        .await;
    let lists = [
        ("services(filter: { nameStartsWith: \"svc-2\" })", vec!["svc_2"]),
        ("services(filter: { nameStartsWith: \"SVC\" })", vec![]),
        ("services(filter: { frozen: true })", vec!["svc_1"]),
        ("services(filter: { frozen: false, instanceStatuses: [UNKNOWN] })", vec!["svc_2"]),
        ("services(filter: { instanceStatuses: [INSTALLING] })", vec![]),
        ("services(filter: { names: [\"svc-2\", \"svc-9\", \"svc-2\"] })", vec!["svc_2"]),
        ("services(filter: { names: [] })", vec![]),
        ("services(filter: { nameContains: \"C-1\" })", vec!["svc_1"]),
        ("services(filter: { nameContains: \"%\" })", vec![]),
        ("services(filter: { releasing: true })", vec!["svc_1", "svc_2"]),
        ("services(filter: { releasing: false })", vec![]),
        ("hosts(filter: { hostnames: [\"a-1\", \"B-3\", \"none\"] })", vec!["hst_1", "hst_3"]),
        ("hosts(filter: { nameContains: \"b-\" })", vec!["hst_12", "hst_3", "hst_6", "hst_9"]),
        ("hosts(filter: { nameContains: \"\", instanceStatuses: [UPGRADE_FAILED] })", vec!["hst_2", "hst_7", "hst_12"]),
        (
            "hosts(filter: { instanceStatuses: [REMOVED, UPGRADE_FAILED], hostnames: [\"a-2\", \"a-4\", \"a-5\"] })",
            vec!["hst_2", "hst_4"],
        ),
        ("hosts(filter: { instanceStatuses: [] })", vec![]),
        (
            "hosts(filter: { hostnameStartsWith: \"a-1\", labels: [{ key: \"disk\", value: \"ssd\" }] })",
            vec!["hst_10", "hst_11"],
        ),
        ("releases(filter: { serviceIds: [\"svc_1\"] })", vec!["rel_1"]),
        ("releases(filter: { statuses: [PENDING], actions: [UPGRADE] })", vec!["rel_2", "rel_1"]),
        ("releases(filter: { targetVersionIds: [\"ver_23\"] })", vec!["rel_2"]),
        ("releases(filter: { hostIds: [\"hst_5\"] })", vec!["rel_2", "rel_1"]),
        ("releases(filter: { hostIds: [\"hst_6\"] })", vec![]),
        ("releases(filter: { createdBy: [\"bob\"] })", vec![]),
        ("releases(filter: { idempotencyKeys: [\"key-1\", \"none\"] })", vec!["rel_1"]),
        ("releases(filter: { createdFrom: \"2025-06-15T15:06:40.002Z\" })", vec!["rel_2"]),
        ("releases(filter: { createdTo: \"2025-06-15T15:06:40.002Z\" })", vec!["rel_1"]),
        (
            "releases(filter: { createdFrom: \"2025-06-15T15:06:40.001Z\", createdTo: \"2025-06-15T15:06:40.001Z\" })",
            vec![],
        ),
        ("releases(filter: { services: [\"svc-1\"] })", vec!["rel_1"]),
        ("releases(filter: { services: [\"svc-1\", \"svc-2\"], serviceIds: [\"svc_2\"] })", vec!["rel_2"]),
        ("releases(filter: { targetVersions: [\"1.3\"] })", vec!["rel_2", "rel_1"]),
        ("releases(filter: { hostnames: [\"a-5\"] })", vec!["rel_2", "rel_1"]),
        ("releases(filter: { hostnames: [\"B-6\"] })", vec![]),
        ("holds", vec!["hld_4", "hld_3", "hld_2", "hld_1"]),
        ("holds(filter: { standing: true })", vec!["hld_4", "hld_1"]),
        ("holds(filter: { standing: false, instanceIds: [\"ins_102\", \"ins_107\"] })", vec!["hld_3"]),
        ("holds(filter: { createdBy: [\"bob\"], serviceIds: [\"svc_2\"] })", vec![]),
        ("holds(filter: { kinds: [SERVICE] })", vec!["hld_4"]),
        ("holds(filter: { kinds: [INSTANCE], services: [\"svc-1\"] })", vec!["hld_3", "hld_2", "hld_1"]),
        ("holds(filter: { kinds: [INSTANCE, SERVICE], standing: true })", vec!["hld_4", "hld_1"]),
        ("holds(filter: { kinds: [] })", vec![]),
        ("holds(filter: { hostIds: [\"hst_7\", \"hst_2\"] })", vec!["hld_3", "hld_1"]),
        ("holds(filter: { hostnames: [\"a-1\"] })", vec!["hld_2"]),
        ("holds(filter: { services: [\"svc-2\"] })", vec![]),
    ];
    for (list, expected) in lists {
        let data = fleet.data(&format!("{{ list: {list} {{ nodes {{ id }} }} }}")).await;
        assert_eq!(ids(&data["list"]), expected, "{kind}: {list}");
    }
    let versions = [
        ("names: [\"1.3\", \"2.0\", \"9\"]", vec!["ver_14", "ver_13"]),
        ("nameContains: \".\", inUse: true", vec!["ver_13", "ver_12", "ver_11"]),
        ("nameStartsWith: \"1\"", vec!["ver_13", "ver_12", "ver_11"]),
        ("buildStatuses: [FAILED]", vec!["ver_14"]),
        ("inUse: false", vec!["ver_14"]),
        ("inUse: true, nameStartsWith: \"1.2\"", vec!["ver_12"]),
        ("enabledFor: { action: UPGRADE, currentVersionId: \"ver_11\" }", vec!["ver_12"]),
        ("enabledFor: { action: REVERT, currentVersionId: \"ver_13\" }", vec!["ver_12", "ver_11"]),
        ("enabledFor: { action: UPGRADE, currentVersion: \"1.1\" }", vec!["ver_12"]),
        ("enabledFor: { action: REVERT, currentVersion: \"1.3\" }", vec!["ver_12", "ver_11"]),
    ];
    for (filter, expected) in versions {
        let query =
            format!("{{ service(name: \"svc-1\") {{ versions(filter: {{ {filter} }}) {{ nodes {{ id }} }} }} }}");
        assert_eq!(ids(&fleet.data(&query).await["service"]["versions"]), expected, "{kind}: {filter}");
    }
}
on_both!(other_lists_are_filtered_too);

async fn a_wrong_id_in_a_filter_is_a_bad_request_with_its_reason(kind: &str) {
    let (fleet, _) = model(kind).await;
    let cases = [
        ("instances(filter: { serviceIds: [\"svc_1\", \"svc_99\"] })", "NOT_FOUND", "filter.serviceIds"),
        ("instances(filter: { serviceIds: [\"nonsense\"] })", "NOT_FOUND", "filter.serviceIds"),
        ("instances(filter: { versionIds: [\"hst_1\"] })", "WRONG_TYPE", "filter.versionIds"),
        ("releases(filter: { hostIds: [\"hst_77\"] })", "NOT_FOUND", "filter.hostIds"),
        ("instanceEvents(filter: { instanceIds: [\"ins_1\"] })", "NOT_FOUND", "filter.instanceIds"),
        ("instances(filter: { services: [\"svc-1\", \"web\"] })", "NOT_FOUND", "filter.services"),
        ("instances(filter: { hostnames: [\"a-1\", \"a-2\", \"c-1\"] })", "NOT_FOUND", "filter.hostnames"),
        ("instances(filter: { versions: [\"7\"] })", "NOT_FOUND", "filter.versions"),
        ("releases(filter: { targetVersions: [\"\"] })", "NOT_FOUND", "filter.targetVersions"),
        ("releases(filter: { hostnames: [\"x\"] })", "NOT_FOUND", "filter.hostnames"),
        ("holds(filter: { services: [\"x\"] })", "NOT_FOUND", "filter.services"),
        ("holds(filter: { hostnames: [\"x\"] })", "NOT_FOUND", "filter.hostnames"),
        ("instanceEvents(filter: { hostnames: [\"x\"] })", "NOT_FOUND", "filter.hostnames"),
        ("releaseEvents(filter: { services: [\"x\"] })", "NOT_FOUND", "filter.services"),
    ];
    for (list, reason, argument) in cases {
        let response = fleet.response(&format!("{{ {list} {{ nodes {{ id: __typename }} }} }}")).await;
        let extensions = &response["errors"][0]["extensions"];
        assert_eq!(extensions["code"], "BAD_REQUEST", "{kind}: {list}: {response}");
        assert_eq!((&extensions["reason"], &extensions["argument"]), (&json!(reason), &json!(argument)));
    }
    // A version of another service is wrong for every service but its own.
    let query = "{ a: service(name: \"svc-1\") { versions(filter: { enabledFor: { action: UPGRADE, currentVersionId: \"ver_21\" } }) { nodes { id } } } b: service(name: \"svc-2\") { versions(filter: { enabledFor: { action: UPGRADE, currentVersionId: \"ver_21\" } }) { nodes { id } } } }";
    let response = fleet.response(query).await;
    assert_eq!(response["errors"][0]["extensions"]["reason"], "OTHER_SERVICE", "{kind}: {response}");
    assert_eq!(response["data"]["a"], json!(null));
    assert_eq!(ids(&response["data"]["b"]["versions"]), ["ver_23", "ver_22"]);
    // A name that only one of the services knows.
    fleet.insert([rows::version(24, 2, "2.0")]).await;
    let response = fleet.response("{ services { nodes { v: versions(filter: { enabledFor: { action: REVERT, currentVersion: \"2.0\" } }) { nodes { id } } } } }").await;
    let extensions = &response["errors"][0]["extensions"];
    let expected = (&json!("NOT_FOUND"), &json!("filter.enabledFor.currentVersion"));
    assert_eq!((&extensions["reason"], &extensions["argument"]), expected, "{kind}: {response}");
    assert_eq!(response["errors"][0]["path"], json!(["services", "nodes", 0, "v"]), "{kind}: {response}");
    for (current, argument) in
        [("", "currentVersionId"), ("currentVersionId: \"ver_21\", currentVersion: \"1.1\"", "currentVersion")]
    {
        let query = format!(
            "{{ service(name: \"svc-2\") {{ versions(filter: {{ enabledFor: {{ action: UPGRADE, {current} }} }}) {{ nodes {{ id }} }} }} }}"
        );
        let response = fleet.response(&query).await;
        let argument = format!("filter.enabledFor.{argument}");
        assert_eq!(response["errors"][0]["extensions"]["argument"], argument, "{kind}: {response}");
    }
}
on_both!(a_wrong_id_in_a_filter_is_a_bad_request_with_its_reason);

async fn a_range_of_times_that_ends_before_it_begins_is_refused(kind: &str) {
    let (fleet, _) = model(kind).await;
    let (early, late) = ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.001Z");
    let cases = [
        (format!("releases(filter: {{ createdFrom: \"{late}\", createdTo: \"{early}\" }})"), "filter.createdTo"),
        (format!("audit(filter: {{ from: \"{late}\", to: \"{early}\" }})"), "filter.to"),
    ];
    for (list, argument) in cases {
        let response = fleet.response(&format!("{{ {list} {{ totalCount }} }}")).await;
        let error = &response["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_REQUEST", "{kind}: {response}");
        assert_eq!(error["extensions"]["argument"], argument, "{kind}");
        assert!(error["message"].as_str().unwrap().contains(early), "{kind}: {response}");
    }
}
on_both!(a_range_of_times_that_ends_before_it_begins_is_refused);

async fn more_than_500_names_in_a_filter_of_events_are_refused(kind: &str) {
    let (fleet, _) = model(kind).await;
    let names = vec!["\"a-1\""; 501].join(", ");
    for (list, argument) in [("instanceEvents", "hostnames"), ("releaseEvents", "services")] {
        let response =
            fleet.response(&format!("{{ {list}(filter: {{ {argument}: [{names}] }}) {{ totalCount }} }}")).await;
        let extensions = &response["errors"][0]["extensions"];
        assert_eq!(extensions["argument"], format!("filter.{argument}"), "{kind}: {response}");
    }
}
on_both!(more_than_500_names_in_a_filter_of_events_are_refused);

async fn counts_in_groups_and_plain_lists_are_whole(kind: &str) {
    let (fleet, _) = model(kind).await;
    let data = fleet
            .data("{ labels { key value hostCount } disks: labels(key: \"disk\", first: 1) { key value hostCount } service(name: \"svc-1\") { instanceCounts { version { name } status count } gone: instanceCounts(filter: { statuses: [REMOVED] }) { status count } freezes { id reason } } host(hostname: \"a-7\") { labels { key value } } }")
            .await;
    let label = |key: &str, value: &str, count: i64| json!({ "key": key, "value": value, "hostCount": count });
    assert_eq!(
        data["labels"],
        json!([label("disk", "ssd", 6), label("zone", "x", 6), label("zone", "y", 6)]),
        "{kind}"
    );
    assert_eq!(data["disks"], json!([label("disk", "ssd", 6)]));
    let service = &data["service"];
    let counted: i64 =
        service["instanceCounts"].as_array().unwrap().iter().map(|group| group["count"].as_i64().unwrap()).sum();
    assert_eq!(counted, 10);
    assert_eq!(
        service["gone"].as_array().unwrap().iter().map(|group| group["count"].as_i64().unwrap()).sum::<i64>(),
        2
    );
    assert_eq!(service["freezes"], json!([{ "id": "hld_4", "reason": "Why." }]));
    assert_eq!(data["host"]["labels"], json!([{ "key": "disk", "value": "ssd" }, { "key": "zone", "value": "y" }]));
}
on_both!(counts_in_groups_and_plain_lists_are_whole);
