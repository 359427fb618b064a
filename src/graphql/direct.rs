//! Queries that are executed without async-graphql. It would copy the document's tree for each request, since it takes a tree
//! apart as it executes it, and would make a future and a value of each field of the root, which all come down to bytes
//! that are written by `read`.

use super::kept_plans::{KeptPlans, QueryPlan};
use super::query::{QUERY, answer};
use super::registration::register;
use super::types::EVENT_LOG;
use crate::app::App;
use crate::domain::Caller;
use crate::read::{Document, Prepared, Reader, head, response, variables};
use crate::wire::Response;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::registry::Registry;
use async_graphql::{Name, Variables};
use futures_util::FutureExt;
use futures_util::future::join_all;
use std::sync::Arc;

/// A query without introspection.
pub struct DirectQuery {
    document: Arc<ExecutableDocument>,
    /// The variables of `@skip` and `@include`.
    directives: Vec<Name>,
    plans: KeptPlans,
}

impl DirectQuery {
    /// The query of a document with one operation, or `None` if async-graphql has to execute it.
    pub fn of(document: &Arc<ExecutableDocument>) -> Option<DirectQuery> {
        let operation = operation(document)?;
        let is_direct = operation.ty == OperationType::Query && !introspects(document, &operation.selection_set.node);
        is_direct.then(|| {
            let mut directives = Vec::new();
            let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
            for set in fragments.chain([&operation.selection_set.node]) {
                directive_variables(set, &mut directives);
            }
            DirectQuery { document: document.clone(), directives, plans: KeptPlans::default() }
        })
    }
}

/// Adds the variables of the directives in a selection, apart from those in fragments that it spreads.
fn directive_variables(set: &SelectionSet, names: &mut Vec<Name>) {
    for item in &set.items {
        for directive in item.node.directives() {
            for (_, value) in &directive.node.arguments {
                variables(&value.node, names);
            }
        }
        match &item.node {
            Selection::Field(field) => directive_variables(&field.node.selection_set.node, names),
            Selection::InlineFragment(fragment) => directive_variables(&fragment.node.selection_set.node, names),
            Selection::FragmentSpread(_) => {}
        }
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
        let Some(operation) = operation(&query.document) else { unreachable!("a direct query has one operation") };
        let fragments = &query.document.fragments;
        let document = Document { operation, fragments, variables, registry: &self.registry };
        let kept = query.plans.find(caller, document).and_then(|plan| {
            let arguments = plan.fields.iter().map(|field| field.arguments_of(document));
            Some((arguments.collect::<Option<Vec<_>>>()?, plan))
        });
        let (arguments, plan) = kept.unwrap_or_else(|| {
            let plan = Arc::new(self.plan(document, query, caller));
            query.plans.keep(&plan);
            (plan.fields.iter().map(Prepared::arguments).collect(), plan)
        });
        let reads = self.app.db.queries_of(&caller.name);
        let ahead = match plan.fields.iter().any(Prepared::is_head) {
            true => Some(head(reads, &EVENT_LOG).await.map(|head| head.position)),
            false => None,
        };
        let answer = |number: usize| answer(reads, &plan.fields[number], &arguments[number], ahead.as_ref());
        let answers = match plan.fields.len() {
            1 => vec![answer(0).await],
            // In boxes, since such a future is large and would be moved with all others.
            count => join_all((0..count).map(|number| answer(number).boxed())).await,
        };
        response(plan.fields.iter().zip(answers))
    }

    fn plan(&self, document: Document<'_>, query: &DirectQuery, caller: &Caller) -> QueryPlan {
        let reader = || Ok(Reader { document, app: &self.app, caller });
        let plan = |(_, nodes): &(_, Vec<_>)| Prepared::read(reader(), &QUERY, nodes);
        let fields = document.root(QUERY.name).iter().map(plan).collect();
        QueryPlan::new(fields, caller, document, &query.directives)
    }
}
