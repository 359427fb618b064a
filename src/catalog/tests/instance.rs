use super::*;
use crate::catalog::confirm_many::confirm_all;
use crate::catalog::instance::{Finding, FoundState, InstanceEdit, confirm, update};
use crate::domain::Edit;
use crate::domain::instance::SettingsEdit;

async fn one(ground: &Ground, status: &'static str) -> (i64, i64, i64) {
    let service = ground.service("web").await;
    let version = ground.version(service, "1").await;
    let host = ground.host("h1").await;
    (service, version, ground.instance(service, host, Some(version), status).await)
}

fn edits(instance: i64) -> InstanceEdit {
    InstanceEdit {
        instance: Reference::by_id(&INSTANCE, format!("ins_{instance}")),
        settings: SettingsEdit::default(),
        maintenance: None,
        expected_revision: None,
    }
}

fn finding(instance: i64, found: FoundState) -> Finding {
    let instance = Reference::by_id(&INSTANCE, format!("ins_{instance}"));
    Finding { instance, found, expected_revision: None }
}

fn version(id: &str) -> FoundState {
    FoundState::Version(Reference::by_id(&FOUND_VERSION, id))
}

async fn i5_an_edit_is_the_next_revision_and_one_without_a_difference_is_none(kind: &str) {
    let ground = Ground::new(kind).await;
    let (_, _, id) = one(&ground, "RUNNING").await;
    let sent = request("updateInstance");
    let settings =
        SettingsEdit { port: Edit::Set(80), tag: Edit::Set(text("prod")), weight: Some(0), ..SettingsEdit::default() };
    let set = InstanceEdit { settings, ..edits(id) };
    made(update(&ground.app, &sent, &set)).await;
    made(update(&ground.app, &sent, &set)).await;
    let settings = SettingsEdit { port: Edit::Clear, ..SettingsEdit::default() };
    made(update(&ground.app, &sent, &InstanceEdit { settings, maintenance: Some(true), ..edits(id) })).await;
    let row: (Option<i64>, Option<String>, i64, bool, String) = ground
        .app
        .db
        .query(sql!("SELECT port, tag, weight, maintenance, updated_by FROM instance WHERE id = $1"))
        .bind(id)
        .one()
        .await
        .unwrap();
    assert_eq!(row, (None, Some(text("prod")), 0, true, text("ann")));
    let expected = [2, 3].map(|revision| event("EDIT", revision, "RUNNING", "RUNNING", false));
    assert_eq!(ground.instance_events(id).await, expected);
    assert_eq!(ground.revision(id).await, 3);
}
testkit::on_both!(i5_an_edit_is_the_next_revision_and_one_without_a_difference_is_none);

async fn r4_everything_that_is_wrong_with_an_edit_is_reported_at_once(kind: &str) {
    let ground = Ground::new(kind).await;
    let (_, _, id) = one(&ground, "RUNNING").await;
    let sent = request("updateInstance");
    let bad = InstanceEdit {
        settings: SettingsEdit {
            port: Edit::Set(65536),
            tag: Edit::Set(text("")),
            weight: Some(1001),
            description: Some("x".repeat(1001)),
        },
        expected_revision: Some(7),
        ..edits(id)
    };
    let expected = [
        &format!("STALE input.expectedRevision ins_{id}"),
        "INVALID input.port",
        "REQUIRED input.tag",
        "INVALID input.weight",
        "INVALID input.description",
    ];
    assert_eq!(wrong(update(&ground.app, &sent, &bad)).await, expected);
    let gone = InstanceEdit { instance: Reference::by_id(&INSTANCE, "ins_99"), ..edits(id) };
    assert_eq!(wrong(update(&ground.app, &sent, &gone)).await, ["NOT_FOUND input.instanceId ins_99"]);
    assert_eq!(ground.revision(id).await, 1);
}
testkit::on_both!(r4_everything_that_is_wrong_with_an_edit_is_reported_at_once);

