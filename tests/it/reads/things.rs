//! Things by name and by id, what was removed, what is computed.

use crate::reads::fleet::Fleet;
use serde_json::json;
use testkit::on_both;
use testkit::rows::{self, at};

async fn everything_with_an_id_is_found_by_it_in_the_order_of_the_ids(kind: &str) {
    let fleet = Fleet::of(kind, 2, 2, 2).await;
    fleet.insert([rows::hold(1, 1, None)]).await;
    fleet.insert(rows::release_of(1, 1, 2, &[1])).await;
    let ids = ["tgt_1001", "svc_1", "ver_3", "hst_2", "ins_4", "rel_1", "hld_1"];
    for id in ids {
        let data = fleet.data(&format!("{{ node(id: \"{id}\") {{ id }} }}")).await;
        assert_eq!(data["node"]["id"], id, "{kind}");
    }
    let all = ids.iter().rev().chain(&["svc_1", "svc_99", "nonsense", "svc_01"]).map(|id| format!("\"{id}\""));
    let query = format!("{{ nodes(ids: [{}]) {{ id __typename }} }}", all.collect::<Vec<_>>().join(", "));
    let data = fleet.data(&query).await;
    let thing = |id: &str, ty: &str| json!({ "id": id, "__typename": ty });
    let expected = json!([
        thing("hld_1", "Hold"),
        thing("rel_1", "Release"),
        thing("ins_4", "Instance"),
        thing("hst_2", "Host"),
        thing("ver_3", "Version"),
        thing("svc_1", "Service"),
        thing("tgt_1001", "ReleaseTarget"),
        thing("svc_1", "Service"),
        null,
        null,
        null
    ]);
    assert_eq!(data["nodes"], expected, "{kind}");
    let many = (0..201).map(|id| format!("\"svc_{id}\"")).collect::<Vec<_>>().join(", ");
    let response = fleet.response(&format!("{{ nodes(ids: [{many}]) {{ id }} }}")).await;
    assert_eq!(response["errors"][0]["extensions"]["argument"], "ids");
}
on_both!(everything_with_an_id_is_found_by_it_in_the_order_of_the_ids);

async fn a_release_is_found_by_its_id_alone(kind: &str) {
    let fleet = Fleet::of(kind, 2, 2, 2).await;
    fleet.insert(rows::release_of(1, 1, 2, &[1])).await;
    let data =
        fleet.data("{ release(id: \"rel_1\") { id service { name } } none: release(id: \"rel_2\") { id } }").await;
    assert_eq!(data, json!({ "release": { "id": "rel_1", "service": { "name": "svc-001" } }, "none": null }), "{kind}");
    for (id, reason) in [("svc_1", "WRONG_TYPE"), ("1", "NOT_FOUND"), ("", "NOT_FOUND")] {
        let response = fleet.response(&format!("{{ release(id: {id:?}) {{ id }} }}")).await;
        let extensions = &response["errors"][0]["extensions"];
        assert_eq!((&extensions["reason"], &extensions["argument"]), (&json!(reason), &json!("id")), "{kind}: {id}");
        assert_eq!(response["data"], json!({ "release": null }));
    }
}
on_both!(a_release_is_found_by_its_id_alone);

