//! From a credential to a caller. Today every credential is a token; another kind is a variant here, and a file of its
//! own beside this one.

use super::Secret;
use super::tokens::Tokens;
use crate::domain::Caller;
use crate::store::{Db, Result};
use std::time::Duration;

/// How long an answer of the database is used: after this time, a revoked or expired credential is refused.
pub(super) const CACHE_TTL: Duration = Duration::from_millis(500);

/// What proves who a caller is.
#[derive(Clone, Debug)]
enum Credential {
    Token(Secret),
}

impl Credential {
    /// Returns the credential that this text is, or `None` if it has no known form.
    fn parse(text: &str) -> Option<Credential> {
        Secret::parse(text).map(Credential::Token)
    }
}

/// Looks up callers by their credentials. Clones share one cache.
#[derive(Clone)]
pub struct Credentials {
    tokens: Tokens,
}

impl Credentials {
    /// Credentials that this database knows.
    pub fn new(db: Db) -> Credentials {
        Credentials { tokens: Tokens::new(db) }
    }

    /// Returns whose credential this text is, or `None` if it is not valid: unknown, expired or revoked.
    pub async fn authenticate(&self, text: &str) -> Result<Option<Identity>> {
        let Some(credential) = Credential::parse(text) else { return Ok(None) };
        let caller = self.caller(&credential).await?;
        Ok(caller.map(|caller| Identity { caller, credential, credentials: self.clone() }))
    }

    async fn caller(&self, credential: &Credential) -> Result<Option<Caller>> {
        match credential {
            Credential::Token(secret) => self.tokens.caller(secret).await,
        }
    }
}

/// A caller, with the credential that proves it.
#[derive(Clone)]
pub struct Identity {
    pub caller: Caller,
    credential: Credential,
    credentials: Credentials,
}

impl Identity {
    /// Whether the credential is still valid.
    pub async fn still_valid(&self) -> Result<bool> {
        Ok(self.credentials.caller(&self.credential).await?.is_some())
    }

    /// Waits until the credential is no longer valid: for streams, which outlive the request that brought it. While the
    /// database cannot be reached, the credential stays valid.
    pub async fn until_invalid(self) {
        loop {
            tokio::time::sleep(CACHE_TTL).await;
            // Boxed only while it runs: every subscriber waits here, and the future of a look-up is large.
            if matches!(Box::pin(self.still_valid()).await, Ok(false)) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::{TokenSelection, create, revoke};
    use super::*;
    use crate::domain::{Role, Timestamp};
    use crate::store::db::sql::sql;
    use crate::store::tests::databases;

    /// Waits until a token is refused.
    async fn refused(credentials: &Credentials, secret: &Secret) {
        while credentials.authenticate(secret.reveal()).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn a_token_is_valid_until_it_expires_or_is_revoked(kind: &str) {
        let directory = tempfile::tempdir().unwrap();
        let db = Db::open(&databases::fresh(kind, directory.path()), 2).await.unwrap();
        let credentials = Credentials::new(db.clone());
        let secret = create(&db, "ci", Role::Builder, None).await.unwrap();
        let tomorrow = Timestamp(Timestamp::now().0 + 86_400_000);
        let expiring = create(&db, "brief", Role::Viewer, Some(tomorrow)).await.unwrap();
        let ci = credentials.authenticate(secret.reveal()).await.unwrap().unwrap();
        assert_eq!((ci.caller.name.as_str(), ci.caller.role), ("ci", Role::Builder));
        assert_eq!(ci.caller.credential, "token 1");
        assert!(ci.still_valid().await.unwrap());
        let brief = credentials.authenticate(expiring.reveal()).await.unwrap().unwrap();
        for unknown in [Secret::generate().reveal(), "", "lk_"] {
            assert!(credentials.authenticate(unknown).await.unwrap().is_none(), "{unknown}");
        }

        assert_eq!(revoke(&db, TokenSelection::Named("ci")).await.unwrap(), 1);
        let mut tx = db.begin().await.unwrap();
        tx.query(sql!("UPDATE token SET expires_at = {now} WHERE name = 'brief'")).execute().await.unwrap();
        tx.commit().await.unwrap();
        ci.clone().until_invalid().await;
        assert!(!ci.still_valid().await.unwrap());
        refused(&credentials, &secret).await;
        refused(&credentials, &expiring).await;
        assert!(!brief.still_valid().await.unwrap());
    }
    testkit::on_both!(a_token_is_valid_until_it_expires_or_is_revoked);
}
