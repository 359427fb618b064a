//! Pages, orders and filters, against a model that is as plain as can be.

use crate::databases::BOTH;
use crate::fleet::Fleet;
use lockkeeper::domain::Role;
use serde_json::{Value, json};

/// An instance as the model knows it.
#[derive(Clone, Debug)]
struct Row {
    id: i64,
    service: i64,
    host: i64,
    version: i64,
    status: &'static str,
    tag: Option<&'static str>,
    updated: i64,
    locked: bool,
}

/// Two services on twelve hosts, with ties in every order and something for every filter.
async fn model(kind: &str) -> (Fleet, Vec<Row>) {
    let fleet = Fleet::empty(kind).await;
    for h in 1..=12 {
        // Lower and upper case: names sort by bytes.
        fleet.host(h, &format!("{}-{h}", if h % 3 == 0 { "B" } else { "a" })).await;
        fleet.label(h, "zone", if h % 2 == 0 { "x" } else { "y" }).await;
        if h > 6 {
            fleet.label(h, "disk", "ssd").await;
        }
    }
    for s in 1..=2 {
        fleet.service(s, &format!("svc-{s}")).await;
        for v in 1..=3 {
            fleet.version(s * 10 + v, s, &format!("1.{v}"), "SUCCEEDED").await;
        }
    }
    let mut rows = Vec::new();
    for s in 1..=2_i64 {
        for h in 1..=12_i64 {
            let id = s * 100 + h;
            let status = ["RUNNING", "RUNNING", "UPGRADE_FAILED", "UNKNOWN", "REMOVED"][(h % 5) as usize];
            let tag = [None, Some("prod"), Some("test")][(h % 3) as usize];
            let row = Row {
                id,
                service: s,
                host: h,
                version: s * 10 + h % 3 + 1,
                status,
                tag,
                updated: h / 4,
                locked: h == 5 || (h == 7 && s == 1),
            };
            fleet.instance(id, s, h, Some(row.version), status, tag, row.updated).await;
            rows.push(row);
        }
    }
    fleet.hold(1, 1, Some(107), "NULL", "NULL").await;
    // These count for nothing: one has ended, one is past its end, one is on the service.
    fleet.hold(2, 1, Some(101), "NULL", "{at 9}").await;
    fleet.hold(3, 1, Some(102), "{at 9}", "NULL").await;
    fleet.hold(4, 1, None, "NULL", "NULL").await;
    fleet.release(1, 1, 13, &[105], 0).await;
    fleet.release(2, 2, 23, &[205], 0).await;
    (fleet, rows)
}

fn hostname(h: i64) -> String {
    format!("{}-{h}", if h % 3 == 0 { "B" } else { "a" })
}

fn ids(connection: &Value) -> Vec<String> {
    connection["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}

/// All pages of a list, in one way or the other.
async fn pages(fleet: &Fleet, field: &str, args: &str, long: usize, forward: bool) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = if forward { format!("first: {long}{cursor}") } else { format!("last: {long}{cursor}") };
        let query = format!(
            "{{ list: {field}({page}{args}) {{ totalCount nodes {{ id }} edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
        );
        let list = fleet.data(&query).await["list"].take();
        let edges = list["edges"].as_array().unwrap();
        assert_eq!(list["pageInfo"]["startCursor"], edges.first().map_or(Value::Null, |edge| edge["cursor"].clone()));
        assert_eq!(list["pageInfo"]["endCursor"], edges.last().map_or(Value::Null, |edge| edge["cursor"].clone()));
        let got = ids(&list);
        if forward {
            assert_eq!(list["pageInfo"]["hasPreviousPage"], json!(!cursor.is_empty()));
            all.extend(got);
        } else {
            assert_eq!(list["pageInfo"]["hasNextPage"], json!(!cursor.is_empty()));
            all.splice(0..0, got);
        }
        let (more, end) = if forward { ("hasNextPage", "endCursor") } else { ("hasPreviousPage", "startCursor") };
        if list["pageInfo"][more] == json!(false) {
            assert_eq!(list["totalCount"], json!(all.len()));
            return all;
        }
        cursor = format!(", {}: {}", if forward { "after" } else { "before" }, list["pageInfo"][end]);
    }
}

