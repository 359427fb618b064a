//! Who callers are, by the credentials that they send. Only this room knows what a credential is.

mod credential;
mod secret;
pub mod tokens;

pub use credential::{Credentials, Identity};
pub use secret::Secret;
