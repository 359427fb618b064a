//! From a selection to a plan: to-one things joined in, and only what is selected.

use super::args::Args;
use super::declare::*;
use super::filter::Where;
use super::given::Given;
use super::level::{Feed, Level, Parents};
use super::plan::{At, Belongs, Plan, Shape, Slot, Step};
use super::select::{Document, below};
use crate::app::App;
use crate::domain::{Caller, Id};
use crate::store::db::rows::CellKind;
use crate::wire::ApiError;
use async_graphql::parser::types::{Field as Node, SelectionSet};
use async_graphql::{ID, Name, Positioned};
use std::fmt::Write;

/// The most ids that one field takes.
const MOST_IDS: usize = 200;

/// Makes the plan of a document for one caller.
pub(super) struct Planner<'a> {
    pub document: Document<'a>,
    pub app: &'a App,
    pub caller: &'a Caller,
    pub plan: Plan,
}

/// The nodes of a document that are merged into one field.
pub(super) type Nodes<'n, 'a> = &'n [&'a Positioned<Node>];

impl<'a> Planner<'a> {
    /// A plan whose first level, of this type, is handed in.
    pub fn given(&mut self, of: &'static Object) {
        let level = Level::handed(of, Feed::Given, self.list());
        self.plan.levels.push(level);
    }

    pub(super) fn list(&self) -> Where {
        Where::new(&self.caller.name)
    }

    pub(super) fn push(&mut self, level: Level) -> usize {
        self.plan.levels.push(level);
        self.plan.levels.len() - 1
    }

    /// How many rows a level may have that has so many for each row of another.
    pub(super) fn rows(&self, at: Option<At>, each: i64) -> i64 {
        at.map_or(1, |at| self.plan.levels[at.level].rows.max(1)).saturating_mul(each)
    }

    /// The fields that are selected of a row.
    pub fn shape(
        &mut self,
        object: &'static Object,
        at: At,
        sets: impl IntoIterator<Item = &'a SelectionSet>,
    ) -> Shape {
        let merged = self.document.fields(sets, object.name);
        let slot = |(key, nodes): &(&Name, Vec<&'a Positioned<Node>>)| {
            let name = nodes[0].node.name.node.as_str();
            let Some(field) = object.fields.iter().find(|field| field.name == name) else {
                return slot(key, nodes, false, Step::Typename(object.name.into()));
            };
            let step = self.step(field, object, Some(at), nodes).unwrap_or_else(Step::Fail);
            slot(key, nodes, field.nullable, step)
        };
        Shape(merged.iter().map(slot).collect())
    }

    /// One field of a row, or of the root.
    pub fn step(
        &mut self,
        field: &'static Field,
        object: &'static Object,
        at: Option<At>,
        nodes: Nodes<'_, 'a>,
    ) -> Result<Step, ApiError> {
        if field.right.is_some_and(|right| !self.caller.role.has(right)) {
            return Err(ApiError::forbidden(self.caller.role));
        }
        let args = self.document.args(field.all_args(), nodes[0])?;
        let here = || at.expect("the root has no field that is of a row");
        Ok(match field.source {
            Source::Node(of) => {
                let id: ID = args.get("id")?;
                self.anything(of, &[Id::parse(&id)], false, nodes)
            }
            Source::Nodes(of) => {
                let ids: Vec<ID> = args.get("ids")?;
                if ids.len() > MOST_IDS {
                    let message = format!("{} ids are too many; give at most {MOST_IDS}.", ids.len());
                    return Err(ApiError::bad("ids", message));
                }
                let ids: Vec<Option<Id>> = ids.iter().map(|id| Id::parse(id)).collect();
                self.anything(of, &ids, true, nodes)
            }
            Source::Head => {
                self.plan.head = true;
                Step::Head
            }
            Source::Made { of, many, make } => self.made(of, many, make(self.app, self.caller), nodes),
            Source::Many { of, by, order } => return self.many(field, object, (of, by, order), at, args, nodes),
            Source::List { of, from, by, such, order } => {
                return self.plain(field, object, (of, order), (from, by, such), at, &args, nodes);
            }
            Source::Find { of, by, such } => self.find(object, (of, by, such), at, &args, nodes),
            Source::Id => {
                let kind = object.kind.expect("what has an id is declared as a node");
                Step::Id(kind, self.column(here(), object.key, CellKind::Int))
            }
            Source::Ref(kind, column) => Step::Id(kind, self.column(here(), column, CellKind::Int)),
            Source::Column(leaf, sql) => Step::Leaf(self.column(here(), sql, leaf.kind), leaf),
            Source::Computed { needs, by, .. } => {
                let at = here();
                let mut cells = Vec::with_capacity(needs.len());
                for (sql, kind) in needs {
                    let sql = with_args(sql, &args, &mut self.plan.levels[at.level].list);
                    cells.push(self.column(at, &sql, *kind));
                }
                Step::Computed(cells, args, by)
            }
            Source::Embedded { of, present } => {
                let present = present.map(|column| self.column(here(), column, CellKind::Text));
                Step::Same(present, self.shape(of, here(), below(nodes)))
            }
            Source::One { to, key } => self.one(to, key, here(), &below(nodes)),
            Source::Choice(choice) => {
                let sets = below(nodes);
                Step::Either(choice.of.iter().map(|(to, key)| self.one(to, key, here(), &sets)).collect())
            }
            Source::Picked { of, list } => {
                let first = args.first()?.unwrap_or(i64::MAX);
                self.picked(of, list, first, here(), nodes)
            }
        })
    }

