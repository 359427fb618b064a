//! What freezes or stops the fleet as a whole, and freeze windows.

use super::world::World;
use lockkeeper::domain::{Role, Timestamp};
use serde_json::{Value, json};
use testkit::on_both;

const DAYS: [&str; 7] = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];

/// The day of the week in UTC, this number of days from now.
fn day(ahead: i64) -> &'static str {
    // 1970-01-01 was a Thursday.
    DAYS[(Timestamp::now().0 / 86_400_000 + 3 + ahead).rem_euclid(7) as usize]
}

fn moving(version: &str) -> Value {
    json!({ "serviceId": "svc_1", "versionId": version, "hosts": { "all": true }, "dryRun": true })
}

async fn freezes(world: &World, service: &str) -> Vec<String> {
    let document = format!("{{ service(name: \"{service}\") {{ freezes {{ id }} }} }}");
    let freezes = world.read(&document).await["service"]["freezes"].take();
    freezes.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

async fn r17_a_freeze_of_the_fleet_freezes_every_service(kind: &str) {
    let world = World::with_fleet(kind).await;
    let fields = "freeze { id instance { id } host { id } service { id } freezeWindow { id } includesReverts until }";
    let frozen = world.take("freezeFleet", fields, json!({ "reason": "year end" })).await["freeze"].take();
    let id = frozen["id"].as_str().unwrap();
    let expected = json!({
        "id": id, "instance": null, "host": null, "service": null, "freezeWindow": null, "includesReverts": false,
        "until": null,
    });
    assert_eq!(frozen, expected);
    for service in ["web", "api"] {
        assert_eq!(freezes(&world, service).await, [id]);
    }
    let names = world.read("{ services(filter: { frozen: true }) { nodes { name } } }").await;
    assert_eq!(names["services"]["nodes"], json!([{ "name": "api" }, { "name": "web" }]));
    let holds = world.read("{ holds(filter: { kinds: [FLEET] }) { nodes { id } } }").await;
    assert_eq!(holds["holds"]["nodes"], json!([{ "id": id }]));
    let refused = [format!("FROZEN input.serviceId {id}")];
    assert_eq!(world.wrong("upgradeInstances", moving("ver_3")).await, refused);
    assert_eq!(world.wrong("revertInstances", moving("ver_1")).await, Vec::<String>::new());
    let mut through = moving("ver_3");
    through["throughHoldIds"] = json!([id]);
    world.done("upgradeInstances", through.clone()).await;
    // It is no freeze of one service, and no hold on an instance or a host.
    for (mutation, input) in [
        ("unfreezeService", json!({ "serviceId": "svc_1", "holdIds": [id] })),
        ("endHolds", json!({ "holdIds": [id] })),
        ("unholdHosts", json!({ "holdIds": [id] })),
    ] {
        assert_eq!(world.wrong(mutation, input).await, [format!("INVALID input.holdIds {id}")], "{mutation}");
    }
    assert_eq!(
        world.take("unfreezeService", "holds { id }", json!({ "serviceId": "svc_1" })).await,
        json!({ "holds": [] })
    );
    world.done("freezeFleet", json!({ "reason": "audit", "includeReverts": true })).await;
    assert_eq!(world.wrong("revertInstances", moving("ver_1")).await.len(), 1);
    world.done("unfreezeFleet", json!({})).await;
    world.done("unfreezeFleet", json!({})).await;
    assert_eq!(freezes(&world, "web").await, Vec::<String>::new());
    world.done("upgradeInstances", moving("ver_3")).await;
    let wrong = world.wrong("freezeFleet", json!({ "reason": "", "until": "2001-01-01T00:00:00Z" })).await;
    assert_eq!(wrong, ["REQUIRED input.reason", "INVALID input.until"]);
}
on_both!(r17_a_freeze_of_the_fleet_freezes_every_service);

async fn r17_a_freeze_window_freezes_its_services_while_it_is_open(kind: &str) {
    let world = World::with_fleet(kind).await;
    let fields = "freezeWindow { id services { name } timeZone days from to includesReverts reason createdBy open opensAt \
        closesAt }";
    let input = |services: Value, days: &[&str]| {
        json!({
            "services": services, "timeZone": "utc", "days": days, "from": "00:00", "to": "24:00", "reason": "always",
        })
    };
    let open = world.take("createFreezeWindow", fields, input(json!(["web"]), &DAYS)).await["freezeWindow"].take();
    let id = open["id"].as_str().unwrap();
    let expected = json!({
        "id": id, "services": [{ "name": "web" }], "timeZone": "UTC", "days": DAYS, "from": "00:00", "to": "24:00",
        "includesReverts": false, "reason": "always", "createdBy": "ann", "open": true, "opensAt": null,
        "closesAt": null,
    });
    assert_eq!(open, expected);
    let closed = world.take("createFreezeWindow", fields, input(Value::Null, &[day(3)])).await["freezeWindow"].take();
    assert_eq!((&closed["services"], &closed["open"]), (&Value::Null, &json!(false)));
    assert!(closed["opensAt"].as_str() < closed["closesAt"].as_str(), "{closed}");
    let all = world.read("{ freezeWindows { id open } }").await;
    assert_eq!(all["freezeWindows"], json!([{ "id": id, "open": true }, { "id": closed["id"], "open": false }]));

    // The window has the number of its hold, which stands among the freezes.
    let hold = id.replace("win", "hld");
    assert_eq!(freezes(&world, "web").await, std::slice::from_ref(&hold));
    assert_eq!(freezes(&world, "api").await, Vec::<String>::new());
    let shown =
        world.read(&format!("{{ node(id: \"{hold}\") {{ ... on Hold {{ freezeWindow {{ id }} endedAt }} }} }}")).await;
    assert_eq!(shown["node"], json!({ "freezeWindow": { "id": id }, "endedAt": null }));
    let standing = "{ holds(filter: { kinds: [WINDOW], standing: true }) { nodes { id } } }";
    assert_eq!(world.read(standing).await["holds"]["nodes"], json!([{ "id": hold }]));
    assert_eq!(world.wrong("upgradeInstances", moving("ver_3")).await, [format!("FROZEN input.serviceId {id}")]);
    assert_eq!(world.wrong("revertInstances", moving("ver_1")).await, Vec::<String>::new());
    for through in [id, &hold] {
        let mut input = moving("ver_3");
        input["throughHoldIds"] = json!([through]);
        assert_eq!(world.wrong("upgradeInstances", input).await, Vec::<String>::new(), "{through}");
    }
    let mut foreign = moving("ver_1");
    foreign["throughHoldIds"] = json!(["win_99"]);
    assert_eq!(world.wrong("revertInstances", foreign.clone()).await, ["NOT_FOUND input.throughHoldIds win_99"]);
    let other = world.take("createFreezeWindow", "freezeWindow { id }", input(json!(["api"]), &DAYS)).await;
    foreign["throughHoldIds"] = json!([other["freezeWindow"]["id"]]);
    assert!(world.wrong("revertInstances", foreign).await[0].starts_with("OTHER_SERVICE input.throughHoldIds"));

    for _ in 0..2 {
        world.done("removeFreezeWindow", json!({ "freezeWindowId": id })).await;
    }
    assert_eq!(freezes(&world, "web").await, Vec::<String>::new());
    assert_eq!(world.wrong("upgradeInstances", moving("ver_3")).await, Vec::<String>::new());
    let gone = world.read(&format!("{{ node(id: \"{id}\") {{ ... on FreezeWindow {{ open opensAt }} }} }}")).await;
    assert_eq!(gone["node"], json!({ "open": false, "opensAt": null }));
    assert_eq!(world.read("{ freezeWindows { id } }").await["freezeWindows"].as_array().unwrap().len(), 2);
}
on_both!(r17_a_freeze_window_freezes_its_services_while_it_is_open);

async fn r4_what_is_wrong_with_a_freeze_window_is_reported_at_once(kind: &str) {
    let world = World::with_fleet(kind).await;
    let input = |change: Value| {
        let mut input = json!({
            "timeZone": "Europe/Berlin", "days": ["FRIDAY"], "from": "18:00", "to": "24:00", "reason": "weekend",
        });
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        input
    };
    for (change, expected) in [
        (json!({ "timeZone": "Europe/Atlantis" }), "INVALID input.timeZone"),
        (json!({ "to": "18:00" }), "INVALID input.to"),
        (json!({ "from": "24:00" }), "INVALID input.from"),
        (json!({ "to": "24:01" }), "INVALID input.to"),
        (json!({ "days": [] }), "REQUIRED input.days"),
        (json!({ "days": ["FRIDAY", "FRIDAY"] }), "INVALID input.days"),
        (json!({ "reason": "" }), "REQUIRED input.reason"),
        (json!({ "serviceIds": [] }), "REQUIRED input.serviceIds"),
        (json!({ "serviceIds": ["svc_99"] }), "NOT_FOUND input.serviceIds svc_99"),
        (json!({ "serviceIds": ["svc_1", "svc_1"] }), "INVALID input.serviceIds svc_1"),
        (json!({ "services": ["wob"] }), "NOT_FOUND input.services wob"),
    ] {
        assert_eq!(world.wrong("createFreezeWindow", input(change)).await, [expected]);
    }
    assert_eq!(world.read("{ freezeWindows { id } }").await["freezeWindows"], json!([]));
    // A hold that is no window has another kind of id.
    world.done("freezeFleet", json!({ "reason": "x" })).await;
    for (id, code) in [("win_1", "NOT_FOUND"), ("hld_1", "WRONG_TYPE")] {
        let wrong = world.wrong("removeFreezeWindow", json!({ "freezeWindowId": id })).await;
        assert_eq!(wrong, [format!("{code} input.freezeWindowId {id}")]);
    }
}
on_both!(r4_what_is_wrong_with_a_freeze_window_is_reported_at_once);

async fn nothing_starts_while_the_fleet_is_suspended(kind: &str) {
    let world = World::with_fleet(kind).await;
    let _worker = world.worker();
    let fields = "suspension { reason by since }";
    let suspended = world.take("suspendFleet", fields, json!({ "reason": "incident" })).await;
    assert_eq!(suspended["suspension"]["reason"], "incident");
    let again = world.take("suspendFleet", fields, json!({ "reason": "another" })).await;
    assert_eq!(again, suspended, "the first suspension stays");
    assert_eq!(world.read("{ suspension { reason by since } }").await, suspended);
    let mut upgrade = moving("ver_3");
    upgrade["dryRun"] = json!(false);
    let accepted = world.take("upgradeInstances", "release { id }", upgrade).await;
    let id = accepted["release"]["id"].as_str().unwrap();
    // The worker knows of the release, and has had time to start it.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let document = format!("{{ release(id: \"{id}\") {{ status progress {{ queued }} }} }}");
    let waiting = json!({ "release": { "status": "PENDING", "progress": { "queued": 3 } } });
    assert_eq!(world.read(&document).await, waiting);
    world.done("resumeFleet", json!({})).await;
    world.done("resumeFleet", json!({})).await;
    assert_eq!(world.settled(id).await, "SUCCEEDED");
    assert_eq!(world.read("{ suspension { reason } }").await, json!({ "suspension": null }));
    assert_eq!(world.wrong("suspendFleet", json!({ "reason": "" })).await, ["REQUIRED input.reason"]);
    let denied = world.send(Role::Operator, "suspendFleet", "userErrors { code }", json!({ "reason": "x" })).await;
    assert_eq!(denied["errors"][0]["extensions"]["code"], "FORBIDDEN");
}
on_both!(nothing_starts_while_the_fleet_is_suspended);

async fn r20_a_service_has_a_budget_that_is_set_kept_and_removed(kind: &str) {
    let world = World::with_fleet(kind).await;
    let fields = "service { budget { maxUnavailable maxPerLabel { key count } spent by { host { hostname } } } }";
    let update = async |change: Value| {
        let mut input = json!({ "service": "web" });
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        world.take("updateService", fields, input).await["service"]["budget"].take()
    };
    let budget =
        |max: Value, per_label: Value| json!({ "maxUnavailable": max, "maxPerLabel": per_label, "spent": 0, "by": [] });
    let of_disk = json!({ "key": "disk", "count": 1 });
    assert_eq!(update(json!({})).await, Value::Null);
    assert_eq!(update(json!({ "maxUnavailable": { "percent": 67 } })).await, budget(json!(2), Value::Null));
    assert_eq!(update(json!({ "maxPerLabel": of_disk })).await, budget(json!(2), of_disk.clone()));
    assert_eq!(update(json!({ "description": "shop" })).await, budget(json!(2), of_disk.clone()));
    world.done("updateInstance", json!({ "instance": "web/h2", "maintenance": true })).await;
    let spent = update(json!({ "maxUnavailable": null })).await;
    let expected =
        json!({ "maxUnavailable": null, "maxPerLabel": of_disk, "spent": 1, "by": [{ "host": { "hostname": "h2" } }] });
    assert_eq!(spent, expected);
    assert_eq!(update(json!({ "maxPerLabel": null })).await, Value::Null);
    for (change, expected) in [
        (json!({ "maxUnavailable": { "count": 0 } }), "INVALID input.maxUnavailable"),
        (json!({ "maxUnavailable": { "percent": 101 } }), "INVALID input.maxUnavailable"),
        (json!({ "maxPerLabel": { "key": "rack", "count": 0 } }), "INVALID input.maxPerLabel.count"),
        (json!({ "maxPerLabel": { "key": "", "count": 1 } }), "REQUIRED input.maxPerLabel.key"),
    ] {
        let mut input = change;
        input["service"] = json!("web");
        assert_eq!(world.wrong("updateService", input).await, [expected]);
    }
}
on_both!(r20_a_service_has_a_budget_that_is_set_kept_and_removed);
