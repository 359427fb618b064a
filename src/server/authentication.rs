//! Whose token a request or a socket brings, over every transport, and until when the token is valid.

use super::refusal::Refusal;
use super::response::HttpRefusal;
use crate::auth::{FRESH, Secret, Tokens};
use crate::domain::Caller;
use crate::wire::ErrorCode;
use axum::http::header;
use std::net::IpAddr;

/// A caller, and the token that proves it.
#[derive(Clone, Debug)]
pub struct Identity {
    pub caller: Caller,
    pub secret: Secret,
}

/// Why the caller is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthError {
    /// No token was sent.
    MissingToken,
    /// The token is unknown, expired or revoked.
    InvalidToken,
    /// The database, which knows the tokens, was not reached.
    Unavailable,
}

/// Returns whose token this is: `Bearer TOKEN`, as in the header `Authorization`, sent from this address.
pub async fn authenticate(tokens: &Tokens, authorization: &str, address: IpAddr) -> Result<Identity, AuthError> {
    let (scheme, token) = authorization.split_once(' ').unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AuthError::MissingToken);
    }
    let secret = Secret::parse(token.trim()).ok_or(AuthError::InvalidToken)?;
    match tokens.caller(&secret).await {
        Ok(Some(caller)) => Ok(Identity { caller: Caller { address: Some(address), ..caller }, secret }),
        Ok(None) => Err(AuthError::InvalidToken),
        Err(error) => {
            tracing::error!(%error, "a token could not be looked up in the database");
            Err(AuthError::Unavailable)
        }
    }
}

/// Waits until a token is no longer valid: for streams, which outlive the request that brought it. While the database
/// is not reached, the token stays valid.
pub async fn until_invalid(tokens: Tokens, secret: Secret) {
    loop {
        tokio::time::sleep(FRESH).await;
        // On the heap, as long as it takes: every subscriber waits here, and a look-up is large.
        if matches!(Box::pin(tokens.caller(&secret)).await, Ok(None)) {
            return;
        }
    }
}

impl AuthError {
    pub fn message(self) -> &'static str {
        match self {
            AuthError::MissingToken => "Not authenticated. Send the header `Authorization: Bearer TOKEN`.",
            AuthError::InvalidToken => {
                "This token is not valid: it is unknown, expired or revoked. Ask an administrator for a new one."
            }
            AuthError::Unavailable => "The token could not be checked: the database was not reached. Try again.",
        }
    }
}

impl From<AuthError> for HttpRefusal {
    fn from(error: AuthError) -> HttpRefusal {
        let challenge = match error {
            AuthError::MissingToken => "Bearer realm=\"lockkeeper\"",
            AuthError::InvalidToken => "Bearer realm=\"lockkeeper\", error=\"invalid_token\"",
            AuthError::Unavailable => return Refusal::unavailable(error.message()).into(),
        };
        let refusal = Refusal::new(ErrorCode::Unauthenticated, error.message());
        HttpRefusal::from(refusal).with_header(header::WWW_AUTHENTICATE, challenge)
    }
}
