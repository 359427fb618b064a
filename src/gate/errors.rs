//! The errors of a refused request, as its caller reads them.

use crate::wire::ErrorCode;
use async_graphql::{Pos, ServerError};

/// The most errors in one answer.
pub const MAX_ERRORS: usize = 100;
/// The most characters of a name or a value that a message repeats.
const MAX_NAME_CHARS: usize = 100;
/// The most characters of a message.
const MAX_MESSAGE_CHARS: usize = 1_000;

/// Returns an error with this code, at a position in the document if it has one.
pub fn error(code: ErrorCode, message: impl AsRef<str>, position: Option<Pos>) -> ServerError {
    let mut error = ServerError::new(shortened(message.as_ref()), position);
    error.extensions.get_or_insert_default().set("code", code.word());
    error
}

/// Returns the error of a document that exceeds a setting of `[limits]`. The message names what exceeds it and the
/// setting.
pub fn too_complex(message: &str) -> ServerError {
    error(ErrorCode::TooComplex, format!("{message} Request less at a time."), None)
}

/// Returns the first errors, at most [`MAX_ERRORS`].
pub fn bounded(mut errors: Vec<ServerError>) -> Vec<ServerError> {
    errors.truncate(MAX_ERRORS);
    errors
}

/// Returns a message with its names and its length cut: what a caller sends must not make answers and logs long.
fn shortened(message: &str) -> String {
    let mut short = String::with_capacity(message.len().min(MAX_MESSAGE_CHARS));
    let mut run = 0;
    for char in message.chars().take(MAX_MESSAGE_CHARS) {
        run = if char == '_' || char.is_ascii_alphanumeric() { run + 1 } else { 0 };
        match run.cmp(&(MAX_NAME_CHARS + 1)) {
            std::cmp::Ordering::Less => short.push(char),
            std::cmp::Ordering::Equal => short.push('…'),
            std::cmp::Ordering::Greater => {}
        }
    }
    if message.chars().nth(MAX_MESSAGE_CHARS).is_some() {
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
        assert_eq!(shortened(&"é ".repeat(5_000)).chars().count(), MAX_MESSAGE_CHARS + 1);
        assert!(shortened(&format!("`{}` ends", "x".repeat(500_000))).len() < 200);
    }
}
