//! What a type says about itself, once, in a table of constants. The schema, the plan of a query, its
//! statements and the bytes of its answer all follow from these tables.
//!
//! In their SQL, `@` is the row of the object, `^` the id of what a list belongs to, `:name` an argument,
//! and a word between braces is one of `sql!`.

use super::args::Args;
use super::error::ApiError;
use super::filter::Where;
use super::given::Given;
use super::write::Scene;
use crate::app::App;
use crate::domain::{Caller, Kind};
use crate::store::rows::{Cell, CellKind};
use async_graphql::registry::Registry;
use async_graphql::{InputType, OutputType, Value};

/// A type of the schema, and where its rows are.
pub struct Object {
    pub name: &'static str,
    pub about: &'static str,
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
pub struct Choice {
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
    pub source: Source,
}

/// Where a field's value comes from.
#[derive(Clone, Copy)]
pub enum Source {
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
    Choice(&'static Choice),
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
        make: fn(&App, &Caller) -> Vec<Given>,
    },
    /// Anything, by its global id.
    Node(&'static [&'static Object]),
    /// Several things, by their global ids.
    Nodes(&'static [&'static Object]),
    /// The newest place in the log of events.
    Head,
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
    pub check: fn(Option<Value>) -> Result<(), ApiError>,
    /// The default, as the schema writes it.
    pub default: Option<&'static str>,
    pub role: Role,
}

