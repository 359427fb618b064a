//! Ending a release as a worker does, all targets at once.

use super::fleet::Fleet;
use crate::domain::event::{Changed, InstanceChange, NewEvent, ReleaseChange};
use crate::domain::event::{InstanceEventKind, ReleaseEventKind};
use crate::domain::instance::InstanceStatus;
use crate::domain::release::{Progress, ReleaseAction};
use crate::domain::target::{Leaves, ReleaseTargetStatus, TargetFailure};
use crate::store::db::sql::sql;
use crate::store::events;
use crate::store::{Error, instance};

#[derive(sqlx::FromRow)]
struct OpenTarget {
    id: i64,
    instance_id: i64,
    host_id: i64,
    hostname: String,
    status: InstanceStatus,
    version_id: Option<i64>,
    to_version_id: Option<i64>,
    revision: i64,
}

impl Fleet {
    /// Ends all targets of a release at once, as a worker does.
    pub async fn end(&self, release: i64, end: ReleaseTargetStatus) {
        let mut tx = loop {
            match self.app.db.begin().await {
                Err(Error::Busy(sqlx::Error::PoolTimedOut)) => {}
                tx => break tx.unwrap(),
            }
        };
        tx.query(sql!("SELECT id FROM release WHERE id = $1 {lock}")).bind(release).execute().await.unwrap();
        let now = tx.now().await.unwrap();
        let action: ReleaseAction =
            tx.query(sql!("SELECT action FROM release WHERE id = $1")).bind(release).scalar().await.unwrap();
        let instances: Vec<(i64,)> = tx
            .query(sql!("SELECT instance_id FROM release_target WHERE release_id = $1"))
            .bind(release)
            .all()
            .await
            .unwrap();
        let instances: Vec<_> = instances.into_iter().map(|(id,)| id).collect();
        instance::lock_rows(&mut tx, &instances).await.unwrap();
        let targets: Vec<OpenTarget> = tx
            .query(sql!(
                "SELECT t.id, t.instance_id, t.host_id, i.hostname, i.status, i.version_id, t.to_version_id, i.revision
                 FROM release_target t JOIN instance i ON i.id = t.instance_id WHERE t.release_id = $1"
            ))
            .bind(release)
            .all()
            .await
            .unwrap();
        tx.query(sql!(
            "UPDATE release_target SET status = $1, failure = $2, attempt = 1, step = 'RUN', started_at = $3,
                finished_at = $3
             WHERE release_id = $4"
        ))
        .bind(end)
        .bind((end == ReleaseTargetStatus::Failed).then_some(TargetFailure::Command))
        .bind(now)
        .bind(release)
        .execute()
        .await
        .unwrap();
        let status = InstanceStatus::after(action, end, Leaves::Failed, InstanceStatus::Running).unwrap();
        let moved = end == ReleaseTargetStatus::Succeeded;
        tx.query(sql!(
            "UPDATE instance SET status = $1, revision = revision + 1, updated_at = $2,
                version_id = CASE WHEN $3 THEN (SELECT to_version_id FROM release_target
                    WHERE release_id = $4 AND instance_id = instance.id) ELSE version_id END
             WHERE id IN (SELECT instance_id FROM release_target WHERE release_id = $4)"
        ))
        .bind(status)
        .bind(now)
        .bind(moved)
        .bind(release)
        .execute()
        .await
        .unwrap();
        let total = targets.len() as i64;
        let progress = Progress::accepted(total, 0)
            .moved(ReleaseTargetStatus::Queued, ReleaseTargetStatus::Running, total)
            .moved(ReleaseTargetStatus::Running, end, total);
        tx.query(sql!(
            "UPDATE release SET status = $1, queued = 0, succeeded = $2, failed = $3, unknown = $4, revision = revision + 1,
                started_at = $5, finished_at = $5 WHERE id = $6"
        ))
        .bind(progress.status(false))
        .bind(progress.succeeded)
        .bind(progress.failed)
        .bind(progress.unknown)
        .bind(now)
        .bind(release)
        .execute()
        .await
        .unwrap();
        // All its targets are in one wave.
        tx.query(sql!(
            "UPDATE release_wave SET queued = 0, succeeded = $1, failed = $2, unknown = $3, ended_at = $4 WHERE release_id = $5"
        ))
        .bind(progress.succeeded)
        .bind(progress.failed)
        .bind(progress.unknown)
        .bind(now)
        .bind(release)
        .execute()
        .await
        .unwrap();
        let event = |changed| NewEvent {
            service_id: Some(self.service),
            service_name: Some("web".into()),
            caused_by: "worker".into(),
            changed,
        };
        let mut events: Vec<_> = targets
            .into_iter()
            .map(|target| {
                event(Changed::Instance(InstanceChange {
                    kind: InstanceEventKind::Release,
                    instance_id: target.instance_id,
                    host_id: target.host_id,
                    hostname: target.hostname,
                    revision: target.revision + 1,
                    previous_status: Some(target.status),
                    status,
                    previous_version_id: target.version_id,
                    version_id: if moved { target.to_version_id } else { target.version_id },
                    locked: false,
                    release_id: Some(release),
                    target_id: Some(target.id),
                    target_end: None,
                    hold_id: None,
                }))
            })
            .collect();
        events.push(event(Changed::Release(ReleaseChange {
            kind: ReleaseEventKind::Finished,
            release_id: release,
            action,
            target_id: None,
            revision: 2,
            status: progress.status(false),
            progress,
        })));
        events::append(&mut tx, now, &events).await.unwrap();
        tx.commit().await.unwrap();
    }
}
