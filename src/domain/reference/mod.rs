//! References: ids and names by which the input of a caller names things. Each is checked (R4, R6).

mod nearest;
mod pair;

pub use nearest::{nearest, unknown_names};
pub use pair::{
    CONFIRMED_INSTANCES, CURRENT_VERSION, FOUND_VERSION, Fields, HOST, HOSTS, INSTANCE, INSTANCES, Key, Reference,
    SERVICE, SERVICES, VERSION, VersionReference,
};

use super::{Id, Kind, Problem, ProblemCode, Problems, name};
use std::borrow::Cow;
use std::collections::HashSet;

/// The most ids or names that one list may hold.
pub const MAX_LIST: usize = 10_000;

/// Returns the number of an id of this kind, or a problem: NOT_FOUND if the text is not an id, WRONG_TYPE if it is the
/// id of something else.
pub fn id(field: &str, kind: Kind, text: &str) -> Result<i64, Problem> {
    match Id::parse(text) {
        Some(id) if id.kind == kind => Ok(id.number),
        Some(_) => Err(wrong_type(field, kind, &[text])),
        None => Err(not_found(field, kind, &[text])),
    }
}

/// Returns the numbers of several ids of one kind, in their order. Adds one problem for each code, except for those that
/// [`list_of`] adds.
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

/// Checks that a list has 1 to [`MAX_LIST`] entries, none of which is empty or occurs twice.
pub fn list(field: &str, texts: &[String], problems: &mut Problems) {
    list_of(MAX_LIST, field, texts, problems);
}

/// Checks a list as [`list`] does. A hostname in another spelling is the same one (R6).
pub fn hostnames(field: &str, names: &[String], problems: &mut Problems) {
    hostnames_of(MAX_LIST, field, names, problems);
}

/// Checks a list as [`list_of`] does. A hostname in another spelling is the same one (R6).
pub fn hostnames_of(max: usize, field: &str, names: &[String], problems: &mut Problems) {
    list_by(max, field, names, |name| name::folded_hostname(name).into(), problems);
}

/// Checks a list of names of instances, such as `web/host-1`, as [`list_of`] does. A hostname in another spelling is the
/// same one (R6).
pub fn instances_of(max: usize, field: &str, names: &[String], problems: &mut Problems) {
    let form = |name| match str::split_once(name, '/') {
        Some((service, hostname)) => format!("{service}/{}", name::folded_hostname(hostname)).into(),
        None => Cow::Borrowed(name),
    };
    list_by(max, field, names, form, problems);
}

/// Checks that a list has 1 to `max` entries, none of which is empty or occurs twice.
pub fn list_of(max: usize, field: &str, texts: &[String], problems: &mut Problems) {
    list_by(max, field, texts, Cow::Borrowed, problems);
}

/// Checks that a list has 1 to `max` entries, none of which is empty, and no two of which are equal in this form.
fn list_by<'t>(
    max: usize,
    field: &str,
    texts: &'t [String],
    form: impl Fn(&'t str) -> Cow<'t, str>,
    problems: &mut Problems,
) {
    if texts.is_empty() {
        problems.add(Problem::new(
            ProblemCode::Required,
            field,
            "The list is empty. Add at least one entry, or omit it if it is optional.",
        ));
    }
    if texts.len() > max {
        let message =
            format!("The list has {} entries, but at most {max} are allowed. Split the request.", texts.len());
        problems.add(Problem::new(ProblemCode::Invalid, field, message));
        return;
    }
    if texts.iter().any(String::is_empty) {
        problems.add(Problem::new(ProblemCode::Required, field, "The list has an empty entry. Remove it."));
    }
    let (mut seen, mut repeated) = (HashSet::new(), HashSet::new());
    let filled = texts.iter().filter(|text| !text.is_empty());
    let mut again = |text: &Cow<'t, str>| !seen.insert(text.clone()) && repeated.insert(text.clone());
    let twice: Vec<_> = filled.filter(|text| again(&form(text))).collect();
    if !twice.is_empty() {
        let message = "The list has entries twice. Keep each of those in relatedIds once.";
        problems.add(Problem::new(ProblemCode::Invalid, field, message).about(twice));
    }
}

/// The problem of ids that no thing of this kind has; [`unknown_names`] is that of names.
pub fn not_found(field: &str, kind: Kind, texts: &[impl ToString]) -> Problem {
    let message = format!("No {} with this id exists, or it was removed. Check what relatedIds lists.", kind.noun());
    Problem::new(ProblemCode::NotFound, field, message).about(texts.iter().map(ToString::to_string))
}

fn wrong_type(field: &str, kind: Kind, texts: &[impl ToString]) -> Problem {
    let message = format!("Expected the id of a {}. Check what relatedIds lists.", kind.noun());
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
    fn r6_a_hostname_in_two_spellings_is_in_a_list_twice() {
        let mut problems = Problems::default();
        hostnames("hosts.hostnames", &["a.b", "c", "A.b.", "a.B", "C"].map(str::to_owned), &mut problems);
        assert_eq!(problems.codes(), ["INVALID"]);
        assert_eq!(problems.0[0].related_ids, ["A.b.", "C"]);
    }

    #[test]
    fn r6_a_list_is_not_empty_not_too_long_and_names_each_once_by_a_filled_entry() {
        let reported = |texts: &[String]| {
            let mut problems = Problems::default();
            list("hostIds", texts, &mut problems);
            problems.0.into_iter().map(|problem| (problem.code.to_string(), problem.related_ids)).collect::<Vec<_>>()
        };
        assert_eq!(reported(&[]), [("REQUIRED".into(), vec![])]);
        let many: Vec<_> = (0..=MAX_LIST).map(|number| number.to_string()).collect();
        assert_eq!(reported(&many), [("INVALID".into(), vec![])]);
        assert_eq!(reported(&many[1..]), []);
        assert_eq!(reported(&["a", "b", "a", "a"].map(str::to_owned)), [("INVALID".into(), vec!["a".to_owned()])]);
        assert_eq!(reported(&["a", "", ""].map(str::to_owned)), [("REQUIRED".into(), vec![])]);
    }
}
