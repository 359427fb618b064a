//! `lockkeeper serve`.

use super::{logging, process};
use crate::config::{CommonArgs, ServeArgs, Settings};
use crate::gate::Gate;
use crate::server::tls;
use crate::store::Owner;
use anyhow::Context;
use tokio::net::TcpListener;

pub async fn run(common: &CommonArgs, serve: &ServeArgs) -> anyhow::Result<()> {
    let settings = Settings::load(common, serve)?;
    logging::start(settings.log_format);
    let mut gate = Gate::for_api(settings.limits);
    if let Some(file) = &settings.trusted_documents {
        gate.trust_only(file)?;
    }
    let _owner = Owner::take(&settings.database_url).await?;
    let listener =
        TcpListener::bind(settings.listen).await.with_context(|| format!("It cannot listen on {}", settings.listen))?;
    let tls = settings.tls.clone().map(tls::load).transpose().context("TLS cannot be set up")?;
    let app = process::app(&settings).await?;
    let address = listener.local_addr()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    if tls.is_none() && !address.ip().is_loopback() {
        tracing::warn!(
            %address,
            "tokens travel unencrypted: the server listens beyond this machine without TLS. Set --tls-cert and \
             --tls-key, or let a proxy on this machine end TLS and listen on 127.0.0.1."
        );
    }
    let ready = || println!("lockkeeper serves {scheme}://{address}/graphql");
    process::run(app, gate, listener, tls, &settings, ready).await
}
