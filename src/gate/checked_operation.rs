//! What is cached of a document: the requested operation as async-graphql executes it, with everything that the values of
//! its variables are checked against.

use super::checked_document::CheckedDocument;
use super::coerce::Variable;
use super::cost::Cost;
use super::literal;
use super::measure;
use super::positions::Positions;
use super::schema_index::SchemaIndex;
use super::tree;
use crate::graphql::DirectQuery;
use crate::limits::Limits;
use apollo_compiler::executable::Operation as OperationNode;
use async_graphql::ServerError;
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql_value::{ConstValue, Name};
use std::sync::Arc;

/// An operation that is valid and, apart from the values of its variables, within the limits.
pub struct CheckedOperation {
    pub tree: Arc<ExecutableDocument>,
    /// The operation as a query that is executed without async-graphql, or `None` if async-graphql has to execute it.
    pub direct: Option<Arc<DirectQuery>>,
    pub kind: OperationType,
    pub variables: Vec<Variable>,
    /// How many objects its answer may have.
    pub cost: Cost,
}

impl CheckedOperation {
    /// Parses a text and checks the operation that a request names.
    pub fn parse(
        schema: &SchemaIndex,
        limits: &Limits,
        text: &str,
        name: Option<&str>,
    ) -> Result<CheckedOperation, Vec<ServerError>> {
        let positions = Positions::of(text);
        let checked = CheckedDocument::parse(schema, limits, text, &positions)?;
        let node = checked.operation(name).map_err(|error| vec![error])?;
        CheckedOperation::of(schema, limits, &checked, node, &positions)
    }

    /// Checks a text with all of its operations.
    pub fn check_all(schema: &SchemaIndex, limits: &Limits, text: &str) -> Result<(), Vec<ServerError>> {
        let positions = Positions::of(text);
        let checked = CheckedDocument::parse(schema, limits, text, &positions)?;
        let mut nodes = checked.document.operations.iter();
        nodes.try_for_each(|node| CheckedOperation::of(schema, limits, &checked, node, &positions).map(drop))
    }

    fn of(
        schema: &SchemaIndex,
        limits: &Limits,
        checked: &CheckedDocument,
        node: &apollo_compiler::Node<OperationNode>,
        positions: &Positions<'_>,
    ) -> Result<CheckedOperation, Vec<ServerError>> {
        measure::check(limits, &checked.document, node).map_err(|error| vec![error])?;
        let cost = Cost::of(schema, &checked.document, node, positions, limits.objects)?;
        let tree = Arc::new(tree::build(schema, positions, &checked.document, node)?);
        let variables = variables(schema, checked, node, positions)?;
        Ok(CheckedOperation {
            direct: DirectQuery::of(&tree).map(Arc::new),
            tree,
            kind: tree::kind(node),
            variables,
            cost,
        })
    }
}

fn variables(
    schema: &SchemaIndex,
    checked: &CheckedDocument,
    operation: &OperationNode,
    positions: &Positions<'_>,
) -> Result<Vec<Variable>, Vec<ServerError>> {
    let declared = |node: &apollo_compiler::Node<apollo_compiler::ast::VariableDefinition>| {
        let position = positions.of_span(node.location());
        let mut variable =
            Variable { name: Name::new(&node.name), ty: node.ty.as_ref().clone(), default: None, position };
        variable.default = match &node.default_value {
            Some(default) => Some(variable.coerce(schema, literal::json(default))?),
            None if checked.null_defaults.contains(&(operation.name.clone(), node.name.clone())) => {
                Some(ConstValue::Null)
            }
            None => None,
        };
        Ok(variable)
    };
    operation.variables.iter().map(declared).collect()
}
