//! Grammars of names and texts, each with the problem that it reports. The same grammars stand in the
//! database's CHECKs.

use super::problem::{Problem, ProblemCode};

/// Longest reason, in characters.
pub const REASON: usize = 1000;
/// Longest description, in characters.
pub const DESCRIPTION: usize = 1000;

/// A service's name: lower-case letters, digits and hyphens, 1 to 63, not beginning with a hyphen.
pub fn service(field: &str, name: &str) -> Result<(), Problem> {
    let rule = "A service's name has 1 to 63 lower-case letters, digits and hyphens, and does not begin with a hyphen.";
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    grammar(field, name, 63, rule, fits, |first| first != b'-')
}

/// A version's name: letters, digits and `._+-`, 1 to 128, beginning with a letter or a digit.
pub fn version(field: &str, name: &str) -> Result<(), Problem> {
    let rule =
        "A version's name has 1 to 128 letters, digits and characters of ._+-, and begins with a letter or a digit.";
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte);
    grammar(field, name, 128, rule, fits, |first| first.is_ascii_alphanumeric())
}

/// A hostname: letters, digits and `._-`, 1 to 253, beginning with a letter or a digit.
pub fn hostname(field: &str, name: &str) -> Result<(), Problem> {
    let rule = "A hostname has 1 to 253 letters, digits and characters of ._-, and begins with a letter or a digit.";
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    grammar(field, name, 253, rule, fits, |first| first.is_ascii_alphanumeric())
}

/// Where a host is reached: an IP address or a DNS name.
pub fn address(field: &str, address: &str) -> Result<(), Problem> {
    let rule = "An address is an IP address or a DNS name, at most 253 characters.";
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".:_-".contains(&byte);
    grammar(field, address, 253, rule, fits, |first| first.is_ascii_alphanumeric() || first == b':')
}

fn grammar(
    field: &str,
    name: &str,
    longest: usize,
    rule: &str,
    fits: impl Fn(u8) -> bool,
    begins: impl Fn(u8) -> bool,
) -> Result<(), Problem> {
    let Some(first) = name.bytes().next() else {
        return Err(Problem::new(ProblemCode::Required, field, rule));
    };
    match name.len() <= longest && begins(first) && name.bytes().all(fits) {
        true => Ok(()),
        false => Err(Problem::new(ProblemCode::Invalid, field, rule)),
    }
}

/// A free text of at most so many characters, without control characters other than tab and line feed.
pub fn text(field: &str, text: &str, longest: usize) -> Result<(), Problem> {
    let odd = |char: char| char.is_control() && char != '\n' && char != '\t';
    if text.chars().count() > longest || text.chars().any(odd) {
        let message = format!("This text has at most {longest} characters, and no control characters.");
        return Err(Problem::new(ProblemCode::Invalid, field, message));
    }
    Ok(())
}

/// A text that must be there, as [`text`].
pub fn needed(field: &str, given: &str, longest: usize) -> Result<(), Problem> {
    if given.trim().is_empty() {
        return Err(Problem::new(
            ProblemCode::Required,
            field,
            format!("This needs a text of 1 to {longest} characters."),
        ));
    }
    text(field, given, longest)
}
