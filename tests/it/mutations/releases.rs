use crate::mutations::world::World;
use serde_json::{Value, json};
use testkit::on_both;

const MOVED: &str = "release { id action status targetVersion { name } progress { total queued skipped } }
    accepted { hostname: host { hostname } status locked } acceptedCount replayed skippedCount
    skipped { instance { id } reason locks { by reason holder { __typename ... on Release { id } ... on Hold { id } } } }
    skippedCounts { reason count }";

fn to(version: &str, hosts: Value) -> Value {
    json!({ "serviceId": "svc_1", "versionId": version, "hosts": hosts })
}

async fn r8_an_upgrade_takes_what_is_free_tells_who_has_the_rest_and_is_carried_out(kind: &str) {
    let world = World::with_fleet(kind).await;
    world.done("holdInstances", json!({ "instanceIds": ["ins_2"], "reason": "disk" })).await;
    let first = world.take("upgradeInstances", MOVED, to("ver_3", json!({ "hostnames": ["h1"] }))).await;
    let second = world.take("upgradeInstances", MOVED, to("ver_3", json!({ "all": true }))).await;
    insta::assert_json_snapshot!(second, @r#"
    {
      "accepted": [
        {
          "hostname": {
            "hostname": "h3"
          },
          "locked": true,
          "status": "UPGRADING"
        }
      ],
      "acceptedCount": 1,
      "release": {
        "action": "UPGRADE",
        "id": "rel_3",
        "progress": {
          "queued": 1,
          "skipped": 2,
          "total": 1
        },
        "status": "PENDING",
        "targetVersion": {
          "name": "3"
        }
      },
      "replayed": false,
      "skipped": [
        {
          "instance": {
            "id": "ins_1"
          },
          "locks": [
            {
              "by": "ann",
              "holder": {
                "__typename": "Release",
                "id": "rel_2"
              },
              "reason": ""
            }
          ],
          "reason": "LOCKED"
        },
        {
          "instance": {
            "id": "ins_2"
          },
          "locks": [
            {
              "by": "ann",
              "holder": {
                "__typename": "Hold",
                "id": "hld_1"
              },
              "reason": "disk"
            }
          ],
          "reason": "LOCKED"
        }
      ],
      "skippedCount": 2,
      "skippedCounts": [
        {
          "count": 2,
          "reason": "LOCKED"
        }
      ]
    }
    "#);
    let worker = world.worker();
    for answer in [&first, &second] {
        assert_eq!(world.settled(answer["release"]["id"].as_str().unwrap()).await, "SUCCEEDED");
    }
    drop(worker);
    let fleet = world.read("{ instances { nodes { status version { name } locked } } }").await;
    let expected = [("3", false), ("2", true), ("3", false)]
        .map(|(version, locked)| json!({ "status": "RUNNING", "version": { "name": version }, "locked": locked }));
    assert_eq!(fleet["instances"]["nodes"], json!(expected));
}
on_both!(r8_an_upgrade_takes_what_is_free_tells_who_has_the_rest_and_is_carried_out);

async fn r11_a_dry_run_tells_the_same_and_changes_nothing(kind: &str) {
    let world = World::with_fleet(kind).await;
    world.done("holdInstances", json!({ "instanceIds": ["ins_2"], "reason": "disk" })).await;
    let before = world.place().await;
    let mut input = to("ver_1", json!({ "all": true }));
    input["dryRun"] = json!(true);
    let fields = "release { id } accepted { id } acceptedCount skipped { instance { id } reason } skippedCount";
    let dry = world.take("revertInstances", fields, input.clone()).await;
    assert_eq!(dry["release"], json!(null));
    assert_eq!(world.place().await, before);
    input["dryRun"] = json!(false);
    input["expectedCount"] = json!(2);
    let wet = world.take("revertInstances", fields, input).await;
    assert!(wet["release"]["id"].is_string());
    for field in ["accepted", "acceptedCount", "skipped", "skippedCount"] {
        assert_eq!(dry[field], wet[field], "{field}");
    }
}
on_both!(r11_a_dry_run_tells_the_same_and_changes_nothing);

async fn r10_a_replay_gives_the_same_answer_also_when_the_defaults_are_spelled_out(kind: &str) {
    let world = World::with_fleet(kind).await;
    let mut input = to("ver_3", json!({ "hostnames": ["h1", "h2"] }));
    input["idempotencyKey"] = json!("k");
    let first = world.take("upgradeInstances", MOVED, input.clone()).await;
    input["hosts"] = json!({ "hostnames": ["h2", "h1"] });
    input["onLocked"] = json!("SKIP");
    input["includeUnknown"] = json!(false);
    input["reason"] = json!(null);
    let mut again = world.take("upgradeInstances", MOVED, input.clone()).await;
    assert_eq!(again["replayed"], json!(true));
    again["replayed"] = json!(false);
    assert_eq!(again, first);
    input["reason"] = json!("another");
    let release = first["release"]["id"].as_str().unwrap();
    let expected = [format!("IDEMPOTENCY_KEY_REUSED input.idempotencyKey {release}")];
    assert_eq!(world.wrong("upgradeInstances", input).await, expected);
}
on_both!(r10_a_replay_gives_the_same_answer_also_when_the_defaults_are_spelled_out);

async fn r10_a_key_stands_for_what_was_written_and_not_for_how_many_were_expected(kind: &str) {
    let world = World::with_fleet(kind).await;
    let mut input = json!({
        "service": "web", "version": "3", "currentVersion": "2", "hosts": { "hostnames": ["h1", "h2"] },
        "expectedCount": 2, "idempotencyKey": "k",
    });
    let mut first = world.take("upgradeInstances", MOVED, input.clone()).await;
    let place = world.place().await;
    first["replayed"] = json!(true);
    // The answer was lost, and the client asks again: with another number, with none, and first with a dry run.
    for fields in [json!({ "expectedCount": 7 }), json!({ "expectedCount": null }), json!({ "dryRun": true })] {
        for (field, value) in fields.as_object().unwrap() {
            input[field] = value.clone();
        }
        assert_eq!(world.take("upgradeInstances", MOVED, input.clone()).await, first, "{fields}");
    }
    assert_eq!(world.place().await, place);
    // The same things by their ids are another request, also as a dry run.
    let ids = json!({
        "serviceId": "svc_1", "versionId": "ver_3", "currentVersionId": "ver_2",
        "hosts": { "hostIds": ["hst_1", "hst_2"] }, "idempotencyKey": "k", "dryRun": true,
    });
    let release = first["release"]["id"].as_str().unwrap();
    let expected = [format!("IDEMPOTENCY_KEY_REUSED input.idempotencyKey {release}")];
    assert_eq!(world.wrong("upgradeInstances", ids).await, expected);
    // A dry run with a key that made nothing keeps none.
    let fresh = json!({
        "service": "web", "version": "3", "hosts": { "hostnames": ["h3"] }, "idempotencyKey": "k2", "dryRun": true,
    });
    let dry = world.take("upgradeInstances", MOVED, fresh.clone()).await;
    assert_eq!((&dry["release"], &dry["replayed"]), (&json!(null), &json!(false)));
    assert_eq!(world.take("upgradeInstances", MOVED, fresh).await, dry);
}
on_both!(r10_a_key_stands_for_what_was_written_and_not_for_how_many_were_expected);

async fn r9_when_nothing_is_left_the_answer_says_why(kind: &str) {
    let world = World::with_fleet(kind).await;
    let before = world.place().await;
    let answer = world.mutate("upgradeInstances", MOVED, to("ver_2", json!({ "all": true }))).await;
    assert_eq!(answer["userErrors"][0]["code"], "NOTHING_TO_RELEASE");
    assert_eq!(
        (&answer["release"], &answer["acceptedCount"], &answer["accepted"]),
        (&json!(null), &json!(0), &json!([]))
    );
    assert_eq!(answer["skippedCounts"], json!([{ "reason": "ALREADY_AT_VERSION", "count": 3 }]));
    assert_eq!(answer["skipped"].as_array().unwrap().len(), 3);
    assert_eq!(world.place().await, before);
}
on_both!(r9_when_nothing_is_left_the_answer_says_why);

async fn an_installation_tells_its_hosts_and_records_what_is_said_of_the_instances(kind: &str) {
    let world = World::with_fleet(kind).await;
    let input = json!({
        "serviceId": "svc_2", "versionId": "ver_5", "hosts": { "labels": [{ "key": "disk", "value": "h2" }] },
        "port": 80, "tag": "prod", "weight": 7, "rollout": { "maxParallel": { "percent": 50 }, "timeoutSeconds": 5 },
    });
    let fields = "release { action rollout { maxParallel maxFailures onFailure timeoutSeconds } } acceptedHosts { hostname } acceptedCount";
    let answer = world.take("installInstances", fields, input).await;
    insta::assert_json_snapshot!(answer, @r#"
    {
      "acceptedCount": 1,
      "acceptedHosts": [
        {
          "hostname": "h2"
        }
      ],
      "release": {
        "action": "INSTALL",
        "rollout": {
          "maxFailures": 0,
          "maxParallel": 1,
          "onFailure": "STOP",
          "timeoutSeconds": 5
        }
      }
    }
    "#);
    let made =
        world.read("{ instance(service: \"api\", hostname: \"h2\") { status version { id } port tag weight } }").await;
    assert_eq!(
        made["instance"],
        json!({ "status": "INSTALLING", "version": null, "port": 80, "tag": "prod", "weight": 7 })
    );
}
on_both!(an_installation_tells_its_hosts_and_records_what_is_said_of_the_instances);

async fn r13_what_is_canceled_before_it_began_goes_back_to_what_it_was(kind: &str) {
    let world = World::with_fleet(kind).await;
    let input = json!({ "serviceId": "svc_1", "hosts": { "hostIds": ["hst_1", "hst_2"] }, "reason": "old" });
    let answer = world.take("uninstallInstances", "release { id } accepted { status }", input).await;
    assert_eq!(answer["accepted"], json!([{ "status": "UNINSTALLING" }, { "status": "UNINSTALLING" }]));
    let input = json!({ "releaseId": answer["release"]["id"], "reason": "no" });
    let fields = "release { status cancelReason targets { nodes { status instance { status } } } }";
    let canceled = world.take("cancelRelease", fields, input).await;
    let target = json!({ "status": "CANCELED", "instance": { "status": "RUNNING" } });
    let expected = json!({ "status": "CANCELED", "cancelReason": "no", "targets": { "nodes": [target, target] } });
    assert_eq!(canceled["release"], expected);
    // Asking again gives the same answer, without an event.
    let place = world.place().await;
    let again = json!({ "releaseId": answer["release"]["id"], "reason": "another", "stopRunning": true });
    assert_eq!(world.take("cancelRelease", fields, again).await, canceled);
    assert_eq!(world.place().await, place);
    let ended = world.wrong("cancelRelease", json!({ "releaseId": "rel_1" })).await;
    assert_eq!(ended, ["WRONG_STATE input.releaseId rel_1"], "it has succeeded");
}
on_both!(r13_what_is_canceled_before_it_began_goes_back_to_what_it_was);

async fn r16_what_a_request_omits_comes_from_its_service_and_then_from_the_configuration(kind: &str) {
    let world = World::with_fleet(kind).await;
    let rollout = json!({
        "maxParallel": { "percent": 70 }, "maxFailures": { "count": 2 }, "onFailure": "CONTINUE", "deadlineSeconds": 7200,
        "withdrawOnUndo": true,
        "order": "AS_GIVEN", "first": [{ "key": "rack", "value": "2" }, { "key": "rack", "value": "1" }],
        "waves": [{ "upTo": { "count": 1 }, "soakSeconds": 5, "pauseAfter": true, "maxFailures": { "percent": 10 } }, { "upTo": { "percent": 100 } }],
    });
    let fields = "service { rolloutDefaults { maxParallel { count percent } maxFailures { count percent } maxUnreachable { count }
        onFailure withdrawOnUndo timeoutSeconds deadlineSeconds order first { key value }
        waves { upTo { count percent } maxFailures { count percent } soakSeconds pauseAfter } } }";
    let set = world.take("updateService", fields, json!({ "serviceId": "svc_1", "rollout": rollout })).await;
    let expected = json!({
        "maxParallel": { "count": null, "percent": 70 }, "maxFailures": { "count": 2, "percent": null }, "maxUnreachable": null,
        "onFailure": "CONTINUE", "withdrawOnUndo": true, "timeoutSeconds": null, "deadlineSeconds": 7200, "order": "AS_GIVEN",
        "first": [{ "key": "rack", "value": "2" }, { "key": "rack", "value": "1" }],
        "waves": [
            { "upTo": { "count": 1, "percent": null }, "maxFailures": { "count": null, "percent": 10 }, "soakSeconds": 5, "pauseAfter": true },
            { "upTo": { "count": null, "percent": 100 }, "maxFailures": null, "soakSeconds": 0, "pauseAfter": false },
        ],
    });
    assert_eq!(set["service"]["rolloutDefaults"], expected);
    // Field by field: what the request says, what the service says, what the configuration says.
    let shown = "rollout { maxParallel maxFailures onFailure withdrawOnUndo deadlineSeconds maxUnreachable }";
    let upgrade = |rollout| json!({ "serviceId": "svc_1", "versionId": "ver_3", "hosts": { "all": true }, "dryRun": true, "rollout": rollout });
    let answer = world.take("upgradeInstances", shown, upgrade(json!({ "maxFailures": { "count": 1 } }))).await;
    let expected = json!({ "maxParallel": 2, "maxFailures": 1, "onFailure": "CONTINUE", "withdrawOnUndo": true, "deadlineSeconds": 7200, "maxUnreachable": 1 });
    assert_eq!(answer["rollout"], expected);
    // A default never refuses a request.
    let removal = json!({ "serviceId": "svc_1", "hosts": { "all": true }, "dryRun": true });
    let answer = world.take("uninstallInstances", shown, removal).await;
    assert_eq!(answer["rollout"]["withdrawOnUndo"], false);
    // Waves replace each other as a whole, and an empty list means none.
    let waves = "release { waves { size } }";
    let started = json!({ "serviceId": "svc_1", "versionId": "ver_3", "hosts": { "hostnames": ["h1", "h2"] } });
    let answer = world.take("upgradeInstances", waves, started).await;
    assert_eq!(answer["release"]["waves"], json!([{ "size": 1 }, { "size": 1 }]));
    let none = json!({ "serviceId": "svc_1", "versionId": "ver_3", "hosts": { "hostnames": ["h3"] }, "rollout": { "waves": [] } });
    let answer = world.take("upgradeInstances", waves, none).await;
    assert_eq!(answer["release"]["waves"], json!([{ "size": 1 }]));
    // They stay as they are until they are set or cleared.
    let place = world.place().await;
    world.take("updateService", fields, json!({ "serviceId": "svc_1", "rollout": rollout })).await;
    assert_eq!(world.place().await, place, "nothing changed");
    let kept = world.take("updateService", fields, json!({ "serviceId": "svc_1", "description": "x" })).await;
    assert_eq!(kept["service"]["rolloutDefaults"]["deadlineSeconds"], 7200);
    let wrong = json!({ "serviceId": "svc_1", "rollout": { "maxParallel": { "count": 0 }, "waves": [{ "upTo": { "percent": 0 } }] } });
    assert_eq!(
        world.wrong("updateService", wrong).await,
        ["INVALID input.rollout.maxParallel", "INVALID input.rollout.waves"]
    );
    let cleared = world.take("updateService", fields, json!({ "serviceId": "svc_1", "rollout": null })).await;
    assert_eq!(cleared["service"]["rolloutDefaults"], json!(null));
}
on_both!(r16_what_a_request_omits_comes_from_its_service_and_then_from_the_configuration);

