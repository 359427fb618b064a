//! The order of versions: by registration, or by the precedence of Semantic Versioning 2, as one text whose bytes are
//! compared. It is written with the version, so that the database and the rules compare the same (R2).

use super::version::VersionScheme;

/// The precedence of a version of this name, or `None` if the scheme does not know such names. Versions whose texts are
/// equal are ordered by registration; so are all that have the scheme `REGISTRATION`.
pub fn precedence(scheme: VersionScheme, name: &str) -> Option<String> {
    match scheme {
        VersionScheme::Registration => Some(String::new()),
        VersionScheme::Semver => semver(name),
    }
}

/// Before a version without a prerelease, and before one with.
const RELEASE: char = '2';
const PRERELEASE: char = '1';
/// Before an identifier of a prerelease; numbers are lower than words, and the end is lower than both.
const WORD: char = '2';
const NUMBER: char = '1';
const END_OF_IDENTIFIERS: char = '0';
/// After a word: lower than every character of one.
const END_OF_WORD: char = '!';

/// Reads `MAJOR.MINOR.PATCH[-PRERELEASE][+BUILD]`, with or without a leading `v`. Numbers may have any length; the build
/// has no precedence.
fn semver(name: &str) -> Option<String> {
    let name = name.strip_prefix('v').unwrap_or(name);
    let (name, build) = split(name, '+');
    if let Some(build) = build {
        build.split('.').all(is_identifier).then_some(())?;
    }
    let (core, prerelease) = split(name, '-');
    let mut text = String::new();
    let mut numbers = core.split('.');
    for _ in 0..3 {
        push_number(&mut text, numbers.next()?)?;
    }
    if numbers.next().is_some() {
        return None;
    }
    let Some(prerelease) = prerelease else {
        text.push(RELEASE);
        return Some(text);
    };
    text.push(PRERELEASE);
    for identifier in prerelease.split('.') {
        is_identifier(identifier).then_some(())?;
        if identifier.bytes().all(|byte| byte.is_ascii_digit()) {
            text.push(NUMBER);
            push_number(&mut text, identifier)?;
        } else {
            text.push(WORD);
            text.push_str(identifier);
            text.push(END_OF_WORD);
        }
    }
    text.push(END_OF_IDENTIFIERS);
    Some(text)
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Appends a number after its length, so that a longer one is greater. A name has at most 128 characters: two hexadecimal
/// digits suffice.
fn push_number(text: &mut String, digits: &str) -> Option<()> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let length = u8::try_from(digits.len()).ok().filter(|_| digits == "0" || !digits.starts_with('0'))?;
    is_number.then(|| *text += &[&format!("{length:02x}"), digits].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cmp::Ordering;

    /// Names that are mostly versions, with parts that are easily equal.
    fn name() -> impl Strategy<Value = String> {
        let number =
            prop_oneof![Just("0"), Just("1"), Just("2"), Just("9"), Just("10"), Just("99"), Just("100"), Just("01")];
        let core = prop::collection::vec(number, 3).prop_map(|numbers| numbers.join("."));
        let part = prop_oneof![
            Just("0"),
            Just("1"),
            Just("2"),
            Just("10"),
            Just("a"),
            Just("A"),
            Just("ab"),
            Just("b"),
            Just("a-"),
            Just("-"),
            Just("--1"),
            Just("rc1"),
            Just("00"),
            Just("")
        ];
        let parts = || prop::collection::vec(part.clone(), 1..4).prop_map(|parts| parts.join("."));
        (core, prop::option::of(parts()), prop::option::weighted(0.3, parts())).prop_map(|(core, prerelease, build)| {
            let prerelease = prerelease.map(|text| format!("-{text}")).unwrap_or_default();
            let build = build.map(|text| format!("+{text}")).unwrap_or_default();
            format!("{core}{prerelease}{build}")
        })
    }

    proptest! {
        #[test]
        fn r2_precedence_is_that_of_semantic_versioning(a in name(), b in name()) {
            let known = |name: &str| semver::Version::parse(name).ok();
            let ours = |name: &str| precedence(VersionScheme::Semver, name);
            prop_assert_eq!(ours(&a).is_some(), known(&a).is_some(), "{}", a);
            if let (Some(x), Some(y)) = (known(&a), known(&b)) {
                prop_assert_eq!(ours(&a).cmp(&ours(&b)), x.cmp_precedence(&y), "{} {}", a, b);
            }
            prop_assert_eq!(ours(&format!("v{a}")), ours(&a));
        }

        #[test]
        fn r2_any_text_is_a_version_for_us_exactly_if_it_is_one_for_the_specification(name in "[0-9a-zA-Z.+~:-]{0,12}") {
            prop_assert_eq!(semver(&name).is_some(), semver::Version::parse(name.strip_prefix('v').unwrap_or(&name)).is_ok());
        }
    }

    #[test]
    fn r2_the_example_of_the_specification_is_in_order() {
        let ordered = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.2.0",
            "1.10.0",
            "2.0.0",
            "10.0.0",
        ];
        let texts = ordered.map(|name| precedence(VersionScheme::Semver, name).unwrap());
        assert!(texts.is_sorted_by(|a, b| a < b), "{texts:?}");
        let huge = "9".repeat(120);
        let long = precedence(VersionScheme::Semver, &format!("{huge}.0.0")).unwrap();
        assert_eq!(long.cmp(&texts[12]), Ordering::Greater);
    }

    #[test]
    fn r2_names_that_are_no_semantic_versions_have_no_precedence_but_by_registration() {
        for name in [
            "1",
            "1.2",
            "1.2.3.4",
            "01.2.3",
            "1.2.3-",
            "1.2.3-01",
            "1.2.3+",
            "1.2.3-a..b",
            "V1.2.3",
            "vv1.2.3",
            "",
            "main",
        ] {
            assert_eq!(precedence(VersionScheme::Semver, name), None, "{name}");
            assert_eq!(precedence(VersionScheme::Registration, name), Some(String::new()));
        }
        assert_eq!(precedence(VersionScheme::Semver, "v1.2.3+a"), precedence(VersionScheme::Semver, "1.2.3"));
    }
}
