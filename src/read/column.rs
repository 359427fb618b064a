//! The names of what a row has, as constants: a column that is misspelt does not compile.

use super::term::Term;
use crate::store::db::rows::CellKind;

/// A value of a row.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    pub kind: CellKind,
    /// How it is read, where it is not a column of the table. A supplied row has the value itself.
    pub term: Option<Term>,
}

/// A list of things, by the numbers of their rows, that a supplied row has.
#[derive(Clone, Copy, Debug)]
pub struct IdList(pub &'static str);

/// A list of rows that a supplied row has.
#[derive(Clone, Copy, Debug)]
pub struct RowList(pub &'static str);

/// Declares what a row has, as the fields of a constant: columns by what they hold (`Int`, `Text`, `Bool`, `Time`), and
/// lists of supplied rows (`Ids`, `Rows`). A column whose name is a keyword has its name in parentheses; one that is not
/// in the table has the term that it is read by.
///
/// ```ignore
/// columns! {
///     pub ROW: ExampleRow {
///         id: Int,
///         source("ref"): Text,
///         is_new: Bool = term!("{row}.seen_at IS NULL"),
///     }
/// }
/// ```
macro_rules! columns {
    (
        $(#[$about:meta])*
        $visible:vis $name:ident: $row:ident {
            $($column:ident $(($sql:literal))?: $kind:ident $(= $term:expr)?),+ $(,)?
        }
    ) => {
        #[derive(Clone, Copy)]
        $visible struct $row { $(pub $column: $crate::read::declare::columns!(@type $kind)),+ }

        $(#[$about])*
        $visible const $name: $row = $row {
            $($column: $crate::read::declare::columns!(@value $kind, [$($sql,)? stringify!($column)], [$($term)?])),+
        };
    };
    (@type Ids) => { $crate::read::declare::IdList };
    (@type Rows) => { $crate::read::declare::RowList };
    (@type $kind:ident) => { $crate::read::declare::Column };
    (@value Ids, [$name:expr], []) => { $crate::read::declare::IdList($name) };
    (@value Rows, [$name:expr], []) => { $crate::read::declare::RowList($name) };
    (@value $kind:ident, [$name:expr $(, $ident:expr)?], []) => {
        $crate::read::declare::Column { name: $name, kind: $crate::store::db::rows::CellKind::$kind, term: None }
    };
    (@value $kind:ident, [$name:expr $(, $ident:expr)?], [$term:expr]) => {
        $crate::read::declare::Column { name: $name, kind: $crate::store::db::rows::CellKind::$kind, term: Some($term) }
    };
}
pub(crate) use columns;
