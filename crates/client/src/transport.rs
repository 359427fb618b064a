//! HTTP to one server: requests with the caller's token, and bodies that are read whole or as they come.

use crate::Error;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer may take. The server answers queries within its own limit, which is shorter.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);
/// The largest answer that is read.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// The id of the last event that a subscriber has seen.
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

type Connector = HttpsConnector<HttpConnector>;

/// A server address that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidServer {
    #[error("{0:?} is not the URL of a server, such as https://lockkeeper.example")]
    Url(String),
    #[error("the token has characters that a header cannot have")]
    Token,
    #[error("the system's certificate authorities could not be read: {0}")]
    Authorities(std::io::Error),
}

/// The way to a server for one caller.
#[derive(Clone)]
pub struct Transport {
    http: HttpClient<Connector, Full<Bytes>>,
    /// The base URL, as it is shown.
    pub server: Arc<str>,
    endpoint: Uri,
    authorization: Option<HeaderValue>,
}

/// An answer that was read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Transport {
    /// A transport to the server with this base URL. An empty token sends none.
    pub fn new(server: &str, token: &str) -> Result<Transport, InvalidServer> {
        let invalid = || InvalidServer::Url(server.to_owned());
        let base = server.trim_end_matches('/');
        let endpoint: Uri = format!("{base}/graphql").parse().map_err(|_| invalid())?;
        let is_tls = match endpoint.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(invalid()),
        };
        if endpoint.host().is_none_or(str::is_empty) || endpoint.query().is_some() {
            return Err(invalid());
        }
        let authorization = match token {
            "" => None,
            token => Some(bearer(token)?),
        };
        let http = HttpClient::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(20))
            .build(connector(is_tls)?);
        Ok(Transport { http, server: base.into(), endpoint, authorization })
    }

    /// Sends a request and reads its answer.
    pub async fn exchange(&self, body: Vec<u8>) -> Result<Answer, Error> {
        let exchange = async {
            let (parts, body) = self.send(body, "application/json", None).await?.into_parts();
            let body = read_all(body).await.map_err(|reason| self.broken(reason))?;
            Ok(Answer { status: parts.status, headers: parts.headers, body })
        };
        timeout(ANSWER_TIMEOUT, exchange)
            .await
            .unwrap_or_else(|_| Err(self.broken(format!("it did not answer within {} s", ANSWER_TIMEOUT.as_secs()))))
    }

    /// Sends a request for an event stream. Returns the response with its headers only.
    pub async fn open(&self, body: Vec<u8>, last_event_id: Option<&str>) -> Result<Response<Incoming>, Error> {
        timeout(ANSWER_TIMEOUT, self.send(body, "text/event-stream", last_event_id))
            .await
            .unwrap_or_else(|_| Err(self.broken(format!("it did not answer within {} s", ANSWER_TIMEOUT.as_secs()))))
    }

    async fn send(&self, body: Vec<u8>, accept: &'static str, last: Option<&str>) -> Result<Response<Incoming>, Error> {
        let mut request = Request::post(self.endpoint.clone())
            .header(ACCEPT, accept)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("lockkeeper/", env!("CARGO_PKG_VERSION")))
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| self.unreachable(error.to_string(), false))?;
        let headers = request.headers_mut();
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        // What the server sent as an id is a legal value again.
        if let Some(last) = last.and_then(|last| HeaderValue::from_str(last).ok()) {
            headers.insert(LAST_EVENT_ID, last);
        }
        self.http.request(request).await.map_err(|error| {
            let sent = !error.is_connect();
            self.unreachable(causes(&error), sent)
        })
    }

    /// The connection broke after the request was sent.
    pub fn broken(&self, reason: impl Into<String>) -> Error {
        self.unreachable(reason.into(), true)
    }

    fn unreachable(&self, reason: String, sent: bool) -> Error {
        Error::Unreachable { server: self.server.to_string(), reason, sent }
    }
}

/// Reads a body whole.
pub async fn read_all(body: Incoming) -> Result<Bytes, String> {
    match Limited::new(body, MAX_ANSWER_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) => Err(error.to_string()),
    }
}

fn bearer(token: &str) -> Result<HeaderValue, InvalidServer> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| InvalidServer::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Connects over TCP, or over TLS with the authorities of the system. Those are read only where they are needed.
fn connector(is_tls: bool) -> Result<Connector, InvalidServer> {
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let builder = HttpsConnectorBuilder::new();
    let builder = if is_tls {
        builder.with_provider_and_native_roots(ring).map_err(InvalidServer::Authorities)?
    } else {
        let config = ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions();
        let config = config.map_err(|error| InvalidServer::Authorities(std::io::Error::other(error)))?;
        builder.with_tls_config(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
    };
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    Ok(builder.https_or_http().enable_http1().wrap_connector(tcp))
}

/// The innermost cause says what happened; what is around it only says where.
fn causes(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_base_url_may_have_a_path_and_must_have_a_scheme_and_a_host() {
        for (server, endpoint) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/graphql"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/graphql"),
            ("http://proxy.example/lockkeeper/", "http://proxy.example/lockkeeper/graphql"),
        ] {
            assert_eq!(Transport::new(server, "t").unwrap().endpoint, endpoint);
        }
        for server in ["", "127.0.0.1:8080", "ftp://a", "http://", "http:///x", "http://a?b=", "http://a b"] {
            assert!(Transport::new(server, "t").is_err(), "{server:?}");
        }
        assert!(matches!(Transport::new("http://a", "a\nb"), Err(InvalidServer::Token)));
    }
}
