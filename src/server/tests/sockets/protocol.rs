//! Each message of the client, at each moment.

use super::*;

/// Messages that are none of the protocol, whenever they come.
fn wrong() -> Vec<String> {
    let mut wrong: Vec<String> = ["", "hello", "[]", "null", "\"ping\"", "{", "{}"].map(str::to_owned).into();
    let query = json!({ "query": "{ echo }" });
    wrong.extend(
        [
            json!({ "type": 1 }),
            json!({ "type": "start", "id": "1", "payload": query }),
            json!({ "type": "PING" }),
            json!({ "type": "connection_ack" }),
            json!({ "type": "next", "id": "1", "payload": {} }),
            json!({ "type": "error", "id": "1", "payload": [] }),
            json!({ "type": "connection_init", "payload": "Bearer" }),
            json!({ "type": "ping", "payload": [] }),
            json!({ "type": "pong", "payload": 1 }),
            json!({ "type": "complete" }),
            json!({ "type": "complete", "id": 1 }),
            json!({ "type": "subscribe", "payload": query }),
            json!({ "type": "subscribe", "id": "", "payload": query }),
            json!({ "type": "subscribe", "id": 1, "payload": query }),
            json!({ "type": "subscribe", "id": "1" }),
            json!({ "type": "subscribe", "id": "1", "payload": "{ echo }" }),
            json!({ "type": "subscribe", "id": "1", "payload": {} }),
            json!({ "type": "subscribe", "id": "1", "payload": { "query": 1 } }),
            json!({ "type": "subscribe", "id": "1", "payload": { "query": "{ echo }", "operationName": 1 } }),
            json!({ "type": "subscribe", "id": "1", "payload": { "query": "{ echo }", "variables": [] } }),
            json!({ "type": "subscribe", "id": "1", "payload": { "query": "{ echo }", "extensions": 1 } }),
        ]
        .map(|message| message.to_string()),
    );
    wrong
}

#[tokio::test]
async fn a_message_that_is_none_closes_the_socket_whenever_it_comes() {
    let served = Served::timed(patient()).await;
    for message in wrong() {
        let mut unknown = Socket::open(&served).await;
        let mut known = Socket::ready(&served).await;
        let mut busy = Socket::ready(&served).await;
        busy.subscribe("busy", "subscription { numbers }").await;
        busy.receive().await;
        for socket in [&mut unknown, &mut known, &mut busy] {
            socket.send_frame(Message::text(message.clone())).await;
            assert_eq!(socket.closed().await, 4400, "{message}");
        }
    }
    for mut socket in [Socket::open(&served).await, Socket::ready(&served).await] {
        socket.send_frame(Message::binary(json!({ "type": "ping" }).to_string())).await;
        assert_eq!(socket.closed().await, 4400, "binary");
    }
    streams(&served, 0).await;
}

