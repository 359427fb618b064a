//! Fills an empty database with a large fleet: `cargo bench --bench fleet -- --database-url sqlite:fleet.db --size 30k`.

use clap::Parser;
use lockkeeper::store::Db;
use std::time::Instant;
use testkit::large::{Size, load};

/// Fills an empty database with a fleet, which is generated: the same numbers make the same rows.
#[derive(Parser)]
#[command(name = "cargo bench --bench fleet --", max_term_width = 100)]
struct Options {
    /// sqlite:FILE, or postgres://SUPERUSER@HOST/DATABASE
    #[arg(long)]
    database_url: String,
    /// 1k, 10k, 30k, 100k or 1m instances, with services, versions and hosts in proportion
    #[arg(long, default_value = "30k", value_parser = |name: &str| Size::named(name).ok_or("unknown size"))]
    size: Size,
    /// Number of services, in place of the size's
    #[arg(long)]
    services: Option<i64>,
    /// Number of versions of each service, in place of the size's
    #[arg(long)]
    versions: Option<i64>,
    /// Number of hosts, in place of the size's
    #[arg(long)]
    hosts: Option<i64>,
    /// Number of instances, in place of the size's
    #[arg(long)]
    instances: Option<i64>,
    /// Cargo passes it to every benchmark
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
    let start = Instant::now();
    Db::open(&database_url, 1).await?.close().await;
    load(&database_url, size).await?;
    println!("{size:?} in {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}
