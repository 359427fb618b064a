//! Budgets of services: setting them, and what claims need to know of them.

use super::{Db, Ids, Result, Tx};
use crate::domain::budget::{Budget, PerLabel, Waiting};
use crate::domain::release::ReleaseAction;
use crate::domain::release::rollout::Amount;

#[derive(sqlx::FromRow)]
struct Row {
    service_id: i64,
    max_count: Option<i64>,
    max_percent: Option<i64>,
    label_key: Option<String>,
    label_count: Option<i64>,
}

impl Row {
    fn into_budget(self) -> (i64, Budget) {
        let Row { service_id, max_count, max_percent, label_key, label_count } = self;
        let max_unavailable = max_count.map(Amount::Count).or_else(|| max_percent.map(Amount::Percent));
        let max_per_label = label_key.zip(label_count).map(|(key, count)| PerLabel { key, count });
        (service_id, Budget { max_unavailable, max_per_label })
    }
}

/// Returns the budget of a service; one without limits if it has none.
pub async fn of_service(tx: &mut Tx, service_id: i64) -> Result<Budget> {
    let row = tx.query(sql!(
        "SELECT service_id, max_count, max_percent, label_key, label_count FROM service_budget WHERE service_id = $1"
    ));
    let row: Option<Row> = row.bind(service_id).optional().await?;
    Ok(row.map(|row| row.into_budget().1).unwrap_or_default())
}

/// Sets the budget of a locked service, or removes it if it has no limits.
pub async fn set(tx: &mut Tx, service_id: i64, budget: &Budget) -> Result<()> {
    let (count, percent) = match budget.max_unavailable {
        Some(Amount::Count(count)) => (Some(count), None),
        Some(Amount::Percent(percent)) => (None, Some(percent)),
        None => (None, None),
    };
    if *budget == Budget::default() {
        tx.query(sql!("DELETE FROM service_budget WHERE service_id = $1")).bind(service_id).execute().await?;
        return Ok(());
    }
    tx.query(sql!(
        "INSERT INTO service_budget (service_id, max_count, max_percent, label_key, label_count)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (service_id) DO UPDATE SET max_count = $2, max_percent = $3, label_key = $4, label_count = $5"
    ))
    .bind(service_id)
    .bind(count)
    .bind(percent)
    .bind(budget.max_per_label.as_ref().map(|limit| limit.key.as_str()))
    .bind(budget.max_per_label.as_ref().map(|limit| limit.count))
    .execute()
    .await?;
    Ok(())
}

/// A service of which more instances are unavailable than its budget allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overspent {
    pub service: String,
    pub limit: i64,
    pub spent: i64,
}

/// A service, the count or the share of its budget, its instances, and how many of them are unavailable.
type Spent = (String, Option<i64>, Option<i64>, i64, i64);

/// Returns the services whose budgets are overspent. Maintenance and a lower limit overspend one without a claim.
pub async fn overspent(db: &Db) -> Result<Vec<Overspent>> {
    let rows = db.query(sql!(
        "SELECT s.name, b.max_count, b.max_percent,
            (SELECT count(*) FROM instance i WHERE i.service_id = s.id AND i.status <> 'REMOVED'
                AND i.version_id IS NOT NULL) AS instances,
            (SELECT count(*) FROM unavailable_instance u WHERE u.service_id = s.id) AS spent
         FROM service_budget b JOIN service s ON s.id = b.service_id ORDER BY s.name"
    ));
    let rows: Vec<Spent> = rows.all().await?;
    let overspent = |(service, count, percent, instances, spent): Spent| {
        let max_unavailable = count.map(Amount::Count).or_else(|| percent.map(Amount::Percent));
        let limit = Budget { max_unavailable, max_per_label: None }.limit(instances)?;
        (spent > limit).then_some(Overspent { service, limit, spent })
    };
    Ok(rows.into_iter().filter_map(overspent).collect())
}

/// A service of which more instances with the same value of a label are unavailable than its budget allows.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OverspentLabel {
    pub service: String,
    pub key: String,
    /// `None` for hosts without the label.
    pub value: Option<String>,
    pub limit: i64,
    pub spent: i64,
}

/// Returns the values of labels for which the budgets of services are overspent.
pub async fn overspent_labels(db: &Db) -> Result<Vec<OverspentLabel>> {
    db.query(sql!(
        "SELECT s.name AS service, b.label_key AS key, l.value, b.label_count AS \"limit\", count(*) AS spent
         FROM service_budget b JOIN service s ON s.id = b.service_id
         JOIN unavailable_instance u ON u.service_id = b.service_id
         LEFT JOIN host_label l ON l.host_id = u.host_id AND l.key = b.label_key
         WHERE b.label_key IS NOT NULL
         GROUP BY s.name, b.label_key, l.value, b.label_count HAVING count(*) > b.label_count
         ORDER BY s.name, l.value"
    ))
    .all()
    .await
}

