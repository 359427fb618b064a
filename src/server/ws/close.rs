//! Why the server closes a socket. Clients reconnect after some codes and never after others, so each code is exactly
//! the one of the protocol.

use crate::server::authentication::AuthError;
use axum::Error;
use axum::extract::ws::{CloseFrame, Utf8Bytes};
use std::borrow::Cow;
use tungstenite::Error as SocketError;

/// The longest reason that fits into a close frame.
const MAX_REASON_BYTES: usize = 123;

/// A code of the protocol, or of WebSocket itself, and a reason for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    code: u16,
    reason: Cow<'static, str>,
}

impl Close {
    fn new(code: u16, reason: impl Into<Cow<'static, str>>) -> Close {
        Close { code, reason: reason.into() }
    }

    /// A message that does not follow the protocol.
    pub fn bad_message(reason: impl Into<Cow<'static, str>>) -> Close {
        Close::new(4400, reason)
    }

    /// An operation before `connection_ack`.
    pub fn unauthorized() -> Close {
        Close::new(4401, "Unauthorized: send connection_init and wait for connection_ack first")
    }

    /// The token is missing or invalid, or became invalid. Clients reconnect, perhaps with another token.
    pub fn forbidden(error: AuthError) -> Close {
        Close::new(4403, error.message())
    }

    /// The client does not support the protocol.
    pub fn unsupported_subprotocol() -> Close {
        Close::new(4406, "Subprotocol not acceptable: use graphql-transport-ws")
    }

    /// No `connection_init` came in time.
    pub fn init_timeout() -> Close {
        Close::new(4408, "Connection initialisation timeout")
    }

    /// An operation with an id that is in use.
    pub fn id_in_use(id: &str) -> Close {
        Close::new(4409, format!("Subscriber for {id} already exists"))
    }

    /// A second `connection_init`.
    pub fn initialized_twice() -> Close {
        Close::new(4429, "Too many initialisation requests")
    }

    /// The server stops; clients reconnect, perhaps to another server.
    pub fn restart() -> Close {
        Close::new(1012, "Service restart")
    }

    /// The server cannot go on with this socket; clients reconnect with their cursors.
    pub fn try_again(reason: &'static str) -> Close {
        Close::new(1013, reason)
    }

    /// The client does not read its messages, or not fast enough.
    pub fn slow_reader() -> Close {
        Close::try_again("The client does not read its messages fast enough")
    }

    /// Its address opens too many sockets without a valid token; clients reconnect.
    pub fn rate_limited(reason: String) -> Close {
        Close::new(1013, reason)
    }

    /// Returns how to close a socket that cannot be read, or `None` if the peer is gone.
    pub fn unreadable(error: Error) -> Option<Close> {
        let error = error.into_inner();
        match error.downcast_ref::<SocketError>()? {
            SocketError::Capacity(_) => Some(Close::new(1009, "The message is larger than 1 MiB")),
            SocketError::Utf8(_) => Some(Close::new(1007, "The message is not UTF-8")),
            SocketError::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => None,
            SocketError::Protocol(_) => Some(Close::new(1002, "The frame violates the WebSocket protocol")),
            _ => None,
        }
    }

    pub fn code(&self) -> u16 {
        self.code
    }

    /// Returns the close frame.
    pub fn frame(&self) -> CloseFrame {
        let end = self.reason.floor_char_boundary(MAX_REASON_BYTES);
        CloseFrame { code: self.code, reason: Utf8Bytes::from(&self.reason[..end]) }
    }
}

impl From<AuthError> for Close {
    fn from(error: AuthError) -> Close {
        match error {
            AuthError::MissingToken | AuthError::InvalidToken => Close::forbidden(error),
            AuthError::Unavailable => Close::try_again(error.message()),
        }
    }
}
