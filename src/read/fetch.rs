//! Reads what a plan asks for, and sorts the rows under their parents.

use super::args::Args;
use super::expected::{ExpectedIds, NodeTable, Sibling};
use super::level::{Level, LevelColumn, ParentKeys, RowSource};
use super::names;
use super::order::EventLog;
use super::plan::Plan;
use super::plan_statement::PlanStatement;
use super::scene::Scene;
use super::statement::Statement;
use super::supplied::SuppliedRow;
use crate::store::Reads;
use crate::store::db::rows::{Cell, Rows};
use crate::wire::ApiError;
use crate::wire::cursor::Head;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// The rows of one level.
#[derive(Default)]
pub(super) struct LevelRows {
    pub rows: Rows,
    /// Which rows belong to which parent: its id, or the number of its row if that was supplied.
    groups: Vec<(i64, usize, usize)>,
    counts: Vec<(i64, i64)>,
    /// Lists of things in supplied rows: by list, then by row.
    things: Vec<Vec<Vec<i64>>>,
    /// Why there are none, except for these parents.
    pub failed: Option<(Vec<i64>, ApiError)>,
}

impl LevelRows {
    /// The rows that belong to a parent, or all.
    pub fn of(&self, parent: Option<i64>) -> Range<usize> {
        let Some(id) = parent else { return 0..self.rows.len() };
        let found = self.groups.binary_search_by_key(&id, |group| group.0);
        found.map_or(0..0, |at| self.groups[at].1..self.groups[at].2)
    }

    /// How many there are of a parent in all pages.
    pub fn count(&self, parent: Option<i64>) -> i64 {
        let found = self.counts.binary_search_by_key(&parent.unwrap_or_default(), |count| count.0);
        found.map_or(0, |at| self.counts[at].1)
    }

    /// A list of things of all supplied rows, one row after the other.
    pub fn all_things(&self, list: usize) -> impl Iterator<Item = i64> {
        self.things[list].iter().flatten().copied()
    }

    /// A list of things of a supplied row.
    pub fn things(&self, row: usize, list: usize) -> &[i64] {
        &self.things[list][row]
    }

    /// Appends a row that was supplied.
    fn take(&mut self, level: &Level, row: &SuppliedRow) {
        for column in &level.columns {
            self.rows.push(match column {
                LevelColumn::Of { column, .. } => row.cell(*column),
                LevelColumn::Parent => Cell::Null,
            });
        }
        if level.columns.is_empty() {
            self.rows.push(Cell::Null);
        }
        for (list, name) in self.things.iter_mut().zip(&level.things) {
            list.push(row.things(*name).to_vec());
        }
    }

    /// Notes which rows belong to which parent; it is in the first column, and they are in its order.
    fn group(&mut self) {
        for row in 0..self.rows.len() {
            let Some(id) = self.rows.cell(row, 0).int() else { continue };
            match self.groups.last_mut() {
                Some(last) if last.0 == id => last.2 = row + 1,
                _ => self.groups.push((id, row, row + 1)),
            }
        }
    }

    /// Notes how many there are of each parent.
    fn count_by(&mut self, counts: &Rows) {
        let count = |row| Some((counts.cell(row, 0).int()?, counts.cell(row, 1).int()?));
        self.counts = (0..counts.len()).filter_map(count).collect();
    }
}

/// Everything that a plan asks for.
pub(super) struct Fetched {
    pub tables: Vec<LevelRows>,
    pub scene: Scene,
}

impl Fetched {
    /// About how many bytes of memory the rows take.
    pub fn bytes(&self) -> usize {
        self.tables.iter().map(|table| table.rows.bytes()).sum()
    }
}

