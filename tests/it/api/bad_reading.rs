//! Queries that are asked wrongly: each is a typed error that names what is wrong.

use crate::api::world::World;
use serde_json::{Value, json};
use testkit::on_both;

async fn a_page_is_between_nothing_and_two_hundred_and_goes_one_way(world: &World) {
    for (arguments, blamed) in [
        ("first: -1", "first"),
        ("first: 201", "first"),
        ("first: 2147483647", "first"),
        ("last: -1", "last"),
        ("last: 201", "last"),
        ("first: 1, last: 1", "last"),
    ] {
        for field in ["services", "hosts", "instances", "releases", "holds"] {
            let document = format!("{{ {field}({arguments}) {{ nodes {{ id }} }} }}");
            let says = json!({ "argument": blamed });
            world.query_fails(&document, Value::Null, "BAD_USER_INPUT", says).await;
        }
    }
    let document = "{ services(first: 99999999999) { nodes { id } } }";
    world.query_fails(document, Value::Null, "GRAPHQL_VALIDATION_FAILED", json!({})).await;
}
on_both!(a_page_is_between_nothing_and_two_hundred_and_goes_one_way in World);

async fn a_bad_or_foreign_cursor_is_refused(world: &World) {
    let data = world.client.query("{ hosts(first: 1) { pageInfo { endCursor } } eventCursor }", Value::Null).await;
    let foreign = data["hosts"]["pageInfo"]["endCursor"].as_str().unwrap();
    for cursor in ["", "nonsense", "AAAA", foreign, data["eventCursor"].as_str().unwrap()] {
        let document = "query($after: String) { instances(after: $after) { nodes { id } } }";
        let says = json!({ "argument": "after" });
        world.query_fails(document, json!({ "after": cursor }), "CURSOR_INVALID", says).await;
    }
    // A place in a list sorted otherwise is foreign, too.
    let page = "query($after: String, $by: InstanceOrderField!) {
            instances(first: 1, after: $after, orderBy: { field: $by }) { pageInfo { endCursor } } }";
    let data = world.client.query(page, json!({ "by": "HOSTNAME" })).await;
    let cursor = &data["instances"]["pageInfo"]["endCursor"];
    let variables = json!({ "by": "UPDATED_AT", "after": cursor });
    world.query_fails(page, variables, "CURSOR_INVALID", json!({})).await;
    for cursor in ["", "nonsense", foreign] {
        let document = "query($after: String) { instanceEvents(after: $after) { nodes { cursor } } }";
        world.query_fails(document, json!({ "after": cursor }), "CURSOR_INVALID", json!({})).await;
    }
}
on_both!(a_bad_or_foreign_cursor_is_refused in World);

async fn r2_enabled_against_a_version_that_cannot_be_meant_is_an_error_and_null(world: &World) {
    let document = "query($id: ID!, $against: ID!) { node(id: $id) { ... on Version { name
            enabled(action: UPGRADE, currentVersion: $against) } } }";
    for (against, reason) in [
        ("ver_999", "NOT_FOUND"),
        ("nonsense", "NOT_FOUND"),
        (&world.shop.service, "WRONG_TYPE"),
        (&world.mail.versions[0], "OTHER_SERVICE"),
    ] {
        let variables = json!({ "id": world.shop.versions[1], "against": against });
        let answer = world.client.send(document, variables).await.body;
        assert_eq!(answer["data"]["node"], json!({ "name": "1.1.0", "enabled": null }), "{answer:#}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{answer:#}");
        assert_eq!(answer["errors"][0]["extensions"]["reason"], reason, "{answer:#}");
        assert_eq!(answer["errors"][0]["path"], json!(["node", "enabled"]), "{answer:#}");
    }
}
on_both!(r2_enabled_against_a_version_that_cannot_be_meant_is_an_error_and_null in World);

async fn a_filter_by_an_id_that_cannot_be_meant_is_refused(world: &World) {
    let document = "query($ids: [ID!]) { instances(filter: { serviceIds: $ids }) { nodes { id } } }";
    for (id, reason) in [("nonsense", "NOT_FOUND"), (world.shop.hosts[0].as_str(), "WRONG_TYPE")] {
        world.query_fails(document, json!({ "ids": [id] }), "BAD_REQUEST", json!({ "reason": reason })).await;
    }
    let data = world.client.query(document, json!({ "ids": [] })).await;
    assert_eq!(data["instances"]["nodes"], json!([]), "an empty list matches nothing");
}
on_both!(a_filter_by_an_id_that_cannot_be_meant_is_refused in World);

async fn what_is_not_there_is_null_by_name_and_by_id(world: &World) {
    let document = r#"{ service(name: "nothing") { id } host(hostname: "nowhere") { id }
            instance(service: "shop", hostname: "mail-01") { id }
            unknown: node(id: "svc_999") { id } malformed: node(id: "nonsense") { id }
            nodes(ids: ["hst_999", "nonsense"]) { id } }"#;
    let data = world.client.query(document, Value::Null).await;
    let nothing = json!({
        "service": null, "host": null, "instance": null, "unknown": null, "malformed": null, "nodes": [null, null],
    });
    assert_eq!(data, nothing);
}
on_both!(what_is_not_there_is_null_by_name_and_by_id in World);
