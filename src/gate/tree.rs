//! Builds async-graphql's tree of one operation of a valid document, with the fragments that it uses. Every part keeps
//! its position.

use super::literal::LiteralConverter;
use super::positions::Positions;
use super::schema_index::SchemaIndex;
use apollo_compiler::ast::{Argument, InputValueDefinition, OperationType as Kind};
use apollo_compiler::executable::{DirectiveList, Field, Operation, Selection, SelectionSet};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::{ExecutableDocument, Name, Node};
use async_graphql::parser::types as ast;
use async_graphql::{Positioned, ServerError};
use async_graphql_value::{Name as LibraryName, Value};
use std::collections::{HashMap, HashSet};

/// Returns the tree of an operation.
pub fn build(
    schema: &SchemaIndex,
    positions: &Positions<'_>,
    document: &ExecutableDocument,
    operation: &Node<Operation>,
) -> Result<ast::ExecutableDocument, Vec<ServerError>> {
    let literals = LiteralConverter { schema, positions, errors: Vec::new() };
    let mut builder = TreeBuilder { document, literals, pending: Vec::new(), spread: HashSet::new() };
    let definition = builder.operation(operation);
    let mut fragments = HashMap::new();
    while let Some(name) = builder.pending.pop() {
        let fragment = &document.fragments[name];
        let node = ast::FragmentDefinition {
            type_condition: builder.condition(&fragment.selection_set.ty),
            directives: builder.directives(&fragment.directives),
            selection_set: builder.set(&fragment.selection_set, fragment.location()),
        };
        fragments.insert(LibraryName::new(name), builder.at(fragment.location(), node));
    }
    // async-graphql needs no name for a single operation.
    let operations = ast::DocumentOperations::Single(definition);
    match builder.literals.errors.is_empty() {
        true => Ok(ast::ExecutableDocument { operations, fragments }),
        false => Err(builder.literals.errors),
    }
}

struct TreeBuilder<'d> {
    document: &'d ExecutableDocument,
    literals: LiteralConverter<'d>,
    /// Fragments that are spread and not built yet.
    pending: Vec<&'d Name>,
    spread: HashSet<&'d Name>,
}

impl<'d> TreeBuilder<'d> {
    fn operation(&mut self, operation: &'d Node<Operation>) -> Positioned<ast::OperationDefinition> {
        let variable = |variable: &Node<apollo_compiler::ast::VariableDefinition>| {
            let node = ast::VariableDefinition {
                name: self.name(&variable.name),
                var_type: self.at(
                    variable.ty.location(),
                    ast::Type::new(&variable.ty.to_string()).expect("async-graphql parses every type"),
                ),
                directives: Vec::new(),
                // The values of variables include their defaults.
                default_value: None,
            };
            self.at(variable.location(), node)
        };
        let variable_definitions = operation.variables.iter().map(variable).collect();
        let selection_set = match operation.is_subscription() {
            true => self.stream(operation),
            false => self.set(&operation.selection_set, operation.location()),
        };
        let node = ast::OperationDefinition {
            ty: kind(operation),
            variable_definitions,
            directives: self.directives(&operation.directives),
            selection_set,
        };
        self.at(operation.location(), node)
    }

    /// Returns the root field of a subscription, merged from wherever it is selected: async-graphql expects it directly
    /// at the root, and would begin a stream for each selection.
    fn stream(&mut self, operation: &'d Node<Operation>) -> Positioned<ast::SelectionSet> {
        let mut fields = operation.root_fields(self.document);
        let mut stream = fields.next().map(|first| self.field(first));
        for field in fields {
            let more = self.field(field).node.selection_set.node.items;
            if let Some(stream) = &mut stream {
                stream.node.selection_set.node.items.extend(more);
            }
        }
        let items = stream.into_iter().map(|stream| {
            let pos = stream.pos;
            Positioned::new(ast::Selection::Field(stream), pos)
        });
        self.at(operation.location(), ast::SelectionSet { items: items.collect() })
    }

    fn set(&mut self, set: &'d SelectionSet, span: Option<SourceSpan>) -> Positioned<ast::SelectionSet> {
        let items = set.selections.iter().map(|selection| self.selection(selection)).collect();
        self.at(span, ast::SelectionSet { items })
    }

    fn selection(&mut self, selection: &'d Selection) -> Positioned<ast::Selection> {
        let (span, node) = match selection {
            Selection::Field(field) => (field.location(), ast::Selection::Field(self.field(field))),
            Selection::FragmentSpread(spread) => {
                if self.spread.insert(&spread.fragment_name) {
                    self.pending.push(&spread.fragment_name);
                }
                let node = ast::FragmentSpread {
                    fragment_name: self.name(&spread.fragment_name),
                    directives: self.directives(&spread.directives),
                };
                (spread.location(), ast::Selection::FragmentSpread(self.at(spread.location(), node)))
            }
            Selection::InlineFragment(fragment) => {
                let node = ast::InlineFragment {
                    type_condition: fragment.type_condition.as_ref().map(|on| self.condition(on)),
                    directives: self.directives(&fragment.directives),
                    selection_set: self.set(&fragment.selection_set, fragment.location()),
                };
                (fragment.location(), ast::Selection::InlineFragment(self.at(fragment.location(), node)))
            }
        };
        self.at(span, node)
    }

    fn field(&mut self, field: &'d Node<Field>) -> Positioned<ast::Field> {
        let selection_set = match &field.selection_set {
            Some(set) => self.set(set, field.location()),
            None => Positioned::default(),
        };
        let node = ast::Field {
            alias: field.alias.as_ref().map(|alias| self.name(alias)),
            name: self.name(&field.name),
            arguments: self.arguments(&field.arguments, &field.definition.arguments),
            directives: self.directives(&field.directives),
            selection_set,
        };
        self.at(field.location(), node)
    }

    fn directives(&mut self, directives: &DirectiveList) -> Vec<Positioned<ast::Directive>> {
        let schema = self.literals.schema;
        let directive = |directive: &Node<apollo_compiler::ast::Directive>| {
            let definition = &schema.definitions.directive_definitions[&directive.name];
            let arguments = self.arguments(&directive.arguments, &definition.arguments);
            self.at(directive.location(), ast::Directive { name: self.name(&directive.name), arguments })
        };
        directives.iter().map(directive).collect()
    }

    fn arguments(
        &mut self,
        arguments: &[Node<Argument>],
        definitions: &[Node<InputValueDefinition>],
    ) -> Vec<(Positioned<LibraryName>, Positioned<Value>)> {
        let argument = |argument: &Node<Argument>| {
            let definition = definitions.iter().find(|definition| definition.name == argument.name);
            let value = self.literals.value(&argument.value, &definition.expect("the document is valid").ty);
            (self.name(&argument.name), self.at(argument.value.location(), value))
        };
        arguments.iter().map(argument).collect()
    }

    fn condition(&self, on: &Name) -> Positioned<ast::TypeCondition> {
        self.at(on.location(), ast::TypeCondition { on: self.name(on) })
    }

    fn name(&self, name: &Name) -> Positioned<LibraryName> {
        self.at(name.location(), LibraryName::new(name))
    }

    fn at<T>(&self, span: Option<SourceSpan>, node: T) -> Positioned<T> {
        Positioned::new(node, self.literals.positions.of_span(span))
    }
}

/// Returns the kind of an operation.
pub fn kind(operation: &Operation) -> ast::OperationType {
    match operation.operation_type {
        Kind::Query => ast::OperationType::Query,
        Kind::Mutation => ast::OperationType::Mutation,
        Kind::Subscription => ast::OperationType::Subscription,
    }
}
