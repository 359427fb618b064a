//! What `/metrics` tells.

use super::*;

async fn told(served: &Served) -> String {
    let response = served.http.get(format!("{}/metrics", served.url)).bearer_auth(&served.token).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(header(&response, "content-type").starts_with("application/openmetrics-text"));
    String::from_utf8(response.bytes().await.unwrap().to_vec()).unwrap()
}

/// Waits until every one of these lines is told.
async fn tells(served: &Served, lines: &[&str]) {
    let mut last = String::new();
    for _ in 0..100 {
        last = told(served).await;
        if lines.iter().all(|line| last.lines().any(|told| told == *line)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{lines:#?} are not all in\n{last}");
}

#[tokio::test]
async fn requests_are_counted_by_operation_and_outcome_over_every_transport() {
    let served = Served::start().await;
    for document in ["{ echo }", "{ echo }", "{ nothing }", "mutation { count }", "{ slow }"] {
        served.ask(document).send().await.unwrap();
    }
    served.http.post(format!("{}/graphql", served.url)).send().await.unwrap();
    let mut socket = sockets::Socket::ready(&served).await;
    for (id, document) in [("1", "mutation { count }"), ("2", "subscription { refused }"), ("3", "{ slow }")] {
        socket.subscribe(id, document).await;
    }
    socket.hear().await;
    tells(
        &served,
        &[
            "lockkeeper_request_duration_seconds_count{operation=\"query\",outcome=\"ok\"} 2",
            "lockkeeper_request_duration_seconds_count{operation=\"none\",outcome=\"GRAPHQL_VALIDATION_FAILED\"} 1",
            "lockkeeper_request_duration_seconds_count{operation=\"query\",outcome=\"UNAVAILABLE\"} 2",
            "lockkeeper_request_duration_seconds_count{operation=\"mutation\",outcome=\"ok\"} 2",
            "lockkeeper_request_duration_seconds_count{operation=\"none\",outcome=\"UNAUTHENTICATED\"} 1",
            "lockkeeper_request_duration_seconds_count{operation=\"subscription\",outcome=\"BAD_REQUEST\"} 1",
        ],
    )
    .await;
}

#[tokio::test]
async fn subscribers_are_counted_while_they_listen() {
    let served = Served::start().await;
    let events = served.ask("subscription { numbers }").header("accept", "text/event-stream").send().await.unwrap();
    let mut socket = sockets::Socket::ready(&served).await;
    for id in ["1", "2"] {
        socket.subscribe(id, "subscription { numbers }").await;
    }
    let some = ["lockkeeper_subscribers{transport=\"sse\"} 1", "lockkeeper_subscribers{transport=\"websocket\"} 2"];
    tells(&served, &some).await;
    drop(events);
    socket.complete("1").await;
    drop(socket);
    let none = [
        "lockkeeper_subscribers{transport=\"sse\"} 0",
        "lockkeeper_subscribers{transport=\"websocket\"} 0",
        "lockkeeper_request_duration_seconds_count{operation=\"subscription\",outcome=\"ok\"} 3",
    ];
    tells(&served, &none).await;
}

#[tokio::test]
async fn the_database_and_the_releases_are_told() {
    let served = Served::start().await;
    tells(
        &served,
        &[
            "lockkeeper_event_position 0",
            "lockkeeper_events_behind 0",
            "lockkeeper_releases{status=\"PAUSED\"} 0",
            "lockkeeper_targets{status=\"UNKNOWN\"} 0",
            "lockkeeper_queue_delay_seconds 0.0",
        ],
    )
    .await;
    let told = told(&served).await;
    for name in ["lockkeeper_database_connections{state=\"idle\"} ", "lockkeeper_database_statements_total "] {
        let line = told.lines().find_map(|line| line.strip_prefix(name));
        assert!(line.is_some_and(|value| value.parse::<u64>().unwrap() > 0), "{name}\n{told}");
    }
    let open = served.http.get(format!("{}/metrics", served.url)).send().await.unwrap();
    assert_eq!(open.status(), StatusCode::UNAUTHORIZED);
}
