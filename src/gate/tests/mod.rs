//! What the gate lets through, with what, and why it refuses the rest.

mod extents;
mod hostile;
mod introspected;
mod limits;
mod values;
mod verdicts;

use super::*;
use async_graphql::Variables;
use serde_json::json;
use std::sync::LazyLock;

static GATE: LazyLock<Gate> = LazyLock::new(|| Gate::of_api(Limits::default()));

/// The operation of a document that is valid.
pub fn operation(text: &str) -> Operation {
    Operation::read(&GATE.schema, &GATE.limits, text, None).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

fn prepare(text: &str, name: Option<&str>, variables: Value) -> Result<Prepared, Vec<ServerError>> {
    let variables = variables.as_object().cloned().unwrap_or_default();
    GATE.prepare(text.to_owned(), name.map(str::to_owned), variables)
}

#[track_caller]
fn taken(text: &str, variables: Value) -> Prepared {
    prepare(text, None, variables).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

/// The codes and messages that it is refused with, the same on a second request.
#[track_caller]
fn refused(text: &str, variables: Value) -> Vec<(String, String)> {
    let errors = |variables: Value| {
        let Err(errors) = prepare(text, None, variables) else {
            panic!("it is taken: {}", text.chars().take(300).collect::<String>())
        };
        let parts = |error: &ServerError| {
            let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code")).cloned();
            (code.unwrap().into_json().unwrap().as_str().unwrap().to_owned(), error.message.clone())
        };
        errors.iter().map(parts).collect::<Vec<_>>()
    };
    let first = errors(variables.clone());
    assert_eq!(errors(variables), first);
    first
}

#[track_caller]
fn refused_as(code: &str, text: &str, variables: Value, about: &str) {
    let errors = refused(text, variables);
    let known = errors.iter().any(|error| error.0 == code && error.1.contains(about));
    assert!(known, "{code} {about}: {errors:?} for {}", text.chars().take(300).collect::<String>());
}
