//! One reading of a request: its text is parsed, validated and measured here and nowhere else, and the values of its
//! variables are coerced, before any field is executed. The library is handed the tree of the one operation that is
//! meant. Verdicts are those of the specification and of graphql-js; `tests/clients` compares them.

mod check;
mod coerce;
mod introspection;
mod known;
mod literal;
mod measure;
mod objects;
mod operation;
mod places;
mod prepared;
mod problem;
mod schema;
mod size;
mod syntax;
#[cfg(test)]
mod tests;
mod tree;
mod trusted;

pub use prepared::Prepared;
pub use trusted::{Source, Unusable};

use crate::blocking;
use crate::graphql;
use crate::limits::Limits;
use crate::read::Extents;
use crate::wire::{SCALARS, ScalarCheck};
use async_graphql::ServerError;
use known::Known;
use operation::Operation;
use schema::Schema;
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::Arc;
use trusted::Trusted;

/// Checks requests against one schema. Documents that are valid are kept for the next request with the same text.
pub struct Gate {
    schema: Schema,
    limits: Limits,
    known: Known,
    /// The documents that run, if the operator trusts no others.
    trusted: Option<Trusted>,
}

impl Gate {
    /// A gate in front of the schema with this definition: `scalars` are its own scalars, and `extents` says how many
    /// items its lists have.
    pub fn new(sdl: &str, scalars: &'static [ScalarCheck], extents: Extents, limits: Limits) -> Gate {
        Gate { schema: Schema::new(sdl, scalars, extents), limits, known: Known::default(), trusted: None }
    }

    /// The gate in front of the API.
    pub fn of_api(limits: Limits) -> Gate {
        Gate::new(&graphql::sdl(), &SCALARS, graphql::extents(), limits)
    }

    /// Trusts the documents of this file, and from now on no others.
    pub fn trust(&mut self, file: &Path) -> Result<(), Unusable> {
        self.trusted = Some(Trusted::read(self, file)?);
        Ok(())
    }

    /// Whether any document may run, and not only trusted ones.
    pub fn takes_texts(&self) -> bool {
        self.trusted.is_none()
    }

    /// Returns the operation that is meant, ready for execution, or every reason why it must not be executed.
    pub fn prepare(
        &self,
        source: impl Into<Source>,
        name: Option<String>,
        variables: Map<String, Value>,
    ) -> Result<Prepared, Vec<ServerError>> {
        let key = (self.text(source.into()).map_err(|problem| vec![problem])?, name);
        let operation = if let Some(operation) = self.known.find(&key) {
            operation
        } else {
            let read = || Operation::read(&self.schema, &self.limits, &key.0, key.1.as_deref());
            let operation = blocking::run(key.0.len(), read);
            let operation = Arc::new(operation.map_err(problem::bounded)?);
            self.known.keep(key.clone(), operation.clone());
            operation
        };
        Prepared::new(&self.schema, &self.limits, operation, key.1, variables).map_err(problem::bounded)
    }
}
