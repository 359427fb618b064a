//! The part of lockkeeper's schema that is compared.

use crate::instances::{self, InstanceConnection};
use crate::loaders::{HostId, InstancesOf, Loaders, ServiceId, VersionId, VersionsOf};
use async_graphql::dataloader::DataLoader;
use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use sqlx::{FromRow, PgPool};

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum VersionAction {
    Upgrade,
    Revert,
}

#[derive(InputObject)]
pub struct InstanceFilter {
    pub hostname_starts_with: Option<String>,
}

#[derive(Clone, SimpleObject, FromRow)]
#[graphql(complex)]
pub struct Service {
    #[graphql(skip)]
    pub id: i64,
    name: String,
    language: String,
    description: String,
}

#[ComplexObject]
impl Service {
    async fn id(&self) -> ID {
        self.id.into()
    }

    async fn versions(
        &self,
        ctx: &Context<'_>,
        #[graphql(validator(minimum = 0, maximum = 200))] first: i64,
    ) -> Result<VersionConnection> {
        let nodes = loaders(ctx)?.load_one(VersionsOf { service: self.id, first }).await?;
        Ok(VersionConnection { nodes: nodes.unwrap_or_default() })
    }

    async fn instances(
        &self,
        ctx: &Context<'_>,
        #[graphql(validator(minimum = 0, maximum = 200))] first: i64,
    ) -> Result<ServiceInstanceConnection> {
        let nodes = loaders(ctx)?.load_one(InstancesOf { service: self.id, first }).await?;
        Ok(ServiceInstanceConnection { nodes: nodes.unwrap_or_default() })
    }
}

#[derive(Clone, SimpleObject, FromRow)]
pub struct Host {
    #[graphql(skip)]
    pub id: i64,
    hostname: String,
    address: String,
}

#[derive(Clone, SimpleObject, FromRow)]
#[graphql(complex)]
pub struct Version {
    #[graphql(skip)]
    pub id: i64,
    #[graphql(skip)]
    pub service_id: i64,
    name: String,
    build_status: String,
    /// Neither withdrawn nor removed.
    #[graphql(skip)]
    offered: bool,
}

#[ComplexObject]
impl Version {
    async fn id(&self) -> ID {
        self.id.into()
    }

    async fn enabled(&self, action: VersionAction, current_version: ID) -> Result<bool> {
        let current: i64 = current_version.parse()?;
        let direction = match action {
            VersionAction::Upgrade => self.id > current,
            VersionAction::Revert => self.id < current,
        };
        Ok(direction && self.offered && self.build_status == "SUCCEEDED")
    }
}

#[derive(Clone, SimpleObject, FromRow)]
#[graphql(complex)]
pub struct Instance {
    #[graphql(skip)]
    pub id: i64,
    #[graphql(skip)]
    pub service_id: i64,
    #[graphql(skip)]
    host_id: i64,
    #[graphql(skip)]
    version_id: Option<i64>,
    #[graphql(skip)]
    pub hostname: String,
    port: Option<i64>,
    tag: Option<String>,
    weight: i64,
    status: String,
}

#[ComplexObject]
impl Instance {
    async fn id(&self) -> ID {
        self.id.into()
    }

    async fn service(&self, ctx: &Context<'_>) -> Result<Service> {
        let service = loaders(ctx)?.load_one(ServiceId(self.service_id)).await?;
        service.ok_or_else(|| "The service of the instance does not exist.".into())
    }

    async fn host(&self, ctx: &Context<'_>) -> Result<Host> {
        let host = loaders(ctx)?.load_one(HostId(self.host_id)).await?;
        host.ok_or_else(|| "The host of the instance does not exist.".into())
    }

    async fn version(&self, ctx: &Context<'_>) -> Result<Option<Version>> {
        match self.version_id {
            Some(id) => Ok(loaders(ctx)?.load_one(VersionId(id)).await?),
            None => Ok(None),
        }
    }
}

#[derive(SimpleObject)]
pub struct VersionConnection {
    nodes: Vec<Version>,
}

#[derive(SimpleObject)]
pub struct ServiceInstanceConnection {
    nodes: Vec<Instance>,
}

#[derive(SimpleObject)]
pub struct ServiceConnection {
    nodes: Vec<Service>,
}

#[derive(SimpleObject)]
pub struct PageInfo {
    pub has_next_page: bool,
    pub end_cursor: Option<String>,
}

pub struct Query;

#[Object]
impl Query {
    async fn service(&self, ctx: &Context<'_>, name: String) -> Result<Option<Service>> {
        let text = "SELECT id, name, language, description FROM service WHERE name = $1 AND removed_at IS NULL";
        Ok(sqlx::query_as(text).bind(name).fetch_optional(ctx.data::<PgPool>()?).await?)
    }

    async fn services(
        &self,
        ctx: &Context<'_>,
        #[graphql(validator(minimum = 0, maximum = 200))] first: i64,
    ) -> Result<ServiceConnection> {
        let text = "SELECT id, name, language, description FROM service WHERE removed_at IS NULL
                    ORDER BY name, id LIMIT $1";
        Ok(ServiceConnection { nodes: sqlx::query_as(text).bind(first).fetch_all(ctx.data::<PgPool>()?).await? })
    }

    async fn instances(
        &self,
        ctx: &Context<'_>,
        #[graphql(validator(minimum = 0, maximum = 200))] first: i64,
        after: Option<String>,
        filter: Option<InstanceFilter>,
    ) -> Result<InstanceConnection> {
        instances::page(ctx.data::<PgPool>()?, first, after, filter).await
    }
}

fn loaders<'c>(ctx: &Context<'c>) -> Result<&'c DataLoader<Loaders>> {
    ctx.data()
}
