//! Ids of a request that must name something.

use crate::domain::{Id, Kind};
use crate::wire::{ApiError, Reason};
use async_graphql::ID;

/// A kind of things with global ids, and the table of their rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeTable {
    pub kind: Kind,
    pub table: &'static str,
}

/// Ids of a request that must name something.
pub struct ExpectedIds {
    pub(super) of: NodeTable,
    pub(super) ids: Vec<i64>,
    pub(super) argument: String,
}

impl ExpectedIds {
    /// Reads ids of one kind that came in this argument.
    pub fn read(of: NodeTable, argument: &str, ids: &[ID]) -> Result<ExpectedIds, ApiError> {
        let ids = ids.iter().map(|id| number(of.kind, argument, id)).collect::<Result<_, _>>()?;
        Ok(ExpectedIds { of, ids, argument: argument.to_owned() })
    }

    /// The numbers of the rows that they name.
    pub fn numbers(&self) -> &[i64] {
        &self.ids
    }

    /// The error that this one names nothing.
    pub(super) fn not_found(&self, number: i64) -> ApiError {
        not_found(self.of.kind, &self.argument, &self.of.kind.id(number).to_string())
    }
}

/// A thing that must belong to the same parent as the rows of a list.
pub struct Sibling {
    pub kind: Kind,
    pub number: i64,
    /// The argument that it came in.
    pub argument: &'static str,
    /// What the parent is.
    pub parent: Kind,
    /// A statement that returns the id of its parent, or no row; `{value}` is its own number.
    pub parent_of: super::term::Term,
}

impl Sibling {
    /// The error that it names nothing.
    pub(super) fn not_found(&self) -> ApiError {
        not_found(self.kind, self.argument, &self.kind.id(self.number).to_string())
    }

    /// The error that it belongs to another parent.
    pub fn of_another(&self) -> ApiError {
        let (id, kind, parent) = (self.kind.id(self.number), self.kind.noun(), self.parent.noun());
        let message = format!("{id} is a {kind} of another {parent}.");
        ApiError::id(self.argument, Reason::OtherService, message)
    }
}

/// Returns the number of the row that an id of a request names.
///
/// # Errors
/// `BAD_REQUEST`, with the reason `WRONG_TYPE` for an id of another kind, else `NOT_FOUND`: malformed ids and unknown ones
/// are alike.
pub fn number(kind: Kind, argument: &str, id: &str) -> Result<i64, ApiError> {
    match Id::parse(id) {
        Some(id) if id.kind == kind => Ok(id.number),
        Some(other) => {
            let message =
                format!("{other} is the id of a {}; expected the id of a {}.", other.kind.noun(), kind.noun());
            Err(ApiError::id(argument, Reason::WrongType, message))
        }
        None => Err(not_found(kind, argument, &format!("{id:?}"))),
    }
}

/// The error that an id of a request names nothing.
pub fn not_found(kind: Kind, argument: &str, id: &str) -> ApiError {
    ApiError::id(argument, Reason::NotFound, format!("The {} {id} does not exist.", kind.noun()))
}
