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
    ("hostnameStartsWith: \"a-1\"", |row| hostname(row.host).starts_with("a-1")),
    ("hostLabels: [{ key: \"zone\", value: \"y\" }, { key: \"disk\", value: \"ssd\" }]", |row| {
        row.host % 2 == 1 && row.host > 6
    }),
    ("hostLabels: [{ key: \"zone\", value: \"y\" }, { key: \"zone\", value: \"y\" }]", |row| row.host % 2 == 1),
    ("hostLabels: [{ key: \"zone\", value: \"y\" }, { key: \"zone\", value: \"x\" }]", |_| false),
    ("locked: true", |row| row.locked),
    ("locked: false", |row| !row.locked),
    ("tags: []", |_| false),
    ("hostLabels: []", |_| false),
    ("serviceIds: null", |_| true),
];

async fn every_condition_on_instances_alone_and_every_two_together_are_as_the_model_says(kind: &str) {
    let (fleet, mut rows) = model(kind).await;
    rows.sort_by_key(|row| (hostname(row.host), row.id));
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
        ("holds", vec!["hld_4", "hld_3", "hld_2", "hld_1"]),
        ("holds(filter: { standing: true })", vec!["hld_4", "hld_1"]),
        ("holds(filter: { standing: false, instanceIds: [\"ins_102\", \"ins_107\"] })", vec!["hld_3"]),
        ("holds(filter: { createdBy: [\"bob\"], serviceIds: [\"svc_2\"] })", vec![]),
    ];
    for (list, expected) in lists {
        let data = fleet.data(&format!("{{ list: {list} {{ nodes {{ id }} }} }}")).await;
        assert_eq!(ids(&data["list"]), expected, "{kind}: {list}");
    }
    let versions = [
        ("nameStartsWith: \"1\"", vec!["ver_13", "ver_12", "ver_11"]),
        ("buildStatuses: [FAILED]", vec!["ver_14"]),
        ("inUse: false", vec!["ver_14"]),
        ("inUse: true, nameStartsWith: \"1.2\"", vec!["ver_12"]),
        ("enabledFor: { action: UPGRADE, currentVersionId: \"ver_11\" }", vec!["ver_12"]),
        ("enabledFor: { action: REVERT, currentVersionId: \"ver_13\" }", vec!["ver_12", "ver_11"]),
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
}
on_both!(a_wrong_id_in_a_filter_is_a_bad_request_with_its_reason);

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
