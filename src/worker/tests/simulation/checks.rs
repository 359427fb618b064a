//! What must hold after each step.

use super::world::{BUDGET, World};
use crate::store::db::sql::{Sql, sql};
use crate::store::doctor;
use crate::store::queue::Claimed;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// What the checks have seen: nothing was written since, as long as it stays the same.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    commits: u64,
    data_version: i64,
}

/// The targets that have ended, with how.
#[derive(Default)]
pub struct Ended {
    /// As the database listed them.
    text: String,
    targets: BTreeMap<i64, String>,
}

/// What there was before a claim.
pub struct BeforeClaim {
    is_suspended: bool,
    /// The releases of which nothing may start.
    barred: BTreeSet<i64>,
    unavailable: BTreeSet<i64>,
}

/// What is wrong, and where: all that the doctor finds, and which targets began too early or are too many; and what has ended. It is one
/// statement, since each that sqlx passes on costs more than what it does here. For SQLite only.
static STATE: LazyLock<Sql> = LazyLock::new(|| {
    let of_doctor = doctor::queries().map(|(_, query)| format!("SELECT what, place FROM ({})", query.sqlite()));
    let own = [
        "SELECT 'A target began before its wave.' AS what, 'tgt_' || t.id AS place
         FROM release_target t JOIN release r ON r.id = t.release_id WHERE t.attempt > 0 AND t.wave > r.wave
            AND NOT EXISTS (SELECT 1 FROM service_budget b WHERE b.service_id = r.service_id)"
            .to_owned(),
        "SELECT 'A release exceeds its limit for a label.', 'rel_' || r.id
         FROM release r JOIN release_target t ON t.release_id = r.id AND t.status = 'RUNNING'
         JOIN instance i ON i.id = t.instance_id
         LEFT JOIN host_label l ON l.host_id = i.host_id AND l.key = r.label_key
         WHERE r.label_key IS NOT NULL GROUP BY r.id, l.value HAVING count(*) > r.label_count"
            .to_owned(),
        format!(
            "SELECT '{ENDED}', COALESCE(string_agg(id || ' ' || status || ' ' || attempt || ' ' || fence, ',' ORDER BY id), '')
             FROM release_target WHERE status NOT IN ('QUEUED', 'RUNNING')"
        ),
    ];
    Sql::new([&of_doctor[..], &own[..]].concat().join(" UNION ALL ").leak())
});

/// Says that a row has the targets that have ended.
const ENDED: &str = "ENDED";

/// Changes when another connection has written. For SQLite only.
static DATA_VERSION: Sql = Sql::new("PRAGMA data_version");

impl World {
    /// Checks everything, unless nothing was written since the last time.
    pub async fn check(&mut self) {
        if !self.has_changed().await {
            return;
        }
        let db = &self.fleet.app.db;
        let mut rows: Vec<(String, String)> = db.query(&STATE).all().await.unwrap();
        let (_, ended) = rows.pop_if(|(what, _)| what == ENDED).expect("what has ended is the last row");
        assert_eq!(rows, []);
        self.ended.check(ended);
    }

    /// Whether anything was written since this was last asked.
    async fn has_changed(&mut self) -> bool {
        let db = &self.fleet.app.db;
        let commits = db.commits();
        if commits == self.checked.commits {
            return false;
        }
        // All reads are on one connection.
        let now = Checked { commits, data_version: db.query(&DATA_VERSION).scalar().await.unwrap() };
        let before = std::mem::replace(&mut self.checked, now);
        now.data_version != before.data_version
    }

    pub async fn before_claim(&self) -> BeforeClaim {
        let rows = self.fleet.app.db.query(sql!(
            "SELECT 'SUSPENDED' AS what, suspension_id AS id FROM fleet WHERE suspension_id IS NOT NULL
             UNION ALL
             SELECT 'BARRED', id FROM release WHERE pause_reason IS NOT NULL OR finished_at IS NOT NULL
                OR stopped_at IS NOT NULL OR cancel_requested_at IS NOT NULL OR soaks_until IS NOT NULL
                OR ((on_failure = 'STOP' OR on_failure <> 'CONTINUE' AND origin <> 'UNDO')
                    AND failed + unknown + unhealthy - unreachable - forgiven_failures > max_failures)
             UNION ALL
             SELECT 'UNAVAILABLE', id FROM unavailable_instance WHERE service_id = $1"
        ));
        let rows: Vec<(String, i64)> = rows.bind(self.services[1].id).all().await.unwrap();
        let of =
            |kind: &str| rows.iter().filter(|(what, _)| what == kind).map(|(_, id)| *id).collect::<BTreeSet<i64>>();
        BeforeClaim { is_suspended: !of("SUSPENDED").is_empty(), barred: of("BARRED"), unavailable: of("UNAVAILABLE") }
    }

    /// A claim starts nothing that it may not, and never spends more than the budget. Undos may take one more.
    pub async fn check_claim(&self, before: &BeforeClaim, claimed: &[Claimed]) {
        assert!(!before.is_suspended || claimed.is_empty(), "claimed while the fleet is suspended");
        for Claimed { order, .. } in claimed {
            assert!(!before.barred.contains(&order.release_id), "release {} may start nothing", order.release_id);
        }
        let unavailable = self.fleet.app.db.query(sql!(
            "SELECT id, EXISTS (SELECT 1 FROM release_target t JOIN release r ON r.id = t.release_id
                WHERE t.instance_id = u.id AND t.status = 'RUNNING' AND r.origin = 'UNDO') AS is_undone
             FROM unavailable_instance u WHERE service_id = $1"
        ));
        let unavailable: Vec<(i64, bool)> = unavailable.bind(self.services[1].id).all().await.unwrap();
        let taken = unavailable.iter().any(|(id, is_undone)| !is_undone && !before.unavailable.contains(id));
        assert!(!taken || unavailable.len() as i64 <= BUDGET, "the budget is overspent: {unavailable:?}");
    }

    pub async fn is_suspended(&self) -> bool {
        let suspended = sql!("SELECT suspension_id IS NOT NULL AS is_suspended FROM fleet");
        self.fleet.app.db.query(suspended).scalar().await.unwrap()
    }

    pub async fn open_releases(&self) -> Vec<i64> {
        let open = self.fleet.app.db.query(sql!("SELECT id FROM release WHERE finished_at IS NULL ORDER BY id"));
        open.scalars().await.unwrap()
    }
}

impl Ended {
    /// What had ended has ended in the same way, and nothing of it runs again.
    fn check(&mut self, text: String) {
        if text == self.text {
            return;
        }
        let target = |line: &str| {
            let (id, how) = line.split_once(' ').unwrap();
            (id.parse().unwrap(), how.to_owned())
        };
        let targets: BTreeMap<i64, String> = text.split(',').filter(|line| !line.is_empty()).map(target).collect();
        for (id, before) in &self.targets {
            assert_eq!(targets.get(id), Some(before), "target {id} had ended, and runs again or ended again");
        }
        *self = Ended { text, targets };
    }
}
