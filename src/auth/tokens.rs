//! From a token to a caller, by the database, with a memory that is shorter than a second.

use super::Secret;
use crate::domain::audit::AuditOutcome;
use crate::domain::{Caller, ProblemCode, Role, Timestamp, Word};
use crate::store::token::Which;
use crate::store::{Db, Result, audit, token};
use parking_lot::Mutex;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
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
        let caller = found.map(|token| Caller::new(token.name, token.role, credential(token.id)));
        if let Some(caller) = &caller {
            self.remember(hash, asked, caller.clone());
        }
        Ok(caller)
    }

    fn remembered(&self, hash: &str) -> Option<Caller> {
        let known = self.known.lock();
        known.get(hash).filter(|(asked, _)| asked.elapsed() < FRESH).map(|(_, caller)| caller.clone())
    }

    fn remember(&self, hash: String, asked: Instant, caller: Caller) {
        let mut known = self.known.lock();
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
    let id = token::create(&mut tx, &new).await?;
    let input = json!({ "name": name, "role": role.word(), "expiresAt": expires_at.map(|at| at.to_string()) });
    audit::record_command(&mut tx, "createToken", AuditOutcome::Accepted, &input, json!([credential(id)])).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Revokes those of these tokens that were not revoked before. Returns how many.
pub async fn revoke(db: &Db, which: Which<'_>) -> Result<usize> {
    let mut tx = db.begin().await?;
    let revoked = token::revoke(&mut tx, which).await?;
    let input = match which {
        Which::Number(id) => json!({ "id": credential(id) }),
        Which::Named(name) => json!({ "name": name }),
    };
    let (outcome, result) = match revoked.is_empty() {
        true => (AuditOutcome::Refused, json!([ProblemCode::NotFound.word()])),
        false => (AuditOutcome::Accepted, revoked.iter().map(|id| credential(*id)).collect()),
    };
    audit::record_command(&mut tx, "revokeTokens", outcome, &input, result).await?;
    tx.commit().await?;
    Ok(revoked.len())
}

/// A token's number, as the audit log names it.
fn credential(id: i64) -> String {
    format!("token {id}")
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

            assert_eq!(revoke(&db, Which::Named("ci")).await.unwrap(), 1);
            tokio::time::sleep(Duration::from_millis(1300)).await;
            assert!(tokens.caller(&secret).await.unwrap().is_none(), "revoked");
            assert!(tokens.caller(&expiring).await.unwrap().is_none(), "expired");
        }
    }
}
