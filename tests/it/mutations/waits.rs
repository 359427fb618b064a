//! What a target that has not started waits for.

use super::plans::adopted;
use crate::mutations::world::World;
use serde_json::{Value, json};
use testkit::on_both;

/// By hostname, the kinds of what its target waits for, with the instances and the time that they name.
async fn waits(world: &World, release: &str) -> Vec<(String, Vec<Value>)> {
    let document = format!(
        "{{ release(id: \"{release}\") {{ targets {{ nodes {{ host {{ hostname }}
            waitsFor {{ kind message until targets {{ id }} instances {{ id }} }} }} }} }} }}"
    );
    let targets = world.read(&document).await["release"]["targets"]["nodes"].take();
    let of = |target: &Value| {
        let waits = target["waitsFor"].as_array().unwrap().clone();
        (target["host"]["hostname"].as_str().unwrap().to_owned(), waits)
    };
    targets.as_array().unwrap().iter().map(of).collect()
}

fn kinds(waits: &[(String, Vec<Value>)], host: &str) -> Vec<String> {
    let of_host = &waits.iter().find(|(name, _)| name == host).unwrap().1;
    of_host.iter().map(|wait| wait["kind"].as_str().unwrap().to_owned()).collect()
}

fn instances(waits: &[(String, Vec<Value>)], host: &str, kind: &str) -> Value {
    let of_host = &waits.iter().find(|(name, _)| name == host).unwrap().1;
    of_host.iter().find(|wait| wait["kind"] == kind).unwrap()["instances"].clone()
}

async fn r20_a_target_says_that_its_wave_a_pause_or_a_budget_keeps_it_waiting(kind: &str) {
    let world = adopted(kind).await;
    world.done("updateInstance", json!({ "instance": "web/h2", "maintenance": true })).await;
    world.done("updateService", json!({ "service": "web", "maxUnavailable": { "count": 1 } })).await;
    let input = json!({
        "service": "web", "version": "3", "hosts": { "all": true },
        "rollout": { "waves": [{ "upTo": { "count": 1 } }, { "upTo": { "percent": 100 } }] },
    });
    let release = world.take("upgradeInstances", "release { id }", input).await["release"]["id"].clone();
    let release = release.as_str().unwrap();
    let found = waits(&world, release).await;
    assert_eq!(kinds(&found, "h1"), ["NO_WORKER", "BUDGET"]);
    assert_eq!(kinds(&found, "h2"), ["NO_WORKER", "WAVE"], "it is unavailable already and costs nothing");
    assert_eq!(kinds(&found, "h3"), ["NO_WORKER", "WAVE", "BUDGET"]);
    assert_eq!(instances(&found, "h3", "BUDGET"), json!([{ "id": "ins_2" }]));
    world.done("pauseRelease", json!({ "releaseId": release, "reason": "lunch" })).await;
    let per_zone =
        json!({ "service": "web", "maxUnavailable": { "percent": 90 }, "maxPerLabel": { "key": "zone", "count": 1 } });
    world.done("updateService", per_zone).await;
    let found = waits(&world, release).await;
    assert_eq!(kinds(&found, "h1"), ["PAUSED", "NO_WORKER"]);
    assert_eq!(
        found[0].1[0]["message"],
        "The release is paused by ann (lunch). No more targets start until it is resumed."
    );
    assert_eq!(kinds(&found, "h3"), ["PAUSED", "NO_WORKER", "WAVE", "LABEL_LIMIT"], "it is on the zone of h2");
    assert_eq!(instances(&found, "h3", "LABEL_LIMIT"), json!([{ "id": "ins_2" }]));
    assert_eq!(kinds(&found, "h4"), ["PAUSED", "NO_WORKER", "WAVE"], "no host without the label is unavailable");
}
on_both!(r20_a_target_says_that_its_wave_a_pause_or_a_budget_keeps_it_waiting);

async fn r19_a_target_says_until_when_the_wave_before_it_soaks(kind: &str) {
    let world = adopted(kind).await;
    let wave = |count: i64, soak: i64| json!({ "upTo": { "count": count }, "soakSeconds": soak });
    let input = json!({
        "service": "web", "version": "3", "hosts": { "all": true },
        "rollout": { "waves": [wave(1, 3600), wave(2, 0), wave(4, 0)] },
    });
    let release = world.take("upgradeInstances", "release { id }", input).await["release"]["id"].clone();
    let release = release.as_str().unwrap();
    let worker = world.worker();
    let soaking = format!("{{ release(id: \"{release}\") {{ waves {{ status soakUntil }} }} }}");
    let wave = loop {
        let wave = world.read(&soaking).await["release"]["waves"][0].take();
        if wave["status"] == "SOAKING" {
            break wave;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    let found = waits(&world, release).await;
    assert_eq!(kinds(&found, "h1"), Vec::<String>::new(), "it is over");
    assert_eq!(kinds(&found, "h2"), ["SOAK"]);
    assert_eq!(found[1].1[0]["until"], wave["soakUntil"]);
    assert_eq!(kinds(&found, "h3"), ["SOAK", "WAVE"]);
    assert_eq!(found[2].1[1]["until"], Value::Null);
    drop(worker);
}
on_both!(r19_a_target_says_until_when_the_wave_before_it_soaks);
