//! A caller of one server.

use crate::transport::Transport;
use crate::{Error, Following, InvalidServer, NoVariables, Operation, Payload, answer, follow};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How long the client waits for a server that is busy or whose answer was lost.
const PATIENCE: Duration = Duration::from_secs(30);
/// The delay before the second attempt; each further one doubles it.
const FIRST_DELAY: Duration = Duration::from_millis(250);
const MAX_DELAY: Duration = Duration::from_secs(5);

/// A caller of one server. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) transport: Transport,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a, V> {
    query: &'a str,
    operation_name: &'a str,
    variables: &'a V,
}

impl Client {
    /// A client of the server with this base URL, such as `https://lockkeeper.example`, for the caller with this token.
    ///
    /// # Errors
    /// If the URL is not one of a server, or the token cannot be sent.
    pub fn new(server: &str, token: &str) -> Result<Client, InvalidServer> {
        Ok(Client { transport: Transport::new(server, token)? })
    }

    /// The base URL of the server.
    pub fn server(&self) -> &str {
        &self.transport.server
    }

    /// Sends an operation and returns its data.
    ///
    /// Waits up to 30 s for a server that answers `RATE_LIMITED` or `UNAVAILABLE`. A repeatable mutation whose answer was
    /// lost is sent again for the same time, so that it is known whether it was executed.
    ///
    /// # Errors
    /// See [`Error`]. A mutation whose payload has `userErrors` is [`Error::Refused`].
    pub async fn call<O: Operation>(&self, variables: &O::Variables) -> Result<O::Data, Error> {
        let body = request::<O>(variables);
        let mut attempt = self.attempt::<O>(body.clone()).await;
        let deadline = Instant::now() + PATIENCE;
        let (mut delay, mut is_lost) = (FIRST_DELAY, false);
        loop {
            let error = match attempt {
                Ok(data) => return Ok(data),
                Err(error) => error,
            };
            let wait = match &error {
                Error::Api(api) if api.is_transient() && (O::REPEATABLE || !api.begun) => {
                    api.retry_after_seconds.map_or(delay, Duration::from_secs)
                }
                Error::Unreachable { sent, .. } if O::RECOVERS_ANSWER && (*sent || is_lost) => {
                    is_lost = true;
                    delay
                }
                _ => return Err(self.with_version(error).await),
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if wait >= left {
                return Err(error);
            }
            sleep(wait).await;
            delay = (delay * 2).min(MAX_DELAY);
            attempt = match timeout(left.saturating_sub(wait), self.attempt::<O>(body.clone())).await {
                Ok(attempt) => attempt,
                Err(_) => return Err(error),
            };
        }
    }

    /// Subscribes, and goes on after a broken connection, until the subscription ends. Needs a Tokio runtime.
    pub fn follow<O: Operation>(&self, variables: &O::Variables) -> Following<O::Data>
    where
        O::Data: Send + 'static,
    {
        follow::start(self.clone(), request::<O>(variables))
    }

    async fn attempt<O: Operation>(&self, body: Vec<u8>) -> Result<O::Data, Error> {
        let answer = self.transport.exchange(body).await?;
        answer::read(&self.transport, &answer)
    }

    /// Completes a mismatch by the version of the server, if it was not in the answer.
    pub(crate) async fn with_version(&self, error: Error) -> Error {
        match error {
            Error::VersionMismatch { server, server_version: None, reason, request_id } => {
                let body = request::<ServerVersion>(&NoVariables {});
                let version = self.attempt::<ServerVersion>(body).await.ok().map(|data| data.payload.version);
                Error::VersionMismatch { server, server_version: version, reason, request_id }
            }
            error => error,
        }
    }
}

/// The body of a request.
fn request<O: Operation>(variables: &O::Variables) -> Vec<u8> {
    let request = Request { query: O::DOCUMENT, operation_name: O::NAME, variables };
    // Variables are structs of texts and numbers, which always have JSON.
    serde_json::to_vec(&request).unwrap_or_default()
}

/// Asked for only after the server did not understand something else.
struct ServerVersion;

#[derive(Deserialize)]
struct Version {
    version: String,
}

impl Operation for ServerVersion {
    type Variables = NoVariables;
    type Data = Payload<Version>;
    const NAME: &str = "ServerVersion";
    const DOCUMENT: &str = "query ServerVersion { payload: server { version } }";
    const REPEATABLE: bool = true;
    const RECOVERS_ANSWER: bool = false;
}
