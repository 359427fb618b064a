//! The schema as it executes what the gate has prepared.

use super::direct::{DirectExecution, DirectQuery};
use super::request::prepare;
use super::schema::{self, Schema};
use super::subscriptions;
use crate::app::App;
use crate::change::Denials;
use crate::domain::Caller;
use crate::watch::{Groups, Messages};
use async_graphql::{Request, Response, Variables};
use std::sync::Arc;

/// The API over the parts of a server. Clones share them.
#[derive(Clone)]
pub struct ExecutableSchema {
    library: Schema,
    direct: Arc<DirectExecution>,
}

impl ExecutableSchema {
    pub fn new(app: App, denials: Denials) -> ExecutableSchema {
        ExecutableSchema { library: schema::schema(app.clone(), denials), direct: Arc::new(DirectExecution::new(app)) }
    }

    /// Executes a query without the library.
    pub async fn query(&self, query: &DirectQuery, variables: &Variables, caller: &Caller) -> Response {
        self.direct.execute(query, variables, caller).await
    }

    /// Has the library execute a query or a mutation of this caller, under this request's id.
    pub async fn execute(&self, request: Request, caller: Caller, request_id: &str) -> Response {
        self.library.execute(prepare(request, caller, request_id)).await
    }

    /// Begins a subscription of this caller, which may have a [`Place`](super::Place).
    pub async fn subscribe(&self, request: Request, caller: Caller, request_id: &str, groups: &Groups) -> Messages {
        subscriptions::subscribe(&self.library, prepare(request, caller, request_id), groups).await
    }
}
