//! Loads a large fleet into an empty database: `cargo bench --bench fleet -- --database-url sqlite:fleet.db --size 30k`.

use clap::Parser;
use lockkeeper::store::Db;
use std::time::Instant;
use testkit::large::{Size, load};

/// Loads a fleet into an empty database, made by arithmetic: the same rows for the same numbers.
#[derive(Parser)]
#[command(name = "cargo bench --bench fleet --", max_term_width = 100)]
struct Options {
    /// sqlite:FILE, or postgres://SUPERUSER@HOST/DATABASE
    #[arg(long)]
    database_url: String,
    /// 1k, 10k, 30k, 100k or 1m instances, with the services, versions and hosts that go with them
    #[arg(long, default_value = "30k", value_parser = |name: &str| Size::named(name).ok_or("no such size"))]
    size: Size,
    /// Another number of services
    #[arg(long)]
    services: Option<i64>,
    /// Another number of versions of each service
    #[arg(long)]
    versions: Option<i64>,
    /// Another number of hosts
    #[arg(long)]
    hosts: Option<i64>,
    /// Another number of instances
    #[arg(long)]
    instances: Option<i64>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Options { database_url, size, services, versions, hosts, instances, bench: _ } = Options::parse();
    let size = Size {
        services: services.unwrap_or(size.services),
        versions: versions.unwrap_or(size.versions),
        hosts: hosts.unwrap_or(size.hosts),
        instances: instances.unwrap_or(size.instances),
    };
    let begun = Instant::now();
    Db::open(&database_url, 1).await?.close().await;
    load(&database_url, size).await?;
    println!("{size:?} in {:.1} s", begun.elapsed().as_secs_f64());
    Ok(())
}
