use super::*;
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
        instance_id: format!("ins_{instance}"),
        settings: SettingsEdit::default(),
        maintenance: None,
        expected_revision: None,
    }
}

fn finding(instance: i64, found: FoundState) -> Finding {
    Finding { instance_id: format!("ins_{instance}"), found, expected_revision: None }
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
    let gone = InstanceEdit { instance_id: text("ins_99"), ..edits(id) };
    assert_eq!(wrong(update(&ground.app, &sent, &gone)).await, ["NOT_FOUND input.instanceId ins_99"]);
    assert_eq!(ground.revision(id).await, 1);
}
testkit::on_both!(r4_everything_that_is_wrong_with_an_edit_is_reported_at_once);

async fn r12_a_confirmation_says_which_version_runs_of_what_was_unknown_or_failed(kind: &str) {
    let ground = Ground::new(kind).await;
    let (service, old, id) = one(&ground, "UNKNOWN").await;
    let found = ground.version(service, "2").await;
    let sent = request("confirmInstance");
    made(confirm(&ground.app, &sent, &finding(id, FoundState::Version(format!("ver_{found}"))))).await;
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
    let again = finding(id, FoundState::Version(format!("ver_{found}")));
    let expected = [format!("WRONG_STATE input.instanceId ins_{id}")];
    assert_eq!(wrong(confirm(&ground.app, &sent, &again)).await, expected);
}
testkit::on_both!(r12_a_confirmation_says_which_version_runs_of_what_was_unknown_or_failed);

async fn r15_an_instance_that_is_not_there_is_confirmed_as_removed_even_under_a_hold(kind: &str) {
    let ground = Ground::new(kind).await;
    let (_, _, id) = one(&ground, "UPGRADE_FAILED").await;
    let lock =
        crate::catalog::hold::HoldInstances { instance_ids: vec![format!("ins_{id}")], reason: text("x"), until: None };
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
    made(crate::catalog::version::remove(&ground.app, &request("removeVersion"), &gone)).await;
    let sent = request("confirmInstance");
    for (found, expected) in [
        (FoundState::Version(foreign.clone()), format!("OTHER_SERVICE input.found.versionId {foreign}")),
        (FoundState::Version(gone.clone()), format!("NOT_FOUND input.found.versionId {gone}")),
        (FoundState::Version(text("nonsense")), text("NOT_FOUND input.found.versionId nonsense")),
        (FoundState::Version(format!("ins_{running}")), format!("WRONG_TYPE input.found.versionId ins_{running}")),
        (FoundState::Nothing(false), text("INVALID input.found.nothing")),
    ] {
        assert_eq!(wrong(confirm(&ground.app, &sent, &finding(id, found))).await, [expected]);
    }
    let nowhere = Finding { instance_id: text("ins_99"), ..finding(id, FoundState::Version(text("ver_99"))) };
    let expected = ["NOT_FOUND input.instanceId ins_99", "NOT_FOUND input.found.versionId ver_99"];
    assert_eq!(wrong(confirm(&ground.app, &sent, &nowhere)).await, expected);
    assert_eq!(ground.revision(id).await, 1);
}
testkit::on_both!(r4_what_was_found_is_a_version_of_the_same_service_that_is_there);
