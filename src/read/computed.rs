//! Values that are made from a row by a function of this program.

use super::args::Args;
use super::column::Column;
use super::scene::Scene;
use crate::domain::Id;
use crate::store::db::rows::Cell;
use crate::wire::ApiError;

/// Makes a value; `None` is null.
pub type Compute = fn(&Inputs<'_>) -> Result<Option<Computed>, ApiError>;

/// A value that was computed.
pub enum Computed {
    Bool(bool),
    Int(i64),
    Text(String),
    Id(Id),
}

/// What a value is made from.
pub struct Inputs<'a> {
    /// The columns that the field needs, and their values in the same order.
    pub(super) columns: &'static [Column],
    pub(super) cells: &'a [Cell<'a>],
    /// The arguments of the field.
    pub args: &'a Args,
    pub scene: &'a Scene,
}

impl<'a> Inputs<'a> {
    /// Returns the value of a column.
    ///
    /// # Errors
    /// `INTERNAL` if the field does not declare that it needs this column.
    pub fn cell(&self, column: Column) -> Result<Cell<'a>, ApiError> {
        let place = self.columns.iter().position(|other| other.name == column.name);
        place.map(|place| self.cells[place]).ok_or_else(|| {
            tracing::error!(column = column.name, "a computed field reads a column that it does not declare");
            ApiError::internal()
        })
    }

    /// Returns the number in a column, or `None` if it is null.
    ///
    /// # Errors
    /// As [`Inputs::cell`].
    pub fn int(&self, column: Column) -> Result<Option<i64>, ApiError> {
        self.cell(column).map(Cell::int)
    }

    /// Returns the text in a column, or `None` if it is null.
    ///
    /// # Errors
    /// As [`Inputs::cell`].
    pub fn text(&self, column: Column) -> Result<Option<&'a str>, ApiError> {
        self.cell(column).map(Cell::text)
    }

    /// Returns whether a column is null.
    ///
    /// # Errors
    /// As [`Inputs::cell`].
    pub fn is_null(&self, column: Column) -> Result<bool, ApiError> {
        self.cell(column).map(|cell| cell == Cell::Null)
    }
}