    /// What the server knows without asking.
    fn made(&mut self, of: &'static Object, many: bool, rows: Vec<Given>, nodes: Nodes<'_, 'a>) -> Step {
        let level = Level::handed(of, Feed::Made(rows), self.list());
        let level = self.push(level);
        let shape = self.shape(of, At { level, table: 0 }, below(nodes));
        match many {
            true => Step::List(level, Belongs::All, shape),
            false => Step::First(level, Belongs::All, shape),
        }
    }

    /// The one thing of those that belong to a row, or of all, for which a condition holds.
    fn find(
        &mut self,
        object: &'static Object,
        (of, by, such): (&'static Object, Option<&'static str>, &'static str),
        at: Option<At>,
        args: &Args,
        nodes: Nodes<'_, 'a>,
    ) -> Step {
        let (parents, belongs) = self.parents(at, object, by);
        let mut level = Level::read(of, of.table, parents, by.unwrap_or_default(), true, self.list());
        let such = with_args(such, args, &mut level.list);
        level.list.placed(&such);
        if !of.listed.is_empty() {
            level.list.such(of.listed, []);
        }
        level.first();
        level.rows = self.rows(at, 1);
        let level = self.push(level);
        Step::First(level, belongs, self.shape(of, At { level, table: 0 }, below(nodes)))
    }

    /// The first things of a list that a given row has.
    fn picked(&mut self, of: &'static Object, list: &'static str, first: i64, at: At, nodes: Nodes<'_, 'a>) -> Step {
        let list = self.plan.levels[at.level].thing(list);
        let mut level = Level::read(of, of.table, Parents::Things(at.level, list), of.key, false, self.list());
        level.rows = first.min(1000);
        let level = self.push(level);
        Step::Things { level, list, first, shape: self.shape(of, At { level, table: 0 }, below(nodes)) }
    }

    pub(super) fn column(&mut self, at: At, sql: &str, kind: CellKind) -> usize {
        self.plan.levels[at.level].column(at.table, sql, kind)
    }

    /// The ids that the rows of a list belong to, and what they belong to seen from the present row.
    pub(super) fn parents(&mut self, at: Option<At>, object: &Object, by: Option<&str>) -> (Parents, Belongs) {
        match (at, by) {
            (Some(at), Some(_)) => {
                let cell = self.column(at, object.key, CellKind::Int);
                (Parents::Cell(at.level, cell), Belongs::Cell(cell))
            }
            _ => (Parents::None, Belongs::All),
        }
    }

    /// The thing that a column names: joined to a row that is read, else of a level of its own.
    fn one(&mut self, to: &'static Object, key: &str, at: At, sets: &[&'a SelectionSet]) -> Step {
        let sets = sets.iter().copied();
        if let Some(table) = self.plan.levels[at.level].join(at.table, to, key) {
            let at = At { level: at.level, table };
            let present = self.column(at, to.key, CellKind::Int);
            return Step::Same(Some(present), self.shape(to, at, sets));
        }
        let cell = self.column(at, key, CellKind::Int);
        let mut level = Level::read(to, to.table, Parents::Cell(at.level, cell), to.key, false, self.list());
        level.rows = self.rows(Some(at), 1);
        let level = self.push(level);
        Step::First(level, Belongs::Cell(cell), self.shape(to, At { level, table: 0 }, sets))
    }
}

/// A key with how its value is written.
pub(super) fn slot(key: &Name, nodes: &[&Positioned<Node>], nullable: bool, step: Step) -> Slot {
    Slot { key: key.clone(), pos: nodes[0].pos, nullable, step }
}

/// A text with the places of the arguments that it names.
fn with_args(sql: &str, args: &Args, list: &mut Where) -> String {
    let mut pieces = sql.split(':');
    let mut told = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|char: char| !char.is_ascii_alphanumeric()).unwrap_or(piece.len());
        let (name, after) = piece.split_at(end);
        let value = args.bind(name).expect("a statement names only arguments that are needed");
        let _ = write!(told, "${}{after}", list.bind(value));
    }
    told
}
