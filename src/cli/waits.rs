//! Warnings of what waits without an end: targets whose executor no living worker has.

use crate::app::App;
use crate::config::Settings;
use crate::domain::Kind;
use crate::store::{Db, Result, waits};

/// The most targets that a warning names.
const MAX_NAMED: usize = 10;

/// Warns in the operator's log, when a process that serves or carries out releases starts.
pub async fn warn(app: &App, settings: &Settings) -> Result<()> {
    let own = if settings.worker { app.executors.names() } else { Vec::new() };
    for warning in unserved(&app.db, &own).await? {
        tracing::warn!("{warning}");
    }
    Ok(())
}

/// One sentence for each executor that queued targets wait for and neither a living worker nor `own` has.
pub async fn unserved(db: &Db, own: &[String]) -> Result<Vec<String>> {
    let warning = |(executor, targets): (String, Vec<i64>)| {
        let named: Vec<String> = targets.iter().take(MAX_NAMED).map(|id| Kind::Target.id(*id).to_string()).collect();
        let more = targets.len() - named.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!(
            "No living worker has the executor {executor}, for which {}{more} {}. Start a worker that has it in its \
             configuration, or cancel the release.",
            named.join(", "),
            if targets.len() == 1 { "waits" } else { "wait" }
        )
    };
    Ok(waits::unserved(db, own).await?.into_iter().map(warning).collect())
}
