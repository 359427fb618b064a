//! `/graphql/ws`: the protocol `graphql-transport-ws`. One task reads from a socket; one follows all its operations and
//! writes what they say, so that an event wakes one task for each socket. Queries, mutations and the beginning of
//! subscriptions have tasks of their own. Pings are answered at every moment, dead and slow peers are let go, and a token
//! that counts no more ends its socket.

mod close;
pub(crate) mod message;
mod operation;
mod operations;
mod outbox;
mod record;
mod socket;
mod timings;
mod watching;
mod writer;

pub use timings::Timings;

use super::Server;
use super::access::{admit_stranger, authorization};
use super::log::Client;
use super::who::Stranger;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use close::Close;
use std::sync::Arc;

/// The one subprotocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// The largest message: 10,000 hostnames fit well.
const MESSAGE: usize = 1024 * 1024;
/// What is read at once. Each open socket has a buffer of this size, so it is small.
const READ: usize = 1024;
/// What is gathered before it is written, if more is waiting.
const WRITE: usize = 16 * 1024;

/// Opens a socket. Who asks is told by `connection_init`, or else by this request.
pub async fn open(
    State(server): State<Arc<Server>>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    mut upgrade: WebSocketUpgrade,
) -> Response {
    let speaks = HeaderValue::from_static(PROTOCOL);
    let spoken = upgrade.requested_protocols().any(|protocol| *protocol == speaks);
    // A client that gets none of its protocols back fails before it can read why.
    let offered = if spoken { Some(speaks) } else { upgrade.requested_protocols().next().cloned() };
    if let Some(protocol) = offered {
        upgrade.set_selected_protocol(protocol);
    }
    let authorization = authorization(&headers).to_owned();
    let timings = server.timings;
    // HTTP's own shutdown does not wait for sockets.
    let underway = server.underway.token();
    let upgrade = upgrade.read_buffer_size(READ).write_buffer_size(WRITE);
    upgrade.max_message_size(MESSAGE).max_frame_size(MESSAGE).on_upgrade(move |mut socket| async move {
        let _underway = underway;
        if spoken {
            socket::run(server, timings, client, authorization, socket).await;
        } else {
            let close = match admit_stranger(&server, Stranger::NoToken, client.0) {
                Ok(()) => Close::subprotocol(),
                Err(refused) => Close::rate_limited(refused.into_message()),
            };
            let _ = socket.send(Message::Close(Some(close.frame()))).await;
            let _ = tokio::time::timeout(timings.farewell, socket.recv()).await;
        }
    })
}
