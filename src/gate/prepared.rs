//! An operation with the values of its variables.

use super::coerce::coerced;
use super::operation::Operation;
use super::problem::too_complex;
use super::schema::Schema;
use crate::domain::Caller;
use crate::graphql::{ExecutableSchema, MessageObjects};
use crate::limits::Limits;
use crate::wire::Response;
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request, ServerError, Variables};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A request that may be executed.
pub struct Prepared {
    operation: Arc<Operation>,
    variables: Variables,
    /// The operation's kind.
    pub kind: OperationType,
    /// The name that the request has for its operation.
    pub name: Option<String>,
    /// The most objects that the answer may hold, or one message of a subscription.
    pub objects: u64,
}

impl Prepared {
    pub(super) fn new(
        schema: &Schema,
        limits: &Limits,
        operation: Arc<Operation>,
        name: Option<String>,
        variables: Map<String, Value>,
    ) -> Result<Prepared, Vec<ServerError>> {
        let variables = coerced(schema, &operation.variables, variables)?;
        let objects = operation.cost.objects(&variables)?;
        if objects > limits.objects {
            let limit = limits.objects;
            let message = format!("By its page sizes, the operation asks for {objects} objects; `objects` is {limit}.");
            return Err(vec![too_complex(&message)]);
        }
        let kind = operation.kind;
        Ok(Prepared { operation, variables, kind, name, objects })
    }

    /// Executes a query or a mutation of this caller, under this request's id.
    pub fn execute(self, schema: &ExecutableSchema, caller: Caller, request_id: &str) -> BoxFuture<'static, Response> {
        let schema = schema.clone();
        if let Some(query) = self.operation.direct.clone() {
            return async move { schema.query(&query, &self.variables, &caller).await }.boxed();
        }
        let request_id = request_id.to_owned();
        async move { schema.execute(self.request(), caller, &request_id).await }.boxed()
    }

    /// The request that the library executes.
    pub fn request(self) -> Request {
        let mut request = Request::new(String::new()).variables(self.variables).data(MessageObjects(self.objects));
        // The library takes a document apart as it executes it. What it gets is this one operation, whose names and
        // texts of names are shared.
        request.set_parsed_query(ExecutableDocument::clone(&self.operation.tree));
        request
    }
}
