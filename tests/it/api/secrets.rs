//! Secrets of an executor reach its commands, and nobody who reads.

use crate::PROGRAM;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use testkit::Server;
use testkit::fleet::id;
use testkit::on_both;

const SECRET: &str = "lk-s3cr3t/with+signs==";
const OTHER: &str = "0ther-s3cr3t-value";

/// Prints all that it knows, in pieces, on both streams, and fails.
const SCRIPT: &str = r#"#!/bin/sh
[ "$TOKEN$SHORT$PLAIN" = "lk-s3cr3t/with+signs==short1plain-value" ] && echo "it has them"
printf 'token=%s' "$(printf %s "$TOKEN" | cut -c 1-9)"; sleep 0.1; printf '%s;\n' "$(printf %s "$TOKEN" | cut -c 10-)"
echo "$SHORT $PLAIN" >&2
head -c 8180 /dev/zero | tr '\0' x; echo "$TOKEN"
printf 'broken off %s' "$(printf %s "$OTHER" | cut -c 1-15)"
exit 3
"#;

async fn a_commands_secrets_are_in_its_environment_and_hidden_in_all_that_is_stored(kind: &str) {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("deploy");
    fs::write(&script, SCRIPT).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let file = directory.path().join("secrets.toml");
    fs::write(&file, format!("TOKEN = {SECRET:?}\nSHORT = \"short1\"\nOTHER = {OTHER:?}\n")).unwrap();
    let (program, secrets_file) = (script.display(), file.display());
    let configuration = format!(
        "[executors.leaky]\nkind = \"command\"\nprogram = \"{program}\"\nenv = {{ PLAIN = \"plain-value\" }}\nsecrets_file = \"{secrets_file}\"\n\
             [executors.none]\nkind = \"command\"\nprogram = \"/no/{OTHER}/here\"\nsecrets = {{ OTHER = {OTHER:?} }}\n"
    );
    let server = Server::configured_in(directory, PROGRAM, kind, &configuration);
    let client = server.client();
    let leaky = client.service("leaky").executor("leaky").versions(1).hosts(1).register().await;
    let none = client.service("none").executor("none").versions(1).hosts(1).register().await;
    let mut answer = Vec::new();
    for fleet in [&leaky, &none] {
        let input = json!({
            "serviceId": fleet.service, "versionId": fleet.versions[0], "hosts": { "hostnames": fleet.hostnames },
        });
        let release = id(&client.change("installInstances", input, "release { id }").await["release"]);
        assert_eq!(fleet.finished(&release).await, "FAILED");
        let document = "query($id: ID!) { node(id: $id) { ... on Release {
                targets { nodes { message } } log(first: 200) { nodes { stream text } } } } }";
        answer.push(client.query(document, json!({ "id": release })).await["node"].take());
    }
    let text = |node: &Value| node["text"].as_str().unwrap().to_owned();
    let lines: Vec<String> = answer[0]["log"]["nodes"].as_array().unwrap().iter().map(text).collect();
    for line in ["it has them", "token=***;", "short1 plain-value", "broken off ***"] {
        assert!(lines.iter().any(|shown| shown == line), "{line} in {lines:#?}");
    }
    let cut = lines.iter().find(|line| line.starts_with("xxx")).unwrap();
    assert_eq!(cut.trim_start_matches('x'), " [the rest of this line was cut off]");
    assert_eq!(answer[1]["targets"]["nodes"][0]["message"].as_str().unwrap().matches("/no/***/here").count(), 1);
    let all = format!("{answer:?}{}", server.log());
    for secret in [SECRET, OTHER, &SECRET[..9], &SECRET[9..], &OTHER[..15]] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}
on_both!(a_commands_secrets_are_in_its_environment_and_hidden_in_all_that_is_stored);
