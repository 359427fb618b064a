//! What is nested is loaded for all parents at once.

use crate::schema::{Host, Instance, Service, Version};
use async_graphql::dataloader::Loader;
use sqlx::PgPool;
use std::collections::HashMap;
use std::sync::Arc;

pub struct Loaders {
    pub pool: PgPool,
}

/// An error that everybody gets who waits for the same statement.
type Error = Arc<sqlx::Error>;

macro_rules! by_id {
    ($key:ident, $value:ident, $text:literal) => {
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $key(pub i64);

        impl Loader<$key> for Loaders {
            type Value = $value;
            type Error = Error;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, $value>, Error> {
                let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
                let rows: Vec<$value> = sqlx::query_as($text).bind(ids).fetch_all(&self.pool).await?;
                Ok(rows.into_iter().map(|row| ($key(row.id), row)).collect())
            }
        }
    };
}

by_id!(ServiceId, Service, "SELECT id, name, language, description FROM service WHERE id = ANY($1)");
by_id!(HostId, Host, "SELECT id, hostname, address FROM host WHERE id = ANY($1)");
by_id!(
    VersionId,
    Version,
    "SELECT id, service_id, name, build_status, withdrawn_at IS NULL AND removed_at IS NULL AS offered
     FROM version WHERE id = ANY($1)"
);

/// The first rows of each service: a statement for each number of rows that is asked for.
macro_rules! of_service {
    ($key:ident, $value:ident, $text:literal) => {
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $key {
            pub service: i64,
            pub first: i64,
        }

        impl Loader<$key> for Loaders {
            type Value = Vec<$value>;
            type Error = Error;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Vec<$value>>, Error> {
                let mut services: HashMap<i64, Vec<i64>> = HashMap::new();
                for key in keys {
                    services.entry(key.first).or_default().push(key.service);
                }
                let mut lists: HashMap<$key, Vec<$value>> = HashMap::with_capacity(keys.len());
                for (first, services) in services {
                    let rows: Vec<$value> =
                        sqlx::query_as($text).bind(services).bind(first).fetch_all(&self.pool).await?;
                    for row in rows {
                        lists.entry($key { service: row.service_id, first }).or_default().push(row);
                    }
                }
                Ok(lists)
            }
        }
    };
}

of_service!(
    VersionsOf,
    Version,
    "SELECT v.* FROM unnest($1::bigint[]) AS s(id) CROSS JOIN LATERAL
     (SELECT id, service_id, name, build_status, withdrawn_at IS NULL AS offered FROM version
      WHERE service_id = s.id AND removed_at IS NULL ORDER BY id DESC LIMIT $2) AS v"
);
of_service!(
    InstancesOf,
    Instance,
    "SELECT i.* FROM unnest($1::bigint[]) AS s(id) CROSS JOIN LATERAL
     (SELECT id, service_id, host_id, version_id, hostname, port, tag, weight, status FROM instance
      WHERE service_id = s.id AND status <> 'REMOVED' ORDER BY folded_hostname, id LIMIT $2) AS i"
);
