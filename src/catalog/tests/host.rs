use super::*;
use crate::catalog::hold::{HoldInstances, hold_instances};
use crate::catalog::host::{HostEdit, HostInput, HostRemoval, Label, create, remove, update};
use crate::catalog::host_hold::{HoldHosts, hold_hosts};
use crate::domain::reference::HOSTS;

fn new(hostname: &str) -> HostInput {
    HostInput { hostname: hostname.to_owned(), address: "10.0.0.1".to_owned(), labels: vec![label("zone", "a")] }
}

fn label(key: &str, value: &str) -> Label {
    Label { key: key.to_owned(), value: value.to_owned() }
}

fn edit(id: i64) -> HostEdit {
    HostEdit { host: Reference::by_id(&HOST, format!("hst_{id}")), hostname: None, address: None, labels: None }
}

fn renaming(id: i64, hostname: &str) -> HostEdit {
    HostEdit { hostname: Some(hostname.to_owned()), ..edit(id) }
}

fn removal(id: i64) -> HostRemoval {
    HostRemoval { host: Reference::by_id(&HOST, format!("hst_{id}")), with_instances: false, reason: None }
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

async fn r6_a_host_is_one_machine_in_whatever_spelling_it_is_named(kind: &str) {
    let ground = Ground::new(kind).await;
    let sent = request("createHosts");
    let known = ground.host("Web-1.Example.com").await;
    for spelling in ["web-1.example.COM", "Web-1.Example.com.", "WEB-1.EXAMPLE.COM."] {
        let taken = [format!("TAKEN input.hosts hst_{known}")];
        assert_eq!(wrong(create(&ground.app, &sent, &[new("db"), new(spelling)])).await, taken, "{spelling}");
    }
    let twice = ["one", "ONE", "two", "one."].map(new);
    assert_eq!(wrong(create(&ground.app, &sent, &twice)).await, ["INVALID input.hosts ONE one."]);
    let spelled: Vec<(String, String)> =
        ground.app.db.query(sql!("SELECT hostname, folded_hostname FROM host")).all().await.unwrap();
    assert_eq!(spelled, [(text("Web-1.Example.com"), text("web-1.example.com"))]);
    made(remove(&ground.app, &request("removeHost"), &removal(known))).await;
    assert_ne!(ground.host("WEB-1.example.com.").await, known);
}
testkit::on_both!(r6_a_host_is_one_machine_in_whatever_spelling_it_is_named);

async fn the_tables_fold_hostnames_as_the_domain_does(kind: &str) {
    let ground = Ground::new(kind).await;
    let names = ["A", "a.", "B..", "c-D_e.F", "x.Y.", "Z9._-", "1.2.3.4"];
    let hosts: Vec<HostInput> = ["A", "B..", "c-D_e.F", "x.Y.", "Z9._-", "1.2.3.4"].map(new).to_vec();
    made(create(&ground.app, &request("createHosts"), &hosts)).await;
    let rows: Vec<(String, String)> =
        ground.app.db.query(sql!("SELECT hostname, folded_hostname FROM host")).all().await.unwrap();
    for (hostname, folded) in &rows {
        assert_eq!(*folded, crate::domain::name::folded_hostname(hostname));
    }
    let mut tx = ground.app.db.begin().await.unwrap();
    let named = crate::store::host::by_name(&mut tx, &names.map(str::to_lowercase)).await.unwrap();
    assert_eq!(named.len(), rows.len());
}
testkit::on_both!(the_tables_fold_hostnames_as_the_domain_does);

async fn of_requests_that_race_for_hosts_in_any_order_exactly_one_registers_them(kind: &str) {
    let ground = Ground::new(kind).await;
    let racers = (0..6).map(|racer| {
        let app = ground.app.clone();
        tokio::spawn(async move {
            let spelled = |number| if racer % 2 == 0 { format!("h{number}") } else { format!("H{number}.") };
            let mut hosts: Vec<HostInput> = (0..20).map(|number| new(&spelled(number))).collect();
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
    let none = edit(id);
    made(update(&ground.app, &sent, &HostEdit { address: Some(text("::1")), ..none.clone() })).await;
    assert_eq!(labels(&ground, id).await, [(text("zone"), text("a"))]);
    let relabeled = HostEdit { labels: Some(vec![label("disk", "ssd"), label("rack", "")]), ..none.clone() };
    made(update(&ground.app, &sent, &relabeled)).await;
    assert_eq!(labels(&ground, id).await, [(text("disk"), text("ssd")), (text("rack"), text(""))]);
    let address: String =
        ground.app.db.query(sql!("SELECT address FROM host WHERE id = $1")).bind(id).scalar().await.unwrap();
    assert_eq!(address, "::1");
    let bad = HostEdit {
        host: Reference::by_id(&HOST, "svc_1"),
        hostname: Some(text("-")),
        address: Some(text("")),
        labels: Some(vec![label("", ""), label("a", "\n"), label("a", "")]),
    };
    // Without the host, the name is not looked at.
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
    assert_eq!(wrong(remove(&ground.app, &sent, &removal(busy))).await, expected);
    made(remove(&ground.app, &sent, &removal(free))).await;
    assert_ne!(ground.host("free").await, free);
}
testkit::on_both!(r3_a_host_with_instances_is_in_use_and_a_removed_one_frees_its_name);

/// A host with two services, a second host, and the instances on the first.
async fn busy(ground: &Ground) -> (i64, i64, [i64; 2]) {
    let (web, api) = (ground.service("web").await, ground.service("api").await);
    let (web_1, api_1) = (ground.version(web, "1").await, ground.version(api, "1").await);
    let (host, other) = (ground.host("h1").await, ground.host("h2").await);
    let instances = [
        ground.instance(web, host, Some(web_1), "RUNNING").await,
        ground.instance(api, host, Some(api_1), "UPGRADE_FAILED").await,
    ];
    ground.instance(web, other, Some(web_1), "RUNNING").await;
    (host, other, instances)
}

async fn names(ground: &Ground, instance: i64) -> Vec<(String, String)> {
    let rows = ground.app.db.query(sql!(
        "SELECT kind, hostname FROM event WHERE subject = 'INSTANCE' AND instance_id = $1 ORDER BY position"
    ));
    rows.bind(instance).all().await.unwrap()
}

async fn r3_a_renamed_host_has_its_new_name_in_its_instances_and_its_old_one_in_older_events(kind: &str) {
    let ground = Ground::new(kind).await;
    let (host, other, instances) = busy(&ground).await;
    let hold = HoldInstances {
        instances: Reference::by_id(&INSTANCES, vec![format!("ins_{}", instances[0])]),
        reason: text("disk"),
        until: None,
    };
    made(hold_instances(&ground.app, &request("holdInstances"), &hold)).await;
    let sent = request("updateHost");
    made(update(&ground.app, &sent, &renaming(host, "DB-1.example.com"))).await;
    let expected = [("HOLD", "h1"), ("EDIT", "DB-1.example.com")].map(|(kind, name)| (text(kind), text(name)));
    assert_eq!(names(&ground, instances[0]).await, expected);
    assert_eq!(ground.instance_events(instances[0]).await[1], event("EDIT", 3, "RUNNING", "RUNNING", true));
    assert_eq!(
        ground.instance_events(instances[1]).await,
        [event("EDIT", 2, "UPGRADE_FAILED", "UPGRADE_FAILED", false)]
    );
    let copies: Vec<(String,)> = ground
        .app
        .db
        .query(sql!("SELECT folded_hostname FROM instance WHERE host_id = $1"))
        .bind(host)
        .all()
        .await
        .unwrap();
    assert_eq!(copies, vec![(text("db-1.example.com"),); 2]);
    // Another spelling is a new name of the same host; without a difference nothing happens.
    made(update(&ground.app, &sent, &renaming(host, "db-1.EXAMPLE.com."))).await;
    made(update(&ground.app, &sent, &renaming(host, "db-1.EXAMPLE.com."))).await;
    assert_eq!(ground.revision(instances[1]).await, 3);
    let taken = [format!("TAKEN input.hostname hst_{other}")];
    assert_eq!(wrong(update(&ground.app, &sent, &renaming(host, "H2."))).await, taken);
    assert_eq!(wrong(update(&ground.app, &sent, &renaming(host, "not a name"))).await, ["INVALID input.hostname"]);
    // The old name is free again.
    assert_ne!(ground.host("h1").await, host);
}
testkit::on_both!(r3_a_renamed_host_has_its_new_name_in_its_instances_and_its_old_one_in_older_events);

async fn r3_of_hosts_that_are_given_one_name_at_once_exactly_one_gets_it(kind: &str) {
    let ground = Ground::new(kind).await;
    let mut hosts = Vec::new();
    for number in 0..6 {
        hosts.push(ground.host(&format!("h{number}")).await);
    }
    let racers = hosts.into_iter().map(|id| {
        let app = ground.app.clone();
        tokio::spawn(async move { update(&app, &request("updateHost"), &renaming(id, "db")).await.unwrap() })
    });
    let mut won = 0;
    for racer in racers.collect::<Vec<_>>() {
        match racer.await.unwrap() {
            Ok(_) => won += 1,
            Err(problems) => assert_eq!(problems.codes(), ["TAKEN"]),
        }
    }
    assert_eq!(won, 1);
}
testkit::on_both!(r3_of_hosts_that_are_given_one_name_at_once_exactly_one_gets_it);

async fn r3_a_host_is_neither_renamed_nor_removed_while_a_release_has_an_instance_on_it(kind: &str) {
    let ground = Ground::new(kind).await;
    let (host, _, instances) = busy(&ground).await;
    let service: i64 = ground.app.db.query(sql!("SELECT id FROM service WHERE name = 'web'")).scalar().await.unwrap();
    let next = ground.version(service, "2").await;
    let release = ground.release(service, instances[0], next).await;
    let expected = [format!("IN_USE input.hostname rel_{release}")];
    assert_eq!(wrong(update(&ground.app, &request("updateHost"), &renaming(host, "db"))).await, expected);
    let gone = HostRemoval { with_instances: true, ..removal(host) };
    let expected = [format!("IN_USE input.hostId rel_{release}")];
    assert_eq!(wrong(remove(&ground.app, &request("removeHost"), &gone)).await, expected);
    assert_eq!(ground.revision(instances[1]).await, 1);
}
testkit::on_both!(r3_a_host_is_neither_renamed_nor_removed_while_a_release_has_an_instance_on_it);

async fn r3_a_host_whose_machine_is_gone_is_removed_with_its_instances_and_their_holds(kind: &str) {
    let ground = Ground::new(kind).await;
    let (host, _, instances) = busy(&ground).await;
    let hold = HoldInstances {
        instances: Reference::by_id(&INSTANCES, vec![format!("ins_{}", instances[0])]),
        reason: text("disk"),
        until: None,
    };
    made(hold_instances(&ground.app, &request("holdInstances"), &hold)).await;
    let named = Reference::by_name(&HOSTS, [text("H1")]);
    let on_host = HoldHosts { hosts: named, reason: text("disk"), until: None };
    made(hold_hosts(&ground.app, &request("holdHosts"), &on_host)).await;
    let sent = request("removeHost");
    let long = HostRemoval { with_instances: true, reason: Some("x".repeat(1001)), ..removal(host) };
    assert_eq!(wrong(remove(&ground.app, &sent, &long)).await, ["INVALID input.reason"]);
    let gone = HostRemoval { with_instances: true, reason: Some(text("it burned")), ..removal(host) };
    made(remove(&ground.app, &sent, &gone)).await;
    let held = |revision, locked| event("HOLD", revision, "RUNNING", "RUNNING", locked);
    let removed = event("CONFIRMATION", 6, "RUNNING", "REMOVED", false);
    let expected = [held(2, true), held(3, true), held(4, true), held(5, false), removed];
    assert_eq!(ground.instance_events(instances[0]).await, expected);
    assert_eq!(
        ground.instance_events(instances[1]).await[1..],
        [
            event("HOLD", 3, "UPGRADE_FAILED", "UPGRADE_FAILED", false),
            event("CONFIRMATION", 4, "UPGRADE_FAILED", "REMOVED", false),
        ]
    );
    let standing: i64 = ground
        .app
        .db
        .query(sql!("SELECT count(*) AS standing FROM hold WHERE ended_at IS NULL"))
        .scalar()
        .await
        .unwrap();
    assert_eq!(standing, 0);
    let audited: String = ground
        .app
        .db
        .query(sql!(
            "SELECT CAST(result AS text) AS result FROM audit WHERE operation = 'removeHost' AND outcome = 'ACCEPTED'"
        ))
        .scalar()
        .await
        .unwrap();
    assert!(
        audited.contains(&format!("hst_{host}")) && audited.contains(&format!("ins_{}", instances[1])),
        "{audited}"
    );
    assert_ne!(ground.host("h1").await, host);
}
testkit::on_both!(r3_a_host_whose_machine_is_gone_is_removed_with_its_instances_and_their_holds);
