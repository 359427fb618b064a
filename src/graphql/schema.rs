//! The schema as a whole.

use super::library::{Corrections, Validated, described};
use super::mutations::{MUTATIONS, MutationRoot, Payloads};
use super::query::{QUERY, Query};
use super::subscriptions::{Subscription, WATCHES};
use crate::app::App;
use crate::change::Denials;
use crate::read::{self, Extents};
use async_graphql::SDLExportOptions;

/// The API as the library executes it, for the requests that [`prepare`](super::prepare) makes ready.
pub type Schema = async_graphql::Schema<Query, MutationRoot, Subscription>;

fn build() -> async_graphql::SchemaBuilder<Query, MutationRoot, Subscription> {
    Schema::build(Query, MutationRoot, Subscription)
        .register_output_type::<Payloads>()
        .register_output_type::<Corrections>()
        // How deep a document nests was checked before.
        .limit_recursive_depth(usize::MAX)
}

/// The API over these parts of a server. It executes what the gate prepared.
pub fn schema(app: App, denials: Denials) -> Schema {
    build().data(app).data(denials).extension(Validated).finish()
}

/// The schema in its own language, in an order that does not change.
pub fn sdl() -> String {
    let sdl = build().finish().sdl_with_options(SDLExportOptions::new().include_specified_by());
    described(sdl.trim_end()) + "\n"
}

/// How many items the lists of the schema have.
pub fn extents() -> Extents {
    let payloads = MUTATIONS.iter().map(|mutation| &mutation.payload);
    read::extents([&QUERY].into_iter().chain(payloads).chain(WATCHES.iter().map(|watch| watch.of)))
}
