use super::*;

/// Reads a stream until it ends or holds this text.
async fn read(response: &mut Response, until: &str) -> String {
    let mut text = String::new();
    let reading = async {
        while !text.contains(until) {
            match response.chunk().await {
                Ok(Some(chunk)) => text.push_str(std::str::from_utf8(&chunk).unwrap()),
                _ => break,
            }
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(5), reading).await;
    text
}

async fn open(request: RequestBuilder) -> Response {
    let response = request.header("accept", "text/event-stream").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(header(&response, "content-type").starts_with("text/event-stream"));
    assert_eq!(header(&response, "x-accel-buffering"), "no");
    response
}

async fn everything(request: RequestBuilder) -> String {
    read(&mut open(request).await, "event: complete\ndata:").await
}

const COMPLETE: &str = "event: complete\ndata:";

#[tokio::test]
async fn a_subscription_is_a_stream_of_answers_and_its_end() {
    let served = Served::start().await;
    let document = "subscription { numbers(end: 2) }";
    let events = "event: next\ndata: {\"data\":{\"numbers\":1}}\n\nevent: next\ndata: {\"data\":{\"numbers\":2}}\n\n";
    for request in [served.ask(document), served.get(&[("query", document)])] {
        let sent = everything(request).await;
        assert!(sent.starts_with(&format!("{events}{COMPLETE}")), "{sent}");
    }
}

#[tokio::test]
async fn what_is_no_subscription_is_one_answer_and_the_end() {
    let served = Served::start().await;
    let sent = everything(served.ask("{ echo }")).await;
    assert!(
        sent.starts_with(&format!("event: next\ndata: {{\"data\":{{\"echo\":\"nothing\"}}}}\n\n{COMPLETE}")),
        "{sent}"
    );
    for wrong in ["subscription { nothing }", "subscription { numbers", "subscription { numbers more: numbers }"] {
        let sent = everything(served.ask(wrong)).await;
        assert!(sent.starts_with("event: next\ndata: {\"errors\":[") && sent.contains(COMPLETE), "{sent}");
        assert!(sent.contains("requestId"), "{sent}");
    }
}

#[tokio::test]
async fn last_event_id_wins_over_the_argument() {
    let served = Served::start().await;
    for (document, variables) in [
        ("subscription { numbers(end: 8) }", json!({})),
        ("subscription { numbers(after: \"1\", end: 8) }", json!({})),
        ("subscription ($after: String) { numbers(after: $after, end: 8) }", json!({ "after": "1" })),
        ("subscription ($after: String) { numbers(after: $after, end: 8) }", json!({})),
        ("subscription { ...f } fragment f on Subscription { ... { numbers(after: \"1\", end: 8) } }", json!({})),
    ] {
        let body = json!({ "query": document, "variables": variables }).to_string();
        let sent = everything(served.post().header("last-event-id", "7").body(body)).await;
        let expected = format!("event: next\ndata: {{\"data\":{{\"numbers\":8}}}}\n\n{COMPLETE}");
        assert!(sent.starts_with(&expected), "{document}: {sent}");
    }
}

#[tokio::test]
async fn a_stream_ends_soon_after_its_token_was_revoked() {
    let served = Served::start().await;
    let mut response = open(served.ask("subscription { numbers }")).await;
    assert!(read(&mut response, "\"numbers\":3").await.contains("\"numbers\":3"));
    served.revoke().await;
    let sent = read(&mut response, COMPLETE).await;
    assert!(sent.contains("UNAUTHENTICATED") && sent.contains(COMPLETE), "{sent}");
}

#[tokio::test]
async fn a_stream_ends_without_completion_when_the_server_closes() {
    let served = Served::start().await;
    let mut response = open(served.ask("subscription { numbers }")).await;
    read(&mut response, "\"numbers\":3").await;
    served.closing.cancel();
    let sent = read(&mut response, COMPLETE).await;
    assert!(!sent.contains(COMPLETE), "the client should reconnect: {sent}");
    assert_eq!(response.chunk().await.ok().flatten(), None);
}

#[tokio::test]
async fn a_stream_whose_client_is_gone_is_let_go() {
    let served = Served::start().await;
    let mut responses = Vec::new();
    for _ in 0..10 {
        let mut response = open(served.ask("subscription { numbers }")).await;
        read(&mut response, "\"numbers\":1").await;
        responses.push(response);
    }
    assert_eq!(served.counts.streams.load(Ordering::SeqCst), 10);
    drop(responses);
    for _ in 0..50 {
        if served.counts.streams.load(Ordering::SeqCst) == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} streams are left", served.counts.streams.load(Ordering::SeqCst));
}

/// Opens a stream that is refused, and gives the one error.
async fn refused(request: RequestBuilder) -> Value {
    let response = request.header("accept", "text/event-stream").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(header(&response, "retry-after"), "1");
    let mut body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    body["errors"][0].take()
}

#[tokio::test]
async fn a_caller_has_a_number_of_subscriptions_over_all_its_connections() {
    let limits = Limits { subscriptions_per_caller: 3, ..Limits::default() };
    let served = Served::limited(ws::Timings::default(), limits).await;
    let document = "subscription { numbers }";
    let mut socket = sockets::Socket::ready(&served).await;
    socket.subscribe("1", document).await;
    socket.receive().await;
    let mut streams = [open(served.ask(document)).await, open(served.ask(document)).await];
    let error = refused(served.ask(document)).await;
    assert_eq!(error["extensions"]["code"], "RATE_LIMITED", "{error:#}");
    assert_eq!(error["extensions"]["retryAfterSeconds"], 1, "{error:#}");
    let message = error["message"].as_str().unwrap();
    assert!(["tester", "3", "`subscriptions_per_caller`"].iter().all(|part| message.contains(part)), "{message}");
    socket.subscribe("2", document).await;
    let error = loop {
        let message = socket.receive().await;
        if message["id"] == "2" {
            break message;
        }
    };
    assert_eq!(error["type"], "error", "{error}");
    assert_eq!(error["payload"][0]["extensions"]["code"], "RATE_LIMITED", "{error}");
    // Another caller is not concerned, and what has ended makes room.
    let other = create(&served.db, "other", Role::Viewer, None).await.unwrap();
    let body = json!({ "query": document }).to_string();
    let request = served.http.post(format!("{}/graphql", served.url)).header("content-type", "application/json");
    open(request.bearer_auth(other.reveal()).body(body)).await;
    socket.complete("1").await;
    let begun = async {
        while served.ask(document).header("accept", "text/event-stream").send().await.unwrap().status()
            != StatusCode::OK
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), begun).await.expect("there is room");
    for stream in &mut streams {
        read(stream, "\"numbers\":1").await;
    }
}

#[tokio::test]
async fn no_more_waits_for_a_stream_than_its_bytes() {
    let each = 300 * 1024;
    let limits = Limits { queue_bytes_per_subscriber: crate::limits::Bytes(each), ..Limits::default() };
    let served = Served::limited(ws::Timings::default(), limits).await;
    let mut streams = Vec::new();
    let mut most = 0;
    for many in 1..=4 {
        streams.push(open(served.ask("subscription { flood }")).await);
        // Nobody reads: the kernel takes a part, and then the queue of each is as full as it may be.
        let full = async {
            let mut before = usize::MAX;
            while served.queues.used() != before || before < many * each / 2 {
                before = served.queues.used();
                most = most.max(before);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), full).await.expect("it does not grow for ever");
        assert!(most <= many * each, "{most} bytes wait for {many}");
    }
    // Who reads again gets it all.
    for stream in &mut streams {
        let mut read = 0;
        while read < 32 * 1024 * 1024 {
            read += stream.chunk().await.unwrap().expect("it goes on").len();
        }
    }
    drop(streams);
    let freed = async {
        while served.queues.used() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), freed).await.expect("nothing waits for nobody");
}
