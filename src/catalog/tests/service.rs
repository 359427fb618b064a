use super::*;
use crate::catalog::service::{ServiceEdit, ServiceInput, create, remove, update};
use crate::domain::Edit;

fn new(name: &str, executor: &str) -> ServiceInput {
    ServiceInput {
        name: name.to_owned(),
        language: "Rust".to_owned(),
        description: String::new(),
        executor: executor.to_owned(),
        version_scheme: VersionScheme::Registration,
    }
}

fn edits(service: i64) -> ServiceEdit {
    ServiceEdit {
        rollout: Edit::Keep,
        service: Reference::by_id(&SERVICE, format!("svc_{service}")),
        language: None,
        description: None,
        executor: None,
        version_scheme: None,
        max_unavailable: Edit::Keep,
        max_per_label: Edit::Keep,
    }
}

async fn a_service_is_registered_once_by_its_name_with_an_event_and_an_audit_entry(kind: &str) {
    let ground = Ground::new(kind).await;
    let sent = request("createService");
    let id = made(create(&ground.app, &sent, &new("web", "sim"))).await;
    let problems = wrong(create(&ground.app, &sent, &new("web", "nowhere"))).await;
    assert_eq!(problems, ["UNKNOWN_EXECUTOR input.executor", &format!("TAKEN input.name svc_{id}")]);
    assert_eq!(ground.service_events().await, ["REGISTERED"]);
    let outcomes = [("createService", "ACCEPTED"), ("createService", "REFUSED")];
    assert_eq!(ground.outcomes().await, outcomes.map(|(a, b)| (text(a), text(b))));
}
testkit::on_both!(a_service_is_registered_once_by_its_name_with_an_event_and_an_audit_entry);

async fn r4_everything_that_is_wrong_with_a_new_service_is_reported_at_once(kind: &str) {
    let ground = Ground::new(kind).await;
    let bad = ServiceInput {
        name: "-web".to_owned(),
        language: "x".repeat(64),
        description: "a\0".to_owned(),
        executor: "nowhere".to_owned(),
        version_scheme: VersionScheme::Registration,
    };
    let mut sent = request("createService");
    sent.input = json!({ "description": "a\0" });
    let expected = [
        "INVALID input.name",
        "INVALID input.language",
        "INVALID input.description",
        "UNKNOWN_EXECUTOR input.executor",
    ];
    assert_eq!(wrong(create(&ground.app, &sent, &bad)).await, expected);
    assert_eq!(wrong(create(&ground.app, &sent, &new("", "sim"))).await, ["REQUIRED input.name"]);
    assert!(ground.service_events().await.is_empty());
}
testkit::on_both!(r4_everything_that_is_wrong_with_a_new_service_is_reported_at_once);

async fn of_requests_that_race_for_a_name_one_gets_it_and_the_others_learn_who(kind: &str) {
    let ground = Ground::new(kind).await;
    let racers = (0..8).map(|_| {
        let app = ground.app.clone();
        tokio::spawn(async move { create(&app, &request("createService"), &new("web", "sim")).await.unwrap() })
    });
    let mut winners = Vec::new();
    let mut refused = Vec::new();
    for racer in racers.collect::<Vec<_>>() {
        match racer.await.unwrap() {
            Ok(id) => winners.push(format!("svc_{id}")),
            Err(Problems(problems)) => refused.push(problems[0].related_ids.clone()),
        }
    }
    assert_eq!((winners.len(), refused.len()), (1, 7));
    assert!(refused.iter().all(|ids| *ids == winners));
}
testkit::on_both!(of_requests_that_race_for_a_name_one_gets_it_and_the_others_learn_who);

async fn what_is_left_out_of_an_edit_stays_and_an_edit_without_a_difference_is_no_event(kind: &str) {
    let ground = Ground::new(kind).await;
    let id = made(create(&ground.app, &request("createService"), &new("web", "sim"))).await;
    let sent = request("updateService");
    let described = ServiceEdit { description: Some("the shop".to_owned()), ..edits(id) };
    made(update(&ground.app, &sent, &described)).await;
    made(update(&ground.app, &sent, &described)).await;
    let row: (String, String, String) = ground
        .app
        .db
        .query(sql!("SELECT language, description, executor FROM service WHERE id = $1"))
        .bind(id)
        .one()
        .await
        .unwrap();
    assert_eq!(row, (text("Rust"), text("the shop"), text("sim")));
    assert_eq!(ground.service_events().await, ["REGISTERED", "EDITED"]);
    let bad = ServiceEdit {
        executor: Some("nowhere".to_owned()),
        service: Reference::by_id(&SERVICE, "svc_99"),
        ..edits(id)
    };
    let expected = ["NOT_FOUND input.serviceId svc_99", "UNKNOWN_EXECUTOR input.executor"];
    assert_eq!(wrong(update(&ground.app, &sent, &bad)).await, expected);
}
testkit::on_both!(what_is_left_out_of_an_edit_stays_and_an_edit_without_a_difference_is_no_event);

