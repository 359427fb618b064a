//! Errors: what is said about them, in text and in JSON, and with which status a command ends.

use crate::cli::{Cli, Ended};
use crate::world::{World, keys};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

/// Answers every request in the same way; returns its URL. It ends with the process.
fn answering(status: &str, headers: &str, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer =
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = BufReader::new(stream.try_clone().unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                request.read_line(&mut line).unwrap();
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            request.read_exact(&mut vec![0; length]).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    url
}

/// An answer with one GraphQL error of this code.
fn with_error(code: &str, headers: &str) -> String {
    let body = json!({ "errors": [{ "message": "It is so.", "extensions": { "code": code, "requestId": "r-1" } }] });
    answering("200 OK", &format!("content-type: application/json\r\n{headers}"), &body.to_string())
}

fn ask(url: &str, arguments: &[&str]) -> Ended {
    Cli::without_server().run(&[&["services", "--server", url, "--token", "lk_x"], arguments].concat())
}

/// The error in JSON, whose shape is checked.
#[track_caller]
fn error(ended: &Ended) -> Value {
    let failure = ended.json();
    assert_eq!(keys(&failure), ["errors", "idempotencyKey", "requestId"]);
    let first = failure["errors"][0].clone();
    assert_eq!(keys(&first), ["code", "field", "message"]);
    first
}

#[test]
fn what_is_not_a_fitting_server_is_5_and_says_what_it_is() {
    let html = answering("200 OK", "content-type: text/html\r\n", "<html>hello</html>");
    ask(&html, &[]).fails(5, &["is not a lockkeeper server", "text/html"]);
    assert_eq!(error(&ask(&html, &["--json"]))["code"], "NOT_LOCKKEEPER");

    let nobody = "http://127.0.0.1:1";
    ask(nobody, &[]).fails(5, &["was not reached"]);
    assert_eq!(error(&ask(nobody, &["--json"]))["code"], "UNREACHABLE");

    for (version, says) in [("0.0.1", "too old"), ("999.0.0", "too new")] {
        let other = with_error("GRAPHQL_VALIDATION_FAILED", &format!("lockkeeper-version: {version}\r\n"));
        ask(&other, &[]).fails(5, &[version, env!("CARGO_PKG_VERSION"), says]);
        assert_eq!(error(&ask(&other, &["--json"]))["code"], "VERSION_MISMATCH");
    }
    let with_reason = |reason: &str| {
        let extensions = json!({ "code": "BAD_USER_INPUT", "requestId": "r-1", "reason": reason });
        let body = json!({ "errors": [{ "message": "It has no field `waves`.", "extensions": extensions }] });
        let headers = "content-type: application/json\r\nlockkeeper-version: 0.0.1\r\n";
        answering("400 Bad Request", headers, &body.to_string())
    };
    ask(&with_reason("UNKNOWN_INPUT"), &[]).fails(5, &["0.0.1", "too old", "no field --waves"]);
    ask(&with_reason("OTHER"), &[]).fails(3, &["no field --waves"]);
    let broken = with_error("INTERNAL", "");
    ask(&broken, &[]).fails(5, &["request: r-1"]);
    let failure = ask(&broken, &["--json"]).ends(5, &[]).json();
    assert_eq!(failure["requestId"], "r-1");
}

#[test]
fn a_token_that_does_not_suffice_is_4() {
    let world = World::start();
    let url = world.server.url.as_str();
    ask(url, &[]).fails(4, &["help: lockkeeper login", "request: "]);
    assert_eq!(error(&ask(url, &["--json"]))["code"], "UNAUTHENTICATED");
    let viewer = world.server.token("eva", "viewer");
    let create = ["service", "create", "web", "--executor", "quick", "--token", &viewer];
    world.run(&create).fails(4, &["VIEWER", "help: lockkeeper whoami"]);
    assert_eq!(error(&world.run(&[&create[..], &["--json"]].concat()))["code"], "FORBIDDEN");
    world.run(&["audit", "--token", &viewer]).fails(4, &[]);
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_3_with_the_nearest_ones() {
    let world = World::start();
    let client = world.client();
    client.service("web").hosts(2).install().await;
    client.service("wet").hosts(1).register().await;

    world.run(&["versions", "web-shop"]).fails(3, &["There is no service \"web-shop\".", "help: lockkeeper services"]);
    // Two names are equally near: both are named, and none is taken.
    world.run(&["versions", "wex"]).fails(3, &["Did you mean web or wet?"]);
    world.run(&["instances", "wb"]).fails(3, &["Did you mean web?"]);
    world.run(&["releases", "nothing-like-it"]).fails(3, &["nothing-like-it", "help: lockkeeper services"]);
    world.run(&["instances", "web", "--filter", "hostname=web-09"]).fails(3, &["web-09"]);
    world.run(&["withdraw", "web", "1.0.1", "--reason", "x"]).fails(3, &["1.0.0", "help: lockkeeper versions web"]);
    let ended = world.run(&["freeze", "wen", "--reason", "x", "--json"]);
    let refusal = error(ended.ends(3, &[]));
    assert_eq!(refusal["code"], "NOT_FOUND");
    assert_eq!(refusal["field"], json!(["input", "service"]));
    assert!(refusal["message"].as_str().unwrap().contains("There is no service \"wen\". Did you mean we"), "{refusal}");
    assert!(ended.json()["requestId"].is_string());
    let missing = error(world.run(&["versions", "wen", "--json"]).ends(3, &[]));
    assert_eq!((&missing["code"], &missing["field"]), (&"NOT_FOUND".into(), &json!(["service"])));
}

#[test]
fn wrong_usage_is_2_with_one_line_and_the_help_to_read() {
    let home = Cli::without_server();
    home.run(&["hold", "web/host-1", "--raeson", "x"])
        .fails(2, &["--raeson", "--reason", "help: lockkeeper hold --help"]);
    home.run(&["version", "add", "web"]).fails(2, &["<VERSION>", "help: lockkeeper version add --help"]);
    // Two commands begin so, and neither is taken.
    home.run(&["versio"]).fails(2, &["versio", "version", "versions", "help: lockkeeper --help"]);
    home.run(&["hosts", "--limit", "0"]).fails(2, &["--limit"]);
    let failure = home.run(&["hosts", "--limit", "many", "--json"]);
    assert_eq!(error(failure.ends(2, &[]))["code"], "USAGE");
    let failure = failure.json();
    assert!(failure["requestId"].is_null() && failure["idempotencyKey"].is_null());
    assert_eq!(error(home.run(&["service", "--json"]).ends(2, &[]))["code"], "USAGE");
    // Without --json, half of a command shows its help.
    home.run(&["service"]).ends(2, &["Usage: lockkeeper service [OPTIONS] <COMMAND>"]);
}

#[test]
fn commands_of_the_server_have_none_of_the_arguments_of_the_client() {
    let home = Cli::without_server();
    for command in ["serve", "worker", "doctor", "migrate"] {
        let help = home.run(&[command, "--help"]).ends(0, &["Usage: lockkeeper"]).stdout.clone();
        assert!(!help.contains("--json") && !help.contains("--context"), "{help}");
    }
    home.run(&["schema", "--json"]).ends(2, &["--json", "talk to a server"]);
    home.run(&["--utc", "token", "list"]).ends(2, &["--utc"]);
    home.run(&["--version"]).ends(0, &["lockkeeper"]);
    // They say what is wrong as before.
    home.run(&["serve", "--listen", "nowhere"])
        .ends(2, &["error: invalid value 'nowhere'", "For more information, try '--help'"]);
}

#[test]
fn a_reader_that_has_gone_is_no_error_and_a_full_disk_is_one() {
    let world = World::start();
    let mut command = world.command(&["services", "--json"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(Ended::from(command.stdout(writer).output().unwrap()).status, Some(0));
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let ended = Ended::from(world.command(&["services", "--json"]).stdout(full).output().unwrap());
    ended.fails(2, &["Standard output cannot be written"]);
}