async fn r12_a_confirmation_says_which_version_runs_of_what_was_unknown_or_failed(kind: &str) {
    let ground = Ground::new(kind).await;
    let (service, old, id) = one(&ground, "UNKNOWN").await;
    let found = ground.version(service, "2").await;
    let sent = request("confirmInstance");
    made(confirm(&ground.app, &sent, &finding(id, version(&format!("ver_{found}"))))).await;
    let versions: Vec<(Option<i64>, Option<i64>)> = ground
        .app
        .db
        .query(sql!("SELECT previous_version_id, version_id FROM event WHERE instance_id = $1"))
        .bind(id)
        .all()
        .await
        .unwrap();
    assert_eq!(versions, [(Some(old), Some(found))]);
    assert_eq!(ground.instance_events(id).await, [event("CONFIRMATION", 2, "UNKNOWN", "RUNNING", false)]);
    // Changed by hand since: what runs may be confirmed, too.
    made(confirm(&ground.app, &sent, &finding(id, version(&format!("ver_{old}"))))).await;
    assert_eq!(ground.instance_events(id).await[1..], [event("CONFIRMATION", 3, "RUNNING", "RUNNING", false)]);
    let confirmed: bool = ground
        .app
        .db
        .query(sql!("SELECT confirmed_at = updated_at AS confirmed FROM instance WHERE id = $1"))
        .bind(id)
        .scalar()
        .await
        .unwrap();
    assert!(confirmed);
}
testkit::on_both!(r12_a_confirmation_says_which_version_runs_of_what_was_unknown_or_failed);

async fn r15_an_instance_that_a_release_has_is_not_confirmed(kind: &str) {
    let ground = Ground::new(kind).await;
    let (_, running, id) = one(&ground, "UPGRADING").await;
    let expected = [format!("WRONG_STATE input.instanceId ins_{id}")];
    let found = finding(id, version(&format!("ver_{running}")));
    assert_eq!(wrong(confirm(&ground.app, &request("confirmInstance"), &found)).await, expected);
    let all = [found];
    let expected = [format!("WRONG_STATE input.instances ins_{id}")];
    assert_eq!(wrong(confirm_all(&ground.app, &request("confirmInstances"), &all)).await, expected);
}
testkit::on_both!(r15_an_instance_that_a_release_has_is_not_confirmed);

async fn r12_many_instances_are_confirmed_at_once_in_the_order_of_the_input(kind: &str) {
    let ground = Ground::new(kind).await;
    let (web, api) = (ground.service("web").await, ground.service("api").await);
    let versions = [ground.version(web, "1").await, ground.version(web, "2").await, ground.version(api, "2").await];
    let (h1, h2) = (ground.host("h1").await, ground.host("h2").await);
    let ids = [
        ground.instance(web, h1, Some(versions[0]), "RUNNING").await,
        ground.instance(web, h2, Some(versions[0]), "UNKNOWN").await,
        ground.instance(api, h1, None, "INSTALL_FAILED").await,
    ];
    let by_name = |name: &str, found| Finding {
        instance: Reference::by_name(&INSTANCE, name),
        found,
        expected_revision: Some(1),
    };
    let named = |name: &str| FoundState::Version(Reference::by_name(&FOUND_VERSION, name));
    let findings = [
        by_name("web/H2", named("2")),
        finding(ids[0], FoundState::Nothing(true)),
        by_name("api/h1", version(&format!("ver_{}", versions[2]))),
    ];
    let statements = ground.app.db.statements();
    assert_eq!(made(confirm_all(&ground.app, &request("confirmInstances"), &findings)).await, [ids[1], ids[0], ids[2]]);
    assert!(ground.app.db.statements() - statements < 40);
    assert_eq!(ground.instance_events(ids[0]).await, [event("CONFIRMATION", 2, "RUNNING", "REMOVED", false)]);
    assert_eq!(ground.instance_events(ids[1]).await, [event("CONFIRMATION", 2, "UNKNOWN", "RUNNING", false)]);
    assert_eq!(ground.instance_events(ids[2]).await, [event("CONFIRMATION", 2, "INSTALL_FAILED", "RUNNING", false)]);
    let rows: Vec<(i64, Option<i64>)> =
        ground.app.db.query(sql!("SELECT id, version_id FROM instance ORDER BY id")).all().await.unwrap();
    assert_eq!(rows, [(ids[0], None), (ids[1], Some(versions[1])), (ids[2], Some(versions[2]))]);
}
testkit::on_both!(r12_many_instances_are_confirmed_at_once_in_the_order_of_the_input);

