//! What a mutation says about itself, in a table.

use crate::app::App;
use crate::change::Request;
use crate::domain::caller::Right;
use crate::domain::{Caller, Problems};
use crate::graphql::types::{MUTATION_PAYLOAD, with_problems};
use crate::limits::Bytes;
use crate::read::SuppliedRow;
use crate::read::declare::{Arg, Field, Object, arg, parse};
use crate::store;
use crate::wire::ApiError;
use async_graphql::{InputType, Value};
use futures_util::future::BoxFuture;

/// A field of the root.
pub struct Mutation {
    pub name: &'static str,
    /// The description in the schema.
    pub about: &'static str,
    /// What the caller needs to run it.
    pub right: Right,
    /// What it answers; made by [`payload_of`].
    pub payload: Object,
    /// What it does; made by [`action`].
    pub run: &'static dyn Run,
}

/// Who sends a mutation, and under which request id.
pub struct Sender<'a> {
    pub caller: &'a Caller,
    pub request_id: &'a str,
    /// How much of an input an audit entry keeps.
    pub audit_input: Bytes,
}

/// What a mutation does, whatever the type of its input is.
pub trait Run: Sync {
    /// The argument `input`.
    fn input(&self) -> &'static Arg;

    /// Parses the input, changes what it asks for, and returns the row of the payload.
    fn run<'a>(
        &self,
        app: &'a App,
        operation: &'static str,
        sender: &Sender<'_>,
        input: Value,
    ) -> Result<BoxFuture<'a, Changed>, ApiError>;
}

/// The row of a payload, or why there is none.
pub type Changed = Result<SuppliedRow, ApiError>;

struct Action<I>(for<'a> fn(&'a App, Request, I) -> BoxFuture<'a, Changed>);

/// What a mutation with this input does. The request has the input as JSON, too.
pub const fn action<I: InputType>(run: for<'a> fn(&'a App, Request, I) -> BoxFuture<'a, Changed>) -> impl Run {
    Action(run)
}

impl<I: InputType> Run for Action<I> {
    fn input(&self) -> &'static Arg {
        const { &arg::<I>("input", "The input of the mutation.") }
    }

    fn run<'a>(
        &self,
        app: &'a App,
        operation: &'static str,
        sender: &Sender<'_>,
        input: Value,
    ) -> Result<BoxFuture<'a, Changed>, ApiError> {
        let input: I = parse(self.input().name, Some(input))?;
        // As it was parsed: defaults are filled in.
        let json = input.to_value().into_json().map_err(|_| ApiError::internal())?;
        let request = Request {
            caller: sender.caller.clone(),
            request_id: sender.request_id.to_owned(),
            operation,
            idempotency_key: json.get("idempotencyKey").and_then(|key| key.as_str()).map(str::to_owned),
            input: json,
            audit_input: sender.audit_input,
        };
        Ok((self.0)(app, request, input))
    }
}

/// The payload of a mutation.
pub const fn payload_of(name: &'static str, about: &'static str, fields: &'static [Field]) -> Object {
    Object::without_table(name, about, fields).implements(&MUTATION_PAYLOAD)
}

/// The row of a payload: what was changed, or the problems of the input.
pub fn answer<T>(outcome: store::Result<Result<T, Problems>>, row: impl FnOnce(T) -> SuppliedRow) -> Changed {
    Ok(match outcome? {
        Ok(changed) => row(changed),
        Err(problems) => with_problems(SuppliedRow::new(), &problems.0),
    })
}
