use super::*;
use crate::catalog::version::{Report, VersionInput, create, reinstate, remove, report, withdraw};

fn new(service: i64, name: &str) -> VersionInput {
    VersionInput {
        service: Reference::by_id(&SERVICE, format!("svc_{service}")),
        name: name.to_owned(),
        reference: "main".to_owned(),
        description: String::new(),
        build_status: BuildStatus::Pending,
        artifact: None,
    }
}

async fn versions_are_ordered_by_registration_even_when_it_races(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let racers = (0..10).map(|number| {
        let app = ground.app.clone();
        tokio::spawn(async move {
            made(create(&app, &request("createVersion"), &new(service, &format!("1.{number}")))).await
        })
    });
    for racer in racers.collect::<Vec<_>>() {
        racer.await.unwrap();
    }
    // The version whose event is first has the smaller number.
    let rows: Vec<(i64,)> = ground
        .app
        .db
        .query(sql!("SELECT version_id FROM event WHERE version_id IS NOT NULL ORDER BY position"))
        .all()
        .await
        .unwrap();
    assert!(rows.len() == 10 && rows.is_sorted());
    let times: Vec<(Timestamp,)> =
        ground.app.db.query(sql!("SELECT created_at FROM version ORDER BY id")).all().await.unwrap();
    assert!(times.is_sorted());
}
testkit::on_both!(versions_are_ordered_by_registration_even_when_it_races);

async fn r4_everything_that_is_wrong_with_a_new_version_is_reported_at_once(kind: &str) {
    let ground = Ground::new(kind).await;
    let sent = request("createVersion");
    let service = ground.service("web").await;
    let taken = ground.version(service, "1").await;
    let bad = VersionInput { reference: "x".repeat(256), build_status: BuildStatus::Succeeded, ..new(service, "1") };
    let expected = ["INVALID input.ref", "REQUIRED input.artifact", &format!("TAKEN input.name ver_{taken}")];
    assert_eq!(wrong(create(&ground.app, &sent, &bad)).await, expected);
    let bad =
        VersionInput { service: Reference::by_id(&SERVICE, "hst_1"), artifact: Some(text("a")), ..new(service, "") };
    let expected = ["WRONG_TYPE input.serviceId hst_1", "REQUIRED input.name", "INVALID input.artifact"];
    assert_eq!(wrong(create(&ground.app, &sent, &bad)).await, expected);
}
testkit::on_both!(r4_everything_that_is_wrong_with_a_new_version_is_reported_at_once);

async fn r2_a_service_with_semantic_versions_takes_no_other_names(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let mut tx = ground.app.db.begin().await.unwrap();
    tx.query(sql!("UPDATE service SET version_scheme = 'SEMVER' WHERE id = $1")).bind(service).execute().await.unwrap();
    tx.commit().await.unwrap();
    let sent = request("createVersion");
    for name in ["main", "1.2", "01.2.3", "1.2.3-", "1:2.0.0", "1.2.3~rc1"] {
        assert_eq!(wrong(create(&ground.app, &sent, &new(service, name))).await, ["INVALID input.name"], "{name}");
    }
    assert_eq!(wrong(create(&ground.app, &sent, &new(service, ""))).await, ["REQUIRED input.name"]);
    for name in ["1.2.3", "v1.2.3-rc.1", "1.2.3+build.7"] {
        made(create(&ground.app, &sent, &new(service, name))).await;
    }
    let other = ground.service("api").await;
    for name in ["main", "1:2.0.0", "1.2.3~rc1"] {
        made(create(&ground.app, &sent, &new(other, name))).await;
    }
}
testkit::on_both!(r2_a_service_with_semantic_versions_takes_no_other_names);

