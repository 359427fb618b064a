//! Variables that are declared with the type `Cursor`. Arguments take every cursor as a `String`, so that one pager serves
//! all lists, while events and lines of output have their cursors as `Cursor`: a client may declare its variable with
//! the type that it received.

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Document, Type};

const CURSOR: &str = "Cursor";

/// Declares the variables of a document that are cursors as strings.
pub fn declare_as_strings(document: &mut Document) {
    for definition in &mut document.definitions {
        let Definition::OperationDefinition(operation) = definition else { continue };
        for index in 0..operation.variables.len() {
            if operation.variables[index].ty.inner_named_type() == CURSOR {
                let variable = operation.make_mut().variables[index].make_mut();
                *innermost(variable.ty.make_mut()) = STRING;
            }
        }
    }
}

const STRING: Name = apollo_compiler::name!("String");

/// The name within a type of lists.
fn innermost(ty: &mut Type) -> &mut Name {
    match ty {
        Type::Named(name) | Type::NonNullNamed(name) => name,
        Type::List(item) | Type::NonNullList(item) => innermost(item),
    }
}
