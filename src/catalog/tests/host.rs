use super::*;
use crate::catalog::host::{HostEdit, HostInput, Label, create, remove, update};

fn new(hostname: &str) -> HostInput {
    HostInput { hostname: hostname.to_owned(), address: "10.0.0.1".to_owned(), labels: vec![label("zone", "a")] }
}

fn label(key: &str, value: &str) -> Label {
    Label { key: key.to_owned(), value: value.to_owned() }
}

async fn labels(ground: &Ground, host: i64) -> Vec<(String, String)> {
    ground
        .app
        .db
        .query(sql!("SELECT key, value FROM host_label WHERE host_id = $1 ORDER BY key"))
        .bind(host)
        .all()
        .await
        .unwrap()
}

async fn count(ground: &Ground) -> i64 {
    ground.app.db.query(sql!("SELECT count(*) AS count FROM host")).scalar().await.unwrap()
}

async fn hosts_are_registered_in_the_order_of_the_input_by_as_many_statements_for_many_as_for_few(kind: &str) {
    let ground = Ground::new(kind).await;
    let mut statements = Vec::new();
    for (first, count) in [(0, 2), (1000, 1000)] {
        let hosts: Vec<HostInput> = (first..first + count).rev().map(|number| new(&format!("h{number}"))).collect();
        let before = ground.app.db.statements();
        let ids = made(create(&ground.app, &request("createHosts"), &hosts)).await;
        statements.push(ground.app.db.statements() - before);
        let names: Vec<(i64, String)> = ground.app.db.query(sql!("SELECT id, hostname FROM host")).all().await.unwrap();
        for (id, host) in ids.iter().zip(&hosts) {
            assert!(names.contains(&(*id, host.hostname.clone())));
        }
        assert_eq!(labels(&ground, ids[0]).await, [(text("zone"), text("a"))]);
    }
    assert_eq!(statements[0], statements[1]);
}
testkit::on_both!(hosts_are_registered_in_the_order_of_the_input_by_as_many_statements_for_many_as_for_few);

async fn r4_all_or_none_of_the_hosts_are_registered_and_the_wrong_ones_are_named(kind: &str) {
    let ground = Ground::new(kind).await;
    let sent = request("createHosts");
    let known = ground.host("known").await;
    let mut hosts = ["known", "good", "-bad", "twice", "twice", "off", "labels", ""].map(new);
    hosts[5].address = "not an address".to_owned();
    hosts[6].labels.push(label("zone", "b"));
    let expected = [
        "INVALID input.hosts -bad twice off labels",
        "REQUIRED input.hosts",
        &format!("TAKEN input.hosts hst_{known}"),
    ];
    assert_eq!(wrong(create(&ground.app, &sent, &hosts)).await, expected);
    assert_eq!(wrong(create(&ground.app, &sent, &[])).await, ["REQUIRED input.hosts"]);
    let many: Vec<HostInput> = (0..1001).map(|number| new(&format!("h{number}"))).collect();
    assert_eq!(wrong(create(&ground.app, &sent, &many)).await, ["INVALID input.hosts"]);
    assert_eq!(count(&ground).await, 1);
}
testkit::on_both!(r4_all_or_none_of_the_hosts_are_registered_and_the_wrong_ones_are_named);

async fn of_requests_that_race_for_hosts_in_any_order_exactly_one_registers_them(kind: &str) {
    let ground = Ground::new(kind).await;
    let racers = (0..6).map(|racer| {
        let app = ground.app.clone();
        tokio::spawn(async move {
            let mut hosts: Vec<HostInput> = (0..20).map(|number| new(&format!("h{number}"))).collect();
            hosts.rotate_left(racer * 3);
            create(&app, &request("createHosts"), &hosts).await.unwrap()
        })
    });
    let mut won = 0;
    for racer in racers.collect::<Vec<_>>() {
        match racer.await.unwrap() {
            Ok(_) => won += 1,
            Err(Problems(problems)) => assert_eq!(problems[0].related_ids.len(), 20),
        }
    }
    assert_eq!((won, count(&ground).await), (1, 20));
}
testkit::on_both!(of_requests_that_race_for_hosts_in_any_order_exactly_one_registers_them);

async fn a_host_is_edited_without_touching_what_is_left_out(kind: &str) {
    let ground = Ground::new(kind).await;
    let id = made(create(&ground.app, &request("createHosts"), &[new("h1")])).await[0];
    let sent = request("updateHost");
    let none = HostEdit { host_id: format!("hst_{id}"), address: None, labels: None };
    made(update(&ground.app, &sent, &HostEdit { address: Some(text("::1")), ..none.clone() })).await;
    assert_eq!(labels(&ground, id).await, [(text("zone"), text("a"))]);
    let relabeled = HostEdit { labels: Some(vec![label("disk", "ssd"), label("rack", "")]), ..none.clone() };
    made(update(&ground.app, &sent, &relabeled)).await;
    assert_eq!(labels(&ground, id).await, [(text("disk"), text("ssd")), (text("rack"), text(""))]);
    let address: String =
        ground.app.db.query(sql!("SELECT address FROM host WHERE id = $1")).bind(id).scalar().await.unwrap();
    assert_eq!(address, "::1");
    let bad = HostEdit {
        host_id: text("svc_1"),
        address: Some(text("")),
        labels: Some(vec![label("", ""), label("a", "\n"), label("a", "")]),
    };
    let expected =
        ["WRONG_TYPE input.hostId svc_1", "REQUIRED input.address", "REQUIRED input.labels", "INVALID input.labels"];
    assert_eq!(wrong(update(&ground.app, &sent, &bad)).await, expected);
}
testkit::on_both!(a_host_is_edited_without_touching_what_is_left_out);

async fn r3_a_host_with_instances_is_in_use_and_a_removed_one_frees_its_name(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let version = ground.version(service, "1").await;
    let (busy, free) = (ground.host("busy").await, ground.host("free").await);
    let instance = ground.instance(service, busy, Some(version), "RUNNING").await;
    ground.instance(service, free, None, "REMOVED").await;
    let sent = request("removeHost");
    let expected = [format!("IN_USE input.hostId ins_{instance}")];
    assert_eq!(wrong(remove(&ground.app, &sent, &format!("hst_{busy}"))).await, expected);
    made(remove(&ground.app, &sent, &format!("hst_{free}"))).await;
    assert_ne!(ground.host("free").await, free);
}
testkit::on_both!(r3_a_host_with_instances_is_in_use_and_a_removed_one_frees_its_name);
