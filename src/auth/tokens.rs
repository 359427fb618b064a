//! From a token to a caller, by the database, with a memory that is shorter than a second.

use super::Secret;
use crate::domain::{Caller, Role, Timestamp};
use crate::store::{Db, Result, token};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer of the database is believed: a revoked or expired token is refused after this time.
pub const FRESH: Duration = Duration::from_millis(500);

/// Answers that are remembered at most.
const REMEMBERED: usize = 10_000;

/// Knows callers by their tokens. Clones share what they remember.
#[derive(Clone)]
pub struct Tokens {
    db: Db,
    known: Arc<Mutex<HashMap<String, (Instant, Caller)>>>,
}

impl Tokens {
    /// Of this database, with none looked up yet.
    pub fn new(db: Db) -> Tokens {
        Tokens { db, known: Arc::default() }
    }

    /// Whose token this is; none if there is no such token, or it has expired or was revoked.
    pub async fn caller(&self, secret: &Secret) -> Result<Option<Caller>> {
        let hash = secret.hash();
        if let Some(caller) = self.remembered(&hash) {
            return Ok(Some(caller));
        }
        let asked = Instant::now();
        let found = token::find(&self.db, &hash).await?;
        let caller = found.map(|token| Caller { name: token.name, role: token.role, token: token.id });
        if let Some(caller) = &caller {
            self.remember(hash, asked, caller.clone());
        }
        Ok(caller)
    }

    fn remembered(&self, hash: &str) -> Option<Caller> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(hash).filter(|(asked, _)| asked.elapsed() < FRESH).map(|(_, caller)| caller.clone())
    }

    fn remember(&self, hash: String, asked: Instant, caller: Caller) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.retain(|_, (asked, _)| asked.elapsed() < FRESH);
        }
        if known.len() < REMEMBERED {
            known.insert(hash, (asked, caller));
        }
    }
}

/// Makes a token and gives its secret, which is not kept. Several tokens may have one name: that is how one
/// is replaced without its caller becoming another.
pub async fn create(db: &Db, name: &str, role: Role, expires_at: Option<Timestamp>) -> Result<Secret> {
    let secret = Secret::generate();
    let new = token::New { name, role, hash: &secret.hash(), hint: secret.hint(), expires_at };
    let mut tx = db.begin().await?;
    token::create(&mut tx, &new).await?;
    tx.commit().await?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::databases;

    #[tokio::test]
    async fn a_token_is_its_callers_until_it_expires_or_is_revoked() {
        for kind in databases::BOTH {
            let directory = tempfile::tempdir().unwrap();
            let db = Db::open(&databases::fresh(kind, directory.path()), 2).await.unwrap();
            let tokens = Tokens::new(db.clone());
            let secret = create(&db, "ci", Role::Builder, None).await.unwrap();
            let brief = Timestamp(Timestamp::now().0 + 700);
            let expiring = create(&db, "brief", Role::Viewer, Some(brief)).await.unwrap();
            let caller = tokens.caller(&secret).await.unwrap().unwrap();
            assert_eq!((caller.name.as_str(), caller.role), ("ci", Role::Builder));
            assert!(tokens.caller(&expiring).await.unwrap().is_some());
            assert!(tokens.caller(&Secret::generate()).await.unwrap().is_none());

            let mut tx = db.begin().await.unwrap();
            assert_eq!(token::revoke(&mut tx, token::Which::Named("ci")).await.unwrap(), 1);
            tx.commit().await.unwrap();
            tokio::time::sleep(Duration::from_millis(1300)).await;
            assert!(tokens.caller(&secret).await.unwrap().is_none(), "revoked");
            assert!(tokens.caller(&expiring).await.unwrap().is_none(), "expired");
        }
    }
}
