//! Rules for names and texts, each with the problem that it reports. The CHECKs of the database have the same rules.

use super::problem::{Problem, ProblemCode};

/// Longest reason, in characters.
pub const MAX_REASON: usize = 1000;
/// Longest description, in characters.
pub const MAX_DESCRIPTION: usize = 1000;
/// Longest name of a language, in characters.
pub const MAX_LANGUAGE: usize = 63;
/// Longest reference to the source of a version, in characters.
pub const MAX_REF: usize = 255;
/// Longest place of an artifact, in characters.
pub const MAX_ARTIFACT: usize = 1000;
/// Longest message of a build, in characters.
pub const MAX_MESSAGE: usize = 1000;
/// Longest tag of an instance, in characters.
pub const MAX_TAG: usize = 63;
/// Longest key and longest value of a label, in characters.
pub const MAX_LABEL: usize = 63;

/// A service's name: lower-case letters, digits and hyphens, 1 to 63, not beginning with a hyphen.
pub fn service(field: &str, name: &str) -> Result<(), Problem> {
    let rule = "The name of a service must have 1 to 63 lower-case letters, digits and hyphens, and must not begin with a hyphen.";
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    grammar(field, name, 63, rule, fits, |first| first != b'-')
}

/// A version's name: letters, digits and `._+~:-`, 1 to 128, beginning with a letter or a digit.
pub fn version(field: &str, name: &str) -> Result<(), Problem> {
    let rule = "The name of a version must have 1 to 128 letters, digits and characters of ._+~:-, and must begin with a letter or a digit.";
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._+~:-".contains(&byte);
    grammar(field, name, 128, rule, fits, |first| first.is_ascii_alphanumeric())
}

/// A hostname: letters, digits and `._-`, 1 to 253, beginning with a letter or a digit.
pub fn hostname(field: &str, name: &str) -> Result<(), Problem> {
    let rule =
        "A hostname must have 1 to 253 letters, digits and characters of ._-, and must begin with a letter or a digit.";
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    grammar(field, name, 253, rule, fits, |first| first.is_ascii_alphanumeric())
}

/// Returns a hostname as hostnames are compared: ASCII letters in lower case, one trailing dot less (RFC 4343). The tables
/// have the same in the column `folded_hostname`.
pub fn folded_hostname(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Where a host is reached: an IP address or a DNS name.
pub fn address(field: &str, address: &str) -> Result<(), Problem> {
    let rule = "An address must be an IP address or a DNS name of at most 253 characters.";
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

/// A label of a host: a key of 1 to 63 characters and a value of at most 63, without control characters.
pub fn label(field: &str, key: &str, value: &str) -> Result<(), Problem> {
    filled_line(field, key, MAX_LABEL)?;
    line(field, value, MAX_LABEL)
}

/// Checks a text: at most `longest` characters, no control characters other than tab and line feed.
pub fn text(field: &str, text: &str, longest: usize) -> Result<(), Problem> {
    fits(field, text, longest, |char| char.is_control() && char != '\n' && char != '\t')
}

/// Checks a text as [`text`] does, and that it is not blank.
pub fn needed(field: &str, text: &str, longest: usize) -> Result<(), Problem> {
    filled(field, text, longest)?;
    self::text(field, text, longest)
}

/// Checks a line: at most `longest` characters, no control characters.
pub fn line(field: &str, line: &str, longest: usize) -> Result<(), Problem> {
    fits(field, line, longest, char::is_control)
}

/// Checks a line as [`line`] does, and that it is not blank.
pub fn filled_line(field: &str, text: &str, longest: usize) -> Result<(), Problem> {
    filled(field, text, longest)?;
    line(field, text, longest)
}

fn filled(field: &str, text: &str, longest: usize) -> Result<(), Problem> {
    if text.trim().is_empty() {
        let message = format!("This text must not be blank. Write 1 to {longest} characters.");
        return Err(Problem::new(ProblemCode::Required, field, message));
    }
    Ok(())
}

fn fits(field: &str, text: &str, longest: usize, odd: impl Fn(char) -> bool) -> Result<(), Problem> {
    if text.chars().count() > longest || text.chars().any(odd) {
        let message = format!("This text must have at most {longest} characters, and no control characters.");
        return Err(Problem::new(ProblemCode::Invalid, field, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_empty_too_long_begin_with_a_hyphen_or_hold_control_characters_are_refused() {
        type Grammar = fn(&str, &str) -> Result<(), Problem>;
        let grammars: [(Grammar, usize, &str); 4] = [
            (service, 63, "web-1"),
            (version, 128, "2:1.2.3~rc.1+b-1"),
            (hostname, 253, "web_1.EU"),
            (address, 253, "::1"),
        ];
        for (grammar, longest, good) in grammars {
            assert_eq!(grammar("name", good), Ok(()));
            assert_eq!(grammar("name", &"a".repeat(longest)), Ok(()));
            assert_eq!(grammar("name", "").unwrap_err().code, ProblemCode::Required);
            for bad in [&"a".repeat(longest + 1), "-a", "a b", "a\0", "a\n", "ä", "a;b", "$(a)"] {
                assert_eq!(grammar("name", bad).unwrap_err().code, ProblemCode::Invalid, "{bad:?}");
            }
        }
    }

    #[test]
    fn r6_hostnames_are_compared_without_their_case_and_one_trailing_dot() {
        for spelling in ["web-1.eu", "WEB-1.eu", "web-1.EU.", "Web-1.Eu"] {
            assert_eq!(folded_hostname(spelling), "web-1.eu");
        }
        for (other, folded) in [("web-1.eu..", "web-1.eu."), ("web_1", "web_1"), ("", ""), ("ÄB", "Äb")] {
            assert_eq!(folded_hostname(other), folded);
        }
    }

    #[test]
    fn texts_are_counted_in_characters_and_hold_no_control_characters() {
        assert_eq!(text("reason", "ää\n\tä", 5), Ok(()));
        assert_eq!(text("reason", "ääääää", 5).unwrap_err().code, ProblemCode::Invalid);
        assert_eq!(text("reason", "\0", 5).unwrap_err().code, ProblemCode::Invalid);
        assert_eq!(line("tag", "a\n", 5).unwrap_err().code, ProblemCode::Invalid);
        assert_eq!(needed("reason", " \n", 5).unwrap_err().code, ProblemCode::Required);
        assert_eq!(label("labels", "", "x").unwrap_err().code, ProblemCode::Required);
        assert_eq!(label("labels", "zone", ""), Ok(()));
    }
}
