//! Names beside ids: each thing is named by exactly one of two fields, and an unknown name is answered with the nearest.

use crate::mutations::world::World;
use serde_json::{Value, json};
use testkit::on_both;

/// A mutation, what else its input needs, and the two fields that name a thing, with an id and a name of it.
struct Pair {
    mutation: &'static str,
    rest: Value,
    id: (&'static str, Value),
    name: (&'static str, Value),
}

impl Pair {
    fn new(mutation: &'static str, rest: Value, id: (&'static str, Value), name: (&'static str, Value)) -> Pair {
        Pair { mutation, rest, id, name }
    }

    fn input(&self, fields: &[&(&'static str, Value)]) -> Value {
        let mut input = self.rest.clone();
        for (field, value) in fields {
            input[*field] = value.clone();
        }
        input
    }
}

/// Every pair of every mutation. Each input changes nothing that another one needs, by id as by name.
fn pairs() -> Vec<Pair> {
    let service = || (("serviceId", json!("svc_1")), ("service", json!("web")));
    let version = || (("versionId", json!("ver_3")), ("version", json!("3")));
    let instances = || (("instanceIds", json!(["ins_1", "ins_2"])), ("instances", json!(["web/h1", "web/H2."])));
    let dry = |fields: Value| {
        let mut input = json!({ "hosts": { "all": true }, "dryRun": true });
        input.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        input
    };
    let mut pairs = Vec::new();
    let mut add = |mutation, rest, (id, name)| pairs.push(Pair::new(mutation, rest, id, name));
    add("updateService", json!({ "language": "Go" }), service());
    add("freezeService", json!({ "reason": "x", "until": "2999-01-01T00:00:00Z" }), service());
    add("unfreezeService", json!({}), service());
    add("createVersion", json!({ "name": "9", "idempotencyKey": "once" }), service());
    let install = json!({ "hosts": { "hostnames": ["h4"] }, "dryRun": true });
    add("installInstances", merged(&install, json!({ "versionId": "ver_3" })), service());
    add("installInstances", merged(&install, json!({ "serviceId": "svc_1" })), version());
    for (mutation, to) in [("upgradeInstances", "ver_3"), ("revertInstances", "ver_1")] {
        add(mutation, dry(json!({ "versionId": to })), service());
        let name = to.trim_start_matches("ver_");
        let target = (("versionId", json!(to)), ("version", json!(name)));
        add(mutation, dry(json!({ "service": "web" })), target);
    }
    add("uninstallInstances", dry(json!({})), service());
    add("reportBuild", json!({ "status": "SUCCEEDED", "artifact": "file:///a.tar", "service": "web" }), version());
    add("updateHost", json!({ "address": "::1" }), (("hostId", json!("hst_1")), ("host", json!("h1"))));
    add("updateInstance", json!({ "port": 80 }), (("instanceId", json!("ins_1")), ("instance", json!("web/h1"))));
    add("holdInstances", json!({ "reason": "x" }), instances());
    add("endHolds", json!({}), instances());
    let hosts = || (("hostIds", json!(["hst_1", "hst_2"])), ("hostnames", json!(["h1", "H2."])));
    add("holdHosts", json!({ "reason": "x" }), hosts());
    add("unholdHosts", json!({}), hosts());
    pairs
}

fn merged(one: &Value, other: Value) -> Value {
    let mut both = one.clone();
    both.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    both
}

async fn r4_a_thing_is_named_by_its_id_or_by_its_name(kind: &str) {
    let world = World::with_fleet(kind).await;
    world.done("createHosts", json!({ "hosts": [{ "hostname": "h4", "address": "::1" }] })).await;
    for pair in pairs() {
        let Pair { mutation, id, name, .. } = &pair;
        assert_eq!(world.wrong(mutation, pair.input(&[id])).await, Vec::<String>::new(), "{mutation} by {}", id.0);
        let by_name = match pair.rest.get("idempotencyKey") {
            // The key stands for what was written: an id is not a name.
            Some(_) => vec!["IDEMPOTENCY_KEY_REUSED input.idempotencyKey ver_6".to_owned()],
            None => vec![],
        };
        assert_eq!(world.wrong(mutation, pair.input(&[name])).await, by_name, "{mutation} by {}", name.0);
    }
}
on_both!(r4_a_thing_is_named_by_its_id_or_by_its_name);

async fn r4_exactly_one_field_of_a_pair_is_written(kind: &str) {
    let world = World::with_fleet(kind).await;
    let before = world.place().await;
    for pair in pairs() {
        let Pair { mutation, id, name, .. } = &pair;
        let both = world.wrong(mutation, pair.input(&[id, name])).await;
        assert_eq!(both[..1], [format!("INVALID input.{}", id.0)], "{mutation} {}", id.0);
        let none = world.wrong(mutation, pair.rest.clone()).await;
        match *mutation {
            "endHolds" | "unholdHosts" => assert_eq!(none, ["REQUIRED"]),
            _ => assert_eq!(none[..1], [format!("REQUIRED input.{}", id.0)], "{mutation} {}", id.0),
        }
    }
    // The version that runs may be left out, but not be written twice.
    let current = json!({ "currentVersionId": "ver_2", "currentVersion": "2" });
    let input = merged(&json!({ "service": "web", "version": "3", "hosts": { "all": true } }), current);
    assert_eq!(world.wrong("upgradeInstances", input).await, ["INVALID input.currentVersionId"]);
    assert_eq!(world.place().await, before);
}
on_both!(r4_exactly_one_field_of_a_pair_is_written);

/// The message of the only problem.
async fn message(world: &World, mutation: &str, input: Value) -> String {
    let payload = world.mutate(mutation, "__typename", input).await;
    let [problem] = payload["userErrors"].as_array().unwrap().as_slice() else { panic!("{payload}") };
    let field = problem["field"].as_array().unwrap().iter().filter_map(Value::as_str).collect::<Vec<_>>().join(".");
    format!("{} {field}: {}", problem["code"].as_str().unwrap(), problem["message"].as_str().unwrap())
}

async fn r6_an_unknown_name_is_answered_with_the_nearest_ones(kind: &str) {
    let world = World::with_fleet(kind).await;
    let host = |name: &str| json!({ "hostname": name, "address": "::1" });
    let hosts: Vec<_> = (100..400).map(|number| host(&format!("rack-{number}"))).collect();
    world.done("createHosts", json!({ "hosts": hosts })).await;
    let all = json!({ "all": true });
    for (mutation, input, expected) in [
        (
            "removeService",
            json!({ "service": "Wbe" }),
            "NOT_FOUND input.service: There is no service \"Wbe\". Did you mean web or api?",
        ),
        (
            "removeHost",
            json!({ "host": "rack-33" }),
            "NOT_FOUND input.host: There is no host \"rack-33\". Did you mean rack-330, rack-331 or rack-332?",
        ),
        (
            "withdrawVersion",
            json!({ "service": "web", "version": "11", "reason": "x" }),
            "NOT_FOUND input.version: There is no version \"11\" of web. Did you mean 1, 2 or 3?",
        ),
        (
            "upgradeInstances",
            json!({ "service": "web", "version": "3", "currentVersion": "5", "hosts": all }),
            "NOT_FOUND input.currentVersion: There is no version \"5\" of web. Did you mean 1, 2 or 3?",
        ),
        (
            "upgradeInstances",
            json!({ "service": "web", "version": "3", "hosts": { "hostnames": ["h1", "h 2", "h9"] } }),
            "NOT_FOUND input.hosts.hostnames: There is no host \"h 2\" (relatedIds has 1 more unknown names). \
             Did you mean h2, h1 or h3?",
        ),
        (
            "updateInstance",
            json!({ "instance": "web/rack-100" }),
            "NOT_FOUND input.instance: There is no instance \"web/rack-100\". Did you mean web/h1, web/h2 or web/h3?",
        ),
        (
            "holdInstances",
            json!({ "instances": ["web/h1", "wep/h0"], "reason": "x" }),
            "NOT_FOUND input.instances: There is no service \"wep\". Did you mean web or api? \
             There is no host \"h0\". Did you mean h1, h2 or h3?",
        ),
        (
            "updateInstance",
            json!({ "instance": "h1" }),
            "INVALID input.instance: An instance has the name of its service and that of its host, for example web/host-1.",
        ),
        (
            "removeHost",
            json!({ "host": "" }),
            "NOT_FOUND input.host: There is no host \"\". Did you mean h1, h2 or h3?",
        ),
        (
            "removeHost",
            json!({ "host": "\0".repeat(300) }),
            "NOT_FOUND input.host: There is no host with this name. Check the spelling.",
        ),
    ] {
        assert_eq!(message(&world, mutation, input.clone()).await, expected, "{mutation} {input}");
    }
}
on_both!(r6_an_unknown_name_is_answered_with_the_nearest_ones);

async fn r4_the_name_of_a_version_needs_its_service(kind: &str) {
    let world = World::with_fleet(kind).await;
    let withdraw = |fields: Value| merged(&json!({ "reason": "x" }), fields);
    let wrong = async |fields: Value| world.wrong("withdrawVersion", withdraw(fields)).await;
    assert_eq!(wrong(json!({ "version": "1" })).await, ["REQUIRED input.serviceId"]);
    assert_eq!(wrong(json!({ "version": "1", "service": "wep" })).await, ["NOT_FOUND input.service wep"]);
    let other = json!({ "versionId": "ver_1", "service": "api" });
    assert_eq!(wrong(other).await, ["OTHER_SERVICE input.versionId ver_1"]);
    // The name occurs in both services.
    let fields = "version { id } ";
    let withdrawn = world.take("withdrawVersion", fields, withdraw(json!({ "version": "1", "service": "api" }))).await;
    assert_eq!(withdrawn["version"]["id"], "ver_5");
    let withdrawn =
        world.take("withdrawVersion", fields, withdraw(json!({ "version": "1", "serviceId": "svc_1" }))).await;
    assert_eq!(withdrawn["version"]["id"], "ver_1");
    // What is wrong with it is said of the field that names it.
    let again = json!({ "version": "1", "service": "web" });
    assert_eq!(wrong(again.clone()).await, ["WRONG_STATE input.version ver_1"]);
    world.done("reinstateVersion", again.clone()).await;
    world.done("removeVersion", again.clone()).await;
    assert_eq!(wrong(again).await, ["NOT_FOUND input.version 1"]);
}
on_both!(r4_the_name_of_a_version_needs_its_service);

async fn what_is_wrong_with_a_thing_is_said_of_the_field_that_names_it(kind: &str) {
    let world = World::with_fleet(kind).await;
    let users = "ins_1 ins_2 ins_3";
    let to = |version: &str| json!({ "service": "web", "version": version, "hosts": { "all": true } });
    for (mutation, input, expected) in [
        ("removeService", json!({ "service": "web" }), format!("IN_USE input.service {users}")),
        ("removeHost", json!({ "host": "h1" }), "IN_USE input.host ins_1".to_owned()),
        ("removeVersion", json!({ "service": "web", "version": "2" }), format!("IN_USE input.version {users}")),
        ("upgradeInstances", to("4"), "VERSION_NOT_BUILT input.version ver_4".to_owned()),
        (
            "confirmInstance",
            json!({ "instance": "web/h1", "found": { "version": "9" } }),
            "NOT_FOUND input.found.version 9".to_owned(),
        ),
    ] {
        assert_eq!(world.wrong(mutation, input).await[..1], [expected]);
    }
    world.done("freezeService", json!({ "service": "web", "reason": "x" })).await;
    assert_eq!(world.wrong("upgradeInstances", to("3")).await, ["FROZEN input.service hld_1"]);
}
on_both!(what_is_wrong_with_a_thing_is_said_of_the_field_that_names_it);
