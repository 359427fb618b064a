//! Claims: ids that a caller sends. Each is decoded here, and nothing is believed of it (R4, R6).

use super::{Id, Kind, Problem, ProblemCode, Problems};
use std::collections::HashSet;

/// The most ids or names that one list may hold.
pub const MAX_LIST: usize = 10_000;

/// The number of an id of this kind: NOT_FOUND if it is no id, WRONG_TYPE if it is one of another kind.
pub fn id(field: &str, kind: Kind, text: &str) -> Result<i64, Problem> {
    match Id::parse(text) {
        Some(id) if id.kind == kind => Ok(id.number),
        Some(_) => Err(wrong_type(field, kind, &[text])),
        None => Err(not_found(field, kind, &[text])),
    }
}

/// The numbers of several ids of one kind, in their order; every problem is noted, one for each code, but for
/// what [`list_of`] notes.
pub fn ids(field: &str, kind: Kind, texts: &[String], problems: &mut Problems) -> Vec<i64> {
    let (mut numbers, mut wrong, mut unknown) = (Vec::with_capacity(texts.len()), Vec::new(), Vec::new());
    for text in texts.iter().filter(|text| !text.is_empty()) {
        match Id::parse(text) {
            Some(id) if id.kind == kind => numbers.push(id.number),
            Some(_) => wrong.push(text),
            None => unknown.push(text),
        }
    }
    if !unknown.is_empty() {
        problems.add(not_found(field, kind, &unknown));
    }
    if !wrong.is_empty() {
        problems.add(wrong_type(field, kind, &wrong));
    }
    numbers
}

/// A list of claims has 1 to [`MAX_LIST`] entries, none empty, each once.
pub fn list(field: &str, texts: &[String], problems: &mut Problems) {
    list_of(MAX_LIST, field, texts, problems);
}

/// A list of claims has 1 to `most` entries, none empty, each once.
pub fn list_of(most: usize, field: &str, texts: &[String], problems: &mut Problems) {
    if texts.is_empty() {
        problems.add(Problem::new(ProblemCode::Required, field, "This list needs at least one entry."));
    }
    if texts.len() > most {
        let message = format!("This list has {} entries; at most {most} are allowed.", texts.len());
        problems.add(Problem::new(ProblemCode::Invalid, field, message));
        return;
    }
    if texts.iter().any(String::is_empty) {
        problems.add(Problem::new(ProblemCode::Required, field, "No entry of this list may be empty."));
    }
    let (mut seen, mut told) = (HashSet::new(), HashSet::new());
    let filled = texts.iter().filter(|text| !text.is_empty());
    let twice: Vec<_> = filled.filter(|text| !seen.insert(*text) && told.insert(*text)).collect();
    if !twice.is_empty() {
        let message = "Each entry of this list may stand in it once only.";
        problems.add(Problem::new(ProblemCode::Invalid, field, message).about(twice));
    }
}

/// These ids or names refer to nothing of this kind.
pub fn not_found(field: &str, kind: Kind, texts: &[impl ToString]) -> Problem {
    let message = format!("There is no such {}.", kind.noun());
    Problem::new(ProblemCode::NotFound, field, message).about(texts.iter().map(ToString::to_string))
}

fn wrong_type(field: &str, kind: Kind, texts: &[impl ToString]) -> Problem {
    let message = format!("This takes ids of {}s only.", kind.noun());
    Problem::new(ProblemCode::WrongType, field, message).about(texts.iter().map(ToString::to_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r4_an_id_is_of_its_kind_or_a_problem() {
        assert_eq!(id("hostId", Kind::Host, "hst_7"), Ok(7));
        for (text, code) in
            [("", ProblemCode::NotFound), ("web", ProblemCode::NotFound), ("svc_7", ProblemCode::WrongType)]
        {
            let problem = id("hostId", Kind::Host, text).unwrap_err();
            assert_eq!((problem.code, problem.field), (code, vec!["input".into(), "hostId".into()]));
            assert_eq!(problem.related_ids, [text]);
        }
    }

    #[test]
    fn r4_a_list_of_ids_gives_one_problem_for_each_code() {
        let mut problems = Problems::default();
        // The empty one is a problem of the list.
        let texts = ["hst_1", "svc_1", "x", "ver_2", "", "hst_3", "y"].map(str::to_owned);
        assert_eq!(ids("hostIds", Kind::Host, &texts, &mut problems), [1, 3]);
        assert_eq!(problems.codes(), ["NOT_FOUND", "WRONG_TYPE"]);
        assert_eq!(problems.0[0].related_ids, ["x", "y"]);
        assert_eq!(problems.0[1].related_ids, ["svc_1", "ver_2"]);
    }

    #[test]
    fn r6_a_list_is_not_empty_not_too_long_and_names_each_once_by_a_filled_entry() {
        let told = |texts: &[String]| {
            let mut problems = Problems::default();
            list("hostIds", texts, &mut problems);
            problems.0.into_iter().map(|problem| (problem.code.to_string(), problem.related_ids)).collect::<Vec<_>>()
        };
        assert_eq!(told(&[]), [("REQUIRED".into(), vec![])]);
        let many: Vec<_> = (0..=MAX_LIST).map(|number| number.to_string()).collect();
        assert_eq!(told(&many), [("INVALID".into(), vec![])]);
        assert_eq!(told(&many[1..]), []);
        assert_eq!(told(&["a", "b", "a", "a"].map(str::to_owned)), [("INVALID".into(), vec!["a".to_owned()])]);
        assert_eq!(told(&["a", "", ""].map(str::to_owned)), [("REQUIRED".into(), vec![])]);
    }
}
