//! What answers mean, and which of them are waited for.

use crate::scripted::{Script, Step};
use lockkeeper_client::operations::release::{CancelRelease, CancelVariables};
use lockkeeper_client::operations::viewer::Viewer;
use lockkeeper_client::{Client, Error, NoVariables};

const VIEWER: &str = r#"{"data":{"payload":{"name":"ana","role":"ADMIN"}}}"#;

async fn viewer(step: Step) -> Result<String, Error> {
    let script = Script::start(vec![step]).await;
    script.client.call::<Viewer>(&NoVariables {}).await.map(|data| data.payload.name)
}

#[tokio::test]
async fn an_answer_is_typed_and_the_request_has_the_token() {
    let script = Script::start(vec![Step::json(VIEWER)]).await;
    let data = script.client.call::<Viewer>(&NoVariables {}).await.unwrap();
    assert_eq!((data.payload.name.as_str(), data.payload.role.as_str()), ("ana", "ADMIN"));
    let requests = script.requests().await;
    assert!(requests[0].starts_with("POST /graphql HTTP/1.1\r\n"), "{requests:?}");
    assert!(requests[0].contains("authorization: Bearer secret\r\n"), "{requests:?}");
    assert!(requests[0].contains(r#""operationName":"Viewer""#), "{requests:?}");
}

#[tokio::test]
async fn what_is_not_lockkeeper_is_recognized() {
    for step in [
        Step::Answer(200, "text/html", "<html>Welcome</html>".into()),
        Step::Answer(404, "text/plain", String::new()),
        Step::Answer(302, "text/html", String::new()),
        Step::json("[]"),
        Step::json(r#"{"ok":true}"#),
        Step::json(r#"{"errors":[{"message":"Must authenticate"}]}"#),
    ] {
        let error = viewer(step).await.unwrap_err();
        assert_eq!(error.code(), "NOT_LOCKKEEPER", "{error}");
    }
}

#[tokio::test]
async fn a_proxy_whose_server_is_away_is_a_server_that_was_not_reached() {
    let error = viewer(Step::Answer(502, "text/html", "<html>Bad Gateway</html>".into())).await.unwrap_err();
    assert_eq!(error.code(), "UNREACHABLE", "{error}");
}

#[tokio::test]
async fn no_server_is_unreachable_at_once() {
    let client = Client::new("http://127.0.0.1:1", "t").unwrap();
    let error = client.call::<Viewer>(&NoVariables {}).await.unwrap_err();
    assert!(matches!(&error, Error::Unreachable { sent: false, .. }), "{error:?}");
    assert!(error.to_string().contains("http://127.0.0.1:1 was not reached"), "{error}");
}

#[tokio::test]
async fn a_document_that_the_server_does_not_know_names_both_versions() {
    let invalid = Step::error(400, "GRAPHQL_VALIDATION_FAILED", "");
    let version = Step::json(r#"{"data":{"payload":{"version":"0.0.3"}}}"#);
    let script = Script::start(vec![invalid, version]).await;
    let error = script.client.call::<Viewer>(&NoVariables {}).await.unwrap_err();
    assert_eq!((error.code(), error.request_id()), ("VERSION_MISMATCH", Some("req-1")));
    let text = error.to_string();
    assert!(text.contains("0.0.3, which is too old") && text.contains(env!("CARGO_PKG_VERSION")), "{text}");
}

#[tokio::test]
async fn an_answer_of_another_form_is_a_mismatch() {
    let error = viewer(Step::json(r#"{"data":{"payload":{"name":"ana"}}}"#)).await.unwrap_err();
    assert_eq!(error.code(), "VERSION_MISMATCH", "{error}");
}

#[tokio::test]
async fn a_busy_server_is_waited_for() {
    let busy = Step::error(429, "RATE_LIMITED", r#","retryAfterSeconds":0"#);
    let away = Step::error(503, "UNAVAILABLE", "");
    let script = Script::start(vec![busy, away, Step::json(VIEWER)]).await;
    script.client.call::<Viewer>(&NoVariables {}).await.unwrap();
    assert_eq!(script.requests().await.len(), 3);
}

#[tokio::test]
async fn longer_than_the_patience_is_not_waited() {
    let error = viewer(Step::error(429, "RATE_LIMITED", r#","retryAfterSeconds":60"#)).await.unwrap_err();
    assert_eq!((error.code(), error.request_id()), ("RATE_LIMITED", Some("req-1")));
}

#[tokio::test]
async fn other_errors_are_passed_on_with_their_request() {
    for (status, code) in [(401, "UNAUTHENTICATED"), (200, "FORBIDDEN"), (500, "INTERNAL")] {
        let error = viewer(Step::error(status, code, "")).await.unwrap_err();
        assert_eq!((error.code(), error.request_id()), (code, Some("req-1")));
    }
}

fn cancel() -> CancelVariables {
    CancelVariables { release_id: "rel_1".into(), stop_running: false, then_undo: false, reason: None }
}

#[tokio::test]
async fn problems_of_the_input_are_a_refusal() {
    let problem = r#"{"code":"NOT_FOUND","field":["input","releaseId"],"message":"None.","relatedIds":[]}"#;
    let script = Script::start(vec![Step::json(&format!(
        r#"{{"data":{{"payload":{{"release":null,"userErrors":[{problem}]}}}}}}"#
    ))])
    .await;
    let error = script.client.call::<CancelRelease>(&cancel()).await.unwrap_err();
    let Error::Refused { errors, .. } = &error else { panic!("{error:?}") };
    assert_eq!((error.code(), errors.len()), ("NOT_FOUND", 1));
    assert_eq!(errors[0].field.as_deref(), Some(["input".to_owned(), "releaseId".to_owned()].as_slice()));
}

#[tokio::test]
async fn the_lost_answer_of_a_repeatable_mutation_is_asked_for_again() {
    let done = r#"{"data":{"payload":{"release":{"id":"rel_1","service":{"name":"web"},"action":"UPGRADE",
        "targetVersion":null,"origin":"REQUEST","executor":"web","status":"CANCELED","reason":"","createdBy":"ana",
        "createdAt":"2026-01-01T00:00:00Z","startedAt":null,"cancelRequestedAt":null,"cancelReason":null,
        "stoppedAt":null,"finishedAt":null,"deadlineAt":"2026-01-02T00:00:00Z","followUps":{"nodes":[]},
        "progress":{"total":1,"queued":0,"running":0,"succeeded":0,"failed":0,"canceled":1,"unknown":0,"skipped":0}},
        "userErrors":[]}}}"#;
    let script = Script::start(vec![Step::Lose, Step::Lose, Step::json(done)]).await;
    let data = script.client.call::<CancelRelease>(&cancel()).await.unwrap();
    assert_eq!(data.payload.release.unwrap().release.id, "rel_1");
    let requests = script.requests().await;
    let bodies: Vec<_> = requests.iter().map(|request| request.split_once("\r\n\r\n").unwrap().1).collect();
    assert!(bodies.len() == 3 && bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
}

#[tokio::test]
async fn the_lost_answer_of_a_query_is_an_error() {
    let error = viewer(Step::Lose).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { sent: true, .. }), "{error:?}");
}