/// Locks the budgets of these services, except for those that another claim has locked. Returns those that it locked.
pub async fn lock_free(tx: &mut Tx, services: &[i64]) -> Result<Vec<(i64, Budget)>> {
    let rows = tx.query(sql!(
        "SELECT service_id, max_count, max_percent, label_key, label_count FROM service_budget
         WHERE service_id {any $1} ORDER BY service_id {skip_locked}"
    ));
    let rows: Vec<Row> = rows.bind(Ids(services)).all().await?;
    Ok(rows.into_iter().map(Row::into_budget).collect())
}

/// Returns how many instances of these services have a version, by service.
pub async fn instances(tx: &mut Tx, services: &[i64]) -> Result<Vec<(i64, i64)>> {
    tx.query(sql!(
        "SELECT service_id, count(*) AS instances FROM instance
         WHERE service_id {any $1} AND status <> 'REMOVED' AND version_id IS NOT NULL GROUP BY service_id"
    ))
    .bind(Ids(services))
    .all()
    .await
}

/// Returns the unavailable instances of these services: the service, the instance, and its value of the budget's label.
pub async fn unavailable(tx: &mut Tx, services: &[i64]) -> Result<Vec<(i64, i64, Option<String>)>> {
    tx.query(sql!(
        "SELECT u.service_id, u.id, l.value FROM unavailable_instance u
         LEFT JOIN service_budget b ON b.service_id = u.service_id
         LEFT JOIN host_label l ON l.host_id = u.host_id AND l.key = b.label_key
         WHERE u.service_id {any $1}"
    ))
    .bind(Ids(services))
    .all()
    .await
}

#[derive(sqlx::FromRow)]
struct WaitingRow {
    target_id: i64,
    release_id: i64,
    ordinal: i64,
    service_id: i64,
    instance_id: i64,
    label: Option<String>,
    release_label: Option<String>,
    action: ReleaseAction,
    is_undo: bool,
    is_open: bool,
    took_room: bool,
}

/// Returns what budgets have to know of these queued targets, each with whether its release has a target running that took
/// room.
pub async fn waiting(tx: &mut Tx, targets: &[i64]) -> Result<Vec<(Waiting, bool)>> {
    let rows = tx.query(sql!(
        "SELECT t.id AS target_id, t.release_id, t.ordinal, r.service_id, t.instance_id, l.value AS label,
            m.value AS release_label, r.action,
            r.origin = 'UNDO' AS is_undo, t.wave <= r.wave AS is_open,
            EXISTS (SELECT 1 FROM release_target x WHERE x.release_id = t.release_id AND x.status = 'RUNNING'
                AND x.took_room) AS took_room
         FROM release_target t JOIN release r ON r.id = t.release_id
         LEFT JOIN service_budget b ON b.service_id = r.service_id
         LEFT JOIN host_label l ON l.host_id = t.host_id AND l.key = b.label_key
         LEFT JOIN host_label m ON m.host_id = t.host_id AND m.key = r.label_key
         WHERE t.id {any $1}"
    ));
    let rows: Vec<WaitingRow> = rows.bind(Ids(targets)).all().await?;
    let waiting = |row: WaitingRow| {
        let waiting = Waiting {
            target_id: row.target_id,
            release_id: row.release_id,
            ordinal: row.ordinal,
            service_id: row.service_id,
            instance_id: row.instance_id,
            label: row.label,
            release_label: row.release_label,
            is_undo: row.is_undo,
            is_open: row.is_open,
            is_counted: row.action != ReleaseAction::Install,
        };
        (waiting, row.took_room)
    };
    Ok(rows.into_iter().map(waiting).collect())
}

/// Returns how many targets of these releases run, by release and by the value of the release's own label.
pub async fn running_by_label(tx: &mut Tx, releases: &[i64]) -> Result<Vec<(i64, Option<String>, i64)>> {
    tx.query(sql!(
        "SELECT t.release_id, l.value, count(*) AS running FROM release_target t JOIN release r ON r.id = t.release_id
         LEFT JOIN host_label l ON l.host_id = t.host_id AND l.key = r.label_key
         WHERE t.release_id {any $1} AND t.status = 'RUNNING' GROUP BY t.release_id, l.value"
    ))
    .bind(Ids(releases))
    .all()
    .await
}

/// Notes that the claims of these targets took room.
pub async fn take_room(tx: &mut Tx, targets: &[i64]) -> Result<()> {
    tx.query(sql!("UPDATE release_target SET took_room = true WHERE id {any $1}")).bind(Ids(targets)).execute().await?;
    Ok(())
}
