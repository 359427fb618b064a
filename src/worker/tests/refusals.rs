//! What is refused, each with its code, its field and its ids, and that nothing is changed by it.

use super::fleet::{Fleet, name, named, problems_of};
use crate::domain::Kind;
use crate::domain::instance::InstanceSettings;
use crate::domain::instance::InstanceStatus;
use crate::domain::reference::{CURRENT_VERSION, Reference, SERVICE, VERSION};
use crate::domain::release::OnLocked;
use crate::domain::release::rollout::{Amount, RolloutOverrides};
use crate::release::request::{Aim, ReleaseRequest, Selection};
use crate::store::db::sql::sql;

/// One problem: code, field below `input`, ids.
fn one(code: &str, field: &str, ids: &[&str]) -> Vec<(String, String, Vec<String>)> {
    vec![(code.into(), format!("input.{field}"), ids.iter().map(ToString::to_string).collect())]
}

/// Refused so, and only an audit entry is left; as a dry run, not even that (R4, R11).
async fn refused(fleet: &Fleet, request: &ReleaseRequest, problems: Vec<(String, String, Vec<String>)>) {
    let before = fleet.rows().await;
    let answer = fleet.ask(request).await.expect_err("it should be refused");
    assert_eq!(problems_of(&answer), problems);
    assert_eq!(fleet.rows().await, before + 1);
    let dry = fleet.ask(&ReleaseRequest { dry_run: true, ..request.clone() }).await.expect_err("it should be refused");
    assert_eq!(dry, answer);
    assert_eq!(fleet.rows().await, before + 1);
}

async fn r4_services_and_versions_are_claims(kind: &str) {
    let fleet = Fleet::new(kind, 2).await;
    let all = || fleet.upgrade(Selection::All(true));
    for text in ["svc_9999", "svc_x", "web", ""] {
        let request = ReleaseRequest { service: Reference::by_id(&SERVICE, text), ..all() };
        refused(&fleet, &request, one("NOT_FOUND", "serviceId", &[text])).await;
    }
    let request = ReleaseRequest { service: Reference::by_id(&SERVICE, "hst_1"), ..all() };
    refused(&fleet, &request, one("WRONG_TYPE", "serviceId", &["hst_1"])).await;

    let to = |text: &str| Aim::Upgrade {
        version: Reference::by_id(&VERSION, text),
        current_version: Reference::omitted(&CURRENT_VERSION),
    };
    let from = |text: &str| Aim::Upgrade {
        version: fleet.reference(2),
        current_version: Reference::by_id(&CURRENT_VERSION, text),
    };
    let other = fleet.service("other", "web").await;
    let foreign = Kind::Version.id(fleet.version(other, "9", "SUCCEEDED").await).to_string();
    let cases = [("ver_9999", "NOT_FOUND"), ("3", "NOT_FOUND"), ("svc_1", "WRONG_TYPE"), (&foreign, "OTHER_SERVICE")];
    for (text, code) in cases {
        let request = ReleaseRequest { aim: to(text), ..all() };
        refused(&fleet, &request, one(code, "versionId", &[text])).await;
        let request = ReleaseRequest { aim: from(text), ..all() };
        refused(&fleet, &request, one(code, "currentVersionId", &[text])).await;
    }
}
testkit::on_both!(r4_services_and_versions_are_claims);

async fn r1_only_a_built_version_that_is_a_choice_may_be_released(kind: &str) {
    let fleet = Fleet::new(kind, 2).await;
    let to = |version: usize| {
        fleet.request(
            Aim::Upgrade { version: fleet.reference(version), current_version: Reference::omitted(&CURRENT_VERSION) },
            Selection::All(true),
        )
    };
    refused(&fleet, &to(3), one("VERSION_NOT_BUILT", "versionId", &[&fleet.id(3)])).await;
    fleet
        .changed(|tx| {
            tx.query(sql!(
                "UPDATE version SET withdrawn_at = {now}, withdrawn_by = 'ann', withdrawn_reason = 'bad' WHERE id = $1"
            ))
            .bind(fleet.versions[2])
        })
        .await;
    refused(&fleet, &to(2), one("VERSION_WITHDRAWN", "versionId", &[&fleet.id(2)])).await;
    fleet
        .changed(|tx| tx.query(sql!("UPDATE version SET removed_at = {now} WHERE id = $1")).bind(fleet.versions[2]))
        .await;
    refused(&fleet, &to(2), one("NOT_FOUND", "versionId", &[&fleet.id(2)])).await;
}
testkit::on_both!(r1_only_a_built_version_that_is_a_choice_may_be_released);

