//! Ids that a caller sends are claims: each is read as one of the kind that its input wants, or refused (R4).

use super::{Id, Kind, Problem, ProblemCode, Problems};
use std::collections::HashSet;

/// The number of the thing that an id of this kind names. Malformed is `NOT_FOUND`, since nothing has such an
/// id; an id of another kind is `WRONG_TYPE`.
pub fn id(field: &str, kind: Kind, text: &str) -> Result<i64, Problem> {
    match Id::parse(text) {
        Some(id) if id.kind == kind => Ok(id.number),
        Some(id) => {
            let message = format!("This needs the id of a {}, not of a {}.", kind.noun(), id.kind.noun());
            Err(Problem::new(ProblemCode::WrongType, field, message).about([text]))
        }
        None => Err(unknown(field, kind).about([text])),
    }
}

/// The numbers of the things that a list of ids names, in its order: 1 to `most` ids, each once. What does not
/// fit is noted and left out.
pub fn ids(field: &str, kind: Kind, texts: &[String], most: usize, problems: &mut Problems) -> Vec<i64> {
    if texts.is_empty() {
        let message = format!("This list needs at least one id of a {}.", kind.noun());
        problems.add(Problem::new(ProblemCode::Required, field, message));
    }
    if texts.len() > most {
        let message = format!("This list takes at most {most} ids; these are {}.", texts.len());
        problems.add(Problem::new(ProblemCode::Invalid, field, message));
        return Vec::new();
    }
    let mut seen = HashSet::new();
    for twice in texts.iter().filter(|text| !seen.insert(text.as_str())) {
        let message = "Each id is given once in this list.";
        problems.add(Problem::new(ProblemCode::Invalid, field, message).about([twice]));
    }
    texts.iter().filter_map(|text| problems.take(id(field, kind, text))).collect()
}

/// That nothing of this kind is what the caller said; say what by `about`.
pub fn unknown(field: &str, kind: Kind) -> Problem {
    Problem::new(ProblemCode::NotFound, field, format!("There is no such {}.", kind.noun()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r4_an_id_is_of_the_kind_wanted_or_a_problem_that_says_why() {
        assert_eq!(id("hostId", Kind::Host, "hst_3"), Ok(3));
        let problem = id("hostId", Kind::Host, "svc_3").unwrap_err();
        assert_eq!((problem.code, problem.related_ids), (ProblemCode::WrongType, vec!["svc_3".to_owned()]));
        let problem = id("hostId", Kind::Host, "hst_03").unwrap_err();
        assert_eq!((problem.code, problem.field), (ProblemCode::NotFound, vec!["input".to_owned(), "hostId".into()]));
    }

    #[test]
    fn r4_a_list_of_ids_reports_one_problem_for_each_code() {
        let texts = ["ins_1", "x", "ins_1", "hst_1", "y"].map(str::to_owned);
        let mut problems = Problems::default();
        assert_eq!(ids("instanceIds", Kind::Instance, &texts, 1000, &mut problems), [1, 1]);
        let told: Vec<_> =
            problems.0.iter().map(|problem| (problem.code.to_string(), problem.related_ids.join(" "))).collect();
        let told: Vec<_> = told.iter().map(|(code, ids)| (code.as_str(), ids.as_str())).collect();
        assert_eq!(told, [("INVALID", "ins_1"), ("NOT_FOUND", "x y"), ("WRONG_TYPE", "hst_1")]);
        for (count, code) in [(0, ProblemCode::Required), (4, ProblemCode::Invalid)] {
            let texts: Vec<_> = (1..=count).map(|number| format!("ins_{number}")).collect();
            let mut problems = Problems::default();
            ids("instanceIds", Kind::Instance, &texts, 3, &mut problems);
            assert_eq!(problems.codes(), [code.to_string()]);
        }
    }
}
