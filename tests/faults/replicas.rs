//! Two servers and a worker on one PostgreSQL.

use crate::PROGRAM;
use crate::record::Record;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::fleet::id;
use testkit::{Client, Server};

async fn cursor(client: &Client) -> Value {
    client.query("{ eventCursor }", Value::Null).await["eventCursor"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn i8_servers_and_a_worker_share_the_work_and_all_tell_of_it() {
    let one = Server::start(PROGRAM, "postgres");
    let two = one.another(&[]);
    let _worker = one.worker();
    let after = cursor(&one.client()).await;
    let records = [one.client(), two.client()].map(|client| Record::start(after.clone(), move || client.clone()));
    let fleet = one.client().service("shop").hosts(60).install().await;
    for (version, mutation) in [(1, "upgradeInstances"), (2, "upgradeInstances"), (0, "revertInstances")] {
        let input = json!({
            "serviceId": fleet.service, "versionId": fleet.versions[version], "hosts": { "all": true },
            "rollout": { "maxParallel": { "count": 5 } },
        });
        let payload = two.client().change(mutation, input, "release { id } acceptedCount").await;
        assert_eq!(payload["acceptedCount"], 60);
        assert_eq!(fleet.finished(&id(&payload["release"])).await, "SUCCEEDED");
    }
    let stored = one.stored().await;
    for record in records {
        assert_eq!(record.assert_complete(&stored).await, 60 * 8);
        assert_eq!(record.reconnects(), 0);
    }
    let workers = stored.texts("SELECT DISTINCT CAST(worker_id AS text) FROM release_target").await;
    assert!(workers.len() > 1, "one did all of the work: {workers:?}");
    let again = stored.texts("SELECT CAST(id AS text) FROM release_target WHERE attempt <> 1").await;
    assert_eq!(again, [""; 0], "nothing was begun twice");
    one.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_carries_out_what_servers_that_only_serve_accept() {
    let mut first = Server::start(PROGRAM, "postgres");
    let server = first.another(&["--no-worker"]);
    first.kill();
    let client = server.client();
    let fleet = client.service("shop").hosts(3).register().await;
    let input = json!({
        "serviceId": fleet.service, "versionId": fleet.versions[0], "hosts": { "hostnames": fleet.hostnames },
    });
    let release = client.change("installInstances", input, "release { id status }").await["release"].take();
    assert_eq!(release["status"], "PENDING");
    let worker = server.worker();
    assert!(worker.ready.contains("lockkeeper worker ready"), "{}", worker.ready);
    assert_eq!(fleet.finished(&id(&release)).await, "SUCCEEDED");
    assert!(worker.terminate());
    server.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn i5_after_lost_connections_to_the_database_subscriptions_go_on_where_they_were() {
    let one = Server::start(PROGRAM, "postgres");
    let two = one.another(&["--no-worker"]);
    let fleet = one.client().service("shop").hosts(5).install().await;
    let after = cursor(&one.client()).await;
    let stored = one.stored().await;
    let before = stored.texts("SELECT CAST(position AS text) FROM event WHERE subject = 'INSTANCE'").await.len();
    let client = two.client();
    let mut stream = client
        .subscribe(
            "subscription($after: String) { instanceStatusChanged(after: $after) { cursor instanceId revision } }",
            json!({ "after": after }),
        )
        .await;
    let mut seen = Vec::new();
    for round in 0..6_usize {
        let mutation = if round % 2 == 0 { "upgradeInstances" } else { "revertInstances" };
        let input = json!({
            "serviceId": fleet.service, "versionId": fleet.versions[(round + 1) % 2], "hosts": { "all": true },
            "rollout": { "maxParallel": { "count": 2 } }, "idempotencyKey": format!("round {round}"),
        });
        let document = testkit::client::mutation_document(mutation, "release { id } acceptedCount");
        // What is answered with UNAVAILABLE is asked again, with the same key.
        let mut accepted = Value::Null;
        while accepted.is_null() {
            let mut body = fleet.client.send(&document, json!({ "input": input })).await.body;
            for error in body["errors"].as_array().into_iter().flatten() {
                assert_eq!(error["extensions"]["code"], "UNAVAILABLE", "{body:#}");
            }
            accepted = body["data"][mutation].take();
        }
        assert_eq!((&accepted["acceptedCount"], &accepted["userErrors"]), (&json!(5), &json!([])));
        stored
            .texts(
                "SELECT CAST(pg_terminate_backend(pid) AS text) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            .await;
        while seen.len() < 10 * (round + 1) {
            let event = stream.value("instanceStatusChanged").await;
            seen.push(format!("{} {}", event["instanceId"].as_str().unwrap(), event["revision"]));
        }
    }
    let all = stored
        .texts(
            "SELECT 'ins_' || CAST(instance_id AS text) || ' ' || CAST(revision AS text)
             FROM event WHERE subject = 'INSTANCE' ORDER BY position",
        )
        .await;
    assert_eq!(seen, all[before..]);
    one.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn r17_holds_end_once_with_one_event_each_whichever_process_ends_them() {
    let one = Server::start(PROGRAM, "postgres");
    let (two, worker) = (one.another(&[]), one.worker());
    let fleet = two.client().service("shop").hosts(40).install().await;
    let client = one.client();
    let instances = client
        .query(
            "query($name: String!) { service(name: $name) { instances(first: 200) { nodes { id } } } }",
            json!({ "name": fleet.service_name }),
        )
        .await;
    let ids: Vec<_> = instances["service"]["instances"]["nodes"].as_array().unwrap().iter().map(id).collect();
    let until = jiff::Timestamp::now() + Duration::from_secs(3);
    for reason in ["one", "two", "three"] {
        let input = json!({ "instanceIds": ids, "reason": reason, "until": format!("{until:.3}") });
        client.change("holdInstances", input, "__typename").await;
    }
    let stored = one.stored().await;
    let standing = "SELECT CAST(id AS text) FROM hold WHERE ended_at IS NULL";
    assert_eq!(stored.texts(standing).await.len(), 120);
    let began = std::time::Instant::now();
    while !stored.texts(standing).await.is_empty() {
        assert!(began.elapsed() < testkit::MAX_WAIT, "the holds still stand");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let message = "SELECT CAST(hold_id AS text) FROM event WHERE kind = 'HOLD' GROUP BY hold_id HAVING count(*) <> 2";
    assert_eq!(stored.texts(message).await, [""; 0], "a hold is told of when it is set and when it ends");
    assert!(worker.terminate());
    one.assert_sound();
}
