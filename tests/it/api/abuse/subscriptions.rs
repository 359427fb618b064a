//! Abuse by subscriptions.

use super::Aim;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::Message;

pub fn begin(aim: &Aim, all: &mut JoinSet<()>) {
    all.spawn(heavy(aim.clone()));
    for _ in 0..3 {
        all.spawn(unread(aim.clone()));
    }
}

/// Each line of a log with all instances of its service: too much for one message, and nearly too much.
fn documents() -> [String; 2] {
    let document = |first: u32| {
        format!(
            "subscription($id: ID!) {{ releaseLog(releaseId: $id) {{ text target {{ release {{ targets(first: {first}) {{
                nodes {{ instance {{ service {{ instances(first: {first}) {{ nodes {{ id status revision updatedAt }}
                }} }} }} }} }} }} }} }} }}"
        )
    };
    [document(200), document(25)]
}

/// Many of them on one socket.
async fn heavy(aim: Aim) {
    let documents = documents();
    while aim.goes_on() {
        let mut request = format!("ws://{}/graphql/ws", aim.address()).into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        headers.insert("authorization", format!("Bearer {}", aim.viewer).parse().unwrap());
        let Ok((mut socket, _)) = connect_async(request).await else {
            aim.pause(100).await;
            continue;
        };
        let say = |message: Value| Message::text(message.to_string());
        let _ = socket.send(say(json!({ "type": "connection_init" }))).await;
        for number in 0..20 {
            let payload = json!({ "query": documents[number % 2], "variables": { "id": aim.release } });
            let _ =
                socket.send(say(json!({ "id": number.to_string(), "type": "subscribe", "payload": payload }))).await;
        }
        for _ in 0..200 {
            match tokio::time::timeout(Duration::from_secs(2), socket.next()).await {
                Ok(Some(Ok(Message::Text(text)))) if text.contains("TOO_COMPLEX") => aim.count("heavy subscriptions"),
                Ok(Some(Ok(_))) => {}
                _ => break,
            }
        }
        aim.pause(500).await;
    }
}

/// A stream of heavy messages whose client reads nothing.
async fn unread(aim: Aim) {
    let [_, document] = documents();
    while aim.goes_on() {
        let body = json!({ "query": document, "variables": { "id": aim.release } }).to_string();
        let request = reqwest::Client::new()
            .post(format!("{}/graphql", aim.url))
            .bearer_auth(&aim.viewer)
            .header("accept", "text/event-stream")
            .header("content-type", "application/json");
        if let Ok(response) = request.body(body).send().await
            && response.status() == 200
        {
            aim.count("streams that are not read");
            aim.pause(5_000).await;
        }
        aim.pause(200).await;
    }
}
