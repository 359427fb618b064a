//! Runs the statements of a plan, level by level on one connection, and sorts their rows under their parents.

use super::cursor::Head;
use super::error::{ApiError, Reason};
use super::filter::{Claim, not_found};
use super::given::Given;
use super::level::{Feed, Level, Parents};
use super::plan::Plan;
use super::write::Scene;
use crate::domain::Kind;
use crate::store::Db;
use crate::store::rows::{Bind, CellKind, Reader, Rows};
use std::ops::Range;

/// The rows of one level.
#[derive(Default)]
pub(super) struct Table {
    pub rows: Rows,
    /// Which rows belong to which parent: its id, or the number of its row if that was given.
    groups: Vec<(i64, usize, usize)>,
    counts: Vec<(i64, i64)>,
    /// Lists of things in given rows: by list, then by row.
    things: Vec<Vec<Vec<i64>>>,
    /// Why there are none, except for this parent.
    pub failed: Option<(Option<i64>, ApiError)>,
}

impl Table {
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

    /// A list of things of a given row.
    pub fn things(&self, row: usize, list: usize) -> &[i64] {
        &self.things[list][row]
    }

    /// Appends a row that was handed in.
    fn take(&mut self, level: &Level, row: &Given) {
        for (name, _) in &level.columns {
            self.rows.push(row.cell(name));
        }
        if level.columns.is_empty() {
            self.rows.push(crate::store::rows::Cell::Null);
        }
        for (list, name) in self.things.iter_mut().zip(&level.things) {
            list.push(row.things(name).to_vec());
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
}

/// Everything that a plan asks for.
pub(super) struct Fetched {
    pub tables: Vec<Table>,
    pub scene: Scene,
}

/// Reads what was planned; `given` are the rows of the first level, where it is handed in.
pub(super) async fn fetch(db: &Db, plan: &Plan, given: &[Given]) -> Result<Fetched, ApiError> {
    let mut scene = Scene { log_id: db.log_id().to_owned(), head: None };
    let mut tables: Vec<Table> = Vec::with_capacity(plan.levels.len());
    let mut sources: Vec<Vec<&Given>> = Vec::with_capacity(plan.levels.len());
    let mut reader = if plan.reads() { Some(db.reader().await?) } else { None };
    if let Some(reader) = reader.as_mut().filter(|_| plan.head) {
        scene.head = Some(ends(reader).await?);
    }
    let mut missing = Vec::new();
    if let Some(reader) = &mut reader {
        let claims = plan.levels.iter().enumerate();
        let claims = claims.flat_map(|(at, level)| level.list.claims.iter().map(move |claim| (at, claim)));
        missing = unknown(reader, &claims.collect::<Vec<_>>()).await?;
    }
    for (at, level) in plan.levels.iter().enumerate() {
        let things = vec![Vec::new(); level.things.len()];
        let mut table = Table { rows: Rows::new(level.columns.len()), things, ..Table::default() };
        let mut taken = Vec::new();
        match &level.feed {
            Feed::Given => taken.extend(given),
            Feed::Made(rows) => taken.extend(rows),
            Feed::Within(parent, list) => {
                for (row, source) in sources[*parent].iter().enumerate() {
                    let from = taken.len();
                    let cap = level.cap.map_or(usize::MAX, |cap| cap as usize);
                    taken.extend(source.list(list).iter().take(cap));
                    table.groups.push((row as i64, from, taken.len()));
                }
            }
            Feed::Statement => {
                let reader = reader.as_mut().expect("a connection was taken for it");
                let found = missing.iter().find(|(level, _)| *level == at);
                table.failed = found.map(|(_, error)| (None, error.clone()));
                // What belongs to a thing is its whole history; only the log itself is read from a place on.
                let of_log = level.page.as_ref().filter(|_| matches!(level.parents, Parents::None));
                if let (None, Some(head), Some(page)) = (&table.failed, scene.head, of_log) {
                    table.failed =
                        page.behind.and_then(|place| head.check(place, "after").err()).map(|error| (None, error));
                }
                if let (None, Some((argument, version))) = (&table.failed, &level.list.of_service) {
                    table.failed = Some(only_of_service(reader, argument, *version).await?);
                }
                let parents = parents(level, &tables);
                let nothing = table.failed.as_ref().is_some_and(|(only, _)| only.is_none());
                if !nothing && parents.as_ref().is_none_or(|ids| !ids.is_empty()) {
                    read(reader, level, parents, &mut table).await?;
                }
            }
        }
        for row in &taken {
            table.take(level, row);
        }
        sources.push(taken);
        tables.push(table);
    }
    Ok(Fetched { tables, scene })
}

/// The ends of the log of events.
pub async fn head(db: &Db) -> Result<Head, ApiError> {
    ends(&mut db.reader().await?).await
}

async fn ends(reader: &mut Reader<'_>) -> Result<Head, ApiError> {
    let rows = reader.rows("SELECT position, floor FROM event_log", &[], &[CellKind::Int; 2]).await?;
    let place = |column| rows.cell(0, column).int().unwrap_or_default();
    Ok(Head { position: place(0), floor: place(1) })
}

/// The ids that the rows of a level belong to, each once; none if they belong to nothing.
fn parents(level: &Level, tables: &[Table]) -> Option<Vec<i64>> {
    let mut ids = match &level.parents {
        Parents::None => return None,
        Parents::Cell(at, cell) => {
            let rows = &tables[*at].rows;
            (0..rows.len()).filter_map(|row| rows.cell(row, *cell).int()).collect()
        }
        Parents::Things(at, list) => tables[*at].things[*list].iter().flatten().copied().collect(),
        Parents::These(ids) => ids.clone(),
    };
    ids.sort_unstable();
    ids.dedup();
    Some(ids)
}

async fn read(
    reader: &mut Reader<'_>,
    level: &Level,
    parents: Option<Vec<i64>>,
    table: &mut Table,
) -> Result<(), ApiError> {
    let mut binds = level.list.binds.clone();
    let grouped = parents.is_some();
    if let Some(parents) = parents {
        binds[0] = Bind::Ids(parents);
    }
    let kinds: Vec<CellKind> = level.columns.iter().map(|column| column.1).collect();
    let dialect = reader.dialect();
    table.rows = reader.rows(&level.sql(dialect), &binds, &kinds).await?;
    if grouped {
        table.group();
    }
    if let Some((text, bound)) = level.count_sql(dialect) {
        let counts = reader.rows(&text, &binds[..bound], &[CellKind::Int; 2]).await?;
        let count = |row| Some((counts.cell(row, 0).int()?, counts.cell(row, 1).int()?));
        table.counts = (0..counts.len()).filter_map(count).collect();
    }
    Ok(())
}

/// The service of a version, and what is wrong for all others.
async fn only_of_service(
    reader: &mut Reader<'_>,
    argument: &str,
    version: i64,
) -> Result<(Option<i64>, ApiError), ApiError> {
    let text = "SELECT service_id FROM version WHERE id = $1";
    let rows = reader.rows(text, &[Bind::Int(version)], &[CellKind::Int]).await?;
    let id = Kind::Version.id(version).to_string();
    if rows.is_empty() {
        return Ok((None, not_found(Kind::Version, argument, &id)));
    }
    let message = format!("{id} is a version of another service.");
    Ok((rows.cell(0, 0).int(), ApiError::id(argument, Reason::OtherService, message)))
}

fn table(kind: Kind) -> &'static str {
    match kind {
        Kind::Service => "service",
        Kind::Version => "version",
        Kind::Host => "host",
        Kind::Instance => "instance",
        Kind::Release => "release",
        Kind::Target => "release_target",
        Kind::Hold => "hold",
    }
}

/// Whether ids name something, all of them.
///
/// # Errors
/// `BAD_REQUEST` with the reason `NOT_FOUND` for the first that names nothing.
pub async fn known(db: &Db, claims: &[Claim]) -> Result<(), ApiError> {
    let claims: Vec<(usize, &Claim)> =
        claims.iter().filter(|claim| !claim.ids.is_empty()).map(|claim| (0, claim)).collect();
    if claims.is_empty() {
        return Ok(());
    }
    let wrong = unknown(&mut db.reader().await?, &claims).await?;
    wrong.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
}

/// Which of these claims, each of a level, have ids that name nothing: one statement for all of them.
async fn unknown(reader: &mut Reader<'_>, claims: &[(usize, &Claim)]) -> Result<Vec<(usize, ApiError)>, ApiError> {
    let claims = || claims.iter().copied();
    let kinds: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| claims().any(|(_, claim)| claim.kind == *kind)).collect();
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let mut binds = Vec::new();
    let mut parts = Vec::new();
    for kind in &kinds {
        let ids = claims().filter(|(_, claim)| claim.kind == *kind).flat_map(|(_, claim)| claim.ids.iter().copied());
        binds.push(Bind::Ids(ids.collect()));
        parts.push(format!(
            "SELECT {} AS kind, id FROM {} WHERE id {{any ${}}}",
            parts.len(),
            table(*kind),
            binds.len()
        ));
    }
    let rows = reader.rows(&parts.join(" UNION ALL "), &binds, &[CellKind::Int; 2]).await?;
    let known: std::collections::HashSet<(Option<i64>, Option<i64>)> =
        (0..rows.len()).map(|row| (rows.cell(row, 0).int(), rows.cell(row, 1).int())).collect();
    let wrong = claims().filter_map(|(at, claim)| {
        let kind = kinds.iter().position(|kind| *kind == claim.kind)? as i64;
        let id = claim.ids.iter().find(|id| !known.contains(&(Some(kind), Some(**id))))?;
        Some((at, not_found(claim.kind, &claim.argument, &claim.kind.id(*id).to_string())))
    });
    Ok(wrong.collect())
}