async fn r4_of_many_confirmations_all_or_none_are_recorded_and_everything_wrong_is_named(kind: &str) {
    let ground = Ground::new(kind).await;
    let (service, running, id) = one(&ground, "RUNNING").await;
    let second = ground.host("h2").await;
    let second = ground.instance(service, second, Some(running), "UNKNOWN").await;
    let other = ground.service("api").await;
    let foreign = format!("ver_{}", ground.version(other, "1").await);
    let sent = request("confirmInstances");
    let refused = async |findings: &[Finding]| wrong(confirm_all(&ground.app, &sent, findings)).await;
    let good = || version(&format!("ver_{running}"));
    let stale = Finding { expected_revision: Some(7), ..finding(id, good()) };
    let expected = [format!("STALE input.instances ins_{id}"), format!("OTHER_SERVICE input.instances {foreign}")];
    assert_eq!(refused(&[stale, finding(second, version(&foreign))]).await, expected);
    let expected = [format!("INVALID input.instances ins_{id}")];
    assert_eq!(refused(&[finding(id, good()), finding(id, good())]).await[..1], expected);
    assert_eq!(refused(&[finding(id, good()), finding(99, good())]).await, ["NOT_FOUND input.instances ins_99"]);
    let wrong_type = ["WRONG_TYPE input.instances hst_1"];
    assert_eq!(refused(&[finding(id, good()), finding(second, version("hst_1"))]).await, wrong_type);
    assert_eq!(refused(&[finding(id, FoundState::Nothing(false))]).await, ["INVALID input.instances"]);
    let neither = Finding { instance: Reference::omitted(&INSTANCE), ..finding(id, good()) };
    assert_eq!(refused(&[neither]).await, ["REQUIRED input.instances"]);
    assert_eq!(refused(&[]).await, ["REQUIRED input.instances"]);
    let many: Vec<Finding> = (1..=1001).map(|number| finding(number, good())).collect();
    assert_eq!(refused(&many).await, ["INVALID input.instances"]);
    assert_eq!((ground.revision(id).await, ground.revision(second).await), (1, 1));
}
testkit::on_both!(r4_of_many_confirmations_all_or_none_are_recorded_and_everything_wrong_is_named);

async fn r15_an_instance_that_is_not_there_is_confirmed_as_removed_even_under_a_hold(kind: &str) {
    let ground = Ground::new(kind).await;
    let (_, _, id) = one(&ground, "UPGRADE_FAILED").await;
    let instances = Reference::by_id(&INSTANCES, [format!("ins_{id}")]);
    let lock = crate::catalog::hold::HoldInstances { instances, reason: text("x"), until: None };
    made(crate::catalog::hold::hold_instances(&ground.app, &request("holdInstances"), &lock)).await;
    let sent = request("confirmInstance");
    let stale = Finding { expected_revision: Some(1), ..finding(id, FoundState::Nothing(true)) };
    let expected = [format!("STALE input.expectedRevision ins_{id}")];
    assert_eq!(wrong(confirm(&ground.app, &sent, &stale)).await, expected);
    made(confirm(&ground.app, &sent, &Finding { expected_revision: Some(2), ..stale })).await;
    let row: (Option<i64>, String) = ground
        .app
        .db
        .query(sql!("SELECT version_id, status FROM instance WHERE id = $1"))
        .bind(id)
        .one()
        .await
        .unwrap();
    assert_eq!(row, (None, text("REMOVED")));
    let last = ground.instance_events(id).await.pop().unwrap();
    assert_eq!(last, event("CONFIRMATION", 3, "UPGRADE_FAILED", "REMOVED", true));
}
testkit::on_both!(r15_an_instance_that_is_not_there_is_confirmed_as_removed_even_under_a_hold);

async fn r4_what_was_found_is_a_version_of_the_same_service_that_is_there(kind: &str) {
    let ground = Ground::new(kind).await;
    let (service, running, id) = one(&ground, "UNKNOWN").await;
    let other = ground.service("api").await;
    let foreign = format!("ver_{}", ground.version(other, "1").await);
    let gone = ground.version(service, "2").await;
    let gone = format!("ver_{gone}");
    made(crate::catalog::version::remove(&ground.app, &request("removeVersion"), &version_by_id(&gone))).await;
    let sent = request("confirmInstance");
    for (found, expected) in [
        (version(&foreign), format!("OTHER_SERVICE input.found.versionId {foreign}")),
        (version(&gone), format!("NOT_FOUND input.found.versionId {gone}")),
        (version("nonsense"), text("NOT_FOUND input.found.versionId nonsense")),
        (version(&format!("ins_{running}")), format!("WRONG_TYPE input.found.versionId ins_{running}")),
        (FoundState::Nothing(false), text("INVALID input.found.nothing")),
    ] {
        assert_eq!(wrong(confirm(&ground.app, &sent, &finding(id, found))).await, [expected]);
    }
    let nowhere = Finding { instance: Reference::by_id(&INSTANCE, "ins_99"), ..finding(id, version("ver_99")) };
    let expected = ["NOT_FOUND input.instanceId ins_99", "NOT_FOUND input.found.versionId ver_99"];
    assert_eq!(wrong(confirm(&ground.app, &sent, &nowhere)).await, expected);
    assert_eq!(ground.revision(id).await, 1);
}
testkit::on_both!(r4_what_was_found_is_a_version_of_the_same_service_that_is_there);
