//! Parts of a statement on SQLite: all rows of each as one JSON text. Each row that sqlx passes on costs a switch of
//! threads, and each of its cells a copy; a text is passed on once.

use super::rows::{Cell, CellKind, Rows, StatementPart};
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use std::fmt::{self, Write};

/// The statement that returns the rows of each of these parts as one text, in their order.
pub(super) fn statement(parts: &[StatementPart]) -> String {
    let mut text = String::new();
    for (place, part) in parts.iter().enumerate() {
        part.name(place, &mut text);
    }
    for (place, part) in parts.iter().enumerate() {
        text.push_str(if place == 0 { " SELECT" } else { "," });
        text.push_str(" (SELECT json_group_array(json_array(");
        part.columns(&mut text);
        let _ = write!(text, ")) FROM part{place})");
    }
    text
}

/// Reads the rows out of the text.
pub(super) fn read(text: &str, kinds: &[CellKind], rows: &mut Rows) -> serde_json::Result<()> {
    let mut json = serde_json::Deserializer::from_str(text);
    AllRows { kinds, rows }.deserialize(&mut json)?;
    json.end()
}

struct AllRows<'a> {
    kinds: &'a [CellKind],
    rows: &'a mut Rows,
}

impl<'de> DeserializeSeed<'de> for AllRows<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for AllRows<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        while all.next_element_seed(OneRow { kinds: self.kinds, rows: self.rows })?.is_some() {}
        Ok(())
    }
}

struct OneRow<'a> {
    kinds: &'a [CellKind],
    rows: &'a mut Rows,
}

impl<'de> DeserializeSeed<'de> for OneRow<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for OneRow<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} cells", self.kinds.len())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<(), A::Error> {
        if self.kinds.is_empty() {
            row.next_element::<i64>()?;
            self.rows.push(Cell::Null);
        }
        for (at, kind) in self.kinds.iter().enumerate() {
            let cell = row.next_element_seed(OneCell { kind: *kind, rows: self.rows })?;
            cell.ok_or_else(|| A::Error::invalid_length(at, &self))?;
        }
        Ok(())
    }
}

struct OneCell<'a> {
    kind: CellKind,
    rows: &'a mut Rows,
}

impl<'de> DeserializeSeed<'de> for OneCell<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl Visitor<'_> for OneCell<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "a cell of the kind {:?}", self.kind)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.rows.push(Cell::Null);
        Ok(())
    }

    fn visit_i64<E: Error>(self, int: i64) -> Result<(), E> {
        self.rows.push(match self.kind {
            CellKind::Int | CellKind::Time => Cell::Int(int),
            CellKind::Bool => Cell::Int((int != 0).into()),
            CellKind::Text => return Err(E::invalid_type(serde::de::Unexpected::Signed(int), &self)),
        });
        Ok(())
    }

    fn visit_u64<E: Error>(self, int: u64) -> Result<(), E> {
        let int = int.try_into().map_err(|_| E::invalid_value(serde::de::Unexpected::Unsigned(int), &self))?;
        self.visit_i64(int)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if self.kind != CellKind::Text {
            return Err(E::invalid_type(serde::de::Unexpected::Str(text), &self));
        }
        self.rows.push(Cell::Text(text));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_as_they_were_written() {
        let kinds = [CellKind::Int, CellKind::Text, CellKind::Bool, CellKind::Time];
        let mut rows = Rows::new(kinds.len());
        read(r#"[[-9223372036854775808,"\"[1]\"\n\u0001ü",1,1764000000000],[null,null,0,null]]"#, &kinds, &mut rows)
            .unwrap();
        let cells: Vec<_> = (0..2).flat_map(|row| (0..4).map(move |column| (row, column))).collect();
        let cells: Vec<_> = cells.into_iter().map(|(row, column)| rows.cell(row, column)).collect();
        assert_eq!(
            cells,
            [
                Cell::Int(i64::MIN),
                Cell::Text("\"[1]\"\n\u{1}ü"),
                Cell::Int(1),
                Cell::Int(1_764_000_000_000),
                Cell::Null,
                Cell::Null,
                Cell::Int(0),
                Cell::Null
            ]
        );
    }

    #[test]
    fn rows_without_columns_are_counted() {
        let mut rows = Rows::new(0);
        read("[[1],[1],[1]]", &[], &mut rows).unwrap();
        assert_eq!(rows.len(), 3);
    }

    #[test]
    fn a_cell_of_another_kind_is_refused() {
        for text in [r#"[["1"]]"#, "[[1.5]]", "[[]]", "[[1,2]]", "[[[1]]]"] {
            assert!(read(text, &[CellKind::Int], &mut Rows::new(1)).is_err(), "{text}");
        }
        assert!(read("[[1]]", &[CellKind::Text], &mut Rows::new(1)).is_err());
    }
}
