//! `lockkeeper doctor`.

use crate::config::CommonArgs;
use crate::domain::Timestamp;
use crate::store::output_expiry::{self, Deleted};
use crate::store::{Db, budget, doctor, probe};
use lockkeeper_terminal::escape;
use std::process::ExitCode;

/// The invariants, and what is checked for each.
const INVARIANTS: [(&str, &str); 9] = [
    ("I1", "an instance has at most one open target, and is being moved exactly while it has one"),
    ("I2", "a release has ended exactly when all its targets have, and its counts are right"),
    ("I3", "no target has a newer fence than its instance, and running targets have the newest one"),
    ("I4", "versions change only by targets that succeeded, or by a confirmation"),
    ("I5", "the event log has no gaps, and replaying it gives the present state"),
    ("I6", "a stored idempotency key stands for one release"),
    ("I7", "every release has one audit entry of its request, for as long as entries are kept"),
    ("I8", "no more targets run than a rollout allows, and one command at a time on a host"),
    ("I9", "every word that is stored is one that this lockkeeper knows"),
];

/// Prints a line for each invariant, and the rows where it is broken. If any is broken, the exit status is 1. Targets that
/// wait for an executor that no living worker has are a warning.
pub async fn run(common: &CommonArgs) -> anyhow::Result<ExitCode> {
    let url = super::database_url(common)?;
    // A database that is created only now would pass every check, and is not the one to check.
    anyhow::ensure!(Db::may_exist(&url), super::local::missing(&url));
    let db = Db::open(&url, super::SHORT_COMMAND_CONNECTIONS).await?;
    let findings = doctor::check(&db).await?;
    let warnings = super::waits::unserved(&db, &[]).await?;
    let old = output_expiry::deleted(&db).await?;
    let (drifting, drained) = probe::counts(&db).await?;
    let overspent = budget::overspent(&db).await?;
    let overspent_labels = budget::overspent_labels(&db).await?;
    db.close().await;
    for (invariant, promise) in INVARIANTS {
        let broken: Vec<_> = findings.iter().filter(|finding| finding.invariant == invariant).collect();
        println!("{invariant}  {:<7} {promise}", if broken.is_empty() { "holds" } else { "BROKEN" });
        for finding in broken {
            println!("      {}\n        {}", finding.what, escape::line(&finding.rows.join(", ")));
        }
    }
    for warning in warnings {
        println!("warning: {}", escape::line(&warning));
    }
    println!("{}", deletions(&old));
    if drifting > 0 {
        println!(
            "drift: {} another version than the one on record. List them with the filter `drifted`.",
            counted(drifting, "instance runs", "instances run")
        );
    }
    if drained > 0 {
        println!("out of service: {}. List them with the filter `drained`.", counted(drained, "instance", "instances"));
    }
    for budget::Overspent { service, limit, spent } in overspent {
        println!("budget: {spent} instances of service {service} are unavailable, and {limit} may be (I8).");
    }
    for budget::OverspentLabel { service, key, value, limit, spent } in overspent_labels {
        let hosts =
            value.map_or_else(|| format!("without the label {key}"), |value| format!("with the label {key}={value}"));
        let hosts = escape::line(&hosts);
        println!(
            "budget: {spent} instances of service {service} on hosts {hosts} are unavailable, and {limit} may be (I8)."
        );
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Says what was deleted because it was older than `[keep]` says.
fn deletions(old: &Deleted) -> String {
    let audit = match old.audit_from {
        Timestamp(0) => "no audit entries".to_owned(),
        from => format!("audit entries before {from}"),
    };
    format!(
        "deleted as [keep] says: {}; {audit}; {} of output, of {} all and of {} all but the last of failed targets",
        counted(old.events, "event", "events"),
        counted(old.lines, "line", "lines"),
        counted(old.emptied, "release", "releases"),
        counted(old.thinned, "release", "releases"),
    )
}

fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