#[tokio::test]
async fn pages_go_through_every_order_with_ties_both_ways() {
    for kind in BOTH {
        let (fleet, rows) = model(kind).await;
        let there = || rows.iter().filter(|row| row.status != "REMOVED").cloned().collect::<Vec<_>>();
        for (order, descending) in
            [("HOSTNAME", false), ("HOSTNAME", true), ("UPDATED_AT", false), ("UPDATED_AT", true)]
        {
            let mut expected = there();
            match order {
                "HOSTNAME" => expected.sort_by_key(|row| (hostname(row.host), row.id)),
                _ => expected.sort_by_key(|row| (row.updated, row.id)),
            }
            if descending {
                expected.reverse();
            }
            let expected: Vec<String> = expected.iter().map(|row| format!("ins_{}", row.id)).collect();
            let way = if descending { "DESC" } else { "ASC" };
            let args = format!(", orderBy: {{ field: {order}, direction: {way} }}");
            for long in [1, 3, 7, 50] {
                for forward in [true, false] {
                    assert_eq!(
                        pages(&fleet, "instances", &args, long, forward).await,
                        expected,
                        "{kind} {args} {long}"
                    );
                }
            }
        }
        // Within a parent, and by default.
        let data = fleet.data("{ service(name: \"svc-2\") { instances(first: 2) { nodes { id } } versions(last: 2) { nodes { name } } v: versions(orderBy: { field: NAME }) { nodes { name } } w: versions(orderBy: { field: CREATED_AT, direction: ASC }, first: 1) { nodes { name } } } }").await;
        let service = &data["service"];
        assert_eq!(ids(&service["instances"]), ["ins_212", "ins_203"], "{kind}");
        assert_eq!(service["versions"]["nodes"], json!([{ "name": "1.2" }, { "name": "1.1" }]));
        assert_eq!(service["v"]["nodes"], json!([{ "name": "1.3" }, { "name": "1.2" }, { "name": "1.1" }]));
        assert_eq!(service["w"]["nodes"], json!([{ "name": "1.1" }]));
    }
}

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
    ("locked: true", |row| row.locked),
    ("locked: false", |row| !row.locked),
    ("tags: []", |_| false),
    ("hostLabels: []", |_| false),
    ("serviceIds: null", |_| true),
];

