//! Soaks: while a release soaks, the instances that it has moved are checked, and unhealthy ones until they are healthy
//! again. One worker at a time watches a release. Checks are not commands in the sense of R18.

mod record;

use super::{WorkerRef, retry};
use crate::app::App;
use crate::domain::order::Site;
use crate::executor::{Executor, RunContext, SoakCheck};
use crate::failpoint;
use crate::store::health::{self, Checked};
use crate::store::{Db, Result, worker};
use futures_util::{StreamExt as _, stream};
pub(super) use record::record;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::task::AbortOnDropHandle;

/// How many instances of one release are checked at a time.
const MAX_CHECKS: usize = 32;
/// How many releases one worker begins to watch at a time.
const MAX_CLAIMS: i64 = 16;

/// The answer of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub instance_id: i64,
    pub hostname: String,
    /// The error says why the instance is not healthy, a sentence.
    pub result: Result<(), String>,
}

/// Watches releases for as long as this is polled; looks for new ones at every `tick`.
pub(super) async fn watch(app: App, me: WorkerRef, run: RunContext, tick: Duration) {
    let with_check = app.executors.iter().filter(|executor| executor.soak_check().is_some());
    let executors: Vec<String> = with_check.map(|executor| executor.name.clone()).collect();
    if executors.is_empty() {
        return;
    }
    let mut watched: HashMap<i64, AbortOnDropHandle<()>> = HashMap::new();
    let mut ticks = tokio::time::interval(tick);
    loop {
        ticks.tick().await;
        watched.retain(|_, task| !task.is_finished());
        let own: Vec<i64> = watched.keys().copied().collect();
        match claim(&app.db, &me, &executors, &own).await {
            Ok(claimed) => {
                for (release, executor) in claimed {
                    let Some(executor) = app.executors.get(&executor).cloned() else { continue };
                    let watcher = Watcher { db: app.db.clone(), me: me.clone(), run: run.clone(), executor, release };
                    watched.insert(release, AbortOnDropHandle::new(tokio::spawn(watcher.watch())));
                }
            }
            Err(error) => tracing::warn!(%error, "releases that soak could not be claimed; trying again"),
        }
    }
}

/// Claims releases whose instances are to be checked, each with the name of its executor.
pub(super) async fn claim(db: &Db, me: &WorkerRef, executors: &[String], own: &[i64]) -> Result<Vec<(i64, String)>> {
    let mut found = health::unwatched(db, executors, me.id, own, MAX_CLAIMS).await?;
    if found.is_empty() || !db.is_writable() {
        return Ok(Vec::new());
    }
    let mut tx = db.begin().await?;
    // A worker that declares this one dead either waits for the commit or was first.
    if !worker::is_alive(&mut tx, me.id).await? {
        return Ok(Vec::new());
    }
    let releases: Vec<i64> = found.iter().map(|(release, _)| *release).collect();
    let claimed = health::watch(&mut tx, me.id, &releases).await?;
    tx.commit().await?;
    found.retain(|(release, _)| claimed.contains(release));
    Ok(found)
}

/// Watches one release.
struct Watcher {
    db: Db,
    me: WorkerRef,
    run: RunContext,
    executor: Arc<Executor>,
    release: i64,
}

impl Watcher {
    /// Checks its instances, round after round, until there are none left to check or another worker watches it.
    async fn watch(self) {
        let Some(check) = self.executor.soak_check() else { return };
        loop {
            match self.round(check).await {
                Ok(true) => tokio::time::sleep(check.interval).await,
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, "the answers of health checks could not be recorded; the checks are repeated");
                    retry::pause(&self.db).await;
                }
            }
        }
    }

    /// Checks each instance once, and records the answers in one transaction. Returns whether another round follows.
    async fn round(&self, check: SoakCheck) -> Result<bool> {
        let Some(soaks) = health::soaks(&self.db, self.release, self.me.id).await? else { return Ok(false) };
        let checked = health::checked(&self.db, self.release, soaks).await?;
        if checked.is_empty() && !soaks {
            let mut tx = self.db.begin().await?;
            health::end_watch(&mut tx, self.release, self.me.id).await?;
            tx.commit().await?;
            return Ok(false);
        }
        let answers: Vec<(Checked, Answer)> =
            stream::iter(checked).map(|checked| self.ask(checked)).buffer_unordered(MAX_CHECKS).collect().await;
        failpoint::at("worker::soak::before_record");
        // In a steady state nothing is written.
        let is_news = |(known, answer): &(Checked, Answer)| {
            known.record.after(answer.result.is_ok(), check.required, soaks) != known.record
        };
        let news: Vec<Answer> = answers.into_iter().filter(is_news).map(|(_, answer)| answer).collect();
        if !news.is_empty() {
            record(&self.db, &self.me, self.release, check.required, &news).await?;
        }
        Ok(true)
    }

    async fn ask(&self, checked: Checked) -> (Checked, Answer) {
        let result = self.executor.check_health(&checked.site, &self.run).await.unwrap_or(Ok(()));
        let Site { instance_id, hostname, .. } = &checked.site;
        let answer = Answer { instance_id: *instance_id, hostname: hostname.clone(), result };
        (checked, answer)
    }
}
