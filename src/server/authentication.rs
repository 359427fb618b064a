//! Whose token a request or a socket brings, over every transport.

use super::refusal::Refusal;
use super::response::HttpRefusal;
use crate::auth::{Credentials, Identity};
use crate::wire::ErrorCode;
use axum::http::header;
use std::net::IpAddr;

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

/// Returns whose credential this is: `Bearer TOKEN`, as in the header `Authorization`, sent from this address.
pub async fn authenticate(
    credentials: &Credentials,
    authorization: &str,
    address: IpAddr,
) -> Result<Identity, AuthError> {
    let (scheme, credential) = authorization.split_once(' ').unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AuthError::MissingToken);
    }
    match credentials.authenticate(credential.trim()).await {
        Ok(Some(mut identity)) => {
            identity.caller.address = Some(address);
            Ok(identity)
        }
        Ok(None) => Err(AuthError::InvalidToken),
        Err(error) => {
            tracing::error!(%error, "a token could not be looked up in the database");
            Err(AuthError::Unavailable)
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
