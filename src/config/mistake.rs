//! How a mistake in the file is described: with its place, but without its line, which may contain a password.

use crate::executor::Mistake;
use toml::Value;

/// The keys whose values are secret, at any depth.
const SECRET_KEYS: [&str; 3] = ["database_url", "env", "secrets"];
/// Replaces a secret in a message.
const REDACTED: &str = "…";

/// Describes where the mistake is and what is wrong.
pub fn describe(text: &str, mistake: &Mistake) -> String {
    let mut message = mistake.message.clone();
    // The message of a syntax error repeats no values.
    if let Ok(table) = text.parse::<toml::Table>() {
        let mut secrets = Vec::new();
        collect(&Value::Table(table), false, &mut secrets);
        // The longest first: one may be a part of another.
        secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        for secret in secrets {
            message = message.replace(&secret, REDACTED);
        }
    }
    match &mistake.span {
        Some(span) => {
            let before = text.get(..span.start).unwrap_or(text);
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            let (line, column) = (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1);
            format!("line {line}, column {column}: {message}")
        }
        None => message,
    }
}

/// Collects the texts that a message must not repeat, as they are and as a message quotes them.
fn collect(value: &Value, secret: bool, into: &mut Vec<String>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                collect(value, secret || SECRET_KEYS.contains(&key.as_str()), into);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, secret, into)),
        // Under any key, a URL with a user may contain a password.
        Value::String(text) if !text.is_empty() && (secret || (text.contains("://") && text.contains('@'))) => {
            let quoted = format!("{text:?}");
            into.push(quoted[1..quoted.len() - 1].to_owned());
            into.push(text.clone());
        }
        _ => {}
    }
}
