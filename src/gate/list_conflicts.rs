//! Fields with one response key whose arguments differ in the length of a list. apollo-compiler compares two lists up to
//! the end of the shorter one, and so takes `ids: []` and `ids: ["ins_7"]` for equal. With a last item that no other item
//! equals, its comparison is exact.

use super::schema_index::SchemaIndex;
use apollo_compiler::ast::{Definition, Document, Selection, Value};
use apollo_compiler::validation::DiagnosticList;
use apollo_compiler::{Name, Node};
use std::collections::HashSet;

/// The last item of every list. No value has a name that begins like this.
const END: Name = apollo_compiler::name!("__end");

/// Validates a document with marked lists. Returns what was found, or `None` if the document has no two fields of one
/// response key with lists. Of the errors, only conflicts of arguments are the document's own.
pub fn find(schema: &SchemaIndex, document: &Document) -> Option<DiagnosticList> {
    let mut marked = document.clone();
    let mut keys = ListKeys::default();
    for definition in &mut marked.definitions {
        match definition {
            Definition::OperationDefinition(operation) => keys.mark(&mut operation.make_mut().selection_set),
            Definition::FragmentDefinition(fragment) => keys.mark(&mut fragment.make_mut().selection_set),
            _ => {}
        }
    }
    if !keys.any_twice {
        return None;
    }
    match marked.to_executable(&schema.definitions) {
        Ok(built) => built.validate(&schema.definitions).err().map(|found| found.errors),
        Err(found) => Some(found.errors),
    }
}

/// The response keys of fields that have a list in their arguments.
#[derive(Default)]
struct ListKeys {
    seen: HashSet<Name>,
    any_twice: bool,
}

impl ListKeys {
    /// Appends the mark to the lists of these selections, and notes the keys of their fields.
    fn mark(&mut self, selections: &mut [Selection]) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    let field = field.make_mut();
                    let mut has_list = false;
                    for argument in &mut field.arguments {
                        has_list |= mark_value(&mut argument.make_mut().value);
                    }
                    if has_list {
                        self.any_twice |= !self.seen.insert(field.response_name().clone());
                    }
                    if let Some(selections) = &mut field.selection_set {
                        self.mark(selections);
                    }
                }
                Selection::InlineFragment(fragment) => self.mark(&mut fragment.make_mut().selection_set),
                Selection::FragmentSpread(_) => {}
            }
        }
    }
}

/// Appends the mark to each list of a value. Returns whether it has any.
fn mark_value(value: &mut Node<Value>) -> bool {
    match value.make_mut() {
        Value::List(items) => {
            for item in items.iter_mut() {
                mark_value(item);
            }
            items.push(Node::new(Value::Enum(END)));
            true
        }
        Value::Object(fields) => {
            let mut has_list = false;
            for (_, value) in fields {
                has_list |= mark_value(value);
            }
            has_list
        }
        _ => false,
    }
}
