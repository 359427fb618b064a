//! What `/metrics` shows.

use super::*;

async fn metrics_text(served: &Served) -> String {
    let response = served.http.get(format!("{}/metrics", served.url)).bearer_auth(&served.token).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(header(&response, "content-type").starts_with("application/openmetrics-text"));
    String::from_utf8(response.bytes().await.unwrap().to_vec()).unwrap()
}

/// Waits until the metrics have all of these lines.
async fn wait_for(served: &Served, lines: &[&str]) {
    let mut last = String::new();
    for _ in 0..100 {
        last = metrics_text(served).await;
        if lines.iter().all(|line| last.lines().any(|text| text == *line)) {
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
    socket.receive().await;
    wait_for(
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
    wait_for(&served, &some).await;
    drop(events);
    socket.complete("1").await;
    drop(socket);
    let none = [
        "lockkeeper_subscribers{transport=\"sse\"} 0",
        "lockkeeper_subscribers{transport=\"websocket\"} 0",
        "lockkeeper_request_duration_seconds_count{operation=\"subscription\",outcome=\"ok\"} 3",
    ];
    wait_for(&served, &none).await;
}

#[tokio::test]
async fn the_database_and_the_releases_are_shown() {
    let served = Served::start().await;
    wait_for(
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
    let text = metrics_text(&served).await;
    for name in ["lockkeeper_database_connections{state=\"idle\"} ", "lockkeeper_database_statements_total "] {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        assert!(line.is_some_and(|value| value.parse::<u64>().unwrap() > 0), "{name}\n{text}");
    }
    let open = served.http.get(format!("{}/metrics", served.url)).send().await.unwrap();
    assert_eq!(open.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn refused_strangers_are_counted_by_reason_and_by_setting_and_preflights_are_no_failures() {
    let limits = Limits { stranger_requests_per_second: 1, ..Limits::default() };
    let served = Served::limited(ws::Timings::default(), limits).await;
    let url = format!("{}/graphql", served.url);
    let limited = async |request: &dyn Fn() -> RequestBuilder| {
        let mut limited = 0;
        for _ in 0..8 {
            limited += usize::from(request().send().await.unwrap().status() == StatusCode::TOO_MANY_REQUESTS);
        }
        limited
    };
    let preflights = limited(&|| {
        let request = served.http.request(reqwest::Method::OPTIONS, &url).header("origin", "https://x.example");
        request.header("access-control-request-method", "POST")
    })
    .await;
    assert!(preflights > 0, "they have the rate of their address");
    let text = metrics_text(&served).await;
    assert!(!text.contains("lockkeeper_authentication_failures_total{"), "{text}");

    let nameless = limited(&|| served.http.post(&url)).await;
    let unknown = crate::auth::Secret::generate();
    let invalid = limited(&|| served.http.post(&url).bearer_auth(unknown.reveal())).await;
    let all = preflights + nameless + invalid;
    wait_for(
        &served,
        &[
            "lockkeeper_authentication_failures_total{reason=\"no_token\"} 8",
            "lockkeeper_authentication_failures_total{reason=\"invalid\"} 8",
            &format!("lockkeeper_requests_limited_total{{limit=\"stranger_requests_per_second\"}} {all}"),
        ],
    )
    .await;
}

#[tokio::test]
async fn callers_that_send_too_much_are_counted() {
    let limits = Limits { requests_per_second: 20, ..Limits::default() };
    let served = Served::limited(ws::Timings::default(), limits).await;
    let sending = (0..100).map(|_| served.ask("{ who }").send());
    let answers = futures_util::future::join_all(sending).await;
    let refused = |answer: &Response| answer.status() == StatusCode::TOO_MANY_REQUESTS;
    let limited = answers.into_iter().filter(|answer| refused(answer.as_ref().unwrap())).count();
    assert!(limited > 0);
    // The reader of the metrics is a caller, too.
    tokio::time::sleep(Duration::from_secs(1)).await;
    wait_for(&served, &[&format!("lockkeeper_requests_limited_total{{limit=\"requests_per_second\"}} {limited}")])
        .await;
}
