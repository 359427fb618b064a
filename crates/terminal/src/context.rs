//! Contexts: which servers the client knows, with what token, in `$XDG_CONFIG_HOME/lockkeeper/config.toml`.

mod file;
mod token;

pub use file::{Context, Contexts};
pub use token::TokenSource;
