//! Calls over HTTP from the worker: steps and health checks.

use super::address::Address;
use crate::domain::order::Order;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode, Uri, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring;
use serde::Deserialize;
use std::error::Error;
use std::io;
use std::sync::LazyLock;

/// The most of a body that is read. Only the status decides; the beginning of the body explains it.
const MAX_BODY_BYTES: usize = 1024;
/// The most characters of a body that a message repeats.
const MAX_BODY_SHOWN: usize = 200;

/// The clients of this process. They keep no connections: a check is to show that new ones are accepted.
static HTTP: LazyLock<Client<HttpConnector, Empty<Bytes>>> = LazyLock::new(|| client(HttpConnector::new()));
static HTTPS: LazyLock<io::Result<Client<HttpsConnector<HttpConnector>, Empty<Bytes>>>> = LazyLock::new(|| {
    let connector = HttpsConnectorBuilder::new().with_provider_and_native_roots(ring::default_provider())?;
    Ok(client(connector.https_only().enable_http1().build()))
});

fn client<C: Connect + Clone + Send + Sync + 'static>(connector: C) -> Client<C, Empty<Bytes>> {
    Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector)
}

/// How to call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Verb {
    #[default]
    Get,
    Post,
}

/// A request, which succeeds when its answer has a status from 200 to 299. Redirects are not followed.
#[derive(Clone, Debug)]
pub(super) struct Call {
    verb: Verb,
    url: Address,
}

impl Call {
    /// Reads a call.
    ///
    /// # Errors
    /// A phrase that says what is wrong with the URL.
    pub fn new(verb: Verb, url: &str) -> Result<Call, String> {
        let address = Address::parse(url)?;
        let sample: Uri = address.sample().parse().map_err(|error| format!("{url:?} is not a URL: {error}"))?;
        match (sample.scheme_str(), sample.host()) {
            (Some("http" | "https"), Some(_)) => Ok(Call { verb, url: address }),
            _ => Err(format!("{url:?} is not a URL: write for example \"http://{{host.address}}:{{instance.port}}/\"")),
        }
    }

    /// Sends the request and waits for the answer's status. The caller decides how long.
    ///
    /// # Errors
    /// Why it did not succeed, a sentence.
    pub async fn send(&self, order: &Order) -> Result<(), String> {
        let url = self.url.of(order)?;
        let method = match self.verb {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
        };
        let agent = concat!("lockkeeper/", env!("CARGO_PKG_VERSION"));
        let request = Request::builder().method(method).uri(&url).header(header::USER_AGENT, agent);
        let request = request.body(Empty::new()).map_err(|error| format!("{url} cannot be called: {error}."))?;
        let answer = match request.uri().scheme_str() {
            Some("https") => match &*HTTPS {
                Ok(client) => client.request(request).await,
                Err(error) => return Err(format!("the system's certificates cannot be read: {error}.")),
            },
            _ => HTTP.request(request).await,
        };
        let answer = answer.map_err(|error| unanswered(&url, &error))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(refused(&url, status, answer).await),
        }
    }
}

/// Says what was answered instead of success.
async fn refused(url: &str, status: StatusCode, answer: Response<Incoming>) -> String {
    if let Some(to) = answer.headers().get(header::LOCATION).filter(|_| status.is_redirection()) {
        let to = shown(&String::from_utf8_lossy(to.as_bytes()));
        return format!("{url} answered {status}, a redirect to {to}: name the final URL.");
    }
    let body = beginning(answer.into_body()).await;
    format!("{url} answered {status}{}", if body.is_empty() { ".".into() } else { format!(": {body}") })
}

/// The beginning of a body as part of a sentence.
async fn beginning(mut body: Incoming) -> String {
    let mut bytes = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(data) = frame.into_data() {
            bytes.extend_from_slice(&data[..data.len().min(MAX_BODY_BYTES - bytes.len())]);
        }
        if bytes.len() == MAX_BODY_BYTES {
            break;
        }
    }
    shown(&String::from_utf8_lossy(&bytes))
}

fn shown(text: &str) -> String {
    let text = text.trim().chars().take(MAX_BODY_SHOWN);
    text.map(|char| if char.is_control() { ' ' } else { char }).collect()
}

/// Says why there was no answer: the innermost cause, for example that the connection was refused.
fn unanswered(url: &str, error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    format!("{url} did not answer: {cause}.")
}
