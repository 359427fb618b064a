//! Names that nothing has, and those that come nearest to them.

use crate::domain::{Problem, ProblemCode};
use std::cmp::Reverse;

/// How many names a message suggests.
const MAX_SUGGESTIONS: usize = 3;
/// The longest name that a message repeats and that is compared, in characters; no name that exists is longer.
const MAX_SHOWN: usize = 253;

/// Returns up to `max` candidates, those that differ least from a name first. Of those that differ alike, the ones that
/// begin like it come first.
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>, max: usize) -> Vec<&'c str> {
    let name = name.to_lowercase();
    let mut ranked: Vec<(usize, Reverse<usize>, &str)> = candidates
        .into_iter()
        .map(|candidate| {
            let folded = candidate.to_lowercase();
            let alike = name.chars().zip(folded.chars()).take_while(|(one, other)| one == other).count();
            (strsim::osa_distance(&name, &folded), Reverse(alike), candidate)
        })
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().take(max).map(|(.., candidate)| candidate).collect()
}

/// The problem of names that nothing has; `noun` says what should have them: `host`, `version of web`. The message is
/// about the first of them, and suggests those of `candidates` that come nearest to it. `named` are the inputs that
/// contain the names.
pub fn unknown_names(
    field: &str,
    noun: &str,
    names: &[&str],
    candidates: &[String],
    named: impl IntoIterator<Item = impl ToString>,
) -> Problem {
    let shown = names.first().filter(|name| name.chars().count() <= MAX_SHOWN);
    // A version is one of a service.
    let (noun, of) = noun.split_once(" of ").map_or((noun, String::new()), |(noun, of)| (noun, format!(" of {of}")));
    let unknown = match shown {
        Some(name) => format!("There is no {noun} {name:?}{of}"),
        None => format!("There is no {noun}{of} with this name"),
    };
    let more = match names.len() {
        ..=1 => String::new(),
        count => format!(" (relatedIds has {} more unknown names)", count - 1),
    };
    let suggestions =
        shown.map(|name| nearest(name, candidates.iter().map(String::as_str), MAX_SUGGESTIONS)).unwrap_or_default();
    let advice = match suggestions.as_slice() {
        [] => "Check the spelling.".to_owned(),
        [one] => format!("Did you mean {one}?"),
        [others @ .., last] => format!("Did you mean {} or {last}?", others.join(", ")),
    };
    Problem::new(ProblemCode::NotFound, field, format!("{unknown}{more}. {advice}")).about(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(names: &[&str], candidates: &[&str]) -> String {
        let candidates: Vec<String> = candidates.iter().map(ToString::to_string).collect();
        unknown_names("hosts", "host", names, &candidates, names).message
    }

    #[test]
    fn a_name_that_nothing_has_is_answered_with_the_names_that_differ_least() {
        assert_eq!(
            message(&["Hots-1"], &["host-2", "db", "host-1", "most-1", "cache"]),
            "There is no host \"Hots-1\". Did you mean host-1, host-2 or most-1?"
        );
        assert_eq!(message(&["h"], &["db"]), "There is no host \"h\". Did you mean db?");
        assert_eq!(message(&["h\n"], &[]), "There is no host \"h\\n\". Check the spelling.");
    }

    #[test]
    fn of_several_names_the_first_is_shown_and_all_are_related() {
        assert_eq!(
            message(&["x", "y", "z"], &["xx"]),
            "There is no host \"x\" (relatedIds has 2 more unknown names). Did you mean xx?"
        );
        assert_eq!(unknown_names("hosts", "host", &["x", "y"], &[], ["x", "y"]).related_ids, ["x", "y"]);
    }

    #[test]
    fn a_name_that_is_too_long_for_any_thing_is_not_repeated() {
        assert_eq!(message(&[&"x".repeat(254)], &[]), "There is no host with this name. Check the spelling.");
    }
}
