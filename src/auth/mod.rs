//! Who is asking: tokens, and how a request's token becomes a caller.

mod secret;
mod tokens;

pub use secret::Secret;
pub use tokens::{FRESH, Tokens, create, revoke};
