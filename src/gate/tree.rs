//! One operation of a valid document, with the fragments that it uses, as the library's execution takes it: every part
//! keeps its place.

use super::places::Places;
use super::schema::Schema;
use apollo_compiler::ast::{Argument, InputValueDefinition, OperationType as Kind};
use apollo_compiler::executable::{DirectiveList, Field, Operation, Selection, SelectionSet};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::{ExecutableDocument, Name, Node};
use async_graphql::parser::types as library;
use async_graphql::{Positioned, ServerError};
use async_graphql_value::{Name as LibraryName, Value};
use std::collections::{HashMap, HashSet};

/// A tree in the making.
pub struct Tree<'d> {
    pub schema: &'d Schema,
    pub places: &'d Places<'d>,
    document: &'d ExecutableDocument,
    /// Fragments that are spread and not written yet.
    open: Vec<&'d Name>,
    spread: HashSet<&'d Name>,
    /// What is wrong with values.
    pub problems: Vec<ServerError>,
}

impl<'d> Tree<'d> {
    /// Writes an operation.
    pub fn of(
        schema: &'d Schema,
        places: &'d Places<'d>,
        document: &'d ExecutableDocument,
        operation: &'d Node<Operation>,
    ) -> Result<library::ExecutableDocument, Vec<ServerError>> {
        let (open, spread, problems) = (Vec::new(), HashSet::new(), Vec::new());
        let mut tree = Tree { schema, places, document, open, spread, problems };
        let definition = tree.operation(operation);
        let mut fragments = HashMap::new();
        while let Some(name) = tree.open.pop() {
            let fragment = &document.fragments[name];
            let node = library::FragmentDefinition {
                type_condition: tree.condition(&fragment.selection_set.ty),
                directives: tree.directives(&fragment.directives),
                selection_set: tree.set(&fragment.selection_set, fragment.location()),
            };
            fragments.insert(LibraryName::new(name), tree.at(fragment.location(), node));
        }
        // Of one operation, its name makes no difference.
        let operations = library::DocumentOperations::Single(definition);
        match tree.problems.is_empty() {
            true => Ok(library::ExecutableDocument { operations, fragments }),
            false => Err(tree.problems),
        }
    }

    fn operation(&mut self, operation: &'d Node<Operation>) -> Positioned<library::OperationDefinition> {
        let variable = |variable: &Node<apollo_compiler::ast::VariableDefinition>| {
            let node = library::VariableDefinition {
                name: self.name(&variable.name),
                var_type: self.at(
                    variable.ty.location(),
                    library::Type::new(&variable.ty.to_string()).expect("a type is written in one way"),
                ),
                directives: Vec::new(),
                // Values come with their defaults filled in.
                default_value: None,
            };
            self.at(variable.location(), node)
        };
        let variable_definitions = operation.variables.iter().map(variable).collect();
        let selection_set = match operation.is_subscription() {
            true => self.stream(operation),
            false => self.set(&operation.selection_set, operation.location()),
        };
        let node = library::OperationDefinition {
            ty: kind(operation),
            variable_definitions,
            directives: self.directives(&operation.directives),
            selection_set,
        };
        self.at(operation.location(), node)
    }

    /// The one field of a subscription, merged from wherever it is selected: the library looks for it nowhere but
    /// directly at the root, and would begin a stream for each.
    fn stream(&mut self, operation: &'d Node<Operation>) -> Positioned<library::SelectionSet> {
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
            Positioned::new(library::Selection::Field(stream), pos)
        });
        self.at(operation.location(), library::SelectionSet { items: items.collect() })
    }

    fn set(&mut self, set: &'d SelectionSet, span: Option<SourceSpan>) -> Positioned<library::SelectionSet> {
        let items = set.selections.iter().map(|selection| self.selection(selection)).collect();
        self.at(span, library::SelectionSet { items })
    }

    fn selection(&mut self, selection: &'d Selection) -> Positioned<library::Selection> {
        let (span, node) = match selection {
            Selection::Field(field) => (field.location(), library::Selection::Field(self.field(field))),
            Selection::FragmentSpread(spread) => {
                if self.spread.insert(&spread.fragment_name) {
                    self.open.push(&spread.fragment_name);
                }
                let node = library::FragmentSpread {
                    fragment_name: self.name(&spread.fragment_name),
                    directives: self.directives(&spread.directives),
                };
                (spread.location(), library::Selection::FragmentSpread(self.at(spread.location(), node)))
            }
            Selection::InlineFragment(fragment) => {
                let node = library::InlineFragment {
                    type_condition: fragment.type_condition.as_ref().map(|on| self.condition(on)),
                    directives: self.directives(&fragment.directives),
                    selection_set: self.set(&fragment.selection_set, fragment.location()),
                };
                (fragment.location(), library::Selection::InlineFragment(self.at(fragment.location(), node)))
            }
        };
        self.at(span, node)
    }

    fn field(&mut self, field: &'d Node<Field>) -> Positioned<library::Field> {
        let selection_set = match &field.selection_set {
            Some(set) => self.set(set, field.location()),
            None => Positioned::default(),
        };
        let node = library::Field {
            alias: field.alias.as_ref().map(|alias| self.name(alias)),
            name: self.name(&field.name),
            arguments: self.arguments(&field.arguments, &field.definition.arguments),
            directives: self.directives(&field.directives),
            selection_set,
        };
        self.at(field.location(), node)
    }

    fn directives(&mut self, directives: &DirectiveList) -> Vec<Positioned<library::Directive>> {
        let schema = self.schema;
        let directive = |directive: &Node<apollo_compiler::ast::Directive>| {
            let definition = &schema.definitions.directive_definitions[&directive.name];
            let arguments = self.arguments(&directive.arguments, &definition.arguments);
            self.at(directive.location(), library::Directive { name: self.name(&directive.name), arguments })
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
            let value = self.value(&argument.value, &definition.expect("the document is valid").ty);
            (self.name(&argument.name), self.at(argument.value.location(), value))
        };
        arguments.iter().map(argument).collect()
    }

    fn condition(&self, on: &Name) -> Positioned<library::TypeCondition> {
        self.at(on.location(), library::TypeCondition { on: self.name(on) })
    }

    fn name(&self, name: &Name) -> Positioned<LibraryName> {
        self.at(name.location(), LibraryName::new(name))
    }

    fn at<T>(&self, span: Option<SourceSpan>, node: T) -> Positioned<T> {
        Positioned::new(node, self.places.of_span(span))
    }
}

/// The kind of an operation.
pub fn kind(operation: &Operation) -> library::OperationType {
    match operation.operation_type {
        Kind::Query => library::OperationType::Query,
        Kind::Mutation => library::OperationType::Mutation,
        Kind::Subscription => library::OperationType::Subscription,
    }
}