async fn r2_a_version_is_enabled_if_it_may_be_released_and_lies_in_the_direction(kind: &str) {
    let fleet = Fleet::of(kind, 2, 4, 1).await;
    fleet
        .rows
        .execute(
            "UPDATE version SET withdrawn_at = {at 3}, withdrawn_by = 'ann', withdrawn_reason = 'Bad.' WHERE id = 3",
        )
        .await;
    let data = fleet
            .data("{ service(name: \"svc-001\") { versions { nodes { name up: enabled(action: UPGRADE, currentVersion: \"ver_2\") down: enabled(action: REVERT, currentVersion: \"ver_2\") withdrawal { reason by at } } } } }")
            .await;
    let version =
        |name: &str, up: bool, down: bool| json!({ "name": name, "up": up, "down": down, "withdrawal": null });
    let mut withdrawn = version("1.2.0", false, false);
    withdrawn["withdrawal"] = json!({ "reason": "Bad.", "by": "ann", "at": "2025-06-15T15:06:40.003Z" });
    let expected = json!([
        version("1.3.0", true, false),
        withdrawn,
        version("1.1.0", false, false),
        version("1.0.0", false, true)
    ]);
    assert_eq!(data["service"]["versions"]["nodes"], expected, "{kind}");
    for (current, reason) in
        [("ver_99", "NOT_FOUND"), ("bad", "NOT_FOUND"), ("svc_1", "WRONG_TYPE"), ("ver_5", "OTHER_SERVICE")]
    {
        let query = format!(
            "{{ service(name: \"svc-001\") {{ version(name: \"1.0.0\") {{ id enabled(action: UPGRADE, currentVersion: \"{current}\") }} }} }}"
        );
        let response = fleet.response(&query).await;
        assert_eq!(response["data"]["service"]["version"], json!({ "id": "ver_1", "enabled": null }), "{kind}");
        assert_eq!(response["errors"][0]["extensions"]["reason"], reason, "{kind}: {current}");
        assert_eq!(response["errors"][0]["path"], json!(["service", "version", "enabled"]));
    }
}
on_both!(r2_a_version_is_enabled_if_it_may_be_released_and_lies_in_the_direction);