async fn r5_r6_hosts_are_chosen_in_one_way_that_says_something(kind: &str) {
    let fleet = Fleet::new(kind, 2).await;
    let list = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    let host = Kind::Host.id(fleet.host("h00001").await).to_string();
    let service = Kind::Service.id(fleet.service).to_string();
    let cases = [
        (Selection::All(false), one("INVALID", "hosts.all", &[])),
        (Selection::HostIds(vec![]), one("REQUIRED", "hosts.hostIds", &[])),
        (Selection::Hostnames(vec![]), one("REQUIRED", "hosts.hostnames", &[])),
        (Selection::Labels(vec![]), one("REQUIRED", "hosts.labels", &[])),
        (named(&["h00001", "h00002", "h00001"]), one("INVALID", "hosts.hostnames", &["h00001"])),
        (Selection::HostIds(list(&[&host, &host])), one("INVALID", "hosts.hostIds", &[&host])),
        (named(&["h00001", ""]), one("REQUIRED", "hosts.hostnames", &[])),
        (named(&["h00001", "h9", "H00002"]), one("NOT_FOUND", "hosts.hostnames", &["h9"])),
        (named(&["-h", "h\u{0}", "h\n"]), one("NOT_FOUND", "hosts.hostnames", &["-h", "h\u{0}", "h\n"])),
        (Selection::HostIds(list(&["hst_999", "x"])), one("NOT_FOUND", "hosts.hostIds", &["x", "hst_999"])),
        (Selection::HostIds(list(&[&service, &host])), one("WRONG_TYPE", "hosts.hostIds", &[&service])),
        (Selection::Hostnames((0..=10_000).map(name).collect()), one("INVALID", "hosts.hostnames", &[])),
        (Selection::Labels(vec![(String::new(), "x".into())]), one("REQUIRED", "hosts.labels", &[])),
        (
            Selection::Labels(vec![("k".into(), "v".into()), ("k".into(), "v".into())]),
            one("INVALID", "hosts.labels", &["k=v"]),
        ),
        (Selection::Labels(vec![("k".into(), "v".into())]), one("NOTHING_TO_RELEASE", "hosts", &[])),
    ];
    for (hosts, problems) in cases {
        refused(&fleet, &fleet.upgrade(hosts), problems).await;
    }
    refused(&fleet, &fleet.install(Selection::All(true)), one("INVALID", "hosts.all", &[])).await;
}
testkit::on_both!(r5_r6_hosts_are_chosen_in_one_way_that_says_something);

async fn r6_a_named_host_needs_an_instance_at_the_current_version(kind: &str) {
    let fleet = Fleet::new(kind, 2).await;
    fleet.hosts(&["bare".into()]).await;
    fleet.set("h00002", InstanceStatus::Running, Some(fleet.versions[0])).await;
    let id = async |host: &str| Kind::Host.id(fleet.host(host).await).to_string();
    let (bare, second) = (id("bare").await, id("h00002").await);
    let request = fleet.upgrade(named(&["h00001", "bare"]));
    refused(&fleet, &request, one("HOST_NOT_DEPLOYED", "hosts.hostnames", &[&bare])).await;
    let aim =
        Aim::Upgrade { version: fleet.reference(2), current_version: Reference::by_id(&CURRENT_VERSION, fleet.id(1)) };
    let request = fleet.request(aim.clone(), named(&["h00001", "h00002"]));
    refused(&fleet, &request, one("HOST_NOT_DEPLOYED", "hosts.hostnames", &[&second])).await;
    // A filter leaves out what does not fit, and says nothing of it.
    let accepted = fleet.accepted(&fleet.request(aim, Selection::All(true))).await;
    assert_eq!((accepted.accepted, accepted.skipped.len()), (vec![fleet.instance("h00001").await], 0));
}
testkit::on_both!(r6_a_named_host_needs_an_instance_at_the_current_version);

