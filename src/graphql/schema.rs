//! The schema as a whole.

use super::library::{
    DirectiveFields, Execution, NullableDefaults, RootType, SubscriptionRootType, UnreferencedInterface, builder,
    described,
};
use super::mutations::{MUTATIONS, MutationRoot, Payloads};
use super::query::{QUERY, QueryRoot};
use super::subscriptions::{SUBSCRIPTIONS, Subscriptions};
use crate::app::App;
use crate::change::Denials;
use crate::read::{self, Extents};
use async_graphql::{SDLExportOptions, SchemaBuilder};

/// The root of reading.
pub type Query = RootType<QueryRoot>;
type Mutation = RootType<MutationRoot>;
type Subscription = SubscriptionRootType<Subscriptions>;

/// The API as async-graphql executes it, for the requests that [`prepare`](super::prepare) makes ready.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

fn build() -> SchemaBuilder<Query, Mutation, Subscription> {
    builder(Query::new(), Mutation::new(), Subscription::new())
        .register_output_type::<UnreferencedInterface<Payloads>>()
        .register_output_type::<NullableDefaults>()
        .register_output_type::<DirectiveFields>()
}

/// The API over these parts of a server. It executes what the gate prepared.
pub fn schema(app: App, denials: Denials) -> Schema {
    build().data(app).data(denials).extension(Execution).finish()
}

/// The schema in its own language, in an order that does not change.
pub fn sdl() -> String {
    let sdl = build().finish().sdl_with_options(SDLExportOptions::new().include_specified_by());
    described(sdl.trim_end()) + "\n"
}

/// How many items the lists of the schema have.
pub fn extents() -> Extents {
    let payloads = MUTATIONS.iter().map(|mutation| &mutation.payload);
    read::extents([&QUERY].into_iter().chain(payloads).chain(SUBSCRIPTIONS.iter().map(|subscription| subscription.of)))
}
