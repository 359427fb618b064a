//! Tokens: making and revoking them, and looking up whose they are, with a cache.

use super::Secret;
use super::credential::CACHE_TTL;
use crate::domain::audit::AuditOutcome;
use crate::domain::{Caller, ProblemCode, Role, Timestamp, Word};
use crate::store::token::NewToken;
use crate::store::{Db, Result, audit, token};
use parking_lot::Mutex;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

pub use crate::store::token::{TokenSelection, list};

/// The most callers in the cache.
const MAX_CACHED: usize = 10_000;

/// Looks up callers by their tokens. Clones share one cache.
#[derive(Clone)]
pub(super) struct Tokens {
    db: Db,
    /// Callers by the hashes of their tokens, each with the time of its look-up.
    cache: Arc<Mutex<HashMap<String, (Instant, Caller)>>>,
}

impl Tokens {
    pub(super) fn new(db: Db) -> Tokens {
        Tokens { db, cache: Arc::default() }
    }

    /// Returns whose token this is, or `None` if it is unknown, expired or revoked.
    pub(super) async fn caller(&self, secret: &Secret) -> Result<Option<Caller>> {
        let hash = secret.hash();
        if let Some(caller) = self.cached(&hash) {
            return Ok(Some(caller));
        }
        let looked_up_at = Instant::now();
        let token = token::find(&self.db, &hash).await?;
        let caller = token.map(|token| Caller::new(token.name, token.role, credential(token.id)));
        if let Some(caller) = &caller {
            self.cache(hash, looked_up_at, caller.clone());
        }
        Ok(caller)
    }

    fn cached(&self, hash: &str) -> Option<Caller> {
        let cache = self.cache.lock();
        cache.get(hash).filter(|(at, _)| at.elapsed() < CACHE_TTL).map(|(_, caller)| caller.clone())
    }

    fn cache(&self, hash: String, looked_up_at: Instant, caller: Caller) {
        let mut cache = self.cache.lock();
        if cache.len() >= MAX_CACHED {
            cache.retain(|_, (at, _)| at.elapsed() < CACHE_TTL);
        }
        if cache.len() < MAX_CACHED {
            cache.insert(hash, (looked_up_at, caller));
        }
    }
}

/// Creates a token and returns its secret, which is not kept. Several tokens may have one name: that is how one is
/// replaced while its caller stays the same.
pub async fn create(db: &Db, name: &str, role: Role, expires_at: Option<Timestamp>) -> Result<Secret> {
    let secret = Secret::generate();
    let new = NewToken { name, role, hash: &secret.hash(), hint: secret.hint(), expires_at };
    let mut tx = db.begin().await?;
    let id = token::create(&mut tx, &new).await?;
    let input = json!({ "name": name, "role": role.word(), "expiresAt": expires_at.map(|at| at.to_string()) });
    audit::record_command(&mut tx, "createToken", AuditOutcome::Accepted, &input, json!([credential(id)])).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Revokes the selected tokens that were not revoked before. Returns how many.
pub async fn revoke(db: &Db, selection: TokenSelection<'_>) -> Result<usize> {
    let mut tx = db.begin().await?;
    let revoked = token::revoke(&mut tx, selection).await?;
    let input = match selection {
        TokenSelection::Number(id) => json!({ "id": credential(id) }),
        TokenSelection::Named(name) => json!({ "name": name }),
    };
    let (outcome, result) = match revoked.is_empty() {
        true => (AuditOutcome::Refused, json!([ProblemCode::NotFound.word()])),
        false => (AuditOutcome::Accepted, revoked.iter().map(|id| credential(*id)).collect()),
    };
    audit::record_command(&mut tx, "revokeTokens", outcome, &input, result).await?;
    tx.commit().await?;
    Ok(revoked.len())
}

/// A token as the audit log names it.
fn credential(id: i64) -> String {
    format!("token {id}")
}
