//! A request with its operation and the values of its variables.

use super::checked_operation::CheckedOperation;
use super::coerce::coerce_all;
use super::errors::too_complex;
use super::schema_index::SchemaIndex;
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
pub struct PreparedRequest {
    operation: Arc<CheckedOperation>,
    variables: Variables,
    /// The kind of the operation.
    pub kind: OperationType,
    /// The name of the operation, if the request has one.
    pub name: Option<String>,
    /// The most objects that the answer, or one message of a subscription, may have.
    pub objects: u64,
}

impl PreparedRequest {
    pub(super) fn new(
        schema: &SchemaIndex,
        limits: &Limits,
        operation: Arc<CheckedOperation>,
        name: Option<String>,
        variables: Map<String, Value>,
    ) -> Result<PreparedRequest, Vec<ServerError>> {
        let variables = coerce_all(schema, &operation.variables, variables)?;
        let objects = operation.cost.objects(&variables)?;
        if objects > limits.objects {
            let limit = limits.objects;
            let message =
                format!("By its page sizes, the operation requests up to {objects} objects; `objects` is {limit}.");
            return Err(vec![too_complex(&message)]);
        }
        let kind = operation.kind;
        Ok(PreparedRequest { operation, variables, kind, name, objects })
    }

    /// Executes a query or a mutation of this caller, under this request id.
    pub fn execute(self, schema: &ExecutableSchema, caller: Caller, request_id: &str) -> BoxFuture<'static, Response> {
        let schema = schema.clone();
        if let Some(query) = self.operation.direct.clone() {
            return async move { schema.query(&query, &self.variables, &caller).await }.boxed();
        }
        let request_id = request_id.to_owned();
        async move { schema.execute(self.request(), caller, &request_id).await }.boxed()
    }

    /// Returns the request that async-graphql executes.
    pub fn request(self) -> Request {
        let mut request = Request::new(String::new()).variables(self.variables).data(MessageObjects(self.objects));
        // async-graphql consumes the document that it executes. It gets a copy of this one operation, which shares its
        // names.
        request.set_parsed_query(ExecutableDocument::clone(&self.operation.tree));
        request
    }
}
