//! The command line of `docs/watching.md`, run as it is written.

use crate::api::world::World;
use crate::docs::script;
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use testkit::on_both;
use testkit::until;

/// The loop, watching; it ends with all that it has started when it is dropped.
struct Watching(Child);

impl Watching {
    fn start(directory: &Path, settings: &[(&str, &str)]) -> Watching {
        let script = script("docs/watching.md", "watching");
        let mut command = Command::new("bash");
        command.args(["-euc", &script]).current_dir(directory).process_group(0).stdout(Stdio::piped());
        Watching(command.envs(settings.iter().copied()).stdin(Stdio::null()).spawn().unwrap())
    }

    /// The next events, each as hostname and revision.
    fn events(&mut self, many: usize) -> Vec<(String, i64)> {
        let lines = BufReader::new(self.0.stdout.take().unwrap()).lines().take(many);
        let event = |line: std::io::Result<String>| {
            let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
            (event["hostname"].as_str().unwrap().to_owned(), event["revision"].as_i64().unwrap())
        };
        lines.map(event).collect()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let group = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
        self.0.wait().unwrap();
    }
}

async fn the_loop_with_curl_goes_on_where_it_was(world: &World) {
    let directory = tempfile::tempdir().unwrap();
    let start = world.client.query("{ eventCursor }", Value::Null).await["eventCursor"].take();
    let token = world.server.token("watcher", "viewer");
    let address = world.server.url.trim_start_matches("http://");
    let settings = [("address", address), ("token", token.as_str()), ("after", start.as_str().unwrap())];
    for upgrade in 1..=2 {
        // The first one watches live; the second one was away meanwhile.
        let early = (upgrade == 1).then(|| Watching::start(directory.path(), &settings));
        world.shop.finish("upgradeInstances", &world.shop.versions[upgrade]).await;
        let mut watching = early.unwrap_or_else(|| Watching::start(directory.path(), &settings));
        let mut received = tokio::task::block_in_place(|| watching.events(6));
        received.sort();
        let revisions = [1 + 2 * upgrade as i64, 2 + 2 * upgrade as i64];
        let hosts = world.shop.hostnames.iter();
        let expected: Vec<_> = hosts.flat_map(|host| revisions.map(|revision| (host.clone(), revision))).collect();
        assert_eq!(received, expected);
        // The place is noted once the event has been shown, and soon after that how far the quiet stream has looked.
        let head = world.client.query("{ eventCursor }", Value::Null).await["eventCursor"].take();
        until("the place is noted", async || {
            let noted = std::fs::read_to_string(directory.path().join("last-event-id")).ok()?;
            (noted == head.as_str()?).then_some(())
        })
        .await;
    }
}
on_both!(threads the_loop_with_curl_goes_on_where_it_was in World);