#[tokio::test]
async fn every_condition_on_instances_alone_and_every_two_together_are_as_the_model_says() {
    for kind in BOTH {
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
}

#[tokio::test]
async fn other_lists_are_filtered_too() {
    for kind in BOTH {
        let (fleet, _) = model(kind).await;
        fleet.version(14, 1, "2.0", "FAILED").await;
        fleet.sql("UPDATE version SET withdrawn_at = {at 3}, withdrawn_by = 'ann', withdrawn_reason = 'Bad.' WHERE id = 13").await;
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
            ("releases(filter: { createdFrom: \"2026-11-18T11:06:40.002Z\" })", vec!["rel_2"]),
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
}

#[tokio::test]
async fn a_wrong_id_in_a_filter_is_a_bad_request_with_its_reason() {
    for kind in BOTH {
        let (fleet, _) = model(kind).await;
        let cases = [
            ("instances(filter: { serviceIds: [\"svc_1\", \"svc_99\"] })", "NOT_FOUND", "filter.serviceIds"),
            ("instances(filter: { serviceIds: [\"nonsense\"] })", "NOT_FOUND", "filter.serviceIds"),
            ("instances(filter: { versionIds: [\"hst_1\"] })", "WRONG_TYPE", "filter.versionIds"),
            ("releases(filter: { hostIds: [\"hst_77\"] })", "NOT_FOUND", "filter.hostIds"),
            ("instanceEvents(filter: { instanceIds: [\"ins_1\"] })", "NOT_FOUND", "filter.instanceIds"),
        ];
        for (list, reason, argument) in cases {
            let response = fleet.ask(&format!("{{ {list} {{ nodes {{ id: __typename }} }} }}")).await;
            let extensions = &response["errors"][0]["extensions"];
            assert_eq!(extensions["code"], "BAD_REQUEST", "{kind}: {list}: {response}");
            assert_eq!((&extensions["reason"], &extensions["argument"]), (&json!(reason), &json!(argument)));
        }
        // A version of another service is wrong for every service but its own.
        let query = "{ a: service(name: \"svc-1\") { versions(filter: { enabledFor: { action: UPGRADE, currentVersionId: \"ver_21\" } }) { nodes { id } } } b: service(name: \"svc-2\") { versions(filter: { enabledFor: { action: UPGRADE, currentVersionId: \"ver_21\" } }) { nodes { id } } } }";
        let response = fleet.ask(query).await;
        assert_eq!(response["errors"][0]["extensions"]["reason"], "OTHER_SERVICE", "{kind}: {response}");
        assert_eq!(response["data"]["a"], json!(null));
        assert_eq!(ids(&response["data"]["b"]["versions"]), ["ver_23", "ver_22"]);
    }
}

#[tokio::test]
async fn page_sizes_and_cursors_that_are_wrong_are_told_by_their_argument() {
    for kind in BOTH {
        let (fleet, _) = model(kind).await;
        let data = fleet.data("{ instances(first: 1) { pageInfo { endCursor } } }").await;
        let cursor = data["instances"]["pageInfo"]["endCursor"].as_str().unwrap();
        let cases = [
            ("instances(first: -1)".to_owned(), "BAD_REQUEST", "first"),
            ("instances(first: 201)".to_owned(), "BAD_REQUEST", "first"),
            ("instances(last: 1000000)".to_owned(), "BAD_REQUEST", "last"),
            ("instances(first: 1, last: 1)".to_owned(), "BAD_REQUEST", "last"),
            ("instances(after: \"nonsense\")".to_owned(), "CURSOR_INVALID", "after"),
            (format!("instances(before: \"{cursor}x\")"), "CURSOR_INVALID", "before"),
            (format!("services(after: \"{cursor}\")"), "CURSOR_INVALID", "after"),
            (format!("instances(after: \"{cursor}\", orderBy: {{ field: UPDATED_AT }})"), "CURSOR_INVALID", "after"),
            (
                format!("instances(after: \"{cursor}\", orderBy: {{ field: HOSTNAME, direction: DESC }})"),
                "CURSOR_INVALID",
                "after",
            ),
            (format!("instanceEvents(after: \"{cursor}\")"), "CURSOR_INVALID", "after"),
        ];
        for (list, code, argument) in cases {
            let response = fleet.ask(&format!("{{ {list} {{ pageInfo {{ hasNextPage }} }} }}")).await;
            let extensions = &response["errors"][0]["extensions"];
            assert_eq!(
                (&extensions["code"], &extensions["argument"]),
                (&json!(code), &json!(argument)),
                "{kind} {list}: {response}"
            );
        }
        let data = fleet.data("{ instances(first: 0) { nodes { id } pageInfo { hasNextPage startCursor } } all: instances { nodes { id } } }").await;
        assert_eq!(data["instances"], json!({ "nodes": [], "pageInfo": { "hasNextPage": true, "startCursor": null } }));
    }
}

#[tokio::test]
async fn a_page_is_fifty_unless_said() {
    for kind in BOTH {
        let fleet = Fleet::of(kind, 1, 1, 60).await;
        let data = fleet.data("{ hosts { totalCount nodes { id } pageInfo { hasNextPage } } }").await;
        assert_eq!(ids(&data["hosts"]).len(), 50, "{kind}");
        assert_eq!(
            (&data["hosts"]["totalCount"], &data["hosts"]["pageInfo"]["hasNextPage"]),
            (&json!(60), &json!(true))
        );
        let response = fleet.ask_as(Role::Viewer, "{ hosts(first: 200) { nodes { id } } }", json!({})).await;
        assert_eq!(ids(&response["data"]["hosts"]).len(), 60);
    }
}

#[tokio::test]
async fn counts_in_groups_and_plain_lists_are_whole() {
    for kind in BOTH {
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
}
