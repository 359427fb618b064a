//! Pages of the instances of all services.

use crate::schema::{Instance, InstanceFilter, PageInfo};
use async_graphql::{Context, Object, Result};
use sqlx::{PgPool, Postgres, QueryBuilder};

pub struct InstanceConnection {
    nodes: Vec<Instance>,
    has_next_page: bool,
    prefix: Option<String>,
}

#[Object]
impl InstanceConnection {
    async fn nodes(&self) -> &[Instance] {
        &self.nodes
    }

    async fn page_info(&self) -> PageInfo {
        let end_cursor = self.nodes.last().map(|last| format!("{}:{}", last.hostname, last.id));
        PageInfo { has_next_page: self.has_next_page, end_cursor }
    }

    /// Counted only where it is selected.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64> {
        let mut count = QueryBuilder::new("SELECT count(*) FROM instance WHERE status <> 'REMOVED'");
        push_prefix(&mut count, self.prefix.as_deref());
        Ok(count.build_query_scalar().fetch_one(ctx.data::<PgPool>()?).await?)
    }
}

pub async fn page(
    pool: &PgPool,
    first: i64,
    after: Option<String>,
    filter: Option<InstanceFilter>,
) -> Result<InstanceConnection> {
    let prefix = filter.and_then(|filter| filter.hostname_starts_with);
    let mut select = QueryBuilder::new(
        "SELECT id, service_id, host_id, version_id, hostname, port, tag, weight, status
         FROM instance WHERE status <> 'REMOVED'",
    );
    push_prefix(&mut select, prefix.as_deref());
    if let Some(cursor) = after {
        let (hostname, id) = cursor.split_once(':').ok_or("The cursor is malformed.")?;
        let id: i64 = id.parse()?;
        select.push(" AND (folded_hostname, id) > (").push_bind(hostname.to_owned()).push(", ").push_bind(id).push(")");
    }
    select.push(" ORDER BY folded_hostname, id LIMIT ").push_bind(first + 1);
    let mut nodes: Vec<Instance> = select.build_query_as().fetch_all(pool).await?;
    let wanted = usize::try_from(first)?;
    let has_next_page = nodes.len() > wanted;
    nodes.truncate(wanted);
    Ok(InstanceConnection { nodes, has_next_page, prefix })
}

/// A range, so that an index serves.
fn push_prefix(statement: &mut QueryBuilder<Postgres>, prefix: Option<&str>) {
    if let Some(prefix) = prefix {
        statement.push(" AND folded_hostname >= ").push_bind(prefix.to_owned());
        statement.push(" AND folded_hostname < ").push_bind(format!("{prefix}\u{10ffff}"));
    }
}
