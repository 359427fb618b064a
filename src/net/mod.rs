//! From where the server is reached: web origins and proxies, as the section `[server]` of the configuration lists them.

mod network;
mod origin;

pub use network::Network;
pub use origin::Origin;

use serde::Deserialize;
use std::net::IpAddr;
use std::path::PathBuf;

/// The files of a certificate chain and its private key, both in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// The section `[server]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Access {
    /// Origins whose pages may use the API, beside the server's own.
    pub origins: Vec<Origin>,
    /// Proxies whose `X-Forwarded-` headers are believed.
    pub proxies: Vec<Network>,
}

impl Access {
    /// Whether this address is that of a listed proxy.
    pub fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(address))
    }

    /// The address of a client: the peer's, or the one that a listed proxy reports. `forwarded` are the values of
    /// `X-Forwarded-For`; each proxy appends the address that it was reached from, so they are read from the end.
    pub fn client<'v>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'v str>) -> IpAddr {
        let mut client = peer.to_canonical();
        for reported in forwarded.flat_map(|value| value.split(',')).map(network::address).rev() {
            match reported {
                Some(reported) if self.is_proxy(client) => client = reported,
                _ => break,
            }
        }
        client
    }
}

#[cfg(test)]
mod tests;
