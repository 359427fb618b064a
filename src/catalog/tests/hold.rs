use super::*;
use crate::catalog::hold::{Held, Lock, Unlock, lock, sweep, unlock};

async fn instances(ground: &Ground, count: usize) -> Vec<i64> {
    let service = ground.service("web").await;
    let version = ground.version(service, "1").await;
    let mut ids = Vec::new();
    for number in 0..count {
        let host = ground.host(&format!("h{number}")).await;
        ids.push(ground.instance(service, host, Some(version), "RUNNING").await);
    }
    ids
}

fn holding(instances: &[i64]) -> Lock {
    let instance_ids = instances.iter().map(|id| format!("ins_{id}")).collect();
    Lock { instance_ids, reason: "disk".to_owned(), until: None }
}

fn freeing(instances: &[i64], holds: Option<&[i64]>) -> Unlock {
    Unlock {
        instance_ids: instances.iter().map(|id| format!("ins_{id}")).collect(),
        hold_ids: holds.map(|holds| holds.iter().map(|id| format!("hld_{id}")).collect()),
    }
}

fn held(revision: i64, locked: bool) -> Event {
    event("HOLD", revision, "RUNNING", "RUNNING", locked)
}

#[tokio::test]
async fn r17_any_number_of_holds_stand_and_each_is_told_with_what_is_true_after_it() {
    for ground in both().await {
        let ids = instances(&ground, 2).await;
        let (a, b) = (ids[0], ids[1]);
        let (on, off) = (request("lockInstances"), request("unlockInstances"));
        let first = made(lock(&ground.app, &on, &holding(&[b, a]))).await;
        assert_eq!(first.instances, [b, a]);
        let second = made(lock(&ground.app, &on, &holding(&[a]))).await;
        made(lock(&ground.app, &on, &holding(&[a]))).await;

        let one = made(unlock(&ground.app, &off, &freeing(&[a], Some(&second.holds)))).await;
        assert_eq!(one, Held { instances: vec![a], holds: second.holds.clone() });
        let again = made(unlock(&ground.app, &off, &freeing(&[a], Some(&second.holds)))).await;
        assert_eq!(again.holds, Vec::<i64>::new());
        assert_eq!(made(unlock(&ground.app, &off, &freeing(&[a], None))).await.holds.len(), 2);
        let told = [(2, true), (3, true), (4, true), (5, true), (6, true), (7, false)];
        assert_eq!(ground.instance_events(a).await, told.map(|(revision, locked)| held(revision, locked)));
        assert_eq!(ground.instance_events(b).await, [held(2, true)]);
        assert_eq!(ground.revision(a).await, 7);
    }
}

#[tokio::test]
async fn r17_a_hold_that_ends_leaves_its_instance_locked_while_a_release_has_it() {
    for ground in both().await {
        let id = instances(&ground, 1).await[0];
        let service: i64 = ground.app.db.query(sql!("SELECT id FROM service")).scalar().await.unwrap();
        let next = ground.version(service, "2").await;
        ground.release(service, id, next).await;
        made(lock(&ground.app, &request("lockInstances"), &holding(&[id]))).await;
        made(unlock(&ground.app, &request("unlockInstances"), &freeing(&[id], None))).await;
        assert_eq!(ground.instance_events(id).await, [held(2, true), held(3, true)]);
    }
}

#[tokio::test]
async fn r4_all_or_none_are_locked_and_everything_wrong_is_reported_at_once() {
    for ground in both().await {
        let a = instances(&ground, 1).await[0];
        let asked = request("lockInstances");
        let bad = Lock {
            instance_ids: ["ins_99", &format!("ins_{a}"), "svc_1", "x", &format!("ins_{a}")].map(text).to_vec(),
            reason: " ".to_owned(),
            until: Some(Timestamp(Timestamp::now().0 - 1000)),
        };
        let told = [
            "REQUIRED input.reason",
            "INVALID input.until",
            &format!("INVALID input.instanceIds ins_{a}"),
            "NOT_FOUND input.instanceIds x ins_99",
            "WRONG_TYPE input.instanceIds svc_1",
        ];
        assert_eq!(wrong(lock(&ground.app, &asked, &bad)).await, told);
        assert_eq!(wrong(lock(&ground.app, &asked, &holding(&[]))).await, ["REQUIRED input.instanceIds"]);
        let many: Vec<i64> = (1..=1001).collect();
        assert_eq!(wrong(lock(&ground.app, &asked, &holding(&many))).await, ["INVALID input.instanceIds"]);
        assert_eq!(ground.revision(a).await, 1);
    }
}

