//! How declarations are written: a function for each kind of order, field, argument and leaf, and what a type or a field
//! says beside.

use super::{
    Arg, ArgRole, Compute, Cursors, Field, FieldSource, Interface, Leaf, Length, ListFilter, ListOrder, Object, Order,
};
use crate::domain::caller::Right;
use crate::domain::{Kind, Timestamp};
use crate::read::filter::Where;
use crate::store::db::rows::{Cell, CellKind};
use crate::wire::{ApiError, Cursor, DateTime, JsonValue, json};
use async_graphql::{ID, InputType, OutputType, Value};

/// By these columns, then the key; the smallest first. `name` stands in cursors.
pub const fn ascending(name: &'static str, columns: &'static [(&'static str, CellKind)]) -> Order {
    Order { name, columns, descending: false }
}

/// By these columns, then the key; the greatest first. `name` stands in cursors.
pub const fn descending(name: &'static str, columns: &'static [(&'static str, CellKind)]) -> Order {
    Order { name, columns, descending: true }
}

/// In the order of their keys.
pub const OLDEST_FIRST: Order = ascending("oldest", &[]);
/// In the opposite order of their keys.
pub const NEWEST_FIRST: Order = descending("newest", &[]);

impl Order {
    /// Its name and direction, as cursors spell them.
    pub(in crate::read) fn spelled(&self) -> String {
        format!("{} {}", self.name, if self.descending { "DESC" } else { "ASC" })
    }

    /// What its columns and the key hold.
    pub(in crate::read) fn kinds(&self) -> Vec<CellKind> {
        self.columns.iter().map(|column| column.1).chain([CellKind::Int]).collect()
    }
}

impl Object {
    /// A type without a global id; `table` is empty where no row is read for it.
    pub const fn new(name: &'static str, about: &'static str, table: &'static str, fields: &'static [Field]) -> Object {
        let (interface, listed) = (None, "");
        let (order, cursors) = (OLDEST_FIRST, Cursors::Keyset);
        Object { name, about, table, key: "id", kind: None, interface, listed, order, cursors, fields }
    }

    /// The name of the type of its pages.
    pub fn connection_name(&self) -> String {
        format!("{}Connection", self.name)
    }

    /// With a global id.
    pub const fn node(mut self, kind: Kind, interface: &'static Interface) -> Object {
        self.kind = Some(kind);
        self.interface = Some(interface);
        self
    }

    /// A type that has the fields of this interface, too.
    pub const fn implements(mut self, interface: &'static Interface) -> Object {
        self.interface = Some(interface);
        self
    }

    /// Rows are told apart by this column, in place of `id`.
    pub const fn key(mut self, key: &'static str) -> Object {
        self.key = key;
        self
    }

    /// Lists show only those of which this condition holds.
    pub const fn listed(mut self, such: &'static str) -> Object {
        self.listed = such;
        self
    }

    /// Lists are in this order, unless they say another.
    pub const fn order(mut self, order: Order) -> Object {
        self.order = order;
        self
    }

    /// Cursors of its lists are written so, in place of what the list is ordered by.
    pub const fn cursors(mut self, cursors: Cursors) -> Object {
        self.cursors = cursors;
        self
    }
}

impl Field {
    /// A field that is never null.
    pub const fn new(name: &'static str, about: &'static str, source: FieldSource) -> Field {
        Field { name, about, args: &[], nullable: false, right: None, source, length: None }
    }

    /// A field that may be null.
    pub const fn nullable(mut self) -> Field {
        self.nullable = true;
        self
    }

    /// A field that only callers with this right may read.
    pub const fn needs(mut self, right: Right) -> Field {
        self.right = Some(right);
        self
    }

    /// A field with these arguments, beside those that each list has.
    pub const fn args(mut self, args: &'static [Arg]) -> Field {
        self.args = args;
        self
    }

    /// A list that has at most this many items, or so rarely more that they do not count.
    pub const fn at_most(mut self, items: u64) -> Field {
        self.length = Some(Length::AtMost(items));
        self
    }

    /// A list that has as many items as the lists at these paths of the arguments, together.
    pub const fn as_many_as(mut self, paths: &'static [&'static str]) -> Field {
        self.length = Some(Length::Inputs(paths));
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
        let order = Some(order);
        self.source = match self.source {
            FieldSource::Many { of, by, .. } => FieldSource::Many { of, by, order },
            FieldSource::List { of, from, by, such, .. } => FieldSource::List { of, from, by, such, order },
            source => source,
        };
        self
    }

    /// An embedded object that is null where this column, a text, is.
    pub const fn present(mut self, column: &'static str) -> Field {
        if let FieldSource::Embedded { of, .. } = self.source {
            self.source = FieldSource::Embedded { of, present: Some(column) };
        }
        self.nullable()
    }
}

/// The object's global id.
pub const fn id() -> Field {
    Field::new("id", "Global id.", FieldSource::Id)
}

/// The global id of the thing of this kind that a column names.
pub const fn reference(name: &'static str, about: &'static str, kind: Kind, column: &'static str) -> Field {
    Field::new(name, about, FieldSource::Ref(kind, column))
}

/// A column as it is; `sql` is its name, or a term over `@`.
pub const fn column(name: &'static str, about: &'static str, leaf: &'static Leaf, sql: &'static str) -> Field {
    Field::new(name, about, FieldSource::Column(leaf, sql))
}

/// A value that is made from these columns.
pub const fn computed(
    name: &'static str,
    about: &'static str,
    leaf: &'static Leaf,
    needs: &'static [(&'static str, CellKind)],
    by: Compute,
) -> Field {
    Field::new(name, about, FieldSource::Computed { leaf, needs, by })
}

/// The one thing that a column names by its key.
pub const fn one(name: &'static str, about: &'static str, to: &'static Object, key: &'static str) -> Field {
    Field::new(name, about, FieldSource::One { to, key })
}

/// An object whose columns are in the same row.
pub const fn embedded(name: &'static str, about: &'static str, of: &'static Object) -> Field {
    Field::new(name, about, FieldSource::Embedded { of, present: None })
}

/// The one thing for which `such` holds, null if there is none: of what belongs to this one by the column `by`, or
/// of all.
pub const fn find(
    name: &'static str,
    about: &'static str,
    of: &'static Object,
    by: Option<&'static str>,
    such: &'static str,
) -> Field {
    Field::new(name, about, FieldSource::Find { of, by, such }).nullable()
}

/// Pages of what belongs to this one: by a column with its id, or by a condition with `^`.
pub const fn many(name: &'static str, about: &'static str, of: &'static Object, by: &'static str) -> Field {
    Field::new(name, about, FieldSource::Many { of, by: Some(by), order: None })
}

/// Pages of all the things of a type.
pub const fn all(name: &'static str, about: &'static str, of: &'static Object) -> Field {
    Field::new(name, about, FieldSource::Many { of, by: None, order: None })
}

/// All the things of a table or statement that belong to this one, and for which `such` holds.
pub const fn list(
    name: &'static str,
    about: &'static str,
    of: &'static Object,
    from: &'static str,
    by: &'static str,
    such: &'static str,
) -> Field {
    Field::new(name, about, FieldSource::List { of, from, by: Some(by), such, order: None })
}

/// A list of rows that stand in a given row, under the field's name.
pub const fn given(name: &'static str, about: &'static str, of: &'static Object) -> Field {
    Field::new(name, about, FieldSource::List { of, from: "", by: None, such: "", order: None })
}

/// Things that a given row lists, by the numbers of their rows.
pub const fn picked(name: &'static str, about: &'static str, of: &'static Object, list: &'static str) -> Field {
    Field::new(name, about, FieldSource::Picked { of, list })
}

/// An argument of a type of the library's.
pub const fn arg<T: InputType>(name: &'static str, about: &'static str) -> Arg {
    Arg { name, about, ty: T::create_type_info, type_name: T::type_name, default: None, role: ArgRole::Plain }
}

/// The argument `filter`.
pub const fn filter<F: ListFilter>(about: &'static str) -> Arg {
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
    Arg { role: ArgRole::Narrow(by), ..arg::<T>(name, about) }
}

/// The argument `orderBy`.
pub const fn ordered<O: ListOrder>(about: &'static str) -> Arg {
    let by = |value| Ok(parse::<O>("orderBy", Some(value))?.order());
    Arg { role: ArgRole::Order(by), ..arg::<Option<O>>("orderBy", about) }
}

/// An argument that names a thing of this kind.
pub const fn id_arg(name: &'static str, about: &'static str, kind: Kind) -> Arg {
    Arg { role: ArgRole::Id(kind), ..arg::<ID>(name, about) }
}

/// How many items a plain list has unless `first` says so; the same as [`up_to`] spells.
pub const DEFAULT_FIRST: u64 = 200;

/// The argument `first: Int = 200` of a plain list.
pub const fn up_to(most: i64) -> Arg {
    Arg {
        default: Some("200"),
        role: ArgRole::First(most),
        ..arg::<Option<i32>>("first", "How many at most, from the beginning.")
    }
}

/// Reads an input, or says what is wrong with it.
pub fn parse<T: InputType>(name: &str, value: Option<Value>) -> Result<T, ApiError> {
    T::parse(value).map_err(|error| ApiError::bad(name, error.into_server_error(Default::default()).message))
}

/// A leaf of a type of the library's.
pub const fn leaf<T: OutputType>(kind: CellKind, write: fn(Cell<'_>, &mut Vec<u8>)) -> Leaf {
    Leaf { ty: T::create_type_info, kind, write }
}

/// A leaf that is kept and written as text.
pub const fn text_leaf<T: OutputType>() -> Leaf {
    leaf::<T>(CellKind::Text, |cell, out| json::string(cell.text().unwrap_or_default(), out))
}

/// `String`.
pub static TEXT: Leaf = text_leaf::<String>();
/// `Int`.
pub static INT: Leaf = leaf::<i32>(CellKind::Int, |cell, out| json::number(cell.int().unwrap_or_default(), out));
/// `Boolean`.
pub static BOOLEAN: Leaf = leaf::<bool>(CellKind::Bool, |cell, out| {
    out.extend_from_slice(if cell == Cell::Int(0) { b"false" } else { b"true" });
});
/// `DateTime`.
pub static TIME: Leaf = leaf::<DateTime>(CellKind::Time, |cell, out| {
    json::string(&Timestamp(cell.int().unwrap_or_default()).to_string(), out);
});
/// `Cursor`.
pub static CURSOR: Leaf = text_leaf::<Cursor>();
/// A list of texts, kept as JSON.
pub static TEXTS: Leaf = leaf::<Vec<String>>(CellKind::Text, as_it_is);
/// A list of ids, kept as JSON.
pub static IDS: Leaf = leaf::<Vec<ID>>(CellKind::Text, as_it_is);

/// Any JSON, kept as such.
pub static JSON: Leaf = leaf_of_json::<JsonValue>();

/// A leaf that is kept as JSON and written without the spaces that PostgreSQL puts into it.
pub const fn leaf_of_json<T: OutputType>() -> Leaf {
    leaf::<T>(CellKind::Text, |cell, out| {
        let value: serde_json::Value = cell.text().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        out.extend_from_slice(value.to_string().as_bytes());
    })
}

fn as_it_is(cell: Cell<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(cell.text().unwrap_or("[]").as_bytes());
}
