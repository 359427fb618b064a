//! Parts of a statement on PostgreSQL: their rows one after the other, each with the number of its part. Columns of one
//! kind share their places, so that rows of different parts have one form.

use super::Result;
use super::rows::{Cell, CellKind, Part, Rows};
use crate::domain::Timestamp;
use sqlx::postgres::{PgRow, PgValueRef};
use sqlx::{Decode, Postgres, Row, ValueRef};
use std::fmt::Write;

/// A column that a part does not have.
fn nothing(kind: CellKind) -> &'static str {
    match kind {
        CellKind::Int => ", CAST(NULL AS bigint)",
        CellKind::Text => ", CAST(NULL AS text)",
        CellKind::Bool => ", CAST(NULL AS boolean)",
        CellKind::Time => ", CAST(NULL AS timestamptz)",
    }
}

/// How many columns of a kind the rows of all parts have.
fn width(parts: &[Part], kind: CellKind) -> usize {
    let of = |part: &Part| part.kinds.iter().filter(|other| **other == kind).count();
    parts.iter().map(of).max().unwrap_or_default()
}

/// The statement that gives the rows of these parts. The union has no order of its own: but it goes through its parts one
/// by one, and where several processes share them, no part is shared that has an order.
pub(super) fn uniting(parts: &[Part]) -> String {
    if let [part] = parts {
        return part.text.clone();
    }
    let mut text = String::with_capacity(1024);
    for (place, part) in parts.iter().enumerate() {
        part.name(place, &mut text);
    }
    let widths = CellKind::ALL.map(|kind| width(parts, kind));
    for (place, part) in parts.iter().enumerate() {
        let _ = write!(text, "{} SELECT {place}", if place == 0 { "" } else { " UNION ALL" });
        for (kind, width) in CellKind::ALL.into_iter().zip(widths) {
            let mut columns = (0..part.kinds.len()).filter(|column| part.kinds[*column] == kind);
            for _ in 0..width {
                match columns.next() {
                    Some(column) => {
                        text.push_str(", c");
                        text.push_str(itoa::Buffer::new().format(column));
                    }
                    None => text.push_str(nothing(kind)),
                }
            }
        }
        let _ = write!(text, " FROM part{place}");
    }
    text
}

/// Reads the rows of these parts.
pub(super) fn read(all: &[PgRow], parts: &[Part], rows: &mut [Rows]) -> Result<()> {
    if let ([part], [rows]) = (parts, &mut *rows) {
        let columns: Vec<usize> = (0..part.kinds.len()).collect();
        return all.iter().try_for_each(|row| cells(row, &columns, &part.kinds, rows));
    }
    let columns: Vec<Vec<usize>> = parts.iter().map(|part| columns(parts, part)).collect();
    for row in all {
        let place = of::<i32>(row.try_get_raw(0)?)? as usize;
        cells(row, &columns[place], &parts[place].kinds, &mut rows[place])?;
    }
    Ok(())
}

/// Where the columns of a part are in the rows of all.
fn columns(parts: &[Part], part: &Part) -> Vec<usize> {
    let mut next = [0; CellKind::ALL.len()];
    let mut from = 1;
    for (next, kind) in next.iter_mut().zip(CellKind::ALL) {
        *next = from;
        from += width(parts, kind);
    }
    let column = |kind: &CellKind| {
        let next = &mut next[*kind as usize];
        *next += 1;
        *next - 1
    };
    part.kinds.iter().map(column).collect()
}

fn cells(row: &PgRow, columns: &[usize], kinds: &[CellKind], rows: &mut Rows) -> Result<()> {
    if kinds.is_empty() {
        rows.push(Cell::Null);
    }
    for (column, kind) in columns.iter().zip(kinds) {
        let value = row.try_get_raw(*column)?;
        match kind {
            _ if value.is_null() => rows.push(Cell::Null),
            CellKind::Int => rows.push(Cell::Int(of::<i64>(value)?)),
            CellKind::Bool => rows.push(Cell::Int(of::<bool>(value)?.into())),
            CellKind::Time => rows.push(Cell::Int(of::<Timestamp>(value)?.0)),
            CellKind::Text => rows.push(Cell::Text(of::<&str>(value)?)),
        }
    }
    Ok(())
}

fn of<'r, T: Decode<'r, Postgres>>(value: PgValueRef<'r>) -> sqlx::Result<T> {
    T::decode(value).map_err(sqlx::Error::Decode)
}
