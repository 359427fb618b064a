//! What is to be done for one field of the root: a statement with a part for each level, and how a value is written.

use super::args::Args;
use super::column::Column;
use super::computed::Compute;
use super::declare::Field;
use super::expected::ExpectedIds;
use super::leaf::Leaf;
use super::level::Level;
use super::names::ExpectedNames;
use super::order::EventLog;
use crate::domain::Kind;
use crate::wire::{ApiError, ErrorCode};
use async_graphql::{Name, Pos, Positioned};
use async_graphql_value::Value as Literal;
use std::sync::Arc;

/// The most rows that one field of the root may read, roughly.
const MAX_ROWS: i64 = 1_000_000;

/// What is written for an object: its keys in order.
pub(super) struct ObjectPlan(pub Vec<FieldPlan>);

/// One key of an object.
pub(super) struct FieldPlan {
    pub key: Name,
    pub pos: Pos,
    pub nullable: bool,
    pub value: ValuePlan,
}

/// How a value is written. Cells are of the present row.
pub(super) enum ValuePlan {
    Typename(String),
    Id(Kind, usize),
    Leaf(usize, &'static Leaf),
    Computed {
        columns: &'static [Column],
        cells: Vec<usize>,
        /// The number of the field in [`Plan::fields`], or `None` if it has no arguments.
        field: Option<usize>,
        compute: Compute,
    },
    /// Columns of the same row, there if this cell is not null.
    Same(Option<usize>, ObjectPlan),
    /// The first row of a level that belongs there.
    First(usize, Link, ObjectPlan),
    /// Things by their ids, each of one of these levels or nothing; one of them, or a list.
    Anything {
        of: Vec<(usize, ObjectPlan)>,
        ids: Vec<Option<(usize, i64)>>,
        list: bool,
    },
    /// The first of these that is not null.
    Either(Vec<ValuePlan>),
    /// All rows of a level that belong there.
    List(usize, Link, ObjectPlan),
    /// Null where this cell is.
    Present(usize, Box<ValuePlan>),
    /// The first rows that a list of things names, in its order.
    Things {
        level: usize,
        list: usize,
        first: i64,
        object: ObjectPlan,
    },
    Page {
        level: usize,
        link: Link,
        guards: Vec<Guard>,
        object: ObjectPlan,
    },
    Nodes(ObjectPlan),
    Edges(ObjectPlan),
    Info(ObjectPlan),
    Total,
    /// The place to continue after.
    Next,
    /// The item of an edge.
    Item(ObjectPlan),
    Cursor,
    /// Whether more items follow the page.
    HasNext,
    /// Whether items precede the page.
    HasPrevious,
    /// The cursor of the first item of the page, or null.
    StartCursor,
    /// The cursor of the last item of the page, or null.
    EndCursor,
    /// The newest place in the event log.
    Head,
    Fail(ApiError),
}

/// Which rows of a level belong to the present row.
#[derive(Clone, Copy)]
pub(super) enum Link {
    /// All of them.
    All,
    /// Those whose parent is the id in this cell.
    Cell(usize),
    /// Those that were supplied inside the present row.
    Row,
}

/// The output that a cursor is of must be that of the release in this cell.
pub(super) struct Guard {
    pub cell: usize,
    pub release: i64,
    pub argument: &'static str,
}

/// All levels of one field of the root, parents first.
#[derive(Default)]
pub(super) struct Plan {
    pub levels: Vec<Level>,
    /// The event log whose ends are read, before everything else.
    pub log: Option<&'static EventLog>,
    /// The fields whose arguments are only bound, or read by what computes: other values of them change nothing else.
    pub fields: Vec<FieldArguments>,
    /// The variables on whose values everything else depends.
    pub variables: Vec<Name>,
    /// How many keys its objects have.
    pub keys: usize,
    /// Whether a part of it is made for the caller.
    pub is_made: bool,
    /// Whether a field of it cannot be answered.
    pub has_failures: bool,
}

/// The arguments of a field.
pub(super) struct FieldArguments {
    pub field: &'static Field,
    pub nodes: Vec<(Positioned<Name>, Positioned<Literal>)>,
    pub values: Arc<Args>,
}

impl Plan {
    /// Whether it takes a connection.
    pub fn reads(&self) -> bool {
        self.log.is_some() || self.levels.iter().any(Level::is_read)
    }

    /// Whether another caller may have another answer.
    pub fn is_personal(&self) -> bool {
        self.is_made || self.levels.iter().any(|level| level.list.is_personal())
    }

    /// The ids that must name something, each with its level.
    pub fn expected(&self) -> impl Iterator<Item = (usize, &ExpectedIds)> {
        let levels = self.levels.iter().enumerate();
        levels.flat_map(|(at, level)| level.list.expected.iter().map(move |ids| (at, ids)))
    }

    /// The names that must be those of something, each with its level.
    pub fn expected_names(&self) -> impl Iterator<Item = (usize, &ExpectedNames)> {
        let levels = self.levels.iter().enumerate();
        levels.flat_map(|(at, level)| level.list.expected_names.iter().map(move |names| (at, names)))
    }

    /// Refuses a plan that would read too many rows.
    pub fn check(&self) -> Result<(), ApiError> {
        let total = self.levels.iter().fold(0_i64, |sum, level| sum.saturating_add(level.rows));
        match total > MAX_ROWS {
            true => {
                Err(ApiError::new(ErrorCode::TooComplex, "This query would read too many rows. Request smaller pages."))
            }
            false => Ok(()),
        }
    }
}

/// Where a row's columns are.
#[derive(Clone, Copy)]
pub(super) struct RowPlace {
    pub level: usize,
    pub table: usize,
}

impl RowPlace {
    pub const SUPPLIED: RowPlace = RowPlace { level: 0, table: 0 };
}
