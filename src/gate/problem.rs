//! Why a request is refused, as its caller reads it.

use crate::wire::ErrorCode;
use async_graphql::{Pos, ServerError};

/// The most errors in one answer.
pub const MAX_ERRORS: usize = 100;
/// The most characters of a name or a value that a message repeats.
const MAX_NAME: usize = 100;
/// The most characters of a message.
const MAX_MESSAGE: usize = 1_000;

/// An error of this code, at a place in the document if it has one.
pub fn problem(code: ErrorCode, message: impl AsRef<str>, place: Option<Pos>) -> ServerError {
    let mut error = ServerError::new(shortened(message.as_ref()), place);
    error.extensions.get_or_insert_default().set("code", code.word());
    error
}

/// What the document asks for exceeds a setting of `[limits]`: the message names both.
pub fn too_complex(message: &str) -> ServerError {
    problem(ErrorCode::TooComplex, format!("{message} Ask for less at a time."), None)
}

/// The first errors, as many as one answer has room for.
pub fn bounded(mut errors: Vec<ServerError>) -> Vec<ServerError> {
    errors.truncate(MAX_ERRORS);
    errors
}

/// A message whose names and length are cut: what a caller sends must not make answers and logs long.
fn shortened(message: &str) -> String {
    let mut short = String::with_capacity(message.len().min(MAX_MESSAGE));
    let mut run = 0;
    for char in message.chars().take(MAX_MESSAGE) {
        run = if char == '_' || char.is_ascii_alphanumeric() { run + 1 } else { 0 };
        match run.cmp(&(MAX_NAME + 1)) {
            std::cmp::Ordering::Less => short.push(char),
            std::cmp::Ordering::Equal => short.push('…'),
            std::cmp::Ordering::Greater => {}
        }
    }
    if message.chars().nth(MAX_MESSAGE).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_and_long_messages_are_cut() {
        assert_eq!(shortened("no `name` here"), "no `name` here");
        let message = shortened(&format!("`{}` and `{}`", "x".repeat(100), "y".repeat(101)));
        assert_eq!(message, format!("`{}` and `{}…`", "x".repeat(100), "y".repeat(100)));
        assert_eq!(shortened(&"é ".repeat(5_000)).chars().count(), MAX_MESSAGE + 1);
        assert!(shortened(&format!("`{}` ends", "x".repeat(500_000))).len() < 200);
    }
}