async fn r7_a_release_is_undone_and_the_undo_follows_it_up(kind: &str) {
    let world = World::with_fleet(kind).await;
    let worker = world.worker();
    let input = json!({ "serviceId": "svc_1", "versionId": "ver_3", "hosts": { "all": true } });
    let first = world.take("upgradeInstances", "release { id }", input).await["release"]["id"].clone();
    assert_eq!(world.settled(first.as_str().unwrap()).await, "SUCCEEDED");
    let fields = "acceptedCount skippedCount replayed release { id origin action targetVersion { id } parent { id }
        rollout { onFailure } targets { nodes { host { hostname } fromVersion { id } toVersion { id } } } }";
    let dry = json!({ "releaseId": first, "dryRun": true, "rollout": { "maxParallel": { "count": 2 } } });
    let dry = world.take("undoRelease", fields, dry).await;
    assert_eq!((&dry["acceptedCount"], &dry["skippedCount"], &dry["release"]), (&json!(3), &json!(0), &json!(null)));
    let answer = world.take("undoRelease", fields, json!({ "releaseId": first, "reason": "slow" })).await;
    let undo = answer["release"]["id"].as_str().unwrap().to_owned();
    let target = |host: &str| json!({ "host": { "hostname": host }, "fromVersion": { "id": "ver_3" }, "toVersion": { "id": "ver_2" } });
    let expected = json!({
        "id": undo, "origin": "UNDO", "action": "REVERT", "targetVersion": null, "parent": { "id": first },
        "rollout": { "onFailure": "CONTINUE" }, "targets": { "nodes": [target("h3"), target("h2"), target("h1")] },
    });
    assert_eq!(answer["release"], expected);
    assert_eq!(world.settled(&undo).await, "SUCCEEDED");
    drop(worker);
    let document = format!("{{ release(id: {first}) {{ followUps {{ nodes {{ id }} }} }} }}");
    assert_eq!(world.read(&document).await["release"]["followUps"]["nodes"], json!([{ "id": undo }]));
    let nothing = world.wrong("retryRelease", json!({ "releaseId": first })).await;
    assert_eq!(nothing, ["NOTHING_TO_RELEASE input.releaseId"]);
}
on_both!(r7_a_release_is_undone_and_the_undo_follows_it_up);

async fn r3_what_was_uninstalled_is_gone_from_lists_and_its_host_is_free_to_be_removed(kind: &str) {
    let world = World::with_fleet(kind).await;
    let worker = world.worker();
    let input = json!({ "serviceId": "svc_1", "hosts": { "all": true } });
    let answer = world.take("uninstallInstances", "release { id }", input).await;
    assert_eq!(world.settled(answer["release"]["id"].as_str().unwrap()).await, "SUCCEEDED");
    drop(worker);
    assert_eq!(world.read("{ instances { nodes { id } } }").await["instances"]["nodes"], json!([]));
    world.done("removeHost", json!({ "hostId": "hst_1" })).await;
    world.done("removeVersion", json!({ "versionId": "ver_2" })).await;
    world.done("removeService", json!({ "serviceId": "svc_1" })).await;
}
on_both!(r3_what_was_uninstalled_is_gone_from_lists_and_its_host_is_free_to_be_removed);
