//! What is moved, and in which words that is asked for.

use crate::floor::release::Asked;
use crate::load::Request;
use crate::way::Way;
use crate::work::Speaks;
use lockkeeper::domain::Kind;
use serde_json::json;
use sqlx::PgPool;

/// How many instances one release moves.
pub const MOVED: usize = 10;

/// Ten instances of one service, by their hosts, which are moved to and fro.
pub struct Move {
    pub service: i64,
    hosts: Vec<i64>,
    newer: i64,
    older: i64,
}

impl Move {
    /// All that a fleet has for it, one of each service before the second of any: whoever asks at the same time asks of
    /// other services. The instances that a hold has are left out.
    pub async fn all(database: &str) -> anyhow::Result<Vec<Move>> {
        let pool = PgPool::connect(database).await?;
        let services: Vec<(i64, Vec<i64>, i64, i64)> = sqlx::query_as(
            "SELECT i.service_id, array_agg(i.host_id ORDER BY i.id),
                (SELECT id FROM version WHERE service_id = i.service_id ORDER BY id OFFSET 14 LIMIT 1),
                (SELECT id FROM version WHERE service_id = i.service_id ORDER BY id OFFSET 4 LIMIT 1)
             FROM instance i WHERE NOT EXISTS (SELECT 1 FROM hold h WHERE h.instance_id = i.id)
             GROUP BY i.service_id ORDER BY i.service_id",
        )
        .fetch_all(&pool)
        .await?;
        let mut moves = Vec::new();
        for (service, hosts, newer, older) in services {
            for (place, hosts) in hosts.chunks_exact(MOVED).enumerate() {
                moves.push((place, Move { service, hosts: hosts.to_vec(), newer, older }));
            }
        }
        moves.sort_by_key(|(place, _)| *place);
        Ok(moves.into_iter().map(|(_, one)| one).collect())
    }

    /// Asks one system for it, to be carried out so many at a time.
    pub fn request(&self, speaks: &Speaks, port: u16, way: Way, at_a_time: usize) -> Request {
        let (version, path, document) = match way {
            Way::Upgrade => (self.newer, "/release/upgrade", include_str!("../documents/lockkeeper/upgrade.graphql")),
            Way::Revert => (self.older, "/release/revert", include_str!("../documents/lockkeeper/revert.graphql")),
        };
        match speaks {
            Speaks::Paths { .. } => {
                let asked = Asked { service: self.service, version, hosts: self.hosts.clone() };
                Request::post(port, path, "", &json!(asked).to_string())
            }
            Speaks::Graphql { .. } => {
                let id = |kind: Kind, number: i64| kind.id(number).to_string();
                let input = json!({
                    "serviceId": id(Kind::Service, self.service),
                    "versionId": id(Kind::Version, version),
                    "hosts": { "hostIds": self.hosts.iter().map(|host| id(Kind::Host, *host)).collect::<Vec<_>>() },
                    "rollout": { "maxParallel": { "count": at_a_time } },
                });
                speaks.ask(port, document, &json!({ "input": input }))
            }
        }
    }
}

/// Whether a release that moves all of its instances was accepted.
pub fn is_accepted(body: &[u8]) -> bool {
    let told = format!("\"acceptedCount\":{MOVED}");
    body.windows(told.len()).any(|bytes| bytes == told.as_bytes())
}
