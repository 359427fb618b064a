//! The instances that the releases move, and the requests for these releases.

use crate::direction::Direction;
use crate::floor::release::ReleaseRequest;
use crate::load::Request;
use crate::queries::Protocol;
use lockkeeper::domain::Kind;
use serde_json::json;
use sqlx::PgPool;

/// How many instances one release moves.
pub const INSTANCES_PER_RELEASE: usize = 10;

/// Instances of one service, by their hosts, which are moved forth and back.
pub struct Move {
    pub service: i64,
    hosts: Vec<i64>,
    newer: i64,
    older: i64,
}

impl Move {
    /// All moves of a fleet, one of each service before the second of any, so that concurrent requests are about
    /// different services. Instances with a hold are left out.
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
            for (round, hosts) in hosts.chunks_exact(INSTANCES_PER_RELEASE).enumerate() {
                moves.push((round, Move { service, hosts: hosts.to_vec(), newer, older }));
            }
        }
        moves.sort_by_key(|(round, _)| *round);
        Ok(moves.into_iter().map(|(_, one)| one).collect())
    }

    /// The request for one system; `max_parallel` is the rollout's.
    pub fn request(&self, protocol: &Protocol, port: u16, direction: Direction, max_parallel: usize) -> Request {
        let (version, path, document) = match direction {
            Direction::Upgrade => {
                (self.newer, "/release/upgrade", include_str!("../documents/lockkeeper/upgrade.graphql"))
            }
            Direction::Revert => {
                (self.older, "/release/revert", include_str!("../documents/lockkeeper/revert.graphql"))
            }
        };
        match protocol {
            Protocol::Paths { .. } => {
                let request = ReleaseRequest { service: self.service, version, hosts: self.hosts.clone() };
                Request::post(port, path, "", &json!(request).to_string())
            }
            Protocol::Graphql { .. } => {
                let id = |kind: Kind, number: i64| kind.id(number).to_string();
                let input = json!({
                    "serviceId": id(Kind::Service, self.service),
                    "versionId": id(Kind::Version, version),
                    "hosts": { "hostIds": self.hosts.iter().map(|host| id(Kind::Host, *host)).collect::<Vec<_>>() },
                    "rollout": { "maxParallel": { "count": max_parallel } },
                });
                protocol.request(port, document, &json!({ "input": input }))
            }
        }
    }
}

/// Whether a release of all its instances was accepted.
pub fn is_accepted(body: &[u8]) -> bool {
    let count = format!("\"acceptedCount\":{INSTANCES_PER_RELEASE}");
    body.windows(count.len()).any(|bytes| bytes == count.as_bytes())
}
