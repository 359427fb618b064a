//! Everything that a plan reads, as one statement: one way to the database and back, and all of it of one moment.

use super::filter::ExpectedIds;
use super::level::Level;
use super::parents::ParentIds;
use crate::domain::Kind;
use crate::store::db::rows::{Bind, CellKind, Rows, StatementPart};
use crate::store::{Reads, Result};
use std::fmt::Write;

/// Parts of one statement, and the values that it binds.
pub(super) struct Statement<'a> {
    reads: Reads<'a>,
    parts: Vec<StatementPart>,
    binds: Vec<Bind>,
}

/// Where a level's rows are, and those that count them.
#[derive(Clone, Copy)]
pub(super) struct LevelParts {
    pub rows: usize,
    pub counts: Option<usize>,
}

impl<'a> Statement<'a> {
    pub fn new(reads: Reads<'a>) -> Self {
        Statement { reads, parts: Vec::new(), binds: Vec::new() }
    }

    /// Adds a part, and gives its place. Its text numbers its own values.
    pub fn add(&mut self, text: &str, values: &[Bind], kinds: Vec<CellKind>) -> usize {
        let mut places = vec![None; values.len()];
        let mut pieces = text.split('$');
        let mut told = String::with_capacity(text.len() + 16);
        told.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let end = piece.find(|char: char| !char.is_ascii_digit()).unwrap_or(piece.len());
            let (number, after) = piece.split_at(end);
            let value = number.parse::<usize>().expect("values are numbered") - 1;
            let place = *places[value].get_or_insert_with(|| {
                self.binds.push(values[value].clone());
                self.binds.len()
            });
            let _ = write!(told, "${place}{after}");
        }
        self.parts.push(StatementPart { text: told, kinds, shared: false });
        self.parts.len() - 1
    }

    /// Adds the rows of a level, whose parents are these or those of another part, and their counts if they are wanted.
    pub fn level(&mut self, level: &Level, parents: &ParentIds, values: &[Bind]) -> LevelParts {
        if let ParentIds::Part { part, .. } = parents {
            self.parts[*part].shared = true;
        }
        let dialect = self.reads.dialect();
        let kinds = level.columns.iter().map(|column| column.1).collect();
        let rows = self.add(&level.sql(dialect, parents), values, kinds);
        let counts = level.count_sql(dialect, parents);
        let counts = counts.map(|text| self.add(&text, values, vec![CellKind::Int; 2]));
        LevelParts { rows, counts }
    }

    /// Adds the ends of the log of events.
    pub fn ends(&mut self) -> usize {
        self.add("SELECT position, floor FROM event_log", &[], vec![CellKind::Int; 2])
    }

    /// Adds the service of a version.
    pub fn service_of(&mut self, version: i64) -> usize {
        self.add("SELECT service_id FROM version WHERE id = $1", &[Bind::Int(version)], vec![CellKind::Int])
    }

    /// Adds which of the things that are claimed to be there are: the places of their kinds in [`Kind::ALL`] with their
    /// numbers. None if nothing is claimed.
    pub fn known<'c>(&mut self, claims: impl Iterator<Item = &'c ExpectedIds> + Clone) -> Option<usize> {
        let mut parts = Vec::new();
        let mut values = Vec::new();
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            let ids: Vec<i64> =
                claims.clone().filter(|claim| claim.kind == kind).flat_map(|claim| claim.ids.iter().copied()).collect();
            if !ids.is_empty() {
                values.push(Bind::Ids(ids));
                let table = table(kind);
                parts.push(format!("SELECT {place} AS kind, id FROM {table} WHERE id {{any ${}}}", values.len()));
            }
        }
        (!parts.is_empty()).then(|| self.add(&parts.join(" UNION ALL "), &values, vec![CellKind::Int; 2]))
    }

    /// Runs it: the rows of each part, in the order in which they were added.
    pub async fn run(self) -> Result<Vec<Rows>> {
        match self.parts.is_empty() {
            true => Ok(Vec::new()),
            false => self.reads.read(&self.parts, &self.binds).await,
        }
    }
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
