//! `/metrics` of the real program: what it tells of releases.

use crate::PROGRAM;
use serde_json::json;
use std::time::Duration;
use testkit::Server;
use testkit::on_both;

/// The value of each line, by what stands before it.
async fn figure(server: &Server, token: &str, name: &str) -> f64 {
    let http = reqwest::Client::new();
    let response = http.get(format!("{}/metrics", server.url)).bearer_auth(token).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let printed = response.text().await.unwrap();
    let line = printed.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in\n{printed}")).parse().unwrap()
}

async fn releases_and_targets_are_reported_by_status_and_the_wait_of_the_queued(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let token = server.token("prometheus", "viewer");
    let shop = server.client().service("shop").hosts(3).install().await;
    let slow = server.client().service("slow").executor("slow").hosts(3).register().await;
    let input = json!({
        "serviceId": slow.service, "versionId": slow.versions[0], "hosts": { "hostnames": slow.hostnames },
        "rollout": { "maxParallel": { "count": 1 } },
    });
    slow.client.change("installInstances", input, "release { id }").await;
    for _ in 0..100 {
        if figure(&server, &token, "lockkeeper_targets{status=\"RUNNING\"}").await > 0.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for (name, value) in [
        ("lockkeeper_releases{status=\"SUCCEEDED\"}", 1.0),
        ("lockkeeper_releases{status=\"RUNNING\"}", 1.0),
        ("lockkeeper_releases{status=\"FAILED\"}", 0.0),
        ("lockkeeper_targets{status=\"SUCCEEDED\"}", 3.0),
        ("lockkeeper_targets{status=\"RUNNING\"}", 1.0),
        ("lockkeeper_targets{status=\"QUEUED\"}", 2.0),
        ("lockkeeper_suspended", 0.0),
    ] {
        assert!((figure(&server, &token, name).await - value).abs() < f64::EPSILON, "{name} on {kind}");
    }
    shop.client.change("suspendFleet", json!({ "reason": "incident" }), "suspension { since }").await;
    assert!((figure(&server, &token, "lockkeeper_suspended").await - 1.0).abs() < f64::EPSILON);
    shop.client.change("resumeFleet", json!({}), "__typename").await;
    assert!(figure(&server, &token, "lockkeeper_queue_delay_seconds").await > 0.0);
    assert!(figure(&server, &token, "lockkeeper_event_position").await > 0.0);
    shop.client.query("{ viewer { name } }", json!(null)).await;
    shop.client.problems("cancelRelease", json!({ "releaseId": "rel_999" })).await;
    let refused = "lockkeeper_request_duration_seconds_count{operation=\"mutation\",outcome=\"refused\"}";
    assert!((figure(&server, &token, refused).await - 1.0).abs() < f64::EPSILON);
    let is_logged = || server.log().lines().any(|line| line.contains("outcome=\"refused\""));
    // The test reads the log beside the server.
    for _ in 0..100 {
        if is_logged() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(is_logged(), "{}", server.log());
    let counted = "lockkeeper_request_duration_seconds_count{operation=\"mutation\",outcome=\"ok\"}";
    assert!(figure(&server, &token, counted).await > 5.0);
}
on_both!(releases_and_targets_are_reported_by_status_and_the_wait_of_the_queued);
