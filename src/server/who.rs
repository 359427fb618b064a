//! Who asks, over whatever transport: by the token that was sent, for as long as it counts.

use super::Server;
use super::answer::Refused;
use crate::auth::{FRESH, Secret, Tokens};
use crate::domain::Caller;
use crate::wire::ErrorCode;
use axum::http::{StatusCode, header};
use std::net::IpAddr;

/// Who asks, and by which token.
#[derive(Clone, Debug)]
pub struct Who {
    pub caller: Caller,
    pub secret: Secret,
}

/// Why nobody is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// No token was sent.
    NoToken,
    /// The token is unknown, expired or revoked.
    NoMore,
    /// The database, which knows, was not reached.
    Unavailable,
}

/// Whose token this is: `Bearer TOKEN`, as in the header `Authorization`, that came from this address.
pub async fn who(server: &Server, authorization: &str, address: IpAddr) -> Result<Who, Stranger> {
    let (scheme, token) = authorization.split_once(' ').unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Stranger::NoToken);
    }
    let secret = Secret::parse(token.trim()).ok_or(Stranger::NoMore)?;
    match server.tokens.caller(&secret).await {
        Ok(Some(caller)) => Ok(Who { caller: Caller { address: Some(address), ..caller }, secret }),
        Ok(None) => Err(Stranger::NoMore),
        Err(error) => {
            tracing::error!(%error, "a token could not be looked up");
            Err(Stranger::Unavailable)
        }
    }
}

/// Waits until a token counts no more: for what outlives the request that brought it. A database that is away
/// ends nothing.
pub async fn counts_no_more(tokens: Tokens, secret: Secret) {
    loop {
        tokio::time::sleep(FRESH).await;
        // On the heap, for as long as it takes: every subscriber waits here, and a look-up is large.
        if matches!(Box::pin(tokens.caller(&secret)).await, Ok(None)) {
            return;
        }
    }
}

impl Stranger {
    pub fn message(self) -> &'static str {
        match self {
            Stranger::NoToken => "A token is needed: send `Authorization: Bearer TOKEN`.",
            Stranger::NoMore => "This token does not count: it is unknown, expired or revoked.",
            Stranger::Unavailable => "The database was not reached. Ask again.",
        }
    }
}

impl From<Stranger> for Refused {
    fn from(stranger: Stranger) -> Refused {
        let challenge = match stranger {
            Stranger::NoToken => "Bearer realm=\"lockkeeper\"",
            Stranger::NoMore => "Bearer realm=\"lockkeeper\", error=\"invalid_token\"",
            Stranger::Unavailable => return Refused::unavailable(stranger.message()),
        };
        Refused::new(StatusCode::UNAUTHORIZED, ErrorCode::Unauthenticated, stranger.message())
            .with(header::WWW_AUTHENTICATE, challenge)
    }
}
