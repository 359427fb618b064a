//! `lockkeeper serve`.

use super::{logging, process, waits};
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
        TcpListener::bind(settings.listen).await.with_context(|| format!("Cannot listen on {}", settings.listen))?;
    let tls = settings.tls.clone().map(tls::load).transpose().context("Cannot set up TLS")?;
    let app = process::app(&settings).await?;
    waits::warn(&app, &settings).await?;
    let address = listener.local_addr()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    if tls.is_none() && !address.ip().is_loopback() {
        tracing::warn!(
            %address,
            "tokens travel unencrypted: the server listens beyond this machine without TLS. Set --tls-cert and \
             --tls-key, or listen on 127.0.0.1 behind a proxy on this machine that terminates TLS."
        );
    }
    let ready = || println!("lockkeeper server ready at {scheme}://{address}/graphql");
    process::run(app, gate, listener, tls, &settings, ready).await
}