/// What an argument does to a list.
#[derive(Clone, Copy)]
pub enum Role {
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
pub trait Narrow: InputType {
    /// Adds its conditions; errors name their arguments from `path` on.
    fn narrow(self, list: &mut Where) -> Result<(), ApiError>;
}

/// An input that puts a list in order.
pub trait Ordering: InputType {
    fn order(self) -> Order;
}

pub const fn ascending(name: &'static str, columns: &'static [(&'static str, CellKind)]) -> Order {
    Order { name, columns, descending: false }
}

pub const fn descending(name: &'static str, columns: &'static [(&'static str, CellKind)]) -> Order {
    Order { name, columns, descending: true }
}

/// In the order of their keys.
pub const OLDEST_FIRST: Order = ascending("oldest", &[]);
/// In the opposite order of their keys.
pub const NEWEST_FIRST: Order = descending("newest", &[]);

impl Object {
    /// A type without a global id; `table` is empty where no row is read for it.
    pub const fn new(name: &'static str, about: &'static str, table: &'static str, fields: &'static [Field]) -> Object {
        let (interface, listed) = (None, "");
        let (order, cursors) = (OLDEST_FIRST, Cursors::Keyset);
        Object { name, about, table, key: "id", kind: None, interface, listed, order, cursors, fields }
    }

    /// With a global id.
    pub const fn node(mut self, kind: Kind, interface: &'static Interface) -> Object {
        self.kind = Some(kind);
        self.interface = Some(interface);
        self
    }

    pub const fn implements(mut self, interface: &'static Interface) -> Object {
        self.interface = Some(interface);
        self
    }

    pub const fn key(mut self, key: &'static str) -> Object {
        self.key = key;
        self
    }

    pub const fn listed(mut self, such: &'static str) -> Object {
        self.listed = such;
        self
    }

    pub const fn order(mut self, order: Order) -> Object {
        self.order = order;
        self
    }

    pub const fn cursors(mut self, cursors: Cursors) -> Object {
        self.cursors = cursors;
        self
    }
}

impl Field {
    /// A field that is never null.
    pub const fn new(name: &'static str, about: &'static str, source: Source) -> Field {
        Field { name, about, args: &[], nullable: false, source }
    }

    pub const fn nullable(mut self) -> Field {
        self.nullable = true;
        self
    }

    pub const fn args(mut self, args: &'static [Arg]) -> Field {
        self.args = args;
        self
    }

    /// A list in the order of its keys, whatever that of its type is.
    pub const fn oldest_first(self) -> Field {
        self.ordered(OLDEST_FIRST)
    }

    /// A list in the opposite order of its keys.
    pub const fn newest_first(self) -> Field {
        self.ordered(NEWEST_FIRST)
    }

    const fn ordered(mut self, order: Order) -> Field {
        if let Source::Many { of, by, .. } = self.source {
            self.source = Source::Many { of, by, order: Some(order) };
        }
        self
    }

    /// An embedded object that is null where this column, a text, is.
    pub const fn present(mut self, column: &'static str) -> Field {
        if let Source::Embedded { of, .. } = self.source {
            self.source = Source::Embedded { of, present: Some(column) };
        }
        self.nullable()
    }
}

pub const fn id() -> Field {
    Field::new("id", "Global id.", Source::Id)
}

pub const fn reference(name: &'static str, about: &'static str, kind: Kind, column: &'static str) -> Field {
    Field::new(name, about, Source::Ref(kind, column))
}

pub const fn column(name: &'static str, about: &'static str, leaf: &'static Leaf, sql: &'static str) -> Field {
    Field::new(name, about, Source::Column(leaf, sql))
}

pub const fn computed(
    name: &'static str,
    about: &'static str,
    leaf: &'static Leaf,
    needs: &'static [(&'static str, CellKind)],
    by: Compute,
) -> Field {
    Field::new(name, about, Source::Computed { leaf, needs, by })
}

pub const fn one(name: &'static str, about: &'static str, to: &'static Object, key: &'static str) -> Field {
    Field::new(name, about, Source::One { to, key })
}

pub const fn embedded(name: &'static str, about: &'static str, of: &'static Object) -> Field {
    Field::new(name, about, Source::Embedded { of, present: None })
}

pub const fn find(
    name: &'static str,
    about: &'static str,
    of: &'static Object,
    by: Option<&'static str>,
    such: &'static str,
) -> Field {
    Field::new(name, about, Source::Find { of, by, such }).nullable()
}

pub const fn many(name: &'static str, about: &'static str, of: &'static Object, by: &'static str) -> Field {
    Field::new(name, about, Source::Many { of, by: Some(by), order: None })
}

pub const fn all(name: &'static str, about: &'static str, of: &'static Object) -> Field {
    Field::new(name, about, Source::Many { of, by: None, order: None })
}

pub const fn list(
    name: &'static str,
    about: &'static str,
    of: &'static Object,
    from: &'static str,
    by: &'static str,
    such: &'static str,
) -> Field {
    Field::new(name, about, Source::List { of, from, by: Some(by), such })
}

/// A list of rows that stand in a given row, under the field's name.
pub const fn given(name: &'static str, about: &'static str, of: &'static Object) -> Field {
    Field::new(name, about, Source::List { of, from: "", by: None, such: "" })
}

/// Things that a given row lists, by the numbers of their rows.
pub const fn picked(name: &'static str, about: &'static str, of: &'static Object, list: &'static str) -> Field {
    Field::new(name, about, Source::Picked { of, list })
}

/// An argument of a type of the library's.
pub const fn arg<T: InputType>(name: &'static str, about: &'static str) -> Arg {
    Arg { name, about, ty: T::create_type_info, check: check::<T>, default: None, role: Role::Plain }
}

/// The argument `filter`.
pub const fn filter<F: Narrow>(about: &'static str) -> Arg {
    narrowing::<Option<F>>("filter", about, |value, list| match parse::<Option<F>>("filter", Some(value))? {
        Some(filter) => filter.narrow(list),
        None => Ok(()),
    })
}

/// An argument that leaves out what does not fit.
pub const fn narrowing<T: InputType>(
    name: &'static str,
    about: &'static str,
    by: fn(Value, &mut Where) -> Result<(), ApiError>,
) -> Arg {
    Arg { role: Role::Narrow(by), ..arg::<T>(name, about) }
}

/// The argument `orderBy`.
pub const fn ordered<O: Ordering>(about: &'static str) -> Arg {
    let by = |value| Ok(parse::<O>("orderBy", Some(value))?.order());
    Arg { role: Role::Order(by), ..arg::<Option<O>>("orderBy", about) }
}

/// An argument that names a thing of this kind.
pub const fn id_arg(name: &'static str, about: &'static str, kind: Kind) -> Arg {
    Arg { role: Role::Id(kind), ..arg::<async_graphql::ID>(name, about) }
}

/// The argument `first: Int! = 200` of a plain list.
pub const fn up_to(most: i64) -> Arg {
    Arg {
        default: Some("200"),
        role: Role::First(most),
        ..arg::<i32>("first", "How many at most, from the beginning.")
    }
}

/// Reads an input, or says what is wrong with it.
pub fn parse<T: InputType>(name: &str, value: Option<Value>) -> Result<T, ApiError> {
    T::parse(value).map_err(|error| ApiError::bad(name, error.into_server_error(Default::default()).message))
}

fn check<T: InputType>(value: Option<Value>) -> Result<(), ApiError> {
    parse::<T>("", value).map(drop)
}

/// A leaf of a type of the library's.
pub const fn leaf<T: OutputType>(kind: CellKind, write: fn(Cell<'_>, &mut Vec<u8>)) -> Leaf {
    Leaf { ty: T::create_type_info, kind, write }
}

/// A leaf that is kept and written as text.
pub const fn text_leaf<T: OutputType>() -> Leaf {
    leaf::<T>(CellKind::Text, |cell, out| super::json::string(cell.text().unwrap_or_default(), out))
}

pub static TEXT: Leaf = text_leaf::<String>();
pub static INT: Leaf = leaf::<i32>(CellKind::Int, |cell, out| super::json::number(cell.int().unwrap_or_default(), out));
pub static BOOLEAN: Leaf = leaf::<bool>(CellKind::Bool, |cell, out| {
    out.extend_from_slice(if cell == Cell::Int(0) { b"false" } else { b"true" });
});
/// A list of texts, kept as JSON.
pub static TEXTS: Leaf = leaf::<Vec<String>>(CellKind::Text, json);
/// A list of ids, kept as JSON.
pub static IDS: Leaf = leaf::<Vec<async_graphql::ID>>(CellKind::Text, json);

fn json(cell: Cell<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(cell.text().unwrap_or("[]").as_bytes());
}
