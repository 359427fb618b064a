//! Web origins.

use serde::Deserialize;

/// A web origin: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin {
    scheme: String,
    host: String,
    /// `None` where the scheme has no default that is known here, and the origin names none.
    port: Option<u16>,
}

impl Origin {
    /// Returns the origin that a text such as `https://console.example.com:8443` spells, or `None`.
    pub fn parse(text: &str) -> Option<Origin> {
        let (scheme, authority) = text.split_once("://")?;
        let known = |char: char| char.is_ascii_alphanumeric() || "+-.".contains(char);
        if scheme.is_empty() || !scheme.chars().all(known) {
            return None;
        }
        let scheme = scheme.to_ascii_lowercase();
        let (host, port) = host_and_port(authority)?;
        let port = port.or_else(|| default_port(&scheme));
        Some(Origin { scheme, host, port })
    }

    /// Whether a page of this origin came from the host that a `Host` header names. Schemes are not compared: where
    /// TLS ends at a proxy, the server does not know its own.
    pub fn is_of_host(&self, header: &str) -> bool {
        host_and_port(header)
            .is_some_and(|(host, port)| host == self.host && port.or_else(|| default_port(&self.scheme)) == self.port)
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Origin, String> {
        Origin::parse(&text).ok_or_else(|| {
            format!(
                "{text:?} is not an origin: write scheme, host and port exactly, without a path or a wildcard, for \
                 example \"https://console.example.com\""
            )
        })
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// A host in lower case, an IPv6 address in its brackets, and the port if there is one.
fn host_and_port(authority: &str) -> Option<(String, Option<u16>)> {
    let end = authority.find(']').map_or(0, |bracket| bracket + 1);
    let (host, port) = match authority[end..].find(':') {
        Some(colon) => (&authority[..end + colon], Some(authority[end + colon + 1..].parse().ok()?)),
        None => (authority, None),
    };
    let known = |char: char| char.is_ascii_alphanumeric() || "-._".contains(char);
    let fits = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(known),
    };
    fits.then(|| (host.to_ascii_lowercase(), port))
}
