//! How declarations are written: a function for each kind of field, and what a type, a list or a field says beside.

use super::*;

impl Object {
    /// A type without a global id, whose rows are in this table.
    pub const fn new(
        name: &'static str,
        about: &'static str,
        table: &'static str,
        key: Column,
        fields: &'static [Field],
    ) -> Object {
        Object { table: Some(table), key, ..Object::without_table(name, about, fields) }
    }

    /// A type whose columns are in the row of another one, in a statement, or in a supplied row.
    pub const fn without_table(name: &'static str, about: &'static str, fields: &'static [Field]) -> Object {
        Object {
            name,
            about,
            table: None,
            key: NO_KEY,
            node: None,
            interface: None,
            listed: None,
            order: OLDEST_FIRST,
            cursors: Cursors::Keyset,
            fields,
        }
    }

    /// A type with a global id: its rows are in this table and have this key.
    pub const fn node(
        name: &'static str,
        about: &'static str,
        node: NodeTable,
        key: Column,
        fields: &'static [Field],
    ) -> Object {
        Object { node: Some(node), ..Object::new(name, about, node.table, key, fields) }
    }

    /// The name of the type of its pages.
    pub fn connection_name(&self) -> String {
        format!("{}Connection", self.name)
    }

    /// The name of the type of the items of its pages, with their cursors.
    pub fn edge_name(&self) -> String {
        format!("{}Edge", self.name)
    }

    /// A type that has the fields of this interface, too.
    pub const fn implements(mut self, interface: &'static Interface) -> Object {
        self.interface = Some(interface);
        self
    }

    /// This column identifies a row.
    pub const fn key(mut self, key: Column) -> Object {
        self.key = key;
        self
    }

    /// Lists show only rows for which this condition holds.
    pub const fn listed(mut self, condition: Term) -> Object {
        self.listed = Some(condition);
        self
    }

    /// Lists are in this order by default, not in that of their keys.
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

/// The key of what is in no list of its own.
const NO_KEY: Column = Column { name: "id", kind: crate::store::db::rows::CellKind::Int, term: None };

impl List {
    const fn of(of: &'static Object) -> List {
        List {
            of,
            from: None,
            parent: None,
            condition: None,
            order: None,
            supplied: None,
            present: None,
            release: None,
        }
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

    /// A field with these arguments, beside those that each page has.
    pub const fn args(mut self, args: &'static [Arg]) -> Field {
        self.args = args;
        self
    }

    /// A list that has at most this many items, or more so rarely that it does not matter.
    pub const fn at_most(mut self, items: u64) -> Field {
        self.length = Some(Length::AtMost(items));
        self
    }

    /// A list that has as many items as the lists at these paths of the arguments, together.
    pub const fn as_many_as(mut self, paths: &'static [&'static str]) -> Field {
        self.length = Some(Length::Inputs(paths));
        self
    }

    /// An embedded object that is null where this column, a text, is; or a whole list that is null where this column of
    /// its object is.
    pub const fn present(mut self, column: Column) -> Field {
        match self.source {
            FieldSource::Embedded { of, .. } => self.source = FieldSource::Embedded { of, present: Some(column) },
            FieldSource::List(list) => self.source = FieldSource::List(List { present: Some(column), ..list }),
            _ => panic!("only an embedded object and a whole list are present or not"),
        }
        self.nullable()
    }

    /// A list of what belongs to the object by this column, which has the object's key.
    pub const fn of_parent(self, column: Column) -> Field {
        let list = self.its_list();
        self.with_list(List { parent: Some(ParentMatch::Column(column)), ..list })
    }

    /// A list of what belongs to the object by a condition on `{row}` and `{parent}`.
    pub const fn where_parent(self, condition: Term) -> Field {
        let list = self.its_list();
        self.with_list(List { parent: Some(ParentMatch::Condition(condition)), ..list })
    }

    /// A list of rows for which this condition holds, too.
    pub const fn condition(self, condition: Term) -> Field {
        let list = self.its_list();
        self.with_list(List { condition: Some(condition), ..list })
    }

