//! Programs of executors that cannot be started are reported when lockkeeper starts.

use crate::PROGRAM;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};
use testkit::{MAX_WAIT, Server};

#[tokio::test]
async fn a_server_warns_of_programs_that_cannot_be_started() {
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("deploy");
    fs::write(&script, "#!/bin/bash\r\necho hi\r\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let configuration = "[executors.windows]\nkind = 'command'\nprogram = './deploy'\n\
                         [executors.gone]\nkind = 'command'\nprogram = '/no/such/program'\n\
                         [executors.step]\nkind = 'command'\nprogram = 'sh'\n[executors.step.prepare]\nprogram = './prepare'\n\
                         [executors.step.health]\nkind = 'command'\nprogram = './healthy'\n";
    let server = Server::configured_in(directory, PROGRAM, "sqlite", configuration);
    let began = Instant::now();
    let said = |expected: &[&str]| server.log().lines().any(|line| expected.iter().all(|part| line.contains(part)));
    for expected in [
        &["windows", "/bin/bash", "line ends of Windows"][..],
        &["gone", "/no/such/program"],
        &["step", "/prepare"],
        &["step", "/healthy"],
    ] {
        while !said(expected) {
            assert!(began.elapsed() < MAX_WAIT, "{expected:?}: {}", server.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
