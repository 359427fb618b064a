use crate::PROGRAM;
use crate::cli::program::{Place, Running};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use testkit::{Client, on_both};

#[test]
fn a_mistake_in_the_file_is_reported_with_its_line_and_nothing_starts() {
    let place = Place::new("sqlite");
    fs::write(place.path().join("lockkeeper.toml"), "listen = \"127.0.0.1:0\"\n[keep]\nevnets = \"30d\"\n").unwrap();
    let said = place.failed(&["serve"]);
    assert!(said.contains("lockkeeper.toml") && said.contains("line 3") && said.contains("evnets"), "{said}");
    let files: Vec<_> = fs::read_dir(place.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["lockkeeper.toml"]);
}

#[test]
fn a_server_whose_trusted_documents_are_not_valid_does_not_start() {
    let place = Place::new("sqlite");
    let documents = r#"{"good": "{ viewer { name } }", "4f2a": "query Old { viewer { nickname } }"}"#;
    fs::write(place.path().join("trusted.json"), documents).unwrap();
    let said = place.failed(&["serve", "--trusted-documents", "trusted.json"]);
    assert!(said.contains("trusted.json cannot be used: 1 of 2 are not valid"), "{said}");
    assert!(said.contains("document \"4f2a\": ") && said.contains("nickname") && !said.contains("good"), "{said}");
    let mut elsewhere = place.command(&["serve"]);
    elsewhere.env("LOCKKEEPER_TRUSTED_DOCUMENTS", "nowhere.json");
    let said = crate::cli::program::text(&elsewhere.output().unwrap().stderr);
    assert!(said.contains("nowhere.json cannot be used: the file cannot be read"), "{said}");
    let files: Vec<_> = fs::read_dir(place.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["trusted.json"]);
}