async fn r3_what_was_removed_leaves_the_lists_and_stays_reachable(kind: &str) {
    let fleet = Fleet::of(kind, 1, 2, 2).await;
    fleet.rows.execute("UPDATE instance SET status = 'REMOVED', version_id = NULL, revision = 2 WHERE id = 1").await;
    fleet.rows.execute("UPDATE version SET removed_at = {at 7} WHERE id = 1").await;
    fleet.rows.execute("UPDATE host SET removed_at = {at 7} WHERE id = 1").await;
    let data = fleet
            .data("{ hosts { nodes { id } } host(hostname: \"host-001\") { id } node(id: \"hst_1\") { ... on Host { removedAt } }
                service(name: \"svc-001\") { version(name: \"1.0.0\") { id } versions { nodes { id } } instances { nodes { id } } availableHosts { nodes { id } } }
                gone: instance(service: \"svc-001\", hostname: \"host-001\") { id } there: instance(service: \"svc-001\", hostname: \"host-002\") { id version { id } }
                nodes(ids: [\"ins_1\", \"ver_1\"]) { id } }")
            .await;
    assert_eq!(data["hosts"]["nodes"], json!([{ "id": "hst_2" }]), "{kind}");
    assert_eq!((&data["host"], &data["gone"]), (&json!(null), &json!(null)));
    assert_eq!(data["node"]["removedAt"], "2025-06-15T15:06:40.007Z");
    assert_eq!(data["service"]["version"], json!(null));
    assert_eq!(data["service"]["versions"]["nodes"], json!([{ "id": "ver_2" }]));
    assert_eq!(data["service"]["instances"]["nodes"], json!([{ "id": "ins_2" }]));
    assert_eq!(data["service"]["availableHosts"]["nodes"], json!([]));
    assert_eq!(data["there"], json!({ "id": "ins_2", "version": { "id": "ver_1" } }));
    assert_eq!(data["nodes"], json!([{ "id": "ins_1" }, { "id": "ver_1" }]));
}
on_both!(r3_what_was_removed_leaves_the_lists_and_stays_reachable);

async fn a_release_tells_its_targets_skipped_ones_counts_and_what_it_follows(kind: &str) {
    let fleet = Fleet::of(kind, 1, 3, 4).await;
    fleet.insert([rows::hold(7, 1, Some(4))]).await;
    fleet.insert(rows::release_of(1, 1, 3, &[3, 1])).await;
    fleet.insert([rows::skip(1, 1, 4), rows::skip_lock(1, 1, Some(7))]).await;
    fleet.rows.execute("UPDATE release SET skipped = 1").await;
    let data = fleet
            .data("{ node(id: \"rel_1\") { ... on Release { action status origin parent { id } followUps { totalCount } executor rollout { maxParallel onFailure timeoutSeconds }
                progress { total queued skipped } targetVersion { name } createdAt targets { nodes { id status instance { id lastTarget { id } locks { holder { ... on Release { id } } } } host { hostname } fromVersion { name } toVersion { name } } }
                none: targets(statuses: [FAILED]) { totalCount nodes { id } } skipped { totalCount nodes { reason instance { id locked } locks { reason by holder { __typename } } } } } } }")
            .await;
    insta::assert_json_snapshot!(data["node"], @r#"
    {
      "action": "UPGRADE",
      "createdAt": "2025-06-15T15:06:40.001Z",
      "executor": "sim",
      "followUps": {
        "totalCount": 0
      },
      "none": {
        "nodes": [],
        "totalCount": 0
      },
      "origin": "REQUEST",
      "parent": null,
      "progress": {
        "queued": 2,
        "skipped": 1,
        "total": 2
      },
      "rollout": {
        "maxParallel": 2,
        "onFailure": "STOP",
        "timeoutSeconds": 60
      },
      "skipped": {
        "nodes": [
          {
            "instance": {
              "id": "ins_4",
              "locked": true
            },
            "locks": [
              {
                "by": "bob",
                "holder": {
                  "__typename": "Hold"
                },
                "reason": "Why."
              }
            ],
            "reason": "LOCKED"
          }
        ],
        "totalCount": 1
      },
      "status": "PENDING",
      "targetVersion": {
        "name": "1.2.0"
      },
      "targets": {
        "nodes": [
          {
            "fromVersion": {
              "name": "1.0.0"
            },
            "host": {
              "hostname": "host-003"
            },
            "id": "tgt_1001",
            "instance": {
              "id": "ins_3",
              "lastTarget": {
                "id": "tgt_1001"
              },
              "locks": [
                {
                  "holder": {
                    "id": "rel_1"
                  }
                }
              ]
            },
            "status": "QUEUED",
            "toVersion": {
              "name": "1.2.0"
            }
          },
          {
            "fromVersion": {
              "name": "1.1.0"
            },
            "host": {
              "hostname": "host-001"
            },
            "id": "tgt_1002",
            "instance": {
              "id": "ins_1",
              "lastTarget": {
                "id": "tgt_1002"
              },
              "locks": [
                {
                  "holder": {
                    "id": "rel_1"
                  }
                }
              ]
            },
            "status": "QUEUED",
            "toVersion": {
              "name": "1.2.0"
            }
          }
        ]
      }
    }
    "#);
}
on_both!(a_release_tells_its_targets_skipped_ones_counts_and_what_it_follows);

async fn output_is_read_line_by_line_with_cursors_of_its_release_alone(kind: &str) {
    let fleet = Fleet::of(kind, 1, 2, 2).await;
    fleet.insert(rows::release_of(1, 1, 2, &[1])).await;
    fleet.insert(rows::release_of(2, 1, 2, &[2])).await;
    for release in 1..=2 {
        for place in 1..=5 {
            let line = rows::output(release, place, release * 1000 + 1, &format!("r{release} line {place}"));
            fleet.insert([line.set("at", at(place))]).await;
        }
    }
    let data = fleet.data("{ node(id: \"tgt_1001\") { ... on ReleaseTarget { log(first: 2) { totalCount nodes { text cursor targetId target { id } at } pageInfo { endCursor hasNextPage } } } } }").await;
    let log = &data["node"]["log"];
    assert_eq!(log["totalCount"], 5, "{kind}");
    assert_eq!(log["nodes"][1]["text"], "r1 line 2");
    assert_eq!(log["nodes"][1]["targetId"], "tgt_1001");
    assert_eq!(log["nodes"][1]["cursor"], log["pageInfo"]["endCursor"]);
    let cursor = &log["pageInfo"]["endCursor"];
    let data = fleet.data(&format!("{{ node(id: \"rel_1\") {{ ... on Release {{ log(last: 2, before: {cursor}) {{ nodes {{ text }} }} rest: log(after: {cursor}) {{ nodes {{ text }} }} }} }} }}")).await;
    assert_eq!(data["node"]["log"]["nodes"], json!([{ "text": "r1 line 1" }]));
    assert_eq!(data["node"]["rest"]["nodes"].as_array().unwrap().len(), 3);
    let response = fleet
        .response(&format!(
            "{{ node(id: \"rel_2\") {{ ... on Release {{ log(after: {cursor}) {{ nodes {{ text }} }} }} }} }}"
        ))
        .await;
    assert_eq!(response["errors"][0]["extensions"]["code"], "CURSOR_INVALID", "{kind}: {response}");
    assert_eq!(response["errors"][0]["extensions"]["argument"], "after");
    let data =
        fleet.data("{ node(id: \"rel_2\") { ... on Release { log(first: 2) { pageInfo { endCursor } } } } }").await;
    let own = &data["node"]["log"]["pageInfo"]["endCursor"];
    for (after, before, argument) in [(cursor, own, "after"), (own, cursor, "before")] {
        let log = format!("log(after: {after}, before: {before}) {{ nodes {{ text }} }}");
        let response = fleet.response(&format!("{{ node(id: \"rel_2\") {{ ... on Release {{ {log} }} }} }}")).await;
        assert_eq!(response["errors"][0]["extensions"]["argument"], argument, "{kind}: {response}");
    }
}
on_both!(output_is_read_line_by_line_with_cursors_of_its_release_alone);

async fn holds_tell_when_they_ended_swept_or_not(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 1).await;
    fleet.insert([rows::hold(1, 1, Some(1)).set("until", at(9))]).await;
    let data = fleet.data("{ node(id: \"hld_1\") { ... on Hold { until endedAt endedBy instance { id locked locks { reason } } service { id } } } }").await;
    let end = "2025-06-15T15:06:40.009Z";
    let instance = json!({ "id": "ins_1", "locked": false, "locks": [] });
    let expected =
        json!({ "until": end, "endedAt": end, "endedBy": null, "instance": instance, "service": { "id": "svc_1" } });
    assert_eq!(data["node"], expected, "{kind}");
}
on_both!(holds_tell_when_they_ended_swept_or_not);

async fn texts_that_no_name_can_be_find_nothing(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 1).await;
    let data = fleet.data("{ a: service(name: \"\") { id } b: service(name: \"a\\u0000b\") { id } c: host(hostname: \"'; DROP TABLE host; --\") { id } executors { name kind } }").await;
    let executors = json!([{ "name": "sim", "kind": "simulate" }]);
    assert_eq!(data, json!({ "a": null, "b": null, "c": null, "executors": executors }), "{kind}");
}
on_both!(texts_that_no_name_can_be_find_nothing);

async fn the_freezes_that_stand_come_oldest_first(kind: &str) {
    let fleet = Fleet::of(kind, 1, 1, 1).await;
    for id in 1..=3 {
        let ended = (id == 2).then(|| at(9));
        fleet.insert([rows::hold(id, 1, None).set("ended_at", ended)]).await;
    }
    let data = fleet.data("{ service(name: \"svc-001\") { freezes { id } } holds { nodes { id } } }").await;
    assert_eq!(data["service"]["freezes"], json!([{ "id": "hld_1" }, { "id": "hld_3" }]), "{kind}");
    assert_eq!(data["holds"]["nodes"][0], json!({ "id": "hld_3" }), "{kind}");
}
on_both!(the_freezes_that_stand_come_oldest_first);
