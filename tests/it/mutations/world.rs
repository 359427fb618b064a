//! A server without its transports, and what is sent to it.

use crate::local::{Local, simulate};
use lockkeeper::domain::Role;
use lockkeeper::limits::Limits;
use lockkeeper::worker::{self, WorkerSettings};
use serde_json::{Value, json};
use std::ops::Deref;
use std::time::Duration;
use testkit::client::WITHOUT_INPUT;
use testkit::databases;
use tokio_util::sync::{CancellationToken, DropGuard};

pub struct World {
    local: Local,
    directory: tempfile::TempDir,
}

impl Deref for World {
    type Target = Local;

    fn deref(&self) -> &Local {
        &self.local
    }
}

impl World {
    /// An empty server on a database of this kind.
    pub async fn empty(kind: &str) -> World {
        let directory = tempfile::tempdir().unwrap();
        let url = databases::fresh(kind, directory.path());
        World { local: Local::open(&url, ["sim", "other"].map(simulate), Limits::default()).await, directory }
    }

    /// A server with the service `svc_1`, its built versions `ver_1` to `ver_3`, `ver_4` that is not
    /// built, `ver_5` of another service, and the hosts `hst_1` to `hst_3`, on which the second version runs as
    /// `ins_1` to `ins_3`.
    pub async fn with_fleet(kind: &str) -> World {
        let world = World::empty(kind).await;
        for name in ["web", "api"] {
            world.done("createService", json!({ "name": name, "executor": "sim" })).await;
        }
        for (service, name) in [("svc_1", "1"), ("svc_1", "2"), ("svc_1", "3"), ("svc_1", "4"), ("svc_2", "1")] {
            let status = if name == "4" { "PENDING" } else { "SUCCEEDED" };
            let artifact = (name != "4").then_some("file:///a.tar");
            let input = json!({ "serviceId": service, "name": name, "buildStatus": status, "artifact": artifact });
            world.done("createVersion", input).await;
        }
        let host =
            |name| json!({ "hostname": name, "address": "127.0.0.1", "labels": [{ "key": "disk", "value": name }] });
        world.done("createHosts", json!({ "hosts": [host("h1"), host("h2"), host("h3")] })).await;
        let input = json!({ "serviceId": "svc_1", "versionId": "ver_2", "hosts": { "hostnames": ["h1", "h2", "h3"] } });
        let worker = world.worker();
        world.done("installInstances", input).await;
        world.settled("rel_1").await;
        drop(worker);
        world
    }

    /// Carries out releases until it is dropped.
    pub fn worker(&self) -> DropGuard {
        let stop = CancellationToken::new();
        let settings = WorkerSettings::new("w1", self.directory.path().join("state"));
        tokio::spawn(worker::run(self.app.clone(), settings, stop.clone()));
        stop.drop_guard()
    }

    /// Waits until a release is over, and gives its status.
    pub async fn settled(&self, release: &str) -> String {
        for _ in 0..600 {
            let query = format!("{{ node(id: \"{release}\") {{ ... on Release {{ status finishedAt }} }} }}");
            let node = self.ask(Role::Viewer, &query, json!({})).await["data"]["node"].clone();
            if !node["finishedAt"].is_null() {
                return node["status"].as_str().unwrap().to_owned();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{release} did not end in time");
    }

    /// The data of a query.
    pub async fn read(&self, query: &str) -> Value {
        let response = self.ask(Role::Viewer, query, json!({})).await;
        assert_eq!(response["errors"], Value::Null, "{query}");
        response["data"].clone()
    }

    /// The response to a mutation with this selection.
    pub async fn send(&self, role: Role, mutation: &str, selection: &str, input: Value) -> Value {
        let input_type = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let document = match WITHOUT_INPUT.contains(&mutation) {
            true => format!("mutation {{ {mutation} {{ {selection} }} }}"),
            false => format!("mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ {selection} }} }}"),
        };
        self.ask(role, &document, json!({ "input": input })).await
    }

    /// The payload of a mutation with this selection.
    pub async fn mutate(&self, mutation: &str, selection: &str, input: Value) -> Value {
        let selection = format!("{selection} userErrors {{ code field message relatedIds }}");
        let response = self.send(Role::Admin, mutation, &selection, input).await;
        assert_eq!(response["errors"], Value::Null, "{mutation}");
        response["data"][mutation].clone()
    }

    /// The payload of a mutation that takes effect, without its empty problems.
    pub async fn take(&self, mutation: &str, selection: &str, input: Value) -> Value {
        let mut payload = self.mutate(mutation, selection, input).await;
        let problems = payload.as_object_mut().unwrap().remove("userErrors");
        assert_eq!(problems, Some(json!([])), "{mutation}");
        payload
    }

    /// Sends a mutation that takes effect.
    pub async fn done(&self, mutation: &str, input: Value) {
        self.take(mutation, "__typename", input).await;
    }

    /// What is wrong with a mutation: code, path and ids of each problem.
    pub async fn wrong(&self, mutation: &str, input: Value) -> Vec<String> {
        let payload = self.mutate(mutation, "__typename", input).await;
        let words = |list: &Value, by| {
            let list: Vec<_> = list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            list.join(by)
        };
        let problems = payload["userErrors"].as_array().unwrap().iter().map(|problem| {
            assert!(problem["message"].as_str().unwrap().ends_with(['.', '?']), "{problem}");
            let parts = [
                problem["code"].as_str().unwrap().to_owned(),
                words(&problem["field"], "."),
                words(&problem["relatedIds"], " "),
            ];
            parts.join(" ").trim().to_owned()
        });
        problems.collect()
    }

    /// The newest place in the log: it moves with every change.
    pub async fn place(&self) -> Value {
        self.read("{ eventCursor }").await
    }
}
