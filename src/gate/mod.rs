//! One reading of a request: its text is parsed, validated and measured only here, and the values of its variables are
//! coerced, before any field is executed. async-graphql gets the tree of the requested operation alone. Verdicts are
//! those of the specification and of graphql-js; `tests/clients` compares them.
//!
//! ```text
//! trusted → (document_cache) → checked_document → measure, cost, tree → checked_operation
//!                                                                              │
//!                                        variables → coerce ───────────→ prepared_request
//! ```

mod checked_document;
mod checked_operation;
mod coerce;
mod cost;
mod cursor_variables;
mod document_cache;
mod errors;
mod introspection;
mod list_conflicts;
mod list_size;
mod literal;
mod measure;
mod positions;
mod prepared_request;
mod schema_index;
mod syntax;
#[cfg(test)]
mod tests;
mod tree;
mod trusted;

pub use prepared_request::PreparedRequest;
pub use trusted::{DocumentSource, TrustedDocumentsError};

use crate::blocking;
use crate::graphql;
use crate::limits::Limits;
use crate::read::Extents;
use crate::wire::{SCALARS, ScalarCheck};
use async_graphql::ServerError;
use checked_operation::CheckedOperation;
use document_cache::DocumentCache;
use schema_index::SchemaIndex;
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::Arc;
use trusted::TrustedDocuments;

/// Checks requests against one schema. Valid documents are cached for the next request with the same text.
pub struct Gate {
    schema: SchemaIndex,
    limits: Limits,
    cache: DocumentCache,
    /// The only documents that may run, if the operator trusts no others.
    trusted: Option<TrustedDocuments>,
}

impl Gate {
    /// Returns the gate of the schema with this definition: `scalars` are the scalars that it defines, and `extents`
    /// says how many items its lists have.
    pub fn new(sdl: &str, scalars: &'static [ScalarCheck], extents: Extents, limits: Limits) -> Gate {
        Gate { schema: SchemaIndex::new(sdl, scalars, extents), limits, cache: DocumentCache::default(), trusted: None }
    }

    /// Returns the gate of the API.
    pub fn for_api(limits: Limits) -> Gate {
        Gate::new(&graphql::sdl(), &SCALARS, graphql::extents(), limits)
    }

    /// From now on, lets only the documents of this file pass.
    pub fn trust_only(&mut self, file: &Path) -> Result<(), TrustedDocumentsError> {
        self.trusted = Some(TrustedDocuments::read(&self.schema, &self.limits, file)?);
        Ok(())
    }

    /// Whether any document may run, and not only trusted ones.
    pub fn accepts_any_document(&self) -> bool {
        self.trusted.is_none()
    }

    /// Returns a request with its operation, ready to be executed, or every reason why it must not be executed.
    pub fn prepare(
        &self,
        source: impl Into<DocumentSource>,
        name: Option<String>,
        variables: Map<String, Value>,
    ) -> Result<PreparedRequest, Vec<ServerError>> {
        let text = source.into().text(self.trusted.as_ref()).map_err(|error| vec![error])?;
        let key = (text, name);
        let operation = if let Some(operation) = self.cache.get(&key) {
            operation
        } else {
            let parse = || CheckedOperation::parse(&self.schema, &self.limits, &key.0, key.1.as_deref());
            let operation = blocking::run(key.0.len(), parse);
            let operation = Arc::new(operation.map_err(errors::bounded)?);
            self.cache.insert(key.clone(), operation.clone());
            operation
        };
        PreparedRequest::new(&self.schema, &self.limits, operation, key.1, variables).map_err(errors::bounded)
    }
}
