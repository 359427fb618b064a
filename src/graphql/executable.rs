//! The schema as it executes what the gate has prepared.

use super::direct::{DirectExecution, DirectQuery};
use super::library::{self, Refusals, written};
use super::request::prepare;
use super::schema::{self, Schema};
use crate::app::App;
use crate::change::Denials;
use crate::domain::Caller;
use crate::watch::{Groups, Messages};
use crate::wire::Response;
use async_graphql::{Request, Variables};
use std::sync::Arc;

/// The API over the parts of a server. Clones share them.
#[derive(Clone)]
pub struct ExecutableSchema {
    schema: Schema,
    direct: Arc<DirectExecution>,
}

impl ExecutableSchema {
    pub fn new(app: App, denials: Denials) -> ExecutableSchema {
        ExecutableSchema { schema: schema::schema(app.clone(), denials), direct: Arc::new(DirectExecution::new(app)) }
    }

    /// Executes a query directly.
    pub async fn query(&self, query: &DirectQuery, variables: &Variables, caller: &Caller) -> Response {
        self.direct.execute(query, variables, caller).await
    }

    /// Has async-graphql execute a query or a mutation of this caller, under this request's id.
    pub async fn execute(&self, request: Request, caller: Caller, request_id: &str) -> Response {
        let refusals = Refusals::default();
        let request = prepare(request, caller, request_id).data(refusals.clone());
        let response = written(self.schema.execute(request).await);
        // Only now is it known: fields of a literal are evaluated before what it takes the rest from.
        Response { refused: refusals.any(), ..response }
    }

    /// Begins a subscription of this caller, which may have a [`Place`](super::Place).
    pub async fn subscribe(&self, request: Request, caller: Caller, request_id: &str, groups: &Groups) -> Messages {
        library::subscribe(&self.schema, prepare(request, caller, request_id).data(groups.clone())).await
    }
}
