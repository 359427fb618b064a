//! A subscription goes on where it was, whatever cuts it.

use crate::scripted::{Script, Step};
use lockkeeper_client::operations::output::{ReleaseOutput, ReleaseOutputVariables};
use lockkeeper_client::{Client, Error, Followed, Following, Payload};
use serde_json::json;

type Line = Payload<lockkeeper_client::operations::output::LogLine>;

fn message(number: u32) -> String {
    let line = json!({
        "cursor": format!("c{number}"), "targetId": "tgt_1", "hostname": "h", "attempt": 1, "stream": "STDOUT",
        "text": number.to_string(), "at": "2026-01-01T00:00:00Z",
    });
    format!("event: next\nid: c{number}\ndata: {}\n\n", json!({ "data": { "payload": line } }))
}

const COMPLETE: &str = "event: complete\ndata:\n\n";

fn follow(client: &Client) -> Following<Line> {
    client.follow::<ReleaseOutput>(&ReleaseOutputVariables { id: "rel_1".into(), ..Default::default() })
}

/// Reads to the end. Returns the texts, `-` for each broken connection and `+` for each that came back; and the error at
/// the end.
async fn read(mut following: Following<Line>) -> (Vec<String>, Option<Error>) {
    let mut seen = Vec::new();
    while let Some(item) = following.next().await {
        match item {
            Ok(Followed::Message(line)) => seen.push(line.payload.text),
            Ok(Followed::Disconnected { .. }) => seen.push("-".into()),
            Ok(Followed::Reconnected) => seen.push("+".into()),
            Err(error) => return (seen, Some(error)),
        }
    }
    (seen, None)
}

fn last_ids(requests: &[String]) -> Vec<Option<&str>> {
    requests.iter().map(|request| request.lines().find_map(|line| line.strip_prefix("last-event-id: "))).collect()
}

#[tokio::test]
async fn it_resumes_after_the_last_complete_message() {
    let cut = &message(3)[..40];
    let steps = vec![
        Step::Stream(message(1) + &message(2) + cut),
        Step::Lose,
        Step::Answer(502, "text/html", "Bad Gateway".into()),
        Step::Stream(message(3)),
        Step::Stream(message(4) + COMPLETE),
    ];
    let script = Script::start(steps).await;
    let (seen, error) = read(follow(&script.client)).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(seen, ["1", "2", "-", "-", "-", "+", "3", "-", "+", "4"]);
    let requests = script.requests().await;
    assert_eq!(last_ids(&requests), [None, Some("c2"), Some("c2"), Some("c2"), Some("c3")]);
}

#[tokio::test]
async fn a_place_without_a_message_is_resumed_from() {
    let script = Script::start(vec![Step::Stream("id: c7\n\n".into()), Step::Stream(message(8) + COMPLETE)]).await;
    let (seen, _) = read(follow(&script.client)).await;
    assert_eq!(seen, ["-", "+", "8"]);
    assert_eq!(last_ids(&script.requests().await), [None, Some("c7")]);
}

#[tokio::test]
async fn what_cannot_be_resumed_ends_with_its_error() {
    for code in ["CURSOR_EXPIRED", "UNAUTHENTICATED"] {
        let error = format!(
            "event: next\ndata: {{\"errors\":[{{\"message\":\"No.\",\"extensions\":{{\"code\":\"{code}\"}}}}]}}\n\n"
        );
        for last in [Step::Stream(error.clone() + COMPLETE), Step::error(401, code, "")] {
            let script = Script::start(vec![Step::Stream(message(1)), last]).await;
            let (seen, error) = read(follow(&script.client)).await;
            assert_eq!(seen[..2], ["1", "-"]);
            assert_eq!(error.unwrap().code(), code);
        }
    }
}

#[tokio::test]
async fn a_page_in_place_of_the_server_is_passed_over_only_after_it_was_there() {
    let page = || Step::Answer(200, "text/html", "<html>".into());
    let script = Script::start(vec![page()]).await;
    assert_eq!(read(follow(&script.client)).await.1.unwrap().code(), "NOT_LOCKKEEPER");
    let script = Script::start(vec![Step::Stream(message(1)), page(), Step::Stream(message(2) + COMPLETE)]).await;
    assert_eq!(read(follow(&script.client)).await.0, ["1", "-", "-", "+", "2"]);
}
