//! Ids of a request that must name something.

use crate::domain::{Id, Kind};
use crate::store::db::rows::Bind;
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
    pub key: SiblingKey,
    /// The argument that it came in.
    pub argument: &'static str,
    /// What the parent is.
    pub parent: Kind,
    /// A statement that returns the ids of the parents of such things, or no row; `{value}` is the number or the name.
    pub parents_of: super::term::Term,
}

/// What a thing is called.
pub enum SiblingKey {
    Number(i64),
    /// A name, which one thing of each parent may have.
    Name(String),
}

impl SiblingKey {
    /// The value that it is in a statement.
    pub fn value(&self) -> Bind {
        match self {
            SiblingKey::Number(number) => Bind::Int(*number),
            SiblingKey::Name(name) => Bind::Text(name.clone()),
        }
    }
}

impl Sibling {
    /// What it is called in messages.
    fn called(&self) -> String {
        match &self.key {
            SiblingKey::Number(number) => self.kind.id(*number).to_string(),
            SiblingKey::Name(name) => format!("{name:?}"),
        }
    }

    /// The error that it names nothing.
    pub(super) fn not_found(&self) -> ApiError {
        not_found(self.kind, self.argument, &self.called())
    }

    /// The error that it belongs to another parent. No name does: the other one is called alike.
    pub fn of_another(&self) -> ApiError {
        let SiblingKey::Number(_) = self.key else { return self.not_found() };
        let (id, kind, parent) = (self.called(), self.kind.noun(), self.parent.noun());
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
    ApiError::id(argument, Reason::NotFound, format!("There is no {} {id}.", kind.noun()))
}