/// Reads what was planned with these arguments; `supplied` has the rows of the first level, if that is supplied. The
/// statement is kept if it does not depend on supplied rows.
pub(super) async fn fetch(
    reads: Reads<'_>,
    plan: &Plan,
    arguments: &[Arc<Args>],
    supplied: &[SuppliedRow],
    kept: &OnceLock<PlanStatement>,
) -> Result<Fetched, ApiError> {
    let mut tables = supplied_rows(plan, supplied);
    let made;
    let statement = if plan.levels.iter().all(Level::is_read) {
        kept.get_or_init(|| PlanStatement::new(reads, plan, &tables))
    } else {
        made = PlanStatement::new(reads, plan, &tables);
        &made
    };
    let mut answers = statement.run(reads, arguments).await?;
    let PlanStatement { ends, known, names, siblings, levels, .. } = statement;
    let scene = Scene { log_id: reads.db().log_id().to_owned(), head: ends.map(|part| head_of(&answers[part])) };
    if let Some((part, of)) = known {
        for (at, error) in unknown(&answers[*part], of, plan.expected()) {
            tables[at].failed.get_or_insert((Vec::new(), error));
        }
    }
    if let Some(part) = names {
        let wrong = names::unknown(&answers[*part], plan.expected_names().map(|(_, names)| names));
        for ((at, _), error) in plan.expected_names().zip(wrong) {
            if let (None, Some(error)) = (&tables[at].failed, error) {
                tables[at].failed = Some((Vec::new(), error));
            }
        }
    }
    for (at, level) in plan.levels.iter().enumerate() {
        let table = &mut tables[at];
        // What belongs to a thing is its whole history; only the log itself is read from a place on.
        let of_log = level.page.as_ref().filter(|_| matches!(level.parents, ParentKeys::None));
        if let (None, Some(head), Some(page)) = (&table.failed, scene.head, of_log) {
            let after = page.behind.map_or(Ok(()), |place| head.check(place, "after"));
            // What precedes a place that has expired is gone: such a page is empty, and nothing in it is missed.
            let before = page.before.map_or(Ok(()), |place| head.check_ahead(place, "before"));
            table.failed = after.and(before).err().map(|error| (Vec::new(), error));
        }
        if let (None, Some(sibling), Some(part)) = (&table.failed, &level.list.sibling, siblings[at]) {
            table.failed = Some(only_of_parent(&answers[part], sibling));
        }
        if let Some(parts) = levels[at] {
            table.rows = std::mem::take(&mut answers[parts.rows]);
            if !matches!(level.parents, ParentKeys::None) {
                table.group();
            }
            if let Some(counts) = parts.counts {
                table.count_by(&answers[counts]);
            }
        }
    }
    Ok(Fetched { tables, scene })
}

/// The rows that are not read.
fn supplied_rows(plan: &Plan, supplied: &[SuppliedRow]) -> Vec<LevelRows> {
    let mut tables: Vec<LevelRows> = Vec::with_capacity(plan.levels.len());
    let mut sources: Vec<Vec<&SuppliedRow>> = Vec::with_capacity(plan.levels.len());
    for level in &plan.levels {
        let things = vec![Vec::new(); level.things.len()];
        let mut table = LevelRows { rows: Rows::new(level.columns.len()), things, ..LevelRows::default() };
        let mut taken: Vec<&SuppliedRow> = Vec::new();
        match &level.source {
            RowSource::Statement => {}
            RowSource::Supplied => taken.extend(supplied),
            RowSource::Made(rows) => taken.extend(rows),
            RowSource::Within(parent, list) => {
                for (row, source) in sources[*parent].iter().enumerate() {
                    let from = taken.len();
                    let cap = level.cap.map_or(usize::MAX, |cap| cap as usize);
                    let all = source.list(*list);
                    taken.extend(all.iter().skip(usize::try_from(level.skip).unwrap_or(usize::MAX)).take(cap));
                    table.groups.push((row as i64, from, taken.len()));
                    table.counts.push((row as i64, all.len() as i64));
                }
            }
        }
        for row in &taken {
            table.take(level, row);
        }
        sources.push(taken);
        tables.push(table);
    }
    tables
}

/// Reads the ends of the event log.
pub async fn head(reads: Reads<'_>, log: &EventLog) -> Result<Head, ApiError> {
    let mut statement = Statement::new(reads);
    let ends = statement.ends(log);
    Ok(head_of(&statement.run().await?[ends]))
}

fn head_of(rows: &Rows) -> Head {
    let place = |column| rows.cell(0, column).int().unwrap_or_default();
    Head { position: place(0), floor: place(1) }
}

/// The parents of a thing, and the error for lists of all others.
fn only_of_parent(rows: &Rows, sibling: &Sibling) -> (Vec<i64>, ApiError) {
    let parents: Vec<i64> = (0..rows.len()).filter_map(|row| rows.cell(row, 0).int()).collect();
    let error = if parents.is_empty() { sibling.not_found() } else { sibling.of_another() };
    (parents, error)
}

/// Checks that ids name something, all of them.
///
/// # Errors
/// `BAD_REQUEST` with the reason `NOT_FOUND` for the first that names nothing.
pub async fn known(reads: Reads<'_>, expected: &[ExpectedIds]) -> Result<(), ApiError> {
    let mut statement = Statement::new(reads);
    let Some((part, tables)) = statement.known(expected.iter()) else { return Ok(()) };
    let wrong = unknown(&statement.run().await?[part], &tables, expected.iter().map(|ids| (0, ids)));
    wrong.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
}

/// The levels whose expected ids are not all known, with the error for the first of them.
fn unknown<'c>(
    known: &Rows,
    tables: &[NodeTable],
    expected: impl Iterator<Item = (usize, &'c ExpectedIds)>,
) -> Vec<(usize, ApiError)> {
    let known: HashSet<(Option<i64>, Option<i64>)> =
        (0..known.len()).map(|row| (known.cell(row, 0).int(), known.cell(row, 1).int())).collect();
    let wrong = expected.filter_map(|(at, ids)| {
        let table = tables.iter().position(|table| *table == ids.of)? as i64;
        let id = ids.ids.iter().find(|id| !known.contains(&(Some(table), Some(**id))))?;
        Some((at, ids.not_found(*id)))
    });
    wrong.collect()
}
