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

/// The name of the argument of mutations that have an input.
const INPUT: &str = "input";

impl Sender<'_> {
    /// The request of this sender, with this input.
    fn request(&self, operation: &'static str, input: serde_json::Value) -> Request {
        Request {
            caller: self.caller.clone(),
            request_id: self.request_id.to_owned(),
            operation,
            idempotency_key: input.get("idempotencyKey").and_then(|key| key.as_str()).map(str::to_owned),
            input,
            audit_input: self.audit_input,
        }
    }
}

/// What a mutation does, whatever the type of its input is.
pub trait Run: Sync {
    /// The argument `input`, or `None` if the mutation has no input.
    fn input(&self) -> Option<&'static Arg>;

    /// Parses the input, if the mutation has one, changes what it asks for, and returns the row of the payload.
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

struct ActionWithoutInput(for<'a> fn(&'a App, Request) -> BoxFuture<'a, Changed>);

/// What a mutation without input does.
pub const fn action_without_input(run: for<'a> fn(&'a App, Request) -> BoxFuture<'a, Changed>) -> impl Run {
    ActionWithoutInput(run)
}

impl Run for ActionWithoutInput {
    fn input(&self) -> Option<&'static Arg> {
        None
    }

    fn run<'a>(
        &self,
        app: &'a App,
        operation: &'static str,
        sender: &Sender<'_>,
        _: Value,
    ) -> Result<BoxFuture<'a, Changed>, ApiError> {
        Ok((self.0)(app, sender.request(operation, serde_json::json!({}))))
    }
}

struct Action<I>(for<'a> fn(&'a App, Request, I) -> BoxFuture<'a, Changed>);

/// What a mutation with this input does. The request has the input as JSON, too.
pub const fn action<I: InputType>(run: for<'a> fn(&'a App, Request, I) -> BoxFuture<'a, Changed>) -> impl Run {
    Action(run)
}

impl<I: InputType> Run for Action<I> {
    fn input(&self) -> Option<&'static Arg> {
        Some(const { &arg::<I>(INPUT, "The input of the mutation.") })
    }

    fn run<'a>(
        &self,
        app: &'a App,
        operation: &'static str,
        sender: &Sender<'_>,
        input: Value,
    ) -> Result<BoxFuture<'a, Changed>, ApiError> {
        let input: I = parse(INPUT, Some(input))?;
        // As it was parsed: defaults are filled in.
        let json = input.to_value().into_json().map_err(|_| ApiError::internal())?;
        Ok((self.0)(app, sender.request(operation, json), input))
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
