//! Idempotency keys.

use clap::Args;

/// The argument with which a command is asked for again.
#[derive(Args, Clone, Debug, Default)]
pub struct KeyArgs {
    /// Idempotency key: the same command with the same key takes effect once, even if it is sent again
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
}

impl KeyArgs {
    /// The key that was given, or a new one. It exists before anything is sent, so that it can be named whatever happens.
    pub fn key(&self) -> String {
        self.key.clone().unwrap_or_else(|| ulid::Ulid::generate().to_string())
    }
}
