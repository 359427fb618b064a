//! Rows to JSON, in one pass. A null where there may be none takes back what was written, up to the nearest
//! field that may be null; why is told with its whole path.

use super::cursor::{self, Head};
use super::declare::Computed;
use super::fetch::Fetched;
use super::plan::{Belongs, Plan, Shape, Step};
use crate::store::db::rows::Cell;
use crate::wire::ApiError;
use crate::wire::json;
use async_graphql::{Name, PathSegment, Pos, ServerError};
use std::ops::Range;

/// What computed values may need beside their row.
pub struct Scene {
    /// The name of the log of events.
    pub log_id: String,
    /// The ends of the log, where they were asked for.
    pub head: Option<Head>,
}

/// A null goes up; why was noted.
pub(super) struct Null;

/// Whether something was written.
pub(super) type Written = Result<(), Null>;

#[derive(Clone, Copy)]
enum At<'a> {
    Key(&'a Name),
    Index(usize),
}

/// The row, and the page, that is being written.
#[derive(Clone, Default)]
pub(super) struct Here {
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
    pub fetched: &'a Fetched,
    path: Vec<At<'a>>,
}

impl<'a> Writer<'a> {
    pub fn new(plan: &'a Plan, fetched: &'a Fetched, key: &'a Name) -> Self {
        let path = vec![At::Key(key)];
        Writer { out: Vec::with_capacity(1 << 12), errors: Vec::new(), plan, fetched, path }
    }

    /// The field of the root, `row` of its level being the present one.
    pub fn root(&mut self, step: &'a Step, pos: Pos, nullable: bool, row: usize) -> Written {
        self.step(step, pos, nullable, &Here { row, ..Here::default() })
    }

    fn fail(&mut self, error: &ApiError, pos: Pos) -> Null {
        let path = self.path.iter().map(|at| match at {
            At::Key(name) => PathSegment::Field(name.to_string()),
            At::Index(index) => PathSegment::Index(*index),
        });
        let mut told = error.told().with_path(path.collect());
        told.locations = vec![pos];
        self.errors.push(told);
        Null
    }

