//! The caller of a request, and what it may do.

use super::mutations::MUTATIONS;
use super::query::QUERY;
use super::types::VIEWER_ROW;
use crate::app::App;
use crate::domain::{Caller, Role};
use crate::read::SuppliedRow;
use serde_json::Value;

/// The row of `viewer`.
pub(super) fn viewer(_: &App, caller: &Caller) -> Vec<SuppliedRow> {
    let row = SuppliedRow::new()
        .text(VIEWER_ROW.name, caller.name.clone())
        .word(VIEWER_ROW.role, caller.role)
        .text(VIEWER_ROW.permissions, Value::from(permissions(caller.role)).to_string());
    vec![row]
}

/// Returns the names of the mutations that a role may use, and of the queries that not every role may use, in alphabetical
/// order. They come from the tables that enforce the rights.
fn permissions(role: Role) -> Vec<&'static str> {
    let mutations = MUTATIONS.iter().map(|mutation| (mutation.name, mutation.right));
    let queries = QUERY.fields.iter().filter_map(|field| Some((field.name, field.right?)));
    let mut names: Vec<&str> =
        mutations.chain(queries).filter(|(_, right)| role.has(*right)).map(|(name, _)| name).collect();
    names.sort_unstable();
    names
}
