use super::*;
use crate::catalog::host::{HostInput, Label, create};
use crate::catalog::host_many::{HostChange, HostsRemoval, remove_all, update_all};
use crate::domain::reference::HOSTS;

fn change(hostname: &str) -> HostChange {
    HostChange { host: Reference::by_name(&HOST, hostname), address: None, labels: None }
}

fn addressed(hostname: &str, address: &str) -> HostChange {
    HostChange { address: Some(text(address)), ..change(hostname) }
}

fn labeled(hostname: &str, labels: &[(&str, &str)]) -> HostChange {
    let labels = labels.iter().map(|(key, value)| Label { key: text(key), value: text(value) }).collect();
    HostChange { labels: Some(labels), ..change(hostname) }
}

fn removal(hostnames: &[&str]) -> HostsRemoval {
    let named = hostnames.iter().copied().map(str::to_owned).collect::<Vec<_>>();
    HostsRemoval { hosts: Reference::by_name(&HOSTS, named), with_instances: false, reason: None }
}

/// Each host that is not removed: name, address, and its labels in the order of their keys.
async fn recorded(ground: &Ground) -> Vec<String> {
    let rows: Vec<(String, String, Option<String>, Option<String>)> = ground
        .app
        .db
        .query(sql!(
            "SELECT h.hostname, h.address, l.key, l.value FROM host h LEFT JOIN host_label l ON l.host_id = h.id
             WHERE h.removed_at IS NULL ORDER BY h.id, l.key"
        ))
        .all()
        .await
        .unwrap();
    let label = |key: Option<String>, value: Option<String>| {
        key.map_or_else(String::new, |key| format!(" {key}={}", value.unwrap_or_default()))
    };
    rows.into_iter().map(|(name, address, key, value)| format!("{name} {address}{}", label(key, value))).collect()
}

async fn many_hosts_are_changed_and_removed_by_as_many_statements_as_few(kind: &str) {
    let ground = Ground::new(kind).await;
    let (mut changing, mut removing) = (Vec::new(), Vec::new());
    for (first, count) in [(0, 2), (1000, 1000)] {
        let names: Vec<String> = (first..first + count).map(|number| format!("h{number}")).collect();
        let new = |name: &String| HostInput { hostname: name.clone(), address: text("::1"), labels: Vec::new() };
        let hosts: Vec<HostInput> = names.iter().map(new).collect();
        made(create(&ground.app, &request("createHosts"), &hosts)).await;
        let edit = |name: &String| HostChange { address: Some(text("::2")), ..labeled(name, &[("zone", "a")]) };
        let edits: Vec<HostChange> = names.iter().rev().map(edit).collect();
        let before = ground.app.db.statements();
        made(update_all(&ground.app, &request("updateHosts"), &edits)).await;
        changing.push(ground.app.db.statements() - before);
        assert!(recorded(&ground).await.iter().all(|host| host.ends_with(" ::2 zone=a")));
        let named: Vec<&str> = names.iter().map(String::as_str).collect();
        let before = ground.app.db.statements();
        made(remove_all(&ground.app, &request("removeHosts"), &removal(&named))).await;
        removing.push(ground.app.db.statements() - before);
        assert_eq!(recorded(&ground).await.len(), 0);
    }
    assert_eq!((changing[0], removing[0]), (changing[1], removing[1]));
}
testkit::on_both!(many_hosts_are_changed_and_removed_by_as_many_statements_as_few);

async fn r4_all_or_none_of_many_hosts_are_changed_and_what_is_left_out_stays(kind: &str) {
    let ground = Ground::new(kind).await;
    let ids = [ground.host("h1").await, ground.host("h2").await];
    let sent = request("updateHosts");
    let by_id = HostChange { host: Reference::by_id(&HOST, format!("hst_{}", ids[1])), ..addressed("", "::2") };
    let both = [labeled("H1.", &[("rack", "a")]), by_id.clone()];
    assert_eq!(made(update_all(&ground.app, &sent, &both)).await, ids);
    made(update_all(&ground.app, &sent, &[addressed("h1", "::1"), labeled("h2", &[])])).await;
    let expected = ["h1 ::1 rack=a", "h2 ::2"];
    assert_eq!(recorded(&ground).await, expected);
    for (changes, problems) in [
        (vec![], vec![text("REQUIRED input.hosts")]),
        (vec![change("h1"); 1001], vec![text("INVALID input.hosts")]),
        (vec![addressed("h1", "::9"), change("h3")], vec![text("NOT_FOUND input.hosts h3")]),
        (
            vec![addressed("h1", "::9"), by_id.clone(), change("h2")],
            vec![format!("INVALID input.hosts hst_{}", ids[1])],
        ),
        (
            vec![addressed("h1", "a b"), labeled("h2", &[("", "")])],
            vec![text("INVALID input.hosts h1"), text("REQUIRED input.hosts h2")],
        ),
        (vec![labeled("h1", &[("a", ""), ("a", "")])], vec![text("INVALID input.hosts h1")]),
        (vec![HostChange { host: Reference::omitted(&HOST), ..change("") }], vec![text("REQUIRED input.hosts")]),
    ] {
        assert_eq!(wrong(update_all(&ground.app, &sent, &changes)).await, problems, "{changes:?}");
    }
    assert_eq!(recorded(&ground).await, expected);
}
testkit::on_both!(r4_all_or_none_of_many_hosts_are_changed_and_what_is_left_out_stays);

async fn r3_all_or_none_of_many_hosts_are_removed(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let (one, two) = (ground.version(service, "1").await, ground.version(service, "2").await);
    let hosts = [ground.host("h1").await, ground.host("h2").await, ground.host("h3").await];
    let instance = ground.instance(service, hosts[1], Some(one), "RUNNING").await;
    let sent = request("removeHosts");
    let in_use = [format!("IN_USE input.hostnames ins_{instance}")];
    assert_eq!(wrong(remove_all(&ground.app, &sent, &removal(&["h1", "H2"]))).await, in_use);
    assert_eq!(wrong(remove_all(&ground.app, &sent, &removal(&["h1", "h4"]))).await, ["NOT_FOUND input.hostnames h4"]);
    assert_eq!(wrong(remove_all(&ground.app, &sent, &removal(&["h1", "H1."]))).await, ["INVALID input.hostnames H1."]);
    assert_eq!(recorded(&ground).await.len(), 3);
    let gone = HostsRemoval { with_instances: true, ..removal(&["h2", "h1"]) };
    assert_eq!(made(remove_all(&ground.app, &sent, &gone)).await, [hosts[1], hosts[0]]);
    assert_eq!(recorded(&ground).await, ["h3 127.0.0.1"]);
    assert_eq!(ground.instance_events(instance).await, [event("CONFIRMATION", 2, "RUNNING", "REMOVED", false)]);
    // Not while a release has an instance there.
    let instance = ground.instance(service, hosts[2], Some(one), "RUNNING").await;
    let release = ground.release(service, instance, two).await;
    let gone = HostsRemoval { with_instances: true, ..removal(&["h3"]) };
    let expected = [format!("IN_USE input.hostnames rel_{release}")];
    assert_eq!(wrong(remove_all(&ground.app, &sent, &gone)).await, expected);
}
testkit::on_both!(r3_all_or_none_of_many_hosts_are_removed);
