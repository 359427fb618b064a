//! What turns the short form of a test into its long form.

use std::str::FromStr;

/// The number in this variable of the environment, if it is set.
pub fn number<N: FromStr>(variable: &str) -> Option<N> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}
