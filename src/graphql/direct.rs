//! Queries that are executed without the library. It would copy the document's tree for each request, since it takes a tree
//! apart as it executes it, and would make a future and a value of each field of the root, which all come down to bytes
//! that are written by `read`.

use super::query::{EVENT_CURSOR, QUERY, answer};
use super::registration::register;
use super::types::EVENT_LOG;
use crate::app::App;
use crate::domain::Caller;
use crate::read::{Answer, Document, Prepared, Reader, head, response};
use crate::wire::{ApiError, Response};
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::registry::Registry;
use async_graphql::{Positioned, Variables};
use futures_util::FutureExt;
use futures_util::future::join_all;
use std::sync::Arc;

/// A query without introspection, which is the library's.
pub struct DirectQuery(Arc<ExecutableDocument>);

impl DirectQuery {
    /// The query of a document with one operation, or `None` if the library has to execute it.
    pub fn of(document: &Arc<ExecutableDocument>) -> Option<DirectQuery> {
        let operation = operation(document)?;
        let is_direct = operation.ty == OperationType::Query && !introspects(document, &operation.selection_set.node);
        is_direct.then(|| DirectQuery(document.clone()))
    }
}

fn operation(document: &ExecutableDocument) -> Option<&OperationDefinition> {
    match &document.operations {
        DocumentOperations::Single(operation) => Some(&operation.node),
        DocumentOperations::Multiple(_) => None,
    }
}

/// Whether a selection of the root has a field of introspection, apart from `__typename`.
fn introspects(document: &ExecutableDocument, set: &SelectionSet) -> bool {
    set.items.iter().any(|item| match &item.node {
        Selection::Field(field) => matches!(field.node.name.node.as_str(), "__schema" | "__type"),
        Selection::InlineFragment(fragment) => introspects(document, &fragment.node.selection_set.node),
        Selection::FragmentSpread(spread) => {
            let fragment = document.fragments.get(&spread.node.fragment_name.node);
            fragment.is_none_or(|fragment| introspects(document, &fragment.node.selection_set.node))
        }
    })
}

/// What executes direct queries.
pub(super) struct DirectExecution {
    app: App,
    /// The types that queries reach.
    registry: Registry,
}

impl DirectExecution {
    pub fn new(app: App) -> DirectExecution {
        let mut registry = Registry::default();
        register(&QUERY, &mut registry);
        DirectExecution { app, registry }
    }

    /// Answers a query with these values of its variables.
    pub async fn execute(&self, query: &DirectQuery, variables: &Variables, caller: &Caller) -> Response {
        let Some(operation) = operation(&query.0) else { unreachable!("a direct query has one operation") };
        let document = Document { operation, fragments: &query.0.fragments, variables, registry: &self.registry };
        let fields = document.root(QUERY.name);
        let ahead = match fields.iter().any(|(_, nodes)| is_event_cursor(nodes)) {
            true => Some(head(self.app.db.queries_of(&caller.name), &EVENT_LOG).await.map(|head| head.position)),
            false => None,
        };
        let field = |nodes| self.field(document, nodes, caller, ahead.as_ref());
        response(match &fields[..] {
            [(_, nodes)] => vec![field(nodes).await],
            // In boxes, since such a future is large and would be moved with all others.
            fields => join_all(fields.iter().map(|(_, nodes)| field(nodes).boxed())).await,
        })
    }

    /// Plans and answers one field of the root.
    async fn field<'a>(
        &'a self,
        document: Document<'a>,
        nodes: &[&'a Positioned<Field>],
        caller: &'a Caller,
        ahead: Option<&Result<i64, ApiError>>,
    ) -> (Prepared, Answer) {
        let field = Prepared::read(Ok(Reader { document, app: &self.app, caller }), &QUERY, nodes);
        let answer = answer(&self.app, caller, &field, is_event_cursor(nodes), ahead).await;
        (field, answer)
    }
}

fn is_event_cursor(nodes: &[&Positioned<Field>]) -> bool {
    nodes[0].node.name.node == EVENT_CURSOR
}
