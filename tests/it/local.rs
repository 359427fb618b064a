//! A server without its transports: the schema behind the gate.

use async_graphql::{Request, ServerError};
use lockkeeper::app::App;
use lockkeeper::change::Denials;
use lockkeeper::domain::release::rollout::RolloutDefaults;
use lockkeeper::domain::{Caller, Role};
use lockkeeper::executor::Executor;
use lockkeeper::gate::Gate;
use lockkeeper::graphql::ExecutableSchema;
use lockkeeper::limits::Limits;
use lockkeeper::store::Db;
use lockkeeper::wire::{Response, body, complete};
use serde_json::Value;

pub struct Local {
    pub app: App,
    pub schema: ExecutableSchema,
    gate: Gate,
}

impl Local {
    /// Serves the database at this URL.
    pub async fn open(url: &str, executors: impl IntoIterator<Item = Executor>, limits: Limits) -> Local {
        let db = Db::open(url, 8).await.unwrap();
        let denials = Denials::new(db.clone(), limits.audit_input);
        let app = App { db, executors: executors.into_iter().collect(), rollout: RolloutDefaults::default() };
        Local { schema: ExecutableSchema::new(app.clone(), denials), gate: Gate::for_api(limits), app }
    }

    /// The response to a document, for the caller `ann` with this role.
    pub async fn ask(&self, role: Role, document: &str, variables: Value) -> Value {
        let bytes = self.ask_bytes(role, document, variables).await;
        serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&bytes)))
    }

    /// As [`Local::ask`], as it is sent.
    pub async fn ask_bytes(&self, role: Role, document: &str, variables: Value) -> Vec<u8> {
        let caller = Caller::new("ann", role, "token 1");
        let variables = variables.as_object().cloned().unwrap_or_default();
        let mut response = match self.gate.prepare(document.to_owned(), None, variables) {
            Ok(prepared) => prepared.execute(&self.schema, caller, "req-1").await,
            Err(errors) => Response::from_errors(errors),
        };
        complete(&mut response, "req-1");
        body(&response)
    }

    /// A request as the gate lets it through.
    pub fn gated(&self, request: Request) -> Result<Request, Vec<ServerError>> {
        let variables = serde_json::to_value(&request.variables).unwrap().as_object().unwrap().clone();
        let mut gated = self.gate.prepare(request.query, None, variables)?.request();
        gated.data = request.data;
        Ok(gated)
    }
}

/// An executor that only waits for a moment.
pub fn simulate(name: &str) -> Executor {
    Executor::parse(name, "kind = 'simulate'\ndelay = '20ms'").unwrap()
}
