//! Tokens, which are found by the hash of their secret.

use super::{Db, Result, Tx};
use crate::domain::{Role, Timestamp};

/// A token. Its secret is not stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Token {
    pub id: i64,
    pub name: String,
    pub role: Role,
    /// Its first characters.
    pub hint: String,
    pub created_at: Timestamp,
    /// `None` if it does not expire.
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// A token to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewToken<'a> {
    pub name: &'a str,
    pub role: Role,
    /// SHA-256 of the secret, in hex.
    pub hash: &'a str,
    pub hint: &'a str,
    pub expires_at: Option<Timestamp>,
}

/// Which tokens are meant.
#[derive(Clone, Copy, Debug)]
pub enum TokenSelection<'a> {
    /// The one with this number.
    Number(i64),
    /// All of this name.
    Named(&'a str),
}

/// Creates a token, and returns its id.
pub async fn create(tx: &mut Tx, new: &NewToken<'_>) -> Result<i64> {
    tx.query(sql!(
        "INSERT INTO token (name, role, hash, hint, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, {now}) RETURNING id"
    ))
    .bind(new.name)
    .bind(new.role)
    .bind(new.hash)
    .bind(new.hint)
    .bind(new.expires_at)
    .scalar()
    .await
}

/// Returns the token with this hash, or `None` if it does not exist, has expired or was revoked.
pub async fn find(db: &Db, hash: &str) -> Result<Option<Token>> {
    db.query(sql!(
        "SELECT id, name, role, hint, created_at, expires_at, revoked_at FROM token
         WHERE hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > {now})"
    ))
    .bind(hash)
    .optional()
    .await
}

/// Returns all tokens, oldest first, including those that are not valid any more.
pub async fn list(db: &Db) -> Result<Vec<Token>> {
    db.query(sql!("SELECT id, name, role, hint, created_at, expires_at, revoked_at FROM token ORDER BY id")).all().await
}

/// Revokes those of the tokens that were not revoked before. Returns their numbers.
pub async fn revoke(tx: &mut Tx, selection: TokenSelection<'_>) -> Result<Vec<i64>> {
    match selection {
        TokenSelection::Number(id) => tx
            .query(sql!("UPDATE token SET revoked_at = {now} WHERE id = $1 AND revoked_at IS NULL RETURNING id"))
            .bind(id),
        TokenSelection::Named(name) => tx
            .query(sql!("UPDATE token SET revoked_at = {now} WHERE name = $1 AND revoked_at IS NULL RETURNING id"))
            .bind(name),
    }
    .scalars()
    .await
}
