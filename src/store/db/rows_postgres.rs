//! Parts of a statement on PostgreSQL: one union of their rows, each with the number of its part. Columns of one kind
//! share their places, so that the rows of all parts have the same columns.

use super::Result;
use super::rows::{Cell, CellKind, Rows, StatementPart};
use crate::domain::Timestamp;
use sqlx::postgres::{PgRow, PgValueRef};
use sqlx::{Decode, Postgres, Row, ValueRef};
use std::fmt::Write;

/// The value of a column that a part does not have.
fn missing(kind: CellKind) -> &'static str {
    match kind {
        CellKind::Int => ", CAST(NULL AS bigint)",
        CellKind::Text => ", CAST(NULL AS text)",
        CellKind::Bool => ", CAST(NULL AS boolean)",
        CellKind::Time => ", CAST(NULL AS timestamptz)",
    }
}

/// The number of columns of a kind in the union.
fn width(parts: &[StatementPart], kind: CellKind) -> usize {
    let of = |part: &StatementPart| part.kinds.iter().filter(|other| **other == kind).count();
    parts.iter().map(of).max().unwrap_or_default()
}

/// The statement that returns the rows of these parts. A union guarantees no order; but PostgreSQL reads its parts one
/// after the other, and when it uses parallel workers, it does not split a part that has an order.
pub(super) fn statement(parts: &[StatementPart]) -> String {
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
                    None => text.push_str(missing(kind)),
                }
            }
        }
        let _ = write!(text, " FROM part{place}");
    }
    text
}

/// Reads the rows of these parts.
pub(super) fn read(all: &[PgRow], parts: &[StatementPart], rows: &mut [Rows]) -> Result<()> {
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

/// The places of a part's columns in the rows of the union.
fn columns(parts: &[StatementPart], part: &StatementPart) -> Vec<usize> {
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