#[test]
fn a_second_server_on_one_sqlite_file_is_refused_with_the_reason() {
    let place = Place::new("sqlite");
    let mut first = place.serve();
    let said = place.failed(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(said.contains("Another lockkeeper already serves"), "{said}");
    assert_eq!(first.stop().0, Some(0));
    place.serve();
}

#[test]
fn a_database_or_a_state_directory_that_cannot_be_used_is_named_with_the_reason() {
    let place = Place::new("sqlite");
    let missing = ["--database-url", "sqlite:missing/lockkeeper.db"];
    let said = place.failed(&[&["serve", "--listen", "127.0.0.1:0"], &missing[..]].concat());
    assert!(said.contains("Cannot lock missing/lockkeeper.db.lock: No such file or directory"), "{said}");
    let said = place.failed(&[&["token", "create", "--name", "me", "--role", "admin"], &missing[..]].concat());
    assert!(said.contains("Cannot open missing/lockkeeper.db: No such file or directory (os error 2).\n"), "{said}");
    // It never says that it is ready.
    fs::write(place.path().join("file"), "").unwrap();
    let output = place.run(&["serve", "--listen", "127.0.0.1:0", "--state-dir", "file/state"]);
    let said = crate::cli::program::text(&output.stderr);
    assert!(said.contains("The state directory file/state cannot be used: Not a directory"), "{said}");
    assert_eq!((output.status.code(), crate::cli::program::text(&output.stdout).as_str()), (Some(1), ""));
}

#[test]
fn a_database_in_memory_leaves_no_file() {
    let place = Place::new("sqlite");
    place.printed(&["migrate", "--database-url", "sqlite::memory:"]);
    assert!(fs::read_dir(place.path()).unwrap().next().is_none());
}

#[test]
fn a_worker_on_an_sqlite_file_is_refused_with_the_reason_and_makes_none() {
    let place = Place::new("sqlite");
    let said = place.failed(&["worker"]);
    assert!(
        said.contains("Only one process can use it: `lockkeeper serve`") && said.contains("needs PostgreSQL"),
        "{said}"
    );
    assert!(fs::read_dir(place.path()).unwrap().next().is_none());
}

async fn it_serves_until_it_is_asked_to_stop_and_then_ends_streams(kind: &str) {
    let place = Place::new(kind);
    let token = place.printed(&["token", "create", "--name", "watcher", "--role", "viewer"]);
    let mut server = place.serve();
    let ready = reqwest::get(format!("{}/readyz", server.url)).await.unwrap();
    assert_eq!(ready.status(), 200);
    let client = Client::new(&server.url, token.trim());
    let mut stream = client.subscribe("subscription { instanceStatusChanged { revision } }", Value::Null).await;
    let (status, took) = tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
    assert_eq!(status, Some(0), "{kind}");
    // Not the time in which running targets may end.
    assert!(took < Duration::from_secs(25), "{took:?}");
    // It ends, and is not said to be complete: the client is to come back.
    let last = stream.try_next().await;
    assert!(last.is_none(), "{last:?}");
}
on_both!(threads it_serves_until_it_is_asked_to_stop_and_then_ends_streams);

#[test]
fn migrate_and_schema_print_what_they_say() {
    let place = Place::new("sqlite");
    assert!(place.printed(&["migrate"]).contains("up to date"));
    assert!(place.path().join("lockkeeper.db").exists());
    assert!(place.printed(&["schema"]).contains("\ntype Query {\n"));
}

#[tokio::test]
async fn the_doctor_names_what_is_broken_and_its_exit_status_tells() {
    let place = Place::new("sqlite");
    assert!(place.failed(&["doctor"]).contains("No database exists at sqlite:"));
    place.printed(&["migrate"]);
    let shown = place.printed(&["doctor"]);
    assert_eq!(shown.matches(" holds ").count(), 9, "{shown}");
    let pool = sqlx::SqlitePool::connect(&place.database).await.unwrap();
    sqlx::query("UPDATE event_log SET position = position + 5").execute(&pool).await.unwrap();
    pool.close().await;
    let output = place.run(&["doctor"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert_eq!((shown.matches(" holds ").count(), shown.matches("I5  BROKEN").count()), (8, 1), "{shown}");
}

/// The mode of every file below a directory, and of the directories, that is wider than its owner's.
fn open_to_others(directory: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let (path, metadata) = (entry.path(), entry.metadata().unwrap());
        if metadata.permissions().mode() & 0o077 != 0 {
            found.push(format!("{} {:o}", path.display(), metadata.permissions().mode()));
        }
        if metadata.is_dir() {
            found.extend(open_to_others(&path));
        }
    }
    found
}

/// Whatever the umask is: the database and what SQLite puts beside it, its lock, and the state directory.
#[test]
fn what_it_makes_is_for_its_owner_alone() {
    for umask in ["022", "000"] {
        let place = Place::new("sqlite");
        let script = format!("umask {umask} && exec {PROGRAM} serve --listen 127.0.0.1:0");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &script]).current_dir(place.path()).env("LOCKKEEPER_DATABASE_URL", &place.database);
        let _server = Running::start({
            command.stdin(Stdio::null()).stdout(Stdio::piped());
            command
        });
        let made =
            ["lockkeeper.db", "lockkeeper.db-wal", "lockkeeper.db-shm", "lockkeeper.db.lock", "lockkeeper-state/id"];
        for name in made {
            let began = Instant::now();
            // The worker begins when it serves.
            while !place.path().join(name).exists() {
                assert!(began.elapsed() < Duration::from_secs(20), "there is no {name}");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        assert_eq!(open_to_others(place.path()), Vec::<String>::new(), "umask {umask}");
    }
}

#[test]
fn no_message_has_the_password_of_a_url() {
    let place = Place::new("sqlite");
    for url in ["mysql://u:hunter2@127.0.0.1/d", "postgres://u:hunter2@127.0.0.1:1/d"] {
        for arguments in [&["serve"][..], &["doctor"], &["migrate"]] {
            let output = place.command(arguments).env("LOCKKEEPER_DATABASE_URL", url).output().unwrap();
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            assert!(!output.status.success() && !said.contains("hunter2"), "{said}");
        }
    }
}