async fn r2_semantic_versions_are_ordered_anew_when_the_scheme_of_their_service_changes(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let mut ids = Vec::new();
    for name in ["1.0.0", "2.0.0", "1.0.1", "v1.0.0-rc.2", "1.0.0+b"] {
        ids.push(ground.version(service, name).await);
    }
    let ordered = async || -> Vec<i64> {
        let rows = ground.app.db.query(sql!("SELECT id FROM version WHERE removed_at IS NULL ORDER BY precedence, id"));
        rows.all::<(i64,)>().await.unwrap().into_iter().map(|(id,)| id).collect()
    };
    assert_eq!(ordered().await, ids);
    let sent = request("updateService");
    let semver = ServiceEdit { version_scheme: Some(VersionScheme::Semver), ..edits(service) };
    let other = ground.version(service, "main").await;
    assert_eq!(wrong(update(&ground.app, &sent, &semver)).await, [format!("INVALID input.versionScheme ver_{other}")]);
    let mut tx = ground.app.db.begin().await.unwrap();
    crate::store::version::remove(&mut tx, other, Timestamp::now()).await.unwrap();
    tx.commit().await.unwrap();
    made(update(&ground.app, &sent, &semver)).await;
    assert_eq!(ordered().await, [ids[3], ids[0], ids[4], ids[2], ids[1]]);
    // A hotfix that is registered last goes between.
    let hotfix = ground.version(service, "1.0.2").await;
    assert_eq!(ordered().await[4..], [hotfix, ids[1]]);
    let registration = ServiceEdit { version_scheme: Some(VersionScheme::Registration), ..edits(service) };
    made(update(&ground.app, &sent, &registration)).await;
    assert_eq!(ordered().await, [&ids[..], &[hotfix]].concat());
    // Without a difference there is no event.
    made(update(&ground.app, &sent, &registration)).await;
    let edited = ground.service_events().await.into_iter().filter(|kind| kind == "EDITED").count();
    assert_eq!(edited, 2);
}
testkit::on_both!(r2_semantic_versions_are_ordered_anew_when_the_scheme_of_their_service_changes);

async fn r2_the_scheme_of_a_service_does_not_change_while_a_release_of_it_is_open(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let (version, host) = (ground.version(service, "1.0.0").await, ground.host("h1").await);
    let instance = ground.instance(service, host, Some(version), "RUNNING").await;
    let release = ground.release(service, instance, version).await;
    let semver = ServiceEdit { version_scheme: Some(VersionScheme::Semver), ..edits(service) };
    let expected = [format!("IN_USE input.versionScheme rel_{release}")];
    assert_eq!(wrong(update(&ground.app, &request("updateService"), &semver)).await, expected);
}
testkit::on_both!(r2_the_scheme_of_a_service_does_not_change_while_a_release_of_it_is_open);

async fn r3_a_service_with_instances_is_in_use_and_a_removed_one_frees_its_name(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let (version, host) = (ground.version(service, "1").await, ground.host("h1").await);
    let instance = ground.instance(service, host, Some(version), "RUNNING").await;
    let release = ground.release(service, instance, version).await;
    let sent = request("removeService");
    let reference = |id: i64| Reference::by_id(&SERVICE, format!("svc_{id}"));
    let expected = [format!("IN_USE input.serviceId ins_{instance} rel_{release}")];
    assert_eq!(wrong(remove(&ground.app, &sent, &reference(service))).await, expected);

    let other = ground.service("api").await;
    made(remove(&ground.app, &sent, &reference(other))).await;
    let expected = [format!("NOT_FOUND input.serviceId svc_{other}")];
    assert_eq!(wrong(remove(&ground.app, &sent, &reference(other))).await, expected);
    assert_ne!(ground.service("api").await, other);
}
testkit::on_both!(r3_a_service_with_instances_is_in_use_and_a_removed_one_frees_its_name);
