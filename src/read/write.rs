//! Rows to JSON, in one pass. A null where there may be none takes back what was written, up to the nearest
//! field that may be null; the error has the whole path.

use super::args::{Args, NO_ARGS};
use super::computed::{Computed, Inputs};
use super::fetch::Fetched;
use super::leaf::Vocabulary;
use super::plan::{Link, ObjectPlan, Plan, ValuePlan};
use crate::store;
use crate::store::db::rows::Cell;
use crate::store::db::vocabulary::columns_of;
use crate::wire::{ApiError, cursor, json};
use async_graphql::{Name, PathSegment, Pos, ServerError};
use std::ops::Range;
use std::sync::Arc;

/// A null goes up; why was noted.
pub(super) struct Null;

/// Whether something was written.
pub(super) type WriteResult = Result<(), Null>;

#[derive(Clone, Copy)]
enum PathPart<'a> {
    Key(&'a Name),
    Index(usize),
}

/// The row, and the page, that is being written.
#[derive(Clone, Default)]
pub(super) struct Current {
    pub level: usize,
    pub row: usize,
    pub page: Range<usize>,
    pub parent: Option<i64>,
    pub more: bool,
}

pub(super) struct Writer<'a> {
    pub out: Vec<u8>,
    pub errors: Vec<ServerError>,
    pub plan: &'a Plan,
    /// The arguments of the plan's fields.
    arguments: &'a [Arc<Args>],
    pub fetched: &'a Fetched,
    path: Vec<PathPart<'a>>,
}

impl<'a> Writer<'a> {
    pub fn new(plan: &'a Plan, arguments: &'a [Arc<Args>], fetched: &'a Fetched, key: &'a Name) -> Self {
        let path = vec![PathPart::Key(key)];
        Writer { out: Vec::with_capacity(1 << 12), errors: Vec::new(), plan, arguments, fetched, path }
    }

    /// The field of the root, `row` of its level being the present one.
    pub fn root(&mut self, value: &'a ValuePlan, pos: Pos, nullable: bool, row: usize) -> WriteResult {
        self.value(value, pos, nullable, &Current { row, ..Current::default() })
    }

    fn fail(&mut self, error: &ApiError, pos: Pos) -> Null {
        let path = self.path.iter().map(|at| match at {
            PathPart::Key(name) => PathSegment::Field(name.to_string()),
            PathPart::Index(index) => PathSegment::Index(*index),
        });
        let mut error = error.to_server_error().with_path(path.collect());
        error.locations = vec![pos];
        self.errors.push(error);
        Null
    }

    /// A column has a word that only a newer program knows.
    fn unknown_word(&mut self, vocabulary: &Vocabulary, word: &str, here: &Current, cell: usize, pos: Pos) -> Null {
        let columns = match self.plan.levels[here.level].column_name(cell) {
            (Some(table), column) => format!("{table}.{column}"),
            (None, column) => columns_of(vocabulary.name, column),
        };
        self.fail(&store::Error::UnknownWord { columns, word: word.to_owned() }.into(), pos)
    }

