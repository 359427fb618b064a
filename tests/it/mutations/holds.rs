use crate::mutations::world::World;
use serde_json::json;
use testkit::on_both;

async fn r17_holds_are_set_and_ended_and_their_events_tell_it(kind: &str) {
    let world = World::with_fleet(kind).await;
    let fields = "instances { id locked locks { by reason until holder { ... on Hold { id } } } } holds { id instance { host { hostname } } }";
    let input = json!({ "instanceIds": ["ins_3", "ins_1"], "reason": "disk", "idempotencyKey": "k" });
    let locked = world.take("holdInstances", fields, input.clone()).await;
    let lock = |id| json!([{ "by": "ann", "reason": "disk", "until": null, "holder": { "id": id } }]);
    let hold = |place: usize| locked["holds"][place]["id"].clone();
    assert_eq!(
        locked["instances"],
        json!([
            { "id": "ins_3", "locked": true, "locks": lock(hold(0)) },
            { "id": "ins_1", "locked": true, "locks": lock(hold(1)) },
        ])
    );
    assert_eq!(locked["holds"][0]["instance"]["host"]["hostname"], "h3");
    assert_eq!(world.take("holdInstances", fields, input).await, locked);

    let input = json!({ "instanceIds": ["ins_1", "ins_2"] });
    let free = world.take("endHolds", "instances { id locked } holds { id endedBy }", input).await;
    assert_eq!(free["instances"], json!([{ "id": "ins_1", "locked": false }, { "id": "ins_2", "locked": false }]));
    assert_eq!(free["holds"], json!([{ "id": hold(1), "endedBy": "ann" }]));
    let input = json!({ "holdIds": [hold(1), hold(0)] });
    let free = world.take("endHolds", "instances { id } holds { id }", input).await;
    assert_eq!(free, json!({ "instances": [{ "id": "ins_1" }, { "id": "ins_3" }], "holds": [{ "id": hold(0) }] }));
    let events = world.read("{ instanceEvents(filter: { kinds: [HOLD], instanceIds: [\"ins_1\"] }) { nodes { locked hold { id } causedBy } } }").await;
    let expected =
        [true, false].map(|locked| json!({ "locked": locked, "hold": { "id": hold(1) }, "causedBy": "ann" }));
    assert_eq!(events["instanceEvents"]["nodes"], json!(expected));
}
on_both!(r17_holds_are_set_and_ended_and_their_events_tell_it);

async fn r17_a_host_is_held_with_every_instance_on_it(kind: &str) {
    let world = World::with_fleet(kind).await;
    let fields = "hosts { hostname instances { nodes { locked locks { reason holder { ... on Hold { id host { hostname } } } } } } }
        holds { id instance { id } service { id } host { hostname } endedAt }";
    let input = json!({ "hostnames": ["H1"], "reason": "disk", "idempotencyKey": "k" });
    let held = world.take("holdHosts", fields, input.clone()).await;
    let id = held["holds"][0]["id"].clone();
    let lock = json!([{ "reason": "disk", "holder": { "id": id, "host": { "hostname": "h1" } } }]);
    assert_eq!(
        held,
        json!({
            "hosts": [{ "hostname": "h1", "instances": { "nodes": [{ "locked": true, "locks": lock }] } }],
            "holds": [{ "id": id, "instance": null, "service": null, "host": { "hostname": "h1" }, "endedAt": null }],
        })
    );
    assert_eq!(world.take("holdHosts", fields, input).await, held);
    let holds = world.read("{ holds(filter: { hostIds: [\"hst_1\"], standing: true }) { nodes { id } } }").await;
    assert_eq!(holds["holds"]["nodes"], json!([{ "id": id }]));
    let locked = world.read("{ instances(filter: { locked: true }) { nodes { id } } }").await;
    assert_eq!(locked["instances"]["nodes"], json!([{ "id": "ins_1" }]));
    let freed = world.take("unholdHosts", "hosts { id } holds { id endedBy }", json!({ "holdIds": [id] })).await;
    assert_eq!(freed, json!({ "hosts": [{ "id": "hst_1" }], "holds": [{ "id": id, "endedBy": "ann" }] }));
}
on_both!(r17_a_host_is_held_with_every_instance_on_it);

async fn r17_a_service_is_frozen_and_thawed(kind: &str) {
    let world = World::with_fleet(kind).await;
    let fields = "service { freezes { id } } hold { id instance { id } service { name } includesReverts reason }";
    let input =
        json!({ "serviceId": "svc_1", "reason": "sale", "includeReverts": true, "until": "2999-01-01T00:00:00+01:00" });
    let frozen = world.take("freezeService", fields, input).await;
    let id = frozen["hold"]["id"].clone();
    assert_eq!(frozen["service"]["freezes"], json!([{ "id": id }]));
    let expected =
        json!({ "id": id, "instance": null, "service": { "name": "web" }, "includesReverts": true, "reason": "sale" });
    assert_eq!(frozen["hold"], expected);
    let move_all = |version| json!({ "serviceId": "svc_1", "versionId": version, "hosts": { "all": true } });
    let expected = [format!("FROZEN input.serviceId {}", id.as_str().unwrap())];
    assert_eq!(world.wrong("upgradeInstances", move_all("ver_3")).await, expected);
    assert_eq!(world.wrong("revertInstances", move_all("ver_1")).await, expected);
    let thawed =
        world.take("unfreezeService", "service { freezes { id } } holds { id }", json!({ "serviceId": "svc_1" })).await;
    assert_eq!(thawed, json!({ "service": { "freezes": [] }, "holds": [{ "id": id }] }));
    world.done("upgradeInstances", move_all("ver_3")).await;
}
on_both!(r17_a_service_is_frozen_and_thawed);
