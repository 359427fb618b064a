//! The schema as a whole.

use super::documents::{Documents, OperationName};
use super::mutation::{MutationRoot, Payloads, RequestId};
use super::query::{Ahead, Query};
use super::subscription::Subscription;
use crate::app::App;
use crate::domain::Caller;
use async_graphql::{Request, SDLExportOptions};

/// The API. Requests go through [`prepare`], responses through `complete` and `body`.
pub type Schema = async_graphql::Schema<Query, MutationRoot, Subscription>;

fn build() -> async_graphql::SchemaBuilder<Query, MutationRoot, Subscription> {
    Schema::build(Query, MutationRoot, Subscription).register_output_type::<Payloads>().limit_directives(5)
}

/// The API over these parts of a server. Here it keeps the documents that it found valid.
pub fn schema(app: App, documents: &Documents) -> Schema {
    build().data(app).extension(documents.clone()).finish()
}

/// The schema in its own language, in an order that does not change.
pub fn sdl() -> String {
    let sdl = build().finish().sdl_with_options(SDLExportOptions::new().include_specified_by());
    sdl.trim_end().to_owned() + "\n"
}

/// Makes a request ready: who asks, under which id, and with what is read ahead of everything else. A request
/// for a subscription goes to [`subscribe`](super::subscribe), and may have a [`Place`](super::Place).
pub fn prepare(request: Request, caller: Caller, request_id: &str) -> Request {
    let name = OperationName(request.operation_name.clone());
    request.data(name).data(caller).data(RequestId(request_id.to_owned())).data(Ahead::default())
}
