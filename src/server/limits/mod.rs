//! What a document may ask for. It is checked before anything else looks at the document, in time that is linear
//! in its text: the checks of the library itself walk a fragment again at every use, so that a short text with
//! nested fragments would keep them busy for ever.

mod measure;
mod nesting;

use async_graphql::Variables;
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use measure::{Measure, Size};

/// How deep braces and brackets nest in a text: the parser itself recurses over them.
const NESTING: usize = 64;
/// How deep fields nest. The introspection query of the usual tools is exactly this deep.
const DEPTH: u64 = 15;
/// How many fields and fragments a document has when its fragments are written out.
const NODES: u64 = 1_000;
/// How many of them have an alias.
const ALIASES: u64 = 30;
/// How many directives.
const DIRECTIVES: u64 = 50;
/// How many objects the answer may hold, by the page sizes asked for.
const OBJECTS: u64 = 50_000;
/// How many lists of introspection nest in one another.
const INTROSPECTION: u64 = 2;

/// Why a document is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It asks for too much: the code `TOO_COMPLEX`.
    TooComplex(String),
    /// It cannot be carried out by anybody: the code `BAD_REQUEST`.
    Wrong(String),
}

/// Checks a text before it is parsed.
pub fn check_text(text: &str) -> Result<(), Refusal> {
    let depth = nesting::depth(text);
    within("It nests", depth as u64, NESTING as u64, "levels of brackets")
}

/// Checks a parsed document, all its operations together.
pub fn check(document: &ExecutableDocument, variables: &Variables) -> Result<(), Refusal> {
    let mut measure = Measure::new(document, variables);
    let mut all = Size::default();
    for (_, operation) in document.operations.iter() {
        let size = measure.operation(&operation.node)?;
        let most = match operation.node.ty {
            OperationType::Query => 20,
            OperationType::Mutation => 5,
            OperationType::Subscription => 1,
        };
        within(&format!("A {} has", operation.node.ty), size.roots, most, "fields at its root")?;
        all = all.beside(size);
    }
    // A fragment that nobody spreads is validated all the same.
    all = all.beside(measure.unused()?);
    within("It nests", all.depth, DEPTH, "levels of fields")?;
    within("It has", all.nodes, NODES, "fields and fragments, when written out")?;
    within("It has", all.aliases, ALIASES, "aliases, with its fragments written out")?;
    within("It has", all.directives, DIRECTIVES, "directives, with its fragments written out")?;
    within("It nests", all.introspection, INTROSPECTION, "lists of introspection in one another")?;
    within("By its page sizes, it asks for", all.objects(), OBJECTS, "objects")
}

fn within(what: &str, found: u64, most: u64, of: &str) -> Result<(), Refusal> {
    if found <= most {
        return Ok(());
    }
    let found = if found == u64::MAX { "more".to_owned() } else { found.to_string() };
    Err(Refusal::TooComplex(format!(
        "This document asks for too much. {what} {found} {of}; {most} are allowed. Ask for less at a time."
    )))
}

#[cfg(test)]
mod tests;
