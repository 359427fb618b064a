use crate::cli::program::{Place, text};
use serde_json::Value;
use std::time::Duration;
use testkit::{Client, on_both};

async fn status(url: &str, token: &str) -> u16 {
    Client::new(url, token).send("{ viewer { name } }", Value::Null).await.status
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

/// Runs the program in this folder, where nothing says where a database is. Returns the exit status and both outputs.
fn in_folder(folder: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = std::process::Command::new(crate::PROGRAM);
    let output = command.args(arguments).current_dir(folder).env_remove("LOCKKEEPER_DATABASE_URL").output().unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn tokens_of_a_database_that_does_not_exist_are_not_made_in_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let create = ["token", "create", "--name", "x", "--role", "admin"];
    for (arguments, help) in [
        (&create[..], "help: lockkeeper token create --help\n"),
        (&["token", "list"], "help: lockkeeper token list --help\n"),
        (&["token", "revoke", "1"], "help: lockkeeper token list\n"),
    ] {
        let (status, stdout, stderr) = in_folder(folder.path(), arguments);
        assert_eq!((status, stdout.as_str()), (Some(2), ""), "{stderr}");
        assert!(stderr.starts_with("error: No database exists at sqlite:lockkeeper.db. "), "{stderr}");
        assert!(stderr.contains("--database-url, LOCKKEEPER_DATABASE_URL") && stderr.ends_with(help), "{stderr}");
        let (status, stdout, _) = in_folder(folder.path(), &[arguments, &["--json"]].concat());
        let error: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!((status, &error["errors"][0]["code"]), (Some(2), &"USAGE".into()), "{error}");
        // Where its place is named, the first token makes the database.
        let named = [arguments, &["--database-url", "sqlite:other.db"]].concat();
        assert_eq!(in_folder(folder.path(), &named).0, Some(0), "{named:?}");
    }
    assert!(!folder.path().join("lockkeeper.db").exists(), "nothing was made");
}

#[test]
fn tokens_are_printed_in_json() {
    let place = Place::new("sqlite");
    let json = |arguments: &[&str]| -> Value {
        serde_json::from_str(&place.printed(&[arguments, &["--json"]].concat())).unwrap()
    };
    let created = json(&["token", "create", "--name", "ci", "--role", "builder"]);
    assert_eq!(
        (&created["name"], &created["role"], &created["expiresAt"]),
        (&"ci".into(), &"BUILDER".into(), &Value::Null)
    );
    assert_eq!(created["token"].as_str().unwrap().len(), 41);
    let list = json(&["token", "list"]);
    assert_eq!((&list["totalCount"], &list["items"][0]["name"]), (&1.into(), &"ci".into()));
    assert_eq!(json(&["token", "revoke", "--name", "ci"])["revoked"], 1);
    let again = place.run(&["token", "revoke", "--name", "ci", "--json"]);
    let error: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((again.status.code(), &error["errors"][0]["code"]), (Some(3), &"NOT_FOUND".into()), "{error}");
}
