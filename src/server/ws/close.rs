//! Why the server ends a socket. Clients connect again after some codes and never after others, so each is told
//! exactly as the protocol has it.

use super::super::who::Stranger;
use axum::Error;
use axum::extract::ws::{CloseFrame, Utf8Bytes};
use std::borrow::Cow;
use tungstenite::Error as SocketError;

/// The longest reason that a close frame holds, in bytes.
const REASON: usize = 123;

/// A code of the protocol, or of WebSocket itself, and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    code: u16,
    reason: Cow<'static, str>,
}

impl Close {
    fn new(code: u16, reason: impl Into<Cow<'static, str>>) -> Close {
        Close { code, reason: reason.into() }
    }

    /// A message that is none of the protocol.
    pub fn bad_message(reason: impl Into<Cow<'static, str>>) -> Close {
        Close::new(4400, reason)
    }

    /// An operation before `connection_ack`.
    pub fn unauthorized() -> Close {
        Close::new(4401, "Unauthorized")
    }

    /// The token does not count, or not any more. Clients come back, perhaps with another.
    pub fn forbidden(stranger: Stranger) -> Close {
        Close::new(4403, stranger.message())
    }

    /// The client does not speak the protocol.
    pub fn subprotocol() -> Close {
        Close::new(4406, "Subprotocol not acceptable")
    }

    /// No `connection_init` came.
    pub fn init_timeout() -> Close {
        Close::new(4408, "Connection initialisation timeout")
    }

    /// An id that is in use.
    pub fn taken(id: &str) -> Close {
        Close::new(4409, format!("Subscriber for {id} already exists"))
    }

    /// A second `connection_init`.
    pub fn initialized_before() -> Close {
        Close::new(4429, "Too many initialisation requests")
    }

    /// The server goes away; another one may be there soon.
    pub fn restart() -> Close {
        Close::new(1012, "Service restart")
    }

    /// Not now; clients come back with their cursor.
    pub fn try_again(reason: &'static str) -> Close {
        Close::new(1013, reason)
    }

    /// Its address opens too many sockets without a valid token; clients come back.
    pub fn rate_limited(reason: String) -> Close {
        Close::new(1013, reason)
    }

    /// What a failure to read is told as; none when the peer is gone.
    pub fn unreadable(error: Error) -> Option<Close> {
        let error = error.into_inner();
        match error.downcast_ref::<SocketError>()? {
            SocketError::Capacity(_) => Some(Close::new(1009, "A message has at most 1 MiB")),
            SocketError::Utf8(_) => Some(Close::new(1007, "A message is text in UTF-8")),
            SocketError::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => None,
            SocketError::Protocol(_) => Some(Close::new(1002, "This is not the protocol of WebSocket")),
            _ => None,
        }
    }

    pub fn code(&self) -> u16 {
        self.code
    }

    /// The frame that says so.
    pub fn frame(&self) -> CloseFrame {
        let end = self.reason.floor_char_boundary(REASON);
        CloseFrame { code: self.code, reason: Utf8Bytes::from(&self.reason[..end]) }
    }
}

impl From<Stranger> for Close {
    fn from(stranger: Stranger) -> Close {
        match stranger {
            Stranger::NoToken | Stranger::NoMore => Close::forbidden(stranger),
            Stranger::Unavailable => Close::try_again(stranger.message()),
        }
    }
}