    /// A list whose rows are in another table than those of its type.
    pub const fn from_table(self, table: &'static str) -> Field {
        let list = self.its_list();
        self.with_list(List { from: Some(Relation::Table(table)), ..list })
    }

    /// A list whose rows are those of a statement.
    pub const fn from_query(self, query: Term) -> Field {
        let list = self.its_list();
        self.with_list(List { from: Some(Relation::Query(query)), ..list })
    }

    /// A list in this order, whatever that of its type is.
    pub const fn order(self, order: Order) -> Field {
        let list = self.its_list();
        self.with_list(List { order: Some(order), ..list })
    }

    /// A list that has this name where the object is a supplied row. Pages of a list that always is supplied have cursors that
    /// name places in it: the key of its type is the place, from 1.
    pub const fn supplied_as(self, name: RowList) -> Field {
        let list = self.its_list();
        self.with_list(List { supplied: Some(name), ..list })
    }

    /// A list of output of the release that this column of the object names.
    pub const fn output_of(self, release: Column) -> Field {
        let list = self.its_list();
        self.with_list(List { release: Some(release), ..list })
    }

    const fn its_list(&self) -> List {
        match self.source {
            FieldSource::Find(list) | FieldSource::Connection(list) | FieldSource::List(list) => list,
            _ => panic!("only lists have parents, conditions and orders"),
        }
    }

    const fn with_list(mut self, list: List) -> Field {
        self.source = match self.source {
            FieldSource::Find(_) => FieldSource::Find(list),
            FieldSource::Connection(_) => FieldSource::Connection(list),
            _ => FieldSource::List(list),
        };
        self
    }
}

/// The object's global id.
pub const fn id() -> Field {
    Field::new("id", "Global id.", FieldSource::Id)
}

/// The global id of the thing of this kind that a column names.
pub const fn reference(name: &'static str, about: &'static str, kind: Kind, column: Column) -> Field {
    Field::new(name, about, FieldSource::Ref(kind, column))
}

/// A column as it is.
pub const fn column(name: &'static str, about: &'static str, leaf: &'static Leaf, column: Column) -> Field {
    assert!(leaf.kind as u8 == column.kind as u8, "the column holds another kind of value than the leaf writes");
    Field::new(name, about, FieldSource::Column(leaf, column))
}

/// A value that a function makes from these columns.
pub const fn computed(
    name: &'static str,
    about: &'static str,
    leaf: &'static Leaf,
    columns: &'static [Column],
    compute: Compute,
) -> Field {
    Field::new(name, about, FieldSource::Computed { leaf, columns, compute })
}

/// The one thing that a column names by its key.
pub const fn one(name: &'static str, about: &'static str, to: &'static Object, key: Column) -> Field {
    Field::new(name, about, FieldSource::One { to, key })
}

/// An object whose columns are in the same row.
pub const fn embedded(name: &'static str, about: &'static str, of: &'static Object) -> Field {
    Field::new(name, about, FieldSource::Embedded { of, present: None })
}

/// The first thing of a list, or null. By default the list has all things of the type.
pub const fn find(name: &'static str, about: &'static str, of: &'static Object) -> Field {
    Field::new(name, about, FieldSource::Find(List::of(of))).nullable()
}

/// Pages of a list. By default the list has all things of the type.
pub const fn connection(name: &'static str, about: &'static str, of: &'static Object) -> Field {
    Field::new(name, about, FieldSource::Connection(List::of(of)))
}

/// A whole list. By default the list has all things of the type.
pub const fn list(name: &'static str, about: &'static str, of: &'static Object) -> Field {
    Field::new(name, about, FieldSource::List(List::of(of)))
}

/// A list of rows that a supplied row has.
pub const fn supplied_list(name: &'static str, about: &'static str, of: &'static Object, list: RowList) -> Field {
    Field::new(name, about, FieldSource::SuppliedList { of, list })
}

/// Things that a supplied row lists by the numbers of their rows.
pub const fn supplied_ids(name: &'static str, about: &'static str, of: &'static Object, list: IdList) -> Field {
    Field::new(name, about, FieldSource::SuppliedIds { of, list })
}
