//! What a type says about itself, once, in a table of constants. The schema, the plan of a query, its statements and the
//! bytes of its answer all follow from these tables. Columns are constants (`columns!`), SQL is written as terms (`term!`,
//! whose notation stands in `term`).

mod make;

use super::supplied::SuppliedRow;
use crate::app::App;
use crate::domain::Caller;
use crate::domain::Kind;
use crate::domain::caller::Right;

pub use super::arg::{
    Arg, ArgRole, DEFAULT_FIRST, ListFilter, ListOrder, arg, filter, id_arg, narrowing, ordered, parse, text_arg, up_to,
};
pub(crate) use super::column::columns;
pub use super::column::{Column, IdList, RowList};
pub use super::computed::{Compute, Computed, Inputs};
pub use super::expected::NodeTable;
pub use super::leaf::*;
pub use super::names::NameTable;
pub use super::order::{Cursors, EventLog, NEWEST_FIRST, OLDEST_FIRST, Order, ascending, descending};
pub(crate) use super::term::term;
pub use super::term::{Piece, Term};
pub use make::*;

/// A type of the schema, and where its rows are.
pub struct Object {
    pub name: &'static str,
    /// The description in the schema.
    pub about: &'static str,
    /// The table of its rows; `None` where its columns are in another's row, or are supplied.
    pub table: Option<&'static str>,
    /// The column that identifies a row, a number. Every order of a list ends with it.
    pub key: Column,
    /// What has a global id.
    pub node: Option<NodeTable>,
    pub interface: Option<&'static Interface>,
    /// The condition for a row to be in lists.
    pub listed: Option<Term>,
    /// The order of its lists, by default.
    pub order: Order,
    /// How the cursors of its lists are written.
    pub cursors: Cursors,
    pub fields: &'static [Field],
}

/// What several types have in common.
pub struct Interface {
    pub name: &'static str,
    pub about: &'static str,
    pub fields: &'static [Field],
}

/// One of several types: the first whose column is not null.
pub struct Union {
    pub name: &'static str,
    pub about: &'static str,
    pub of: &'static [(&'static Object, Column)],
}

/// A field of a type.
pub struct Field {
    pub name: &'static str,
    pub about: &'static str,
    pub args: &'static [Arg],
    pub nullable: bool,
    /// What a caller needs to read it, where not every role may.
    pub right: Option<Right>,
    pub source: FieldSource,
    /// How many items its list has, where no argument says so.
    pub length: Option<Length>,
}

/// How many items a list has for each object that it belongs to.
#[derive(Clone, Copy)]
pub enum Length {
    /// At most this many, or more so rarely that it does not matter.
    AtMost(u64),
    /// As many as the lists at these paths of the root field's arguments have together.
    Inputs(&'static [&'static str]),
}

/// Where a field's value comes from.
#[derive(Clone, Copy)]
pub enum FieldSource {
    /// The global id of the object.
    Id,
    /// The global id of the thing that a column names.
    Ref(Kind, Column),
    Column(&'static Leaf, Column),
    Computed {
        leaf: &'static Leaf,
        columns: &'static [Column],
        compute: Compute,
    },
    /// An object whose columns are in the same row; there if `present` is not null.
    Embedded {
        of: &'static Object,
        present: Option<Column>,
    },
    /// The thing that a column names by its key.
    One {
        to: &'static Object,
        key: Column,
    },
    Union(&'static Union),
    /// The first thing of a list.
    Find(List),
    /// Pages of a list.
    Connection(List),
    /// A whole list, up to `first` where it is an argument.
    List(List),
    /// A list of rows that a supplied row has.
    SuppliedList {
        of: &'static Object,
        list: RowList,
    },
    /// Things that a supplied row lists by the numbers of their rows.
    SuppliedIds {
        of: &'static Object,
        list: IdList,
    },
    /// What the server knows without the database.
    Made {
        of: &'static Object,
        many: bool,
        make: fn(&App, &Caller) -> Vec<SuppliedRow>,
    },
    /// Anything, by its global id.
    Node(&'static [&'static Object]),
    /// Several things, by their global ids.
    Nodes(&'static [&'static Object]),
    /// The newest place in the event log.
    Head(&'static EventLog),
}

/// Which rows a list has.
#[derive(Clone, Copy)]
pub struct List {
    pub of: &'static Object,
    /// Where its rows are, if not in the table of the type.
    pub from: Option<Relation>,
    /// How rows belong to the object of the field; `None` for all rows.
    pub parent: Option<ParentMatch>,
    /// What else must hold of its rows.
    pub condition: Option<Term>,
    /// The order, if not that of the type.
    pub order: Option<Order>,
    /// The name of the list in a supplied row, for types that are both read and supplied.
    pub supplied: Option<RowList>,
    /// The list is null where this column of the object is.
    pub present: Option<Column>,
    /// The column of the object that says to which release the list belongs, for cursors of output.
    pub release: Option<Column>,
}

/// Where the rows of a list are.
#[derive(Clone, Copy)]
pub enum Relation {
    Table(&'static str),
    /// A statement, which may take `{parents}` and `{conditions}`.
    Query(Term),
}

/// How a row of a list belongs to the object of the field.
#[derive(Clone, Copy)]
pub enum ParentMatch {
    /// This column of the row has the object's key.
    Column(Column),
    /// This condition on `{row}` and `{parent}` holds.
    Condition(Term),
}

impl FieldSource {
    /// The types of the objects that a value has.
    pub fn objects(&self) -> Vec<&'static Object> {
        match *self {
            FieldSource::Find(list) | FieldSource::Connection(list) | FieldSource::List(list) => vec![list.of],
            FieldSource::Embedded { of, .. }
            | FieldSource::One { to: of, .. }
            | FieldSource::SuppliedList { of, .. }
            | FieldSource::SuppliedIds { of, .. }
            | FieldSource::Made { of, .. } => vec![of],
            FieldSource::Union(union) => union.of.iter().map(|(of, _)| *of).collect(),
            FieldSource::Node(of) | FieldSource::Nodes(of) => of.to_vec(),
            FieldSource::Id
            | FieldSource::Ref(..)
            | FieldSource::Column(..)
            | FieldSource::Computed { .. }
            | FieldSource::Head(_) => Vec::new(),
        }
    }
}
