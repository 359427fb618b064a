//! Names that are near another one in their order: those from which a message about an unknown name suggests some.
//! However many names there are, an index gives at most 100 before it and 100 from it on.

use super::{Result, Tx};
use crate::domain::name::folded_hostname;

macro_rules! near {
    ($name:literal, $order:literal, $rows:literal) => {
        sql!(concat!(
            "SELECT name FROM (SELECT ",
            $name,
            " AS name FROM ",
            $rows,
            " AND ",
            $order,
            " >= $1 ORDER BY ",
            $order,
            " LIMIT 100) AS following UNION ALL SELECT name FROM (SELECT ",
            $name,
            " AS name FROM ",
            $rows,
            " AND ",
            $order,
            " < $1 ORDER BY ",
            $order,
            " DESC LIMIT 100) AS preceding"
        ))
    };
}

/// Returns names of services near this one.
pub async fn services(tx: &mut Tx, name: &str) -> Result<Vec<String>> {
    tx.query(near!("name", "name", "service WHERE removed_at IS NULL")).bind(bindable(name)).scalars().await
}

/// Returns hostnames near this one.
pub async fn hosts(tx: &mut Tx, hostname: &str) -> Result<Vec<String>> {
    tx.query(near!("hostname", "folded_hostname", "host WHERE removed_at IS NULL"))
        .bind(bindable(&folded_hostname(hostname)))
        .scalars()
        .await
}

/// Returns names of a service's versions near this one.
pub async fn versions(tx: &mut Tx, service_id: i64, name: &str) -> Result<Vec<String>> {
    tx.query(near!("name", "name", "version WHERE service_id = $2 AND removed_at IS NULL"))
        .bind(bindable(name))
        .bind(service_id)
        .scalars()
        .await
}

/// Returns hostnames of a service's instances near this one.
pub async fn instances(tx: &mut Tx, service_id: i64, hostname: &str) -> Result<Vec<String>> {
    tx.query(near!("hostname", "folded_hostname", "instance WHERE service_id = $2 AND status <> 'REMOVED'"))
        .bind(bindable(&folded_hostname(hostname)))
        .bind(service_id)
        .scalars()
        .await
}

/// A text as a parameter: PostgreSQL takes none with a NUL.
fn bindable(name: &str) -> String {
    name.replace('\0', "")
}
