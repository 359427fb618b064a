//! What the gate accepts, and why it refuses the rest.

mod extents;
mod hostile;
mod introspected;
mod limits;
mod values;
mod verdicts;

use super::*;
use async_graphql::Variables;
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use std::sync::LazyLock;
use std::time::Duration;

static GATE: LazyLock<Gate> = LazyLock::new(|| Gate::for_api(Limits::default()));

/// Returns the processor time that this thread has used so far, which other load of the machine does not change.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Returns the operation of a valid document.
pub fn operation(text: &str) -> CheckedOperation {
    CheckedOperation::parse(&GATE.schema, &GATE.limits, text, None)
        .unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

fn prepare(text: &str, name: Option<&str>, variables: Value) -> Result<PreparedRequest, Vec<ServerError>> {
    let variables = variables.as_object().cloned().unwrap_or_default();
    GATE.prepare(text.to_owned(), name.map(str::to_owned), variables)
}

#[track_caller]
fn accepted(text: &str, variables: Value) -> PreparedRequest {
    prepare(text, None, variables).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

/// Returns the codes and messages of a refusal, which a second request gets, too.
#[track_caller]
fn refused(text: &str, variables: Value) -> Vec<(String, String)> {
    let errors = |variables: Value| {
        let Err(errors) = prepare(text, None, variables) else {
            panic!("it is accepted: {}", text.chars().take(300).collect::<String>())
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
