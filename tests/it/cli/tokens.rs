use crate::cli::program::Place;
use std::time::Duration;
use testkit::on_both;

async fn status(url: &str, token: &str) -> u16 {
    let request = reqwest::Client::new().post(format!("{url}/graphql")).bearer_auth(token);
    let request = request.header("content-type", "application/json").body(r#"{"query": "{ viewer { name } }"}"#);
    request.send().await.unwrap().status().as_u16()
}

async fn a_token_is_shown_once_and_refused_within_a_second_of_its_revocation(kind: &str) {
    let place = Place::new(kind);
    let server = place.serve();
    let create = |name: &str, role: &str| place.printed(&["token", "create", "--name", name, "--role", role]);
    let printed = create("ci", "builder");
    let token = printed.trim();
    assert_eq!((token.len(), token.lines().count(), &token[..3]), (41, 1, "lk_"));
    let other = create("ops", "OPERATOR");
    let replacing = create("ci", "Builder");
    assert_eq!([status(&server.url, token).await, status(&server.url, other.trim()).await], [200, 200]);

    let list = place.printed(&["token", "list"]);
    assert!(list.contains(&token[..7]) && !list.contains(token), "{list}");
    assert_eq!(list.lines().count(), 4, "{list}");
    let columns: Vec<&str> = list.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!((columns.len(), columns[2], &columns[4..]), (7, "BUILDER", &["never", "never", "ci"][..]), "{list}");

    place.printed(&["token", "revoke", "1"]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!([status(&server.url, token).await, status(&server.url, replacing.trim()).await], [401, 200]);
    place.printed(&["token", "revoke", "--name", "ci"]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!([status(&server.url, replacing.trim()).await, status(&server.url, other.trim()).await], [401, 200]);
    assert!(place.failed(&["token", "revoke", "--name", "ci"]).contains("No token was revoked"));
}
on_both!(a_token_is_shown_once_and_refused_within_a_second_of_its_revocation);

#[test]
fn what_is_wrong_with_a_new_token_is_reported() {
    let place = Place::new("sqlite");
    let create = |more: &[&str]| place.failed(&[&["token", "create"], more].concat());
    assert!(create(&["--name", "x", "--role", "king"]).contains("VIEWER, BUILDER, OPERATOR or ADMIN"));
    assert!(create(&["--name", "", "--role", "admin"]).contains("1 to 63 characters"));
    assert!(create(&["--name", "x", "--role", "admin", "--expires", "soon"]).contains("is not a duration"));
    assert!(create(&["--role", "admin"]).contains("--name"));
    assert!(place.failed(&["token", "revoke"]).contains("--name"));
    assert!(!place.path().join("lockkeeper.db").exists(), "nothing was made");
    let list = place.printed(&["token", "create", "--name", "x", "--role", "admin", "--expires", "90d"]);
    assert_eq!(list.trim().len(), 41);
}
