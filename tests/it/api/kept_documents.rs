//! A document that was found valid is not validated again. Nobody can tell by anything but the time.

use crate::api::world::{World, with};
use serde_json::{Value, json};
use testkit::on_both;

const CHOICE: &str = "query Choice($service: String!, $action: VersionAction!, $against: ID!, $first: Int = 2,
    $filter: VersionFilter) { service(name: $service) { versions(first: $first, filter: $filter) { nodes { name
    enabled(action: $action, currentVersion: $against) } } } }";

async fn variables_are_checked_anew_for_a_document_that_is_kept(world: &World) {
    let good = json!({ "service": "shop", "action": "UPGRADE", "against": world.shop.versions[0] });
    let asked = async |document: &str, otherwise: Value| {
        let answer = world.client.send(document, with(good.clone(), otherwise)).await;
        let mut body = answer.body;
        for error in body["errors"].as_array_mut().into_iter().flatten() {
            error["extensions"]["requestId"].take();
        }
        (answer.status, body)
    };
    let kept = asked(CHOICE, json!({})).await;
    assert_eq!(kept.1["data"]["service"]["versions"]["nodes"].as_array().map(Vec::len), Some(2), "{kept:?}");
    assert_eq!(asked(CHOICE, json!({})).await, kept);
    for (number, (otherwise, says)) in [
        (json!({ "service": null }), "`$service`: null is not a value of type String!"),
        (json!({ "service": 7 }), "`$service`: 7 is not a value of type String."),
        (json!({ "service": ["shop"] }), "`$service`: a list is not a value of type String."),
        (json!({ "action": "INSTALL" }), "`$action`: \"INSTALL\" is not a value of type VersionAction."),
        (json!({ "against": { "id": 1 } }), "`$against`: an object is not a value of type ID."),
        (json!({ "first": "two" }), "`$first`: \"two\" is not a value of type Int."),
        (json!({ "first": 1.5 }), "`$first`: 1.5 is not a value of type Int."),
        (json!({ "filter": [] }), "`$filter`: a list is not a value of type VersionFilter."),
        (json!({ "filter": { "used": true } }), "`$filter`: VersionFilter has no field `used`."),
        (json!({ "filter": { "inUse": 1 } }), "`$filter.inUse`: 1 is not a value of type Boolean."),
        (
            json!({ "filter": { "buildStatuses": ["FAILED", "BAD"] } }),
            "`$filter.buildStatuses[1]`: \"BAD\" is not a value of type BuildStatus.",
        ),
        (
            json!({ "filter": { "enabledFor": { "currentVersion": "1.0.0" } } }),
            "`$filter.enabledFor.action`: a value of type VersionAction! is required.",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let refused = asked(CHOICE, otherwise.clone()).await;
        let message = refused.1["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains(says), "{otherwise}: {message}");
        let extensions = &refused.1["errors"][0]["extensions"];
        assert_eq!(extensions["code"], "BAD_USER_INPUT");
        // A client of another version can tell from the reason that it knows more than the server.
        let is_unknown = ["\"INSTALL\"", "`used`", "\"BAD\""].iter().any(|word| says.contains(word));
        assert_eq!(extensions["reason"], if is_unknown { json!("UNKNOWN_INPUT") } else { Value::Null }, "{says}");
        assert!(refused.1.get("data").is_none(), "nothing was carried out: {refused:?}");
        let other_text = format!("{CHOICE} # {number}");
        assert_eq!(asked(&other_text, otherwise).await, refused, "a document that is not kept");
    }
    // Limits, too: the same document asks for more.
    assert_eq!(asked(CHOICE, json!({ "first": 1 })).await.0, 200);
    assert_eq!(asked(CHOICE, json!({ "first": 201 })).await.1["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}
on_both!(variables_are_checked_anew_for_a_document_that_is_kept in World);

async fn rights_are_those_of_the_caller_whoever_sent_the_document_before(world: &World) {
    let document = "mutation($input: CreateServiceInput!) { createService(input: $input) { service { name } } }";
    let viewer = world.server.client_as("reader", "viewer");
    for name in ["first", "second"] {
        let input = json!({ "input": { "name": name, "executor": "quick" } });
        let error = viewer.error(document, input.clone()).await;
        assert_eq!(error["extensions"]["code"], "FORBIDDEN", "{error:#}");
        assert_eq!(world.client.query(document, input).await["createService"]["service"]["name"], name);
    }
    let me = "{ viewer { name } }";
    for (client, name) in [(&viewer, "reader"), (&world.client, "admin"), (&viewer, "reader")] {
        assert_eq!(client.query(me, Value::Null).await["viewer"]["name"], name);
    }
}
on_both!(rights_are_those_of_the_caller_whoever_sent_the_document_before in World);

async fn what_is_invalid_stays_so_and_conditions_are_looked_at_each_time(world: &World) {
    for _ in 0..2 {
        let error = world.client.error("{ hosts { nodes { nothing } } }", Value::Null).await;
        assert_eq!(error["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{error:#}");
        assert!(error["message"].as_str().unwrap().contains("nothing"), "{error:#}");
        let kinds = world.client.query("{ __schema { queryType { name } } }", Value::Null).await;
        assert_eq!(kinds["__schema"]["queryType"]["name"], "Query");
    }
    let skipping = "query($no: Boolean!) { viewer { name @skip(if: $no) role } }";
    for (no, name) in [(true, Value::Null), (false, json!("admin")), (true, Value::Null)] {
        assert_eq!(world.client.query(skipping, json!({ "no": no })).await["viewer"]["name"], name);
    }
}
on_both!(what_is_invalid_stays_so_and_conditions_are_looked_at_each_time in World);