#[tokio::test]
async fn nothing_is_carried_out_before_the_acknowledgement() {
    let served = Served::timed(patient()).await;
    let mut socket = Socket::open(&served).await;
    socket.subscribe("1", "mutation { count }").await;
    assert_eq!(socket.closed().await, 4401);
    assert_eq!(served.counts.mutations.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_second_init_is_one_too_many() {
    let served = Served::timed(patient()).await;
    let mut early = Socket::open(&served).await;
    early.send(init(&served.token)).await;
    let mut late = Socket::ready(&served).await;
    for socket in [&mut early, &mut late] {
        socket.send(init(&served.token)).await;
        assert_eq!(socket.closed().await, 4429);
    }
}

#[tokio::test]
async fn a_socket_that_is_not_initialized_in_time_is_closed() {
    let served = Served::timed(Timings { init_timeout: Duration::from_millis(200), ..patient() }).await;
    let mut silent = Socket::open(&served).await;
    let mut acknowledged = Socket::ready(&served).await;
    silent.send(json!({ "type": "ping" })).await;
    assert_eq!(silent.receive().await, json!({ "type": "pong" }), "a ping is not an init");
    assert_eq!(silent.closed().await, 4408);
    acknowledged.silence(Duration::from_millis(300)).await;
}

#[tokio::test]
async fn other_protocols_are_not_spoken() {
    let served = Served::timed(patient()).await;
    for headers in [&[][..], &[("sec-websocket-protocol", "graphql-ws")]] {
        let mut socket = Socket::with(&served, headers).await;
        assert_eq!(socket.closed().await, 4406, "{headers:?}");
    }
    let mut socket = Socket::with(&served, &[("sec-websocket-protocol", "graphql-ws, graphql-transport-ws")]).await;
    socket.send(init(&served.token)).await;
    assert_eq!(socket.receive().await["type"], "connection_ack");
    // Without an upgrade there is no socket.
    let plain = served.http.get(format!("{}/graphql/ws", served.url)).send().await.unwrap();
    assert!(plain.status().is_client_error(), "{}", plain.status());
}

#[tokio::test]
async fn a_token_comes_with_init_or_with_the_upgrade() {
    let served = Served::timed(patient()).await;
    let bearer = format!("Bearer {}", served.token);
    let unknown = format!("Bearer {}", crate::auth::Secret::generate().reveal());
    let payload = |name: &str, value: &str| json!({ "type": "connection_init", "payload": { name: value } });
    let bare = json!({ "type": "connection_init" });
    for (header, message, counts) in [
        (None, payload("authorization", &bearer), true),
        (None, payload("Authorization", &bearer), true),
        (Some(&bearer), bare.clone(), true),
        (Some(&bearer), json!({ "type": "connection_init", "payload": null }), true),
        (Some(&unknown), payload("authorization", &bearer), true),
        (None, bare.clone(), false),
        (None, payload("token", &bearer), false),
        (None, payload("authorization", &served.token), false),
        (None, payload("authorization", "Bearer x"), false),
        (None, payload("authorization", &unknown), false),
        (None, json!({ "type": "connection_init", "payload": { "authorization": 1 } }), false),
        (Some(&bearer), payload("authorization", &unknown), false),
        (Some(&unknown), bare.clone(), false),
    ] {
        let mut headers = vec![("sec-websocket-protocol", PROTOCOL)];
        headers.extend(header.map(|value| ("authorization", value.as_str())));
        let mut socket = Socket::with(&served, &headers).await;
        socket.send(message.clone()).await;
        if counts {
            assert_eq!(socket.receive().await, json!({ "type": "connection_ack" }), "{message}");
        } else {
            assert_eq!(socket.closed().await, 4403, "{message}");
        }
    }
}

#[tokio::test]
async fn a_ping_is_answered_at_every_moment() {
    let served = Served::timed(patient()).await;
    let ping = json!({ "type": "ping", "payload": { "at": "7" } });
    let pong = json!({ "type": "pong", "payload": { "at": "7" } });
    let mut socket = Socket::open(&served).await;
    socket.send(ping.clone()).await;
    assert_eq!(socket.receive().await, pong);
    socket.send(json!({ "type": "pong" })).await;
    socket.send(init(&served.token)).await;
    assert_eq!(socket.receive().await["type"], "connection_ack");
    socket.subscribe("flood", "subscription { flood }").await;
    socket.subscribe("slow", "{ slow }").await;
    socket.receive().await;
    socket.send(ping).await;
    // It overtakes what waits to be written, which is at most what both ends keep on the way.
    let mut before = 0;
    while socket.receive().await != pong {
        before += 1;
    }
    assert!(before < 1000, "{before}");
}

#[tokio::test]
async fn an_id_is_used_once_at_a_time() {
    let served = Served::timed(patient()).await;
    let mut socket = Socket::ready(&served).await;
    // Free again when the server has completed it,
    for _ in 0..2 {
        socket.subscribe("1", "{ echo }").await;
        assert_eq!(
            (socket.receive().await["type"].as_str(), socket.receive().await["type"].as_str()),
            (Some("next"), Some("complete"))
        );
    }
    // when it was refused,
    for _ in 0..2 {
        socket.subscribe("1", "{ nothing }").await;
        assert_eq!(socket.receive().await["type"], "error");
    }
    // and when the client has completed it; messages of the old operation are not sent as those of the new one.
    for _ in 0..20 {
        socket.subscribe("1", "subscription { flood }").await;
        socket.complete("1").await;
    }
    socket.subscribe("1", "subscription { numbers }").await;
    loop {
        let message = socket.receive().await;
        if message["payload"]["data"]["numbers"] == 1 {
            break;
        }
        assert!(message["payload"]["data"]["flood"].is_string(), "{message}");
    }
    assert_eq!(socket.receive().await["payload"]["data"]["numbers"], 2);
    socket.subscribe("1", "{ echo }").await;
    assert_eq!(socket.closed().await, 4409);
    streams(&served, 0).await;
}

#[tokio::test]
async fn the_client_may_close() {
    let served = Served::timed(patient()).await;
    let mut socket = Socket::ready(&served).await;
    socket.subscribe("1", "subscription { numbers }").await;
    socket.receive().await;
    socket.0.close(None).await.unwrap();
    let ended = async { while let Some(Ok(_)) = socket.0.next().await {} };
    timeout(SOON, ended).await.expect("the server answers the close");
    streams(&served, 0).await;
}