    fn object(&mut self, shape: &'a Shape, here: &Here) -> Written {
        self.out.push(b'{');
        for (i, slot) in shape.0.iter().enumerate() {
            if i > 0 {
                self.out.push(b',');
            }
            json::string(&slot.key, &mut self.out);
            self.out.push(b':');
            let before = self.out.len();
            self.path.push(At::Key(&slot.key));
            let written = self.step(&slot.step, slot.pos, slot.nullable, here);
            self.path.pop();
            if written.is_err() {
                if !slot.nullable {
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
    pub(super) fn null(&mut self, nullable: bool, pos: Pos) -> Written {
        if !nullable {
            let error = self.fail(&ApiError::internal(), pos);
            tracing::error!(path = ?self.errors.last().map(|error| &error.path), "there is nothing where something must be");
            return Err(error);
        }
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn cell(&self, here: &Here, cell: usize) -> Cell<'a> {
        self.fetched.tables[here.level].rows.cell(here.row, cell)
    }

    fn step(&mut self, step: &'a Step, pos: Pos, nullable: bool, here: &Here) -> Written {
        match step {
            Step::Typename(name) => json::string(name, &mut self.out),
            Step::Id(kind, cell) => match self.cell(here, *cell) {
                Cell::Int(number) => json::string(&kind.id(number).to_string(), &mut self.out),
                _ => return self.null(nullable, pos),
            },
            Step::Leaf(cell, leaf) => match self.cell(here, *cell) {
                Cell::Null => return self.null(nullable, pos),
                value => (leaf.write)(value, &mut self.out),
            },
            Step::Computed(cells, args, by) => {
                let needs: Vec<Cell<'_>> = cells.iter().map(|cell| self.cell(here, *cell)).collect();
                match by(&needs, args, &self.fetched.scene) {
                    Ok(Some(Computed::Truth(truth))) => json::truth(truth, &mut self.out),
                    Ok(Some(Computed::Text(text))) => json::string(&text, &mut self.out),
                    Ok(None) => return self.null(nullable, pos),
                    Err(error) => return Err(self.fail(&error, pos)),
                }
            }
            Step::Same(present, shape) => match present.map(|cell| self.cell(here, cell)) {
                Some(Cell::Null) => return self.null(nullable, pos),
                _ => return self.object(shape, here),
            },
            Step::Either(steps) => {
                let there = |step: &&Step| match step {
                    Step::Same(Some(cell), _) | Step::First(_, Belongs::Cell(cell), _) => {
                        self.cell(here, *cell) != Cell::Null
                    }
                    _ => false,
                };
                match steps.iter().find(there) {
                    Some(step) => return self.step(step, pos, nullable, here),
                    None => return self.null(nullable, pos),
                }
            }
            Step::First(level, belongs, shape) => {
                let rows = self.rows(*level, *belongs, here, pos)?;
                match rows.is_empty() {
                    true => return self.null(nullable, pos),
                    false => return self.object(shape, &Here { level: *level, row: rows.start, ..Here::default() }),
                }
            }
            Step::Anything { of, ids, list } => return self.anything(of, ids, *list, pos),
            Step::List(level, belongs, shape) => {
                let rows = self.rows(*level, *belongs, here, pos)?;
                return self.list(rows.len(), |writer, i| {
                    writer.object(shape, &Here { level: *level, row: rows.start + i, ..Here::default() })
                });
            }
            Step::Things { level, list, first, shape } => {
                let tables = &self.fetched.tables;
                let ids = tables[here.level].things(here.row, *list);
                let long = ids.len().min(usize::try_from(*first).unwrap_or(usize::MAX));
                return self.list(long, |writer, i| {
                    let rows = tables[*level].of(Some(ids[i]));
                    match rows.is_empty() {
                        true => writer.null(false, pos),
                        false => writer.object(shape, &Here { level: *level, row: rows.start, ..Here::default() }),
                    }
                });
            }
            Step::Page { level, belongs, guards, shape } => {
                let other = guards.iter().find(|guard| self.cell(here, guard.cell) != Cell::Int(guard.release));
                if let Some(guard) = other {
                    return Err(self.fail(&cursor::other_output(guard.argument), pos));
                }
                let mut rows = self.rows(*level, *belongs, here, pos)?;
                let long = self.page(*level).long as usize;
                let more = rows.len() > long;
                rows.end = rows.end.min(rows.start + long);
                let parent = self.parent(*belongs, here);
                return self.object(shape, &Here { level: *level, row: 0, page: rows, parent, more });
            }
            Step::Nodes(shape) | Step::Edges(shape) => {
                return self.list(here.page.len(), |writer, i| {
                    let row = writer.item(here, i);
                    writer.object(shape, &Here { row, ..here.clone() })
                });
            }
            Step::Info(shape) | Step::Item(shape) => return self.object(shape, here),
            Step::Total => json::number(self.fetched.tables[here.level].count(here.parent), &mut self.out),
            Step::Next => return self.next(here, pos),
            Step::Cursor => self.cursor(here.level, here.row),
            Step::More(next) => {
                let page = self.page(here.level);
                json::truth(if *next == page.backward { page.cut } else { here.more }, &mut self.out);
            }
            Step::End(last) => match here.page.len() {
                0 => self.out.extend_from_slice(b"null"),
                long => {
                    let row = self.item(here, if *last { long - 1 } else { 0 });
                    self.cursor(here.level, row);
                }
            },
            Step::Head => match self.fetched.scene.head {
                Some(head) => self.place(head.position),
                None => return self.null(nullable, pos),
            },
            Step::Fail(error) => return Err(self.fail(error, pos)),
        }
        Ok(())
    }

    fn list(&mut self, long: usize, mut item: impl FnMut(&mut Self, usize) -> Written) -> Written {
        self.out.push(b'[');
        for i in 0..long {
            if i > 0 {
                self.out.push(b',');
            }
            self.path.push(At::Index(i));
            let written = item(self, i);
            self.path.pop();
            written?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn anything(&mut self, of: &'a [(usize, Shape)], ids: &[Option<(usize, i64)>], list: bool, pos: Pos) -> Written {
        let tables = &self.fetched.tables;
        let one = |writer: &mut Self, i: usize| {
            let before = writer.out.len();
            if let Some((which, id)) = ids[i] {
                let (level, shape) = &of[which];
                let rows = tables[*level].of(Some(id));
                if !rows.is_empty() {
                    let here = Here { level: *level, row: rows.start, ..Here::default() };
                    if writer.object(shape, &here).is_ok() {
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

    fn parent(&self, belongs: Belongs, here: &Here) -> Option<i64> {
        match belongs {
            Belongs::All => None,
            Belongs::Cell(cell) => self.cell(here, cell).int().or(Some(0)),
            Belongs::Row => Some(here.row as i64),
        }
    }

    /// The rows of a level that belong to the present one.
    fn rows(&mut self, level: usize, belongs: Belongs, here: &Here, pos: Pos) -> Result<Range<usize>, Null> {
        let table = &self.fetched.tables[level];
        match &table.failed {
            Some((only, error)) if only.is_none_or(|id| self.parent(belongs, here) != Some(id)) => {
                Err(self.fail(error, pos))
            }
            _ => Ok(table.of(self.parent(belongs, here))),
        }
    }
}
