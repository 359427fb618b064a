//! From a selection to a plan: to-one things joined in, and only what is selected.

use super::args::Args;
use super::declare::*;
use super::filter::Where;
use super::level::{Level, ParentKeys, RowSource};
use super::plan::{FieldPlan, Link, ObjectPlan, Plan, RowPlace, ValuePlan};
use super::select::{Document, below};
use super::supplied::SuppliedRow;
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
        let level = Level::handed(of, RowSource::Supplied, self.list());
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
    pub(super) fn rows(&self, at: Option<RowPlace>, each: i64) -> i64 {
        at.map_or(1, |at| self.plan.levels[at.level].rows.max(1)).saturating_mul(each)
    }

    /// The fields that are selected of a row.
    pub fn object(
        &mut self,
        object: &'static Object,
        at: RowPlace,
        sets: impl IntoIterator<Item = &'a SelectionSet>,
    ) -> ObjectPlan {
        let merged = self.document.fields(sets, object.name);
        let plan = |(key, nodes): &(&Name, Vec<&'a Positioned<Node>>)| {
            let name = nodes[0].node.name.node.as_str();
            let Some(field) = object.fields.iter().find(|field| field.name == name) else {
                return field_plan(key, nodes, false, ValuePlan::Typename(object.name.into()));
            };
            let value = self.value(field, object, Some(at), nodes).unwrap_or_else(ValuePlan::Fail);
            field_plan(key, nodes, field.nullable, value)
        };
        ObjectPlan(merged.iter().map(plan).collect())
    }

    /// One field of a row, or of the root.
    pub fn value(
        &mut self,
        field: &'static Field,
        object: &'static Object,
        at: Option<RowPlace>,
        nodes: Nodes<'_, 'a>,
    ) -> Result<ValuePlan, ApiError> {
        if field.right.is_some_and(|right| !self.caller.role.has(right)) {
            return Err(ApiError::forbidden(self.caller.role));
        }
        let args = self.document.args(field.all_args(), nodes[0])?;
        let here = || at.expect("the root has no field that is of a row");
        Ok(match field.source {
            FieldSource::Node(of) => {
                let id: ID = args.get("id")?;
                self.anything(of, &[Id::parse(&id)], false, nodes)
            }
            FieldSource::Nodes(of) => {
                let ids: Vec<ID> = args.get("ids")?;
                if ids.len() > MOST_IDS {
                    let message = format!("{} ids are too many; give at most {MOST_IDS}.", ids.len());
                    return Err(ApiError::bad("ids", message));
                }
                let ids: Vec<Option<Id>> = ids.iter().map(|id| Id::parse(id)).collect();
                self.anything(of, &ids, true, nodes)
            }
            FieldSource::Head => {
                self.plan.head = true;
                ValuePlan::Head
            }
            FieldSource::Made { of, many, make } => self.made(of, many, make(self.app, self.caller), nodes),
            FieldSource::Many { of, by, order } => return self.many(field, object, (of, by, order), at, args, nodes),
            FieldSource::List { of, from, by, such, order } => {
                return self.plain(field, object, (of, order), (from, by, such), at, &args, nodes);
            }
            FieldSource::Find { of, by, such } => self.find(object, (of, by, such), at, &args, nodes),
            FieldSource::Id => {
                let kind = object.kind.expect("what has an id is declared as a node");
                ValuePlan::Id(kind, self.column(here(), object.key, CellKind::Int))
            }
            FieldSource::Ref(kind, column) => ValuePlan::Id(kind, self.column(here(), column, CellKind::Int)),
            FieldSource::Column(leaf, sql) => ValuePlan::Leaf(self.column(here(), sql, leaf.kind), leaf),
            FieldSource::Computed { needs, by, .. } => {
                let at = here();
                let mut cells = Vec::with_capacity(needs.len());
                for (sql, kind) in needs {
                    let sql = with_args(sql, &args, &mut self.plan.levels[at.level].list);
                    cells.push(self.column(at, &sql, *kind));
                }
                ValuePlan::Computed(cells, args, by)
            }
            FieldSource::Embedded { of, present } => {
                let present = present.map(|column| self.column(here(), column, CellKind::Text));
                ValuePlan::Same(present, self.object(of, here(), below(nodes)))
            }
            FieldSource::One { to, key } => self.one(to, key, here(), &below(nodes)),
            FieldSource::Union(choice) => {
                let sets = below(nodes);
                ValuePlan::Either(choice.of.iter().map(|(to, key)| self.one(to, key, here(), &sets)).collect())
            }
            FieldSource::Picked { of, list } => {
                let first = args.first()?.unwrap_or(i64::MAX);
                self.picked(of, list, first, here(), nodes)
            }
        })
    }

    /// What the server knows without asking.
    fn made(&mut self, of: &'static Object, many: bool, rows: Vec<SuppliedRow>, nodes: Nodes<'_, 'a>) -> ValuePlan {
        let level = Level::handed(of, RowSource::Made(rows), self.list());
        let level = self.push(level);
        let object = self.object(of, RowPlace { level, table: 0 }, below(nodes));
        match many {
            true => ValuePlan::List(level, Link::All, object),
            false => ValuePlan::First(level, Link::All, object),
        }
    }

    /// The one thing of those that belong to a row, or of all, for which a condition holds.
    fn find(
        &mut self,
        object: &'static Object,
        (of, by, such): (&'static Object, Option<&'static str>, &'static str),
        at: Option<RowPlace>,
        args: &Args,
        nodes: Nodes<'_, 'a>,
    ) -> ValuePlan {
        let (parents, link) = self.parents(at, object, by);
        let mut level = Level::read(of, of.table, parents, by.unwrap_or_default(), true, self.list());
        let such = with_args(such, args, &mut level.list);
        level.list.placed(&such);
        if !of.listed.is_empty() {
            level.list.and(of.listed, []);
        }
        level.first();
        level.rows = self.rows(at, 1);
        let level = self.push(level);
        ValuePlan::First(level, link, self.object(of, RowPlace { level, table: 0 }, below(nodes)))
    }

    /// The first things of a list that a given row has.
    fn picked(
        &mut self,
        of: &'static Object,
        list: &'static str,
        first: i64,
        at: RowPlace,
        nodes: Nodes<'_, 'a>,
    ) -> ValuePlan {
        let list = self.plan.levels[at.level].thing(list);
        let mut level = Level::read(of, of.table, ParentKeys::Things(at.level, list), of.key, false, self.list());
        level.rows = first.min(1000);
        let level = self.push(level);
        ValuePlan::Things { level, list, first, object: self.object(of, RowPlace { level, table: 0 }, below(nodes)) }
    }

    pub(super) fn column(&mut self, at: RowPlace, sql: &str, kind: CellKind) -> usize {
        self.plan.levels[at.level].column(at.table, sql, kind)
    }

    /// The ids that the rows of a list belong to, and what they belong to seen from the present row.
    pub(super) fn parents(&mut self, at: Option<RowPlace>, object: &Object, by: Option<&str>) -> (ParentKeys, Link) {
        match (at, by) {
            (Some(at), Some(_)) => {
                let cell = self.column(at, object.key, CellKind::Int);
                (ParentKeys::Cell(at.level, cell), Link::Cell(cell))
            }
            _ => (ParentKeys::None, Link::All),
        }
    }

    /// The thing that a column names: joined to a row that is read, else of a level of its own.
    fn one(&mut self, to: &'static Object, key: &str, at: RowPlace, sets: &[&'a SelectionSet]) -> ValuePlan {
        let sets = sets.iter().copied();
        if let Some(table) = self.plan.levels[at.level].join(at.table, to, key) {
            let at = RowPlace { level: at.level, table };
            let present = self.column(at, to.key, CellKind::Int);
            return ValuePlan::Same(Some(present), self.object(to, at, sets));
        }
        let cell = self.column(at, key, CellKind::Int);
        let mut level = Level::read(to, to.table, ParentKeys::Cell(at.level, cell), to.key, false, self.list());
        level.rows = self.rows(Some(at), 1);
        let level = self.push(level);
        ValuePlan::First(level, Link::Cell(cell), self.object(to, RowPlace { level, table: 0 }, sets))
    }
}

/// A key with how its value is written.
pub(super) fn field_plan(key: &Name, nodes: &[&Positioned<Node>], nullable: bool, value: ValuePlan) -> FieldPlan {
    FieldPlan { key: key.clone(), pos: nodes[0].pos, nullable, value }
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
