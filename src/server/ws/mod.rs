//! `/graphql/ws`: the protocol `graphql-transport-ws`.
//!
//! ```text
//! client → socket (reads) → operation, one task each → outbox → writer (writes) → client
//!                                subscription ──────────────┘
//! ```
//!
//! One task reads from a socket; another one polls all of its subscriptions and writes their messages, so that an event
//! wakes one task for each socket. Queries, mutations and the start of subscriptions have tasks of their own. Pings are
//! always answered, dead and slow peers are disconnected, and a socket is closed when its token becomes invalid.

mod close;
pub(crate) mod message;
mod operation;
mod operation_record;
mod operations;
mod outbox;
mod socket;
mod subscription;
pub mod timings;
mod writer;

pub use timings::Timings;

use super::access::{admit_unauthenticated, authorization};
use super::access_log::ClientAddress;
use super::authentication::AuthError;
use super::state::Server;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use close::Close;
use std::sync::Arc;

/// The only subprotocol.
const SUBPROTOCOL: &str = "graphql-transport-ws";
/// The largest message: 10,000 hostnames fit well.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// The read buffer. Each open socket has one, so it is small.
const READ_BUFFER_BYTES: usize = 1024;
/// What is buffered before it is written, if more is waiting.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// Opens a socket. The token comes with `connection_init`, or else with this request.
pub async fn open(
    State(server): State<Arc<Server>>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    mut upgrade: WebSocketUpgrade,
) -> Response {
    let supported = HeaderValue::from_static(SUBPROTOCOL);
    let is_supported = upgrade.requested_protocols().any(|protocol| *protocol == supported);
    // A client fails before it can read why, unless one of its own protocols is selected.
    let offered = if is_supported { Some(supported) } else { upgrade.requested_protocols().next().cloned() };
    if let Some(protocol) = offered {
        upgrade.set_selected_protocol(protocol);
    }
    let authorization = authorization(&headers).to_owned();
    let timings = server.socket_timings;
    // The shutdown of HTTP does not wait for sockets.
    let task = server.tasks.token();
    let upgrade = upgrade.read_buffer_size(READ_BUFFER_BYTES).write_buffer_size(WRITE_BUFFER_BYTES);
    upgrade.max_message_size(MAX_MESSAGE_BYTES).max_frame_size(MAX_MESSAGE_BYTES).on_upgrade(
        move |mut socket| async move {
            let _task = task;
            if is_supported {
                socket::run(server, timings, address, authorization, socket).await;
            } else {
                let close = match admit_unauthenticated(&server, AuthError::MissingToken, address.0) {
                    Ok(()) => Close::unsupported_subprotocol(),
                    Err(refusal) => Close::rate_limited(refusal.message),
                };
                let _ = socket.send(Message::Close(Some(close.frame()))).await;
                let _ = tokio::time::timeout(timings.close_timeout, socket.recv()).await;
            }
        },
    )
}
