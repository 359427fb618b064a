//! `lockkeeper doctor`.

use super::terminal;
use crate::config::CommonArgs;
use crate::store::{Db, doctor};
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

/// Prints a line for each invariant, and the rows where it is broken. If any is broken, the exit status is 1.
pub async fn run(common: &CommonArgs) -> anyhow::Result<ExitCode> {
    let url = super::database_url(common)?;
    // A database that is created only now would pass every check, and is not the one to check.
    anyhow::ensure!(
        Db::may_exist(&url),
        "No database exists at {url}. Name the database to check with --database-url."
    );
    let db = Db::open(&url, super::SHORT_COMMAND_CONNECTIONS).await?;
    let findings = doctor::check(&db).await?;
    db.close().await;
    for (invariant, promise) in INVARIANTS {
        let broken: Vec<_> = findings.iter().filter(|finding| finding.invariant == invariant).collect();
        println!("{invariant}  {:<7} {promise}", if broken.is_empty() { "holds" } else { "BROKEN" });
        for finding in broken {
            println!("      {}\n        {}", finding.what, terminal::line(&finding.rows.join(", ")));
        }
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
