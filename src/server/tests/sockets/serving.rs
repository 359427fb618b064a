//! Operations over a socket.

use super::*;

#[tokio::test]
async fn queries_mutations_and_subscriptions_are_answered() {
    let served = Served::timed(patient()).await;
    let mut socket = Socket::ready(&served).await;
    let payload = json!({ "query": "query a($t: String) { echo(text: $t) } query b { who }", "operationName": "a",
        "variables": { "t": "\"é\"" }, "extensions": {} });
    socket.send(json!({ "id": "\"1\"", "type": "subscribe", "payload": payload })).await;
    let next = json!({ "id": "\"1\"", "type": "next", "payload": { "data": { "echo": "\"é\"" } } });
    assert_eq!(socket.receive().await, next);
    assert_eq!(socket.receive().await, json!({ "id": "\"1\"", "type": "complete" }));
    for (document, field, value) in [("{ who }", "who", json!("tester")), ("mutation { count }", "count", json!(1))] {
        socket.subscribe("2", document).await;
        assert_eq!(socket.receive().await["payload"]["data"][field], value);
        assert_eq!(socket.receive().await, json!({ "id": "2", "type": "complete" }));
    }
    // The root field in a fragment, too.
    socket.subscribe("3", "subscription { ...f } fragment f on Subscription { numbers(end: 2) }").await;
    for number in [1, 2] {
        let next = json!({ "id": "3", "type": "next", "payload": { "data": { "numbers": number } } });
        assert_eq!(socket.receive().await, next);
    }
    assert_eq!(socket.receive().await, json!({ "id": "3", "type": "complete" }));
}

#[tokio::test]
async fn what_cannot_begin_is_an_error_and_no_more() {
    let served = Served::timed(patient()).await;
    let mut socket = Socket::ready(&served).await;
    let long = format!("{{ {} }}", "echo ".repeat(20_000));
    for (document, code) in [
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ echo", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { numbers other: numbers }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { refused }", "BAD_REQUEST"),
        ("query a { echo } query b { echo }", "GRAPHQL_VALIDATION_FAILED"),
        (&long, "TOO_COMPLEX"),
        // It takes longer than its deadline, or fails by a bug.
        ("{ slow }", "UNAVAILABLE"),
        ("{ broken }", "INTERNAL"),
        ("subscription { broken }", "INTERNAL"),
    ] {
        socket.subscribe("1", document).await;
        let error = socket.receive().await;
        assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("1")), "{document}: {error}");
        let extensions = &error["payload"][0]["extensions"];
        assert_eq!(extensions["code"], code, "{document}: {error}");
        assert_eq!(extensions["requestId"].as_str().map(str::len), Some(16), "{document}: {error}");
    }
    // A field that fails is an answer like any other.
    socket.subscribe("1", "{ echo fails }").await;
    let next = socket.receive().await;
    assert_eq!(next["type"], "next");
    assert_eq!(next["payload"]["errors"][0]["path"], json!(["fails"]));
    assert_eq!(socket.receive().await["type"], "complete");
    socket.silence(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn what_takes_long_holds_up_none() {
    let served = Served::timed(patient()).await;
    let mut socket = Socket::ready(&served).await;
    socket.subscribe("long", "{ slow }").await;
    socket.subscribe("numbers", "subscription { numbers(end: 2) }").await;
    socket.subscribe("short", "{ echo }").await;
    let mut completed = Vec::new();
    while completed.len() < 2 {
        let message = socket.receive().await;
        completed.extend((message["type"] == "complete").then(|| message["id"].clone()));
    }
    assert!(!completed.contains(&json!("long")), "{completed:?}");
    assert_eq!(socket.receive().await["id"], "long");
}

#[tokio::test]
async fn a_client_that_wants_no_more_hears_no_more() {
    let served = Served::timed(patient()).await;
    let mut socket = Socket::ready(&served).await;
    socket.subscribe("1", "subscription { numbers }").await;
    socket.receive().await;
    socket.complete("1").await;
    socket.complete("1").await;
    socket.complete("never there").await;
    streams(&served, 0).await;
    // What was on its way may still come; then nothing.
    while timeout(Duration::from_millis(200), socket.receive()).await.is_ok() {}
    socket.silence(Duration::from_millis(200)).await;
    socket.subscribe("2", "{ echo }").await;
    assert_eq!(socket.receive().await["id"], "2");
}

#[tokio::test]
async fn a_mutation_goes_on_without_its_socket() {
    let served = Served::timed(patient()).await;
    let mut stopped = Socket::ready(&served).await;
    stopped.subscribe("1", "mutation { count(waitMs: 300) }").await;
    let mut gone = Socket::ready(&served).await;
    gone.subscribe("1", "mutation { count(waitMs: 300) }").await;
    served.begun(2).await;
    stopped.complete("1").await;
    drop(gone);
    served.carried_out(2).await;
    stopped.silence(Duration::from_millis(100)).await;
}

/// Asserts that an operation is refused since there are too many, and what its message names.
fn too_many(error: &Value, id: &str, names: &[&str]) {
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!(id)), "{error}");
    let error = &error["payload"][0];
    assert_eq!(error["extensions"]["code"], "RATE_LIMITED", "{error}");
    assert_eq!(error["extensions"]["retryAfterSeconds"], 1, "{error}");
    let message = error["message"].as_str().unwrap();
    assert!(names.iter().all(|name| message.contains(name)), "{message}");
}

