//! What is kept of a document: the operation that is meant, as the library takes it, with all that the values of its
//! variables are checked against.

use super::check::Checked;
use super::coerce::Variable;
use super::literal;
use super::measure;
use super::objects::Cost;
use super::places::Places;
use super::schema::Schema;
use super::tree::{self, Tree};
use crate::graphql::DirectQuery;
use crate::limits::Limits;
use apollo_compiler::executable::Operation as Node;
use async_graphql::ServerError;
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql_value::{ConstValue, Name};
use std::sync::Arc;

/// An operation that is valid and within the limits, but for what variables add.
pub struct Operation {
    pub tree: Arc<ExecutableDocument>,
    /// The same as a query that is executed without the library, if it is one.
    pub direct: Option<Arc<DirectQuery>>,
    pub kind: OperationType,
    pub variables: Vec<Variable>,
    /// How many objects its answer may hold.
    pub cost: Cost,
}

impl Operation {
    /// Reads the operation of a text that a request means.
    pub fn read(
        schema: &Schema,
        limits: &Limits,
        text: &str,
        name: Option<&str>,
    ) -> Result<Operation, Vec<ServerError>> {
        let places = Places::of(text);
        let checked = Checked::read(schema, limits, text, &places)?;
        let node = checked.operation(name).map_err(|problem| vec![problem])?;
        Operation::of(schema, limits, &checked, node, &places)
    }

    /// Checks a text and all of its operations, whichever one a request will mean.
    pub fn check(schema: &Schema, limits: &Limits, text: &str) -> Result<(), Vec<ServerError>> {
        let places = Places::of(text);
        let checked = Checked::read(schema, limits, text, &places)?;
        let mut nodes = checked.document.operations.iter();
        nodes.try_for_each(|node| Operation::of(schema, limits, &checked, node, &places).map(drop))
    }

    fn of(
        schema: &Schema,
        limits: &Limits,
        checked: &Checked,
        node: &apollo_compiler::Node<Node>,
        places: &Places<'_>,
    ) -> Result<Operation, Vec<ServerError>> {
        measure::check(limits, &checked.document, node).map_err(|problem| vec![problem])?;
        let cost = Cost::of(schema, &checked.document, node, places, limits.objects)?;
        let tree = Arc::new(Tree::of(schema, places, &checked.document, node)?);
        let variables = variables(schema, checked, node, places)?;
        Ok(Operation { direct: DirectQuery::of(&tree).map(Arc::new), tree, kind: tree::kind(node), variables, cost })
    }
}

fn variables(
    schema: &Schema,
    checked: &Checked,
    operation: &Node,
    places: &Places<'_>,
) -> Result<Vec<Variable>, Vec<ServerError>> {
    let declared = |node: &apollo_compiler::Node<apollo_compiler::ast::VariableDefinition>| {
        let place = places.of_span(node.location());
        let mut variable = Variable { name: Name::new(&node.name), ty: node.ty.as_ref().clone(), default: None, place };
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
