//! The paths of the floor's queries, with names and numbers of rows in place of ids and cursors.

use crate::queries::{PREFIX, Query, Samples};
use serde_json::{Value, json};
use sqlx::PgPool;

/// Values for the queries' parameters, read from the database.
pub async fn samples(database: &str) -> anyhow::Result<Samples> {
    let pool = PgPool::connect(database).await?;
    let services: Vec<(String, i64)> = sqlx::query_as(
        "SELECT s.name, (SELECT v.id FROM version v WHERE v.service_id = s.id AND v.removed_at IS NULL
             ORDER BY v.id DESC OFFSET 10 LIMIT 1)
         FROM service s WHERE s.removed_at IS NULL ORDER BY s.name LIMIT 100",
    )
    .fetch_all(&pool)
    .await?;
    let statement = "SELECT hostname, id FROM instance WHERE status <> 'REMOVED' AND folded_hostname >= $1 ORDER BY folded_hostname, id OFFSET $2 LIMIT 1";
    let mut ends = Vec::new();
    for (from, offset) in [("", 199), ("", 399), ("", 599), ("", 799), ("", 999), (PREFIX, 199_i64)] {
        let (hostname, id): (String, i64) = sqlx::query_as(statement).bind(from).bind(offset).fetch_one(&pool).await?;
        ends.push(json!(format!("{hostname}:{id}")));
    }
    let filtered = ends.pop().unwrap_or_default();
    Ok(Samples {
        services: services.into_iter().map(|(name, version)| (name, json!(version))).collect(),
        pages: std::array::from_fn(|page| ends[page].clone()),
        filtered,
    })
}

/// The paths of a query.
pub fn paths(query: Query, samples: &Samples) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match query {
        Query::Q1 => {
            samples.services.iter().map(|(name, current)| format!("/q1?name={name}&current={current}")).collect()
        }
        Query::Q2 => vec!["/q2".to_owned()],
        Query::Q3 => {
            let [c1, c2, c3, c4, c5] = samples.pages.each_ref().map(text);
            vec![format!("/q3?c1={c1}&c2={c2}&c3={c3}&c4={c4}&c5={c5}")]
        }
        Query::Q4 => vec![format!("/q4?after={}", text(&samples.filtered))],
    }
}
