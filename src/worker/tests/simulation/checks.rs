//! What must hold after each step.

use super::world::{BUDGET, World};
use crate::store::db::sql::sql;
use crate::store::doctor;
use crate::store::queue::Claimed;
use std::collections::BTreeSet;

/// What there was before a claim.
pub struct BeforeClaim {
    pub is_suspended: bool,
    /// The releases of which nothing may start.
    barred: BTreeSet<i64>,
    unavailable: BTreeSet<i64>,
}

impl World {
    pub async fn check(&mut self) {
        let db = &self.fleet.app.db;
        assert_eq!(doctor::check(db).await.unwrap(), []);
        let early = db.query(sql!(
            "SELECT t.id FROM release_target t JOIN release r ON r.id = t.release_id WHERE t.attempt > 0 AND t.wave > r.wave
                AND NOT EXISTS (SELECT 1 FROM service_budget b WHERE b.service_id = r.service_id)"
        ));
        let early: Vec<i64> = early.scalars().await.unwrap();
        assert!(early.is_empty(), "targets began before their wave: {early:?}");
        let ended = db.query(sql!(
            "SELECT id, status || ' ' || CAST(attempt AS text) || ' ' || CAST(fence AS text) AS how FROM release_target
             WHERE status NOT IN ('QUEUED', 'RUNNING') ORDER BY id"
        ));
        let ended: Vec<(i64, String)> = ended.all().await.unwrap();
        for (target, how) in ended {
            let before = self.ended.entry(target).or_insert_with(|| how.clone());
            assert_eq!(*before, how, "target {target} had ended, and ended again");
        }
        let running: BTreeSet<i64> = running(self).await;
        let lost: Vec<_> = self.ended.keys().filter(|target| running.contains(target)).collect();
        assert!(lost.is_empty(), "targets had ended, and run again: {lost:?}");
    }

    pub async fn before_claim(&self) -> BeforeClaim {
        let db = &self.fleet.app.db;
        let suspended = db.query(sql!("SELECT count(*) AS counted FROM fleet WHERE suspension_id IS NOT NULL"));
        let barred = db.query(sql!(
            "SELECT id FROM release WHERE pause_reason IS NOT NULL OR finished_at IS NOT NULL OR stopped_at IS NOT NULL
                OR cancel_requested_at IS NOT NULL OR soaks_until IS NOT NULL
                OR ((on_failure = 'STOP' OR on_failure <> 'CONTINUE' AND origin <> 'UNDO')
                    AND failed + unknown + unhealthy - unreachable - forgiven_failures > max_failures)"
        ));
        BeforeClaim {
            is_suspended: suspended.scalar::<i64>().await.unwrap() > 0,
            barred: barred.scalars().await.unwrap().into_iter().collect(),
            unavailable: self.unavailable().await,
        }
    }

    /// A claim starts nothing that it may not, and never spends more than the budget. Undos may take one more.
    pub async fn check_claim(&self, before: &BeforeClaim, claimed: &[Claimed]) {
        assert!(!before.is_suspended || claimed.is_empty(), "claimed while the fleet is suspended");
        for Claimed { order, .. } in claimed {
            assert!(!before.barred.contains(&order.release_id), "release {} may start nothing", order.release_id);
        }
        let unavailable = self.unavailable().await;
        let undone = self.fleet.app.db.query(sql!(
            "SELECT t.instance_id FROM release_target t JOIN release r ON r.id = t.release_id
             WHERE t.status = 'RUNNING' AND r.origin = 'UNDO'"
        ));
        let undone: Vec<i64> = undone.scalars().await.unwrap();
        let taken = unavailable.difference(&before.unavailable).filter(|instance| !undone.contains(instance)).count();
        assert!(taken == 0 || unavailable.len() as i64 <= BUDGET, "the budget is overspent: {unavailable:?}");
    }

    /// The unavailable instances of the service with a budget.
    async fn unavailable(&self) -> BTreeSet<i64> {
        let unavailable = self.fleet.app.db.query(sql!("SELECT id FROM unavailable_instance WHERE service_id = $1"));
        unavailable.bind(self.services[1].id).scalars().await.unwrap().into_iter().collect()
    }

    pub async fn open_releases(&self) -> Vec<i64> {
        let open = self.fleet.app.db.query(sql!("SELECT id FROM release WHERE finished_at IS NULL ORDER BY id"));
        open.scalars().await.unwrap()
    }
}

async fn running(world: &World) -> BTreeSet<i64> {
    let running = world.fleet.app.db.query(sql!("SELECT id FROM release_target WHERE status IN ('QUEUED', 'RUNNING')"));
    running.scalars().await.unwrap().into_iter().collect()
}