    fn object(&mut self, object: &'a ObjectPlan, here: &Current) -> WriteResult {
        self.out.push(b'{');
        for (i, field) in object.0.iter().enumerate() {
            if i > 0 {
                self.out.push(b',');
            }
            json::string(&field.key, &mut self.out);
            self.out.push(b':');
            let before = self.out.len();
            self.path.push(PathPart::Key(&field.key));
            let written = self.value(&field.value, field.pos, field.nullable, here);
            self.path.pop();
            if written.is_err() {
                if !field.nullable {
                    return Err(Null);
                }
                self.out.truncate(before);
                self.out.extend_from_slice(b"null");
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    /// A null of the data; an error only where there may be none.
    pub(super) fn null(&mut self, nullable: bool, pos: Pos) -> WriteResult {
        if !nullable {
            let error = self.fail(&ApiError::internal(), pos);
            tracing::error!(path = ?self.errors.last().map(|error| &error.path), "a field that cannot be null has no value");
            return Err(error);
        }
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn cell(&self, here: &Current, cell: usize) -> Cell<'a> {
        self.fetched.tables[here.level].rows.cell(here.row, cell)
    }

    fn value(&mut self, value: &'a ValuePlan, pos: Pos, nullable: bool, here: &Current) -> WriteResult {
        match value {
            ValuePlan::Typename(name) => json::string(name, &mut self.out),
            ValuePlan::Id(kind, cell) => match self.cell(here, *cell) {
                Cell::Int(number) => json::string(&kind.id(number).to_string(), &mut self.out),
                _ => return self.null(nullable, pos),
            },
            ValuePlan::Leaf(cell, leaf) => match self.cell(here, *cell) {
                Cell::Null => return self.null(nullable, pos),
                Cell::Text(word) if let Some(vocabulary) = leaf.unknown(word) => {
                    return Err(self.unknown_word(vocabulary, word, here, *cell, pos));
                }
                value => (leaf.write)(value, &mut self.out),
            },
            ValuePlan::Computed { columns, cells, field, compute } => {
                let args = field.map_or(&NO_ARGS, |field| &self.arguments[field]);
                let cells: Vec<Cell<'_>> = cells.iter().map(|cell| self.cell(here, *cell)).collect();
                match compute(&Inputs { columns, cells: &cells, args, scene: &self.fetched.scene }) {
                    Ok(Some(Computed::Bool(truth))) => json::truth(truth, &mut self.out),
                    Ok(Some(Computed::Int(number))) => json::number(number, &mut self.out),
                    Ok(Some(Computed::Text(text))) => json::string(&text, &mut self.out),
                    Ok(Some(Computed::Id(id))) => json::string(&id.to_string(), &mut self.out),
                    Ok(None) => return self.null(nullable, pos),
                    Err(error) => return Err(self.fail(&error, pos)),
                }
            }
            ValuePlan::Same(present, object) => match present.map(|cell| self.cell(here, cell)) {
                Some(Cell::Null) => return self.null(nullable, pos),
                _ => return self.object(object, here),
            },
            ValuePlan::Either(values) => {
                let there = |value: &&ValuePlan| match value {
                    ValuePlan::Same(Some(cell), _) | ValuePlan::First(_, Link::Cell(cell), _) => {
                        self.cell(here, *cell) != Cell::Null
                    }
                    _ => false,
                };
                match values.iter().find(there) {
                    Some(value) => return self.value(value, pos, nullable, here),
                    None => return self.null(nullable, pos),
                }
            }
            ValuePlan::First(level, link, object) => {
                let rows = self.rows(*level, *link, here, pos)?;
                match rows.is_empty() {
                    true => return self.null(nullable, pos),
                    false => {
                        return self.object(object, &Current { level: *level, row: rows.start, ..Current::default() });
                    }
                }
            }
            ValuePlan::Anything { of, ids, list } => return self.anything(of, ids, *list, pos),
            ValuePlan::List(level, link, object) => {
                let rows = self.rows(*level, *link, here, pos)?;
                return self.list(rows.len(), |writer, i| {
                    writer.object(object, &Current { level: *level, row: rows.start + i, ..Current::default() })
                });
            }
            ValuePlan::Present(cell, value) => match self.cell(here, *cell) {
                Cell::Null => return self.null(nullable, pos),
                _ => return self.value(value, pos, nullable, here),
            },
            ValuePlan::Things { level, list, first, object } => {
                let tables = &self.fetched.tables;
                let ids = tables[here.level].things(here.row, *list);
                let long = ids.len().min(usize::try_from(*first).unwrap_or(usize::MAX));
                return self.list(long, |writer, i| {
                    let rows = tables[*level].of(Some(ids[i]));
                    match rows.is_empty() {
                        true => writer.null(false, pos),
                        false => {
                            writer.object(object, &Current { level: *level, row: rows.start, ..Current::default() })
                        }
                    }
                });
            }
            ValuePlan::Page { level, link, guards, object } => {
                let other = guards.iter().find(|guard| self.cell(here, guard.cell) != Cell::Int(guard.release));
                if let Some(guard) = other {
                    return Err(self.fail(&cursor::other_output(guard.argument), pos));
                }
                let mut rows = self.rows(*level, *link, here, pos)?;
                let long = self.page(*level).size as usize;
                let more = rows.len() > long;
                rows.end = rows.end.min(rows.start + long);
                let parent = self.parent(*link, here);
                return self.object(object, &Current { level: *level, row: 0, page: rows, parent, more });
            }
            ValuePlan::Nodes(object) | ValuePlan::Edges(object) => {
                return self.list(here.page.len(), |writer, i| {
                    let row = writer.item(here, i);
                    writer.object(object, &Current { row, ..here.clone() })
                });
            }
            ValuePlan::Info(object) | ValuePlan::Item(object) => return self.object(object, here),
            ValuePlan::Total => json::number(self.fetched.tables[here.level].count(here.parent), &mut self.out),
            ValuePlan::Next => return self.next(here, pos),
            ValuePlan::Cursor => self.cursor(here.level, here.row),
            ValuePlan::HasNext => {
                let page = self.page(here.level);
                json::truth(if page.backward { page.cut } else { here.more }, &mut self.out);
            }
            ValuePlan::HasPrevious => {
                let page = self.page(here.level);
                json::truth(if page.backward { here.more } else { page.cut }, &mut self.out);
            }
            ValuePlan::StartCursor => self.end_cursor(here, 0),
            ValuePlan::EndCursor => self.end_cursor(here, here.page.len().saturating_sub(1)),
            ValuePlan::Head => match self.fetched.scene.head {
                Some(head) => self.place(head.position),
                None => return self.null(nullable, pos),
            },
            ValuePlan::Fail(error) => return Err(self.fail(error, pos)),
        }
        Ok(())
    }

    fn list(&mut self, long: usize, mut item: impl FnMut(&mut Self, usize) -> WriteResult) -> WriteResult {
        self.out.push(b'[');
        for i in 0..long {
            if i > 0 {
                self.out.push(b',');
            }
            self.path.push(PathPart::Index(i));
            let written = item(self, i);
            self.path.pop();
            written?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn anything(
        &mut self,
        of: &'a [(usize, ObjectPlan)],
        ids: &[Option<(usize, i64)>],
        list: bool,
        pos: Pos,
    ) -> WriteResult {
        let tables = &self.fetched.tables;
        let one = |writer: &mut Self, i: usize| {
            let before = writer.out.len();
            if let Some((which, id)) = ids[i] {
                let (level, object) = &of[which];
                let rows = tables[*level].of(Some(id));
                if !rows.is_empty() {
                    let here = Current { level: *level, row: rows.start, ..Current::default() };
                    if writer.object(object, &here).is_ok() {
                        return Ok(());
                    }
                    writer.out.truncate(before);
                }
            }
            writer.null(true, pos)
        };
        match list {
            true => self.list(ids.len(), one),
            false => one(self, 0),
        }
    }

    fn parent(&self, link: Link, here: &Current) -> Option<i64> {
        match link {
            Link::All => None,
            Link::Cell(cell) => self.cell(here, cell).int().or(Some(0)),
            Link::Row => Some(here.row as i64),
        }
    }

    /// The rows of a level that belong to the present one.
    fn rows(&mut self, level: usize, link: Link, here: &Current, pos: Pos) -> Result<Range<usize>, Null> {
        let table = &self.fetched.tables[level];
        match &table.failed {
            Some((only, error)) if !self.parent(link, here).is_some_and(|id| only.contains(&id)) => {
                Err(self.fail(error, pos))
            }
            _ => Ok(table.of(self.parent(link, here))),
        }
    }
}
