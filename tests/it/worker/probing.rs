//! After an interruption the probe is asked what runs.

use crate::worker::fleet::{COMMAND, Fleet, timing};
use lockkeeper::worker::Timing;
use std::time::Duration;
use testkit::on_both;

/// A secret of the executor.
const TOKEN: &str = "the-probes-own-token";

/// The status and failure of a target whose worker left in mid-command, by what the probe does.
async fn interrupted(kind: &str, probe: &str) -> (String, String) {
    let text =
        format!("{COMMAND}secrets = {{ TOKEN = '{TOKEN}' }}\n[probe]\nprogram = '{{dir}}/probe'\ntimeout = '300ms'");
    let fleet = Fleet::new(kind, 1, &text).await;
    fleet.script("tick 1000");
    fleet.program("probe", &format!("#!/bin/sh\n{probe}\n"));
    let mut settings = fleet.settings();
    settings.timing = Timing { drain: Duration::from_millis(10), ..timing() };
    let worker = fleet.worker_with(settings);
    let release = fleet.accept(&fleet.upgrade()).await;
    fleet.until_said("tick", 1).await;
    worker.stop().await;
    let target = fleet.targets(release).await.remove(0);
    let output = format!("{:?} {target:?}", fleet.log(release).await);
    assert!(!output.contains(TOKEN), "{output}");
    let version = fleet.instances().await.remove(0).remove(1);
    assert_eq!(version == "3", target[0] == "SUCCEEDED", "I4");
    (target[0].clone(), target[1].clone())
}

async fn a_probe_decides_what_became_of_an_interrupted_target(kind: &str) {
    let failed = ("FAILED", "INTERRUPTED");
    for (probe, (status, failure)) in [
        ("echo $LOCKKEEPER_VERSION", ("SUCCEEDED", "")),
        ("echo $LOCKKEEPER_PREVIOUS_VERSION", failed),
        ("echo 1", ("UNKNOWN", "")),
        ("", ("UNKNOWN", "")),
        ("[ $TOKEN = the-probes-own-token ] && echo 3", ("SUCCEEDED", "")),
        ("echo $TOKEN", ("UNKNOWN", "")),
        ("echo 3; exit 1", ("UNKNOWN", "")),
        ("echo 3; sleep 100", ("UNKNOWN", "")),
    ] {
        assert_eq!(interrupted(kind, probe).await, (status.to_owned(), failure.to_owned()), "{kind}: {probe}");
    }
}
on_both!(a_probe_decides_what_became_of_an_interrupted_target);
