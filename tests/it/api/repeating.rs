//! Requests that are sent again, or only tried.

use crate::api::world::{World, with};
use serde_json::{Value, json};
use testkit::fleet::id;
use testkit::on_both;

const SELECTION: &str = "release { id } acceptedCount accepted { id } skippedCount replayed";

async fn r10_a_request_with_the_same_key_gives_the_same_release(world: &World) {
    let input = world.release(1, json!({ "idempotencyKey": "once", "reason": "Because." }));
    let first = world.client.change("upgradeInstances", input.clone(), SELECTION).await;
    assert_eq!((&first["acceptedCount"], &first["replayed"]), (&json!(3), &json!(false)));
    assert_eq!(world.shop.finished(&id(&first["release"])).await, "SUCCEEDED");

    // It answers also when its version is gone and its service frozen; a default that is written out is no other.
    let version = &world.shop.versions[1];
    let withdrawal = json!({ "versionId": version, "reason": "It leaks." });
    world.client.change("withdrawVersion", withdrawal, "__typename").await;
    let freeze = json!({ "serviceId": world.shop.service, "reason": "Holidays." });
    world.client.change("freezeService", freeze, "__typename").await;
    let stored = world.server.stored().await;
    let before = stored.state().await;
    let spelled_out = with(input.clone(), json!({ "onLocked": "SKIP", "currentVersionId": null }));
    let second = world.client.change("upgradeInstances", spelled_out, SELECTION).await;
    assert_eq!(second, with(first.clone(), json!({ "replayed": true })));
    assert_eq!(stored.state().await, before);

    // With other arguments the key is refused, and it is the caller's own.
    let release = id(&first["release"]);
    let problem = format!("IDEMPOTENCY_KEY_REUSED input.idempotencyKey [{release}]");
    let other = with(input.clone(), json!({ "reason": "Something else." }));
    world.refuses("upgradeInstances", other, &[&problem]).await;
    world.refuses("revertInstances", input.clone(), &[&problem]).await;
    let somebody = world.server.client_as("somebody", "operator");
    let problems = somebody.problems("upgradeInstances", input).await;
    assert!(problems.iter().any(|problem| problem.starts_with("FROZEN")), "{problems:?}");
}
on_both!(r10_a_request_with_the_same_key_gives_the_same_release in World);

async fn i6_one_key_gives_one_release_also_when_sent_by_many_at_once(world: &World) {
    let input = world.release(2, json!({ "idempotencyKey": "race" }));
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (client, input) = (world.client.clone(), input.clone());
        asking.spawn(async move { client.change("upgradeInstances", input, SELECTION).await });
    }
    let answers = asking.join_all().await;
    let fresh: Vec<&Value> = answers.iter().filter(|answer| answer["replayed"] == false).collect();
    assert_eq!(fresh.len(), 1);
    assert!(answers.iter().all(|answer| answer["release"] == fresh[0]["release"]), "{answers:#?}");
    assert_eq!(world.shop.finished(&id(&fresh[0]["release"])).await, "SUCCEEDED");
}
on_both!(i6_one_key_gives_one_release_also_when_sent_by_many_at_once in World);

async fn r11_a_dry_run_tells_what_would_happen_and_changes_nothing(world: &World) {
    let held = world.shop.instance(1).await;
    let hold = json!({ "instanceIds": [held], "reason": "Disk is being replaced." });
    world.client.change("holdInstances", hold, "__typename").await;
    let selection = "release { id } acceptedCount accepted { id } replayed
            skipped { reason instance { id } locks { reason holder { __typename } } }";
    let input = world.release(1, json!({ "idempotencyKey": "tried" }));
    let stored = world.server.stored().await;
    let before = stored.state().await;
    let dry = with(input.clone(), json!({ "dryRun": true }));
    let tried = world.client.change("upgradeInstances", dry, selection).await;
    assert_eq!(stored.state().await, before);
    assert_eq!(tried["release"], Value::Null);
    let locks = json!([{ "reason": "Disk is being replaced.", "holder": { "__typename": "Hold" } }]);
    let skipped = json!([{ "reason": "LOCKED", "instance": { "id": held }, "locks": locks }]);
    assert_eq!(tried["skipped"], skipped);

    // The number that it showed can be insisted on.
    let more = with(input.clone(), json!({ "expectedCount": 3 }));
    world.refuses("upgradeInstances", more, &["STALE input.expectedCount []"]).await;
    let input = with(input, json!({ "expectedCount": 2 }));
    let mut real = world.client.change("upgradeInstances", input, selection).await;
    assert_eq!(world.shop.finished(&id(&real["release"])).await, "SUCCEEDED");
    real["release"] = Value::Null;
    assert_eq!(real, tried, "it takes what the dry run showed, and the dry run stored no key");
}
on_both!(r11_a_dry_run_tells_what_would_happen_and_changes_nothing in World);
