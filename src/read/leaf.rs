//! Scalars and enums: how they are called, kept and written.

use crate::domain::{Timestamp, Word};
use crate::store::db::rows::{Cell, CellKind};
use crate::wire::{Cursor, DateTime, JsonValue, json};
use async_graphql::registry::Registry;
use async_graphql::{ID, OutputType};

/// A scalar or an enum: how it is called, kept and written.
pub struct Leaf {
    pub ty: fn(&mut Registry) -> String,
    pub kind: CellKind,
    pub write: fn(Cell<'_>, &mut Vec<u8>),
    /// The vocabulary of an enum.
    pub vocabulary: Option<Vocabulary>,
}

/// The words that an enum may have.
pub struct Vocabulary {
    pub name: &'static str,
    knows: fn(&str) -> bool,
}

impl Leaf {
    /// The vocabulary of an enum that does not have this word: a newer program wrote it.
    pub fn unknown(&self, word: &str) -> Option<&Vocabulary> {
        self.vocabulary.as_ref().filter(|vocabulary| !(vocabulary.knows)(word))
    }
}

/// A leaf of a type that async-graphql registers.
pub const fn leaf<T: OutputType>(kind: CellKind, write: fn(Cell<'_>, &mut Vec<u8>)) -> Leaf {
    Leaf { ty: T::create_type_info, kind, write, vocabulary: None }
}

/// A leaf that is kept and written as text.
pub const fn text_leaf<T: OutputType>() -> Leaf {
    leaf::<T>(CellKind::Text, |cell, out| json::string(cell.text().unwrap_or_default(), out))
}

/// A word of a vocabulary, kept and written as text.
pub const fn word_leaf<W: Word + OutputType>() -> Leaf {
    let knows = |word: &str| W::from_word(word).is_some();
    Leaf { vocabulary: Some(Vocabulary { name: W::NAME, knows }), ..text_leaf::<W>() }
}

/// A leaf that is kept as JSON and written without the spaces that PostgreSQL puts into it.
pub const fn leaf_of_json<T: OutputType>() -> Leaf {
    leaf::<T>(CellKind::Text, |cell, out| {
        let value: serde_json::Value = cell.text().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        out.extend_from_slice(value.to_string().as_bytes());
    })
}

/// `String`.
pub static TEXT: Leaf = text_leaf::<String>();
/// `Int`.
pub static INT: Leaf = leaf::<i32>(CellKind::Int, |cell, out| json::number(cell.int().unwrap_or_default(), out));
/// `Boolean`.
pub static BOOLEAN: Leaf = leaf::<bool>(CellKind::Bool, |cell, out| json::truth(cell != Cell::Int(0), out));
/// `DateTime`.
pub static TIME: Leaf = leaf::<DateTime>(CellKind::Time, |cell, out| {
    json::string(&Timestamp(cell.int().unwrap_or_default()).to_string(), out);
});
/// `Cursor`.
pub static CURSOR: Leaf = text_leaf::<Cursor>();
/// `ID`.
pub static GLOBAL_ID: Leaf = text_leaf::<ID>();
/// A list of texts, kept as JSON.
pub static TEXTS: Leaf = leaf::<Vec<String>>(CellKind::Text, as_it_is);
/// A list of ids, kept as JSON.
pub static IDS: Leaf = leaf::<Vec<ID>>(CellKind::Text, as_it_is);
/// Any JSON, kept as such.
pub static JSON: Leaf = leaf_of_json::<JsonValue>();

fn as_it_is(cell: Cell<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(cell.text().unwrap_or("[]").as_bytes());
}