#[tokio::test]
async fn many_subscriptions_share_a_socket_up_to_a_number() {
    let served = Served::timed(patient()).await;
    let mut socket = Socket::ready(&served).await;
    for id in 0..1000 {
        socket.subscribe(&id.to_string(), &format!("subscription {{ numbers(after: \"{}\") }}", id * 1000)).await;
    }
    streams(&served, 1000).await;
    socket.subscribe("one more", "subscription { numbers }").await;
    let mut received = vec![0; 1000];
    let mut refused = 0;
    while received.iter().any(|many| *many < 3) || refused == 0 {
        let message = socket.receive().await;
        if message["id"] == "one more" {
            too_many(&message, "one more", &["1000", "`subscriptions_per_socket`"]);
            refused += 1;
            continue;
        }
        let id: usize = message["id"].as_str().unwrap().parse().unwrap();
        received[id] += 1;
        assert_eq!(message["payload"]["data"]["numbers"], id * 1000 + received[id], "each gets its own, in order");
    }
    assert_eq!(refused, 1);
    assert_eq!(served.counts.streams.load(Ordering::SeqCst), 1000);
    // Queries have a number of their own, and as soon as a subscription has ended, there is room for another.
    socket.subscribe("query", "{ echo }").await;
    socket.complete("0").await;
    socket.subscribe("one more", "subscription { numbers }").await;
    let mut awaited = vec!["query", "one more"];
    while !awaited.is_empty() {
        let message = socket.receive().await;
        if let Some(at) = awaited.iter().position(|id| message["id"] == **id) {
            assert_eq!(message["type"], "next", "{message}");
            awaited.remove(at);
        }
    }
    drop(socket);
    streams(&served, 0).await;
}

#[tokio::test]
async fn queries_and_mutations_of_a_socket_have_a_number() {
    let served = Served::limited(patient(), Limits::default()).await;
    let mut socket = Socket::ready(&served).await;
    for id in 0..100 {
        socket
            .subscribe(&id.to_string(), if id % 2 == 0 { "{ slow }" } else { "mutation { count(waitMs: 50000) }" })
            .await;
    }
    socket.subscribe("subscription", "subscription { numbers(end: 1) }").await;
    assert_eq!(socket.receive().await["type"], "next", "subscriptions have a number of their own");
    assert_eq!(socket.receive().await["type"], "complete");
    for (id, document) in [("query", "{ echo }"), ("mutation", "mutation { count }")] {
        socket.subscribe(id, document).await;
        too_many(&socket.receive().await, id, &["100", "`operations_per_socket`"]);
    }
    socket.complete("0").await;
    socket.subscribe("mutation", "mutation { count }").await;
    assert_eq!(socket.receive().await["payload"]["data"]["count"], 1);
}

#[tokio::test]
async fn a_busy_subscription_starves_none() {
    let served = Served::timed(patient()).await;
    let mut socket = Socket::ready(&served).await;
    for id in ["flood-1", "flood-2", "flood-3"] {
        socket.subscribe(id, "subscription { flood }").await;
    }
    socket.subscribe("numbers", "subscription { numbers(after: \"3\") }").await;
    let (mut numbers, mut flood) = (0, 0);
    let all = async {
        while numbers < 10 {
            match socket.receive().await["id"] == "numbers" {
                true => numbers += 1,
                false => flood += 1,
            }
        }
    };
    timeout(Duration::from_mins(1), all).await.expect("the numbers come between the flood, which never ends");
    assert!(flood > 10, "{flood}");
}

#[tokio::test]
async fn i5_a_quiet_subscription_tells_how_far_it_has_looked() {
    let served = Served::whole(Timings { ping_interval: Duration::from_millis(300), ..patient() }).await;
    let mut socket = Socket::ready(&served).await;
    socket.subscribe("quiet", "subscription { instanceStatusChanged { cursor } }").await;
    let make = |name: &str| {
        let input = format!("{{ name: \"{name}\", executor: \"none\" }}");
        served.ask(&format!("mutation {{ createService(input: {input}) {{ userErrors {{ code }} }} }}"))
    };
    let mut places = Vec::new();
    for name in ["shop", "desk"] {
        let ping = socket.receive().await;
        assert_eq!((&ping["type"], &ping["payload"]["id"]), (&json!("ping"), &json!("quiet")));
        places.push(ping["payload"]["cursor"].clone());
        let (_, _, made) = sent(make(name)).await;
        assert_eq!(made["data"]["createService"]["userErrors"], json!([]), "{made:#}");
    }
    places.push(socket.receive().await["payload"]["cursor"].take());
    let (_, _, head) = sent(served.ask("{ eventCursor }")).await;
    assert_eq!(places[2], head["data"]["eventCursor"], "events that it does not want are behind it, too");
    assert!(places[0] != places[1] && places[1] != places[2], "{places:?}");
    socket.silence(Duration::from_secs(1)).await;
}
