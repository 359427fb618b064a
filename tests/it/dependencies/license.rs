//! SPDX license expressions: whether one can be met by allowed licenses alone.

use std::collections::BTreeSet;

/// Whether some choice that the expression leaves has only allowed licenses. `A/B` is an old way to write
/// `A OR B`; `WITH` belongs to the license before it.
pub fn allows(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    any(&mut words, allowed)
}

type Words<'w> = std::iter::Peekable<std::str::SplitWhitespace<'w>>;

fn any(words: &mut Words, allowed: &BTreeSet<String>) -> bool {
    let mut met = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= all(words, allowed);
    }
    met
}

fn all(words: &mut Words, allowed: &BTreeSet<String>) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Words, allowed: &BTreeSet<String>) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let met = any(words, allowed);
        return met && words.next() == Some(")");
    }
    let mut license = words.next().unwrap_or_default().to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        license += " WITH ";
        license += words.next().unwrap_or_default();
    }
    allowed.contains(&license)
}

#[test]
fn an_expression_is_allowed_if_one_choice_is() {
    let allowed = ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).into();
    for fits in ["MIT", "MIT/GPL-3.0", "GPL-3.0 OR MIT AND Zlib", "(GPL-3.0 OR MIT) AND Zlib"] {
        assert!(allows(fits, &allowed), "{fits}");
    }
    assert!(allows("Apache-2.0 WITH LLVM-exception", &allowed));
    for not in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Zlib) AND GPL-3.0", "Apache-2.0", "MIT WITH Odd-exception", ""] {
        assert!(!allows(not, &allowed), "{not}");
    }
}
