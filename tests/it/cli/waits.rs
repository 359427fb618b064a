//! What `serve` and `doctor` warn of.

use crate::cli::program::{Place, text};
use std::fs;
use std::io::{BufRead, BufReader};
use testkit::{Database, on_both, rows};

/// Starts a server in this place, and gives what it logs up to the line in which one of these texts stands last.
fn logged(place: &Place, wanted: &[&str]) -> String {
    let mut child = place.command(&["serve", "--listen", "127.0.0.1:0"]).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut log = String::new();
    while !wanted.iter().all(|text| log.contains(text)) {
        assert_ne!(stderr.read_line(&mut log).unwrap(), 0, "it ended: {log}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    log
}

async fn targets_that_wait_for_an_executor_that_no_worker_has_are_named_by_serve_and_by_doctor(kind: &str) {
    let place = Place::new(kind);
    place.printed(&["migrate"]);
    let mut all = vec![rows::service(1, "web"), rows::version(1, 1, "1"), rows::host(1, "host-001")];
    all.push(rows::instance(1, 1, 1, Some(1)));
    all.extend(rows::release_of(1, 1, 1, &[1]));
    Database::open(&place.database).await.insert(all).await;
    let doctor = text(&place.run(&["doctor"]).stdout);
    assert!(doctor.contains("warning: No living worker has the executor sim, for which tgt_1001 waits."), "{doctor}");
    let log = logged(&place, &["No living worker has the executor sim, for which tgt_1001 waits."]);
    assert!(log.contains("WARN"), "{log}");
    // One that has it in its configuration, and carries out releases, is a living worker.
    let config = "[executors.sim]\nkind = \"simulate\"\n[executors.gone]\nkind = \"command\"\nprogram = \"/no/such\"\n";
    fs::write(place.path().join("lockkeeper.toml"), config).unwrap();
    let log = logged(&place, &["/no/such: "]);
    assert!(!log.contains("No living worker"), "{log}");
}
on_both!(targets_that_wait_for_an_executor_that_no_worker_has_are_named_by_serve_and_by_doctor);
