//! Documents that are not operations of this crate: what is answered to them is returned as it is.

use crate::stream::EventStream;
use crate::{Client, Error};
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

/// An answer as it was sent.
#[derive(Clone, Debug)]
pub struct UntypedAnswer {
    /// The status of HTTP.
    pub status: u16,
    pub body: Bytes,
}

#[derive(Serialize)]
struct Request<'a> {
    query: &'a str,
    variables: &'a Value,
}

impl Client {
    /// Sends a document once and returns the answer, whatever it says.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn send(&self, document: &str, variables: &Value) -> Result<UntypedAnswer, Error> {
        let answer = self.transport.exchange(request(document, variables)).await?;
        Ok(UntypedAnswer { status: answer.status.as_u16(), body: answer.body })
    }

    /// Subscribes on one connection, behind the event with this id if there is one. Unlike [`Client::follow`], it does not
    /// come back after a broken connection.
    ///
    /// # Errors
    /// If there is no connection, or the subscription is refused.
    pub async fn open(
        &self,
        document: &str,
        variables: &Value,
        last_event_id: Option<&str>,
    ) -> Result<EventStream, Error> {
        EventStream::open(self.transport.clone(), request(document, variables), last_event_id).await
    }
}

fn request(document: &str, variables: &Value) -> Vec<u8> {
    // Texts and JSON always have JSON.
    serde_json::to_vec(&Request { query: document, variables }).unwrap_or_default()
}