async fn r10_a_key_gives_one_version_also_in_a_race_and_also_when_the_version_is_gone(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let input = json!({ "name": "1", "artifact": null });
    let racers = (0..20).map(|_| {
        let (app, input) = (ground.app.clone(), input.clone());
        tokio::spawn(async move {
            made(create(&app, &keyed_request("createVersion", input, Some("k")), &new(service, "1"))).await
        })
    });
    let mut ids = Vec::new();
    for racer in racers.collect::<Vec<_>>() {
        ids.push(racer.await.unwrap());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    made(remove(&ground.app, &request("removeVersion"), &version_by_id(format!("ver_{}", ids[0])))).await;
    let again = keyed_request("createVersion", json!({ "name": "1" }), Some("k"));
    assert_eq!(made(create(&ground.app, &again, &new(service, "1"))).await, ids[0]);
    let other = keyed_request("createVersion", json!({ "name": "2" }), Some("k"));
    let expected = [format!("IDEMPOTENCY_KEY_REUSED input.idempotencyKey ver_{}", ids[0])];
    assert_eq!(wrong(create(&ground.app, &other, &new(service, "2"))).await, expected);
    let long = keyed_request("createVersion", json!({ "name": "2" }), Some(""));
    assert_eq!(wrong(create(&ground.app, &long, &new(service, "2"))).await, ["INVALID input.idempotencyKey"]);
    let replays = ground.outcomes().await.iter().filter(|(_, outcome)| outcome == "REPLAYED").count();
    assert_eq!(replays, 20);
}
testkit::on_both!(r10_a_key_gives_one_version_also_in_a_race_and_also_when_the_version_is_gone);

async fn r1_a_final_build_is_never_left_and_the_same_report_once_more_is_no_error(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let id = made(create(&ground.app, &request("createVersion"), &new(service, "1"))).await;
    let sent = request("reportBuild");
    let of = |build| Report { version: version_by_id(format!("ver_{id}")), build };
    made(report(&ground.app, &sent, &of(build(BuildStatus::Building, None, None)))).await;
    let failed = of(build(BuildStatus::Failed, None, Some("no such file")));
    made(report(&ground.app, &sent, &failed)).await;
    made(report(&ground.app, &sent, &failed)).await;
    let expected = [format!("WRONG_STATE input.versionId ver_{id}")];
    let late = of(build(BuildStatus::Succeeded, Some("a"), None));
    assert_eq!(wrong(report(&ground.app, &sent, &late)).await, expected);
    let events = ["REGISTERED", "VERSION_REGISTERED", "BUILD_REPORTED", "BUILD_REPORTED"];
    assert_eq!(ground.service_events().await, events);
    let row: (String, Option<String>, Option<Timestamp>) = ground
        .app
        .db
        .query(sql!("SELECT build_status, build_message, built_at FROM version WHERE id = $1"))
        .bind(id)
        .one()
        .await
        .unwrap();
    assert_eq!((row.0, row.1, row.2.is_some()), (text("FAILED"), Some(text("no such file")), true));
    let bare = of(build(BuildStatus::Succeeded, None, None));
    assert_eq!(wrong(report(&ground.app, &sent, &bare)).await, ["REQUIRED input.artifact"]);
}
testkit::on_both!(r1_a_final_build_is_never_left_and_the_same_report_once_more_is_no_error);

async fn a_version_is_withdrawn_with_a_reason_and_reinstated(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let id = format!("ver_{}", ground.version(service, "1").await);
    let version = version_by_id(&id);
    let (out, back) = (request("withdrawVersion"), request("reinstateVersion"));
    assert_eq!(wrong(reinstate(&ground.app, &back, &version)).await, [format!("WRONG_STATE input.versionId {id}")]);
    assert_eq!(wrong(withdraw(&ground.app, &out, &version, " ")).await, ["REQUIRED input.reason"]);
    made(withdraw(&ground.app, &out, &version, "bad")).await;
    let expected = [format!("WRONG_STATE input.versionId {id}")];
    assert_eq!(wrong(withdraw(&ground.app, &out, &version, "bad")).await, expected);
    made(reinstate(&ground.app, &back, &version)).await;
    let events = ["REGISTERED", "VERSION_REGISTERED", "VERSION_WITHDRAWN", "VERSION_REINSTATED"];
    assert_eq!(ground.service_events().await, events);
}
testkit::on_both!(a_version_is_withdrawn_with_a_reason_and_reinstated);

async fn r3_a_version_that_runs_or_is_on_its_way_is_in_use_and_a_removed_one_frees_its_name(kind: &str) {
    let ground = Ground::new(kind).await;
    let service = ground.service("web").await;
    let (old, next) = (ground.version(service, "1").await, ground.version(service, "2").await);
    let host = ground.host("h1").await;
    let instance = ground.instance(service, host, Some(old), "RUNNING").await;
    let sent = request("removeVersion");
    let expected = [format!("IN_USE input.versionId ins_{instance}")];
    assert_eq!(wrong(remove(&ground.app, &sent, &version_by_id(format!("ver_{old}")))).await, expected);
    let release = ground.release(service, instance, next).await;
    let expected = [format!("IN_USE input.versionId rel_{release}")];
    assert_eq!(wrong(remove(&ground.app, &sent, &version_by_id(format!("ver_{next}")))).await, expected);

    let spare = ground.version(service, "3").await;
    made(remove(&ground.app, &sent, &version_by_id(format!("ver_{spare}")))).await;
    assert!(ground.version(service, "3").await > spare);
    let expected = [format!("NOT_FOUND input.versionId ver_{spare}")];
    assert_eq!(wrong(withdraw(&ground.app, &sent, &version_by_id(format!("ver_{spare}")), "bad")).await, expected);
}
testkit::on_both!(r3_a_version_that_runs_or_is_on_its_way_is_in_use_and_a_removed_one_frees_its_name);
