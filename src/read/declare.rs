//! What a type says about itself, once, in a table of constants. The schema, the plan of a query, its
//! statements and the bytes of its answer all follow from these tables.
//!
//! In their SQL, `@` is the row of the object, `^` the id of what a list belongs to, `:name` an argument,
//! and a word between braces is one of `sql!`.

mod make;

use super::args::Args;
use super::filter::Where;
use super::scene::Scene;
use super::supplied::SuppliedRow;
use crate::app::App;
use crate::domain::caller::Right;
use crate::domain::{Caller, Kind};
use crate::store::db::rows::{Cell, CellKind};
use crate::wire::ApiError;
use async_graphql::registry::Registry;
use async_graphql::{InputType, Value};
use std::borrow::Cow;

pub use make::*;

/// A type of the schema, and where its rows are.
pub struct Object {
    pub name: &'static str,
    /// The description in the schema.
    pub about: &'static str,
    /// The table of its rows; empty where its columns are in another's row, or are given.
    pub table: &'static str,
    /// The column that tells its rows apart, a number.
    pub key: &'static str,
    /// What kind of thing it is, if it has a global id.
    pub kind: Option<Kind>,
    pub interface: Option<&'static Interface>,
    /// What holds of those that lists show; empty for all.
    pub listed: &'static str,
    /// The order of its lists, unless they say another.
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

/// One of several types, told by which of their keys is there.
pub struct Union {
    pub name: &'static str,
    pub about: &'static str,
    pub of: &'static [(&'static Object, &'static str)],
}

/// An order of a list: its columns, then the key, all in the same direction.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Stands in cursors, so that one of another order is refused.
    pub name: &'static str,
    pub columns: &'static [(&'static str, CellKind)],
    pub descending: bool,
}

/// How the cursors of a list are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursors {
    /// The values that the list is ordered by.
    Keyset,
    /// A place in the log of events.
    Event,
    /// A place in the output of a release.
    Log,
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
    /// At most this many, or so rarely more that they do not count.
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
    Ref(Kind, &'static str),
    Column(&'static Leaf, &'static str),
    Computed {
        leaf: &'static Leaf,
        needs: &'static [(&'static str, CellKind)],
        by: Compute,
    },
    /// An object whose columns are in the same row; there if `present` is not null.
    Embedded {
        of: &'static Object,
        present: Option<&'static str>,
    },
    /// The thing that a column of this one names.
    One {
        to: &'static Object,
        key: &'static str,
    },
    Union(&'static Union),
    /// The one thing of a list, or of a table, for which `such` holds.
    Find {
        of: &'static Object,
        by: Option<&'static str>,
        such: &'static str,
    },
    /// A page of the things that belong to this one, or of all. `by` is their column for this one's id, or a
    /// condition with `^`.
    Many {
        of: &'static Object,
        by: Option<&'static str>,
        /// The order, where it is not that of the type.
        order: Option<Order>,
    },
    /// All the things that belong to this one, up to `first` where it is an argument. `from` may be a
    /// statement; `{such}` in it takes the conditions. In a given row: the list of the field's name.
    List {
        of: &'static Object,
        from: &'static str,
        by: Option<&'static str>,
        such: &'static str,
        /// The order, where it is not that of the type.
        order: Option<Order>,
    },
    /// Things that a given row lists.
    Picked {
        of: &'static Object,
        list: &'static str,
    },
    /// What the server knows without asking.
    Made {
        of: &'static Object,
        many: bool,
        make: fn(&App, &Caller) -> Vec<SuppliedRow>,
    },
    /// Anything, by its global id.
    Node(&'static [&'static Object]),
    /// Several things, by their global ids.
    Nodes(&'static [&'static Object]),
    /// The newest place in the log of events.
    Head,
}

impl FieldSource {
    /// The types of the objects that a value has.
    pub fn objects(&self) -> Vec<&'static Object> {
        match *self {
            FieldSource::Embedded { of, .. }
            | FieldSource::One { to: of, .. }
            | FieldSource::Find { of, .. }
            | FieldSource::Many { of, .. }
            | FieldSource::List { of, .. }
            | FieldSource::Picked { of, .. }
            | FieldSource::Made { of, .. } => vec![of],
            FieldSource::Union(choice) => choice.of.iter().map(|(of, _)| *of).collect(),
            FieldSource::Node(of) | FieldSource::Nodes(of) => of.to_vec(),
            FieldSource::Id
            | FieldSource::Ref(..)
            | FieldSource::Column(..)
            | FieldSource::Computed { .. }
            | FieldSource::Head => Vec::new(),
        }
    }
}

/// Makes a value from cells and arguments; none is null.
pub type Compute = fn(&[Cell<'_>], &Args, &Scene) -> Result<Option<Computed>, ApiError>;

/// A value that was computed.
pub enum Computed {
    Truth(bool),
    Text(String),
}

/// A scalar or an enum: how it is called, kept and written.
pub struct Leaf {
    pub ty: fn(&mut Registry) -> String,
    pub kind: CellKind,
    pub write: fn(Cell<'_>, &mut Vec<u8>),
}

/// An argument of a field.
pub struct Arg {
    pub name: &'static str,
    pub about: &'static str,
    pub ty: fn(&mut Registry) -> String,
    /// The type's name in the schema, without whether it may be null.
    pub type_name: fn() -> Cow<'static, str>,
    /// The default, as the schema writes it.
    pub default: Option<&'static str>,
    pub role: ArgRole,
}

/// What an argument does to a list.
#[derive(Clone, Copy)]
pub enum ArgRole {
    /// Nothing by itself.
    Plain,
    /// Leaves out what does not fit.
    Narrow(fn(Value, &mut Where) -> Result<(), ApiError>),
    Order(fn(Value) -> Result<Order, ApiError>),
    /// How many of a plain list, at most so many.
    First(i64),
    /// Names a thing of this kind.
    Id(Kind),
}

/// An input that leaves out of a list what does not fit.
pub trait ListFilter: InputType {
    /// Adds its conditions; errors name their arguments from `path` on.
    fn narrow(self, list: &mut Where) -> Result<(), ApiError>;
}

/// An input that puts a list in order.
pub trait ListOrder: InputType {
    /// The order that it asks for.
    fn order(self) -> Order;
}
