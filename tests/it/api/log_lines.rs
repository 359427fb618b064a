//! What the log says of requests: little of strangers, and nothing that is longer than a line should be.

use crate::PROGRAM;
use serde_json::json;
use std::time::{Duration, Instant};
use testkit::MAX_WAIT;
use testkit::fleet::id;
use testkit::{Program, Server};

/// The lines that are logged until one has this word.
async fn until(server: &Server, word: &str) -> Vec<String> {
    let began = Instant::now();
    loop {
        let log = server.log();
        if log.lines().any(|line| line.contains(word)) {
            return log.lines().map(str::to_owned).collect();
        }
        assert!(began.elapsed() < MAX_WAIT, "no {word} in\n{log}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn paths_and_names_are_cut_and_strangers_who_find_nothing_write_no_log() {
    let path = "x".repeat(60_000);
    for (level, lines) in [("info", 0), ("lockkeeper=debug", 1)] {
        let server = Server::configured(
            Program::from(PROGRAM).in_environment(vec![("LOCKKEEPER_LOG", level.to_owned())]),
            "sqlite",
            "",
        );
        let stranger = reqwest::get(format!("{}/{path}", server.url)).await.unwrap();
        assert_eq!(stranger.status(), 404);
        let token = server.token("someone", "viewer");
        // Names of operations that no client has.
        let http = reqwest::Client::new();
        for name in ["Long".repeat(100_000), "Last".to_owned()] {
            let document = format!("query {name} {{ viewer {{ name }} }}");
            let request = http.post(format!("{}/graphql", server.url)).bearer_auth(&token);
            request.json(&json!({ "query": document, "operationName": name })).send().await.unwrap();
        }
        let log = until(&server, "Last").await;
        let of_path = log.iter().filter(|line| line.contains("xxxx")).count();
        assert_eq!(of_path, lines, "at {level}");
        let named = log.iter().find(|line| line.contains("LongLong")).expect("a line of the long name");
        assert!(named.contains("address=127.0.0.1"), "{named}");
        let longest = log.iter().map(String::len).max().unwrap_or_default();
        assert!(longest < 1000, "a line of {longest} bytes");
    }
}

#[tokio::test]
async fn a_refused_socket_names_the_setting_that_would_let_it_in() {
    let server = Server::configured(PROGRAM, "sqlite", "[server]\norigins = ['https://console.example.com']\n");
    let opening = async |origin: &str| {
        let request = reqwest::Client::new().get(format!("{}/graphql", server.url)).header("origin", origin);
        let request = request.header("connection", "upgrade").header("upgrade", "websocket");
        let request = request.header("sec-websocket-version", "13");
        request.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==").send().await.unwrap().status().as_u16()
    };
    assert_eq!(opening("https://console.example.com").await, 101);
    assert_eq!(opening("https://evil.example").await, 403);
    let log = until(&server, "[server] origins").await;
    let line = log.iter().find(|line| line.contains("[server] origins")).expect("a line");
    assert!(line.contains("https://evil.example") && line.contains("127.0.0.1"), "{line}");
}

#[tokio::test]
async fn a_line_about_a_target_has_the_ids_of_the_target_and_its_release() {
    let configuration = "[executors.local]\nkind = 'command'\nprogram = '/bin/true'\n";
    let server = Server::configured(PROGRAM, "sqlite", configuration);
    let fleet = server.client().service("shop").executor("local").hosts(1).install().await;
    // A runner starts nothing for an instance whose file it cannot read, and its worker logs that.
    let instance = server.path("state/instance-1");
    std::fs::write(&instance, "of another program").unwrap();
    let release = id(&fleet.release("upgradeInstances", &fleet.versions[1]).await["release"]);
    let log = until(&server, "the runner of a command failed").await;
    std::fs::write(&instance, "").unwrap();
    assert_eq!(fleet.finished(&release).await, "FAILED");
    let line = log.iter().find(|line| line.contains("the runner of a command failed")).expect("a line");
    assert!(line.contains(&format!("release_id={release}")) && line.contains("target_id=tgt_2"), "{line}");
}
