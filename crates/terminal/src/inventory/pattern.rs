//! Patterns of names, as `ssh_config` has them: `*` stands for any characters, `?` for one.

use std::convert::Infallible;
use std::str::FromStr;

/// A pattern of names. Case makes no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    pub fn new(text: &str) -> Pattern {
        Pattern(text.to_ascii_lowercase())
    }

    /// Whether the pattern stands for a name.
    pub fn matches(&self, name: &str) -> bool {
        let (pattern, name) = (self.0.as_bytes(), name.to_ascii_lowercase());
        let name = name.as_bytes();
        let (mut at, mut place) = (0, 0);
        // Where to go on after the last `*`, if what follows it does not match.
        let mut retry: Option<(usize, usize)> = None;
        while at < name.len() {
            match pattern.get(place) {
                Some(b'*') => {
                    place += 1;
                    retry = Some((place, at));
                }
                Some(byte) if *byte == b'?' || *byte == name[at] => {
                    at += 1;
                    place += 1;
                }
                _ => match retry {
                    Some((after_star, from)) => {
                        retry = Some((after_star, from + 1));
                        (place, at) = (after_star, from + 1);
                    }
                    None => return false,
                },
            }
        }
        pattern[place..].iter().all(|byte| *byte == b'*')
    }
}

impl FromStr for Pattern {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Pattern, Infallible> {
        Ok(Pattern::new(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters_and_a_question_mark_for_one() {
        for (pattern, matching, others) in [
            ("web-*", &["web-", "web-1", "WEB-1.eu"][..], &["web", "my-web-1"][..]),
            ("web-?", &["web-1"], &["web-", "web-10"]),
            ("*.eu.*", &["a.eu.b", ".eu.eu.x"], &["a.eu", "eu.b"]),
            ("a", &["a", "A"], &["", "aa"]),
            ("*", &["", "x"], &[]),
            ("*a*b", &["ab", "aab", "xaxbxb"], &["abx", "ba"]),
        ] {
            assert!(matching.iter().all(|name| Pattern::new(pattern).matches(name)), "{pattern}");
            assert!(!others.iter().any(|name| Pattern::new(pattern).matches(name)), "{pattern}");
        }
        // Many stars do not take long.
        assert!(!Pattern::new(&"*a".repeat(60)).matches(&"a".repeat(200).replace('a', "ab")));
    }
}
