//! The gate next to graphql-js, the reference: random requests, made from the schema and damaged, and a corpus of what
//! is easily read in two ways. Both must say the same, and coerce variables to the same values.
//!
//! `VERDICTS` says how many random requests are compared.

mod damage;
mod departures;
mod maker;
mod oracle;

use lockkeeper::gate::Gate;
use lockkeeper::limits::{Limits, RootFields};
use oracle::Oracle;
use serde_json::{Map, Value};

/// A text and the values of its variables.
#[derive(Clone, Debug)]
pub struct Request {
    pub text: String,
    pub variables: Map<String, Value>,
}

/// What is said about a request.
#[derive(Debug)]
pub enum Verdict {
    /// It may be executed, with these values of its variables.
    Taken(Value),
    Refused(String),
}

/// What the gate says. What a request may cost does not count here.
fn ours(gate: &Gate, request: &Request) -> Verdict {
    match gate.prepare(request.text.clone(), None, request.variables.clone()) {
        Ok(prepared) => Verdict::Taken(serde_json::to_value(&prepared.request().variables).unwrap()),
        Err(errors) => {
            let codes =
                errors.iter().map(|error| serde_json::to_string(&error.extensions).unwrap() + " " + &error.message);
            Verdict::Refused(codes.collect::<Vec<_>>().join("\n"))
        }
    }
}

/// How the two differ, or `None` if they agree or depart as they are meant to.
fn difference(gate: &Gate, oracle: &mut Oracle, request: &Request) -> Option<String> {
    let (ours, theirs) = (ours(gate, request), oracle.verdict(request));
    let differ = match (&ours, &theirs) {
        (Verdict::Taken(ours), Verdict::Taken(theirs)) => ours != theirs,
        (Verdict::Refused(_), Verdict::Refused(_)) => false,
        _ => true,
    };
    let differ = differ && !departures::is_intended(&oracle.schema, &ours, &theirs);
    differ.then(|| format!("the gate: {ours:?}\ngraphql-js: {theirs:?}"))
}

/// The smallest request that was found on which they still differ: tokens are left out as long as it does.
fn shrunk(gate: &Gate, oracle: &mut Oracle, mut request: Request) -> Request {
    let mut part = damage::tokens(&request.text).len() / 2;
    while part > 0 {
        let mut start = 0;
        while start < damage::tokens(&request.text).len() {
            let tokens = damage::tokens(&request.text);
            let rest: Vec<_> =
                tokens.iter().enumerate().filter(|(place, _)| !(start..start + part).contains(place)).collect();
            let text = rest.into_iter().map(|(_, token)| token.as_str()).collect::<String>();
            let smaller = Request { text, variables: request.variables.clone() };
            match difference(gate, oracle, &smaller) {
                Some(_) => request = smaller,
                None => start += part,
            }
        }
        part /= 2;
    }
    for name in request.variables.keys().cloned().collect::<Vec<_>>() {
        let mut smaller = request.clone();
        smaller.variables.remove(&name);
        if difference(gate, oracle, &smaller).is_some() {
            request = smaller;
        }
    }
    request
}

fn gate() -> Gate {
    let root_fields = RootFields { query: 1_000, mutation: 1_000, subscription: 1_000 };
    let most = u64::MAX;
    let (depth, nodes, aliases, directives, objects) = (100, most, most, most, most);
    Gate::for_api(Limits { depth, nodes, aliases, directives, objects, root_fields, ..Limits::default() })
}

#[test]
fn random_requests_are_judged_as_graphql_js_does() {
    let many: u64 = std::env::var("VERDICTS").map_or(1_200, |many| many.parse().unwrap());
    let (gate, mut oracle) = (gate(), Oracle::start());
    let (mut taken, mut differences) = (0, Vec::new());
    for seed in 0..many {
        let request = maker::request(&oracle.schema, seed);
        taken += u64::from(matches!(ours(&gate, &request), Verdict::Taken(_)));
        if difference(&gate, &mut oracle, &request).is_some() {
            let request = shrunk(&gate, &mut oracle, request);
            let Some(difference) = difference(&gate, &mut oracle, &request) else { unreachable!() };
            let variables = Value::Object(request.variables);
            differences.push(format!("seed {seed}: {}\nvariables: {variables}\n{difference}\n", request.text));
            if differences.len() == 10 {
                break;
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!((many / 5..many * 4 / 5).contains(&taken), "{taken} of {many} are valid: the rest says little");
}

#[test]
fn a_corpus_is_judged_as_graphql_js_does() {
    let (gate, mut oracle) = (gate(), Oracle::start());
    let texts: Vec<&str> = include_str!("corpus.txt").split("# ---\n").map(str::trim_end).collect();
    assert!(texts.len() > 60, "{}", texts.len());
    let differences = texts.iter().filter_map(|text| {
        let variables = text.lines().next().and_then(|line| line.strip_prefix("# variables: "));
        let variables = variables.map_or_else(Map::new, |json| serde_json::from_str(json).expect(json));
        let difference = difference(&gate, &mut oracle, &Request { text: (*text).to_owned(), variables })?;
        Some(format!("{text}\n{difference}\n"))
    });
    let differences: Vec<String> = differences.collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