#[tokio::test]
async fn many_instances_are_locked_and_unlocked_by_as_many_statements_as_few() {
    for ground in both().await {
        let ids = instances(&ground, 40).await;
        let mut statements = Vec::new();
        for some in [&ids[..2], &ids] {
            let before = ground.app.db.statements();
            made(lock(&ground.app, &request("lockInstances"), &holding(some))).await;
            made(unlock(&ground.app, &request("unlockInstances"), &freeing(some, None))).await;
            statements.push(ground.app.db.statements() - before);
        }
        assert_eq!(statements[0], statements[1]);
    }
}

#[tokio::test]
async fn only_holds_on_the_instances_named_are_ended() {
    for ground in both().await {
        let ids = instances(&ground, 2).await;
        let holds = made(lock(&ground.app, &request("lockInstances"), &holding(&ids))).await.holds;
        let asked = request("unlockInstances");
        let told = [format!("INVALID input.holdIds hld_{}", holds[1])];
        assert_eq!(wrong(unlock(&ground.app, &asked, &freeing(&ids[..1], Some(&holds)))).await, told);
        let told = ["NOT_FOUND input.holdIds hld_99"];
        assert_eq!(wrong(unlock(&ground.app, &asked, &freeing(&ids[..1], Some(&[99])))).await, told);
        let told = ["REQUIRED input.holdIds"];
        assert_eq!(wrong(unlock(&ground.app, &asked, &freeing(&ids, Some(&[])))).await, told);
        assert_eq!(ground.instance_events(ids[0]).await.len(), 1);
    }
}

#[tokio::test]
async fn r10_the_same_key_answers_with_the_same_holds() {
    for ground in both().await {
        let ids = instances(&ground, 3).await;
        let order = [ids[2], ids[0], ids[1]];
        let asked = asked("lockInstances", json!({ "reason": "disk" }), Some("k"));
        let first = made(lock(&ground.app, &asked, &holding(&order))).await;
        assert_eq!(made(lock(&ground.app, &asked, &holding(&order))).await, first);
        assert_eq!(ground.instance_events(ids[0]).await.len(), 1);
    }
}

#[tokio::test]
async fn r17_the_sweep_ends_what_is_past_its_end_and_tells_it_once() {
    for ground in both().await {
        let ids = instances(&ground, 2).await;
        let asked = request("lockInstances");
        let until = Some(Timestamp(Timestamp::now().0 + 3_600_000));
        let first = made(lock(&ground.app, &asked, &Lock { until, ..holding(&ids) })).await.holds;
        let second = made(lock(&ground.app, &asked, &Lock { until, ..holding(&ids[..1]) })).await.holds;
        let stays = made(lock(&ground.app, &asked, &holding(&ids[1..]))).await.holds;
        assert_eq!(sweep(&ground.app.db).await.unwrap(), 0);
        ground.pass(&[first[0], first[1], second[0]]).await;
        // It counts for nothing already, and is not there to be ended by a person.
        let off = request("unlockInstances");
        assert_eq!(made(unlock(&ground.app, &off, &freeing(&ids[..1], None))).await.holds, Vec::<i64>::new());
        let (one, two) = tokio::join!(sweep(&ground.app.db), sweep(&ground.app.db));
        assert_eq!(one.unwrap() + two.unwrap(), 3);
        assert_eq!(ground.instance_events(ids[0]).await[2..], [held(4, false), held(5, false)]);
        assert_eq!(ground.instance_events(ids[1]).await[2..], [held(4, true)]);
        let rows: Vec<(i64, bool, Option<String>)> = ground
            .app
            .db
            .query(sql!(
                "SELECT id, ended_at = until AS by_itself, ended_by FROM hold WHERE ended_at IS NOT NULL ORDER BY id"
            ))
            .all()
            .await
            .unwrap();
        assert_eq!(rows.len(), 3);
        assert!(rows.iter().all(|(id, by_itself, by)| *id != stays[0] && *by_itself && by.is_none()));
    }
}