async fn r4_all_problems_are_reported_at_once(kind: &str) {
    let fleet = Fleet::new(kind, 3).await;
    fleet.hosts(&["bare".into()]).await;
    let bare = Kind::Host.id(fleet.host("bare").await).to_string();
    let held = fleet.hold(Some("h00001"), "ann", None).await;
    let freeze = fleet.hold(None, "ann", None).await;
    let instance = Kind::Instance.id(fleet.instance("h00001").await).to_string();
    let mut request = ReleaseRequest {
        aim: Aim::Upgrade { version: fleet.reference(3), current_version: Reference::by_id(&CURRENT_VERSION, "x") },
        on_locked: OnLocked::Reject,
        through_hold_ids: vec![Kind::Hold.id(held).to_string(), "hld_999".into(), "svc_1".into()],
        rollout: RolloutOverrides {
            max_parallel: Some(Amount::Count(0)),
            timeout_seconds: Some(0),
            ..RolloutOverrides::default()
        },
        reason: Some("x".repeat(1001)),
        expected_count: Some(-1),
        ..fleet.upgrade(named(&["h00002", "gone", "bare"]))
    };
    let problem = |code, field, ids: &[&str]| one(code, field, ids).remove(0);
    let held = Kind::Hold.id(held).to_string();
    let problems = vec![
        problem("INVALID", "rollout.maxParallel", &[]),
        problem("INVALID", "rollout.timeoutSeconds", &[]),
        problem("INVALID", "reason", &[]),
        problem("INVALID", "expectedCount", &[]),
        problem("NOT_FOUND", "currentVersionId", &["x"]),
        problem("VERSION_NOT_BUILT", "versionId", &[&fleet.id(3)]),
        problem("WRONG_TYPE", "throughHoldIds", &["svc_1"]),
        problem("NOT_FOUND", "throughHoldIds", &["hld_999"]),
        problem("INVALID", "throughHoldIds", &[&held]),
        problem("FROZEN", "serviceId", &[&Kind::Hold.id(freeze).to_string()]),
        problem("NOT_FOUND", "hosts.hostnames", &["gone"]),
        problem("HOST_NOT_DEPLOYED", "hosts.hostnames", &[&bare]),
    ];
    refused(&fleet, &request, problems.clone()).await;
    request.change.idempotency_key = Some(String::new());
    let answer = fleet.ask(&request).await.expect_err("the key is beside the other problems");
    assert_eq!(problems_of(&answer), [one("INVALID", "idempotencyKey", &[]), problems].concat());
    let reject = ReleaseRequest { on_locked: OnLocked::Reject, ..fleet.revert(Selection::All(true)) };
    refused(&fleet, &reject, one("LOCKED", "hosts", &[&instance])).await;
}
testkit::on_both!(r4_all_problems_are_reported_at_once);

async fn r4_the_executor_must_be_configured_and_what_an_installation_says_must_fit(kind: &str) {
    let fleet = Fleet::new(kind, 1).await;
    fleet.hosts(&["bare".into()]).await;
    let odd = fleet.service("odd", "nowhere").await;
    let version = Kind::Version.id(fleet.version(odd, "1", "SUCCEEDED").await).to_string();
    let settings =
        InstanceSettings { port: Some(0), tag: Some(String::new()), weight: 1001, description: "x".repeat(1001) };
    let request = ReleaseRequest {
        service: Reference::by_id(&SERVICE, Kind::Service.id(odd).to_string()),
        ..fleet.request(Aim::Install { version: Reference::by_id(&VERSION, version), settings }, named(&["bare"]))
    };
    let mut problems = one("INVALID", "port", &[]);
    problems.extend(one("REQUIRED", "tag", &[]));
    problems.extend(one("INVALID", "weight", &[]));
    problems.extend(one("INVALID", "description", &[]));
    problems.extend(one("UNKNOWN_EXECUTOR", "serviceId", &[]));
    refused(&fleet, &request, problems).await;
}
testkit::on_both!(r4_the_executor_must_be_configured_and_what_an_installation_says_must_fit);

async fn r4_another_count_than_expected_is_stale(kind: &str) {
    let fleet = Fleet::new(kind, 3).await;
    let expecting = |count| ReleaseRequest { expected_count: Some(count), ..fleet.upgrade(Selection::All(true)) };
    refused(&fleet, &expecting(2), one("STALE", "expectedCount", &[])).await;
    fleet.accepted(&expecting(3)).await;
    let nothing = fleet.ask(&expecting(0)).await.unwrap_err();
    assert_eq!(problems_of(&nothing), one("NOTHING_TO_RELEASE", "hosts", &[]));
    assert_eq!(nothing.skipped.len(), 3);
    // R9: it never stands beside another problem.
    let stale = fleet.ask(&expecting(1)).await.unwrap_err();
    assert_eq!((problems_of(&stale), stale.skipped.len()), (one("STALE", "expectedCount", &[]), 0));
}
testkit::on_both!(r4_another_count_than_expected_is_stale);
